// SPDX-License-Identifier: BSD-2-Clause
//
// What becomes of an IPv4 packet that came. This host forwards nothing and reassembles nothing.
#include "core/stack.h"
#include "ip/ip.h"
#include "tcp/tcp.h"
#include "udp/udp.h"

void weir_ip_input(struct weir_stack *stack, weir_time now, const uint8_t *bytes, size_t length,
                   bool to_group, const struct weir_rx *rx)
{
    struct weir_ipv4 ip;
    stack->stats.ip_in_receives++;
    if (!weir_ipv4_parse(bytes, length, &ip)) {
        stack->stats.ip_in_hdr_errors++;
        stack->stats.in_errors++;
        return;
    }
    const bool to_us = weir_ip_equal(&ip.destination, &stack->config.address);
    if ((!to_us && !weir_ip_is_group(stack, &ip.destination)) || !weir_ip_is_host(stack, &ip.source)) {
        stack->stats.ip_in_addr_errors++;
        return;
    }
    if (ip.fragment) {
        stack->stats.ip_reasm_fails++;
        return;
    }
    if (!to_us ||
        to_group) { // broadcasts: nothing here listens to them, and nothing answers (RFC 1122 section 3.2.2)
        stack->stats.in_discards++;
        return;
    }
    stack->stats.ip_in_delivers++;
    switch (ip.protocol) {
    case WEIR_IP_ICMP:
        weir_icmp_input(stack, now, &ip);
        break;
    case WEIR_IP_TCP:
        weir_tcp_input(stack, now, &ip, rx);
        break;
    case WEIR_IP_UDP:
        weir_udp_input(stack, now, &ip, rx->csum);
        break;
    default:
        weir_icmp_send_unreachable(stack, now, &ip, WEIR_ICMP_PROTOCOL_UNREACHABLE);
        break;
    }
}
