// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers: frames both ways, with too little memory, with transfers that fail; cancelling; waiting.
#include "transport_libusb_bench.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- Transfers ----

static void frames_pass_both_ways_in_order(void **state)
{
    struct bench *bench = *state;

    assert_true(open_card(bench));
    assert_int_equal(fake_usb.mapped, 8 + 6 + 0);
    exchanges_everything(bench);
    pthread_mutex_lock(&fake_usb.lock);
    unsigned most = fake_usb.in_most;
    pthread_mutex_unlock(&fake_usb.lock);
    assert_int_equal(most, 8 + 1); // and the interrupt endpoint's
    weir_card_close(bench->card);
}

static void at_full_speed_every_frame_length_passes_both_ways(void **state)
{
    struct bench *bench = *state;
    uint8_t frame[FRAME];

    bench->device.card.packet = 64;
    assert_true(open_card(bench));
    for (uint32_t length = 60; length < 200; length++) {
        memset(frame, 255, length);
        assert_int_equal(
            weir_card_send(bench->card, &(struct weir_card_tx){.header = frame, .header_length = length}), 0);
        while (wire_count(bench) <= length - 60)
            assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card) + 1000000), 0);
        pthread_mutex_lock(&fake_usb.lock);
        assert_int_equal(bench->device.card.counters[WEIR_CNT_USB_OUT_TRANSFERS], length - 59);
        pthread_mutex_unlock(&fake_usb.lock);
    }
    bench->wire_count = bench->wire_wrong = 0;
    exchanges_everything(bench);
    weir_card_close(bench->card);
}

static void several_transfers_are_under_way_to_the_card(void **state)
{
    struct bench *bench = *state;
    uint8_t frame[FRAME];
    unsigned sent = 0;

    fake_usb.hold_out = true;
    assert_true(open_card(bench));
    for (make_frame(frame, 0);
         weir_card_send(bench->card, &(struct weir_card_tx){.header = frame, .header_length = FRAME}) == 0;)
        make_frame(frame, ++sent);
    assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card)), 0);
    pthread_mutex_lock(&fake_usb.lock);
    unsigned most = fake_usb.out_most;
    pthread_mutex_unlock(&fake_usb.lock);
    assert_in_range(most, 4, 8);
    fake_usb_hold_out(false);
    while (wire_count(bench) < sent)
        assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card) + 1000000), 0);
    assert_int_equal(bench->wire_wrong, 0);
    weir_card_close(bench->card);
}

static void short_of_memory_everything_still_arrives(void **state)
{
    struct bench *bench = *state;
    // Room for all, for some, for one and a half transfers from the card.
    const unsigned memory[] = {1 << 20, 70000, 40000, 17500};

    fake_usb.no_mapped_memory = true;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        fake_usb.memory = memory[i];
        fake_usb.refused = 0;
        assert_true(open_card(bench));
        exchanges_everything(bench);
        assert_int_equal(weir_card_stats(bench->card)->transfer_errors, 0);
        weir_card_close(bench->card);
        assert_int_equal(fake_usb.refused > 0, memory[i] < 1 << 20);
    }
}

static void with_no_memory_at_all_it_says_what_to_raise(void **state)
{
    struct bench *bench = *state;

    fake_usb.no_mapped_memory = true;
    fake_usb.memory = 1000;
    assert_false(open_card(bench));
    assert_non_null(strstr(bench->error, "usbfs_memory_mb"));
}

static void failed_transfers_cost_no_frame(void **state)
{
    struct bench *bench = *state;
    const enum libusb_transfer_status faults[] = {LIBUSB_TRANSFER_ERROR, LIBUSB_TRANSFER_STALL};

    for (int i = 0; i < 2; i++) {
        fake_usb.fault = faults[i];
        fake_usb.out_faults = 5;
        fake_usb.in_faults = 7;
        assert_true(open_card(bench));
        exchanges_everything(bench);
        assert_in_range(weir_card_stats(bench->card)->transfer_errors, 5, 200);
        fake_usb.out_faults = fake_usb.in_faults = 0;
        weir_card_close(bench->card);
    }
}

// Sends frames and takes frames for a while in which transfers fail and others move behind them, then when
// all is well again. Frames get lost; each that arrives is whole, none comes twice, and the order is kept.
// Only what the card was in the middle of may be torn, when the link first starts anew.
struct loose {
    struct bench bench;
    unsigned wire_torn, host_torn;
    uint32_t wire_next, host_next; // numbers that may come
};

static void on_loose_frame(const uint8_t *frame, size_t length, uint32_t *next, unsigned *torn)
{
    uint32_t number = UINT32_MAX;

    if (length >= 18)
        memcpy(&number, frame + 14, 4);
    if (!is_frame(frame, length, number)) {
        ++*torn;
        return;
    }
    if (number < *next)
        fail_msg("frame %u came behind or as number %u", number, *next);
    *next = number + 1;
}

static void on_loose_wire(void *context, const uint8_t *frame, size_t length)
{
    struct loose *loose = context;
    on_loose_frame(frame, length, &loose->wire_next, &loose->wire_torn);
}

