// SPDX-License-Identifier: BSD-2-Clause
//
// The card at USB through libusb, which here is one in memory (fake_libusb.h) with the model of the card.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_libusb.h"
#include "transport_internal.h"
#include "weir_card.h"
#include "weir_record.h"
#include "weir_usb.h"

#define FRAMES 600
#define FRAME 1000 // bytes

struct bench {
    struct fake_usb_device device, other;
    struct weir_card *card;
    unsigned wire_count, wire_wrong, host_count, host_wrong; // frames, and those not the one that was due
    char error[1200];
};

static void make_frame(uint8_t *frame, uint32_t number)
{
    memset(frame, 255, 6);
    memcpy(frame + 6, fake_card_mac, 6);
    frame[12] = 0x88, frame[13] = 0xB5; // IEEE 802 local experimental
    for (size_t i = 14; i < FRAME; i++)
        frame[i] = (uint8_t)(number * 7 + i);
    memcpy(frame + 14, &number, 4);
}

static bool is_frame(const uint8_t *frame, size_t length, uint32_t number)
{
    uint8_t wanted[FRAME];

    make_frame(wanted, number);
    return length == FRAME && memcmp(frame, wanted, FRAME) == 0;
}

static void on_wire(void *context, const uint8_t *frame, size_t length)
{
    struct bench *bench = context;
    bench->wire_wrong += !is_frame(frame, length, bench->wire_count++);
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct bench *bench = context;
    bench->host_wrong += !is_frame(rx->frame, rx->length, bench->host_count++);
}

static void plug(struct bench *bench, struct fake_usb_device *device, uint8_t port, const char *serial)
{
    *device = (struct fake_usb_device){
        .port = port, .serial = serial, .protocol = WEIR_VERSION_MAJOR, .configuration = 1};
    fake_card_init(&device->card);
    device->card.wire_out = on_wire;
    device->card.wire_context = bench;
    fake_usb_plug(device);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    fake_usb_init();
    plug(bench, &bench->device, 3, "025765697201");
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(fake_usb.contexts, 0);
    assert_int_equal(fake_usb.handles, 0);
    assert_int_equal(fake_usb.transfers, 0);
    assert_int_equal(fake_usb.mapped, 0);
    assert_int_equal(fake_usb.memory_used, 0);
    assert_int_equal(bench->device.references, 0);
    assert_int_equal(bench->other.references, 0);
    free(bench);
    return 0;
}

static struct weir_transport *open_transport(struct bench *bench, const char *options)
{
    errno = 0;
    return weir_transport_libusb_open(options, bench->error, sizeof bench->error);
}

static bool open_card(struct bench *bench)
{
    struct weir_card_receiver receiver = {.frame = on_frame, .context = bench};
    struct weir_transport *transport = open_transport(bench, "");

    bench->card = transport ? weir_card_open(transport, &receiver, bench->error, sizeof bench->error) : NULL;
    return bench->card != NULL;
}

static void refused(struct bench *bench, const char *options, int number, const char *wanted)
{
    assert_null(open_transport(bench, options));
    assert_int_equal(errno, number);
    if (!strstr(bench->error, wanted))
        fail_msg("\"%s\" does not say \"%s\"", bench->error, wanted);
}

static unsigned wire_count(struct bench *bench)
{
    pthread_mutex_lock(&fake_usb.lock);
    unsigned count = bench->wire_count;
    pthread_mutex_unlock(&fake_usb.lock);
    return count;
}

// Sends FRAMES frames and takes as many. 0, or the card's error.
static int exchange(struct bench *bench)
{
    unsigned sent = 0, given = 0, sent_before = wire_count(bench), taken_before = bench->host_count;
    uint8_t frame[FRAME];
    int error = weir_card_set_rx_control(bench->card, WEIR_RX_ENABLE);

    while (!error &&
           (wire_count(bench) < sent_before + FRAMES || bench->host_count < taken_before + FRAMES)) {
        if (given < FRAMES && given <= bench->host_count - taken_before + 100) {
            make_frame(frame, taken_before + given++);
            fake_usb_wire_in(&bench->device, frame, FRAME);
        }
        make_frame(frame, sent_before + sent);
        if (sent < FRAMES && weir_card_send(bench->card, &(struct weir_card_tx){
                                                             .header = frame, .header_length = FRAME}) == 0) {
            sent++;
            if (given < FRAMES)
                continue;
        }
        error = weir_card_poll(bench->card, weir_card_now(bench->card) + 1000000);
    }
    return error;
}

