// SPDX-License-Identifier: BSD-2-Clause
//
// The whole card while its host sleeps: behind a ULPI PHY, whose clock then stands still, and on D+ and D-.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fcs.h"
#include "weir_link.h"
#include "weir_sim.h"

#define MS 1000000ull
#define FRAMES_MAX 80
#define FRAME_MAX 1514

struct frame {
    uint8_t data[FRAME_MAX + 4];
    size_t length;
};

struct bench {
    struct weir_sim *sim;
    struct weir_usb_transfer in[4];
    uint8_t in_data[4][WEIR_IN_TRANSFER_MAX];
    struct frame up[FRAMES_MAX], down[FRAMES_MAX]; // that the host got; that the wire got, with FCS
    size_t up_count, down_count;
};

static const uint8_t card_mac[6] = {0x02, 'W', 'E', 'I', 'R', 0x01};

static void on_wire(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct bench *b = context;
    (void)time;
    assert_true(preamble_ok && b->down_count < FRAMES_MAX && length <= FRAME_MAX + 4);
    struct frame *got = &b->down[b->down_count++];
    memcpy(got->data, frame, length);
    got->length = length;
}

static void on_in(struct weir_usb_transfer *transfer)
{
    struct bench *b = transfer->context;
    if (transfer->status == WEIR_USB_NO_DEVICE || transfer->status == WEIR_USB_CANCELLED)
        return;
    assert_int_equal(transfer->status, WEIR_USB_OK);
    for (size_t at = 0; at < transfer->actual;) {
        const uint8_t *record = transfer->buffer + at;
        size_t length = record[WEIR_REC_LENGTH] | (size_t)record[WEIR_REC_LENGTH + 1] << 8;
        assert_int_equal(record[WEIR_REC_MAGIC], WEIR_RECORD_MAGIC);
        at += WEIR_RECORD_HEADER + (length + 3) / 4 * 4;
        assert_true(at <= transfer->actual);
        if (record[WEIR_REC_FLAGS] == WEIR_F_PAD)
            continue;
        assert_true(b->up_count < FRAMES_MAX && length <= FRAME_MAX);
        struct frame *got = &b->up[b->up_count++];
        memcpy(got->data, record + WEIR_RECORD_HEADER, length);
        got->length = length;
    }
    weir_sim_submit(b->sim, transfer);
}

