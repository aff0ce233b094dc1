// SPDX-License-Identifier: BSD-2-Clause
//
// Both ends of a cable in this process, and a socket that says what no card would.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmocka_test.h"
#include "socket_address.h"
#include "wire_peer.h"

#define SLICE WIRE_PEER_LATENCY
#define LENGTH 64
#define AIR_TIME ((LENGTH + 8) * 8) // ns, with the preamble

static char directory[] = "/tmp/weir-peer.XXXXXX", address[64];
static uint8_t frame[WIRE_FRAME_MAX];

static struct wire *open_end(void)
{
    char error[200];
    struct wire *wire = wire_peer_open(address, error, sizeof error);

    if (!wire)
        fail_msg("%s", error);
    return wire;
}

struct pair {
    struct wire *a, *b;
};

// Two ends, joined; a's card is at `now_a`, b's at `now_b`.
static struct pair join(uint64_t now_a, uint64_t now_b)
{
    struct pair pair = {.a = open_end()};

    assert_int_equal(pair.a->ops->to_card(pair.a, now_a, frame), 0);
    pair.b = open_end();
    assert_false(wire_link(pair.a));
    assert_false(wire_link(pair.b));
    assert_int_equal(pair.a->ops->to_card(pair.a, now_a, frame), 0);
    assert_int_equal(pair.b->ops->to_card(pair.b, now_b, frame), 0);
    assert_int_equal(pair.a->ops->to_card(pair.a, now_a, frame), 0);
    assert_int_equal(pair.b->ops->to_card(pair.b, now_b, frame), 0);
    assert_true(wire_link(pair.a));
    assert_true(wire_link(pair.b));
    return pair;
}

static void part(struct pair pair)
{
    wire_close(pair.a);
    wire_close(pair.b);
}

static void send_frame(struct wire *wire, uint64_t now, uint8_t mark)
{
    uint8_t bytes[LENGTH];

    memset(bytes, mark, sizeof bytes);
    assert_int_equal(wire->ops->from_card(wire, now, bytes, sizeof bytes), 0);
}

// What has come by `now`: its mark, or 0 for nothing.
static uint8_t receive(struct wire *wire, uint64_t now)
{
    ssize_t length = wire->ops->to_card(wire, now, frame);

    if (length == 0)
        return 0;
    assert_int_equal(length, LENGTH);
    assert_int_equal(frame[0], frame[LENGTH - 1]);
    return frame[0];
}

static void a_frame_arrives_a_latency_after_its_last_byte_has_left(void **state)
{
    struct pair pair = join(0, 0);
    uint64_t due = 1000 + AIR_TIME + WIRE_PEER_LATENCY;

    (void)state;
    send_frame(pair.a, 1000, 7);
    assert_int_equal(receive(pair.b, due - 1), 0);
    assert_int_equal(wire_wake_at(pair.b), due);
    assert_int_equal(receive(pair.b, due), 7);
    assert_int_equal(receive(pair.b, due), 0);
    assert_int_equal(wire_wake_at(pair.b), UINT64_MAX);
    part(pair);
}

static void time_counts_from_the_moment_the_cable_is_joined(void **state)
{
    struct pair pair = join(5000000, 900);

    (void)state;
    send_frame(pair.b, 1900, 7);
    assert_int_equal(receive(pair.a, 5001000 + AIR_TIME + WIRE_PEER_LATENCY - 1), 0);
    assert_int_equal(receive(pair.a, 5001000 + AIR_TIME + WIRE_PEER_LATENCY), 7);
    part(pair);
}

static void frames_arrive_in_order_each_once(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    for (uint8_t i = 1; i <= 200; i++)
        send_frame(pair.a, i * 1000u, i);
    for (uint8_t i = 1; i <= 200; i++)
        assert_int_equal(receive(pair.b, 1000000), i);
    assert_int_equal(receive(pair.b, 1000000), 0);
    part(pair);
}

