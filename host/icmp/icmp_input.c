// SPDX-License-Identifier: BSD-2-Clause
#include "core/checksum.h"
#include "core/stack.h"

void weir_icmp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip)
{
    if (ip->length < WEIR_ICMP_HEADER || weir_sum(ip->payload, ip->length) != 0xFFFF) {
        stack->stats.in_errors++;
        return;
    }
    switch (ip->payload[0]) {
    case WEIR_ICMP_ECHO:
        weir_icmp_echo_input(stack, now, ip);
        break;
    case WEIR_ICMP_ECHO_REPLY:
        weir_icmp_echo_reply_input(stack, now, ip);
        break;
    case WEIR_ICMP_UNREACHABLE:
        weir_icmp_unreachable_input(stack, now, ip);
        break;
    default: // RFC 1122 section 3.2.2: unknown types are silently discarded
        stack->stats.in_discards++;
        break;
    }
}