static void exchanges_everything(struct bench *bench)
{
    assert_int_equal(exchange(bench), 0);
    assert_int_equal(bench->wire_wrong, 0);
    assert_int_equal(bench->host_wrong, 0);
}

// ---- Which card ----

static void without_a_card_it_says_so(void **state)
{
    struct bench *bench = *state;

    fake_usb_unplug(&bench->device);
    refused(bench, "", ENODEV, "no card found: plug one in");
    refused(bench, "serial=12", ENODEV, "no card found: usb:serial=12 is not plugged in");
    fake_usb.no_usb = true;
    refused(bench, "", ENODEV, "this system has no USB");
}

static void the_only_card_needs_no_name(void **state)
{
    struct bench *bench = *state;

    assert_true(open_card(bench));
    weir_card_close(bench->card);
}

static void of_several_cards_one_must_be_named(void **state)
{
    struct bench *bench = *state;

    plug(bench, &bench->other, 4, "0257656972AB");
    refused(bench, "", EMLINK, "usb:serial=025765697201, usb:serial=0257656972AB");
    refused(bench, "serial=77", ENODEV, "there is usb:serial=025765697201, usb:serial=0257656972AB");
    refused(bench, "1-1.9", ENODEV, "there is usb:serial=");
    const char *names[] = {"serial=0257656972ab", "0257656972ab", "1-1.4"};
    for (int i = 0; i < 2; i++) {
        struct weir_transport *transport = open_transport(bench, names[i]);
        assert_non_null(transport);
        assert_true(bench->other.claimed);
        assert_false(bench->device.claimed);
        transport->ops->close(transport);
    }
}

