// SPDX-License-Identifier: BSD-2-Clause
#include "fake_card.h"

#include <errno.h>
#include <string.h>

#include "segment_model.h"
#include "weir_record.h"

#define MAX_SUPERFRAME (65536 + 255)
#define MAX_FRAME 9018
#define FRAME_MEMORY 65536 // bytes each way, as the Verilog's
#define TABLE_SIZE 8
#define IN_USE (UINT64_C(1) << 63)
#define ETH_ARP 0x0806
#define ETH_IP4 0x0800
#define ETH_IP6 0x86DD

const uint8_t fake_card_mac[6] = {0x02, 'W', 'e', 'i', 'r', 1};

static void put_le(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *in, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; i--)
        value = value << 8 | in[i - 1];
    return value;
}

static uint64_t get_be(const uint8_t *in, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | in[i];
    return value;
}

void fake_card_init(struct fake_card *card)
{
    memset(card, 0, sizeof *card);
    card->version_major = WEIR_VERSION_MAJOR;
    card->counter_count = WEIR_COUNTERS;
    card->features = WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO | WEIR_CAP_IP_ID_FIXED |
                     WEIR_CAP_RX_CSUM | WEIR_CAP_ARP | WEIR_CAP_JUMBO;
    card->packet = 512;
    card->link = 1 | 2 << 1 | 1 << 3; // up, 1000 Mb/s, full duplex
    card->in_timeout = WEIR_IN_TIMEOUT_RESET;
    card->features = WEIR_CAP_TX_CSUM | WEIR_CAP_RX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_ARP | WEIR_CAP_JUMBO |
                     WEIR_CAP_TIMESTAMP | WEIR_CAP_COALESCE;
    card->ack_hold = WEIR_ACK_HOLD_RESET;
    fake_card_set_address(card, fake_card_mac);
}

void fake_card_set_address(struct fake_card *card, const uint8_t mac[6])
{
    memcpy(card->address, mac, 6);
    card->mac[0] = IN_USE | get_be(mac, 6);
}

static void read_caps(const struct fake_card *card, uint8_t *block)
{
    memset(block, 0, WEIR_CAPS_SIZE);
    block[WEIR_CAPS_MAJOR] = card->version_major;
    put_le(block + WEIR_CAPS_COUNTERS, card->counter_count, 2);
    put_le(block + WEIR_CAPS_FEATURES, card->features, 4);
    put_le(block + WEIR_CAPS_MAX_SUPERFRAME, MAX_SUPERFRAME, 4);
    put_le(block + WEIR_CAPS_MAX_FRAME, MAX_FRAME, 2);
    put_le(block + WEIR_CAPS_TX_MEMORY, FRAME_MEMORY, 4);
    put_le(block + WEIR_CAPS_RX_MEMORY, FRAME_MEMORY, 4);
    block[WEIR_CAPS_MAC_ENTRIES] = block[WEIR_CAPS_ARP_ENTRIES] = TABLE_SIZE;
    memcpy(block + WEIR_CAPS_MAC, card->address, 6);
}

// The bits of WEIR_REG_RX_MODE that the card has.
static uint32_t rx_modes(const struct fake_card *card)
{
    return (card->features & WEIR_CAP_COALESCE ? WEIR_RX_MODE_COALESCE : 0) |
           (card->features & WEIR_CAP_TIMESTAMP ? WEIR_RX_MODE_TIMESTAMP : 0);
}

