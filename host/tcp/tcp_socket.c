// SPDX-License-Identifier: BSD-2-Clause
//
// A connection as its owner sees it.
#include <errno.h>

#include "tcp/tcp.h"

ptrdiff_t weir_tcp_send(struct weir_tcp *tcp, const void *data, size_t length)
{
    if (tcp->error != 0) {
        return -tcp->error;
    }
    if (tcp->snd.shut || tcp->state == WEIR_TCP_CLOSED) {
        return -EPIPE;
    }
    if (!weir_tcp_synchronized(tcp)) {
        return -ENOTCONN;
    }
    const size_t room = weir_ring_free(&tcp->snd.ring);
    const size_t taken = length < room ? length : room;
    weir_ring_place(&tcp->snd.ring, 0, data, taken);
    weir_ring_extend(&tcp->snd.ring, taken);
    if (taken > 0) {
        weir_tcp_wake(tcp);
    }
    return (ptrdiff_t)taken;
}

ptrdiff_t weir_tcp_peek(struct weir_tcp *tcp, const uint8_t **data)
{
    struct weir_span spans[2];
    weir_ring_spans(&tcp->rcv.ring, 0, tcp->rcv.ring.length, spans);
    if (spans[0].length > 0) {
        *data = spans[0].data;
        return (ptrdiff_t)spans[0].length;
    }
    if (tcp->error != 0) {
        return -tcp->error;
    }
    return tcp->rcv.ended || tcp->state == WEIR_TCP_CLOSED ? 0 : -EAGAIN;
}

void weir_tcp_consume(struct weir_tcp *tcp, size_t length)
{
    const size_t waiting = tcp->rcv.ring.length;
    weir_ring_drop(&tcp->rcv.ring, length < waiting ? length : waiting);
    weir_tcp_window_opened(tcp);
}

ptrdiff_t weir_tcp_receive(struct weir_tcp *tcp, void *buffer, size_t size)
{
    size_t copied = 0;
    while (copied < size) {
        const uint8_t *data;
        const ptrdiff_t got = weir_tcp_peek(tcp, &data);
        if (got <= 0) {
            return copied > 0 ? (ptrdiff_t)copied : got;
        }
        const size_t piece = (size_t)got < size - copied ? (size_t)got : size - copied;
        memcpy((uint8_t *)buffer + copied, data, piece);
        weir_tcp_consume(tcp, piece);
        copied += piece;
    }
    return (ptrdiff_t)copied;
}

void weir_tcp_set_nodelay(struct weir_tcp *tcp, bool on)
{
    tcp->nodelay = on;
    weir_tcp_wake(tcp);
}

enum weir_tcp_state weir_tcp_state(const struct weir_tcp *tcp)
{
    return tcp->state;
}

int weir_tcp_error(const struct weir_tcp *tcp)
{
    return tcp->error;
}

void weir_tcp_remote(const struct weir_tcp *tcp, struct weir_ip *address, uint16_t *port)
{
    *address = tcp->remote;
    *port = tcp->remote_port;
}

size_t weir_tcp_unacknowledged(const struct weir_tcp *tcp)
{
    return tcp->snd.ring.length;
}

void weir_tcp_info(const struct weir_tcp *tcp, struct weir_tcp_info *info)
{
    *info = tcp->info;
    info->state = tcp->state;
    info->mss = tcp->snd.mss;
    info->cwnd = tcp->cc.cwnd;
    info->ssthresh = tcp->cc.ssthresh;
    info->snd_wnd = tcp->snd.wnd;
    info->rcv_wnd = weir_seq_distance(tcp->rcv.edge, tcp->rcv.nxt);
    info->srtt = tcp->rtt.srtt;
    info->rttvar = tcp->rtt.rttvar;
    info->rto = tcp->rtt.rto;
}
