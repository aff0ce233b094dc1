// SPDX-License-Identifier: BSD-2-Clause
#include "bench.h"

#include <string.h>

#include "fcs.h"
#include "weir_link.h"
#include "weir_sim.h"

#define BYTE_TIME 8.0    // ns at 1000 Mb/s
#define PREAMBLE 8       // bytes, with the SFD
#define PAUSE 3001       // ns between a reply and the next request, no multiple of a clock
#define PATIENCE 1000000 // ns to wait for a reply

struct watch {
    uint64_t request_end, reply_start;
    bool sent, replied;
};

static void on_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    struct watch *watch = context;

    (void)frame;
    watch->request_end = time + (uint64_t)((double)(PREAMBLE + length) * BYTE_TIME);
    watch->sent = true;
}

static void on_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    static const uint8_t reply_start[] = {2, 0, 0, 0, 0, 1};
    struct watch *watch = context;

    watch->replied =
        preamble_ok && fcs_ok(frame, length) && memcmp(frame, reply_start, 6) == 0 && frame[21] == 2;
    watch->reply_start = time;
}

static void on_complete(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

static bool write_table(struct weir_sim *sim, unsigned table, uint64_t value)
{
    uint8_t data[8];
    bool done = false;
    struct weir_usb_transfer transfer = {.setup = {0x40, WEIR_REQ_WRITE_TABLE, 0, 0, 0, (uint8_t)table, 8, 0},
                                         .buffer = data,
                                         .length = sizeof data,
                                         .complete = on_complete,
                                         .context = &done};

    for (unsigned i = 0; i < 8; i++)
        data[i] = (uint8_t)(value >> 8 * i);
    weir_sim_submit(sim, &transfer);
    while (!done)
        weir_sim_run(sim, weir_sim_now(sim) + 100000);
    return transfer.status == WEIR_USB_OK;
}

static size_t request(uint8_t *frame)
{
    static const uint8_t arp[42] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2,  0,  0, 0, 0, 1, 8, 6, // Ethernet
                                    0,    1,    8,    0,    6,    4,    0,  1,  2, 0, 0, 0, 0, 1,
                                    10,   77,   0,    1,                               // sender
                                    0,    0,    0,    0,    0,    0,    10, 77, 0, 2}; // target
    memcpy(frame, arp, sizeof arp);
    return fcs_pad_append(frame, sizeof arp);
}

static void measure(struct weir_sim *sim, struct watch *watch, struct arp_result *result)
{
    uint8_t frame[64];
    uint64_t give_up = weir_sim_now(sim) + PATIENCE;

    *watch = (struct watch){0};
    weir_sim_wire_in(sim, frame, request(frame));
    while (!watch->replied && weir_sim_now(sim) < give_up) {
        if (weir_sim_run(sim, give_up))
            break;
    }
    result->requests++;
    if (!watch->sent || !watch->replied)
        return;
    double latency = ((double)watch->reply_start - (double)watch->request_end) / BYTE_TIME;
    if (result->replies == 0 || latency < result->shortest)
        result->shortest = latency;
    if (result->replies == 0 || latency > result->longest)
        result->longest = latency;
    result->replies++;
}