// False when there is no such register.
static bool read_register(struct fake_card *card, uint16_t index, uint32_t *value)
{
    bool has_time = card->features & WEIR_CAP_TIMESTAMP;

    switch (index) {
    case WEIR_REG_ID:
        *value = 0x52494557;
        return true;
    case WEIR_REG_LINK:
        *value = card->link;
        return true;
    case WEIR_REG_IN_TIMEOUT:
        *value = card->in_timeout;
        return true;
    case WEIR_REG_SCRATCH:
        *value = card->scratch;
        return true;
    case WEIR_REG_RX_MODE:
        *value = card->rx_mode;
        return rx_modes(card) != 0;
    case WEIR_REG_ACK_HOLD:
        *value = card->ack_hold;
        return card->features & WEIR_CAP_COALESCE;
    case WEIR_REG_TIME:
        *value = (uint32_t)card->time;
        card->time_high = (uint32_t)(card->time >> 32);
        return has_time;
    case WEIR_REG_TIME_HIGH:
        *value = card->time_high;
        return has_time;
    case WEIR_REG_MDIO:
        *value = card->mdio | (card->looks_left ? WEIR_MDIO_BUSY : 0);
        card->looks_left -= card->looks_left != 0;
        return card->features & WEIR_CAP_MDIO;
    default:
        return false;
    }
}

static int start_mdio(struct fake_card *card, uint32_t value)
{
    uint16_t *reg = &card->phy[value >> WEIR_MDIO_REGISTER_SHIFT & 31];

    if (card->looks_left || !(card->features & WEIR_CAP_MDIO))
        return -EPIPE;
    if (value & WEIR_MDIO_WRITE && !card->no_phy) {
        *reg = (uint16_t)value;
        card->mdio_writes++;
    }
    card->mdio = card->no_phy ? 0xFFFF : WEIR_MDIO_ANSWERED | (value & WEIR_MDIO_WRITE ? 0x5A5Au : *reg);
    card->looks_left = card->mdio_looks;
    return 4;
}

static int read_request(struct fake_card *card, uint8_t request, uint16_t index, uint8_t *data,
                        uint16_t length)
{
    uint8_t block[4 * WEIR_COUNTERS] = {0};
    uint32_t value;
    size_t size;

    if (request == WEIR_REQ_GET_CAPS) {
        read_caps(card, block);
        size = WEIR_CAPS_SIZE;
    } else if (request == WEIR_REQ_READ_REG && read_register(card, index, &value)) {
        put_le(block, value, 4);
        size = 4;
    } else if (request == WEIR_REQ_GET_COUNTERS) {
        for (size_t i = 0; i < card->counter_count; i++)
            put_le(block + 4 * i, card->counters[i], 4);
        size = 4u * card->counter_count;
    } else {
        return -EPIPE;
    }
    size = size < length ? size : length;
    memcpy(data, block, size);
    return (int)size;
}

static int write_table(struct fake_card *card, uint16_t index, uint64_t value)
{
    unsigned entry = index & 0xff;

    if (entry >= TABLE_SIZE || card->refuses)
        return -EPIPE;
    switch (index >> 8) {
    case WEIR_TABLE_RX_CONTROL:
        card->rx_control = (uint32_t)value;
        return 8;
    case WEIR_TABLE_MAC:
        card->mac[entry] = value;
        return 8;
    case WEIR_TABLE_ARP:
        card->arp[entry] = value;
        return 8;
    default:
        return index >> 8 == WEIR_TABLE_ARP_RATE ? 8 : -EPIPE;
    }
}

static int write_reg(struct fake_card *card, uint16_t index, uint32_t value)
{
    switch (index) {
    case WEIR_REG_IN_TIMEOUT:
        card->in_timeout = value;
        return 4;
    case WEIR_REG_SCRATCH:
        card->scratch = value;
        return 4;
    case WEIR_REG_RX_MODE:
        card->rx_mode = value & rx_modes(card);
        return rx_modes(card) ? 4 : -EPIPE;
    case WEIR_REG_ACK_HOLD:
        card->ack_hold = value;
        return card->features & WEIR_CAP_COALESCE ? 4 : -EPIPE;
    case WEIR_REG_MDIO:
        return start_mdio(card, value);
    default:
        return -EPIPE;
    }
}

