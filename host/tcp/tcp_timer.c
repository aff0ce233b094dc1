// SPDX-License-Identifier: BSD-2-Clause
//
// A connection's timers. It has three, and one place in the stack's heap for the earliest of them.
#include <errno.h>

#include "tcp/tcp.h"

void weir_tcp_timer_set(struct weir_tcp *tcp, enum weir_tcp_timer timer, weir_time at)
{
    tcp->at[timer] = at;
    weir_time earliest = WEIR_TIME_NEVER;
    for (int i = 0; i < WEIR_TCP_TIMERS; i++) {
        earliest = tcp->at[i] < earliest ? tcp->at[i] : earliest;
    }
    if (earliest != tcp->timer.at) {
        weir_timers_set(&tcp->stack->timers, &tcp->timer, earliest);
    }
}

void weir_tcp_arm(struct weir_tcp *tcp, weir_time now)
{
    if (tcp->rtt.backoff == 0) {
        tcp->rtt.stalled_at = now;
    }
    tcp->rtt.persist = false;
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, now + weir_tcp_rto(tcp));
}

void weir_tcp_arm_persist(struct weir_tcp *tcp, weir_time now)
{
    if (!tcp->rtt.persist) {
        tcp->rtt.persist = true;
        tcp->rtt.backoff = 0;
        tcp->rtt.stalled_at = now;
    }
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, now + weir_tcp_rto(tcp));
}

// R2 of RFC 1122 section 4.2.3.5, as a time.
static weir_time patience(const struct weir_tcp *tcp)
{
    if (weir_tcp_synchronized(tcp)) {
        return WEIR_TCP_R2_DATA;
    }
    return tcp->passive ? WEIR_TCP_R2_ACCEPT : WEIR_TCP_R2_CONNECT;
}

static void on_retransmit(struct weir_tcp *tcp, weir_time now)
{
    if (now - tcp->rtt.stalled_at >= patience(tcp)) {
        weir_tcp_finish(tcp, tcp->soft_error != 0 ? tcp->soft_error : ETIMEDOUT);
        return;
    }
    if (!weir_tcp_synchronized(tcp)) {
        tcp->snd.syn = true;
    } else if (tcp->rtt.persist) {
        tcp->snd.probe = true;
    } else {
        weir_tcp_recovery_timeout(tcp);
        tcp->stack->stats.tcp_timeouts++;
    }
    tcp->rtt.backoff++;
    tcp->rtt.timing = false;
    if (tcp->rtt.backoff >= WEIR_TCP_R1) {
        weir_arp_doubt(tcp->stack, now, &tcp->hop);
    }
    weir_tcp_wake(tcp);
}

void weir_tcp_on_timer(struct weir_stack *stack, struct weir_timer *timer, weir_time now)
{
    struct weir_tcp *tcp = WEIR_CONTAINER(timer, struct weir_tcp, timer);
    (void)stack;
    for (int i = 0; i < WEIR_TCP_TIMERS; i++) {
        if (tcp->at[i] > now) {
            continue;
        }
        weir_tcp_timer_set(tcp, (enum weir_tcp_timer)i, WEIR_TIME_NEVER);
        if (i == WEIR_TCP_TIMER_RETRANSMIT) {
            on_retransmit(tcp, now);
        } else if (i == WEIR_TCP_TIMER_ACK) {
            tcp->rcv.ack_now = true;
            weir_tcp_wake(tcp);
        } else {
            weir_tcp_finish(tcp, 0);
        }
    }
    weir_tcp_settle(tcp);
}
