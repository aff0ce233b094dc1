// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_offload.h"

#include "bridge_frame.h"
#include "card_internal.h"

static uint16_t get_le16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

static void put_le16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

void weir_vnet_parse(struct weir_vnet *vnet, const uint8_t in[WEIR_VNET_SIZE])
{
    *vnet = (struct weir_vnet){
        .flags = in[0],
        .gso_type = in[1],
        .hdr_len = get_le16(in + 2),
        .gso_size = get_le16(in + 4),
        .csum_start = get_le16(in + 6),
        .csum_offset = get_le16(in + 8),
    };
}

void weir_vnet_emit(const struct weir_vnet *vnet, uint8_t out[WEIR_VNET_SIZE])
{
    out[0] = vnet->flags;
    out[1] = vnet->gso_type;
    put_le16(out + 2, vnet->hdr_len);
    put_le16(out + 4, vnet->gso_size);
    put_le16(out + 6, vnet->csum_start);
    put_le16(out + 8, vnet->csum_offset);
}

// The card's number for a kind of superframe; GSO_NONE where it has none.
static uint8_t card_gso(uint8_t type)
{
    uint8_t ecn = type & WEIR_VNET_GSO_ECN ? WEIR_GSO_ECN : 0;

    switch (type & ~WEIR_VNET_GSO_ECN) {
    case WEIR_VNET_GSO_TCPV4:
        return WEIR_GSO_TCPV4 | ecn;
    case WEIR_VNET_GSO_TCPV6:
        return WEIR_GSO_TCPV6 | ecn;
    case WEIR_VNET_GSO_UDP_L4:
        return ecn ? WEIR_GSO_NONE : WEIR_GSO_UDP_L4;
    default:
        return WEIR_GSO_NONE;
    }
}

// Takes the length of what is summed off the pseudo-header's sum (RFC 1071: subtraction is addition of the
// complement).
static void unseed_length(uint8_t *field, size_t length)
{
    uint32_t folded = (uint32_t)((length & 0xFFFF) + (length >> 16));
    uint32_t sum = ((uint32_t)field[0] << 8 | field[1]) + (0xFFFF - folded);

    sum = (sum & 0xFFFF) + (sum >> 16);
    field[0] = (uint8_t)(sum >> 8);
    field[1] = (uint8_t)sum;
}

bool weir_bridge_to_card(const struct weir_card_caps *caps, const struct weir_vnet *vnet, uint8_t *frame,
                         size_t length, struct weir_card_tx *tx)
{
    bool needs_csum = (vnet->flags & WEIR_F_NEEDS_CSUM) != 0, gso = vnet->gso_type != WEIR_VNET_GSO_NONE;
    size_t header = length;

    *tx = (struct weir_card_tx){
        .header = frame,
        .needs_csum = needs_csum,
        .csum_start = needs_csum ? vnet->csum_start : 0,
        .csum_offset = needs_csum ? vnet->csum_offset : 0,
    };
    if (gso) {
        tx->gso_type = card_gso(vnet->gso_type);
        tx->gso_size = vnet->gso_size;
        uint8_t protocol =
            tx->gso_type == WEIR_GSO_UDP_L4 ? (uint8_t)WEIR_PROTOCOL_UDP : (uint8_t)WEIR_PROTOCOL_TCP;
        header = weir_bridge_payload(frame, length, vnet->csum_start, protocol);
        if (tx->gso_type == WEIR_GSO_NONE || header == 0)
            return false;
    }
    tx->header_length = header;
    tx->payload[0].data = frame + header;
    tx->payload[0].length = length - header;
    if (weir_offload_check(caps, tx, length) != 0)
        return false;
    if (gso)
        unseed_length(frame + vnet->csum_start + vnet->csum_offset, length - vnet->csum_start);
    return true;
}

struct weir_vnet weir_bridge_to_kernel(const struct weir_card_rx *rx)
{
    struct weir_vnet vnet = {.flags = rx->flags & WEIR_F_DATA_VALID};

    if (rx->gso_type == WEIR_GSO_NONE)
        return vnet;
    return (struct weir_vnet){
        .flags = WEIR_F_NEEDS_CSUM,
        .gso_type =
            rx->gso_type == WEIR_GSO_TCPV6 ? (uint8_t)WEIR_VNET_GSO_TCPV6 : (uint8_t)WEIR_VNET_GSO_TCPV4,
        .hdr_len = rx->hdr_len,
        .gso_size = rx->gso_size,
        .csum_start = rx->csum_start,
        .csum_offset = rx->csum_offset,
    };
}
