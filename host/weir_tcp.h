// SPDX-License-Identifier: BSD-2-Clause
//
// TCP connections (RFC 9293) on a weir_stack. Nothing blocks: a call does what it can at once and the caller looks again after
// weir_stack_input or weir_stack_output.
//
// A connection belongs to the caller from connect or accept until weir_tcp_release; after that the stack finishes it by itself
// (FIN, retransmission, TIME_WAIT) and frees it.
#ifndef WEIR_TCP_H
#define WEIR_TCP_H

#include "weir_stack.h"

struct weir_tcp;          // a connection
struct weir_tcp_listener; // a listening port

enum weir_tcp_state {
    WEIR_TCP_CLOSED,
    WEIR_TCP_SYN_SENT,
    WEIR_TCP_SYN_RECEIVED,
    WEIR_TCP_ESTABLISHED,
    WEIR_TCP_FIN_WAIT_1,
    WEIR_TCP_FIN_WAIT_2,
    WEIR_TCP_CLOSE_WAIT,
    WEIR_TCP_CLOSING,
    WEIR_TCP_LAST_ACK,
    WEIR_TCP_TIME_WAIT,
};

// Starts a connection; local_port 0 picks an ephemeral one (RFC 6056). NULL: errno ENOMEM, EADDRINUSE, ENETUNREACH, EADDRNOTAVAIL.
struct weir_tcp *weir_tcp_connect(struct weir_stack *stack, weir_time now, const struct weir_ip *remote, uint16_t remote_port,
                                  uint16_t local_port);
// Listens on a port; at most `backlog` connections wait to be accepted, further SYNs are dropped. Half-open ones do not count;
// they have a limit of their own, and the oldest gives way. NULL: ENOMEM, EADDRINUSE.
struct weir_tcp_listener *weir_tcp_listen(struct weir_stack *stack, uint16_t port, unsigned backlog);
// The next established connection, or NULL.
struct weir_tcp *weir_tcp_accept(struct weir_tcp_listener *listener);
// Connections that were not accepted are reset.
void weir_tcp_listener_close(struct weir_tcp_listener *listener);

// Copies up to `length` bytes into the send buffer. Bytes taken (0 when full), or a negative errno: -ENOTCONN before the
// handshake's end, -EPIPE after weir_tcp_shutdown, or the connection's error (weir_tcp_error).
ptrdiff_t weir_tcp_send(struct weir_tcp *tcp, const void *data, size_t length);
// Received bytes in place: `*data` is valid until weir_tcp_consume or the next call into the stack. Bytes (may be fewer than
// wait, where the buffer wraps); 0 at the end of the stream (FIN); -EAGAIN when nothing waits; the connection's error.
ptrdiff_t weir_tcp_peek(struct weir_tcp *tcp, const uint8_t **data);
void weir_tcp_consume(struct weir_tcp *tcp, size_t length);
// Both in one, with a copy: as read(2).
ptrdiff_t weir_tcp_receive(struct weir_tcp *tcp, void *buffer, size_t size);

// No more bytes will be sent: FIN after those in the buffer.
void weir_tcp_shutdown(struct weir_tcp *tcp);
// Resets the connection (RST).
void weir_tcp_abort(struct weir_tcp *tcp);
// Gives the connection back: shut down if it was not; unread or later data resets it (RFC 2525 section 2.17).
void weir_tcp_release(struct weir_tcp *tcp);

// TCP_NODELAY: off is Nagle's algorithm (RFC 9293 section 3.7.4), the default.
void weir_tcp_set_nodelay(struct weir_tcp *tcp, bool on);

enum weir_tcp_state weir_tcp_state(const struct weir_tcp *tcp);
// 0, or the errno with which it ended: ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH.
int weir_tcp_error(const struct weir_tcp *tcp);
void weir_tcp_remote(const struct weir_tcp *tcp, struct weir_ip *address, uint16_t *port);
// Bytes sent and not yet acknowledged or not yet sent.
size_t weir_tcp_unacknowledged(const struct weir_tcp *tcp);

// A view of one connection, for tools.
struct weir_tcp_info {
    enum weir_tcp_state state;
    uint32_t mss, cwnd, ssthresh, snd_wnd, rcv_wnd; // bytes
    weir_time srtt, rttvar, rto;
    uint64_t bytes_sent, bytes_acked, bytes_received, retransmitted; // payload bytes
};
void weir_tcp_info(const struct weir_tcp *tcp, struct weir_tcp_info *info);

#endif
