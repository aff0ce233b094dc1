// SPDX-License-Identifier: BSD-2-Clause
#include "cmocka_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fcs.h"
#include "wire_impair.h"

#define SEED 20240607

// The far end: makes numbered frames for the card, and takes down what the card sends.
struct peer {
    struct wire wire;
    uint32_t next, end; // numbers of the frames still to come
    uint16_t type;
    ssize_t failure;
    size_t count;
    struct {
        uint32_t number;
        uint64_t time;
    } got[8];
};

enum { LENGTH = 104, NUMBER = 20 }; // the frame's length with FCS, and where its number stands in it

static void make_frame(uint8_t frame[LENGTH], uint32_t number, uint16_t type)
{
    for (size_t i = 0; i < LENGTH; i++)
        frame[i] = (uint8_t)(i * 5);
    frame[12] = (uint8_t)(type >> 8);
    frame[13] = (uint8_t)type;
    for (size_t copy = 0; copy < 3; copy++) // so that one wrong bit does not make it another frame
        memcpy(frame + NUMBER + copy * sizeof number, &number, sizeof number);
    fcs_append(frame, LENGTH - 4);
}

static uint32_t number_of(const uint8_t *frame)
{
    uint32_t number;

    memcpy(&number, frame + NUMBER, sizeof number);
    return number;
}

static ssize_t peer_to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct peer *peer = (struct peer *)wire;

    (void)now;
    if (peer->failure)
        return peer->failure;
    if (peer->next == peer->end)
        return 0;
    make_frame(frame, peer->next++, peer->type);
    return LENGTH;
}

static int peer_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct peer *peer = (struct peer *)wire;

    assert_int_equal(length, LENGTH);
    if (peer->count < 8) {
        peer->got[peer->count].number = number_of(frame);
        peer->got[peer->count].time = now;
    }
    peer->count++;
    return 0;
}

static void peer_close(struct wire *wire)
{
    (void)wire;
}

static const struct wire_ops peer_ops = {
    .to_card = peer_to_card, .from_card = peer_from_card, .close = peer_close};

static struct peer peer_of(uint32_t frames)
{
    return (struct peer){.wire = {.ops = &peer_ops, .poll_fd = 42}, .end = frames, .type = 0x0800};
}

static struct wire *impair(struct peer *peer, struct wire_impair_rates to_card,
                           struct wire_impair_rates from_card)
{
    struct wire *wire = wire_impair_create(
        &peer->wire, &(struct wire_impair_config){.to_card = to_card, .from_card = from_card, .seed = SEED});

    assert_non_null(wire);
    return wire;
}

static void send_from_card(struct wire *wire, uint64_t now, uint32_t number)
{
    uint8_t frame[LENGTH];

    make_frame(frame, number, 0x0800);
    assert_int_equal(wire->ops->from_card(wire, now, frame, LENGTH), 0);
}

// Five standard deviations of a binomial distribution: one false alarm in two million seeds, and the seed is
// fixed.
static void assert_about(uint64_t count, uint64_t of, double rate)
{
    double expected = (double)of * rate, spread = 5 * sqrt(expected * (1 - rate));

    if (fabs((double)count - expected) > spread)
        fail_msg("%llu of %llu, seed %d, is not %g", (unsigned long long)count, (unsigned long long)of, SEED,
                 rate);
}

static void with_all_rates_zero_every_frame_passes_untouched_and_in_order(void **state)
{
    struct peer peer = peer_of(1000);
    struct wire *wire = impair(&peer, (struct wire_impair_rates){0}, (struct wire_impair_rates){0});
    uint8_t frame[WIRE_FRAME_MAX], expected[LENGTH];

    (void)state;
    assert_int_equal(wire->poll_fd, 42);
    for (uint32_t i = 0; i < 1000; i++) {
        make_frame(expected, i, 0x0800);
        assert_int_equal(wire->ops->to_card(wire, i, frame), LENGTH);
        assert_memory_equal(frame, expected, LENGTH);
    }
    assert_int_equal(wire->ops->to_card(wire, 1000, frame), 0);
    send_from_card(wire, 7, 3);
    assert_int_equal(peer.count, 1);
    assert_int_equal(peer.got[0].number, 3);
    assert_int_equal(peer.got[0].time, 7);
    assert_true(wire_wake_at(wire) == UINT64_MAX);
    wire_close(wire);
}

// What came out of a long run, seen from outside.
struct outcome {
    uint64_t missing, twice, out_of_order, fcs_wrong, fcs_right_but_damaged;
    uint64_t hash;
};

static void look_at(struct outcome *outcome, const uint8_t *frame, uint8_t *seen, uint32_t *last,
                    uint32_t number)
{
    for (size_t i = 0; i < LENGTH; i++)
        outcome->hash = (outcome->hash ^ frame[i]) * 0x100000001B3;
    outcome->twice += seen[number]++ == 1;
    outcome->out_of_order += number < *last;
    *last = number;
}

