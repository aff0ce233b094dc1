// SPDX-License-Identifier: BSD-2-Clause
//
// A segment arrives at a connection beyond SYN-SENT (RFC 9293 section 3.10.7.4): which are taken, and where
// their bytes go.
#include <errno.h>

#include "tcp/tcp.h"

#define PAWS_IDLE (WEIR_SECOND * 3600 * 24 * 24) // RFC 7323 section 5.5
#define CHALLENGES 10
#define DUPLICATES_MAX 64
#define CHALLENGE_INTERVAL (5 * WEIR_SECOND)

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool takes_data(const struct weir_tcp *tcp)
{
    return tcp->state == WEIR_TCP_ESTABLISHED || tcp->state == WEIR_TCP_FIN_WAIT_1 ||
           tcp->state == WEIR_TCP_FIN_WAIT_2;
}

// What the ring holds more; before there is one, what it will hold.
static uint32_t room(const struct weir_tcp *tcp)
{
    return tcp->rcv.ring.bytes != NULL ? (uint32_t)weir_ring_free(&tcp->rcv.ring) : tcp->rcv.window_max;
}

// Bytes that the peer may have sent.
static uint32_t offered(const struct weir_tcp *tcp)
{
    const int32_t window = weir_seq_diff(tcp->rcv.limit, tcp->rcv.nxt);
    return window > 0 ? smaller((uint32_t)window, room(tcp)) : 0;
}

// What the reader leaves of the window, unrounded; behind the advertised edge where the ring's slack is in
// use.
static int32_t window_gain(const struct weir_tcp *tcp)
{
    const uint32_t waiting = (uint32_t)tcp->rcv.ring.length;
    const uint32_t window = tcp->rcv.window_max > waiting ? tcp->rcv.window_max - waiting : 0;
    return weir_seq_diff(weir_seq_add(tcp->rcv.nxt, window), tcp->rcv.edge);
}

static uint32_t our_mss(const struct weir_tcp *tcp)
{
    return (uint32_t)tcp->stack->config.mtu - WEIR_IPV4_HEADER - WEIR_TCP_HEADER;
}

// The edge moves only by worthwhile steps (RFC 9293 section 3.8.6.2.2). It is rounded to the scale's unit: up
// while the ring has room for that, else down (RFC 7323 section 2.4), and what was offered before is still
// taken.
uint16_t weir_tcp_window(struct weir_tcp *tcp, bool may_open)
{
    struct weir_tcp_rcv *rcv = &tcp->rcv;
    const int32_t gain = window_gain(tcp);
    if (may_open && gain >= (int32_t)smaller(our_mss(tcp), rcv->window_max / 2)) {
        rcv->edge = weir_seq_add(rcv->edge, (uint32_t)gain);
    }
    rcv->edge = weir_seq_max(rcv->edge, rcv->nxt);
    const uint32_t window = weir_seq_distance(rcv->edge, rcv->nxt);
    const uint8_t scale = weir_tcp_synchronized(tcp) ? rcv->scale : 0;
    const uint32_t up = (window + (1u << scale) - 1) >> scale;
    uint32_t units = up << scale <= room(tcp) ? up : window >> scale;
    units = smaller(units, UINT16_MAX);
    rcv->edge = weir_seq_add(rcv->nxt, units << scale);
    rcv->limit = weir_seq_max(rcv->limit, rcv->edge);
    return (uint16_t)units;
}

void weir_tcp_window_opened(struct weir_tcp *tcp)
{
    const int32_t gain = window_gain(tcp);
    const uint32_t mss = our_mss(tcp);
    const bool nearly_shut = weir_seq_diff(tcp->rcv.edge, tcp->rcv.nxt) < (int32_t)mss;
    const uint32_t step = smaller(nearly_shut ? mss : 2 * mss, tcp->rcv.window_max / 2);
    if (takes_data(tcp) && gain >= (int32_t)step) {
        tcp->rcv.ack_now = true;
        weir_tcp_wake(tcp);
    }
}

// An acknowledgement that a stranger may have provoked: not without limit (RFC 5961 section 7).
void weir_tcp_challenge(struct weir_tcp *tcp, weir_time now)
{
    if (now - tcp->challenge_since >= CHALLENGE_INTERVAL) {
        tcp->challenge_since = now;
        tcp->challenges = 0;
    }
    if (tcp->challenges < CHALLENGES) {
        tcp->challenges++;
        tcp->rcv.ack_now = true;
        weir_tcp_wake(tcp);
    }
}

// RFC 9293 section 3.10.7.4, first check. Into a closed window nothing fits, but the next segment's
// acknowledgement is heard.
static bool is_acceptable(const struct weir_tcp *tcp, const struct weir_tcp_segment *segment)
{
    const uint32_t window = offered(tcp);
    const int32_t offset = weir_seq_diff(segment->seq, tcp->rcv.nxt);
    const int64_t space = weir_tcp_segment_space(segment);
    if (offset == 0) {
        return true;
    }
    return offset < (int64_t)window && (space == 0 ? offset > 0 : offset + space > 0);
}

