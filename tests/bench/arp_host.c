// SPDX-License-Identifier: BSD-2-Clause
//
// ARP requests that come one after another, for the host's work alone.
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "fcs.h"
#include "transport_internal.h"
#include "weir_card.h"
#include "weir_link.h"
#include "weir_stack.h"
#include "wire.h"

#define PATIENCE 10000000 // ns for a reply

struct asker {
    struct wire wire; // first
    unsigned asked, answered, requests;
    struct weir_card *card;
    struct weir_stack *stack;
};

static ssize_t to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    static const uint8_t request[42] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0,  1,  8, 6,
                                        0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0,  0, 1,
                                        10,   77,   0,    1,    0,    0,    0, 0, 0, 0, 10, 77, 0, 2};
    struct asker *asker = (struct asker *)wire;

    (void)now;
    if (asker->asked > asker->answered || asker->asked == asker->requests)
        return 0;
    asker->asked++;
    memcpy(frame, request, sizeof request);
    return (ssize_t)fcs_pad_append(frame, sizeof request);
}

static int from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct asker *asker = (struct asker *)wire;

    (void)now;
    if (fcs_ok(frame, length) && frame[12] == 8 && frame[13] == 6 && frame[21] == 2 && frame[31] == 2)
        asker->answered++;
    return 0;
}

static void close_wire(struct wire *wire)
{
    (void)wire;
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct asker *asker = context;

    weir_stack_input(asker->stack, weir_card_now(asker->card), rx->frame, rx->length, WEIR_RX_CSUM_UNKNOWN);
}

__attribute__((noinline)) static int counted_arp_step(struct asker *asker)
{
    struct weir_tx tx;

    while (weir_stack_output(asker->stack, weir_card_now(asker->card), &tx)) {
        struct weir_card_tx frame = {.header = tx.header, .header_length = tx.header_length};
        weir_card_send(asker->card, &frame);
    }
    return weir_card_poll(asker->card, weir_card_now(asker->card) + PATIENCE);
}

static bool set_up(struct asker *asker, bool offload)
{
    static const struct wire_ops ops = {.to_card = to_card, .from_card = from_card, .close = close_wire};
    struct weir_card_receiver receiver = {.frame = on_frame, .context = asker};
    struct weir_stack_config config = {.address = {4, {10, 77, 0, 2}}, .prefix_length = 24};
    char error[200];

    asker->wire = (struct wire){.ops = &ops, .poll_fd = -1};
    struct weir_transport *transport = weir_transport_sim_open_on("", &asker->wire, error, sizeof error);
    asker->card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!asker->card) {
        fprintf(stderr, "no card: %s\n", error);
        return false;
    }
    memcpy(config.mac, weir_card_caps(asker->card)->mac, 6);
    asker->stack = weir_stack_create(&config, weir_card_now(asker->card));
    return asker->stack && weir_card_write_table(asker->card, WEIR_TABLE_ARP_RATE, 0, 0) == 0 &&
           weir_card_set_arp(asker->card, 0, offload ? 0x0A4D0002 : 0) == 0 &&
           weir_card_set_rx_control(asker->card, WEIR_RX_ENABLE | (offload ? WEIR_RX_ARP_REPLY : 0)) == 0;
}

bool arp_host_bench(unsigned requests, bool offload, struct arp_host_result *result)
{
    struct asker asker = {0};
    bool right = set_up(&asker, offload);

    asker.requests = requests;
    weir_time last = right ? weir_card_now(asker.card) : 0;
    for (unsigned before = 0; right && asker.answered < requests; before = asker.answered) {
        right = counted_arp_step(&asker) == 0 &&
                (asker.answered > before || weir_card_now(asker.card) < last + 2 * PATIENCE);
        last = asker.answered > before ? weir_card_now(asker.card) : last;
    }
    if (asker.card) {
        const struct weir_card_stats *stats = weir_card_stats(asker.card);
        *result = (struct arp_host_result){
            .answered = asker.answered,
            .frames = stats->rx_frames,
            .transfers = (double)(stats->rx_transfers + stats->tx_transfers) / requests,
        };
        weir_card_close(asker.card);
    }
    weir_stack_destroy(asker.stack);
    return right && asker.answered == requests;
}
