// SPDX-License-Identifier: BSD-2-Clause
//
// Cards that come and go: waiting for one, and pulling one out at any moment.
#include "transport_libusb_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- Waiting for a card ----

static bool is_readable(const struct weir_usb_watch *watch, int wait)
{
    struct pollfd fd = {.fd = weir_usb_watch_fd(watch), .events = POLLIN};
    return poll(&fd, 1, wait) == 1;
}

static void *plug_later(void *context)
{
    struct bench *bench = context;

    usleep(1000); // so that the other one waits, most often
    plug(bench, &bench->other, 4, "0257656972AB");
    return NULL;
}

static void a_card_that_is_plugged_in_ends_the_wait_at_once(void **state)
{
    struct bench *bench = *state;
    struct weir_usb_watch *watch = weir_usb_watch_open("usb:serial=0257656972AB");
    pthread_t thread;

    assert_non_null(watch);
    for (int round = 0; round < 20; round++) {
        assert_false(is_readable(watch, 0)); // the one that was there before does not count
        assert_false(weir_usb_watch_arrived(watch));
        assert_int_equal(pthread_create(&thread, NULL, plug_later, bench), 0);
        assert_true(is_readable(watch, -1));
        assert_true(weir_usb_watch_arrived(watch));
        pthread_join(thread, NULL);
        assert_false(weir_usb_watch_arrived(watch));
        struct weir_transport *transport = open_transport(bench, "serial=0257656972AB");
        assert_non_null(transport);
        transport->ops->close(transport);
        fake_usb_unplug(&bench->other);
    }
    weir_usb_watch_close(watch);
}

// The event thread of a card in use handles that card's events, and leaves the watch's to the watch.
static void a_watch_and_a_card_in_use_do_not_disturb_each_other(void **state)
{
    struct bench *bench = *state;
    struct weir_usb_watch *watch = weir_usb_watch_open("usb");
    pthread_t thread;

    assert_true(open_card(bench));
    assert_int_equal(pthread_create(&thread, NULL, plug_later, bench), 0);
    exchanges_everything(bench);
    assert_true(is_readable(watch, -1));
    assert_true(weir_usb_watch_arrived(watch));
    pthread_join(thread, NULL);
    fake_usb_unplug(&bench->other);
    weir_card_close(bench->card);
    plug(bench, &bench->other, 4, "0257656972AB");
    weir_usb_watch_close(watch); // with an arrival that nobody asked for
}

static void where_nothing_tells_of_cards_there_is_no_watch(void **state)
{
    (void)state;
    assert_null(weir_usb_watch_open("sim:tap=usb"));
    assert_null(weir_usb_watch_open("usbredir:unix:x"));
    fake_usb.no_hotplug = true;
    assert_null(weir_usb_watch_open("usb"));
    fake_usb.no_hotplug = false;
    fake_usb.no_callback = true;
    assert_null(weir_usb_watch_open("usb"));
    fake_usb.no_usb = true;
    assert_null(weir_usb_watch_open("usb"));
    assert_int_equal(weir_usb_watch_fd(NULL), -1);
    assert_false(weir_usb_watch_arrived(NULL));
    weir_usb_watch_close(NULL);
}

// ---- Unplugging ----

static void unplugged_while_it_waits_the_card_is_gone(void **state)
{
    struct bench *bench = *state;
    int error = 0;

    assert_true(open_card(bench));
    exchanges_everything(bench);
    fake_usb_unplug(&bench->device);
    while (error == 0)
        error = weir_card_poll(bench->card, WEIR_TIME_NEVER);
    assert_int_equal(error, -ENODEV);
    assert_int_equal(weir_card_poll(bench->card, WEIR_TIME_NEVER), -ENODEV);
    weir_card_close(bench->card);
    assert_false(open_card(bench));
    plug(bench, &bench->device, 3, "025765697201");
    bench->wire_count = bench->host_count = 0;
    assert_true(open_card(bench));
    exchanges_everything(bench);
    weir_card_close(bench->card);
}

// Opens, exchanges, closes, with the card pulled out at a given call of libusb. True when it came to that
// call.
static bool unplugged_at(struct bench *bench, unsigned call, unsigned dying_calls)
{
    plug(bench, &bench->device, 3, "025765697201");
    bench->device.configuration = call < 30 ? 2 : 1;
    bench->device.kernel = bench->device.configuration == 2;
    bench->wire_count = bench->host_count = 0;
    fake_usb.calls = 0;
    fake_usb.unplug_at = call;
    fake_usb.dying_calls = dying_calls;
    fake_usb.out_faults = call % 3 ? 0 : 4; // now and then in the middle of a recovery
    if (open_card(bench)) {
        int error = exchange(bench);
        assert_true(error == 0 || error == -ENODEV);
        weir_card_close(bench->card);
    } else {
        assert_true(*bench->error);
        assert_null(strstr(bench->error, "permission"));
    }
    assert_int_equal(bench->wire_wrong, 0);
    assert_int_equal(bench->host_wrong, 0);
    assert_int_equal(bench->device.references, 0);
    return fake_usb.calls >= call;
}

static void unplugged_at_any_call_nothing_hangs_or_leaks(void **state)
{
    unsigned call = 1;

    while (unplugged_at(*state, call, 0))
        call += call < 120 ? 1 : 17;
    assert_in_range(call, 100, 100000);
}

static void an_unplugged_card_that_fails_before_it_is_gone_is_told_as_gone(void **state)
{
    unsigned call = 1;

    while (unplugged_at(*state, call, 6))
        call += call < 90 ? 1 : 61;
    assert_in_range(call, 90, 100000);
}

static void a_card_that_is_still_there_and_fails_is_not_told_as_gone(void **state)
{
    struct bench *bench = *state;
    struct weir_transport *transport = open_transport(bench, "");
    uint8_t bytes[4];

    fake_usb.control_errors = 1;
    assert_int_equal(transport->ops->control(transport, 0xC0, WEIR_REQ_READ_REG, 0, 0, bytes, 4), -EIO);
    assert_int_equal(transport->ops->control(transport, 0xC0, WEIR_REQ_READ_REG, 0, 0, bytes, 4), 4);
    assert_int_equal(transport->ops->control(transport, 0xC0, 99, 0, 0, bytes, 4), -EPIPE);
    transport->ops->close(transport);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_that_is_plugged_in_ends_the_wait_at_once),
        TEST(a_watch_and_a_card_in_use_do_not_disturb_each_other),
        TEST(where_nothing_tells_of_cards_there_is_no_watch),
        TEST(unplugged_while_it_waits_the_card_is_gone),
        TEST(unplugged_at_any_call_nothing_hangs_or_leaks),
        TEST(an_unplugged_card_that_fails_before_it_is_gone_is_told_as_gone),
        TEST(a_card_that_is_still_there_and_fails_is_not_told_as_gone),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
