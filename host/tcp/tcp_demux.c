// SPDX-License-Identifier: BSD-2-Clause
//
// What reaches TCP from below, given to the connection that it concerns.
#include <errno.h>

#include "core/bytes.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

#define UNSAID_MTU 576 // for routers that do not say (RFC 1191 section 4)

// A new SYN may end TIME-WAIT early if it cannot be an old one (RFC 9293 section 3.10.7.4, RFC 6191).
static bool may_reuse(const struct weir_tcp *tcp, const struct weir_tcp_segment *segment)
{
    if (tcp->state != WEIR_TCP_TIME_WAIT || (segment->flags & (WEIR_SYN | WEIR_ACK | WEIR_RST)) != WEIR_SYN) {
        return false;
    }
    if (tcp->time.on && segment->options.has_time && segment->options.time != tcp->time.recent) {
        return (int32_t)(segment->options.time - tcp->time.recent) > 0;
    }
    return weir_seq_after(segment->seq, tcp->rcv.nxt);
}

void weir_tcp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                    const struct weir_rx *rx)
{
    struct weir_tcp_segment segment;
    if (!weir_tcp_parse(ip, rx->csum, &segment)) {
        stack->stats.tcp_in_segs++;
        stack->stats.tcp_in_errs++;
        stack->stats.in_errors++;
        return;
    }
    segment.size = rx->segment_size;
    stack->stats.tcp_in_segs += weir_tcp_segment_count(&segment);
    stack->stats.tcp_in_glued += rx->segment_size != 0;
    struct weir_tcp *tcp = weir_tcp_table_find(stack, &ip->source, segment.source, segment.destination);
    struct weir_tcp_listener *listener = weir_tcp_table_listener(stack, segment.destination);
    if (tcp != NULL && listener != NULL && may_reuse(tcp, &segment)) {
        const weir_seq floor = tcp->snd.max;
        weir_tcp_finish(tcp, 0);
        weir_tcp_settle(tcp);
        weir_tcp_listen_input(listener, now, ip, &segment, &floor);
    } else if (tcp != NULL) {
        if (tcp->state == WEIR_TCP_SYN_SENT) {
            weir_tcp_syn_sent_input(tcp, now, &segment);
        } else {
            weir_tcp_segment_input(tcp, now, &segment);
        }
        weir_tcp_settle(tcp);
    } else if (listener != NULL) {
        weir_tcp_listen_input(listener, now, ip, &segment, NULL);
    } else {
        weir_tcp_reset_stray(stack, now, &ip->source, &segment);
    }
}

void weir_tcp_neighbour_found(struct weir_list *link)
{
    weir_list_remove(link);
    weir_tcp_wake(WEIR_CONTAINER(link, struct weir_tcp, link));
}

// A connection that was never made fails at once; an old one waits for its neighbour to come back (RFC 1122
// section 4.2.3.9).
void weir_tcp_neighbour_lost(struct weir_list *link, weir_time now)
{
    struct weir_tcp *tcp = WEIR_CONTAINER(link, struct weir_tcp, link);
    weir_list_remove(link);
    if (!weir_tcp_synchronized(tcp)) {
        weir_tcp_finish(tcp, EHOSTUNREACH);
        weir_tcp_settle(tcp);
        return;
    }
    tcp->soft_error = EHOSTUNREACH;
    tcp->rcv.ack_now = false;
    tcp->rcv.duplicates = 0;
    if (!weir_tcp_has_unacked(tcp)) {
        return;
    }
    if (tcp->rtt.backoff == 0) {
        tcp->rtt.stalled_at = now;
    }
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, now + weir_tcp_rto(tcp));
}

// RFC 1191: smaller segments from here on, and what is under way once more.
static void shrink_segments(struct weir_tcp *tcp, uint16_t next_mtu)
{
    const uint32_t headers = WEIR_IPV4_HEADER + WEIR_TCP_HEADER;
    const uint32_t options = tcp->time.on ? 12 : 0;
    const uint32_t mtu = next_mtu != 0 ? next_mtu : UNSAID_MTU;
    const uint32_t mss = mtu > headers + WEIR_TCP_MIN_MSS ? mtu - headers - options : WEIR_TCP_MIN_MSS;
    if (!weir_tcp_synchronized(tcp) || mss >= tcp->snd.mss) {
        return;
    }
    tcp->snd.mss = mss;
    tcp->snd.nxt = tcp->snd.una;
    tcp->rtt.timing = false;
    weir_tcp_wake(tcp);
}

// Only segments that are under way are believed (RFC 5927 section 4). Hard errors end a connection before it
// is made, and are taken for passing trouble afterwards (section 5.2).
void weir_tcp_unreachable(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                          const uint8_t *quoted, uint8_t code, uint16_t next_mtu)
{
    struct weir_tcp *tcp = weir_tcp_table_find(stack, remote, weir_get16(quoted + 2), weir_get16(quoted));
    const weir_seq seq = weir_seq_of(weir_get32(quoted + 4));
    (void)now;
    if (tcp == NULL || weir_seq_before(seq, tcp->snd.una) || !weir_seq_before(seq, tcp->snd.max)) {
        return;
    }
    if (code == WEIR_ICMP_FRAGMENTATION_NEEDED) {
        shrink_segments(tcp, next_mtu);
        return;
    }
    const bool hard = code == WEIR_ICMP_PROTOCOL_UNREACHABLE || code == WEIR_ICMP_PORT_UNREACHABLE;
    if (hard && !weir_tcp_synchronized(tcp)) {
        weir_tcp_finish(tcp, ECONNREFUSED);
        weir_tcp_settle(tcp);
        return;
    }
    tcp->soft_error = hard ? ECONNREFUSED : EHOSTUNREACH;
}
