// SPDX-License-Identifier: BSD-2-Clause
//
// TCP headers (RFC 9293 section 3.1) and their options.
#ifndef WEIR_TCP_WIRE_H
#define WEIR_TCP_WIRE_H

#include "ip/ip_wire.h"
#include "tcp/tcp_seq.h"

#define WEIR_TCP_HEADER 20
#define WEIR_TCP_CHECKSUM_OFFSET 16

enum { WEIR_FIN = 0x01, WEIR_SYN = 0x02, WEIR_RST = 0x04, WEIR_PSH = 0x08, WEIR_ACK = 0x10 };

struct weir_tcp_options {
    bool has_mss, has_scale, has_time;
    uint16_t mss;        // RFC 9293 section 3.7.1
    uint8_t scale;       // RFC 7323 section 2.2; at most 14
    uint32_t time, echo; // RFC 7323 section 3.2
};

struct weir_tcp_segment {
    uint16_t source, destination;
    weir_seq seq, ack;
    uint8_t flags;
    uint16_t window; // as on the wire, not scaled
    struct weir_tcp_options options;
    const uint8_t *payload;
    size_t length; // of the payload
    uint16_t size; // bytes of payload a segment, where it stands for several (glued on the way in); else 0
};

// Segments on the wire that it stands for.
static inline unsigned weir_tcp_segment_count(const struct weir_tcp_segment *segment)
{
    const size_t size = segment->size;
    return size > 0 && segment->length > size ? (unsigned)((segment->length + size - 1) / size) : 1;
}

// Sequence space that a segment takes: payload, SYN, FIN.
static inline uint32_t weir_tcp_segment_space(const struct weir_tcp_segment *segment)
{
    return (uint32_t)segment->length + ((segment->flags & WEIR_SYN) != 0) +
           ((segment->flags & WEIR_FIN) != 0);
}

// False where the header or the checksum is wrong.
bool weir_tcp_parse(const struct weir_ipv4 *ip, enum weir_rx_csum csum, struct weir_tcp_segment *segment);
// Writes the header with options, checksum field 0; its length.
size_t weir_tcp_emit(uint8_t *bytes, const struct weir_tcp_segment *segment);

void weir_tcp_options_parse(const uint8_t *bytes, size_t length, struct weir_tcp_options *options);
// Writes options padded to a multiple of 4; their length.
size_t weir_tcp_options_emit(uint8_t *bytes, const struct weir_tcp_options *options);

#endif
