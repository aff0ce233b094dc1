// SPDX-License-Identifier: BSD-2-Clause
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment_wire.h"
#include "stack_wire.h"
#include "transport_internal.h"
#include "weir_card.h"
#include "weir_link.h"
#include "weir_tcp.h"

#define PORT 5000
#define MICROFRAME 125000 // ns

static const struct weir_ip card_ip = {4, {10, 77, 0, 2}}, peer_ip = {4, {10, 77, 0, 1}};

struct stream {
    const struct stream_bench *bench;
    struct weir_card *card;
    struct weir_stack *stack, *peer;
    struct weir_tcp_listener *listener;
    struct weir_tcp *peer_tcp;
    size_t peer_received;
    bool damaged;
};

// ---- the peer: takes what comes at once, and looks at it ----

static void peer_react(void *context, weir_time now)
{
    struct stream *stream = context;
    const uint8_t *data;
    ptrdiff_t length;

    (void)now;
    if (!stream->peer_tcp)
        stream->peer_tcp = weir_tcp_accept(stream->listener);
    while (stream->peer_tcp && (length = weir_tcp_peek(stream->peer_tcp, &data)) > 0) {
        for (ptrdiff_t i = 0; i < length; i++)
            stream->damaged |= data[i] != segment_byte(stream->peer_received + (size_t)i);
        stream->peer_received += (size_t)length;
        weir_tcp_consume(stream->peer_tcp, (size_t)length);
    }
}

// ---- the card's host ----

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct stream *stream = context;
    weir_time now = weir_card_now(stream->card);

    if (rx->gso_type != WEIR_GSO_NONE)
        weir_stack_input_glued(stream->stack, now, rx->frame, rx->length, rx->gso_size);
    else
        weir_stack_input(stream->stack, now, rx->frame, rx->length,
                         rx->flags & WEIR_F_DATA_VALID ? WEIR_RX_CSUM_GOOD : WEIR_RX_CSUM_UNKNOWN);
}

static void step(struct stream *stream)
{
    weir_time deadline = WEIR_TIME_NEVER;
    struct weir_tx tx;

    while (weir_card_can_send(stream->card)) {
        if (!weir_stack_output(stream->stack, weir_card_now(stream->card), &tx)) {
            deadline = weir_stack_poll_at(stream->stack);
            break;
        }
        struct weir_card_tx frame = {.header = tx.header,
                                     .header_length = tx.header_length,
                                     .payload = {{tx.payload[0].data, tx.payload[0].length},
                                                 {tx.payload[1].data, tx.payload[1].length}},
                                     .needs_csum = tx.needs_csum,
                                     .csum_start = tx.csum_start,
                                     .csum_offset = tx.csum_offset,
                                     .gso_type = tx.gso_size ? WEIR_GSO_TCPV4 : WEIR_GSO_NONE,
                                     .gso_size = tx.gso_size};
        weir_card_send(stream->card, &frame);
    }
    weir_time now = weir_card_now(stream->card);
    weir_card_poll(stream->card, deadline <= now ? now + 1000 : deadline);
}

static bool set_up(struct stream *stream)
{
    char error[200] = "out of memory";
    struct weir_stack_config config = {
        .mac = {2, 0, 0, 0, 0, 1}, .address = peer_ip, .prefix_length = 24, .receive_buffer = 4 << 20};

    stream->peer = weir_stack_create(&config, 0);
    stream->listener = stream->peer ? weir_tcp_listen(stream->peer, PORT, 1) : NULL;
    struct wire *wire = stream->listener ? stack_wire_create(stream->peer, peer_react, stream) : NULL;
    struct weir_transport *transport =
        wire ? weir_transport_sim_open_on("", wire, error, sizeof error) : NULL;
    struct weir_card_receiver receiver = {.frame = on_frame, .context = stream};
    stream->card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!stream->card) {
        fprintf(stderr, "no card: %s\n", error);
        return false;
    }
    config = (struct weir_stack_config){.address = card_ip,
                                        .prefix_length = 24,
                                        .tx_csum = true,
                                        .tso = stream->bench->tso,
                                        .send_buffer = 1 << 20};
    memcpy(config.mac, weir_card_caps(stream->card)->mac, 6);
    stream->stack = weir_stack_create(&config, weir_card_now(stream->card));
    return stream->stack && weir_card_set_rx_mode(stream->card, WEIR_CARD_RX_GLUED, false) == 0 &&
           weir_card_set_arp(stream->card, 0, 0x0A4D0002) == 0 &&
           weir_card_set_rx_control(stream->card, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY) == 0;
}

static void tear_down(struct stream *stream)
{
    if (stream->peer_tcp)
        weir_tcp_release(stream->peer_tcp);
    if (stream->card)
        weir_card_close(stream->card);
    weir_stack_destroy(stream->stack);
    weir_stack_destroy(stream->peer);
}

// Fills the send buffer from the pattern; the bytes sent so far.
static size_t feed(struct weir_tcp *tcp, size_t sent, size_t total)
{
    uint8_t chunk[65536];

    while (sent < total) {
        size_t length = total - sent < sizeof chunk ? total - sent : sizeof chunk;
        for (size_t i = 0; i < length; i++)
            chunk[i] = segment_byte(sent + i);
        ptrdiff_t taken = weir_tcp_send(tcp, chunk, length);
        if (taken <= 0)
            break;
        sent += (size_t)taken;
    }
    return sent;
}

static bool run(struct stream *stream, struct stream_result *result)
{
    uint32_t before[WEIR_COUNTERS], after[WEIR_COUNTERS];
    size_t sent = 0, total = stream->bench->bytes;
    struct weir_tcp *tcp = weir_tcp_connect(stream->stack, weir_card_now(stream->card), &peer_ip, PORT, 0);

    if (!tcp)
        return false;
    while (weir_tcp_state(tcp) == WEIR_TCP_SYN_SENT)
        step(stream);
    weir_card_counters(stream->card, before);
    weir_time start = weir_card_now(stream->card);
    while (weir_tcp_state(tcp) == WEIR_TCP_ESTABLISHED &&
           (sent < total || weir_tcp_unacknowledged(tcp) > 0)) {
        sent = feed(tcp, sent, total);
        step(stream);
    }
    result->time = weir_card_now(stream->card) - start;
    weir_card_counters(stream->card, after);
    double microframes = (double)result->time / MICROFRAME;
    result->out_packets = (after[WEIR_CNT_USB_OUT_PACKETS] - before[WEIR_CNT_USB_OUT_PACKETS]) / microframes;
    result->in_packets = (after[WEIR_CNT_USB_IN_PACKETS] - before[WEIR_CNT_USB_IN_PACKETS]) / microframes;
    result->naks = after[WEIR_CNT_USB_OUT_NAK] - before[WEIR_CNT_USB_OUT_NAK] + after[WEIR_CNT_USB_OUT_NYET] -
                   before[WEIR_CNT_USB_OUT_NYET];
    result->records = after[WEIR_CNT_TX_SUPERFRAMES] - before[WEIR_CNT_TX_SUPERFRAMES];
    result->segments = after[WEIR_CNT_TX_SEGMENTS] - before[WEIR_CNT_TX_SEGMENTS];
    result->goodput = (double)total * 8e3 / (double)result->time;
    weir_tcp_release(tcp);
    return sent == total && stream->peer_received == total && !stream->damaged;
}

bool stream_bench(const struct stream_bench *bench, struct stream_result *result)
{
    struct stream stream = {.bench = bench};
    bool right = set_up(&stream) && run(&stream, result);

    tear_down(&stream);
    return right;
}
