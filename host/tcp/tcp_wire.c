// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/tcp_wire.h"

#include "core/bytes.h"
#include "core/checksum.h"

static bool checksum_is_right(const struct weir_ipv4 *ip)
{
    const uint16_t pseudo = weir_ip_pseudo_sum(&ip->source, &ip->destination, WEIR_IP_TCP, ip->length);
    return weir_sum_fold((uint32_t)pseudo + weir_sum(ip->payload, ip->length)) == 0xFFFF;
}

bool weir_tcp_parse(const struct weir_ipv4 *ip, enum weir_rx_csum csum, struct weir_tcp_segment *segment)
{
    const uint8_t *bytes = ip->payload;
    if (ip->length < WEIR_TCP_HEADER || csum == WEIR_RX_CSUM_WRONG) {
        return false;
    }
    const size_t header = (size_t)(bytes[12] >> 4) * 4;
    if (header < WEIR_TCP_HEADER || header > ip->length ||
        (csum == WEIR_RX_CSUM_UNKNOWN && !checksum_is_right(ip))) {
        return false;
    }
    *segment = (struct weir_tcp_segment){
        .source = weir_get16(bytes),
        .destination = weir_get16(bytes + 2),
        .seq = weir_seq_of(weir_get32(bytes + 4)),
        .ack = weir_seq_of(weir_get32(bytes + 8)),
        .flags = bytes[13],
        .window = weir_get16(bytes + 14),
        .payload = bytes + header,
        .length = ip->length - header,
    };
    weir_tcp_options_parse(bytes + WEIR_TCP_HEADER, header - WEIR_TCP_HEADER, &segment->options);
    return true;
}

size_t weir_tcp_emit(uint8_t *bytes, const struct weir_tcp_segment *segment)
{
    const size_t header = WEIR_TCP_HEADER + weir_tcp_options_emit(bytes + WEIR_TCP_HEADER, &segment->options);
    weir_put16(bytes, segment->source);
    weir_put16(bytes + 2, segment->destination);
    weir_put32(bytes + 4, segment->seq.number);
    weir_put32(bytes + 8, (segment->flags & WEIR_ACK) != 0 ? segment->ack.number : 0);
    bytes[12] = (uint8_t)(header / 4 << 4);
    bytes[13] = segment->flags;
    weir_put16(bytes + 14, segment->window);
    weir_put32(bytes + 16, 0); // checksum, urgent pointer
    return header;
}