static void on_done(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

static void run(struct bench *b, uint64_t time)
{
    uint64_t until = weir_sim_now(b->sim) + time;
    while (weir_sim_now(b->sim) < until)
        if (weir_sim_run(b->sim, until))
            weir_sim_skip(b->sim, until - weir_sim_now(b->sim));
}

static void control(struct bench *b, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
                    uint8_t *data, uint16_t length)
{
    bool done = false;
    struct weir_usb_transfer transfer = {.setup = {type, request, (uint8_t)value, (uint8_t)(value >> 8),
                                                   (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)length,
                                                   (uint8_t)(length >> 8)},
                                         .buffer = data,
                                         .length = length,
                                         .complete = on_done,
                                         .context = &done};
    weir_sim_submit(b->sim, &transfer);
    for (int i = 0; i < 100 && !done; i++)
        weir_sim_run(b->sim, weir_sim_now(b->sim) + MS);
    assert_true(done);
    assert_int_equal(transfer.status, WEIR_USB_OK);
}

static void write_table(struct bench *b, uint8_t table, uint8_t entry, uint64_t value)
{
    uint8_t data[8];
    for (int i = 0; i < 8; i++)
        data[i] = (uint8_t)(value >> 8 * i);
    control(b, 0x40, WEIR_REQ_WRITE_TABLE, 0, (uint16_t)(table << 8 | entry), data, 8);
}

// Answers for 10.0.0.2; the receiver takes what is for the card, and broadcast.
static struct bench *plug_in(struct weir_sim_config config)
{
    struct bench *b = calloc(1, sizeof *b);
    char error[200] = "";
    config.wire_out = on_wire;
    config.wire_context = b;
    config.error = error;
    config.error_size = sizeof error;
    b->sim = weir_sim_create(&config);
    if (!b->sim)
        fail_msg("%s", error);
    write_table(b, WEIR_TABLE_ARP, 0, 1ull << 63 | 0x0A000002);
    write_table(b, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    for (int i = 0; i < 4; i++) {
        b->in[i] = (struct weir_usb_transfer){.endpoint = WEIR_EP_IN,
                                              .buffer = b->in_data[i],
                                              .length = WEIR_IN_TRANSFER_MAX,
                                              .complete = on_in,
                                              .context = b};
        weir_sim_submit(b->sim, &b->in[i]);
    }
    return b;
}

static struct bench *plug_in_front(int full_speed_pins)
{
    return plug_in((struct weir_sim_config){.full_speed = full_speed_pins, .seed = 4});
}

static void unplug(struct bench *b)
{
    weir_sim_destroy(b->sim);
    free(b);
}

static void allow_wakeup(struct bench *b)
{
    control(b, 0x00, 3, 1, 0, NULL, 0);
}

static uint64_t remote_wakeups(struct bench *b)
{
    struct weir_sim_usb_stats stats;
    weir_sim_usb_stats(b->sim, &stats);
    return stats.remote_wakeups;
}

// Until the card sleeps.
static void suspend(struct bench *b)
{
    assert_true(weir_sim_suspend(b->sim));
    assert_false(weir_sim_suspend(b->sim));
    run(b, 8 * MS);
    assert_true(weir_sim_suspended(b->sim));
}

static void await_awake(struct bench *b)
{
    for (int i = 0; i < 60 && weir_sim_suspended(b->sim); i++)
        run(b, MS);
    assert_false(weir_sim_suspended(b->sim));
    run(b, 12 * MS); // the host leaves a device alone for 10 ms
    assert_true(weir_sim_attached(b->sim));
}

// The number `n` stands in each of the frame's bytes.
static void frame_in(struct bench *b, uint8_t n, size_t length)
{
    uint8_t frame[FRAME_MAX + 4];
    memset(frame, n, length);
    memcpy(frame, card_mac, 6);
    frame[12] = 0x88, frame[13] = 0xB5;
    assert_true(weir_sim_wire_in(b->sim, frame, fcs_append(frame, length)));
}

static void assert_up(const struct bench *b, size_t i, uint8_t n, size_t length)
{
    assert_int_equal(b->up[i].length, length);
    for (size_t k = 14; k < length; k++)
        assert_int_equal(b->up[i].data[k], n);
}

static void arp_request(struct bench *b)
{
    uint8_t frame[64] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                         1,    2,    0,    0,    0,    0,    9, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    assert_true(weir_sim_wire_in(b->sim, frame, fcs_append(frame, 60)));
}

// ---- Tests ----

static void arp_is_answered_while_the_host_sleeps_and_the_usb_clock_stands_still(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++) {
        struct bench *b = plug_in_front(front);
        allow_wakeup(b);
        suspend(b);
        assert_int_equal(weir_sim_usb_clock_stopped(b->sim), !front); // plain pins have the FPGA's own clock
        for (int i = 0; i < 3; i++) {
            arp_request(b);
            run(b, MS / 10);
            assert_int_equal(b->down_count, i + 1);
            assert_memory_equal(b->down[i].data, ((uint8_t[]){2, 0, 0, 0, 0, 9}), 6);
            assert_memory_equal(b->down[i].data + 28, ((uint8_t[]){10, 0, 0, 2}), 4);
        }
        assert_int_equal(weir_sim_usb_clock_stopped(b->sim), !front);
        run(b, 20 * MS);
        assert_true(weir_sim_suspended(b->sim)); // what the card answers by itself wakes nobody
        assert_int_equal(remote_wakeups(b), 0);
        unplug(b);
    }
}

static void frames_wait_for_a_host_that_does_not_want_to_be_woken(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++) {
        struct bench *b = plug_in_front(front);
        suspend(b);
        for (uint8_t i = 0; i < 20; i++)
            frame_in(b, i, 60 + 31u * i);
        run(b, 30 * MS);
        assert_true(weir_sim_suspended(b->sim) && b->up_count == 0);
        assert_true(weir_sim_resume(b->sim));
        await_awake(b);
        run(b, 10 * MS);
        assert_int_equal(b->up_count, 20);
        for (uint8_t i = 0; i < 20; i++)
            assert_up(b, i, i, 60 + 31u * i);
        assert_int_equal(remote_wakeups(b), 0);
        unplug(b);
    }
}

static void a_frame_wakes_a_host_that_allows_it_and_is_delivered_once(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++) {
        struct bench *b = plug_in_front(front);
        for (uint8_t round = 0; round < 3; round++) {
            allow_wakeup(b);
            suspend(b);
            frame_in(b, round, 100);
            await_awake(b);
            run(b, MS);
            assert_int_equal(b->up_count, round + 1);
            assert_up(b, round, round, 100);
            assert_int_equal(remote_wakeups(b), round + 1);
            assert_int_equal(weir_sim_high_speed(b->sim), !front);
        }
        unplug(b);
    }
}