static void on_loose_host(void *context, const struct weir_card_rx *rx)
{
    struct loose *loose = context;
    on_loose_frame(rx->frame, rx->length, &loose->host_next, &loose->host_torn);
}

static uint32_t wire_next(struct loose *loose)
{
    pthread_mutex_lock(&fake_usb.lock);
    uint32_t next = loose->wire_next;
    pthread_mutex_unlock(&fake_usb.lock);
    return next;
}

// `count` frames both ways from number `from` on, and more until one of these arrived at each end. The next
// number.
static uint32_t exchange_loosely(struct loose *loose, struct weir_card *card, uint32_t from, uint32_t count)
{
    uint8_t frame[FRAME];
    uint32_t number = from;

    for (; number < from + count || wire_next(loose) <= from || loose->host_next <= from; number++) {
        make_frame(frame, number);
        fake_usb_wire_in(&loose->bench.device, frame, FRAME);
        while (weir_card_send(card, &(struct weir_card_tx){.header = frame, .header_length = FRAME}) ==
               -EAGAIN)
            assert_int_equal(weir_card_poll(card, weir_card_now(card) + 1000000), 0);
        if (number % 16 == 0)
            assert_int_equal(weir_card_poll(card, weir_card_now(card) + 1000000), 0);
    }
    return number;
}

static void moved_behind(struct bench *bench, bool toggle_lost, unsigned out_faults, unsigned in_faults,
                         unsigned restarts)
{
    struct loose *loose = calloc(1, sizeof *loose);
    struct weir_card_receiver receiver = {.frame = on_loose_host, .context = loose};

    assert_non_null(loose);
    fake_usb_unplug(&bench->device);
    plug(&loose->bench, &loose->bench.device, 4, "025765697204");
    loose->bench.device.card.wire_out = on_loose_wire;
    loose->bench.device.card.wire_context = loose;
    fake_usb.fault = LIBUSB_TRANSFER_ERROR;
    fake_usb.behind = 2;
    fake_usb.toggle_lost = toggle_lost;
    struct weir_card *card =
        weir_card_open(open_transport(bench, ""), &receiver, bench->error, sizeof bench->error);
    assert_non_null(card);
    assert_int_equal(weir_card_set_rx_mode(card, WEIR_CARD_RX_PLAIN, true), 0);
    assert_int_equal(weir_card_set_rx_control(card, WEIR_RX_ENABLE), 0);
    uint32_t number = exchange_loosely(loose, card, 0, 100);
    pthread_mutex_lock(&fake_usb.lock);
    fake_usb.out_faults = out_faults;
    fake_usb.in_faults = in_faults;
    pthread_mutex_unlock(&fake_usb.lock);
    while (number < 3000 || weir_card_stats(card)->restarts < restarts)
        number = exchange_loosely(loose, card, number, 100);
    pthread_mutex_lock(&fake_usb.lock);
    fake_usb.out_faults = fake_usb.in_faults = 0;
    pthread_mutex_unlock(&fake_usb.lock);
    exchange_loosely(loose, card, number, 500);
    const struct weir_card_stats stats = *weir_card_stats(card);
    assert_in_range(loose->wire_torn, 0, out_faults ? 1 : 0);
    assert_true(in_faults || (stats.restarts == restarts && stats.transfer_errors > 10));
    assert_true((stats.tx_lost > 0) == (stats.restarts > 0) || in_faults); // what was under way is counted
    assert_int_equal(loose->host_torn, 0);
    assert_int_equal(stats.rx_bad_transfers, 0);
    pthread_mutex_lock(&fake_usb.lock);
    assert_int_equal(loose->bench.device.card.rx_mode, WEIR_RX_MODE_TIMESTAMP); // as before the restarts
    pthread_mutex_unlock(&fake_usb.lock);
    weir_card_close(card);
    fake_usb_unplug(&loose->bench.device);
    free(loose);
}

static void transfers_that_move_behind_a_failed_one_make_the_link_start_anew(void **state)
{
    moved_behind(*state, false, 9, 0, 1); // after that nothing moves behind an OUT transfer any more
    fake_usb_init();
    moved_behind(*state, false, 0, 11, 3);
}

static void a_packet_that_the_card_took_for_a_repeated_one_makes_the_link_start_anew(void **state)
{
    moved_behind(*state, true, 9, 0, 1);
}

// ---- Cancelling ----

struct counted {
    struct weir_transfer transfer;
    uint8_t buffer[WEIR_IN_TRANSFER_MAX];
    unsigned completed;
    enum weir_transfer_status last;
};

static void on_counted(struct weir_transfer *transfer)
{
    struct counted *counted = (struct counted *)transfer;
    counted->completed++;
    counted->last = transfer->status;
}

static void submit(struct weir_transport *transport, struct counted *counted, uint8_t endpoint, size_t length)
{
    counted->transfer = (struct weir_transfer){
        .endpoint = endpoint, .buffer = counted->buffer, .length = length, .complete = on_counted};
    assert_int_equal(transport->ops->submit(transport, &counted->transfer), 0);
}

