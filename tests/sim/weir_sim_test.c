// SPDX-License-Identifier: BSD-2-Clause
//
// The simulated card as weir_sim.h promises it: time, idleness, transfers, cable, repeatability.
#include "cmocka_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcs.h"
#include "weir_link.h"
#include "weir_sim.h"

#define US 1000ull
#define MS 1000000ull

// A card and what it did to the cable.
struct bench {
    struct weir_sim *sim;
    size_t sent_count, out_count;
    uint64_t sent_time[64], out_time[64];
    uint8_t out[64][128];
    size_t out_length[64];
    bool all_ok;
};

static void on_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    struct bench *bench = context;

    (void)frame;
    (void)length;
    assert_true(bench->sent_count < 64);
    bench->sent_time[bench->sent_count++] = time;
}

static void on_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool ok)
{
    struct bench *bench = context;

    assert_true(bench->out_count < 64 && length <= 128);
    memcpy(bench->out[bench->out_count], frame, length);
    bench->out_length[bench->out_count] = length;
    bench->out_time[bench->out_count++] = time;
    bench->all_ok = bench->all_ok && ok;
}

static struct bench *plug_in_as(struct weir_sim_config config)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char error[200] = "";

    config.wire_out = on_out;
    config.wire_sent = on_sent;
    config.wire_context = bench;
    config.rx_phase = 3000;
    config.error = error;
    config.error_size = sizeof error;
    bench->all_ok = true;
    bench->sim = weir_sim_create(&config);
    if (!bench->sim)
        fail_msg("%s", error);
    return bench;
}

static struct bench *plug_in(uint64_t seed, const struct weir_usb_faults *faults)
{
    return plug_in_as(
        (struct weir_sim_config){.seed = seed, .faults = faults ? *faults : (struct weir_usb_faults){0}});
}

static void unplug(struct bench *bench)
{
    weir_sim_destroy(bench->sim);
    free(bench);
}

static int setup(void **state)
{
    *state = plug_in(1, NULL);
    return 0;
}

static int teardown(void **state)
{
    unplug(*state);
    return 0;
}

static void note(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

static enum weir_usb_status transfer_now(struct weir_sim *sim, struct weir_usb_transfer *transfer)
{
    bool done = false;

    transfer->complete = note;
    transfer->context = &done;
    weir_sim_submit(sim, transfer);
    for (int i = 0; !done && i < 1000; i++)
        weir_sim_run(sim, weir_sim_now(sim) + MS);
    assert_true(done);
    return transfer->status;
}

static enum weir_usb_status control(struct weir_sim *sim, const uint8_t setup_bytes[8], uint8_t *data)
{
    struct weir_usb_transfer transfer = {.buffer = data,
                                         .length = (size_t)(setup_bytes[6] | setup_bytes[7] << 8)};

    memcpy(transfer.setup, setup_bytes, 8);
    return transfer_now(sim, &transfer);
}

static void write_table(struct weir_sim *sim, uint8_t table, uint8_t entry, uint64_t value)
{
    uint8_t request[8] = {0x40, WEIR_REQ_WRITE_TABLE, 0, 0, entry, table, 8, 0}, data[8];

    for (int i = 0; i < 8; i++)
        data[i] = (uint8_t)(value >> (8 * i));
    assert_int_equal(control(sim, request, data), WEIR_USB_OK);
}

static void run_until_idle(struct weir_sim *sim)
{
    for (int i = 0; i < 1000; i++)
        if (weir_sim_run(sim, weir_sim_now(sim) + MS))
            return;
    fail_msg("the card never became idle");
}

static size_t arp_request(uint8_t *frame, uint8_t last_of_target)
{
    static const uint8_t head[42] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0,  9, 8, 6,
                                     0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0, 0, 9,
                                     10,   0,    0,    9,    0,    0,    0, 0, 0, 0, 10, 0, 0, 0};

    memcpy(frame, head, sizeof head);
    frame[41] = last_of_target;
    return fcs_pad_append(frame, sizeof head);
}

static void a_card_is_enumerated_when_it_is_made(void **state)
{
    struct bench *bench = *state;
    const uint8_t *device = weir_sim_device_descriptor(bench->sim), *config;
    size_t length;

    assert_int_equal(device[0], 18);
    assert_int_equal(device[8] | device[9] << 8, WEIR_USB_VID);
    assert_int_equal(device[10] | device[11] << 8, WEIR_USB_PID);
    config = weir_sim_config_descriptor(bench->sim, &length);
    assert_int_equal(config[2] | config[3] << 8, length);
}

