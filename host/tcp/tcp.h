// SPDX-License-Identifier: BSD-2-Clause
//
// TCP for the stack's other parts, and what its own files share. Names follow RFC 9293 section 3.3.1.
//
// Input decides and marks (`ack_now`, `snd.retransmit`, ...); output looks at the marks and the windows, and
// makes one frame at a time when the caller asks for one (tcp_snd.c). weir_tcp_wake is the bridge: it puts a
// connection on the list that output goes through.
#ifndef WEIR_TCP_INTERNAL_H
#define WEIR_TCP_INTERNAL_H

#include "core/ring.h"
#include "core/stack.h"
#include "tcp/tcp_cc.h"
#include "tcp/tcp_reassembly.h"
#include "tcp/tcp_wire.h"
#include "weir_tcp.h"

#define WEIR_TCP_DEFAULT_MSS 536         // RFC 9293 section 3.7.1: what a peer takes that does not say
#define WEIR_TCP_MIN_MSS 88              // smaller claims are not believed: they make one packet a few bytes
#define WEIR_TCP_RTO_INITIAL WEIR_SECOND // RFC 6298 section 2.1
#define WEIR_TCP_RTO_MIN                                                                                     \
    (200 * WEIR_MS) // RFC 6298 section 2.4 says 1 s SHOULD; 200 ms, as in Linux, costs less at a lost tail
#define WEIR_TCP_RTO_MAX (120 * WEIR_SECOND)
#define WEIR_TCP_PERSIST_MAX (60 * WEIR_SECOND)
#define WEIR_TCP_R1 3 // retransmissions before the neighbour is doubted (RFC 1122 section 4.2.3.5)
#define WEIR_TCP_R2_CONNECT (180 * WEIR_SECOND)
#define WEIR_TCP_R2_ACCEPT (60 * WEIR_SECOND) // half-open connections of others
#define WEIR_TCP_R2_DATA (900 * WEIR_SECOND)
#define WEIR_TCP_DELAYED_ACK (40 * WEIR_MS) // RFC 9293 section 3.8.6.3 allows less than 500 ms
#define WEIR_TCP_2MSL (60 * WEIR_SECOND)
#define WEIR_TCP_ORPHAN_FIN_WAIT (60 * WEIR_SECOND) // FIN-WAIT-2 of a connection that nobody holds

enum weir_tcp_owner { WEIR_TCP_OWNER_CALLER, WEIR_TCP_OWNER_LISTENER, WEIR_TCP_OWNER_NONE };

enum weir_tcp_timer {
    WEIR_TCP_TIMER_RETRANSMIT, // also the persist timer: a closed window and unacknowledged data exclude each
                               // other
    WEIR_TCP_TIMER_ACK,
    WEIR_TCP_TIMER_LINGER, // TIME-WAIT, orphaned FIN-WAIT-2
    WEIR_TCP_TIMERS,
};

struct weir_tcp_snd {
    weir_seq iss, una, nxt;
    weir_seq max;                // behind the highest byte ever sent; `nxt` falls back to `una` on a timeout
    weir_seq base;               // of the ring's first byte
    weir_seq wl1, wl2;           // segment of the last window update
    weir_seq small;              // end of the last segment that was not full (Nagle)
    uint32_t wnd, max_wnd;       // bytes
    uint8_t scale;               // of the windows that come
    uint32_t mss;                // payload of a full segment, options taken off
    struct weir_ring ring;       // unacknowledged, then unsent
    bool shut;                   // FIN follows the ring's bytes
    bool syn, retransmit, probe; // to be sent: SYN, the segment at una, one byte into a closed window
    weir_time last;              // when something with sequence space was last sent
};

struct weir_tcp_rcv {
    weir_seq irs, nxt;
    weir_seq edge;  // behind the last byte that the peer may send (advertised)
    weir_seq limit; // the furthest edge so far: rounding to the scale's unit may take a few bytes back
    uint8_t scale;
    bool has_fin; // the peer's FIN has come, maybe ahead of its turn
    bool ended;   // and its turn has come
    weir_seq fin;
    struct weir_ring ring; // bytes to read; behind them, what `ranges` lists
    struct weir_tcp_ranges ranges;
    uint32_t window_max; // the ring's size less the slack for rounding windows
    uint32_t segment;    // the largest segment seen, for delayed acknowledgements
    uint32_t unacked;    // bytes in order since the last acknowledgement that was sent
    bool ack_now;
    unsigned duplicates; // acknowledgements due for segments that came ahead, one each
};

