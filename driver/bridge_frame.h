// SPDX-License-Identifier: BSD-2-Clause
//
// Where the headers of a frame begin, found in its bytes: the kernel's own hints (virtio's hdr_len) may be
// too short or too long, and a card that trusted them would cut in the wrong place.
#ifndef WEIR_BRIDGE_FRAME_H
#define WEIR_BRIDGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_ETHERNET_HEADER 14 // bytes

enum {
    WEIR_PROTOCOL_ICMP = 1,
    WEIR_PROTOCOL_IGMP = 2,
    WEIR_PROTOCOL_TCP = 6,
    WEIR_PROTOCOL_UDP = 17,
    WEIR_PROTOCOL_ICMPV6 = 58
};

struct weir_bridge_frame {
    bool ipv6;
    uint8_t protocol; // behind IP's options and extension headers
    size_t ip, l4;    // bytes from the frame's start
};

// Looks behind up to two VLAN tags. False when it is no whole IP header with something behind it, or when a
// fragment other than the first has no header there.
bool weir_bridge_frame_parse(const uint8_t *frame, size_t length, struct weir_bridge_frame *parsed);

// Where the payload of a TCP or UDP header at `l4` begins; 0: there is no whole one.
size_t weir_bridge_payload(const uint8_t *frame, size_t length, size_t l4, uint8_t protocol);

// Whether the frame tells the network which groups the host is in: IGMP or MLD (RFC 9776, RFC 3810).
bool weir_bridge_tells_groups(const uint8_t *frame, size_t length);

#endif
