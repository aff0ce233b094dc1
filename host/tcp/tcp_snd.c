// SPDX-License-Identifier: BSD-2-Clause
//
// What goes out next, and making it: one frame or superframe for each call, headers here, payload left in the
// send ring.
//
// A plan is made first, without effect; then the neighbour must be known; only then is the connection
// changed. So a connection whose neighbour is being looked for has lost nothing, and waits in that
// neighbour's list.
#include "core/bytes.h"
#include "core/checksum.h"
#include "eth/ethernet.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

#define IP_MAX 65535
#define LIMITED_TRANSMIT 2 // RFC 3042

struct plan {
    weir_seq seq;
    uint32_t length; // of payload
    uint8_t flags;
    bool forced;    // retransmission or probe: snd.nxt stays
    bool duplicate; // an acknowledgement that the peer is to count
};

void weir_tcp_wake(struct weir_tcp *tcp)
{
    if (tcp->state != WEIR_TCP_CLOSED && weir_list_empty(&tcp->link)) {
        weir_list_append(&tcp->stack->tcp.ready, &tcp->link);
    }
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// Payload of one frame; with TSO of one superframe, in whole segments.
static uint32_t most_payload(const struct weir_tcp *tcp)
{
    const struct weir_stack_config *config = &tcp->stack->config;
    const uint32_t mss = tcp->snd.mss;
    if (!config->tso) {
        return mss;
    }
    const uint32_t headers = WEIR_IPV4_HEADER + WEIR_TCP_HEADER + (tcp->time.on ? 12 : 0);
    const uint32_t packet = smaller((uint32_t)config->max_superframe - WEIR_ETH_HEADER, IP_MAX);
    const uint32_t payload = (packet - headers) / mss * mss;
    return payload > mss ? payload : mss;
}

// Sequence space behind snd.nxt that both windows leave open.
static uint32_t usable_window(const struct weir_tcp *tcp)
{
    const bool limited =
        !tcp->recovery.active && weir_seq_equal(tcp->snd.nxt, tcp->snd.max); // for new data only
    const unsigned duplicates = limited ? tcp->recovery.duplicates : 0;
    const uint32_t extra = smaller(duplicates, LIMITED_TRANSMIT) * tcp->snd.mss;
    const uint32_t window = smaller(tcp->cc.cwnd + extra, tcp->snd.wnd);
    const uint32_t flight = weir_seq_distance(tcp->snd.nxt, tcp->snd.una);
    return window > flight ? window - flight : 0;
}

// Nagle's algorithm (RFC 9293 section 3.7.4) holds a small segment back while another small one is
// unacknowledged; full ones before it do not count, else the tail of each long write would wait a round trip
// (Minshall's variant).
static bool may_send_small(const struct weir_tcp *tcp)
{
    const bool outstanding =
        weir_seq_after(tcp->snd.small, tcp->snd.una) && !weir_seq_after(tcp->snd.small, tcp->snd.nxt);
    return tcp->nodelay || tcp->snd.shut || !outstanding;
}

// How much of `unsent` bytes to send into `usable`: whole segments, or all, or (against silly windows, RFC
// 9293 section 3.8.6.2.1) at least half the largest window that the peer ever offered.
static uint32_t worthwhile(const struct weir_tcp *tcp, uint32_t unsent, uint32_t usable)
{
    const uint32_t mss = tcp->snd.mss;
    const uint32_t length = smaller(smaller(unsent, usable), most_payload(tcp));
    if (length == unsent && (length % mss == 0 || may_send_small(tcp))) {
        return length;
    }
    if (length >= mss) {
        return length - length % mss;
    }
    const bool idle = weir_seq_equal(tcp->snd.nxt, tcp->snd.una);
    return idle && length < unsent && length >= tcp->snd.max_wnd / 2 ? length : 0;
}

static bool fin_is_due(const struct weir_tcp *tcp)
{
    return tcp->snd.shut && !weir_seq_after(tcp->snd.nxt, weir_tcp_data_end(tcp));
}

// Bytes from snd.nxt that were not sent, or are to be sent again.
static uint32_t unsent(const struct weir_tcp *tcp)
{
    const int32_t bytes = weir_seq_diff(weir_tcp_data_end(tcp), tcp->snd.nxt);
    return bytes > 0 ? (uint32_t)bytes : 0;
}

static bool plan_new(const struct weir_tcp *tcp, struct plan *plan)
{
    const uint32_t waiting = unsent(tcp);
    const uint32_t usable = usable_window(tcp);
    *plan = (struct plan){.seq = tcp->snd.nxt, .length = worthwhile(tcp, waiting, usable), .flags = WEIR_ACK};
    if (plan->length == waiting && fin_is_due(tcp) && usable > waiting) {
        plan->flags |= WEIR_FIN;
    }
    return plan->length > 0 || (plan->flags & WEIR_FIN) != 0;
}

// At most so many bytes from snd.una; the FIN where there is nothing else.
static bool plan_forced(const struct weir_tcp *tcp, struct plan *plan, uint32_t most)
{
    const int32_t waiting = weir_seq_diff(weir_tcp_data_end(tcp), tcp->snd.una);
    const bool fin_was_sent = weir_seq_after(tcp->snd.max, weir_tcp_data_end(tcp));
    *plan = (struct plan){.seq = tcp->snd.una, .flags = WEIR_ACK, .forced = true};
    plan->length = waiting > 0 ? smaller((uint32_t)waiting, most) : 0;
    const bool all = waiting >= 0 && plan->length == (uint32_t)waiting;
    if (all && tcp->snd.shut && (fin_was_sent || plan->length == 0)) {
        plan->flags |= WEIR_FIN;
    }
    return plan->length > 0 || (plan->flags & WEIR_FIN) != 0;
}

static bool plan_next(const struct weir_tcp *tcp, struct plan *plan)
{
    if (!weir_tcp_synchronized(tcp)) {
        const uint8_t ack = tcp->state == WEIR_TCP_SYN_RECEIVED ? WEIR_ACK : 0;
        *plan = (struct plan){.seq = tcp->snd.iss, .flags = (uint8_t)(WEIR_SYN | ack)};
        return tcp->snd.syn || tcp->rcv.ack_now;
    }
    const uint32_t under_way = weir_seq_distance(tcp->snd.max, tcp->snd.una);
    if (tcp->snd.retransmit && plan_forced(tcp, plan, smaller(tcp->snd.mss, under_way))) {
        return true;
    }
    if (tcp->rcv.duplicates > 0) {
        *plan = (struct plan){.seq = tcp->snd.max, .flags = WEIR_ACK, .duplicate = !tcp->rcv.ack_now};
        return true;
    }
    if (plan_new(tcp, plan)) {
        return true;
    }
    const uint32_t fits = smaller(usable_window(tcp), tcp->snd.mss);
    if (tcp->snd.probe && plan_forced(tcp, plan, fits > 0 ? fits : 1)) {
        return true;
    }
    *plan = (struct plan){.seq = tcp->snd.max, .flags = WEIR_ACK};
    return tcp->rcv.ack_now;
}

// Nothing can be sent though something waits, and no acknowledgement is to come that would change that: ask
// by and by.
static void persist(struct weir_tcp *tcp, weir_time now)
{
    const bool waits = weir_tcp_synchronized(tcp) && (unsent(tcp) > 0 || fin_is_due(tcp));
    if (waits && tcp->at[WEIR_TCP_TIMER_RETRANSMIT] == WEIR_TIME_NEVER &&
        weir_seq_equal(tcp->snd.nxt, tcp->snd.una)) {
        weir_tcp_arm_persist(tcp, now);
    }
}

static struct weir_tcp_segment describe(struct weir_tcp *tcp, weir_time now, const struct plan *plan)
{
    struct weir_tcp_segment segment = {
        .source = tcp->local_port,
        .destination = tcp->remote_port,
        .seq = plan->seq,
        .ack = tcp->rcv.nxt,
        .flags = plan->flags,
        .window = weir_tcp_window(tcp, !plan->duplicate),
        .length = plan->length,
    };
    if (tcp->time.on) {
        segment.options.has_time = true;
        segment.options.time = weir_tcp_clock(tcp, now);
        segment.options.echo = (plan->flags & WEIR_ACK) != 0 ? tcp->time.recent : 0;
    }
    if ((plan->flags & WEIR_SYN) != 0) {
        segment.options.has_mss = true;
        segment.options.mss = (uint16_t)(tcp->stack->config.mtu - WEIR_IPV4_HEADER - WEIR_TCP_HEADER);
        segment.options.has_scale = tcp->state == WEIR_TCP_SYN_SENT || tcp->peer_scales;
        segment.options.scale = tcp->rcv.scale;
    }
    if (plan->length > 0 && weir_seq_equal(weir_seq_add(plan->seq, plan->length), weir_tcp_data_end(tcp))) {
        segment.flags |= WEIR_PSH;
    }
    return segment;
}

static void add_checksum(const struct weir_tcp *tcp, struct weir_tx *tx, size_t tcp_length)
{
    const struct weir_stack_config *config = &tcp->stack->config;
    uint8_t *header = tx->header + WEIR_ETH_HEADER + WEIR_IPV4_HEADER;
    const size_t header_length = tx->header_length - WEIR_ETH_HEADER - WEIR_IPV4_HEADER;
    const size_t counted =
        tx->gso_size > 0 ? 0 : tcp_length; // a superframe's segments have lengths of their own
    uint32_t sum = weir_ip_pseudo_sum(&config->address, &tcp->remote, WEIR_IP_TCP, counted);
    if (config->tx_csum) {
        tx->needs_csum = true;
        tx->csum_start = WEIR_ETH_HEADER + WEIR_IPV4_HEADER;
        tx->csum_offset = WEIR_TCP_CHECKSUM_OFFSET;
        weir_put16(header + WEIR_TCP_CHECKSUM_OFFSET, (uint16_t)sum);
        return;
    }
    const uint16_t second = weir_sum(tx->payload[1].data, tx->payload[1].length);
    sum += weir_sum(header, header_length);
    sum += weir_sum(tx->payload[0].data, tx->payload[0].length);
    sum += tx->payload[0].length % 2 == 0 ? second : weir_sum_swap(second);
    weir_put16(header + WEIR_TCP_CHECKSUM_OFFSET, (uint16_t)~weir_sum_fold(sum));
}

static uint32_t segments_of(const struct weir_tcp *tcp, uint32_t length)
{
    return length > tcp->snd.mss ? (length + tcp->snd.mss - 1) / tcp->snd.mss : 1;
}

static void build(struct weir_tcp *tcp, const struct weir_neighbour *neighbour,
                  const struct weir_tcp_segment *segment, struct weir_tx *tx)
{
    const struct weir_stack_config *config = &tcp->stack->config;
    *tx = (struct weir_tx){0};
    const size_t header = weir_tcp_emit(tx->header + WEIR_ETH_HEADER + WEIR_IPV4_HEADER, segment);
    const struct weir_ipv4 ip = {
        .source = config->address,
        .destination = tcp->remote,
        .protocol = WEIR_IP_TCP,
        .ttl = WEIR_IP_TTL,
        .id = tcp->ip_id,
        .dont_fragment = true,
        .length = header + segment->length,
    };
    tcp->ip_id = (uint16_t)(tcp->ip_id + segments_of(tcp, (uint32_t)segment->length));
    weir_ipv4_emit(tx->header + WEIR_ETH_HEADER, &ip);
    weir_eth_emit(tx->header, neighbour->mac, config->mac, WEIR_ETH_IPV4);
    tx->header_length = WEIR_ETH_HEADER + WEIR_IPV4_HEADER + header;
    if (segment->length > 0) {
        struct weir_span spans[2];
        const uint32_t offset = weir_seq_distance(segment->seq, tcp->snd.base);
        weir_ring_spans(&tcp->snd.ring, offset, segment->length, spans);
        for (int i = 0; i < 2; i++) {
            tx->payload[i].data = spans[i].data;
            tx->payload[i].length = spans[i].length;
        }
    }
    if (segment->length > tcp->snd.mss) {
        tx->gso_size = (uint16_t)tcp->snd.mss;
        tx->gso_ip_version = 4;
    }
    add_checksum(tcp, tx, ip.length);
}

static void note_sequence_sent(struct weir_tcp *tcp, weir_time now, const struct plan *plan, uint32_t space)
{
    struct weir_tcp_snd *snd = &tcp->snd;
    struct weir_stack_stats *stats = &tcp->stack->stats;
    const weir_seq end = weir_seq_add(plan->seq, space);
    const bool is_new = !weir_seq_before(plan->seq, snd->max);
    const int32_t fresh = weir_seq_diff(end, weir_seq_max(snd->max, plan->seq));
    const uint32_t again = space - (fresh > 0 ? (uint32_t)fresh : 0);
    weir_tcp_rtt_sent(tcp, now, end, is_new);
    if (again > 0) {
        stats->tcp_retrans_segs += segments_of(tcp, smaller(again, plan->length));
    }
    tcp->info.retransmitted += smaller(again, plan->length);
    tcp->info.bytes_sent += plan->length - smaller(again, plan->length);
    if (!plan->forced) {
        snd->nxt = end;
        if (plan->length % snd->mss != 0) {
            snd->small = end;
        }
    }
    snd->max = weir_seq_max(snd->max, end);
    snd->last = now;
}

// The plan has become a frame.
static void note_sent(struct weir_tcp *tcp, weir_time now, const struct plan *plan)
{
    const bool syn = (plan->flags & WEIR_SYN) != 0;
    const uint32_t space = plan->length + syn + ((plan->flags & WEIR_FIN) != 0);
    const bool probed = plan->forced && tcp->snd.probe && !tcp->snd.retransmit;
    if (space > 0) {
        note_sequence_sent(tcp, now, plan, space);
        const bool armed = tcp->at[WEIR_TCP_TIMER_RETRANSMIT] != WEIR_TIME_NEVER;
        const bool fast =
            plan->forced && !tcp->recovery.partial; // later holes do not restart it: RFC 6582 section 3.2
        if (probed) {
            weir_tcp_arm_persist(tcp, now);
        } else if (!armed || fast || tcp->rtt.persist) {
            weir_tcp_arm(tcp, now);
        }
        tcp->snd.syn = tcp->snd.retransmit = tcp->snd.probe = false;
    }
    tcp->rcv.ack_now = false;
    tcp->rcv.duplicates -= plan->duplicate;
    tcp->rcv.unacked = 0;
    tcp->time.last_ack = tcp->rcv.nxt;
    if (tcp->at[WEIR_TCP_TIMER_ACK] != WEIR_TIME_NEVER) {
        weir_tcp_timer_set(tcp, WEIR_TCP_TIMER_ACK, WEIR_TIME_NEVER);
    }
    const uint32_t segments = segments_of(tcp, plan->length);
    tcp->stack->stats.tcp_out_segs += segments;
    tcp->stack->stats.ip_out_requests += segments;
    tcp->stack->stats.out_frames++;
    tcp->stack->stats.out_superframes += segments > 1;
}

// RFC 5681 section 4.1: after a pause the window is no longer known to be right.
static void restart_after_pause(struct weir_tcp *tcp, weir_time now)
{
    if (weir_tcp_synchronized(tcp) && weir_seq_equal(tcp->snd.max, tcp->snd.una) &&
        now - tcp->snd.last > tcp->rtt.rto) {
        tcp->cc.cwnd = smaller(tcp->cc.cwnd, tcp->cc.initial);
    }
}

static bool send_one(struct weir_tcp *tcp, weir_time now, struct weir_tx *tx)
{
    struct plan plan;
    restart_after_pause(tcp, now);
    if (!plan_next(tcp, &plan)) {
        persist(tcp, now);
        return false;
    }
    tcp->neighbour = weir_arp_resolve(tcp->stack, now, &tcp->hop, tcp->neighbour);
    if (!weir_neighbour_known(tcp->neighbour)) {
        weir_list_append(&tcp->neighbour->connections, &tcp->link);
        return false;
    }
    const struct weir_tcp_segment segment = describe(tcp, now, &plan);
    build(tcp, tcp->neighbour, &segment, tx);
    note_sent(tcp, now, &plan);
    return true;
}

// Connections take turns, a frame each.
bool weir_tcp_output(struct weir_stack *stack, weir_time now, struct weir_tx *tx)
{
    while (!weir_list_empty(&stack->tcp.ready)) {
        struct weir_tcp *tcp = WEIR_CONTAINER(stack->tcp.ready.next, struct weir_tcp, link);
        weir_list_remove(&tcp->link);
        if (send_one(tcp, now, tx)) {
            weir_tcp_wake(tcp);
            return true;
        }
    }
    return false;
}
