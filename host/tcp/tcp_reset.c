// SPDX-License-Identifier: BSD-2-Clause
//
// Resets. They go through the packet pool: a lost one costs nothing but time.
#include "core/bytes.h"
#include "core/checksum.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

static void send(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                 const struct weir_tcp_segment *segment)
{
    struct weir_packet *packet = weir_packet_new(&stack->pool);
    if (packet == NULL) {
        return;
    }
    uint8_t *bytes = weir_ip_payload(packet);
    const size_t length = weir_tcp_emit(bytes, segment);
    const uint16_t pseudo = weir_ip_pseudo_sum(&stack->config.address, remote, WEIR_IP_TCP, length);
    weir_put16(bytes + WEIR_TCP_CHECKSUM_OFFSET,
               (uint16_t)~weir_sum_fold((uint32_t)pseudo + weir_sum(bytes, length)));
    if (weir_ip_send(stack, now, packet, remote, WEIR_IP_TCP, length) == 0) {
        stack->stats.tcp_out_segs++;
        stack->stats.tcp_out_rsts++;
    }
}

void weir_tcp_reset_stray(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                          const struct weir_tcp_segment *segment)
{
    if ((segment->flags & WEIR_RST) != 0) {
        return;
    }
    struct weir_tcp_segment reset = {
        .source = segment->destination, .destination = segment->source, .flags = WEIR_RST};
    if ((segment->flags & WEIR_ACK) != 0) {
        reset.seq = segment->ack;
    } else {
        reset.flags |= WEIR_ACK;
        reset.ack = weir_seq_add(segment->seq, weir_tcp_segment_space(segment));
    }
    send(stack, now, remote, &reset);
}

void weir_tcp_send_reset(struct weir_tcp *tcp)
{
    const struct weir_tcp_segment reset = {
        .source = tcp->local_port,
        .destination = tcp->remote_port,
        .seq = tcp->rtt.persist ? tcp->snd.nxt : tcp->snd.max, // a probe was likely not taken
        .ack = tcp->rcv.nxt,
        .flags = WEIR_RST | WEIR_ACK,
    };
    send(tcp->stack, tcp->stack->now, &tcp->remote, &reset);
}