static void a_card_with_work_does_not_run_away_from_one_with_work(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    assert_int_equal(wire_may_run(pair.a, 0), SLICE);
    assert_int_equal(wire_may_run(pair.a, SLICE), SLICE);
    assert_int_equal(receive(pair.b, 0), 0); // b hears of it
    assert_int_equal(wire_may_run(pair.b, 0), 2 * SLICE);
    assert_int_equal(wire_may_run(pair.b, 2 * SLICE), 2 * SLICE);
    assert_int_equal(receive(pair.a, SLICE), 0);
    assert_int_equal(wire_may_run(pair.a, SLICE), 3 * SLICE);
    part(pair);
}

static void a_card_stops_where_the_next_frame_arrives(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    send_frame(pair.a, 0, 1);
    assert_int_equal(wire_may_run(pair.a, SLICE), SLICE);
    assert_int_equal(receive(pair.b, 0), 0);
    assert_int_equal(wire_may_run(pair.b, 0), AIR_TIME + WIRE_PEER_LATENCY);
    part(pair);
}

static void a_card_that_sleeps_holds_nobody_up(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    assert_int_equal(wire_rest(pair.a, 100), 0); // b is not known to sleep: it follows b's time
    assert_int_equal(receive(pair.b, 100), 0);
    assert_int_equal(wire_may_run(pair.b, 100), UINT64_MAX);
    part(pair);
}

static void a_card_that_sleeps_follows_the_time_of_one_with_work(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    wire_may_run(pair.b, 50000);
    assert_int_equal(wire_rest(pair.a, 100), 50000);
    wire_may_run(pair.b, 70000);
    assert_int_equal(wire_rest(pair.a, 50000), 70000);
    part(pair);
}

static void time_passes_with_the_clock_when_both_sleep(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    wire_rest(pair.b, 100);
    assert_int_equal(wire_rest(pair.a, 100), UINT64_MAX);
    assert_int_equal(wire_rest(pair.b, 100), UINT64_MAX);
    part(pair);
}

static void when_one_end_goes_the_other_waits_for_the_next(void **state)
{
    struct pair pair = join(0, 0);

    (void)state;
    wire_close(pair.b);
    assert_int_equal(receive(pair.a, 1000), 0);
    assert_false(wire_link(pair.a));
    send_frame(pair.a, 2000, 9); // nobody is there
    assert_int_equal(wire_may_run(pair.a, 1000), UINT64_MAX);
    pair.b = open_end();
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(receive(pair.a, 3000), 0);
        assert_int_equal(receive(pair.b, 0), 0);
    }
    assert_true(wire_link(pair.a));
    assert_true(wire_link(pair.b));
    assert_int_equal(receive(pair.b, 1000000), 0);
    struct wire_peer_stats stats;
    wire_peer_stats(pair.a, &stats);
    assert_int_equal(stats.unplugged, 1);
    assert_int_equal(stats.joined, 2);
    assert_int_equal(stats.lost, 1);
    part(pair);
}

static void a_third_card_is_hung_up_on(void **state)
{
    struct pair pair = join(0, 0);
    struct wire *third = open_end();

    (void)state;
    assert_int_equal(receive(pair.a, 0), 0);
    assert_int_equal(receive(third, 0), 0);
    assert_false(wire_link(third));
    send_frame(pair.a, 0, 3);
    assert_int_equal(receive(pair.b, 1000000), 3);
    wire_close(third);
    part(pair);
}

// Says `bytes` to a card that waits, behind the greeting if `greet`. True when the card hangs up.
static bool is_hung_up_on(const void *bytes, size_t length, bool greet)
{
    static const uint8_t greeting[32] = {1,   0,   0,   0,   16,  [16] = 'w', 'e', 'i', 'r',
                                         ' ', 'c', 'a', 'b', 'l', 'e',        ' ', '1'};
    struct wire *wire = open_end();
    struct wire_peer_stats stats;
    char error[200];
    int fd = socket_address_connect(address, error, sizeof error);

    assert_true(fd >= 0);
    if (greet)
        assert_int_equal(send(fd, greeting, sizeof greeting, 0), sizeof greeting);
    assert_int_equal(send(fd, bytes, length, 0), length);
    for (uint64_t now = 0; now < 10; now++)
        wire->ops->to_card(wire, now, frame);
    wire_peer_stats(wire, &stats);
    assert_int_equal(stats.joined, greet);
    bool joined = wire_link(wire);
    close(fd);
    wire_close(wire);
    assert_int_equal(stats.nonsense, !joined);
    return !joined;
}

