// SPDX-License-Identifier: BSD-2-Clause
//
// The whole card (rtl/weir_card_ulpi.v) as a CDC-NCM adapter, its second configuration, with a cable that
// leads back into it: the requests, notifications and NTBs that a class driver would use.
#include "cmocka_test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "card_bench.h"

#define MS 1000000ull
#define IN_TRANSFERS 4
#define FRAMES_MAX 64
#define FRAME_MAX 2048
#define NTB_IN_MAX 2048
#define NTB_OUT_MAX 4096
#define NTH_SIZE 12

enum ncm_request {
    SET_ETHERNET_PACKET_FILTER = 0x43,
    GET_NTB_PARAMETERS = 0x80,
    GET_NTB_INPUT_SIZE = 0x85,
    SET_NTB_INPUT_SIZE = 0x86
};
enum packet_filter { PROMISCUOUS = 1, ALL_MULTICAST = 2, DIRECTED = 4, BROADCAST = 8 };

struct frame {
    uint8_t data[FRAME_MAX];
    size_t length;
};

struct bench {
    struct weir_sim *sim;
    bool cut; // the cable
    struct weir_usb_transfer in[IN_TRANSFERS], notify;
    uint8_t in_data[IN_TRANSFERS][NTB_IN_MAX], notify_data[16];
    struct frame got[FRAMES_MAX], sent[FRAMES_MAX];
    size_t got_count, sent_count;
    uint8_t notifications[8][16];
    size_t notification_length[8], notification_count;
    uint8_t ntb[2 * NTB_OUT_MAX];
    size_t ntb_length;
    uint64_t random;
};

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

// ---- The card's ends ----
static void on_wire(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct bench *b = context;
    (void)time;
    assert_true(preamble_ok);
    if (!b->cut)
        assert_true(weir_sim_wire_in(b->sim, frame, length));
}

// A plain reading of NCM 1.0 section 3.2.
static void on_in(struct weir_usb_transfer *transfer)
{
    struct bench *b = transfer->context;
    const uint8_t *ntb = transfer->buffer;
    if (transfer->status != WEIR_USB_OK)
        return;
    size_t ndp = card_get16(ntb + 10);
    assert_memory_equal(ntb, "NCMH", 4);
    assert_int_equal(card_get16(ntb + 4), NTH_SIZE);
    assert_int_equal(card_get16(ntb + 8), transfer->actual);
    assert_int_equal(ndp % 4, 0);
    assert_true(ndp >= NTH_SIZE && ndp + 16 <= transfer->actual);
    assert_memory_equal(ntb + ndp, "NCM0", 4);
    assert_int_equal(card_get16(ntb + ndp + 6), 0);
    for (size_t entry = ndp + 8; entry < ndp + card_get16(ntb + ndp + 4); entry += 4) {
        size_t at = card_get16(ntb + entry), length = card_get16(ntb + entry + 2);
        if (at == 0 || length == 0)
            break;
        assert_int_equal(at % 4, 0);
        assert_true(at + length <= transfer->actual && b->got_count < FRAMES_MAX && length <= FRAME_MAX);
        memcpy(b->got[b->got_count].data, ntb + at, length);
        b->got[b->got_count++].length = length;
    }
    weir_sim_submit(b->sim, transfer);
}

static void on_notify(struct weir_usb_transfer *transfer)
{
    struct bench *b = transfer->context;
    if (transfer->status != WEIR_USB_OK)
        return;
    assert_true(b->notification_count < 8);
    memcpy(b->notifications[b->notification_count], transfer->buffer, 16);
    b->notification_length[b->notification_count++] = transfer->actual;
    weir_sim_submit(b->sim, transfer);
}

static void set_configuration(struct bench *b, uint16_t value)
{
    assert_int_equal(card_control(b->sim, 0x00, 9, value, 0, NULL, 0), WEIR_USB_OK);
}

static void set_alternate(struct bench *b, uint16_t value)
{
    assert_int_equal(card_control(b->sim, 0x01, 11, value, 1, NULL, 0), WEIR_USB_OK);
}

static void set_filter(struct bench *b, uint16_t filter)
{
    assert_int_equal(card_control(b->sim, 0x21, SET_ETHERNET_PACKET_FILTER, filter, 0, NULL, 0), WEIR_USB_OK);
}

static void run(struct bench *b, uint64_t nanoseconds)
{
    for (uint64_t end = weir_sim_now(b->sim) + nanoseconds; weir_sim_now(b->sim) < end;)
        if (weir_sim_run(b->sim, end))
            break;
}