static void time_moves_to_the_nanosecond_asked_for_and_only_then(void **state)
{
    struct bench *bench = *state;
    struct weir_usb_transfer wait = {.endpoint = WEIR_EP_OUT, .buffer = (uint8_t[512]){0}, .length = 0};
    bool done = false;
    uint64_t start;

    run_until_idle(bench->sim);
    start = weir_sim_now(bench->sim);
    assert_true(weir_sim_run(bench->sim, start + MS)); // idle: at once
    assert_int_equal(weir_sim_now(bench->sim), start);

    wait.complete = note;
    wait.context = &done;
    weir_sim_submit(bench->sim, &wait); // not idle any more
    assert_false(weir_sim_run(bench->sim, start + 7));
    assert_int_equal(weir_sim_now(bench->sim), start + 7);
    assert_false(weir_sim_run(bench->sim, start + 8));
    assert_int_equal(weir_sim_now(bench->sim), start + 8);
    weir_sim_skip(bench->sim, 5 * MS + 1);
    assert_int_equal(weir_sim_now(bench->sim), start + 9 + 5 * MS);
    run_until_idle(bench->sim);
    assert_true(done);
}

static void an_idle_card_stops_with_its_in_transfer_still_queued(void **state)
{
    struct bench *bench = *state;
    static uint8_t buffer[WEIR_IN_TRANSFER_MAX];
    bool done = false;
    struct weir_usb_transfer in = {.endpoint = WEIR_EP_IN,
                                   .buffer = buffer,
                                   .length = sizeof buffer,
                                   .complete = note,
                                   .context = &done};
    uint64_t start = weir_sim_now(bench->sim);

    weir_sim_submit(bench->sim, &in);
    assert_true(weir_sim_run(bench->sim, start + 10 * MS));
    assert_true(weir_sim_now(bench->sim) < start + 200 * US);
    assert_false(done);
    assert_true(weir_sim_cancel(bench->sim, &in));
    assert_true(done);
    assert_int_equal(in.status, WEIR_USB_CANCELLED);
    assert_false(weir_sim_cancel(bench->sim, &in));
}

static void a_control_transfer_reads_what_enumeration_read(void **state)
{
    struct bench *bench = *state;
    static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0},
                         nonsense[8] = {0xC0, 0xEE, 0, 0, 0, 0, 4, 0};
    uint8_t data[64];

    assert_int_equal(control(bench->sim, get_device, data), WEIR_USB_OK);
    assert_memory_equal(data, weir_sim_device_descriptor(bench->sim), 18);
    assert_int_equal(control(bench->sim, nonsense, data), WEIR_USB_STALL);
    assert_int_equal(control(bench->sim, get_device, data), WEIR_USB_OK);
}

static void transfers_left_at_the_end_find_no_device(void **state)
{
    struct bench *bench = plug_in(2, NULL);
    static uint8_t buffer[512];
    bool done = false;
    struct weir_usb_transfer in = {.endpoint = WEIR_EP_IN,
                                   .buffer = buffer,
                                   .length = sizeof buffer,
                                   .complete = note,
                                   .context = &done};

    (void)state;
    weir_sim_submit(bench->sim, &in);
    weir_sim_run(bench->sim, weir_sim_now(bench->sim) + 3 * US);
    unplug(bench);
    assert_true(done);
    assert_int_equal(in.status, WEIR_USB_NO_DEVICE);
}