struct weir_tcp_time { // RFC 7323 section 4
    bool on;
    uint32_t offset; // of our clock
    uint32_t recent; // TS.Recent
    weir_time recent_at;
    weir_seq last_ack; // Last.ACK.sent
};

struct weir_tcp_rtt { // RFC 6298
    weir_time srtt, rttvar, rto;
    bool measured, timing;
    weir_seq timed; // the sample ends when this is acknowledged
    weir_time timed_at;
    unsigned backoff;     // timeouts, or unanswered probes, in a row
    weir_time stalled_at; // when the oldest data, or probe, in question was first sent
    bool persist;         // the retransmission timer runs as the persist timer
};

struct weir_tcp_recovery { // RFC 6582
    bool active, partial;  // `partial`: a partial acknowledgement has come
    weir_seq recover;
    unsigned duplicates; // acknowledgements in a row
};

struct weir_tcp {
    struct weir_stack *stack;
    struct weir_tcp *chain; // in its hash bucket
    bool in_table;
    struct weir_list link;  // in table.ready, or in a neighbour's list
    struct weir_list all;   // in table.all
    struct weir_list queue; // in the listener's queue
    struct weir_tcp_listener *listener;
    struct weir_tcp_queue *waits_in;
    enum weir_tcp_owner owner;
    enum weir_tcp_state state;
    bool passive;     // came from LISTEN
    bool peer_scales; // its SYN had a window scale
    int error, soft_error;
    struct weir_ip remote, hop;
    uint16_t remote_port, local_port, ip_id;
    struct weir_neighbour *neighbour; // a hint
    struct weir_timer timer;          // the earliest of `at`
    weir_time at[WEIR_TCP_TIMERS];
    struct weir_tcp_snd snd;
    struct weir_tcp_rcv rcv;
    struct weir_tcp_time time;
    struct weir_tcp_rtt rtt;
    struct weir_tcp_cc cc;
    struct weir_tcp_recovery recovery;
    bool nodelay;
    weir_time challenge_since; // RFC 5961 section 7
    unsigned challenges;
    struct weir_tcp_info info; // the counters; the rest is filled in on request
};

struct weir_tcp_queue {
    struct weir_list list; // the oldest first
    unsigned count;
};

struct weir_tcp_listener {
    struct weir_stack *stack;
    struct weir_list link;
    uint16_t port;
    unsigned backlog; // of `established`
    struct weir_tcp_queue half_open, established;
};

// tcp_demux.c
struct weir_rx; // ip/ip.h
void weir_tcp_input(struct weir_stack *stack, weir_time now, const struct weir_ipv4 *ip,
                    const struct weir_rx *rx);
// A neighbour's MAC address is known, or cannot be found; `link` is the connection's. Both take it out of its
// list.
void weir_tcp_neighbour_found(struct weir_list *link);
void weir_tcp_neighbour_lost(struct weir_list *link, weir_time now);
// ICMP says that a segment, of which eight bytes are quoted, could not be delivered.
void weir_tcp_unreachable(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                          const uint8_t *quoted, uint8_t code, uint16_t next_mtu);

// tcp_connect.c: making connections
// In no state yet, without rings. NULL: ENOMEM, ENETUNREACH, EADDRINUSE.
struct weir_tcp *weir_tcp_new(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                              uint16_t remote_port, uint16_t local_port);
// Sets the initial send sequence number.
void weir_tcp_start_at(struct weir_tcp *tcp, weir_seq iss);
bool weir_tcp_make_rings(struct weir_tcp *tcp);
// Takes over what the peer's SYN says.
void weir_tcp_take_syn(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *syn);
void weir_tcp_syn_sent_input(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment);
// The handshake has ended.
void weir_tcp_establish(struct weir_tcp *tcp, weir_time now);

// tcp_accept.c
// A segment for a listener. `floor`: the last sequence number of the connection that it replaces, or NULL.
void weir_tcp_listen_input(struct weir_tcp_listener *listener, weir_time now, const struct weir_ipv4 *ip,
                           const struct weir_tcp_segment *segment, const weir_seq *floor);