bool arp_bench(unsigned requests, struct arp_result *result)
{
    struct watch watch;
    struct weir_sim_config config = {.wire_out = on_out, .wire_sent = on_sent, .wire_context = &watch};
    bool right = true;

    *result = (struct arp_result){0};
    // A few clock phases, since the reply crosses from the wire's receive clock to its transmit clock.
    for (config.rx_phase = 0; right && config.rx_phase < 8000; config.rx_phase += 1300) {
        struct weir_sim *sim = weir_sim_create(&config);
        right = sim != NULL && write_table(sim, WEIR_TABLE_ARP, 1ull << 63 | 0x0A4D0002) &&
                write_table(sim, WEIR_TABLE_ARP_RATE, 0) &&
                write_table(sim, WEIR_TABLE_RX_CONTROL, 1ull << 63 | WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        for (unsigned i = 0; right && i < requests; i++) {
            measure(sim, &watch, result);
            weir_sim_run(sim, weir_sim_now(sim) + PAUSE);
        }
        weir_sim_destroy(sim);
    }
    return right && result->replies == result->requests;
}

// ---- Back to back ----

#define UNDER_WAY 64 // requests of ours that wait for their reply, at most

struct flood {
    struct weir_sim *sim;
    unsigned foreign; // requests for others, between two for the card
    unsigned put;     // on the wire, of either kind
    uint64_t end[UNDER_WAY];
    unsigned sent, replies;
    uint64_t first, last; // of our requests' ends and of the replies' starts
    double shortest, longest, sum;
    bool wrong;
};

static void flood_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    struct flood *flood = context;

    if (frame[41] != 2) // for another
        return;
    time += (uint64_t)((double)(PREAMBLE + length) * BYTE_TIME);
    flood->first = flood->sent == 0 ? time : flood->first;
    flood->end[flood->sent++ % UNDER_WAY] = time;
    flood->wrong |= flood->sent - flood->replies > UNDER_WAY;
}

static void flood_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct flood *flood = context;

    if (!preamble_ok || !fcs_ok(frame, length) || frame[21] != 2 || flood->replies == flood->sent) {
        flood->wrong = true;
        return;
    }
    double latency = ((double)time - (double)flood->end[flood->replies % UNDER_WAY]) / BYTE_TIME;
    flood->shortest = flood->replies == 0 || latency < flood->shortest ? latency : flood->shortest;
    flood->longest = latency > flood->longest ? latency : flood->longest;
    flood->sum += latency;
    flood->last = time;
    flood->replies++;
}

static void run_flood(struct flood *flood, unsigned requests)
{
    uint8_t frame[64];

    while (flood->replies < requests && !flood->wrong) {
        unsigned before = flood->put;
        // Few at a time: what waits on the cable has not been sent.
        while (flood->put < requests * (flood->foreign + 1) && weir_sim_wire_queued(flood->sim) < 2048) {
            request(frame);
            frame[41] = flood->put++ % (flood->foreign + 1) == 0 ? 2 : 99;
            fcs_pad_append(frame, 42);
            weir_sim_wire_in(flood->sim, frame, sizeof frame);
        }
        uint64_t until = weir_sim_now(flood->sim) + 5000;
        bool idle = weir_sim_run(flood->sim, until);
        if (idle && flood->put == before && weir_sim_wire_queued(flood->sim) == 0)
            break; // the rest will not come
    }
}

bool arp_flood(unsigned requests, unsigned foreign, struct arp_result *result)
{
    struct flood flood = {.foreign = foreign};
    struct weir_sim_config config = {.wire_out = flood_out, .wire_sent = flood_sent, .wire_context = &flood};

    *result = (struct arp_result){0};
    flood.sim = weir_sim_create(&config);
    bool right =
        flood.sim != NULL && write_table(flood.sim, WEIR_TABLE_ARP, 1ull << 63 | 0x0A4D0002) &&
        write_table(flood.sim, WEIR_TABLE_ARP_RATE, 0) &&
        write_table(flood.sim, WEIR_TABLE_RX_CONTROL, 1ull << 63 | WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    if (right)
        run_flood(&flood, requests);
    weir_sim_destroy(flood.sim);
    *result = (struct arp_result){
        .requests = flood.sent,
        .replies = flood.replies,
        .shortest = flood.shortest,
        .average = flood.replies > 0 ? flood.sum / flood.replies : 0,
        .longest = flood.longest,
        .rate = flood.replies > 1 ? (flood.replies - 1) * 1e9 / (double)(flood.last - flood.first) : 0,
    };
    return right && !flood.wrong && flood.replies == requests;
}
