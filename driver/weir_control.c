// SPDX-License-Identifier: BSD-2-Clause
//
// Registers, tables and counters: vendor requests on endpoint 0.
#include "card_internal.h"

#include <errno.h>
#include <string.h>

#define VENDOR_READ 0xC0        // bmRequestType (USB 2.0 table 9-2): device to host, vendor, device
#define VENDOR_WRITE 0x40       // host to device, vendor, device
#define STANDARD_ENDPOINT 0x02  // host to device, standard, endpoint
#define CLEAR_FEATURE 1         // USB 2.0 table 9-4
#define FEATURE_ENDPOINT_HALT 0 // USB 2.0 table 9-6
#define ATTEMPTS 3              // every request we make may be repeated without harm

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

static uint32_t get32(const uint8_t *in)
{
    return get16(in) | (uint32_t)get16(in + 2) << 16;
}

static void put_bytes(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

// 0, or a negative errno; -EPROTO when fewer bytes moved than asked for.
static int request(struct weir_card *card, uint8_t type, uint8_t code, uint16_t index, uint8_t *data,
                   uint16_t length)
{
    int moved = -EIO;

    for (int i = 0; i < ATTEMPTS && moved == -EIO; i++)
        moved = card->transport->ops->control(card->transport, type, code, 0, index, data, length);
    if (moved == -ENODEV)
        card->gone = true;
    if (moved < 0)
        return moved;
    return moved == length ? 0 : -EPROTO;
}

int weir_control_read_caps(struct weir_card *card)
{
    uint8_t block[WEIR_CAPS_SIZE];
    struct weir_card_caps *caps = &card->caps;
    int error = request(card, VENDOR_READ, WEIR_REQ_GET_CAPS, 0, block, sizeof block);

    if (error)
        return error;
    *caps = (struct weir_card_caps){
        .version_major = block[WEIR_CAPS_MAJOR],
        .version_minor = block[WEIR_CAPS_MINOR],
        .counters = get16(block + WEIR_CAPS_COUNTERS),
        .features = get32(block + WEIR_CAPS_FEATURES),
        .max_superframe = get32(block + WEIR_CAPS_MAX_SUPERFRAME),
        .max_frame = get16(block + WEIR_CAPS_MAX_FRAME),
        .mac_entries = block[WEIR_CAPS_MAC_ENTRIES],
        .arp_entries = block[WEIR_CAPS_ARP_ENTRIES],
        .tx_memory = get32(block + WEIR_CAPS_TX_MEMORY),
        .rx_memory = get32(block + WEIR_CAPS_RX_MEMORY),
    };
    memcpy(caps->mac, block + WEIR_CAPS_MAC, sizeof caps->mac);
    return 0;
}

int weir_control_clear_halt(struct weir_card *card, uint8_t endpoint)
{
    return request(card, STANDARD_ENDPOINT, CLEAR_FEATURE, endpoint, NULL, 0);
}

int weir_card_read_reg(struct weir_card *card, uint16_t reg, uint32_t *value)
{
    uint8_t bytes[4];
    int error = request(card, VENDOR_READ, WEIR_REQ_READ_REG, reg, bytes, sizeof bytes);

    if (!error)
        *value = get32(bytes);
    return error;
}

int weir_card_write_reg(struct weir_card *card, uint16_t reg, uint32_t value)
{
    uint8_t bytes[4];

    put_bytes(bytes, value, sizeof bytes);
    return request(card, VENDOR_WRITE, WEIR_REQ_WRITE_REG, reg, bytes, sizeof bytes);
}

int weir_card_write_table(struct weir_card *card, uint8_t table, uint8_t entry, uint64_t value)
{
    uint8_t bytes[8];

    put_bytes(bytes, value, sizeof bytes);
    return request(card, VENDOR_WRITE, WEIR_REQ_WRITE_TABLE, (uint16_t)(table << 8 | entry), bytes,
                   sizeof bytes);
}

#define IN_USE (UINT64_C(1) << 63)

int weir_card_set_rx_control(struct weir_card *card, uint32_t rx_bits)
{
    return weir_card_write_table(card, WEIR_TABLE_RX_CONTROL, 0, IN_USE | rx_bits);
}

int weir_card_set_rx_mode(struct weir_card *card, enum weir_card_rx_mode mode, bool timestamps)
{
    uint32_t needed =
        (mode == WEIR_CARD_RX_PLAIN ? 0 : WEIR_CAP_COALESCE) | (timestamps ? WEIR_CAP_TIMESTAMP : 0);
    uint32_t bits =
        (mode == WEIR_CARD_RX_PLAIN ? 0 : WEIR_RX_MODE_COALESCE) | (timestamps ? WEIR_RX_MODE_TIMESTAMP : 0);

    if (needed & ~card->caps.features)
        return -EOPNOTSUPP;
    if (bits || card->rx_mode) { // a card of link version 1.0 has no such register
        int error = weir_card_write_reg(card, WEIR_REG_RX_MODE, bits);
        if (error)
            return error;
    }
    card->rx_mode = bits;
    card->glue.whole = mode == WEIR_CARD_RX_GLUED;
    return 0;
}

int weir_card_time(struct weir_card *card, uint64_t *time)
{
    uint32_t low, high;
    int error;

    if (!(card->caps.features & WEIR_CAP_TIMESTAMP))
        return -EOPNOTSUPP;
    // The lower half first: reading it keeps the upper one.
    if ((error = weir_card_read_reg(card, WEIR_REG_TIME, &low)) != 0 ||
        (error = weir_card_read_reg(card, WEIR_REG_TIME_HIGH, &high)) != 0)
        return error;
    *time = (uint64_t)high << 32 | low;
    return 0;
}

int weir_card_set_mac(struct weir_card *card, uint8_t entry, const uint8_t mac[6])
{
    uint64_t value = 0;

    if (entry >= card->caps.mac_entries)
        return -EINVAL;
    for (int i = 0; mac && i < 6; i++)
        value = value << 8 | mac[i];
    return weir_card_write_table(card, WEIR_TABLE_MAC, entry, mac ? IN_USE | value : 0);
}

int weir_card_set_arp(struct weir_card *card, uint8_t entry, uint32_t ip)
{
    if (entry >= card->caps.arp_entries)
        return -EINVAL;
    return weir_card_write_table(card, WEIR_TABLE_ARP, entry, ip ? IN_USE | ip : 0);
}

int weir_card_counters(struct weir_card *card, uint32_t *counters)
{
    uint8_t bytes[4 * WEIR_COUNTERS];
    uint16_t count = card->caps.counters < WEIR_COUNTERS ? card->caps.counters : WEIR_COUNTERS;
    int error = request(card, VENDOR_READ, WEIR_REQ_GET_COUNTERS, 0, bytes, (uint16_t)(4 * count));

    if (error)
        return error;
    memset(counters, 0, WEIR_COUNTERS * sizeof *counters);
    for (size_t i = 0; i < count; i++)
        counters[i] = get32(bytes + 4 * i);
    return 0;
}