int fake_card_control(struct fake_card *card, uint8_t type, uint8_t request, uint16_t index, uint8_t *data,
                      uint16_t length)
{
    if (type == 0x02 && request == 1) // CLEAR_FEATURE(ENDPOINT_HALT)
        return 0;
    if (type == 0xC0)
        return read_request(card, request, index, data, length);
    if (type == 0x40 && request == WEIR_REQ_WRITE_TABLE && length == 8)
        return write_table(card, index, get_le(data, 8));
    if (type == 0x40 && request == WEIR_REQ_WRITE_REG && length == 4)
        return write_reg(card, index, (uint32_t)get_le(data, 4));
    return -EPIPE;
}

static void to_wire(void *context, const uint8_t *frame, size_t length)
{
    struct fake_card *card = context;
    uint8_t padded[60] = {0};

    card->counters[WEIR_CNT_TX_FRAMES]++;
    if (!card->wire_out)
        return;
    if (length < sizeof padded) {
        memcpy(padded, frame, length);
        frame = padded;
        length = sizeof padded;
    }
    card->wire_out(card->wire_context, frame, length);
}

static void send_record(struct fake_card *card, const struct weir_record *record)
{
    unsigned segments = model_segment(record, to_wire, card);

    card->counters[WEIR_CNT_TX_SEGMENTS] += segments;
    card->counters[segments > 0 ? WEIR_CNT_TX_SUPERFRAMES : WEIR_CNT_TX_BAD_RECORD]++;
    if (record->flags & WEIR_F_NEEDS_CSUM)
        card->counters[WEIR_CNT_TX_CSUM_INSERTED] += segments;
}

// Takes whole records off the front. What is left is the start of one, or makes no sense (then the length
// says so).
static void take_records(struct fake_card *card)
{
    size_t at = 0;

    while (card->out_length - at >= WEIR_RECORD_HEADER) {
        uint32_t word = (uint32_t)get_le(card->out + at + WEIR_REC_LENGTH, 3);
        size_t length = word & ((1u << WEIR_LENGTH_BITS) - 1);
        size_t size = weir_record_size(length);
        if (card->out[at] != WEIR_RECORD_MAGIC || (word >> WEIR_LENGTH_BITS & 3) != 0) {
            card->out_dropping = true;
            card->counters[WEIR_CNT_TX_BAD_TRANSFER]++;
            return;
        }
        if (card->out_length - at < size)
            break;
        card->out[at + WEIR_REC_FLAGS] &= (uint8_t)~WEIR_F_TIMESTAMP; // means nothing on the way to the card
        struct weir_record_reader reader = {.next = card->out + at, .end = card->out + at + size};
        struct weir_record record;
        if (weir_record_read(&reader, &record))
            send_record(card, &record);
        at += size;
    }
    memmove(card->out, card->out + at, card->out_length - at);
    card->out_length -= at;
}

void fake_card_out_packet(struct fake_card *card, const uint8_t *data, size_t length)
{
    card->counters[WEIR_CNT_USB_OUT_PACKETS]++;
    if (!card->out_dropping && length <= sizeof card->out - card->out_length) {
        if (length > 0)
            memcpy(card->out + card->out_length, data, length);
        card->out_length += length;
        take_records(card);
    }
    if (length == card->packet)
        return;
    card->counters[WEIR_CNT_USB_OUT_TRANSFERS]++;
    if (card->out_length > 0 && !card->out_dropping) {
        card->counters[WEIR_CNT_TX_BAD_TRANSFER]++;
        card->counters[WEIR_CNT_TX_BAD_RECORD] += card->out_length >= WEIR_RECORD_HEADER;
    }
    card->out_length = 0;
    card->out_dropping = false;
}

