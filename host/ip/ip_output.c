// SPDX-License-Identifier: BSD-2-Clause
#include "core/stack.h"
#include "eth/ethernet.h"
#include "ip/ip.h"

int weir_ip_send(struct weir_stack *stack, weir_time now, struct weir_packet *packet,
                 const struct weir_ip *destination, uint8_t protocol, size_t length)
{
    struct weir_ip hop;
    const int error = weir_ip_next_hop(stack, destination, &hop);
    if (error != 0) {
        weir_packet_free(&stack->pool, packet);
        return error;
    }
    const struct weir_ipv4 ip = {
        .source = stack->config.address,
        .destination = *destination,
        .protocol = protocol,
        .ttl = WEIR_IP_TTL,
        .id = stack->ip_id++,
        .length = length,
    };
    weir_ipv4_emit(packet->bytes + WEIR_ETH_HEADER, &ip);
    packet->length = WEIR_ETH_HEADER + WEIR_IPV4_HEADER + length;
    weir_arp_send(stack, now, &hop, packet);
    return 0;
}
