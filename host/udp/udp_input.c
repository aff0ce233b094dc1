// SPDX-License-Identifier: BSD-2-Clause
#include "core/bytes.h"
#include "core/checksum.h"
#include "core/stack.h"
#include "udp/udp.h"

#define HEADER 8

static bool is_intact(const struct weir_ipv4 *ip, enum weir_rx_csum csum)
{
    if (ip->length < HEADER || csum == WEIR_RX_CSUM_WRONG) {
        return false;
    }
    const size_t length = weir_get16(ip->payload + 4);
    if (length < HEADER || length > ip->length) {
        return false;
    }
    if (csum == WEIR_RX_CSUM_GOOD || weir_get16(ip->payload + 6) == 0) {
        return true;
    }
    const uint16_t pseudo = weir_ip_pseudo_sum(&ip->source, &ip->destination, WEIR_IP_UDP, length);
    return weir_sum_fold((uint32_t)pseudo + weir_sum(ip->payload, length)) == 0xFFFF;
}

void weir_udp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                    enum weir_rx_csum csum)
{
    if (!is_intact(ip, csum)) {
        stack->stats.in_errors++;
        return;
    }
    weir_icmp_send_unreachable(stack, now, ip, WEIR_ICMP_PORT_UNREACHABLE);
}
