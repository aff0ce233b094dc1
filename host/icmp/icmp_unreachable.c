// SPDX-License-Identifier: BSD-2-Clause
//
// "Destination unreachable", both ways.
#include "core/bytes.h"
#include "core/checksum.h"
#include "core/stack.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

#define QUOTE_MAX (576 - WEIR_IPV4_HEADER - WEIR_ICMP_HEADER) // RFC 1812 section 4.3.2.3
#define ERRORS_A_SECOND 100

static bool may_send(struct weir_icmp *icmp, weir_time now)
{
    if (now - icmp->errors_since >= WEIR_SECOND) {
        icmp->errors_since = now;
        icmp->errors = 0;
    }
    return icmp->errors++ < ERRORS_A_SECOND;
}

void weir_icmp_send_unreachable(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                                uint8_t code)
{
    if (!may_send(&stack->icmp, now)) {
        return;
    }
    struct weir_packet *packet = weir_packet_new(&stack->pool);
    if (packet == NULL) {
        return;
    }
    const size_t original = (size_t)(ip->payload - ip->header) + ip->length;
    const size_t most =
        stack->config.mtu < 576 ? stack->config.mtu - WEIR_IPV4_HEADER - WEIR_ICMP_HEADER : QUOTE_MAX;
    const size_t quoted = original < most ? original : most;
    uint8_t *message = weir_ip_payload(packet);
    memset(message, 0, WEIR_ICMP_HEADER);
    message[0] = WEIR_ICMP_UNREACHABLE;
    message[1] = code;
    memcpy(message + WEIR_ICMP_HEADER, ip->header, quoted);
    weir_put16(message + 2, (uint16_t)~weir_sum(message, WEIR_ICMP_HEADER + quoted));
    if (weir_ip_send(stack, now, packet, &ip->source, WEIR_IP_ICMP, WEIR_ICMP_HEADER + quoted) == 0) {
        stack->stats.icmp_out_dest_unreachs++;
    }
}

// The quoted packet must be one that we sent, cut off at will behind eight bytes of its payload.
void weir_icmp_unreachable_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip)
{
    const uint8_t *quoted = ip->payload + WEIR_ICMP_HEADER;
    const size_t length = ip->length - WEIR_ICMP_HEADER;
    stack->stats.icmp_in_dest_unreachs++;
    if (length < WEIR_IPV4_HEADER) {
        return;
    }
    const size_t header = (size_t)(quoted[0] & 15) * 4;
    const struct weir_ip source = weir_ipv4_address(quoted + 12);
    if (quoted[0] >> 4 != 4 || header < WEIR_IPV4_HEADER || length < header + 8 || quoted[9] != WEIR_IP_TCP ||
        !weir_ip_equal(&source, &stack->config.address)) {
        return;
    }
    const struct weir_ip destination = weir_ipv4_address(quoted + 16);
    weir_tcp_unreachable(stack, now, &destination, quoted + header, ip->payload[1],
                         weir_get16(ip->payload + 6));
}
