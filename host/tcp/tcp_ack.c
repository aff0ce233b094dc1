// SPDX-License-Identifier: BSD-2-Clause
//
// What an acknowledgement changes: what is under way, the peer's window, timers, congestion window (RFC 9293
// section 3.10.7.4, fifth check; RFC 5681).
#include "tcp/tcp.h"

static void forget_acknowledged(struct weir_tcp *tcp)
{
    const weir_seq end = weir_tcp_data_end(tcp);
    const weir_seq upto = weir_seq_after(tcp->snd.una, end) ? end : tcp->snd.una;
    if (weir_seq_after(upto, tcp->snd.base)) {
        const uint32_t bytes = weir_seq_distance(upto, tcp->snd.base);
        weir_ring_drop(&tcp->snd.ring, bytes);
        tcp->snd.base = upto;
        tcp->info.bytes_acked += bytes;
    }
}

static void advance(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    struct weir_tcp_snd *snd = &tcp->snd;
    const uint32_t flight = weir_seq_distance(snd->max, snd->una);
    const uint32_t acked = weir_seq_distance(segment->ack, snd->una);
    const bool fin_was_acked = weir_tcp_fin_is_acked(tcp);
    snd->una = segment->ack;
    snd->nxt = weir_seq_max(snd->nxt, snd->una);
    snd->retransmit = false;
    forget_acknowledged(tcp);
    weir_tcp_rtt_acked(tcp, now, &segment->options);
    tcp->rtt.backoff = 0;
    tcp->rtt.stalled_at = now;
    tcp->soft_error = 0;
    if (weir_seq_equal(snd->una, snd->max)) {
        weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, WEIR_TIME_NEVER);
    } else if (!tcp->recovery
                    .partial) { // RFC 6582 section 3.2: only the first partial acknowledgement restarts it
        weir_tcp_arm(tcp, now);
    }
    weir_tcp_recovery_acked(tcp, acked, flight);
    if (!fin_was_acked && weir_tcp_fin_is_acked(tcp)) {
        weir_tcp_fin_acked(tcp, now);
    }
}

static void take_window(struct weir_tcp *tcp, const struct weir_tcp_segment *segment, uint32_t window)
{
    struct weir_tcp_snd *snd = &tcp->snd;
    const bool newer = weir_seq_before(snd->wl1, segment->seq) ||
                       (weir_seq_equal(snd->wl1, segment->seq) && !weir_seq_after(snd->wl2, segment->ack));
    if (!newer) {
        return;
    }
    snd->wnd = window;
    snd->max_wnd = snd->max_wnd > window ? snd->max_wnd : window;
    snd->wl1 = segment->seq;
    snd->wl2 = segment->ack;
}

// The peer answered while the persist timer runs: it lives (RFC 9293 section 3.8.6.1). An open window ends
// the probing.
static void note_probe_answer(struct weir_tcp *tcp, weir_time now)
{
    if (!tcp->rtt.persist || tcp->at[WEIR_TCP_TIMER_RETRANSMIT] == WEIR_TIME_NEVER) {
        return;
    }
    tcp->rtt.stalled_at = now;
    if (tcp->snd.wnd > 0) {
        tcp->rtt.backoff = 0;
        tcp->rtt.persist = false;
        tcp->snd.probe = false;
        weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, WEIR_TIME_NEVER);
    }
}

bool weir_tcp_ack_input(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    struct weir_tcp_snd *snd = &tcp->snd;
    if (weir_seq_after(segment->ack, snd->max) ||
        weir_seq_before(segment->ack, weir_seq_sub(snd->una, snd->max_wnd))) {
        weir_tcp_challenge(tcp, now); // RFC 5961 section 5.2
        return false;
    }
    const uint32_t window = (uint32_t)segment->window << snd->scale;
    if (weir_seq_after(segment->ack, snd->una)) {
        advance(tcp, now, segment);
    } else if (weir_seq_equal(segment->ack, snd->una) && weir_seq_before(snd->una, snd->max) &&
               !tcp->rtt.persist && weir_tcp_segment_space(segment) == 0 &&
               window == snd->wnd) { // RFC 5681 section 2
        weir_tcp_recovery_duplicate(tcp);
    }
    take_window(tcp, segment, window);
    note_probe_answer(tcp, now);
    return true;
}
