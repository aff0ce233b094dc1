// SPDX-License-Identifier: BSD-2-Clause
//
// Time stamps of the whole card, against the time at which the simulation put each frame on the wire.
#include "cmocka_test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fcs.h"
#include "weir_link.h"
#include "weir_sim.h"

#define MS 1000000ull
#define IN_TRANSFERS 4
#define FRAMES_MAX 512
#define SET_CONFIGURATION 9 // USB 2.0 table 9-4
#define PREAMBLE_TIME 72    // ns from the first preamble byte on the pins until the frame's first is sampled

struct bench {
    struct weir_sim *sim;
    struct weir_usb_transfer in[IN_TRANSFERS];
    uint8_t in_data[IN_TRANSFERS][WEIR_IN_TRANSFER_MAX];
    uint64_t sent[FRAMES_MAX], stamp[FRAMES_MAX]; // ns
    bool stamped[FRAMES_MAX];
    size_t sent_count, got_count;
    uint64_t random;
    double usb_clk; // ns
};

static uint32_t next_random(struct bench *b)
{
    b->random = b->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(b->random >> 32);
}

static uint64_t get_le(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | at[bytes];
    return value;
}

static void on_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    struct bench *b = context;
    (void)frame, (void)length;
    assert_true(b->sent_count < FRAMES_MAX);
    b->sent[b->sent_count++] = time + PREAMBLE_TIME;
}

static void on_in(struct weir_usb_transfer *transfer)
{
    struct bench *b = transfer->context;

    if (transfer->status == WEIR_USB_NO_DEVICE || transfer->status == WEIR_USB_CANCELLED)
        return;
    assert_int_equal(transfer->status, WEIR_USB_OK);
    for (size_t at = 0; at < transfer->actual;) {
        const uint8_t *record = transfer->buffer + at;
        size_t length = (size_t)get_le(record + WEIR_REC_LENGTH, 3);
        bool stamped = record[WEIR_REC_FLAGS] & WEIR_F_TIMESTAMP;

        assert_int_equal(record[WEIR_REC_MAGIC], WEIR_RECORD_MAGIC);
        at += WEIR_RECORD_HEADER + (stamped ? WEIR_TIMESTAMP_SIZE : 0u) + (length + 3) / 4 * 4;
        assert_true(at <= transfer->actual);
        if (record[WEIR_REC_FLAGS] == WEIR_F_PAD)
            continue;
        assert_true(b->got_count < FRAMES_MAX);
        b->stamped[b->got_count] = stamped;
        b->stamp[b->got_count++] = stamped ? get_le(record + WEIR_RECORD_HEADER, WEIR_TIMESTAMP_SIZE) : 0;
    }
    weir_sim_submit(b->sim, transfer);
}

