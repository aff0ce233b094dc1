// SPDX-License-Identifier: BSD-2-Clause
//
// Making a connection, and the active side of the handshake (RFC 9293 section 3.5), simultaneous open
// included.
#include <errno.h>
#include <stdlib.h>

#include "ip/ip.h"
#include "tcp/tcp.h"

#define EPHEMERAL_FIRST 32768
#define EPHEMERAL_COUNT 32768
#define SCALE_MAX 14

static uint8_t scale_for(size_t buffer)
{
    uint8_t scale = 0;
    while (scale < SCALE_MAX && buffer >> scale > UINT16_MAX) {
        scale++;
    }
    return scale;
}

// RFC 6528: a clock of 4 us plus a secret of the connection's own.
static weir_seq initial_sequence(const struct weir_tcp *tcp, weir_time now)
{
    const uint64_t secret =
        weir_tcp_hash(tcp->stack, &tcp->remote, tcp->remote_port, tcp->local_port, WEIR_TCP_HASH_ISN);
    return weir_seq_of((uint32_t)(secret + now / 4000));
}

void weir_tcp_start_at(struct weir_tcp *tcp, weir_seq iss)
{
    tcp->snd.iss = tcp->snd.una = tcp->snd.nxt = tcp->snd.max = tcp->snd.small = tcp->recovery.recover = iss;
    tcp->snd.base = weir_seq_add(iss, 1);
}

static void init(struct weir_tcp *tcp, weir_time now)
{
    const struct weir_stack *stack = tcp->stack;
    weir_list_init(&tcp->link);
    weir_list_init(&tcp->queue);
    weir_list_init(&tcp->all);
    for (int i = 0; i < WEIR_TCP_TIMERS; i++) {
        tcp->at[i] = WEIR_TIME_NEVER;
    }
    tcp->timer = (struct weir_timer){.at = WEIR_TIME_NEVER, .fire = weir_tcp_on_timer};
    weir_tcp_start_at(tcp, initial_sequence(tcp, now));
    tcp->snd.mss = WEIR_TCP_DEFAULT_MSS;
    tcp->rcv.window_max = (uint32_t)stack->config.receive_buffer;
    tcp->rcv.scale = scale_for(stack->config.receive_buffer);
    tcp->rcv.segment = WEIR_TCP_DEFAULT_MSS;
    tcp->rtt.rto = WEIR_TCP_RTO_INITIAL;
    tcp->cc.ops = &weir_tcp_reno;
    const uint64_t offset =
        weir_tcp_hash(stack, &tcp->remote, tcp->remote_port, tcp->local_port, WEIR_TCP_HASH_TIME);
    tcp->time.offset = (uint32_t)offset;
    tcp->ip_id = (uint16_t)(offset >> 32);
}

struct weir_tcp *weir_tcp_new(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                              uint16_t remote_port, uint16_t local_port)
{
    struct weir_ip hop;
    if (weir_ip_next_hop(stack, remote, &hop) != 0) {
        errno = ENETUNREACH;
        return NULL;
    }
    struct weir_tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL || !weir_timers_join(&stack->timers)) {
        free(tcp);
        errno = ENOMEM;
        return NULL;
    }
    tcp->stack = stack;
    tcp->remote = *remote;
    tcp->hop = hop;
    tcp->remote_port = remote_port;
    tcp->local_port = local_port;
    init(tcp, now);
    weir_list_append(&stack->tcp.all, &tcp->all);
    if (!weir_tcp_table_add(tcp)) {
        weir_tcp_destroy(tcp);
        errno = ENOMEM;
        return NULL;
    }
    return tcp;
}

// A window is rounded up to the scale's unit; the receive ring has room for that.
bool weir_tcp_make_rings(struct weir_tcp *tcp)
{
    return weir_ring_create(&tcp->snd.ring, tcp->stack->config.send_buffer) &&
           weir_ring_create(&tcp->rcv.ring,
                            tcp->stack->config.receive_buffer + ((size_t)1 << tcp->rcv.scale));
}

static bool port_is_free(const struct weir_stack *stack, const struct weir_ip *remote, uint16_t remote_port,
                         uint16_t port)
{
    return weir_tcp_table_listener(stack, port) == NULL &&
           weir_tcp_table_find(stack, remote, remote_port, port) == NULL;
}

// RFC 6056 section 3.3.3: a counter, started elsewhere for each destination. 0 when all are taken.
static uint16_t ephemeral_port(struct weir_stack *stack, const struct weir_ip *remote, uint16_t remote_port)
{
    const uint32_t offset = (uint32_t)weir_tcp_hash(stack, remote, remote_port, 0, WEIR_TCP_HASH_PORT);
    for (uint32_t tries = 0; tries < EPHEMERAL_COUNT; tries++) {
        const uint16_t port =
            (uint16_t)(EPHEMERAL_FIRST + (offset + stack->tcp.next_port++) % EPHEMERAL_COUNT);
        if (port_is_free(stack, remote, remote_port, port)) {
            return port;
        }
    }
    return 0;
}

