// SPDX-License-Identifier: BSD-2-Clause
//
// Round-trip time and retransmission timeout (RFC 6298). One segment at a time is timed, to the nanosecond;
// after a retransmission, when it cannot be (Karn), the echoed time stamp serves, to the millisecond.
#include "tcp/tcp.h"

#define GRANULARITY WEIR_MS

static weir_time clamp(weir_time value, weir_time least, weir_time most)
{
    return value < least ? least : value > most ? most : value;
}

static void sample(struct weir_tcp_rtt *rtt, weir_time time)
{
    if (!rtt->measured) {
        rtt->measured = true;
        rtt->srtt = time;
        rtt->rttvar = time / 2;
    } else {
        const weir_time error = time > rtt->srtt ? time - rtt->srtt : rtt->srtt - time;
        rtt->rttvar = rtt->rttvar - rtt->rttvar / 4 + error / 4;
        rtt->srtt = rtt->srtt - rtt->srtt / 8 + time / 8;
    }
    const weir_time margin = 4 * rtt->rttvar > GRANULARITY ? 4 * rtt->rttvar : GRANULARITY;
    rtt->rto = clamp(rtt->srtt + margin, WEIR_TCP_RTO_MIN, WEIR_TCP_RTO_MAX);
}

// Something that ends at `end` goes out, for the first time or again.
void weir_tcp_rtt_sent(struct weir_tcp *tcp, weir_time now, weir_seq end, bool is_new)
{
    struct weir_tcp_rtt *rtt = &tcp->rtt;
    if (!is_new) {
        rtt->timing = false;
    } else if (!rtt->timing) {
        rtt->timing = true;
        rtt->timed = end;
        rtt->timed_at = now;
    }
}

// snd.una has moved.
void weir_tcp_rtt_acked(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_options *options)
{
    struct weir_tcp_rtt *rtt = &tcp->rtt;
    if (rtt->timing) {
        if (!weir_seq_before(tcp->snd.una, rtt->timed)) {
            rtt->timing = false;
            sample(rtt, now - rtt->timed_at);
        }
    } else if (tcp->time.on && options->has_time && options->echo != 0) {
        const uint32_t elapsed = weir_tcp_clock(tcp, now) - options->echo;
        if (elapsed < WEIR_TCP_RTO_MAX / WEIR_MS) {
            sample(rtt, (elapsed > 0 ? elapsed : 1) * WEIR_MS);
        }
    }
}

uint32_t weir_tcp_clock(const struct weir_tcp *tcp, weir_time now)
{
    return tcp->time.offset + (uint32_t)(now / WEIR_MS);
}

weir_time weir_tcp_rto(const struct weir_tcp *tcp)
{
    const weir_time most = tcp->rtt.persist ? WEIR_TCP_PERSIST_MAX : WEIR_TCP_RTO_MAX;
    const unsigned backoff = tcp->rtt.backoff < 10 ? tcp->rtt.backoff : 10; // 200 ms << 10 is beyond the most
    return clamp(tcp->rtt.rto << backoff, 0, most);
}
