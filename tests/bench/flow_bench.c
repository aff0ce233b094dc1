// SPDX-License-Identifier: BSD-2-Clause
//
// One flow of full-size segments, sent or received as fast as card and USB allow: the host's end of
// segment_wire.h.
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "segment_wire.h"
#include "transport_internal.h"
#include "weir_card.h"
#include "weir_link.h"

#define MICROFRAME 125000 // ns
#define SUPERFRAME 65000  // bytes of payload at most: an IPv4 packet has 65,535 in all
#define SEND_WINDOW (512 << 10)
#define RECEIVE_WINDOW (56 << 10) // what the card's receive memory holds, for it cannot ask the peer to wait

struct flow {
    const struct flow_bench *bench;
    struct segment_wire wire;
    struct weir_card *card;
    size_t sent, acked, received, acknowledged;
    uint32_t given, taken; // frames and superframes, to the driver and from it
    uint16_t id;
    bool damaged;
    uint8_t payload[SUPERFRAME];
};

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct flow *flow = context;
    struct segment segment;
    size_t payload, header = segment_header_length(&flow->wire.flow);

    flow->taken++;
    if (!(rx->flags & WEIR_F_DATA_VALID) ||
        !segment_parse(&flow->wire.flow, rx->frame, rx->length, false, &segment, &payload) ||
        segment.seq != (uint32_t)flow->received) {
        flow->damaged = true;
        return;
    }
    flow->acked += segment.ack - (uint32_t)flow->acked;
    for (size_t i = 0; i < payload; i++)
        flow->damaged |= rx->frame[header + i] != segment_byte(flow->received + i);
    flow->received += payload;
}

static int emit(struct flow *flow, size_t payload)
{
    uint8_t header[SEGMENT_HEADER_MAX];
    bool last = payload > 0 && flow->sent + payload == flow->bench->bytes;
    size_t mss = segment_mss(&flow->wire.flow), tcp_at = segment_tcp_at(&flow->wire.flow);
    bool super = payload > mss;
    struct segment segment = {
        .seq = (uint32_t)flow->sent,
        .ack = (uint32_t)flow->received,
        .id = flow->id,
        .flags = SEGMENT_ACK | (last ? SEGMENT_PSH : 0),
        .milliseconds = (uint32_t)(weir_card_now(flow->card) / 1000000),
    };
    struct weir_card_tx tx = {
        .header = header,
        .header_length = segment_header_length(&flow->wire.flow),
        .payload = {{flow->payload, payload}},
        .needs_csum = true,
        .csum_start = (uint16_t)tcp_at,
        .csum_offset = 16,
        .gso_type = super ? (flow->bench->ipv6 ? WEIR_GSO_TCPV6 : WEIR_GSO_TCPV4) : WEIR_GSO_NONE,
        .gso_size = super ? (uint16_t)mss : 0,
    };

    for (size_t i = 0; i < payload; i++)
        flow->payload[i] = segment_byte(flow->sent + i);
    segment_emit(&flow->wire.flow, &segment, payload, header);
    if (!super)
        segment_add_length(&flow->wire.flow, header, tx.header_length + payload);
    flow->id = (uint16_t)(flow->id + payload / mss + 1);
    int error = weir_card_send(flow->card, &tx);
    if (error == 0) {
        flow->sent += payload;
        flow->given++;
    }
    return error;
}

static int step(struct flow *flow)
{
    size_t mss = segment_mss(&flow->wire.flow), super = flow->bench->superframe;
    size_t segments = flow->bench->tso ? (super ? super : SUPERFRAME) / mss : 1;
    size_t most = mss * (segments > 0 ? segments : 1);
    int error = 0;

    while (!error && flow->sent < flow->bench->bytes && !flow->bench->receive &&
           flow->sent - flow->acked < SEND_WINDOW && weir_card_can_send(flow->card)) {
        size_t left = flow->bench->bytes - flow->sent;
        error = emit(flow, left < most ? left : most);
    }
    // One acknowledgement for all that came with the last transfers.
    if (!error && flow->acknowledged != flow->received && weir_card_can_send(flow->card)) {
        error = emit(flow, 0);
        flow->acknowledged = flow->received;
    }
    return error ? error : weir_card_poll(flow->card, weir_card_now(flow->card) + MICROFRAME);
}