static struct bench *plug_in(struct weir_usb_faults faults)
{
    struct bench *b = calloc(1, sizeof *b);
    char error[200] = "";
    b->random = 5;
    b->sim = weir_sim_create(&(struct weir_sim_config){.seed = 9,
                                                       .faults = faults,
                                                       .wire_out = on_wire,
                                                       .wire_context = b,
                                                       .error = error,
                                                       .error_size = sizeof error});
    if (!b->sim)
        fail_msg("%s", error);
    return b;
}

static void listen_to_notifications(struct bench *b)
{
    b->notify = (struct weir_usb_transfer){.endpoint = WEIR_EP_NOTIFY,
                                           .buffer = b->notify_data,
                                           .length = sizeof b->notify_data,
                                           .complete = on_notify,
                                           .context = b};
    weir_sim_submit(b->sim, &b->notify);
}

static void listen_to_data(struct bench *b)
{
    for (int i = 0; i < IN_TRANSFERS; i++) {
        b->in[i] = (struct weir_usb_transfer){.endpoint = WEIR_EP_IN,
                                              .buffer = b->in_data[i],
                                              .length = NTB_IN_MAX,
                                              .complete = on_in,
                                              .context = b};
        weir_sim_submit(b->sim, &b->in[i]);
    }
}

// What cdc_ncm does at bind and at open; every frame of the cable is wanted.
static void open_ncm(struct bench *b)
{
    set_configuration(b, 2);
    set_alternate(b, 0);
    set_alternate(b, 1);
    set_filter(b, PROMISCUOUS | ALL_MULTICAST | DIRECTED | BROADCAST);
    listen_to_data(b);
}

static void unplug(struct bench *b)
{
    weir_sim_destroy(b->sim);
    free(b);
}

// ---- NTBs to the card ----
static void add_random_frame(struct bench *b, size_t length)
{
    struct frame *frame = &b->sent[b->sent_count++];
    frame->length = length;
    for (size_t i = 0; i < length; i++)
        frame->data[i] = (uint8_t)card_random(&b->random);
    frame->data[0] &= 0xFE;                         // to one station
    frame->data[12] = 0x88, frame->data[13] = 0xB5; // a type without meaning
}

// One NTB with the frames from `first`, the table in front or at the end, and a terminating entry.
static void build_ntb(struct bench *b, size_t first, bool table_at_end)
{
    size_t count = b->sent_count - first, table = 8 + 4 * (count + 1);
    size_t at = NTH_SIZE + (table_at_end ? 0 : table), ndp = NTH_SIZE;
    memset(b->ntb, 0, sizeof b->ntb);
    for (size_t i = first; table_at_end && i < b->sent_count; i++)
        ndp += (b->sent[i].length + 3) / 4 * 4;
    memcpy(b->ntb, "NCMH\014\0", 6);
    put16(b->ntb + 10, ndp);
    memcpy(b->ntb + ndp, "NCM0", 4);
    put16(b->ntb + ndp + 4, table);
    for (size_t i = 0; i < count; i++) {
        const struct frame *frame = &b->sent[first + i];
        put16(b->ntb + ndp + 8 + 4 * i, at);
        put16(b->ntb + ndp + 10 + 4 * i, frame->length);
        memcpy(b->ntb + at, frame->data, frame->length);
        b->ntb_length = at + frame->length;
        at += (frame->length + 3) / 4 * 4;
    }
    if (table_at_end)
        b->ntb_length = ndp + table;
    put16(b->ntb + 8, b->ntb_length);
}

// Ended as Linux does: one byte more where the end would fall on a packet's, but for the longest NTB.
static void send_ntb(struct bench *b)
{
    struct weir_usb_transfer out = {.endpoint = WEIR_EP_OUT, .buffer = b->ntb, .length = b->ntb_length};
    if (out.length % 512 == 0 && out.length < NTB_OUT_MAX)
        out.length++;
    assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
}

static void expect_all(struct bench *b)
{
    for (int i = 0; b->got_count < b->sent_count && i < 1000; i++)
        run(b, MS / 10);
    run(b, MS / 5); // and no more than those
    assert_int_equal(b->got_count, b->sent_count);
    for (size_t i = 0; i < b->sent_count; i++) {
        size_t on_wire = b->sent[i].length < 60 ? 60 : b->sent[i].length;
        assert_int_equal(b->got[i].length, on_wire);
        assert_memory_equal(b->got[i].data, b->sent[i].data, b->sent[i].length);
    }
    b->got_count = b->sent_count = 0;
}

static void send_one(struct bench *b, size_t length)
{
    add_random_frame(b, length);
    build_ntb(b, b->sent_count - 1, false);
    send_ntb(b);
}