static void closing_calls_every_transfer_back(void **state)
{
    struct bench *bench = *state;
    struct weir_transport *transport = open_transport(bench, "");
    struct counted *all = calloc(12, sizeof *all);

    fake_usb.hold_out = true;
    for (unsigned i = 0; i < 12; i++)
        submit(transport, &all[i], i % 2 ? WEIR_EP_OUT : WEIR_EP_IN, 1000);
    transport->ops->close(transport);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(all[i].completed, 1);
        assert_int_equal(all[i].last, WEIR_TRANSFER_CANCELLED);
    }
    free(all);
}

// The event thread ends transfers while we cancel them: each comes back once, in order.
static void cancelling_races_with_the_end_and_each_comes_back_once(void **state)
{
    struct bench *bench = *state;
    struct weir_transport *transport = open_transport(bench, "");
    struct counted *all = calloc(4, sizeof *all);
    unsigned well = 0, cancelled = 0;

    for (unsigned round = 1; round <= 2000; round++) {
        for (unsigned i = 0; i < 4; i++) {
            memset(all[i].buffer, 0, 12);
            all[i].buffer[0] = WEIR_RECORD_MAGIC;
            all[i].buffer[1] = WEIR_F_PAD;
            submit(transport, &all[i], WEIR_EP_OUT, 12);
        }
        for (unsigned i = 4; i-- > 0;)
            transport->ops->cancel(transport, &all[i].transfer);
        for (unsigned i = 0; i < 4;) {
            if (all[i].completed == round)
                i++;
            else
                assert_int_equal(transport->ops->poll(transport, WEIR_TIME_NEVER), 0);
        }
        for (unsigned i = 0; i < 4; i++) {
            well += all[i].last == WEIR_TRANSFER_OK;
            cancelled += all[i].last == WEIR_TRANSFER_CANCELLED;
        }
    }
    assert_int_equal(well + cancelled, 8000);
    assert_in_range(cancelled, 1, 8000);
    transport->ops->close(transport);
    assert_int_equal(bench->device.card.counters[WEIR_CNT_USB_OUT_TRANSFERS], well);
    free(all);
}

static void a_transfer_too_large_for_the_memory_goes_in_pieces(void **state)
{
    struct bench *bench = *state;
    struct weir_transport *transport = open_transport(bench, "");
    struct counted *all = calloc(3, sizeof *all);

    fake_usb.memory = 3000;
    for (unsigned i = 0; i < 3; i++) { // each one frame
        weir_record_emit_header(all[i].buffer, &(struct weir_record){.length = 16000 - WEIR_RECORD_HEADER});
        submit(transport, &all[i], WEIR_EP_OUT, 16000);
    }
    while (all[2].completed == 0)
        assert_int_equal(transport->ops->poll(transport, WEIR_TIME_NEVER), 0);
    transport->ops->close(transport);
    assert_in_range(fake_usb.longest_out, 1536, 3000);
    assert_int_equal(bench->device.card.counters[WEIR_CNT_USB_OUT_PACKETS], 3 * 32);
    assert_int_equal(bench->device.card.counters[WEIR_CNT_USB_OUT_TRANSFERS], 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(all[i].transfer.actual, 16000);
    free(all);
}

// ---- Waiting ----

static void on_alarm(int number)
{
    (void)number;
}

static void poll_comes_back_for_descriptors_signals_and_the_deadline(void **state)
{
    struct bench *bench = *state;
    struct weir_transport *transport = open_transport(bench, "");
    struct sigaction action = {.sa_handler = on_alarm}; // without SA_RESTART
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    struct pollfd watched = {.fd = ends[0], .events = POLLIN};
    weir_time before = transport->ops->now(transport);
    assert_int_equal(transport->ops->poll(transport, before + 2000000), 0);
    assert_true(transport->ops->now(transport) >= before + 2000000);
    transport->ops->watch(transport, &watched, 1);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(transport->ops->poll(transport, WEIR_TIME_NEVER), 0);
    assert_int_equal(watched.revents, POLLIN);
    transport->ops->watch(transport, NULL, 0);
    sigaction(SIGALRM, &action, NULL);
    ualarm(1000, 1000); // again and again: the first may come before poll waits
    assert_int_equal(transport->ops->poll(transport, WEIR_TIME_NEVER), -EINTR);
    ualarm(0, 0);
    transport->ops->close(transport);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_pass_both_ways_in_order),
        TEST(at_full_speed_every_frame_length_passes_both_ways),
        TEST(several_transfers_are_under_way_to_the_card),
        TEST(short_of_memory_everything_still_arrives),
        TEST(with_no_memory_at_all_it_says_what_to_raise),
        TEST(failed_transfers_cost_no_frame),
        TEST(transfers_that_move_behind_a_failed_one_make_the_link_start_anew),
        TEST(a_packet_that_the_card_took_for_a_repeated_one_makes_the_link_start_anew),
        TEST(closing_calls_every_transfer_back),
        TEST(cancelling_races_with_the_end_and_each_comes_back_once),
        TEST(a_transfer_too_large_for_the_memory_goes_in_pieces),
        TEST(poll_comes_back_for_descriptors_signals_and_the_deadline),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