// What a waiting record becomes behind `at` bytes of a transfer. Its size, or 0 when it does not fit any
// more.
static size_t send_up(struct fake_card *card, const uint8_t *waiting, size_t size, uint8_t *transfer,
                      size_t at)
{
    static uint8_t record[COALESCE_RECORD_ROOM];
    struct coalesce_model before = card->coalesce;
    size_t length = (size_t)get_le(waiting + WEIR_REC_LENGTH, 2);
    const uint8_t *frame = waiting + WEIR_RECORD_HEADER;
    bool stamped = waiting[WEIR_REC_FLAGS] & WEIR_F_TIMESTAMP;
    uint64_t stamp = stamped ? get_le(frame, WEIR_TIMESTAMP_SIZE) : 0;

    memcpy(record, waiting, size);
    if (card->rx_mode & WEIR_RX_MODE_COALESCE)
        size = coalesce_frame(&card->coalesce, frame + (stamped ? WEIR_TIMESTAMP_SIZE : 0), length,
                              waiting[WEIR_REC_FLAGS] & (uint8_t)~WEIR_F_TIMESTAMP, stamped ? &stamp : NULL,
                              record);
    if (at + size + WEIR_RECORD_HEADER > WEIR_IN_TRANSFER_MAX) {
        card->coalesce = before;
        return 0;
    }
    memcpy(transfer + at, record, size);
    card->counters[WEIR_CNT_RX_CONTINUED] += (record[WEIR_REC_FLAGS] & WEIR_F_CONTINUES) != 0;
    card->counters[WEIR_CNT_RX_PURE_ACKS] += (record[WEIR_REC_FLAGS] & WEIR_F_PURE_ACK) != 0;
    return size;
}

size_t fake_card_in_transfer(struct fake_card *card, uint8_t *transfer)
{
    size_t taken = 0, at = 0;

    coalesce_begin_transfer(&card->coalesce);
    while (taken < card->in_length) {
        const uint8_t *waiting = card->in + taken;
        size_t size = weir_record_size((size_t)get_le(waiting + WEIR_REC_LENGTH, 2)) +
                      (waiting[WEIR_REC_FLAGS] & WEIR_F_TIMESTAMP ? WEIR_TIMESTAMP_SIZE : 0);
        size_t sent = send_up(card, waiting, size, transfer, at);
        if (sent == 0)
            break;
        taken += size;
        at += sent;
    }
    memmove(card->in, card->in + taken, card->in_length - taken);
    card->in_length -= taken;
    if (at > 0 && at % card->packet == 0) {
        weir_record_emit_pad(transfer + at);
        at += WEIR_RECORD_HEADER;
    }
    card->counters[WEIR_CNT_USB_IN_TRANSFERS] += at > 0;
    return at;
}

static bool in_table(const uint64_t *table, uint64_t value)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (table[i] == (IN_USE | value))
            return true;
    }
    return false;
}

static bool passes_filter(const struct fake_card *card, const uint8_t *frame)
{
    if (card->rx_control & WEIR_RX_PROMISCUOUS || get_be(frame, 6) == 0xffffffffffff)
        return true;
    if (frame[0] & 1 && card->rx_control & WEIR_RX_ALL_MULTICAST)
        return true;
    return in_table(card->mac, get_be(frame, 6));
}

// True when the frame was an ARP request that the card deals with.
static bool answer_arp(struct fake_card *card, const uint8_t *frame, size_t length)
{
    if (length < 42 || get_be(frame + 12, 2) != ETH_ARP || get_be(frame + 14, 8) != 0x0001080006040001 ||
        !(card->rx_control & WEIR_RX_ARP_REPLY))
        return false;
    if (!in_table(card->arp, get_be(frame + 38, 4))) {
        card->counters[WEIR_CNT_RX_ARP_FILTERED]++;
        return true;
    }
    uint8_t reply[42];
    memcpy(reply, frame, sizeof reply);
    memcpy(reply, frame + 22, 6);
    put_le(reply + 20, 0x0200, 2);
    for (int i = 0; i < 6; i++)
        reply[6 + i] = reply[22 + i] = (uint8_t)(card->mac[0] >> (40 - 8 * i));
    memcpy(reply + 28, frame + 38, 4);
    memcpy(reply + 32, frame + 22, 10);
    card->counters[WEIR_CNT_RX_ARP_ANSWERED]++;
    card->counters[WEIR_CNT_TX_ARP_REPLIES]++;
    to_wire(card, reply, sizeof reply);
    return true;
}