// ---- Tests ----
static void the_requests_of_a_class_driver_are_answered(void **state)
{
    (void)state;
    struct bench *b = plug_in((struct weir_usb_faults){0});
    uint8_t data[64];
    assert_int_equal(card_control(b->sim, 0xA1, GET_NTB_PARAMETERS, 0, 0, data, 28),
                     WEIR_USB_STALL); // configuration 1
    set_configuration(b, 2);
    assert_int_equal(card_control(b->sim, 0xA1, GET_NTB_PARAMETERS, 0, 0, data, 28), WEIR_USB_OK);
    static const uint8_t parameters[28] = {28, 0, 1, 0,  0, 8, 0, 0, 4, 0, 2, 0, 4, 0,
                                           0,  0, 0, 16, 0, 0, 4, 0, 2, 0, 4, 0, 1, 0};
    assert_memory_equal(data, parameters, sizeof parameters);
    assert_int_equal(card_control(b->sim, 0xA1, GET_NTB_INPUT_SIZE, 0, 0, data, 4), WEIR_USB_OK);
    assert_int_equal(card_get32(data), NTB_IN_MAX);
    assert_int_equal(card_control(b->sim, 0x21, SET_NTB_INPUT_SIZE, 0, 0, data, 4), WEIR_USB_OK);
    assert_int_equal(card_control(b->sim, 0x21, SET_NTB_INPUT_SIZE, 0, 0, data, 8),
                     WEIR_USB_STALL); // not advertised
    assert_int_equal(card_control(b->sim, 0xA1, GET_NTB_PARAMETERS, 0, 1, data, 28),
                     WEIR_USB_STALL);                                                  // the data interface
    assert_int_equal(card_control(b->sim, 0xA1, 0x83, 0, 0, data, 2), WEIR_USB_STALL); // GET_NTB_FORMAT
    set_alternate(b, 1);
    assert_int_equal(card_control(b->sim, 0x21, SET_NTB_INPUT_SIZE, 0, 0, data, 4),
                     WEIR_USB_STALL); // too late
    assert_int_equal(card_control(b->sim, 0xC0, WEIR_REQ_GET_CAPS, 0, 0, data, WEIR_CAPS_SIZE), WEIR_USB_OK);
    assert_int_not_equal(card_get32(data + WEIR_CAPS_FEATURES) & WEIR_CAP_NCM, 0);
    unplug(b);
}

static void the_link_is_told_once_when_the_data_interface_opens(void **state)
{
    (void)state;
    static const uint8_t speed[16] = {0xA1, 0x2A, 0, 0, 0, 0, 8, 0, 0, 0xCA, 0x9A, 0x3B, 0, 0xCA, 0x9A, 0x3B};
    static const uint8_t connection[8] = {0xA1, 0x00, 1, 0, 0, 0, 0, 0};
    struct bench *b = plug_in((struct weir_usb_faults){0});
    set_configuration(b, 2);
    listen_to_notifications(b);
    run(b, 20 * MS);
    assert_int_equal(b->notification_count, 0);
    for (size_t times = 1; times <= 2; times++) {
        set_alternate(b, 1);
        run(b, MS);
        assert_int_equal(b->notification_count, 2 * times);
        assert_int_equal(b->notification_length[2 * times - 2], 16);
        assert_memory_equal(b->notifications[2 * times - 2], speed, 16);
        assert_int_equal(b->notification_length[2 * times - 1], 8);
        assert_memory_equal(b->notifications[2 * times - 1], connection, 8);
        set_alternate(b, 0);
    }
    unplug(b);
}

static void frames_of_all_lengths_come_back_as_they_were(void **state)
{
    (void)state;
    struct bench *b = plug_in((struct weir_usb_faults){0});
    open_ncm(b);
    static const size_t lengths[] = {14, 59, 60, 61, 98, 1513, 1514, 1518};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        send_one(b, lengths[i]);
        expect_all(b);
    }
    for (size_t length = 480; length < 488; length++) { // NTBs around a packet's end
        send_one(b, length);
        expect_all(b);
    }
    for (size_t i = 0; i < 30; i++)
        send_one(b, 60 + card_random(&b->random) % 1455);
    expect_all(b);
    assert_int_equal(
        card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER) + card_counter(b->sim, WEIR_CNT_TX_BAD_RECORD), 0);
    unplug(b);
}

