// SPDX-License-Identifier: BSD-2-Clause
//
// Loss recovery without SACK: fast retransmit and fast recovery as NewReno (RFC 6582), and going back after a
// timeout.
#include "tcp/tcp.h"

#define DUPLICATES 3

// A window that the sender did not fill says nothing about the path, so it does not grow.
static bool window_was_the_limit(const struct weir_tcp *tcp, uint32_t flight)
{
    const struct weir_tcp_cc *cc = &tcp->cc;
    return cc->cwnd < cc->ssthresh ? 2 * (uint64_t)flight >= cc->cwnd : flight + tcp->snd.mss > cc->cwnd;
}

static void end_recovery(struct weir_tcp *tcp)
{
    struct weir_tcp_cc *cc = &tcp->cc;
    const uint32_t flight = weir_seq_distance(tcp->snd.max, tcp->snd.una);
    const uint32_t deflated =
        (flight > tcp->snd.mss ? flight : tcp->snd.mss) + tcp->snd.mss; // against a burst
    cc->cwnd = cc->ssthresh < deflated ? cc->ssthresh : deflated;
    tcp->recovery.active = tcp->recovery.partial = false;
    tcp->recovery.duplicates = 0;
}

// Called when new data has been acknowledged; `flight` bytes were under way before.
void weir_tcp_recovery_acked(struct weir_tcp *tcp, uint32_t acked, uint32_t flight)
{
    struct weir_tcp_cc *cc = &tcp->cc;
    if (!tcp->recovery.active) {
        tcp->recovery.duplicates = 0;
        if (window_was_the_limit(tcp, flight)) {
            cc->ops->acknowledged(cc, tcp->snd.mss, acked);
        }
        return;
    }
    if (!weir_seq_before(tcp->snd.una, tcp->recovery.recover)) {
        end_recovery(tcp);
        return;
    }
    tcp->recovery.partial = true; // the next hole
    tcp->snd.retransmit = true;
    cc->cwnd = cc->cwnd > acked ? cc->cwnd - acked : 0;
    if (acked >= tcp->snd.mss || cc->cwnd < tcp->snd.mss) {
        cc->cwnd += tcp->snd.mss;
    }
}

static void start_recovery(struct weir_tcp *tcp)
{
    struct weir_tcp_cc *cc = &tcp->cc;
    const uint32_t mss = tcp->snd.mss;
    const uint32_t sent = weir_seq_distance(tcp->snd.max, tcp->snd.una);
    const uint32_t flight =
        sent < cc->cwnd ? sent : cc->cwnd; // less what limited transmit has sent (RFC 5681 section 3.2)
    cc->ssthresh = cc->ops->threshold(cc, mss, flight);
    cc->cwnd = cc->ssthresh + DUPLICATES * mss;
    cc->counted = 0;
    tcp->recovery.active = true;
    tcp->recovery.partial = false;
    tcp->recovery.recover = tcp->snd.max;
    tcp->snd.retransmit = true;
    tcp->stack->stats.tcp_fast_retransmits++;
}

// While fewer than three have come, weir_tcp_output may send as many segments more (RFC 3042).
void weir_tcp_recovery_duplicate(struct weir_tcp *tcp)
{
    tcp->recovery.duplicates++;
    if (tcp->recovery.active) {
        tcp->cc.cwnd += tcp->snd.mss;
    } else if (tcp->recovery.duplicates == DUPLICATES &&
               weir_seq_after(tcp->snd.una, tcp->recovery.recover)) {
        start_recovery(tcp);
    }
    weir_tcp_wake(tcp);
}

// RFC 5681 section 3.1, RFC 6582 section 3.2 step 4. All that is under way is sent again, from one segment
// on.
void weir_tcp_recovery_timeout(struct weir_tcp *tcp)
{
    struct weir_tcp_cc *cc = &tcp->cc;
    const uint32_t flight = weir_seq_distance(tcp->snd.max, tcp->snd.una);
    if (flight > 0) {
        if (tcp->rtt.backoff == 0) {
            cc->ssthresh = cc->ops->threshold(cc, tcp->snd.mss, flight);
        }
        cc->cwnd = tcp->snd.mss;
        cc->counted = 0;
    }
    tcp->recovery.active = tcp->recovery.partial = false;
    tcp->recovery.duplicates = 0;
    tcp->recovery.recover = tcp->snd.max;
    tcp->snd.nxt = tcp->snd.una;
    tcp->snd.retransmit = false;
}
