// SPDX-License-Identifier: BSD-2-Clause
//
// IPv4 for the stack's other parts: where a packet goes, how one is sent, what becomes of one that came.
#ifndef WEIR_IP_INTERNAL_H
#define WEIR_IP_INTERNAL_H

#include "core/packet.h"
#include "ip/ip_wire.h"

#define WEIR_IP_TTL 64 // RFC 1700

// The neighbour that takes a packet for `destination`: itself or the gateway. -ENETUNREACH without a way;
// broadcast and multicast have none.
int weir_ip_next_hop(const struct weir_stack *stack, const struct weir_ip *destination, struct weir_ip *hop);
// On our network, and not its broadcast address.
bool weir_ip_is_neighbour(const struct weir_stack *stack, const struct weir_ip *address);
// To more hosts than one: multicast, limited or directed broadcast, and all of 224.0.0.0/3.
bool weir_ip_is_group(const struct weir_stack *stack, const struct weir_ip *address);
// A packet from this address can be answered (RFC 1122 section 3.2.1.3).
bool weir_ip_is_host(const struct weir_stack *stack, const struct weir_ip *address);

// What the card says about a frame that came.
struct weir_rx {
    enum weir_rx_csum csum;
    uint16_t segment_size; // of a glued frame; 0: it came as it is
};

void weir_ip_input(struct weir_stack *stack, weir_time now, const uint8_t *bytes, size_t length,
                   bool to_group, const struct weir_rx *rx);

// Where a packet's IP payload is written before weir_ip_send.
static inline uint8_t *weir_ip_payload(struct weir_packet *packet)
{
    return packet->bytes + 14 + WEIR_IPV4_HEADER;
}
// Puts headers before `length` bytes of payload and sends the packet, or keeps it until the neighbour's MAC
// address is known. Takes the packet in any case. 0 or -ENETUNREACH.
int weir_ip_send(struct weir_stack *stack, weir_time now, struct weir_packet *packet,
                 const struct weir_ip *destination, uint8_t protocol, size_t length);

#endif
