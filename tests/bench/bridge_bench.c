// SPDX-License-Identifier: BSD-2-Clause
//
// The bridge (driver/bridge.c) between a kernel in device time and the card.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "echo_wire.h"
#include "kernel.h"
#include "segment_wire.h"
#include "transport_internal.h"

// Of the sender, as a TCP would have found it: more than the card is given, less than the bridge lets wait.
#define WINDOW (512 << 10)
#define WINDOW_FULL_SPEED (128 << 10)
#define RECEIVE_WINDOW (40 << 10) // leaves room in the card's receive memory for messages
#define SUPERFRAME 65000
#define WARM_UP 5000000               // ns of load before the first message
#define INTERVAL 400000               // ns
#define PATIENCE UINT64_C(2000000000) // ns of device time without progress

struct bridged {
    struct kernel kernel;
    struct echo_wire echo;
    struct segment_wire wire;
    struct weir_card *card;
    struct weir_bridge *bridge;
    struct weir_bridge_stats stats;
    weir_time started;
};

static weir_time now(void *context)
{
    return weir_card_now(((struct bridged *)context)->card);
}

static struct wire *make_wire(struct bridged *self, const struct bridge_bench *bench)
{
    self->wire.flow.mtu = bench->mtu;
    self->wire.ack_every = 2;
    self->wire.window = RECEIVE_WINDOW;
    self->echo.inner = segment_wire_init(&self->wire);
    self->echo.next = kernel_next;
    self->echo.tick = kernel_tick;
    self->echo.context = &self->kernel;
    return echo_wire_init(&self->echo);
}

static bool set_up(struct bridged *self, const struct bridge_bench *bench)
{
    char error[200] = "out of memory";
    struct weir_bridge_options options = {
        .tso = bench->tso, .csum = bench->csum, .coalesce = bench->coalesce, .arp = true};

    self->bridge = weir_bridge_create(&self->stats);
    struct weir_card_receiver receiver = weir_bridge_receiver(self->bridge);
    struct weir_transport *transport = weir_transport_sim_open_on(
        bench->card ? bench->card : "", make_wire(self, bench), error, sizeof error);
    self->card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!self->card) {
        fprintf(stderr, "no card: %s\n", error);
        return false;
    }
    memcpy(self->wire.flow.host_mac, weir_card_caps(self->card)->mac, 6);
    self->started = weir_card_now(self->card);
    self->kernel = (struct kernel){.flow = self->wire.flow,
                                   .window = weir_card_high_speed(self->card) ? WINDOW : WINDOW_FULL_SPEED,
                                   .superframe = bench->superframe ? bench->superframe : SUPERFRAME,
                                   .kind = bench->udp ? KERNEL_UDP : KERNEL_PING,
                                   .messages = bench->messages,
                                   .first_message = self->started + WARM_UP,
                                   .interval = INTERVAL,
                                   .now = now,
                                   .context = self};
    if (bench->send)
        self->kernel.total = bench->bytes ? bench->bytes : SIZE_MAX / 2;
    if (!kernel_open(&self->kernel))
        return false;
    return weir_bridge_attach(self->bridge, self->card, &self->kernel.tap, &options) == 0;
}

// All that each end waits for has come; an acknowledgement that leaves last wakes nobody.
static bool is_over(const struct bridged *self, const struct bridge_bench *bench)
{
    const struct kernel *kernel = &self->kernel;

    if (kernel->damaged || self->wire.damaged || kernel->replies < bench->messages)
        return kernel->damaged || self->wire.damaged;
    return bench->bytes == 0 || ((!bench->send || kernel->acked == bench->bytes) &&
                                 (!bench->receive || kernel->received == bench->bytes));
}

// Steps, as the bridge's owner makes them; a function that a profiler can be told of.
__attribute__((noinline)) static int counted_bridge_step(struct bridged *self)
{
    return weir_bridge_step(self->bridge, -1);
}

static bool run(struct bridged *self, const struct bridge_bench *bench)
{
    size_t moved = 0;
    weir_time last = self->started;

    if (bench->receive)
        self->wire.total = bench->bytes ? bench->bytes : SIZE_MAX / 2; // the peer may begin
    while (!is_over(self, bench)) {
        int error = counted_bridge_step(self);
        size_t progress = self->kernel.acked + self->wire.acked + self->kernel.replies;
        if (progress != moved)
            last = weir_card_now(self->card);
        moved = progress;
        if (error || weir_card_now(self->card) > last + PATIENCE) {
            fprintf(stderr, "the bridge stands still: %s\n", error ? strerror(-error) : "nothing moves");
            return false;
        }
    }
    return !self->kernel.damaged && !self->wire.damaged;
}

static void evaluate(const struct bridged *self, struct bridge_result *result)
{
    const struct kernel *kernel = &self->kernel;
    const struct weir_card_stats *stats = weir_card_stats(self->card);
    double mib = (double)(self->wire.received + kernel->received) / (1 << 20);
    unsigned replies = kernel->replies > 0 ? kernel->replies : 1;

    *result = (struct bridge_result){
        .replies = kernel->replies,
        .shortest = (double)kernel->shortest / 1e3,
        .average = (double)kernel->sum / replies / 1e3,
        .longest = (double)kernel->longest / 1e3,
        .goodput = mib * (1 << 20) * 8e3 / (double)(weir_card_now(self->card) - self->started),
        .bytes_sent = self->wire.received,
        .bytes_received = kernel->received,
    };
    if (mib == 0)
        return;
    result->given = (double)(self->stats.tx_frames + self->stats.tx_cut) / mib;
    result->taken = (double)self->stats.rx_frames / mib;
    result->tap_calls = (double)(kernel->reads + kernel->writes) / mib;
    result->out_transfers = (double)stats->tx_transfers / mib;
    result->in_transfers = (double)stats->rx_transfers / mib;
}

bool bridge_bench(const struct bridge_bench *bench, struct bridge_result *result)
{
    struct bridged *self = calloc(1, sizeof *self);
    bool right = self && set_up(self, bench) && run(self, bench);

    if (right)
        evaluate(self, result);
    if (self && self->card)
        weir_card_close(self->card);
    if (self && self->bridge)
        weir_bridge_destroy(self->bridge);
    if (self && self->kernel.tap.fd > 0)
        kernel_close(&self->kernel);
    free(self);
    return right;
}
