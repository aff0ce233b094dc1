// SPDX-License-Identifier: BSD-2-Clause
//
// The way to CLOSED, in good order and otherwise (RFC 9293 section 3.6).
#include <errno.h>
#include <stdlib.h>

#include "tcp/tcp.h"

static bool counts_as_established(enum weir_tcp_state state) // RFC 4022, tcpCurrEstab
{
    return state == WEIR_TCP_ESTABLISHED || state == WEIR_TCP_CLOSE_WAIT;
}

void weir_tcp_set_state(struct weir_tcp *tcp, enum weir_tcp_state state)
{
    tcp->stack->stats.tcp_curr_estab += counts_as_established(state);
    tcp->stack->stats.tcp_curr_estab -= counts_as_established(tcp->state);
    tcp->state = state;
}

void weir_tcp_finish(struct weir_tcp *tcp, int error)
{
    if (tcp->state == WEIR_TCP_CLOSED) {
        return;
    }
    tcp->stack->stats.tcp_attempt_fails += !weir_tcp_synchronized(tcp);
    tcp->stack->stats.tcp_estab_resets += counts_as_established(tcp->state);
    weir_tcp_set_state(tcp, WEIR_TCP_CLOSED);
    tcp->error = error;
    weir_tcp_table_remove(tcp);
    weir_list_remove(&tcp->link);
    for (int i = 0; i < WEIR_TCP_TIMERS; i++) {
        tcp->at[i] = WEIR_TIME_NEVER;
    }
    weir_timers_set(&tcp->stack->timers, &tcp->timer, WEIR_TIME_NEVER);
    weir_ring_destroy(&tcp->snd.ring);
    if (tcp->listener != NULL) {
        weir_tcp_leave_listener(tcp);
    }
}

void weir_tcp_settle(struct weir_tcp *tcp)
{
    if (tcp->state == WEIR_TCP_CLOSED && tcp->owner == WEIR_TCP_OWNER_NONE) {
        weir_tcp_destroy(tcp);
    }
}

void weir_tcp_destroy(struct weir_tcp *tcp)
{
    weir_tcp_finish(tcp, 0);
    weir_tcp_table_remove(tcp);
    weir_list_remove(&tcp->all);
    weir_timers_leave(&tcp->stack->timers, &tcp->timer);
    weir_ring_destroy(&tcp->snd.ring);
    weir_ring_destroy(&tcp->rcv.ring);
    free(tcp);
}

static void free_unread(struct weir_tcp *tcp)
{
    weir_ring_destroy(&tcp->rcv.ring);
    tcp->rcv.ranges.count = 0;
}

void weir_tcp_enter_time_wait(struct weir_tcp *tcp, weir_time now)
{
    weir_tcp_set_state(tcp, WEIR_TCP_TIME_WAIT);
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, WEIR_TIME_NEVER);
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_LINGER, now + WEIR_TCP_2MSL);
    weir_ring_destroy(&tcp->snd.ring);
    if (tcp->owner == WEIR_TCP_OWNER_NONE) {
        free_unread(tcp);
    }
}

void weir_tcp_fin_received(struct weir_tcp *tcp, weir_time now)
{
    tcp->rcv.nxt = weir_seq_add(tcp->rcv.nxt, 1);
    tcp->rcv.ended = true;
    tcp->rcv.ack_now = true;
    if (tcp->state == WEIR_TCP_ESTABLISHED) {
        weir_tcp_set_state(tcp, WEIR_TCP_CLOSE_WAIT);
    } else if (tcp->state == WEIR_TCP_FIN_WAIT_1) {
        weir_tcp_set_state(tcp, WEIR_TCP_CLOSING);
    } else if (tcp->state == WEIR_TCP_FIN_WAIT_2) {
        weir_tcp_enter_time_wait(tcp, now);
    }
}

static void linger_in_fin_wait_2(struct weir_tcp *tcp, weir_time now)
{
    if (tcp->state == WEIR_TCP_FIN_WAIT_2 && tcp->owner == WEIR_TCP_OWNER_NONE) {
        weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_LINGER, now + WEIR_TCP_ORPHAN_FIN_WAIT);
    }
}

void weir_tcp_fin_acked(struct weir_tcp *tcp, weir_time now)
{
    if (tcp->state == WEIR_TCP_FIN_WAIT_1) {
        weir_tcp_set_state(tcp, WEIR_TCP_FIN_WAIT_2);
        linger_in_fin_wait_2(tcp, now);
    } else if (tcp->state == WEIR_TCP_CLOSING) {
        weir_tcp_enter_time_wait(tcp, now);
    } else if (tcp->state == WEIR_TCP_LAST_ACK) {
        weir_tcp_finish(tcp, 0);
    }
}

void weir_tcp_shutdown(struct weir_tcp *tcp)
{
    if (tcp->state == WEIR_TCP_CLOSED || tcp->snd.shut) {
        return;
    }
    if (tcp->state == WEIR_TCP_SYN_SENT) { // RFC 9293 section 3.10.4
        weir_tcp_finish(tcp, 0);
        return;
    }
    tcp->snd.shut = true;
    if (tcp->state == WEIR_TCP_ESTABLISHED) {
        weir_tcp_set_state(tcp, WEIR_TCP_FIN_WAIT_1);
    } else if (tcp->state == WEIR_TCP_CLOSE_WAIT) {
        weir_tcp_set_state(tcp, WEIR_TCP_LAST_ACK);
    }
    weir_tcp_wake(tcp);
}

void weir_tcp_abort(struct weir_tcp *tcp)
{
    if (tcp->state != WEIR_TCP_CLOSED && tcp->state != WEIR_TCP_SYN_SENT &&
        tcp->state != WEIR_TCP_TIME_WAIT) {
        weir_tcp_send_reset(tcp);
    }
    weir_tcp_finish(tcp, ECONNRESET);
    free_unread(tcp);
}

void weir_tcp_release(struct weir_tcp *tcp)
{
    tcp->owner = WEIR_TCP_OWNER_NONE;
    if (tcp->rcv.ring.length > 0 && tcp->state != WEIR_TCP_TIME_WAIT) {
        weir_tcp_abort(tcp);
    }
    weir_tcp_shutdown(tcp);
    if (tcp->state == WEIR_TCP_TIME_WAIT) {
        free_unread(tcp);
    }
    linger_in_fin_wait_2(tcp, tcp->stack->now);
    weir_tcp_settle(tcp);
}