// Whether the connection's handshake may end now: there is room among those that wait to be accepted, or it
// is no listener's.
bool weir_tcp_listener_has_room(const struct weir_tcp *tcp);
// The connection leaves the listener's queue.
void weir_tcp_leave_listener(struct weir_tcp *tcp);
void weir_tcp_listener_established(struct weir_tcp *tcp);
void weir_tcp_listener_free(struct weir_tcp_listener *listener);

// tcp_rcv.c: a segment for a connection beyond SYN-SENT
void weir_tcp_segment_input(struct weir_tcp *tcp, weir_time now, struct weir_tcp_segment *segment);
// The window to put on the wire now. `may_open`: moves the advertised edge; a duplicate acknowledgement
// counts only with the window of the one before.
uint16_t weir_tcp_window(struct weir_tcp *tcp, bool may_open);
// The reader has made room: tell the peer where that is worth a segment.
void weir_tcp_window_opened(struct weir_tcp *tcp);
void weir_tcp_challenge(struct weir_tcp *tcp, weir_time now);

// tcp_ack.c: what an acknowledgement changes. False: the segment is to be dropped.
bool weir_tcp_ack_input(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment);

// tcp_recovery.c
void weir_tcp_recovery_acked(struct weir_tcp *tcp, uint32_t acked, uint32_t flight);
void weir_tcp_recovery_duplicate(struct weir_tcp *tcp);
void weir_tcp_recovery_timeout(struct weir_tcp *tcp);

// tcp_rto.c
void weir_tcp_rtt_sent(struct weir_tcp *tcp, weir_time now, weir_seq end, bool is_new);
void weir_tcp_rtt_acked(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_options *options);
// The time-out now, back-off included.
weir_time weir_tcp_rto(const struct weir_tcp *tcp);
// Our time stamp clock: milliseconds.
uint32_t weir_tcp_clock(const struct weir_tcp *tcp, weir_time now);

// tcp_timer.c: which timers a connection has and what they do
void weir_tcp_timer_set(struct weir_tcp *tcp, enum weir_tcp_timer timer, weir_time at);
void weir_tcp_arm(struct weir_tcp *tcp, weir_time now);
void weir_tcp_arm_persist(struct weir_tcp *tcp, weir_time now);
void weir_tcp_on_timer(struct weir_stack *stack, struct weir_timer *timer, weir_time now);

// tcp_snd.c
bool weir_tcp_output(struct weir_stack *stack, weir_time now, struct weir_tx *tx);
void weir_tcp_wake(struct weir_tcp *tcp);

// tcp_reset.c
// Answers a segment of no connection (RFC 9293 section 3.10.7.1).
void weir_tcp_reset_stray(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                          const struct weir_tcp_segment *segment);
void weir_tcp_send_reset(struct weir_tcp *tcp);

// tcp_close.c
void weir_tcp_set_state(struct weir_tcp *tcp, enum weir_tcp_state state);
// The connection is over; `error` 0: in good order.
void weir_tcp_finish(struct weir_tcp *tcp, int error);
// Frees the connection where it is over and nobody holds it. The last thing to do with a connection.
void weir_tcp_settle(struct weir_tcp *tcp);
void weir_tcp_destroy(struct weir_tcp *tcp);
void weir_tcp_enter_time_wait(struct weir_tcp *tcp, weir_time now);
void weir_tcp_fin_received(struct weir_tcp *tcp, weir_time now);
void weir_tcp_fin_acked(struct weir_tcp *tcp, weir_time now);

static inline bool weir_tcp_synchronized(const struct weir_tcp *tcp)
{
    return tcp->state >= WEIR_TCP_ESTABLISHED;
}

// Behind the last byte in the send ring: where the FIN goes.
static inline weir_seq weir_tcp_data_end(const struct weir_tcp *tcp)
{
    return weir_seq_add(tcp->snd.base, tcp->snd.ring.length);
}

// Something is unacknowledged or unsent.
static inline bool weir_tcp_has_unacked(const struct weir_tcp *tcp)
{
    const weir_seq end = weir_seq_add(weir_tcp_data_end(tcp), tcp->snd.shut);
    return weir_seq_before(tcp->snd.una, end);
}

static inline bool weir_tcp_fin_is_acked(const struct weir_tcp *tcp)
{
    return tcp->snd.shut && weir_seq_after(tcp->snd.una, weir_tcp_data_end(tcp));
}

#endif
