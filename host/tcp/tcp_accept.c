// SPDX-License-Identifier: BSD-2-Clause
//
// Listeners, and the passive side of the handshake. `backlog` limits those that wait to be accepted, and
// HALF_OPEN_MAX those before that, which have no rings yet: a flood of SYNs costs that many small structures,
// and displaces only half-open connections as old as itself.
#include <errno.h>
#include <stdlib.h>

#include "tcp/tcp.h"

#define HALF_OPEN_MAX 64 // more than `backlog`

static void join(struct weir_tcp *tcp, struct weir_tcp_queue *queue)
{
    weir_list_append(&queue->list, &tcp->queue);
    queue->count++;
    tcp->waits_in = queue;
}

static void leave(struct weir_tcp *tcp)
{
    weir_list_remove(&tcp->queue);
    tcp->waits_in->count--;
    tcp->waits_in = NULL;
}

static struct weir_tcp *oldest(const struct weir_tcp_queue *queue)
{
    return WEIR_CONTAINER(queue->list.next, struct weir_tcp, queue);
}

struct weir_tcp_listener *weir_tcp_listen(struct weir_stack *stack, uint16_t port, unsigned backlog)
{
    if (port == 0 || weir_tcp_table_listener(stack, port) != NULL) {
        errno = EADDRINUSE;
        return NULL;
    }
    struct weir_tcp_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    listener->stack = stack;
    listener->port = port;
    listener->backlog = backlog;
    weir_list_init(&listener->half_open.list);
    weir_list_init(&listener->established.list);
    weir_list_append(&stack->tcp.listeners, &listener->link);
    return listener;
}

struct weir_tcp *weir_tcp_accept(struct weir_tcp_listener *listener)
{
    if (listener->established.count == 0) {
        return NULL;
    }
    struct weir_tcp *tcp = oldest(&listener->established);
    weir_tcp_leave_listener(tcp);
    tcp->owner = WEIR_TCP_OWNER_CALLER;
    return tcp;
}

void weir_tcp_leave_listener(struct weir_tcp *tcp)
{
    leave(tcp);
    tcp->listener = NULL;
    tcp->owner = WEIR_TCP_OWNER_NONE;
}

void weir_tcp_listener_established(struct weir_tcp *tcp)
{
    leave(tcp);
    join(tcp, &tcp->listener->established);
}

bool weir_tcp_listener_has_room(const struct weir_tcp *tcp)
{
    return tcp->listener == NULL || tcp->listener->established.count < tcp->listener->backlog;
}

void weir_tcp_listener_free(struct weir_tcp_listener *listener)
{
    weir_list_remove(&listener->link);
    free(listener);
}

static void reset_all(struct weir_tcp_queue *queue)
{
    while (queue->count > 0) {
        struct weir_tcp *tcp = oldest(queue);
        weir_tcp_send_reset(tcp);
        weir_tcp_finish(tcp, ECONNRESET);
        weir_tcp_settle(tcp);
    }
}

void weir_tcp_listener_close(struct weir_tcp_listener *listener)
{
    reset_all(&listener->half_open);
    reset_all(&listener->established);
    weir_tcp_listener_free(listener);
}

static void make_room(struct weir_tcp_listener *listener)
{
    if (listener->half_open.count >= HALF_OPEN_MAX + listener->backlog) {
        struct weir_tcp *tcp = oldest(&listener->half_open);
        weir_tcp_finish(tcp, ETIMEDOUT);
        weir_tcp_settle(tcp);
    }
}

// RFC 9293 section 3.10.7.2.
void weir_tcp_listen_input(struct weir_tcp_listener *listener, weir_time now, const struct weir_ipv4 *ip,
                           const struct weir_tcp_segment *segment, const weir_seq *floor)
{
    struct weir_stack *stack = listener->stack;
    if ((segment->flags & WEIR_ACK) != 0) {
        weir_tcp_reset_stray(stack, now, &ip->source, segment);
        return;
    }
    if ((segment->flags & (WEIR_RST | WEIR_SYN | WEIR_FIN)) != WEIR_SYN) {
        return;
    }
    struct weir_tcp *tcp = NULL;
    if (listener->established.count < listener->backlog) {
        make_room(listener);
        tcp = weir_tcp_new(stack, now, &ip->source, segment->source, segment->destination);
    }
    if (tcp == NULL) {
        stack->stats.in_discards++;
        return;
    }
    if (floor != NULL &&
        !weir_seq_after(tcp->snd.iss, *floor)) { // RFC 9293 section 3.4.3: not among numbers still under way
        weir_tcp_start_at(tcp, weir_seq_add(*floor, (size_t)UINT16_MAX + 1));
    }
    tcp->passive = true;
    tcp->owner = WEIR_TCP_OWNER_LISTENER;
    tcp->listener = listener;
    join(tcp, &listener->half_open);
    weir_tcp_take_syn(tcp, now, segment);
    weir_tcp_set_state(tcp, WEIR_TCP_SYN_RECEIVED);
    stack->stats.tcp_passive_opens++;
    tcp->snd.syn = true;
    weir_tcp_wake(tcp);
}
