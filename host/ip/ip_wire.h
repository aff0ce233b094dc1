// SPDX-License-Identifier: BSD-2-Clause
//
// IPv4 headers (RFC 791) and the pseudo-header of TCP and UDP checksums (RFC 9293 section 3.1).
#ifndef WEIR_IP_WIRE_H
#define WEIR_IP_WIRE_H

#include <string.h>

#include "weir_stack.h"

#define WEIR_IPV4_HEADER 20
#define WEIR_IP_ICMP 1
#define WEIR_IP_TCP 6
#define WEIR_IP_UDP 17

struct weir_ipv4 {
    struct weir_ip source, destination;
    uint8_t protocol, ttl;
    uint16_t id;
    bool dont_fragment;
    bool fragment;         // part of a larger packet
    const uint8_t *header; // where it was parsed
    const uint8_t *payload;
    size_t length; // of the payload
};

// False where the header is broken: version, lengths, checksum (RFC 1122 section 3.2.1). Options are skipped;
// bytes behind the packet (Ethernet padding) are cut off.
bool weir_ipv4_parse(const uint8_t *bytes, size_t length, struct weir_ipv4 *ip);
// Writes WEIR_IPV4_HEADER bytes, with checksum; payload is not looked at.
void weir_ipv4_emit(uint8_t *bytes, const struct weir_ipv4 *ip);

// The folded sum of the pseudo-header; `length` 0 leaves the length out.
uint16_t weir_ip_pseudo_sum(const struct weir_ip *source, const struct weir_ip *destination, uint8_t protocol,
                            size_t length);

static inline struct weir_ip weir_ipv4_address(const uint8_t *bytes)
{
    return (struct weir_ip){.version = 4, .bytes = {bytes[0], bytes[1], bytes[2], bytes[3]}};
}

static inline bool weir_ip_equal(const struct weir_ip *a, const struct weir_ip *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, a->version == 4 ? 4 : 16) == 0;
}

#endif
