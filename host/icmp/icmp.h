// SPDX-License-Identifier: BSD-2-Clause
//
// ICMP (RFC 792, RFC 1122 section 3.2.2) for the stack's other parts.
#ifndef WEIR_ICMP_INTERNAL_H
#define WEIR_ICMP_INTERNAL_H

#include "ip/ip_wire.h"
#include "weir_icmp.h"

#define WEIR_ICMP_HEADER 8

enum { WEIR_ICMP_ECHO_REPLY = 0, WEIR_ICMP_UNREACHABLE = 3, WEIR_ICMP_ECHO = 8 };
enum {
    WEIR_ICMP_PROTOCOL_UNREACHABLE = 2,
    WEIR_ICMP_PORT_UNREACHABLE = 3,
    WEIR_ICMP_FRAGMENTATION_NEEDED = 4,
};

struct weir_icmp {
    void (*reply)(void *context, const struct weir_icmp_reply *reply);
    void *context;
    weir_time errors_since; // the second in which `errors` were sent
    unsigned errors;
};

void weir_icmp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip);
// Answers a packet with "destination unreachable"; at most 100 a second leave.
void weir_icmp_send_unreachable(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                                uint8_t code);

// Used between the files of this folder. The ICMP message is ip->payload, its checksum right.
void weir_icmp_echo_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip);
void weir_icmp_echo_reply_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip);
void weir_icmp_unreachable_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip);

#endif