static bool set_up(struct flow *flow)
{
    char error[200] = "out of memory";
    const struct flow_bench *bench = flow->bench;

    flow->wire.flow.ipv6 = bench->ipv6;
    flow->wire.flow.timestamps = bench->timestamps;
    flow->wire.flow.mtu = bench->mtu;
    flow->wire.ack_every = bench->ack_every;
    flow->wire.window = RECEIVE_WINDOW;
    struct weir_transport *transport = weir_transport_sim_open_on(
        bench->card ? bench->card : "", segment_wire_init(&flow->wire), error, sizeof error);
    struct weir_card_receiver receiver = {.frame = on_frame, .context = flow};
    flow->card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!flow->card) {
        fprintf(stderr, "no card: %s\n", error);
        return false;
    }
    memcpy(flow->wire.flow.host_mac, weir_card_caps(flow->card)->mac, 6);
    return weir_card_set_rx_mode(flow->card, bench->coalesce ? WEIR_CARD_RX_GLUED : WEIR_CARD_RX_PLAIN,
                                 false) == 0 &&
           weir_card_set_rx_control(flow->card, WEIR_RX_ENABLE) == 0;
}

// What has moved, and when.
struct sample {
    weir_time time;
    size_t bytes; // that have arrived
    uint32_t counters[WEIR_COUNTERS];
};

static size_t progress(const struct flow *flow)
{
    return flow->bench->receive ? flow->received : flow->wire.received;
}

static void take_sample(struct flow *flow, struct sample *sample)
{
    weir_card_counters(flow->card, sample->counters);
    sample->time = weir_card_now(flow->card);
    sample->bytes = progress(flow);
}

static uint32_t counted(const struct sample *from, const struct sample *to, unsigned counter)
{
    return to->counters[counter] - from->counters[counter];
}

static void evaluate(const struct sample *from, const struct sample *to, struct flow_result *result)
{
    double time = (double)(to->time - from->time), microframes = time / MICROFRAME;

    result->out_packets = counted(from, to, WEIR_CNT_USB_OUT_PACKETS) / microframes;
    result->in_packets = counted(from, to, WEIR_CNT_USB_IN_PACKETS) / microframes;
    result->naks = counted(from, to, WEIR_CNT_USB_OUT_NAK) + counted(from, to, WEIR_CNT_USB_OUT_NYET);
    result->lost = counted(from, to, WEIR_CNT_RX_OVERFLOW);
    result->goodput = (double)(to->bytes - from->bytes) * 8e3 / time;
}

static void count_work(const struct flow *flow, struct flow_result *result)
{
    const struct weir_card_stats *stats = weir_card_stats(flow->card);
    double mib = (double)flow->bench->bytes / (1 << 20);

    result->given = flow->given / mib;
    result->taken = flow->taken / mib;
    result->out_transfers = (double)stats->tx_transfers / mib;
    result->in_transfers = (double)stats->rx_transfers / mib;
}

bool flow_bench(const struct flow_bench *bench, struct flow_result *result)
{
    static struct flow flow; // too large for the stack
    static struct sample from, to;
    int error = 0;

    flow = (struct flow){.bench = bench};
    from = to = (struct sample){0};
    *result = (struct flow_result){0};
    if (!set_up(&flow))
        return false;
    flow.wire.total = bench->receive ? bench->bytes : 0; // the peer may begin
    while (!error && (progress(&flow) < bench->bytes || flow.acked < flow.sent) && !flow.damaged &&
           !flow.wire.damaged) {
        error = step(&flow);
        if (from.time == 0 && progress(&flow) >= bench->bytes / 16)
            take_sample(&flow, &from);
        if (to.time == 0 && progress(&flow) >= bench->bytes - bench->bytes / 16)
            take_sample(&flow, &to);
    }
    *result = (struct flow_result){.device_time = (double)weir_card_now(flow.card)};
    if (to.time > from.time)
        evaluate(&from, &to, result);
    count_work(&flow, result);
    weir_card_close(flow.card);
    if (error)
        fprintf(stderr, "the card stopped: %s\n", strerror(-error));
    return !error && !flow.damaged && !flow.wire.damaged &&
           (bench->receive || flow.wire.received == bench->bytes);
}
