// SPDX-License-Identifier: BSD-2-Clause
#include "wire_impair.h"

#include <stdlib.h>
#include <string.h>

#include "fcs.h"

struct stored {
    size_t length;
    uint8_t bytes[WIRE_FRAME_MAX];
};

// One direction.
struct lane {
    struct wire_impair_rates rates;
    struct wire_impair_stats stats;
    uint64_t seed;
    bool holding;
    uint64_t hold_until;
    struct stored held;
    struct stored out[3]; // what one frame sets free at most: itself, its copy, the one that was held
    size_t first, count;  // of out
};

struct impair {
    struct wire wire;
    struct wire *inner;
    struct lane to_card, from_card;
};

// splitmix64: a good mix of 64 bits, and all that is needed of a generator here.
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static uint64_t draw_below(uint64_t *state, uint64_t limit)
{
    return (draw(state) >> 32) * limit >> 32;
}

static bool chance(uint64_t *state, uint32_t per_million)
{
    return draw_below(state, 1000000) < per_million;
}

static void corrupt(struct lane *lane, uint64_t *random, struct stored *frame)
{
    enum { HEADER = 14, TYPE = 12 };
    size_t first = 0, end = frame->length;
    bool repair = draw_below(random, 2) == 1 && frame->length > HEADER + FCS_LENGTH &&
                  fcs_ok(frame->bytes, frame->length) && frame->bytes[TYPE] == 0x08 &&
                  frame->bytes[TYPE + 1] == 0x00;

    if (repair) {
        first = HEADER;
        end -= FCS_LENGTH;
    }
    size_t bit = first * 8 + draw_below(random, (end - first) * 8);
    frame->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    lane->stats.corrupted++;
    if (repair) {
        fcs_append(frame->bytes, end);
        lane->stats.corrupted_fcs_repaired++;
    }
}

static void release_held(struct lane *lane)
{
    lane->out[lane->count++] = lane->held;
    lane->holding = false;
}

static void lane_take(struct lane *lane, uint64_t now, const uint8_t *bytes, size_t length)
{
    uint64_t random = lane->seed + draw(&(uint64_t){lane->stats.frames++});
    bool dropped = chance(&random, lane->rates.drop), corrupted = chance(&random, lane->rates.corrupt);
    bool duplicated = chance(&random, lane->rates.duplicate),
         reordered = chance(&random, lane->rates.reorder);
    bool release = lane->holding;
    struct stored *frame = &lane->out[lane->count];

    if (dropped) {
        lane->stats.dropped++;
        return;
    }
    frame->length = length;
    memcpy(frame->bytes, bytes, length);
    if (corrupted)
        corrupt(lane, &random, frame);

    if (reordered && !lane->holding) {
        lane->held = *frame;
        lane->holding = true;
        lane->hold_until = now + WIRE_IMPAIR_HOLD;
        lane->stats.reordered++;
    } else {
        lane->count++;
    }
    if (duplicated) {
        lane->out[lane->count] = *frame; // beside a held frame its copy passes now
        lane->count++;
        lane->stats.duplicated++;
    }
    if (release)
        release_held(lane);
}

static const struct stored *lane_give(struct lane *lane, uint64_t now)
{
    if (lane->count == 0 && lane->holding && now >= lane->hold_until)
        release_held(lane);
    if (lane->first == lane->count) {
        lane->first = lane->count = 0;
        return NULL;
    }
    return &lane->out[lane->first++];
}

static int give_from_card(struct impair *impair, uint64_t now)
{
    const struct stored *out;

    while ((out = lane_give(&impair->from_card, now)) != NULL) {
        int result = impair->inner->ops->from_card(impair->inner, now, out->bytes, out->length);
        if (result < 0) {
            memcpy(impair->wire.error, impair->inner->error, sizeof impair->wire.error);
            return result;
        }
    }
    return 0;
}

static int impair_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct impair *impair = (struct impair *)wire;

    if (length > WIRE_FRAME_MAX)
        return 0;
    lane_take(&impair->from_card, now, frame, length);
    return give_from_card(impair, now);
}

static ssize_t impair_to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct impair *impair = (struct impair *)wire;
    const struct stored *out;
    int result =
        give_from_card(impair, now); // this is also the call by which a held frame's time is found to be over

    if (result < 0)
        return result;
    while ((out = lane_give(&impair->to_card, now)) == NULL) {
        ssize_t length = impair->inner->ops->to_card(impair->inner, now, frame);
        if (length < 0)
            memcpy(wire->error, impair->inner->error, sizeof wire->error);
        if (length <= 0)
            return length;
        lane_take(&impair->to_card, now, frame, (size_t)length);
    }
    memcpy(frame, out->bytes, out->length);
    return (ssize_t)out->length;
}

static uint64_t impair_wake_at(const struct wire *wire)
{
    const struct impair *impair = (const struct impair *)wire;
    uint64_t at = wire_wake_at(impair->inner);

    if (impair->to_card.holding && impair->to_card.hold_until < at)
        at = impair->to_card.hold_until;
    if (impair->from_card.holding && impair->from_card.hold_until < at)
        at = impair->from_card.hold_until;
    return at;
}

static bool impair_link(const struct wire *wire)
{
    return wire_link(((const struct impair *)wire)->inner);
}

static uint64_t impair_may_run(struct wire *wire, uint64_t now)
{
    return wire_may_run(((struct impair *)wire)->inner, now);
}

static uint64_t impair_rest(struct wire *wire, uint64_t now)
{
    return wire_rest(((struct impair *)wire)->inner, now);
}

static void impair_close(struct wire *wire)
{
    struct impair *impair = (struct impair *)wire;

    wire_close(impair->inner);
    free(impair);
}

struct wire *wire_impair_create(struct wire *inner, const struct wire_impair_config *config)
{
    static const struct wire_ops ops = {.to_card = impair_to_card,
                                        .from_card = impair_from_card,
                                        .wake_at = impair_wake_at,
                                        .link = impair_link,
                                        .may_run = impair_may_run,
                                        .rest = impair_rest,
                                        .close = impair_close};
    struct impair *impair = calloc(1, sizeof *impair);
    uint64_t seed = config->seed;

    if (!impair) {
        wire_close(inner);
        errno = ENOMEM;
        return NULL;
    }
    impair->wire.ops = &ops;
    impair->wire.poll_fd = inner->poll_fd;
    impair->inner = inner;
    impair->to_card.rates = config->to_card;
    impair->to_card.seed = draw(&seed);
    impair->from_card.rates = config->from_card;
    impair->from_card.seed = draw(&seed);
    return &impair->wire;
}

void wire_impair_stats(const struct wire *wire, struct wire_impair_stats *to_card,
                       struct wire_impair_stats *from_card)
{
    const struct impair *impair = (const struct impair *)wire;

    *to_card = impair->to_card.stats;
    *from_card = impair->from_card.stats;
}
