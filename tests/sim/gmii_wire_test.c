// SPDX-License-Identifier: BSD-2-Clause
#include "cmocka_test.h"

#include <stdlib.h>
#include <string.h>

#include "gmii_wire.h"

// Everything told by source and sink, in order.
struct event {
    uint64_t time;
    uint8_t frame[2048];
    size_t length;
    bool ok;
};
struct log {
    struct event events[64];
    size_t count;
};

static void on_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    struct log *log = context;
    struct event *event = &log->events[log->count++];

    assert_true(log->count <= 64 && length <= sizeof event->frame);
    *event = (struct event){.time = time, .length = length};
    memcpy(event->frame, frame, length);
}

static void on_received(void *context, uint64_t time, const uint8_t *frame, size_t length, bool ok)
{
    struct log *log = context;

    on_sent(context, time, frame, length);
    log->events[log->count - 1].ok = ok;
}

struct bench {
    struct gmii_source source;
    struct gmii_sink sink;
    struct log sent, received;
    uint64_t now;
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    gmii_source_init(&bench->source, on_sent, &bench->sent);
    assert_true(gmii_sink_init(&bench->sink, on_received, &bench->received));
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    gmii_source_free(&bench->source);
    gmii_sink_free(&bench->sink);
    free(bench);
    return 0;
}

static void queue(struct bench *bench, size_t length, uint8_t first)
{
    uint8_t frame[2048];

    for (size_t i = 0; i < length; i++)
        frame[i] = (uint8_t)(first + i * 3);
    assert_true(gmii_source_queue(&bench->source, frame, length));
}

// Drives the sink with symbols: 'p' preamble byte, 's' SFD, 'd' data, 'e' data with error, '.' nothing, 'x'
// error alone.
static void drive(struct bench *bench, const char *symbols)
{
    for (; *symbols; symbols++) {
        struct gmii_pins pins = {.valid = *symbols != '.' && *symbols != 'x',
                                 .error = *symbols == 'e' || *symbols == 'x'};

        pins.data = *symbols == 'p' ? 0x55 : *symbols == 's' ? GMII_SFD : (uint8_t)*symbols;
        gmii_sink_clock(&bench->sink, bench->now, pins);
        bench->now += GMII_BYTE_NS;
    }
}

static void queued_frames_are_on_the_pins_byte_for_byte_with_twelve_byte_times_between(void **state)
{
    struct bench *bench = *state;
    uint8_t expected[1024] = {0};
    size_t n = 0;

    queue(bench, 64, 1);
    queue(bench, 100, 2);
    for (size_t frame = 0; frame < 2; frame++) {
        const size_t length = frame ? 100 : 64;
        memset(expected + n, 0x55, 7);
        expected[n + 7] = 0xD5;
        for (size_t i = 0; i < length; i++)
            expected[n + 8 + i] = (uint8_t)(frame + 1 + i * 3);
        n += 8 + length + 12;
    }
    struct gmii_pins pins = {0};
    for (size_t i = 0; i < n; i++) {
        bool gap = (i >= 72 && i < 84) || i >= n - 12;
        gmii_source_clock(&bench->source, i * GMII_BYTE_NS, &pins);
        assert_int_equal(pins.valid, !gap);
        assert_false(pins.error);
        if (!gap)
            assert_int_equal(pins.data, expected[i]);
    }
    assert_true(gmii_source_idle(&bench->source));
    assert_int_equal(bench->sent.count, 2);
    assert_int_equal(bench->sent.events[0].time, 0);
    assert_int_equal(bench->sent.events[1].time, 84 * GMII_BYTE_NS);
}

static void what_the_source_sends_the_sink_receives_at_the_same_time(void **state)
{
    struct bench *bench = *state;
    struct gmii_pins pins = {0};

    for (unsigned i = 0; i < 40; i++)
        queue(bench, 1 + i * 37, (uint8_t)i);
    while (!gmii_source_idle(&bench->source)) {
        gmii_source_clock(&bench->source, bench->now, &pins);
        gmii_sink_clock(&bench->sink, bench->now, pins);
        bench->now += GMII_BYTE_NS;
    }
    assert_int_equal(bench->received.count, 40);
    for (size_t i = 0; i < 40; i++) {
        const struct event *sent = &bench->sent.events[i], *received = &bench->received.events[i];
        assert_true(received->ok);
        assert_int_equal(received->time, sent->time);
        assert_int_equal(received->length, 1 + i * 37);
        assert_memory_equal(received->frame, sent->frame, sent->length);
    }
}

static void bytes_waiting_are_counted_until_their_frame_is_under_way(void **state)
{
    struct bench *bench = *state;
    struct gmii_pins pins;

    queue(bench, 100, 0);
    queue(bench, 60, 0);
    assert_int_equal(bench->source.queued, 160);
    gmii_source_clock(&bench->source, 0, &pins);
    assert_int_equal(bench->source.queued, 60);
}

static void a_frame_with_everything_right_is_ok(void **state)
{
    struct bench *bench = *state;

    drive(bench, "....pppppppsddd............pppppppsdd.");
    assert_int_equal(bench->received.count, 2);
    assert_true(bench->received.events[0].ok && bench->received.events[1].ok);
    assert_int_equal(bench->received.events[0].time, 4 * GMII_BYTE_NS);
    assert_int_equal(bench->received.events[0].length, 3);
    assert_int_equal(bench->received.events[1].time, 27 * GMII_BYTE_NS);
}

static void each_breach_of_the_framing_is_told_with_its_frame_and_not_the_next(void **state)
{
    static const char *const breaches[] = {
        "ppppppsdd",         // preamble short by one
        "ppppppppsdd",       // and long by one
        "pppdpppsdd",        // a wrong byte in it
        "pppppppppp",        // no SFD at all
        "pppppppsddedd",     // TX_ER in the frame
        "ppepppppsdd",       // in the preamble
        "...x...pppppppsdd", // outside any frame
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof breaches / sizeof *breaches; i++) {
        bench->received.count = 0;
        drive(bench, breaches[i]);
        drive(bench, "............pppppppsdd............");
        assert_int_equal(bench->received.count, 2);
        if (bench->received.events[0].ok)
            fail_msg("not noticed: %s", breaches[i]);
        assert_true(bench->received.events[1].ok);
    }
}

static void a_gap_of_eleven_byte_times_is_too_short(void **state)
{
    struct bench *bench = *state;

    drive(bench, "pppppppsdd...........pppppppsdd.");
    assert_int_equal(bench->received.count, 2);
    assert_true(bench->received.events[0].ok);
    assert_false(bench->received.events[1].ok);
}

static void a_frame_without_end_is_cut_at_the_limit_and_not_ok(void **state)
{
    struct bench *bench = *state;
    struct gmii_sink *sink = &bench->sink;

    drive(bench, "ppppppps");
    for (size_t i = 0; i < GMII_FRAME_MAX; i++)
        drive(bench, "d");
    assert_true(sink->ok);
    drive(bench, "d");
    assert_false(sink->ok);
    assert_int_equal(sink->length, GMII_FRAME_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            queued_frames_are_on_the_pins_byte_for_byte_with_twelve_byte_times_between, setup, teardown),
        cmocka_unit_test_setup_teardown(what_the_source_sends_the_sink_receives_at_the_same_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(bytes_waiting_are_counted_until_their_frame_is_under_way, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_frame_with_everything_right_is_ok, setup, teardown),
        cmocka_unit_test_setup_teardown(each_breach_of_the_framing_is_told_with_its_frame_and_not_the_next,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_gap_of_eleven_byte_times_is_too_short, setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_without_end_is_cut_at_the_limit_and_not_ok, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