static void a_name_that_makes_no_sense_is_answered_with_the_forms(void **state)
{
    const char *names[] = {"x", "serial=", "1", "1-", "-1", "1-2x", "1.2-3", "Serial=1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        refused(*state, names[i], EINVAL, "usb, usb:serial=NUMBER or usb:BUS-PORT");
}

static void a_device_with_our_numbers_only_is_not_a_card(void **state)
{
    struct bench *bench = *state;

    bench->device.stranger = true;
    refused(bench, "", ENODEV, "no card found");
}

static void no_permission_names_the_rule(void **state)
{
    struct bench *bench = *state;

    bench->device.denied = true;
    refused(bench, "", EACCES, "60-weir.rules");
    assert_non_null(strstr(bench->error, "/etc/udev/rules.d"));
}

static void a_card_in_use_is_told(void **state)
{
    struct bench *bench = *state;

    bench->device.busy = true;
    refused(bench, "", EBUSY, "another program uses the card at USB port 1-1.3");
    assert_non_null(strstr(bench->error, "fuser -v /dev/bus/usb/001/003"));
}

static void another_link_version_says_which_side_to_update(void **state)
{
    struct bench *bench = *state;

    bench->device.protocol = WEIR_VERSION_MAJOR + 1;
    assert_false(open_card(bench));
    assert_non_null(strstr(bench->error, "update this program"));
    bench->device.protocol = WEIR_VERSION_MAJOR - 1;
    assert_false(open_card(bench));
    assert_non_null(strstr(bench->error, "update the card's bitstream"));
}

static void every_card_is_listed_also_without_permission(void **state)
{
    struct bench *bench = *state;
    struct weir_usb_card cards[8];

    plug(bench, &bench->other, 4, "0257656972AB");
    bench->other.denied = true;
    bench->device.busy = true;
    assert_int_equal(weir_usb_list(cards, 8, bench->error, sizeof bench->error), 2);
    assert_string_equal(cards[0].serial, "025765697201");
    assert_string_equal(cards[0].path, "1-1.3");
    assert_true(cards[0].permitted);
    assert_int_equal(cards[0].version_major, WEIR_VERSION_MAJOR);
    assert_string_equal(cards[1].path, "1-1.4");
    assert_false(cards[1].permitted);
    assert_int_equal(weir_usb_list(cards, 1, bench->error, sizeof bench->error), 1);
    fake_usb.no_usb = true;
    assert_int_equal(weir_usb_list(cards, 8, bench->error, sizeof bench->error), -1);
}

// ---- Making it ours ----

static void a_card_in_the_kernels_hands_is_taken_and_given_back(void **state)
{
    struct bench *bench = *state;

    bench->device.configuration = 2;
    bench->device.kernel = true;
    assert_true(open_card(bench));
    assert_int_equal(bench->device.configuration, 1);
    assert_int_equal(bench->device.detached, 1);
    exchanges_everything(bench);
    weir_card_close(bench->card);
    assert_int_equal(bench->device.configuration, 2);
    assert_true(bench->device.kernel);
}

static void is_the_kernels(struct bench *bench, int configuration, unsigned attached)
{
    assert_int_equal(bench->device.detached, 1);
    assert_int_equal(bench->device.attached, attached);
    assert_int_equal(bench->device.configuration, configuration);
    assert_true(bench->device.kernel);
    assert_false(bench->device.claimed);
}

static void at_the_kernel(struct bench *bench, int configuration)
{
    plug(bench, &bench->device, 3, "025765697201");
    bench->device.configuration = configuration;
    bench->device.kernel = true;
}

static void a_card_that_cannot_be_taken_stays_the_kernels(void **state)
{
    struct bench *bench = *state;

    at_the_kernel(bench, 2);
    bench->device.busy = true; // the configuration cannot be set
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 2, 1);
    at_the_kernel(bench, 2);
    bench->device.busy_at_claim = true;
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 2, 0);
    at_the_kernel(bench, 2);
    bench->device.unconfigurable = true;
    refused(bench, "", EIO, "plug it in anew");
    is_the_kernels(bench, 2, 0);
    at_the_kernel(bench, 2);
    bench->device.card.packet = 0; // its descriptors make no sense
    refused(bench, "", EIO, "plug it in anew");
    is_the_kernels(bench, 2, 0);
}

static void a_driver_that_had_our_own_configuration_gets_it_back(void **state)
{
    struct bench *bench = *state;

    at_the_kernel(bench, 1);
    assert_true(open_card(bench));
    assert_false(bench->device.kernel);
    weir_card_close(bench->card);
    is_the_kernels(bench, 1, 1);
    at_the_kernel(bench, 1);
    bench->device.busy_at_claim = true;
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 1, 1);
}

static void what_a_killed_program_left_in_the_card_is_dropped(void **state)
{
    struct bench *bench = *state;
    uint8_t rest[512] = {WEIR_RECORD_MAGIC, [WEIR_REC_LENGTH + 1] = 8};

    fake_card_out_packet(&bench->device.card, rest, sizeof rest); // of a frame of 2,048 bytes
    memset(bench->device.card.in, 0x55, 700);
    bench->device.card.in_length = 700;
    assert_true(open_card(bench));
    exchanges_everything(bench);
    assert_int_equal(weir_card_stats(bench->card)->rx_bad_transfers, 0);
    weir_card_close(bench->card);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_card_it_says_so),
        TEST(the_only_card_needs_no_name),
        TEST(of_several_cards_one_must_be_named),
        TEST(a_name_that_makes_no_sense_is_answered_with_the_forms),
        TEST(a_device_with_our_numbers_only_is_not_a_card),
        TEST(no_permission_names_the_rule),
        TEST(a_card_in_use_is_told),
        TEST(another_link_version_says_which_side_to_update),
        TEST(every_card_is_listed_also_without_permission),
        TEST(a_card_in_the_kernels_hands_is_taken_and_given_back),
        TEST(a_card_that_cannot_be_taken_stays_the_kernels),
        TEST(a_driver_that_had_our_own_configuration_gets_it_back),
        TEST(what_a_killed_program_left_in_the_card_is_dropped),
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
