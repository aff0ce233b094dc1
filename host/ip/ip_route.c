// SPDX-License-Identifier: BSD-2-Clause
//
// One interface: an address is on our network, or behind the gateway, or out of reach.
#include <errno.h>

#include "core/bytes.h"
#include "core/stack.h"
#include "ip/ip.h"

static uint32_t netmask(const struct weir_stack *stack)
{
    return stack->config.prefix_length == 0 ? 0 : UINT32_MAX << (32 - stack->config.prefix_length);
}

static bool is_on_link(const struct weir_stack *stack, uint32_t address)
{
    return ((address ^ weir_get32(stack->config.address.bytes)) & netmask(stack)) == 0;
}

bool weir_ip_is_group(const struct weir_stack *stack, const struct weir_ip *address)
{
    const uint32_t number = weir_get32(address->bytes);
    // A /31 or /32 has no broadcast address (RFC 3021).
    const bool directed = stack->config.prefix_length < 31 && is_on_link(stack, number) &&
                          (number | netmask(stack)) == UINT32_MAX;
    return number >= 0xE0000000 || directed;
}

bool weir_ip_is_neighbour(const struct weir_stack *stack, const struct weir_ip *address)
{
    return address->version == 4 && is_on_link(stack, weir_get32(address->bytes)) &&
           weir_ip_is_host(stack, address);
}

bool weir_ip_is_host(const struct weir_stack *stack, const struct weir_ip *address)
{
    const bool special = address->bytes[0] == 0 || address->bytes[0] == 127;
    return !special && !weir_ip_is_group(stack, address) && !weir_ip_equal(address, &stack->config.address);
}

int weir_ip_next_hop(const struct weir_stack *stack, const struct weir_ip *destination, struct weir_ip *hop)
{
    if (destination->version != 4 || !weir_ip_is_host(stack, destination)) {
        return -ENETUNREACH;
    }
    if (is_on_link(stack, weir_get32(destination->bytes))) {
        *hop = *destination;
        return 0;
    }
    *hop = stack->config.gateway;
    return hop->version == 4 ? 0 : -ENETUNREACH;
}