struct weir_tcp *weir_tcp_connect(struct weir_stack *stack, weir_time now, const struct weir_ip *remote,
                                  uint16_t remote_port, uint16_t local_port)
{
    stack->now = now;
    if (local_port == 0) {
        local_port = ephemeral_port(stack, remote, remote_port);
    } else if (weir_tcp_table_find(stack, remote, remote_port, local_port) != NULL) {
        errno = EADDRINUSE;
        return NULL;
    }
    if (local_port == 0 || remote_port == 0) {
        errno = EADDRNOTAVAIL;
        return NULL;
    }
    struct weir_tcp *tcp = weir_tcp_new(stack, now, remote, remote_port, local_port);
    if (tcp == NULL) {
        return NULL;
    }
    if (!weir_tcp_make_rings(tcp)) {
        weir_tcp_destroy(tcp);
        errno = ENOMEM;
        return NULL;
    }
    tcp->time.on = true; // offered; the peer decides
    weir_tcp_set_state(tcp, WEIR_TCP_SYN_SENT);
    stack->stats.tcp_active_opens++;
    tcp->snd.syn = true;
    weir_tcp_wake(tcp);
    return tcp;
}

void weir_tcp_take_syn(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *syn)
{
    const struct weir_tcp_options *options = &syn->options;
    const uint32_t ours = (uint32_t)tcp->stack->config.mtu - WEIR_IPV4_HEADER - WEIR_TCP_HEADER;
    uint32_t mss = options->has_mss ? options->mss : WEIR_TCP_DEFAULT_MSS;
    mss = mss > WEIR_TCP_MIN_MSS ? mss : WEIR_TCP_MIN_MSS;
    tcp->snd.mss = mss < ours ? mss : ours;
    tcp->rcv.irs = syn->seq;
    tcp->rcv.nxt = tcp->rcv.edge = tcp->rcv.limit = tcp->time.last_ack = weir_seq_add(syn->seq, 1);
    tcp->snd.wnd = tcp->snd.max_wnd = syn->window;
    tcp->snd.wl1 = syn->seq;
    tcp->snd.wl2 = (syn->flags & WEIR_ACK) != 0 ? syn->ack : tcp->snd.una;
    tcp->snd.scale = options->scale;
    tcp->peer_scales = options->has_scale;
    if (!options->has_scale) { // RFC 7323 section 2.2: both or none
        tcp->rcv.scale = 0;
        tcp->rcv.window_max = tcp->rcv.window_max < UINT16_MAX ? tcp->rcv.window_max : UINT16_MAX;
    }
    tcp->time.on = options->has_time;
    if (options->has_time) {
        tcp->time.recent = options->time;
        tcp->time.recent_at = now;
        tcp->snd.mss -= 12;
    }
}

// RFC 6928; one segment where the handshake lost one (RFC 5681 section 3.1).
static uint32_t initial_window(const struct weir_tcp *tcp)
{
    const uint32_t mss = tcp->snd.mss;
    if (tcp->rtt.backoff > 0) {
        return mss;
    }
    const uint32_t floor = 2 * mss > 14600 ? 2 * mss : 14600;
    return 10 * mss < floor ? 10 * mss : floor;
}

void weir_tcp_establish(struct weir_tcp *tcp, weir_time now)
{
    (void)now;
    tcp->cc.cwnd = tcp->cc.initial = initial_window(tcp);
    tcp->cc.ssthresh = UINT32_MAX;
    if (tcp->rtt.backoff > 0 && !tcp->rtt.measured) {
        tcp->rtt.rto = 3 * WEIR_SECOND; // RFC 6298 section 5.7
    }
    tcp->rtt.backoff = 0;
    tcp->snd.syn = false;
    weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_RETRANSMIT, WEIR_TIME_NEVER);
    weir_tcp_set_state(tcp, tcp->snd.shut ? WEIR_TCP_FIN_WAIT_1 : WEIR_TCP_ESTABLISHED);
    if (tcp->owner == WEIR_TCP_OWNER_LISTENER) {
        weir_tcp_listener_established(tcp);
    }
}

// RFC 9293 section 3.10.7.3. Payload on a SYN is left for the peer to send again.
void weir_tcp_syn_sent_input(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    const bool has_ack = (segment->flags & WEIR_ACK) != 0;
    const bool reset = (segment->flags & WEIR_RST) != 0;
    if (has_ack &&
        (!weir_seq_after(segment->ack, tcp->snd.iss) || weir_seq_after(segment->ack, tcp->snd.max))) {
        weir_tcp_reset_stray(tcp->stack, now, &tcp->remote, segment);
        return;
    }
    if (reset) {
        if (has_ack) {
            weir_tcp_finish(tcp, ECONNREFUSED);
        }
        return;
    }
    if ((segment->flags & WEIR_SYN) == 0) {
        return;
    }
    weir_tcp_take_syn(tcp, now, segment);
    if (has_ack) {
        tcp->snd.una = segment->ack;
        weir_tcp_rtt_acked(tcp, now, &segment->options);
        weir_tcp_establish(tcp, now);
        tcp->rcv.ack_now = true;
    } else {
        weir_tcp_set_state(tcp, WEIR_TCP_SYN_RECEIVED);
        tcp->snd.syn = true;
    }
    weir_tcp_wake(tcp);
}