static void ntbs_with_many_datagrams_and_the_table_anywhere_are_taken_apart(void **state)
{
    (void)state;
    struct bench *b = plug_in((struct weir_usb_faults){0});
    open_ncm(b);
    for (unsigned n = 0; n < 20; n++) {
        size_t room = NTB_OUT_MAX - NTH_SIZE - 12;
        for (;;) {
            size_t length = 60 + card_random(&b->random) % (card_random(&b->random) % 2 ? 100 : 1455);
            if (length + 8 > room || b->sent_count == FRAMES_MAX)
                break;
            room -= (length + 3) / 4 * 4 + 4;
            add_random_frame(b, length);
        }
        build_ntb(b, 0, n % 2);
        if (n % 4 >= 2) // a full NTB ends without a short packet
            b->ntb_length = NTB_OUT_MAX;
        send_ntb(b);
        expect_all(b);
    }
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER), 0);
    unplug(b);
}

static void frames_come_back_once_over_a_usb_that_breaks_packets(void **state)
{
    (void)state;
    struct bench *b =
        plug_in((struct weir_usb_faults){.out_corrupt = 10000, .in_corrupt = 10000, .handshake_lost = 10000});
    open_ncm(b);
    for (unsigned n = 0; n < 4; n++) {
        for (unsigned i = 0; i < 50; i++)
            send_one(b, 60 + card_random(&b->random) % 1455);
        expect_all(b);
    }
    assert_int_not_equal(card_counter(b->sim, WEIR_CNT_USB_CRC_ERROR), 0);
    unplug(b);
}

static void a_broken_ntb_is_dropped_and_counted_and_the_next_one_is_not(void **state)
{
    (void)state;
    struct bench *b = plug_in((struct weir_usb_faults){0});
    open_ncm(b);
    for (unsigned n = 0; n < 60; n++) {
        add_random_frame(b, 200);
        build_ntb(b, 0, n % 2);
        size_t ndp = card_get16(b->ntb + 10);
        switch (n % 6) {
        case 0:
            b->ntb[3] ^= 0x20;
            break; // signature
        case 1:
            put16(b->ntb + 8, b->ntb_length + 1);
            break; // longer than what came
        case 2:
            put16(b->ntb + 10, b->ntb_length);
            break; // the table outside
        case 3:
            put16(b->ntb + ndp + 6, ndp);
            break; // tables that bite their tails
        case 4:
            put16(b->ntb + ndp + 8, 0);
            break; // no datagram
        default:
            put16(b->ntb + ndp + 8, b->ntb_length - 199); // a datagram that ends outside
        }
        send_ntb(b);
        b->sent_count = 0;
    }
    for (unsigned n = 0; n < 20; n++) { // noise, and nothing at all
        b->ntb_length = card_random(&b->random) % sizeof b->ntb;
        for (size_t i = 0; i < b->ntb_length; i++)
            b->ntb[i] = (uint8_t)card_random(&b->random);
        struct weir_usb_transfer out = {
            .endpoint = WEIR_EP_OUT, .buffer = b->ntb, .length = b->ntb_length | (n % 2)};
        assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
        struct weir_usb_transfer empty = {.endpoint = WEIR_EP_OUT, .buffer = b->ntb};
        assert_int_equal(card_transfer(b->sim, &empty), WEIR_USB_OK);
    }
    assert_in_range(card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER), 80, 120);
    send_one(b, 60);
    send_one(b, 1514);
    expect_all(b);
    unplug(b);
}

static void the_packet_filter_and_the_data_interface_rule_the_receiver(void **state)
{
    (void)state;
    static const struct {
        uint16_t filter;
        uint8_t to[6];
        size_t passes;
    } cases[] = {
        {DIRECTED | BROADCAST, {0x02, 0x57, 0x45, 0x49, 0x52, 0x01}, 1},
        {DIRECTED | BROADCAST, {0x02, 0x57, 0x45, 0x49, 0x52, 0x02}, 0},
        {DIRECTED | BROADCAST, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 1},
        {DIRECTED | BROADCAST, {0x33, 0x33, 0, 0, 0, 1}, 0},
        {ALL_MULTICAST | DIRECTED, {0x33, 0x33, 0, 0, 0, 1}, 1},
        {PROMISCUOUS, {0x02, 0x57, 0x45, 0x49, 0x52, 0x02}, 1},
        {0, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 0},
    };
    struct bench *b = plug_in((struct weir_usb_faults){0});
    open_ncm(b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_filter(b, cases[i].filter);
        add_random_frame(b, 100);
        memcpy(b->sent[0].data, cases[i].to, 6);
        build_ntb(b, 0, false);
        send_ntb(b);
        b->sent_count = cases[i].passes;
        expect_all(b);
    }
    set_filter(b, PROMISCUOUS);
    set_alternate(b, 0);
    uint32_t disabled = card_counter(b->sim, WEIR_CNT_RX_DISABLED);
    uint8_t frame[64] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    weir_sim_wire_in(b->sim, frame, sizeof frame);
    run(b, MS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_RX_DISABLED) + card_counter(b->sim, WEIR_CNT_RX_FCS_ERROR),
                     disabled + 1);
    unplug(b);
}