static void nonsense_is_hung_up_on(void **state)
{
    const uint8_t busy[16] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 1}, past[16] = {3}, type[16] = {5}, zero[16] = {0};
    const uint8_t long_frame[16] = {2, 0, 0, 0, 1, 64}, short_frame[16] = {2, 0, 0, 0, 17},
                  busy_data[16] = {3, 0, 0, 0, 1};
    const uint8_t far[16] = {3, [14] = 16}, hello[16] = {1, 0, 0, 0, 16},
                  many[16] = {2, 0, 0, 0, 0, 0, 0, 128};
    uint8_t both[32];

    (void)state;
    assert_false(is_hung_up_on(busy, 16, true)); // that is as it should be
    memcpy(both, busy, 16);
    memcpy(both + 16, past, 16);
    assert_true(is_hung_up_on(both, 32, true)); // time goes back
    assert_true(is_hung_up_on(busy, 16, false));
    assert_true(is_hung_up_on(type, 16, true));
    assert_true(is_hung_up_on(zero, 16, true));
    assert_true(is_hung_up_on(zero, 16, false));
    assert_true(is_hung_up_on(long_frame, 16, true));
    assert_true(is_hung_up_on(short_frame, 16, true));
    assert_true(is_hung_up_on(many, 16, true));
    assert_true(is_hung_up_on(busy_data, 16, true));
    assert_true(is_hung_up_on(far, 16, true));
    memset(both, 0, sizeof both);
    memcpy(both, hello, 16);
    assert_true(is_hung_up_on(both, 32, false)); // another greeting
}

// The other end sleeps, as far as we know, and has stopped in truth.
static void an_end_that_takes_nothing_costs_frames_and_no_more(void **state)
{
    struct pair pair = join(0, 0);
    struct wire_peer_stats stats;
    unsigned arrived = 0;

    (void)state;
    wire_rest(pair.b, 0);
    assert_int_equal(receive(pair.a, 0), 0);
    for (unsigned i = 0; i < 30000; i++) {
        send_frame(pair.a, i * 1000u, 1);
        assert_int_equal(wire_may_run(pair.a, i * 1000u + AIR_TIME), UINT64_MAX);
    }
    wire_peer_stats(pair.a, &stats);
    assert_true(stats.overflow > 0);
    for (unsigned i = 0; i < 60000; i++) {
        arrived += receive(pair.b, 1000000000);
        receive(pair.a, 30000000);
    }
    assert_int_equal(arrived, stats.from_card);
    assert_int_equal(stats.from_card + stats.overflow, 30000);
    part(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_arrives_a_latency_after_its_last_byte_has_left),
        cmocka_unit_test(time_counts_from_the_moment_the_cable_is_joined),
        cmocka_unit_test(frames_arrive_in_order_each_once),
        cmocka_unit_test(a_card_with_work_does_not_run_away_from_one_with_work),
        cmocka_unit_test(a_card_stops_where_the_next_frame_arrives),
        cmocka_unit_test(a_card_that_sleeps_holds_nobody_up),
        cmocka_unit_test(a_card_that_sleeps_follows_the_time_of_one_with_work),
        cmocka_unit_test(time_passes_with_the_clock_when_both_sleep),
        cmocka_unit_test(when_one_end_goes_the_other_waits_for_the_next),
        cmocka_unit_test(a_third_card_is_hung_up_on),
        cmocka_unit_test(nonsense_is_hung_up_on),
        cmocka_unit_test(an_end_that_takes_nothing_costs_frames_and_no_more),
    };

    if (!mkdtemp(directory))
        return 1;
    snprintf(address, sizeof address, "unix:%s/cable", directory);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