// The frame is damaged in one bit at most, so of the numbers around the last one, one fits best.
static uint32_t identify(const uint8_t *frame, uint32_t near, uint32_t end, unsigned *wrong_bits)
{
    uint32_t best = 0;
    uint8_t whole[LENGTH];

    *wrong_bits = UINT32_MAX;
    for (uint32_t number = near > 4 ? near - 4 : 0; number < near + 8 && number < end; number++) {
        unsigned bits = 0;
        make_frame(whole, number, 0x0800);
        for (size_t i = 0; i < LENGTH - 4; i++)
            bits += (unsigned)__builtin_popcount(frame[i] ^ whole[i]);
        if (bits < *wrong_bits) {
            *wrong_bits = bits;
            best = number;
        }
    }
    return best;
}

static struct outcome run(struct wire *wire, uint32_t frames)
{
    struct outcome outcome = {.hash = 1};
    uint8_t frame[WIRE_FRAME_MAX], *seen = calloc(frames, 1);
    uint32_t last = 0;
    unsigned wrong_bits;

    // Ten frames in a microsecond; at the end, time for what is still held back.
    for (uint64_t now = 0; now < frames * 100 + 2 * WIRE_IMPAIR_HOLD; now += 100) {
        if (wire->ops->to_card(wire, now, frame) == 0)
            continue;
        uint32_t number = identify(frame, last, frames, &wrong_bits);
        if (!fcs_ok(frame, LENGTH))
            outcome.fcs_wrong++;
        else
            outcome.fcs_right_but_damaged += wrong_bits != 0;
        assert_true(wrong_bits <= 1);
        look_at(&outcome, frame, seen, &last, number);
    }
    for (uint32_t i = 0; i < frames; i++)
        outcome.missing += seen[i] == 0;
    free(seen);
    return outcome;
}

static void the_rates_are_kept_and_what_is_counted_is_what_happened(void **state)
{
    enum { FRAMES = 100000 };
    const struct wire_impair_rates rates = {
        .drop = 10000, .reorder = 20000, .duplicate = 5000, .corrupt = 15000};
    struct peer peer = peer_of(FRAMES);
    struct wire *wire = impair(&peer, rates, (struct wire_impair_rates){0});
    struct outcome outcome = run(wire, FRAMES);
    struct wire_impair_stats stats, other;

    (void)state;
    wire_impair_stats(wire, &stats, &other);
    assert_int_equal(stats.frames, FRAMES);
    assert_int_equal(stats.dropped, outcome.missing);
    assert_int_equal(stats.duplicated, outcome.twice);
    assert_about(stats.dropped, FRAMES, 0.010);
    assert_about(stats.reordered, FRAMES,
                 0.020 * 0.99 * 0.98); // not the dropped; nor where one is held already
    assert_about(stats.duplicated, FRAMES, 0.005 * 0.99);
    assert_about(stats.corrupted, FRAMES, 0.015 * 0.99);
    assert_about(stats.corrupted_fcs_repaired, stats.corrupted, 0.5);
    assert_true(outcome.out_of_order > stats.reordered * 9 / 10);
    assert_true(outcome.fcs_wrong >= stats.corrupted - stats.corrupted_fcs_repaired);
    assert_true(outcome.fcs_right_but_damaged >= stats.corrupted_fcs_repaired);
    assert_int_equal(other.frames, 0);
    wire_close(wire);
}

static void the_same_seed_does_the_same_again_whatever_passes_the_other_way(void **state)
{
    const struct wire_impair_rates rates = {
        .drop = 100000, .reorder = 100000, .duplicate = 100000, .corrupt = 100000};
    struct outcome outcome[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct peer peer = peer_of(2000);
        struct wire *wire = impair(&peer, rates, rates);
        for (uint32_t n = 0; i == 1 && n < 100; n++)
            send_from_card(wire, 0, n);
        outcome[i] = run(wire, 2000);
        wire_close(wire);
    }
    assert_true(outcome[0].hash == outcome[1].hash);
}

static void another_seed_does_something_else(void **state)
{
    const struct wire_impair_config first = {.to_card = {.drop = 100000}, .seed = SEED},
                                    second = {.to_card = {.drop = 100000}, .seed = SEED + 1};
    struct peer a = peer_of(2000), b = peer_of(2000);
    struct wire *wire_a = wire_impair_create(&a.wire, &first), *wire_b = wire_impair_create(&b.wire, &second);

    (void)state;
    assert_true(run(wire_a, 2000).hash != run(wire_b, 2000).hash);
    wire_close(wire_a);
    wire_close(wire_b);
}

