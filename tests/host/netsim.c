// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "netsim.h"

#define FRAMES 8192
#define FRAME_MAX 9100
#define TURNS_WITHOUT_TIME 100000

struct frame {
    weir_time at;
    uint64_t order; // frames of the same time keep their order
    int to;
    size_t length;
    uint8_t *bytes;
};

struct netsim {
    struct weir_stack *stacks[2];
    struct netsim_link link;
    weir_time now, free_at[2];
    struct frame frames[FRAMES];
    size_t count;
    uint64_t random, order;
    int sender;
    unsigned standing_still;
};

struct netsim *netsim_create(struct weir_stack *a, struct weir_stack *b, const struct netsim_link *link,
                             uint64_t seed)
{
    struct netsim *sim = calloc(1, sizeof *sim);
    assert_non_null(sim);
    sim->stacks[0] = a;
    sim->stacks[1] = b;
    sim->link = *link;
    sim->random = seed * 2 + 1;
    return sim;
}

void netsim_destroy(struct netsim *sim)
{
    for (size_t i = 0; i < sim->count; i++) {
        free(sim->frames[i].bytes);
    }
    free(sim);
}

weir_time netsim_now(const struct netsim *sim)
{
    return sim->now;
}

uint64_t netsim_random(struct netsim *sim) // splitmix64 (Steele, Lea, Flood 2014)
{
    uint64_t z = sim->random += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static bool happens(struct netsim *sim, double probability)
{
    return (double)(netsim_random(sim) >> 11) / 9007199254740992.0 < probability;
}

static void put(struct netsim *sim, weir_time at, const uint8_t *bytes, size_t length)
{
    assert_true(sim->count < FRAMES);
    struct frame *frame = &sim->frames[sim->count++];
    *frame = (struct frame){.at = at, .order = sim->order++, .to = 1 - sim->sender, .length = length};
    frame->bytes = malloc(length); // as long as the frame, so that a sanitizer sees reads behind it
    assert_non_null(frame->bytes);
    memcpy(frame->bytes, bytes, length);
    // A frame of which the FCS would tell: here only what the Internet checksums cover is hurt.
    if (happens(sim, sim->link.corrupt) && length > 34 && frame->bytes[12] == 8 && frame->bytes[13] == 0) {
        const uint64_t at_bit = netsim_random(sim) % ((length - 14) * 8);
        frame->bytes[14 + at_bit / 8] ^= (uint8_t)(1 << at_bit % 8);
    }
}

static void transmit(void *context, const uint8_t *bytes, size_t length)
{
    struct netsim *sim = context;
    const struct netsim_link *link = &sim->link;
    weir_time *free_at = &sim->free_at[sim->sender];
    const weir_time start = *free_at > sim->now ? *free_at : sim->now;
    const weir_time takes = link->rate > 0 ? (length + 24) * 8 * WEIR_SECOND / link->rate : 0;
    if (link->queue > 0 && takes > 0 && (start - sim->now) / takes * length > link->queue) {
        return;
    }
    *free_at = start + takes;
    if (happens(sim, link->drop)) {
        return;
    }
    const weir_time late = happens(sim, link->reorder) ? link->reorder_by : 0;
    put(sim, *free_at + link->delay + late, bytes, length);
    if (happens(sim, link->duplicate)) {
        put(sim, *free_at + link->delay, bytes, length);
    }
}

static void flush(struct netsim *sim)
{
    for (sim->sender = 0; sim->sender < 2; sim->sender++) {
        struct weir_tx tx;
        while (weir_stack_output(sim->stacks[sim->sender], sim->now, &tx)) {
            netsim_segment(&tx, transmit, sim);
        }
        assert_true(weir_stack_poll_at(sim->stacks[sim->sender]) > sim->now); // else callers would spin
    }
}

static size_t earliest(const struct netsim *sim)
{
    size_t best = 0;
    for (size_t i = 1; i < sim->count; i++) {
        const struct frame *a = &sim->frames[i], *b = &sim->frames[best];
        if (a->at < b->at || (a->at == b->at && a->order < b->order)) {
            best = i;
        }
    }
    return best;
}

bool netsim_step(struct netsim *sim, weir_time until)
{
    flush(sim);
    weir_time next = WEIR_TIME_NEVER;
    for (int i = 0; i < 2; i++) {
        const weir_time at = weir_stack_poll_at(sim->stacks[i]);
        next = at < next ? at : next;
    }
    const size_t first = earliest(sim);
    if (sim->count > 0 && sim->frames[first].at <= next) {
        next = sim->frames[first].at;
    }
    if (next > until) {
        sim->now = until;
        return false;
    }
    sim->standing_still = next > sim->now ? 0 : sim->standing_still + 1;
    assert_true(sim->standing_still < TURNS_WITHOUT_TIME);
    sim->now = next;
    if (sim->count > 0 && sim->frames[first].at == next) {
        struct frame frame = sim->frames[first];
        sim->frames[first] = sim->frames[--sim->count];
        weir_stack_input(sim->stacks[frame.to], sim->now, frame.bytes, frame.length, WEIR_RX_CSUM_UNKNOWN);
        free(frame.bytes);
    }
    return true;
}

// ---- A segmenter written for clarity, independent of the stack's code ----

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint32_t add_up(uint32_t sum, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return sum;
}

static void patch_segment(uint8_t *frame, size_t length, const struct weir_tx *tx, size_t index, bool last)
{
    uint8_t *ip = frame + 14;
    uint8_t *tcp = frame + tx->csum_start;
    const size_t tcp_length = length - tx->csum_start;
    put16(ip + 2, length - 14);
    put16(ip + 4, (size_t)get16(ip + 4) + index);
    put16(ip + 10, 0);
    put16(ip + 10, ~add_up(0, ip, (size_t)(ip[0] & 15) * 4) & 0xFFFF);
    const uint32_t seq = ((uint32_t)get16(tcp + 4) << 16 | get16(tcp + 6)) + (uint32_t)(index * tx->gso_size);
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq & 0xFFFF);
    if (!last) {
        tcp[13] &= 0xF6; // FIN and PSH are the last segment's
    }
    put16(tcp + 16,
          add_up(get16(tcp + 16), (const uint8_t[]){(uint8_t)(tcp_length >> 8), (uint8_t)tcp_length}, 2));
}

void netsim_segment(const struct weir_tx *tx,
                    void (*emit)(void *context, const uint8_t *frame, size_t length), void *context)
{
    static uint8_t payload[65536];
    uint8_t frame[FRAME_MAX];
    size_t length = 0;
    for (int i = 0; i < 2; i++) {
        if (tx->payload[i].length > 0) {
            memcpy(payload + length, tx->payload[i].data, tx->payload[i].length);
            length += tx->payload[i].length;
        }
    }
    const size_t step = tx->gso_size > 0 ? tx->gso_size : length;
    for (size_t from = 0, index = 0; from < length || index == 0; from += step, index++) {
        const size_t piece = length - from < step ? length - from : step;
        const size_t total = tx->header_length + piece;
        assert_true(total <= sizeof frame);
        memcpy(frame, tx->header, tx->header_length);
        memcpy(frame + tx->header_length, payload + from, piece);
        if (tx->gso_size > 0) {
            patch_segment(frame, total, tx, index, from + piece == length);
        }
        if (tx->needs_csum) {
            uint8_t *field = frame + tx->csum_start + tx->csum_offset;
            put16(field, ~add_up(0, frame + tx->csum_start, total - tx->csum_start) & 0xFFFF);
        }
        emit(context, frame, total);
    }
}