// The host asks each 8 ms: the card may not be called idle before it has.
static void an_idle_card_is_asked_for_what_it_has_to_tell(void **state)
{
    (void)state;
    for (unsigned speed = 0; speed < 3; speed++) {
        struct bench *bench =
            plug_in_as((struct weir_sim_config){.full_speed = speed == 1, .full_speed_port = speed == 2});
        uint8_t data[16], frame[64];

        write_table(bench->sim, WEIR_TABLE_ARP, 0, 1ull << 63 | 0x0A000009);
        write_table(bench->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        for (unsigned change = 0; change < 4; change++) {
            bool told = false;
            struct weir_usb_transfer notify = {.endpoint = WEIR_EP_NOTIFY,
                                               .buffer = data,
                                               .length = WEIR_NOTIFY_SIZE,
                                               .complete = note,
                                               .context = &told};
            weir_sim_submit(bench->sim, &notify);
            run_until_idle(bench->sim);
            assert_false(told); // nothing has changed
            weir_sim_skip(bench->sim, 777777 * change);
            if (change < 3) // or another's claim of our address
                weir_sim_set_link(bench->sim, change == 1);
            else
                weir_sim_wire_in(bench->sim, frame, arp_request(frame, 77));
            run_until_idle(bench->sim);
            assert_true(told);
            assert_int_equal(data[0] & 1, change == 1);
            assert_int_equal(data[1], change == 3);
        }
        unplug(bench);
    }
}

// A host that does not ask is no reason to go on.
static void an_idle_card_stops_though_nobody_asks_what_it_has_to_tell(void **state)
{
    struct bench *bench = *state;

    run_until_idle(bench->sim);
    weir_sim_set_link(bench->sim, false);
    run_until_idle(bench->sim);
}

static void frames_go_in_back_to_back_and_the_queue_has_an_end(void **state)
{
    struct bench *bench = *state;
    static uint8_t frame[4000];
    size_t accepted = 0;

    while (weir_sim_wire_in(bench->sim, frame, sizeof frame))
        accepted++;
    assert_int_equal(accepted, WEIR_SIM_WIRE_QUEUE / sizeof frame + 1);
    assert_int_equal(weir_sim_wire_queued(bench->sim), accepted * sizeof frame);
    run_until_idle(bench->sim);
    assert_int_equal(weir_sim_wire_queued(bench->sim), 0);
    assert_int_equal(bench->sent_count, accepted);
    for (size_t i = 1; i < accepted; i++)
        assert_int_equal(bench->sent_time[i] - bench->sent_time[i - 1], (sizeof frame + 8 + 12) * 8);
    assert_int_equal(bench->out_count, 0); // a card that is not switched on says nothing
}

static void a_frame_that_leaves_the_card_stops_the_run(void **state)
{
    struct bench *bench = *state;
    uint8_t frame[64];
    size_t length = arp_request(frame, 2);

    write_table(bench->sim, WEIR_TABLE_ARP, 0, 1ull << 63 | 0x0A000002);
    write_table(bench->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    run_until_idle(bench->sim);
    uint64_t start = weir_sim_now(bench->sim);
    assert_true(weir_sim_wire_in(bench->sim, frame, length));
    assert_false(weir_sim_run(bench->sim, start + MS));

    assert_int_equal(bench->out_count, 1);
    assert_true(bench->all_ok);
    assert_true(weir_sim_now(bench->sim) < start + 20 * US);
    assert_true(fcs_ok(bench->out[0], bench->out_length[0]));
    assert_int_equal(bench->out[0][21], 2);
    assert_memory_equal(bench->out[0] + 6, ((uint8_t[]){2, 'W', 'E', 'I', 'R', 1}), 6);
    assert_in_range(bench->out_time[0], bench->sent_time[0] + (8 + length) * 8,
                    bench->sent_time[0] + (8 + length + 64) * 8);
    run_until_idle(bench->sim);
}

// Everything that happens to a card with some work, as one number.
static uint64_t story(struct bench *bench)
{
    uint8_t frame[64], data[64];
    static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
    struct weir_sim_usb_stats stats;
    uint64_t hash = 1;

    write_table(bench->sim, WEIR_TABLE_ARP, 0, 1ull << 63 | 0x0A000002);
    write_table(bench->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    for (int i = 0; i < 20; i++) {
        weir_sim_wire_in(bench->sim, frame, arp_request(frame, 2));
        control(bench->sim, get_device, data);
        hash = hash * 31 + weir_sim_now(bench->sim);
    }
    run_until_idle(bench->sim);
    for (size_t i = 0; i < bench->out_count; i++)
        hash = hash * 31 + bench->out_time[i];
    weir_sim_usb_stats(bench->sim, &stats);
    return ((hash * 31 + stats.microframes) * 31 + stats.faults_injected) * 31 + stats.retries;
}

static void the_same_seed_and_calls_give_the_same_run_also_with_other_cards_about(void **state)
{
    const struct weir_usb_faults faults = {
        .out_corrupt = 20000, .in_corrupt = 20000, .handshake_lost = 20000};
    struct bench *first = plug_in(7, &faults), *other, *second;
    uint64_t alone = story(first);

    (void)state;
    other = plug_in(8, &faults);
    second = plug_in(7, &faults);
    assert_true(story(other) != alone);
    assert_true(story(second) == alone);
    unplug(first);
    unplug(second);
    unplug(other);
}

static void a_trace_is_written_and_one_that_cannot_be_is_an_error(void **state)
{
    char path[] = "/tmp/weir_sim_test.XXXXXX", error[200] = "";
    struct weir_sim_config config = {.trace_path = path, .error = error, .error_size = sizeof error};
    struct stat file;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    weir_sim_destroy(weir_sim_create(&config));
    assert_int_equal(stat(path, &file), 0);
    assert_true(file.st_size > 10000);
    unlink(path);

    config.trace_path = "/nonexistent/trace.fst";
    assert_null(weir_sim_create(&config));
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(error, "/nonexistent/trace.fst"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_card_is_enumerated_when_it_is_made, setup, teardown),
        cmocka_unit_test_setup_teardown(time_moves_to_the_nanosecond_asked_for_and_only_then, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_idle_card_stops_with_its_in_transfer_still_queued, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_control_transfer_reads_what_enumeration_read, setup, teardown),
        cmocka_unit_test(transfers_left_at_the_end_find_no_device),
        cmocka_unit_test(an_idle_card_is_asked_for_what_it_has_to_tell),
        cmocka_unit_test_setup_teardown(an_idle_card_stops_though_nobody_asks_what_it_has_to_tell, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(frames_go_in_back_to_back_and_the_queue_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_that_leaves_the_card_stops_the_run, setup, teardown),
        cmocka_unit_test(the_same_seed_and_calls_give_the_same_run_also_with_other_cards_about),
        cmocka_unit_test(a_trace_is_written_and_one_that_cannot_be_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