// The flags of the checksum verdict, for a header that is right.
static uint8_t transport_verdict(unsigned protocol, const uint8_t *addresses, size_t addresses_length,
                                 const uint8_t *data, size_t length)
{
    if ((protocol != 6 && protocol != 17) || length < (protocol == 6 ? 20 : 8))
        return 0;
    if (protocol == 17 && (get_be(data + 6, 2) == 0 || get_be(data + 4, 2) != length))
        return 0;
    uint64_t sum = model_sum(protocol + length, addresses, addresses_length);
    return model_fold(model_sum(sum, data, length)) == 0xffff ? WEIR_F_DATA_VALID : WEIR_F_CSUM_BAD;
}

// Without VLAN tags, and without IPv6's extension headers: tests/rtl/rx_model.h has those.
static uint8_t verdict(const uint8_t *frame, size_t length)
{
    const uint8_t *ip = frame + 14;

    if (length >= 54 && get_be(frame + 12, 2) == ETH_IP6 && ip[0] >> 4 == 6 &&
        get_be(ip + 4, 2) <= length - 54)
        return transport_verdict(ip[6], ip + 8, 32, ip + 40, (size_t)get_be(ip + 4, 2));
    if (length < 34 || get_be(frame + 12, 2) != ETH_IP4 || ip[0] >> 4 != 4)
        return 0;
    size_t header = (size_t)(ip[0] & 15) * 4;
    size_t total = (size_t)get_be(ip + 2, 2);
    if (header < 20 || header > length - 14)
        return 0;
    if (model_fold(model_sum(0, ip, header)) != 0xffff)
        return WEIR_F_CSUM_BAD;
    if (total < header || total > length - 14 || get_be(ip + 6, 2) & 0x3fff)
        return 0;
    return transport_verdict(ip[9], ip + 12, 8, ip + header, total - header);
}

void fake_card_wire_in(struct fake_card *card, const uint8_t *frame, size_t length)
{
    bool stamped = card->rx_mode & WEIR_RX_MODE_TIMESTAMP;
    size_t size = weir_record_size(length) + (stamped ? WEIR_TIMESTAMP_SIZE : 0);

    if (!(card->rx_control & WEIR_RX_ENABLE)) {
        card->counters[WEIR_CNT_RX_DISABLED]++;
        return;
    }
    if (!passes_filter(card, frame)) {
        card->counters[WEIR_CNT_RX_FILTERED]++;
        return;
    }
    if (answer_arp(card, frame, length))
        return;
    uint8_t flags = verdict(frame, length);
    card->counters[flags == 0                 ? WEIR_CNT_RX_CSUM_UNCHECKED
                   : flags == WEIR_F_CSUM_BAD ? WEIR_CNT_RX_CSUM_BAD
                                              : WEIR_CNT_RX_CSUM_GOOD]++;
    if (flags == WEIR_F_CSUM_BAD && card->rx_control & WEIR_RX_DROP_BAD_CSUM) {
        card->counters[WEIR_CNT_RX_CSUM_DROPPED]++;
        return;
    }
    if (size > sizeof card->in - card->in_length || length > MAX_FRAME) {
        card->counters[WEIR_CNT_RX_OVERFLOW]++;
        return;
    }
    card->counters[WEIR_CNT_RX_FRAMES]++;
    card->counters[WEIR_CNT_RX_RECORDS]++;
    struct weir_record record = {.flags = (uint8_t)(flags | (stamped ? WEIR_F_TIMESTAMP : 0)),
                                 .length = (uint32_t)length};
    uint8_t *out = card->in + card->in_length;
    memset(out, 0, size);
    weir_record_emit_header(out, &record);
    if (stamped)
        put_le(out + WEIR_RECORD_HEADER, card->time, WEIR_TIMESTAMP_SIZE);
    memcpy(out + WEIR_RECORD_HEADER + (stamped ? WEIR_TIMESTAMP_SIZE : 0), frame, length);
    card->in_length += size;
}