static void addresses_of_configuration_1_mean_nothing_in_configuration_2(void **state)
{
    (void)state;
    static const uint8_t other[8] = {0x99, 0, 0, 0, 0, 0x02, 0, 0x80}; // 02:00:00:00:00:99, in use
    static const uint8_t to[2][6] = {{0x02, 0, 0, 0, 0, 0x99}, {0x02, 0x57, 0x45, 0x49, 0x52, 0x01}};
    struct bench *b = plug_in((struct weir_usb_faults){0});
    for (uint16_t entry = 0; entry < 20; entry++) {
        uint8_t value[8];
        memcpy(value, other, sizeof value);
        assert_int_equal(card_control(b->sim, 0x40, WEIR_REQ_WRITE_TABLE, 0,
                                      (uint16_t)(WEIR_TABLE_MAC << 8 | entry), value, 8),
                         WEIR_USB_OK);
    }
    open_ncm(b);
    set_filter(b, DIRECTED | BROADCAST);
    for (size_t i = 0; i < 2; i++) {
        add_random_frame(b, 100);
        memcpy(b->sent[0].data, to[i], 6);
        build_ntb(b, 0, false);
        send_ntb(b);
        b->sent_count = i; // only the card's own
        expect_all(b);
    }
    unplug(b);
}

static void configurations_change_back_and_forth_and_both_work(void **state)
{
    (void)state;
    struct bench *b = plug_in((struct weir_usb_faults){0});
    for (unsigned n = 0; n < 4; n++) {
        open_ncm(b);
        for (unsigned i = 0; i < 10; i++)
            send_one(b, 60 + card_random(&b->random) % 1455);
        if (n % 2)
            expect_all(b); // else they are under way when the configuration changes
        b->got_count = b->sent_count = 0;
        set_configuration(b, 1);

        // A frame as a link record, there and back.
        enum { LENGTH = 300 };
        uint8_t control_word[8] = {WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS};
        assert_int_equal(
            card_control(b->sim, 0x40, WEIR_REQ_WRITE_TABLE, 0, WEIR_TABLE_RX_CONTROL << 8, control_word, 8),
            WEIR_USB_OK);
        uint8_t record[WEIR_RECORD_HEADER + LENGTH] = {WEIR_RECORD_MAGIC};
        put16(record + WEIR_REC_LENGTH, LENGTH);
        memset(record + WEIR_RECORD_HEADER, (int)(0x40 + n), LENGTH);
        struct weir_usb_transfer out = {.endpoint = WEIR_EP_OUT, .buffer = record, .length = sizeof record};
        assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
        bool found = false;
        while (!found) { // frames of before may come first
            static uint8_t data[WEIR_IN_TRANSFER_MAX];
            struct weir_usb_transfer in = {.endpoint = WEIR_EP_IN, .buffer = data, .length = sizeof data};
            assert_int_equal(card_transfer(b->sim, &in), WEIR_USB_OK);
            for (size_t at = 0; at < in.actual;) {
                size_t length = card_get32(data + at + WEIR_REC_LENGTH - 1) >> 8;
                assert_int_equal(data[at], WEIR_RECORD_MAGIC);
                found = found || (length == LENGTH && !memcmp(data + at + WEIR_RECORD_HEADER,
                                                              record + WEIR_RECORD_HEADER, LENGTH));
                at += WEIR_RECORD_HEADER + (length + 3) / 4 * 4;
            }
        }
    }
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER), 0);
    unplug(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_requests_of_a_class_driver_are_answered),
        cmocka_unit_test(the_link_is_told_once_when_the_data_interface_opens),
        cmocka_unit_test(frames_of_all_lengths_come_back_as_they_were),
        cmocka_unit_test(ntbs_with_many_datagrams_and_the_table_anywhere_are_taken_apart),
        cmocka_unit_test(frames_come_back_once_over_a_usb_that_breaks_packets),
        cmocka_unit_test(a_broken_ntb_is_dropped_and_counted_and_the_next_one_is_not),
        cmocka_unit_test(the_packet_filter_and_the_data_interface_rule_the_receiver),
        cmocka_unit_test(addresses_of_configuration_1_mean_nothing_in_configuration_2),
        cmocka_unit_test(configurations_change_back_and_forth_and_both_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