static void a_reordered_frame_comes_right_behind_the_next(void **state)
{
    const struct wire_impair_rates always = {.reorder = 1000000};
    struct peer peer = peer_of(0);
    struct wire *wire = impair(&peer, (struct wire_impair_rates){0}, always);

    (void)state;
    send_from_card(wire, 10, 1);
    assert_int_equal(peer.count, 0);
    send_from_card(wire, 20, 2);
    assert_int_equal(peer.count, 2);
    assert_int_equal(peer.got[0].number, 2);
    assert_int_equal(peer.got[1].number, 1);
    wire_close(wire);
}

static void a_held_frame_with_none_after_it_is_released_in_time(void **state)
{
    const struct wire_impair_rates always = {.reorder = 1000000};
    struct peer peer = peer_of(1);
    struct wire *wire = impair(&peer, always, always);
    uint8_t frame[WIRE_FRAME_MAX];

    (void)state;
    send_from_card(wire, 100, 1);
    assert_true(wire_wake_at(wire) == 100 + WIRE_IMPAIR_HOLD);
    assert_int_equal(wire->ops->to_card(wire, 50, frame), 0); // held as well, from now on
    assert_true(wire_wake_at(wire) == 50 + WIRE_IMPAIR_HOLD);
    assert_int_equal(wire->ops->to_card(wire, 49 + WIRE_IMPAIR_HOLD, frame), 0);
    assert_int_equal(peer.count, 0);
    assert_int_equal(wire->ops->to_card(wire, 50 + WIRE_IMPAIR_HOLD, frame), LENGTH);
    assert_int_equal(wire->ops->to_card(wire, 100 + WIRE_IMPAIR_HOLD, frame), 0);
    assert_int_equal(peer.count, 1);
    assert_true(wire_wake_at(wire) == UINT64_MAX);
    wire_close(wire);
}

static void a_duplicate_is_the_same_frame_at_once_again(void **state)
{
    struct peer peer = peer_of(0);
    struct wire *wire =
        impair(&peer, (struct wire_impair_rates){0}, (struct wire_impair_rates){.duplicate = 1000000});

    (void)state;
    send_from_card(wire, 5, 9);
    assert_int_equal(peer.count, 2);
    assert_true(peer.got[0].number == 9 && peer.got[1].number == 9);
    wire_close(wire);
}

static void a_repaired_fcs_hides_damage_only_behind_the_ethernet_header_of_ipv4(void **state)
{
    const struct wire_impair_rates always = {.corrupt = 1000000};
    struct peer peer = peer_of(4000);
    struct wire *wire = impair(&peer, always, (struct wire_impair_rates){0});
    uint8_t frame[WIRE_FRAME_MAX], whole[LENGTH];
    struct wire_impair_stats stats, other;

    (void)state;
    for (uint32_t i = 0; i < 4000; i++) {
        peer.type = i < 2000 ? 0x0800 : 0x0806;
        assert_int_equal(wire->ops->to_card(wire, i, frame), LENGTH);
        make_frame(whole, i, peer.type);
        assert_memory_not_equal(frame, whole, LENGTH);
        if (fcs_ok(frame, LENGTH)) {
            assert_true(i < 2000);
            assert_memory_equal(frame, whole, 14);
        }
    }
    wire_impair_stats(wire, &stats, &other);
    assert_int_equal(stats.corrupted, 4000);
    assert_about(stats.corrupted_fcs_repaired, 2000, 0.5);
    wire_close(wire);
}

static void a_failure_of_the_wire_inside_is_passed_on_with_its_reason(void **state)
{
    struct peer peer = peer_of(0);
    struct wire *wire = impair(&peer, (struct wire_impair_rates){0}, (struct wire_impair_rates){0});
    uint8_t frame[WIRE_FRAME_MAX];

    (void)state;
    peer.failure = -ENODEV;
    strcpy(peer.wire.error, "it is gone");
    assert_int_equal(wire->ops->to_card(wire, 0, frame), -ENODEV);
    assert_string_equal(wire->error, "it is gone");
    wire_close(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_all_rates_zero_every_frame_passes_untouched_and_in_order),
        cmocka_unit_test(the_rates_are_kept_and_what_is_counted_is_what_happened),
        cmocka_unit_test(the_same_seed_does_the_same_again_whatever_passes_the_other_way),
        cmocka_unit_test(another_seed_does_something_else),
        cmocka_unit_test(a_reordered_frame_comes_right_behind_the_next),
        cmocka_unit_test(a_held_frame_with_none_after_it_is_released_in_time),
        cmocka_unit_test(a_duplicate_is_the_same_frame_at_once_again),
        cmocka_unit_test(a_repaired_fcs_hides_damage_only_behind_the_ethernet_header_of_ipv4),
        cmocka_unit_test(a_failure_of_the_wire_inside_is_passed_on_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