// RFC 7323 section 5.3: an old duplicate is known by its time stamp. A segment without one, though they were
// agreed on, is dropped without an answer (section 3.2).
static bool time_is_right(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    const struct weir_tcp_options *options = &segment->options;
    if (!tcp->time.on || (segment->flags & WEIR_RST) != 0) {
        return true;
    }
    if (!options->has_time) {
        return false;
    }
    if ((int32_t)(options->time - tcp->time.recent) < 0 && now - tcp->time.recent_at < PAWS_IDLE) {
        if (segment->length > 0) {
            tcp->rcv.ack_now = true;
            weir_tcp_wake(tcp);
        } else {
            weir_tcp_challenge(tcp, now);
        }
        return false;
    }
    return true;
}

static void remember_time(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    if (tcp->time.on && segment->options.has_time && !weir_seq_after(segment->seq, tcp->time.last_ack)) {
        tcp->time.recent = segment->options.time;
        tcp->time.recent_at = now;
    }
}

// Cuts off what was received before, what does not fit, and what would stand behind the FIN.
static void trim(const struct weir_tcp *tcp, struct weir_tcp_segment *segment)
{
    const struct weir_tcp_rcv *rcv = &tcp->rcv;
    const int32_t before = weir_seq_diff(rcv->nxt, segment->seq);
    if (before > 0) {
        const size_t cut = smaller((uint32_t)before, (uint32_t)segment->length);
        segment->payload += cut;
        segment->length -= cut;
        segment->seq = weir_seq_add(segment->seq, cut);
    }
    const uint32_t limit =
        rcv->has_fin ? smaller(offered(tcp), weir_seq_distance(rcv->fin, rcv->nxt)) : offered(tcp);
    const uint32_t end = weir_seq_distance(segment->seq, rcv->nxt) + (uint32_t)segment->length;
    if (segment->length > 0 && end > limit) {
        segment->length -= smaller(end - limit, (uint32_t)segment->length);
        segment->flags &= (uint8_t)~WEIR_FIN;
    }
}

static void take_in_order(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    struct weir_tcp_rcv *rcv = &tcp->rcv;
    weir_ring_place(&rcv->ring, 0, segment->payload, segment->length);
    const bool fills_gap = rcv->ranges.count > 0;
    const weir_seq next = weir_tcp_ranges_join(&rcv->ranges, weir_seq_add(rcv->nxt, segment->length));
    const uint32_t taken = weir_seq_distance(next, rcv->nxt);
    weir_ring_extend(&rcv->ring, taken);
    rcv->nxt = next;
    rcv->unacked += taken;
    rcv->duplicates = 0;
    tcp->info.bytes_received += taken;
    const uint32_t one = segment->size > 0 ? segment->size : UINT32_MAX;
    const uint32_t length = smaller(smaller((uint32_t)segment->length, one), our_mss(tcp));
    rcv->segment = rcv->segment > length ? rcv->segment : length;
    if (fills_gap || rcv->unacked > rcv->segment) { // RFC 5681 section 4.2
        rcv->ack_now = true;
    } else if (tcp->at[WEIR_TCP_TIMER_ACK] == WEIR_TIME_NEVER) {
        weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_ACK, now + WEIR_TCP_DELAYED_ACK);
    }
}

// The peer counts the answers (RFC 5681 section 3.2), so each such segment gets its own, also where many come
// before the next output.
static void take_ahead(struct weir_tcp *tcp, const struct weir_tcp_segment *segment)
{
    const weir_seq end = weir_seq_add(segment->seq, segment->length);
    if (weir_tcp_ranges_add(&tcp->rcv.ranges, segment->seq, end)) {
        weir_ring_place(&tcp->rcv.ring, weir_seq_distance(segment->seq, tcp->rcv.nxt), segment->payload,
                        segment->length);
    }
    const unsigned segments = weir_tcp_segment_count(segment);
    tcp->stack->stats.tcp_out_of_order += segments;
    tcp->rcv.ack_now |= tcp->rcv.unacked > 0;
    tcp->rcv.duplicates += smaller(segments, DUPLICATES_MAX - tcp->rcv.duplicates);
}

