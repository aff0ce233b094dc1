// SPDX-License-Identifier: BSD-2-Clause
//
// Echo, both ways (RFC 792; RFC 1122 section 3.2.2.6).
#include <errno.h>

#include "core/bytes.h"
#include "core/checksum.h"
#include "core/stack.h"
#include "ip/ip.h"

static void emit(uint8_t *message, uint8_t type, uint32_t id_and_sequence, const void *payload, size_t length)
{
    message[0] = type;
    message[1] = 0;
    weir_put16(message + 2, 0);
    weir_put32(message + 4, id_and_sequence);
    if (length > 0) {
        memcpy(message + WEIR_ICMP_HEADER, payload, length);
    }
    weir_put16(message + 2, (uint16_t)~weir_sum(message, WEIR_ICMP_HEADER + length));
}

void weir_icmp_echo_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip)
{
    stack->stats.icmp_in_echos++;
    if (ip->length + WEIR_IPV4_HEADER >
        stack->config.mtu) { // cannot come in one frame, so nothing that fits goes back
        stack->stats.in_discards++;
        return;
    }
    struct weir_packet *packet = weir_packet_new(&stack->pool);
    if (packet == NULL) {
        stack->stats.in_discards++;
        return;
    }
    emit(weir_ip_payload(packet), WEIR_ICMP_ECHO_REPLY, weir_get32(ip->payload + 4),
         ip->payload + WEIR_ICMP_HEADER, ip->length - WEIR_ICMP_HEADER);
    if (weir_ip_send(stack, now, packet, &ip->source, WEIR_IP_ICMP, ip->length) == 0) {
        stack->stats.icmp_out_echo_reps++;
    }
}

void weir_icmp_echo_reply_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip)
{
    stack->stats.icmp_in_echo_reps++;
    if (stack->icmp.reply == NULL) {
        return;
    }
    const struct weir_icmp_reply reply = {
        .from = ip->source,
        .identifier = weir_get16(ip->payload + 4),
        .sequence = weir_get16(ip->payload + 6),
        .ttl = ip->ttl,
        .received = now,
        .payload = ip->payload + WEIR_ICMP_HEADER,
        .length = ip->length - WEIR_ICMP_HEADER,
    };
    stack->icmp.reply(stack->icmp.context, &reply);
}

int weir_icmp_echo(struct weir_stack *stack, weir_time now, const struct weir_ip *remote, uint16_t identifier,
                   uint16_t sequence, const void *payload, size_t length)
{
    stack->now = now;
    if (length + WEIR_ICMP_HEADER + WEIR_IPV4_HEADER > stack->config.mtu) {
        return -EMSGSIZE;
    }
    struct weir_packet *packet = weir_packet_new(&stack->pool);
    if (packet == NULL) {
        return -ENOBUFS;
    }
    emit(weir_ip_payload(packet), WEIR_ICMP_ECHO, (uint32_t)identifier << 16 | sequence, payload, length);
    return weir_ip_send(stack, now, packet, remote, WEIR_IP_ICMP, WEIR_ICMP_HEADER + length);
}

void weir_icmp_on_reply(struct weir_stack *stack,
                        void (*reply)(void *context, const struct weir_icmp_reply *reply), void *context)
{
    stack->icmp.reply = reply;
    stack->icmp.context = context;
}
