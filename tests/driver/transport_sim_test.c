// SPDX-License-Identifier: BSD-2-Clause
//
// The simulation transport over the model of the card in C (fake_sim.c).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "transport_internal.h"
#include "weir_card.h"
#include "weir_link.h"
#include "wire.h"

static void ignore(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

static unsigned looks; // at the wire: one each slice of device time in which the simulation ran

static ssize_t nothing_to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    (void)wire, (void)now, (void)frame;
    looks++;
    return 0;
}

static int anything_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    (void)wire, (void)now, (void)frame, (void)length;
    return 0;
}

static void close_nothing(struct wire *wire)
{
    (void)wire;
}

static int setup(void **state)
{
    static const struct wire_ops ops = {
        .to_card = nothing_to_card, .from_card = anything_from_card, .close = close_nothing};
    static struct wire quiet = {.ops = &ops, .poll_fd = -1};
    char error[200];
    struct weir_transport *transport = weir_transport_sim_open_on("", &quiet, error, sizeof error);
    assert_non_null(transport);
    *state = weir_card_open(transport, &(struct weir_card_receiver){.frame = ignore}, error, sizeof error);
    assert_non_null(*state);
    assert_int_equal(weir_card_poll(*state, weir_card_now(*state)), 0); // the link's state
    return 0;
}

static int teardown(void **state)
{
    weir_card_close(*state);
    return 0;
}

static uint64_t system_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void idle_card_sleeps_until_the_deadline(void **state)
{
    weir_time before = weir_card_now(*state);
    uint64_t slept = system_now();

    looks = 0;
    while (weir_card_now(*state) < before + 200000000)
        assert_int_equal(weir_card_poll(*state, before + 200000000), 0);
    assert_int_equal(weir_card_now(*state), before + 200000000); // never past it
    assert_in_range(system_now() - slept, 190000000, UINT64_MAX);
    assert_in_range(looks, 1, 20); // 10,000 slices had it not slept
}

static void busy_card_does_not_wait_for_the_clock_on_the_wall(void **state)
{
    static const uint8_t frame[1514];
    uint32_t counters[WEIR_COUNTERS];
    struct weir_card_tx tx = {.header = frame, .header_length = 1514};
    weir_time before = weir_card_now(*state);
    unsigned sent = 0;

    while (sent < 2000) {
        while (sent < 2000 && weir_card_can_send(*state))
            sent += weir_card_send(*state, &tx) == 0;
        assert_int_equal(weir_card_poll(*state, WEIR_TIME_NEVER), 0);
    }
    while (weir_card_counters(*state, counters) == 0 && counters[WEIR_CNT_TX_FRAMES] < 2000)
        assert_int_equal(weir_card_poll(*state, weir_card_now(*state) + 1000000), 0);
    // 2,000 records of 1,528 bytes at 13 packets of 512 bytes a microframe take 57 ms at least.
    assert_in_range(weir_card_now(*state) - before, 57000000, 90000000);
}

static void watched_descriptor_ends_the_wait(void **state)
{
    int ends[2];
    struct pollfd watched = {.events = POLLIN};

    assert_int_equal(pipe(ends), 0);
    watched.fd = ends[0];
    weir_card_watch(*state, &watched, 1);
    assert_int_equal(weir_card_poll(*state, weir_card_now(*state) + 1000000), 0);
    assert_int_equal(watched.revents, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(weir_card_poll(*state, WEIR_TIME_NEVER), 0);
    assert_int_equal(watched.revents, POLLIN);
    weir_card_watch(*state, NULL, 0);
    close(ends[0]);
    close(ends[1]);
}

static void unknown_request_is_refused_and_the_next_works(void **state)
{
    uint32_t value = 0;

    assert_int_equal(weir_card_read_reg(*state, 4711, &value), -32); // EPIPE
    assert_int_equal(weir_card_write_reg(*state, WEIR_REG_SCRATCH, 0xCAFEF00D), 0);
    assert_int_equal(weir_card_read_reg(*state, WEIR_REG_SCRATCH, &value), 0);
    assert_int_equal(value, 0xCAFEF00D);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(idle_card_sleeps_until_the_deadline),
        TEST(busy_card_does_not_wait_for_the_clock_on_the_wall),
        TEST(watched_descriptor_ends_the_wait),
        TEST(unknown_request_is_refused_and_the_next_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