// It comes before the card knows that the bus is suspended, when the wire's clock does not look yet.
static void a_frame_that_comes_as_the_bus_falls_silent_wakes_the_host_too(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++)
        for (uint64_t before = 0; before < 6 * MS; before += 3 * MS / 2 - 12345) {
            struct bench *b = plug_in_front(front);
            allow_wakeup(b);
            assert_true(weir_sim_suspend(b->sim));
            run(b, before + MS / 10);
            frame_in(b, 7, 100);
            await_awake(b);
            run(b, MS);
            assert_int_equal(b->up_count, 1);
            assert_up(b, 0, 7, 100);
            assert_int_equal(remote_wakeups(b), 1);
            unplug(b);
        }
}

static void transfers_under_way_go_on_after_resume(void **state)
{
    (void)state;
    enum { FRAMES = 30, LENGTH = 1000 };
    static uint8_t out[FRAMES * (WEIR_RECORD_HEADER + LENGTH)];
    for (int front = 0; front < 2; front++)
        for (unsigned moment = 1; moment < 4; moment++) {
            struct bench *b = plug_in_front(front);
            bool done = false;
            memset(out, 0, sizeof out);
            for (unsigned i = 0; i < FRAMES; i++) {
                uint8_t *record = out + i * (WEIR_RECORD_HEADER + LENGTH);
                record[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
                record[WEIR_REC_LENGTH] = LENGTH & 0xFF;
                record[WEIR_REC_LENGTH + 1] = LENGTH >> 8;
                memset(record + WEIR_RECORD_HEADER, (int)i, LENGTH);
                frame_in(b, (uint8_t)i, LENGTH);
            }
            struct weir_usb_transfer transfer = {.endpoint = WEIR_EP_OUT,
                                                 .buffer = out,
                                                 .length = sizeof out,
                                                 .complete = on_done,
                                                 .context = &done};
            weir_sim_submit(b->sim, &transfer);
            run(b, moment * (front ? 5 * MS : MS / 6)); // full speed takes 50 ms for all, high speed 1.2
            assert_false(done);
            suspend(b);
            size_t before = b->up_count;
            run(b, 5 * MS);
            assert_true(!done && b->up_count == before);
            assert_true(weir_sim_resume(b->sim));
            await_awake(b);
            run(b, front ? 60 * MS : 3 * MS);
            assert_true(done && transfer.status == WEIR_USB_OK);
            assert_int_equal(b->up_count, FRAMES);
            assert_int_equal(b->down_count, FRAMES);
            for (uint8_t i = 0; i < FRAMES; i++) {
                assert_up(b, i, i, LENGTH);
                assert_int_equal(b->down[i].length, LENGTH + 4);
                for (size_t k = 0; k < LENGTH; k++)
                    assert_int_equal(b->down[i].data[k], i);
            }
            unplug(b);
        }
}

static void a_bus_reset_ends_suspend(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++) {
        struct bench *b = plug_in_front(front);
        suspend(b);
        for (int i = 0; i < 4; i++)
            weir_sim_cancel(b->sim, &b->in[i]);
        assert_true(weir_sim_bus_reset(b->sim));
        assert_false(weir_sim_suspended(b->sim));
        assert_int_equal(weir_sim_high_speed(b->sim), !front);
        unplug(b);
    }
}

static void resume_needs_a_suspended_bus(void **state)
{
    (void)state;
    struct bench *b = plug_in_front(0);
    assert_false(weir_sim_resume(b->sim));
    assert_true(weir_sim_suspend(b->sim));
    assert_true(weir_sim_resume(b->sim)); // before it began: nothing happens
    assert_false(weir_sim_suspended(b->sim));
    weir_sim_unplug(b->sim);
    assert_false(weir_sim_suspend(b->sim));
    unplug(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arp_is_answered_while_the_host_sleeps_and_the_usb_clock_stands_still),
        cmocka_unit_test(frames_wait_for_a_host_that_does_not_want_to_be_woken),
        cmocka_unit_test(a_frame_wakes_a_host_that_allows_it_and_is_delivered_once),
        cmocka_unit_test(a_frame_that_comes_as_the_bus_falls_silent_wakes_the_host_too),
        cmocka_unit_test(transfers_under_way_go_on_after_resume),
        cmocka_unit_test(a_bus_reset_ends_suspend),
        cmocka_unit_test(resume_needs_a_suspended_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