static void on_done(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

static void control_with(struct bench *b, uint8_t type, uint8_t request, uint8_t value, uint16_t index,
                         uint8_t *data, uint8_t length)
{
    bool done = false;
    struct weir_usb_transfer transfer = {
        .setup = {type, request, value, 0, (uint8_t)index, (uint8_t)(index >> 8), length, 0},
        .buffer = data,
        .length = length,
        .complete = on_done,
        .context = &done};

    weir_sim_submit(b->sim, &transfer);
    for (int i = 0; !done && i < 100000; i++)
        weir_sim_run(b->sim, weir_sim_now(b->sim) + MS);
    assert_true(done);
    assert_int_equal(transfer.status, WEIR_USB_OK);
}

static void control(struct bench *b, uint8_t type, uint8_t request, uint16_t index, uint8_t *data,
                    uint8_t length)
{
    control_with(b, type, request, 0, index, data, length);
}

static uint32_t read_register(struct bench *b, uint16_t index)
{
    uint8_t data[4];

    control(b, 0xC0, WEIR_REQ_READ_REG, index, data, 4);
    return (uint32_t)get_le(data, 4);
}

static void set_mode(struct bench *b, uint8_t mode)
{
    control(b, 0x40, WEIR_REQ_WRITE_REG, WEIR_REG_RX_MODE, (uint8_t[4]){mode}, 4);
}

static uint64_t device_time(struct bench *b)
{
    uint64_t low = read_register(b, WEIR_REG_TIME);

    return low | (uint64_t)read_register(b, WEIR_REG_TIME_HIGH) << 32;
}

static struct bench *plug_in(bool full_speed)
{
    struct bench *b = calloc(1, sizeof *b);
    char error[200] = "";
    struct weir_sim_config config = {.seed = 7,
                                     .full_speed = full_speed,
                                     .wire_sent = on_sent,
                                     .wire_context = b,
                                     .error = error,
                                     .error_size = sizeof error};

    assert_non_null(b);
    b->random = 11;
    b->usb_clk = full_speed ? 1000. / 48 : 1000. / 60;
    b->sim = weir_sim_create(&config);
    if (!b->sim)
        fail_msg("%s", error);
    control(b, 0x40, WEIR_REQ_WRITE_TABLE, WEIR_TABLE_RX_CONTROL << 8,
            (uint8_t[8]){WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS}, 8);
    for (int i = 0; i < IN_TRANSFERS; i++) {
        b->in[i] = (struct weir_usb_transfer){.endpoint = WEIR_EP_IN,
                                              .buffer = b->in_data[i],
                                              .length = WEIR_IN_TRANSFER_MAX,
                                              .complete = on_in,
                                              .context = b};
        weir_sim_submit(b->sim, &b->in[i]);
    }
    return b;
}

static void unplug(struct bench *b)
{
    weir_sim_destroy(b->sim);
    free(b);
}

static void put_frame(struct bench *b, size_t length)
{
    uint8_t frame[1514 + FCS_LENGTH];

    for (size_t i = 0; i < length; i++)
        frame[i] = (uint8_t)next_random(b);
    frame[12] = 0x88, frame[13] = 0xB5; // a type without meaning
    assert_true(weir_sim_wire_in(b->sim, frame, fcs_append(frame, length)));
}

static void run_out(struct bench *b)
{
    for (int i = 0; i < 1000 && !weir_sim_run(b->sim, weir_sim_now(b->sim) + MS); i++)
        ;
    assert_int_equal(b->got_count, b->sent_count);
}

// Every stamp tells when its frame came, as the simulation knows it, less one constant for all of the card's
// life: when its clock began. A stamp is 1.5 usb_clk late, give or take half of one; and two roundings to
// whole ns.
static void check(const struct bench *b)
{
    double earliest = 1e300, latest = -1e300;

    for (size_t i = 0; i < b->got_count; i++) {
        assert_true(b->stamped[i]);
        assert_true(i == 0 || b->stamp[i] > b->stamp[i - 1]);
        double offset = (double)((int64_t)b->stamp[i] - (int64_t)b->sent[i]);
        earliest = offset < earliest ? offset : earliest;
        latest = offset > latest ? offset : latest;
    }
    if (latest - earliest > b->usb_clk + 2)
        fail_msg("stamps are %.0f to %.0f ns off: more than a period of usb_clk apart", earliest, latest);
}

// Frames one by one and back to back, then after pauses of simulated time that cost nothing, hours in all.
static void stamps_follow(bool full_speed)
{
    struct bench *b = plug_in(full_speed);

    set_mode(b, WEIR_RX_MODE_TIMESTAMP);
    for (int i = 0; i < 60; i++) {
        put_frame(b, 60 + next_random(b) % 1455);
        weir_sim_run(b->sim, weir_sim_now(b->sim) + next_random(b) % 40000);
    }
    run_out(b);
    for (int i = 0; i < 100; i++)
        put_frame(b, 60);
    run_out(b);
    check(b);
    for (int i = 0; i < 60; i++) {
        weir_sim_skip(b->sim, (uint64_t)next_random(b) << (i % 12));
        put_frame(b, 60);
        run_out(b);
    }
    assert_true(b->stamp[b->got_count - 1] >> 40 > 3); // its 40 bits in the frame memory went around
    check(b);
    unplug(b);
}

static void stamps_differ_as_the_frames_arrivals_do(void **state)
{
    (void)state;
    stamps_follow(false);
}

static void stamps_differ_as_the_frames_arrivals_do_at_48_mhz(void **state)
{
    (void)state;
    stamps_follow(true);
}

static void the_time_that_is_read_lies_between_the_stamps_before_and_after(void **state)
{
    (void)state;
    struct bench *b = plug_in(false);

    set_mode(b, WEIR_RX_MODE_TIMESTAMP);
    for (int i = 0; i < 10; i++) {
        put_frame(b, 60);
        run_out(b);
        uint64_t now = weir_sim_now(b->sim), time = device_time(b);
        assert_true(time > b->stamp[b->got_count - 1]);
        // It is taken while the request lasts.
        uint64_t since = time - b->stamp[b->got_count - 1];
        assert_true(since >= now - b->sent[b->sent_count - 1] - 50);
        assert_true(since <= weir_sim_now(b->sim) - b->sent[b->sent_count - 1]);
        put_frame(b, 60);
        run_out(b);
        assert_true(time < b->stamp[b->got_count - 1]);
        weir_sim_skip(b->sim, 3000000000 + next_random(b)); // the lower half goes around
    }
    unplug(b);
}

static void without_the_mode_records_have_no_stamp_and_a_bus_reset_ends_it(void **state)
{
    (void)state;
    struct bench *b = plug_in(false);

    put_frame(b, 60);
    run_out(b);
    assert_false(b->stamped[0]);
    set_mode(b, WEIR_RX_MODE_TIMESTAMP);
    put_frame(b, 60);
    run_out(b);
    assert_true(b->stamped[1]);
    set_mode(b, 0);
    put_frame(b, 60);
    run_out(b);
    assert_false(b->stamped[2]);

    set_mode(b, WEIR_RX_MODE_TIMESTAMP);
    assert_int_equal(read_register(b, WEIR_REG_RX_MODE), WEIR_RX_MODE_TIMESTAMP);
    assert_true(weir_sim_bus_reset(b->sim));
    control_with(b, 0x00, SET_CONFIGURATION, 1, 0, NULL, 0);
    assert_int_equal(read_register(b, WEIR_REG_RX_MODE), 0);
    unplug(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_differ_as_the_frames_arrivals_do),
        cmocka_unit_test(stamps_differ_as_the_frames_arrivals_do_at_48_mhz),
        cmocka_unit_test(the_time_that_is_read_lies_between_the_stamps_before_and_after),
        cmocka_unit_test(without_the_mode_records_have_no_stamp_and_a_bus_reset_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