static void take_data(struct weir_tcp *tcp, weir_time now, struct weir_tcp_segment *segment)
{
    const bool had_space = weir_tcp_segment_space(segment) > 0;
    if (!takes_data(tcp)) {
        tcp->rcv.ack_now |= had_space; // a FIN once more
        return;
    }
    trim(tcp, segment);
    if (segment->length > 0 &&
        tcp->owner == WEIR_TCP_OWNER_NONE) { // nobody will read it (RFC 2525 section 2.17)
        weir_tcp_send_reset(tcp);
        weir_tcp_finish(tcp, ECONNRESET);
        return;
    }
    if ((segment->flags & WEIR_FIN) != 0 && !tcp->rcv.has_fin) {
        tcp->rcv.has_fin = true;
        tcp->rcv.fin = weir_seq_add(segment->seq, segment->length);
    }
    if (segment->length == 0) {
        tcp->rcv.ack_now |= had_space;
    } else if (weir_seq_equal(segment->seq, tcp->rcv.nxt)) {
        take_in_order(tcp, now, segment);
    } else {
        take_ahead(tcp, segment);
    }
    if (tcp->rcv.has_fin && weir_seq_equal(tcp->rcv.nxt, tcp->rcv.fin)) {
        weir_tcp_fin_received(tcp, now);
    }
}

// RFC 5961 section 3.2: only a reset that is exactly right ends the connection.
static void take_reset(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    if (!weir_seq_equal(segment->seq, tcp->rcv.nxt)) {
        weir_tcp_challenge(tcp, now);
        return;
    }
    const bool refused = tcp->state == WEIR_TCP_SYN_RECEIVED && !tcp->passive;
    const bool in_order = tcp->state == WEIR_TCP_TIME_WAIT;
    weir_tcp_finish(tcp, in_order ? 0 : refused ? ECONNREFUSED : ECONNRESET);
}

// The acknowledgement that ends the handshake. False: it was none.
static bool end_handshake(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    if (!weir_seq_after(segment->ack, tcp->snd.una) || weir_seq_after(segment->ack, tcp->snd.max)) {
        weir_tcp_reset_stray(tcp->stack, now, &tcp->remote, segment);
        return false;
    }
    if (!weir_tcp_listener_has_room(tcp)) {
        return false; // as if it were lost: our SYN will ask for it again
    }
    if (tcp->rcv.ring.bytes == NULL && !weir_tcp_make_rings(tcp)) {
        weir_tcp_send_reset(tcp);
        weir_tcp_finish(tcp, ENOMEM);
        return false;
    }
    tcp->snd.una = segment->ack;
    weir_tcp_rtt_acked(tcp, now, &segment->options);
    weir_tcp_establish(tcp, now);
    tcp->snd.wnd = tcp->snd.max_wnd = (uint32_t)segment->window << tcp->snd.scale;
    tcp->snd.wl1 = segment->seq;
    tcp->snd.wl2 = segment->ack;
    return true;
}

// A SYN in SYN-RECEIVED is the peer's first one again, alone (ours was lost) or with an acknowledgement
// (simultaneous open), which then counts without it. False: the segment has been dealt with.
static bool take_same_syn(struct weir_tcp *tcp, struct weir_tcp_segment *segment)
{
    if (tcp->state != WEIR_TCP_SYN_RECEIVED || (segment->flags & (WEIR_SYN | WEIR_RST)) != WEIR_SYN ||
        !weir_seq_equal(segment->seq, tcp->rcv.irs)) {
        return true;
    }
    if ((segment->flags & WEIR_ACK) == 0) {
        tcp->snd.syn = true;
        weir_tcp_wake(tcp);
        return false;
    }
    segment->flags &= (uint8_t)~WEIR_SYN;
    segment->seq = tcp->rcv.nxt;
    tcp->rcv.ack_now = true;
    return true;
}

static void refuse(struct weir_tcp *tcp, weir_time now, const struct weir_tcp_segment *segment)
{
    if ((segment->flags & WEIR_RST) != 0) {
        return;
    }
    if (tcp->state == WEIR_TCP_TIME_WAIT && (segment->flags & WEIR_FIN) != 0) {
        weir_tcp_enter_time_wait(tcp, now); // our acknowledgement was lost
    }
    if (weir_tcp_segment_space(segment) > 0) {
        tcp->rcv.ack_now = true;
        weir_tcp_wake(tcp);
    } else {
        weir_tcp_challenge(tcp, now);
    }
}

void weir_tcp_segment_input(struct weir_tcp *tcp, weir_time now, struct weir_tcp_segment *segment)
{
    if (!take_same_syn(tcp, segment) || !time_is_right(tcp, now, segment)) {
        return;
    }
    if (!is_acceptable(tcp, segment)) {
        refuse(tcp, now, segment);
        return;
    }
    if ((segment->flags & WEIR_RST) != 0) {
        take_reset(tcp, now, segment);
        return;
    }
    if ((segment->flags & WEIR_SYN) != 0) { // RFC 5961 section 4.2
        weir_tcp_challenge(tcp, now);
        return;
    }
    if ((segment->flags & WEIR_ACK) == 0) {
        return;
    }
    if (tcp->state == WEIR_TCP_SYN_RECEIVED && !end_handshake(tcp, now, segment)) {
        return;
    }
    if (!weir_tcp_ack_input(tcp, now, segment) || tcp->state == WEIR_TCP_CLOSED) {
        return;
    }
    remember_time(tcp, now, segment);
    take_data(tcp, now, segment);
    weir_tcp_wake(tcp);
}
