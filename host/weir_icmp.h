// SPDX-License-Identifier: BSD-2-Clause
//
// ICMP echo (RFC 792) on a weir_stack. Requests to us are answered by the stack itself.
#ifndef WEIR_ICMP_H
#define WEIR_ICMP_H

#include "weir_stack.h"

// Queues an echo request with `length` bytes of payload (at most mtu - 28). 0, -EMSGSIZE, -ENETUNREACH, -ENOBUFS.
int weir_icmp_echo(struct weir_stack *stack, weir_time now, const struct weir_ip *remote, uint16_t identifier, uint16_t sequence,
                   const void *payload, size_t length);

struct weir_icmp_reply {
    struct weir_ip from;
    uint16_t identifier, sequence;
    uint8_t ttl;
    weir_time received;
    const uint8_t *payload; // valid during the call
    size_t length;
};
// `reply` is called inside weir_stack_input for each echo reply to us. NULL switches it off.
void weir_icmp_on_reply(struct weir_stack *stack, void (*reply)(void *context, const struct weir_icmp_reply *reply), void *context);

#endif
