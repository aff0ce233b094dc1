// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_transport.h"
#include "weir_card.h"
#include "weir_record.h"

#define MAX_FRAMES 8192

// A card, and what was seen on both sides of it. Test frames carry a number in bytes 14..17.
struct bench {
    struct fake_transport *fake;
    struct weir_card *card;
    unsigned closed;
    uint32_t wire[MAX_FRAMES], host[MAX_FRAMES]; // numbers in order of arrival
    size_t wire_count, host_count;
    size_t wire_bad, host_bad; // frames whose bytes are not those sent
    uint8_t host_flags;
    bool host_stamped;
    uint64_t host_timestamp;
    uint32_t link;
    unsigned links;
    uint64_t seed;
    unsigned lost_of_1000, dead_of_1000;
};

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};

static void make_frame(uint8_t *frame, size_t length, uint32_t number)
{
    memcpy(frame, broadcast, 6);
    memcpy(frame + 6, fake_card_mac, 6);
    frame[12] = 0x88, frame[13] = 0xB5; // IEEE 802 local experimental
    memcpy(frame + 14, &number, 4);
    for (size_t i = 18; i < length; i++)
        frame[i] = (uint8_t)(number * 7 + i);
}

static uint32_t frame_number(const uint8_t *frame, size_t length, size_t *bad)
{
    static uint8_t wanted[9018];
    uint32_t number;

    memcpy(&number, frame + 14, 4);
    make_frame(wanted, length, number);
    *bad += memcmp(wanted, frame, length) != 0;
    return number;
}

static void on_wire(void *context, const uint8_t *frame, size_t length)
{
    struct bench *bench = context;
    assert_in_range(bench->wire_count, 0, MAX_FRAMES - 1);
    bench->wire[bench->wire_count++] = frame_number(frame, length, &bench->wire_bad);
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct bench *bench = context;
    assert_in_range(bench->host_count, 0, MAX_FRAMES - 1);
    bench->host[bench->host_count++] = frame_number(rx->frame, rx->length, &bench->host_bad);
    bench->host_flags = rx->flags;
    bench->host_stamped = rx->has_timestamp;
    bench->host_timestamp = rx->timestamp;
}

static void on_link(void *context, uint32_t link)
{
    struct bench *bench = context;
    bench->link = link;
    bench->links++;
}

static struct weir_card *open_card(struct bench *bench, char *error, size_t error_size)
{
    struct weir_card_receiver receiver = {.frame = on_frame, .link = on_link, .context = bench};
    bench->fake->card.wire_out = on_wire;
    bench->fake->card.wire_context = bench;
    bench->fake->closed = &bench->closed;
    return weir_card_open(&bench->fake->base, &receiver, error, error_size);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char error[200];

    assert_non_null(bench);
    bench->seed = 0x12345;
    bench->fake = fake_transport_create();
    bench->card = open_card(bench, error, sizeof error);
    assert_non_null(bench->card);
    assert_int_equal(weir_card_poll(bench->card, 1), 0); // tells the link's state
    assert_int_equal(weir_card_set_rx_control(bench->card, WEIR_RX_ENABLE), 0);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    weir_card_close(bench->card);
    assert_int_equal(bench->closed, 1);
    free(bench);
    return 0;
}

static int send_frame(struct bench *bench, size_t length, uint32_t number)
{
    static uint8_t frame[9018];
    make_frame(frame, length, number);
    // In three pieces, to show that they are put together.
    struct weir_card_tx tx = {
        .header = frame, .header_length = 20, .payload = {{frame + 20, 5}, {frame + 25, length - 25}}};
    return weir_card_send(bench->card, &tx);
}

static void poll_once(struct bench *bench)
{
    assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card) + 1000), 0);
}

static void small_frames_share_a_transfer(void **state)
{
    struct bench *bench = *state;
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(send_frame(bench, 100, i), 0);
    poll_once(bench);
    assert_int_equal(bench->fake->card.counters[WEIR_CNT_USB_OUT_TRANSFERS], 1);
    assert_int_equal(bench->wire_count, 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(bench->wire[i], i);
    assert_int_equal(bench->wire_bad, 0);
}

static void transfer_of_whole_packets_ends_with_a_pad_record(void **state)
{
    struct bench *bench = *state;
    // 12 + 500 = 512 bytes exactly; without the record of padding the card would wait for more.
    assert_int_equal(send_frame(bench, 500, 1), 0);
    poll_once(bench);
    assert_int_equal(weir_card_stats(bench->card)->tx_bytes, 524);
    assert_int_equal(bench->fake->card.counters[WEIR_CNT_USB_OUT_TRANSFERS], 1);
    assert_int_equal(bench->fake->card.counters[WEIR_CNT_USB_OUT_PACKETS], 2);
    assert_int_equal(bench->fake->card.counters[WEIR_CNT_TX_BAD_TRANSFER], 0);
}

static void every_frame_length_ends_its_transfer_short(void **state)
{
    struct bench *bench = *state;
    for (uint32_t length = 60; length <= 1514; length++) {
        assert_int_equal(send_frame(bench, length, length), 0);
        poll_once(bench);
        assert_int_equal(bench->fake->card.counters[WEIR_CNT_USB_OUT_TRANSFERS], length - 59);
    }
    assert_int_equal(bench->wire_count, 1514 - 59);
    assert_int_equal(bench->wire_bad, 0);
}

static void send_says_eagain_when_all_transfers_are_busy_and_goes_on_later(void **state)
{
    struct bench *bench = *state;
    uint32_t sent = 0;
    int result;

    bench->fake->hold_out = true;
    for (; weir_card_can_send(bench->card); sent++) // a promise that any frame is taken
        assert_int_equal(send_frame(bench, sent % 3 ? 1514 : 60, sent), 0);
    while ((result = send_frame(bench, 1514, sent)) == 0)
        assert_in_range(++sent, 1, MAX_FRAMES);
    assert_int_equal(result, -11);
    assert_false(weir_card_can_send(bench->card));
    assert_in_range(sent, 4 * 10, 8 * 17); // 4 to 8 transfers of 16 KiB
    bench->fake->hold_out = false;
    poll_once(bench);
    assert_true(weir_card_can_send(bench->card));
    assert_int_equal(send_frame(bench, 1514, sent), 0);
    poll_once(bench);
    assert_int_equal(bench->wire_count, sent + 1);
    for (uint32_t i = 0; i <= sent; i++)
        assert_int_equal(bench->wire[i], i);
}

static void frames_from_the_wire_reach_the_receiver_in_order(void **state)
{
    struct bench *bench = *state;
    uint8_t frame[1514];

    for (uint32_t i = 0; i < 100; i++) {
        make_frame(frame, 60 + i * 14, i);
        fake_card_wire_in(&bench->fake->card, frame, 60 + i * 14);
    }
    while (bench->host_count < 100)
        poll_once(bench);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(bench->host[i], i);
    assert_int_equal(bench->host_bad, 0);
    assert_int_equal(weir_card_stats(bench->card)->rx_frames, 100);
    assert_int_equal(weir_card_stats(bench->card)->rx_bad_transfers, 0);
}

static void nonsense_from_the_card_is_counted_and_survived(void **state)
{
    struct bench *bench = *state;
    uint8_t frame[100];

    memset(bench->fake->in_transfer, 0x55, 100);
    bench->fake->in_length = 100, bench->fake->in_at = 0, bench->fake->in_active = true;
    poll_once(bench);
    make_frame(frame, 100, 5);
    fake_card_wire_in(&bench->fake->card, frame, 100);
    poll_once(bench);
    assert_int_equal(weir_card_stats(bench->card)->rx_bad_transfers, 1);
    assert_int_equal(bench->host_count, 1);
    assert_int_equal(bench->host[0], 5);
}

static enum fake_fault random_fault(void *context, uint8_t endpoint)
{
    struct bench *bench = context;
    unsigned draw = (unsigned)(random64(&bench->seed) >> 20) % 1000;

    if (draw < bench->dead_of_1000)
        return endpoint == WEIR_EP_OUT && draw % 4 == 0 ? FAKE_STALL : FAKE_DEAD;
    return draw < bench->dead_of_1000 + bench->lost_of_1000 ? FAKE_HANDSHAKE_LOST : FAKE_FINE;
}

// Sends frames both ways, 3,000 of random lengths, while transactions fail at random.
static void run_with_faults(struct bench *bench, uint64_t seed)
{
    uint32_t out = 0, in = 0;
    uint8_t frame[1514];

    bench->seed = seed;
    bench->wire_count = bench->host_count = 0;
    bench->fake->fault = random_fault;
    bench->fake->fault_context = bench;
    while (bench->wire_count < 3000 || bench->host_count < 3000) {
        for (uint64_t burst = random64(&bench->seed) % 30; burst > 0 && out < 3000; burst--)
            out += send_frame(bench, 60 + (size_t)(random64(&bench->seed) % 1455), out) == 0;
        for (uint64_t burst = random64(&bench->seed) % 30;
             burst > 0 && in < 3000 && bench->fake->card.in_length < 100000; burst--, in++) {
            size_t length = 60 + (size_t)(random64(&bench->seed) % 1455);
            make_frame(frame, length, in);
            fake_card_wire_in(&bench->fake->card, frame, length);
        }
        size_t before = bench->wire_count + bench->host_count;
        poll_once(bench);
        if (out == 3000 && in == 3000 && bench->wire_count + bench->host_count == before) {
            for (int i = 0; i < 100; i++) // recoveries may follow one another
                poll_once(bench);
            if (bench->wire_count + bench->host_count == before)
                fail_msg("seed %llu: stuck at %zu and %zu frames", (unsigned long long)seed,
                         bench->wire_count, bench->host_count);
        }
    }
    bench->fake->fault = NULL;
    poll_once(bench);
    for (uint32_t i = 0; i < 3000; i++) {
        if (bench->wire[i] != i || bench->host[i] != i)
            fail_msg("seed %llu: frame %u came as %u on the wire, %u at the host", (unsigned long long)seed,
                     i, bench->wire[i], bench->host[i]);
    }
    assert_int_equal(bench->wire_count, 3000);
    assert_int_equal(bench->host_count, 3000);
    assert_int_equal(bench->wire_bad + bench->host_bad, 0);
    assert_int_equal(weir_card_stats(bench->card)->rx_bad_transfers, 0);
    assert_int_equal(bench->fake->card.counters[WEIR_CNT_TX_BAD_TRANSFER], 0);
}

static void frames_pass_exactly_once_while_transfers_fail(void **state)
{
    struct bench *bench = *state;
    bench->dead_of_1000 = 20;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_with_faults(bench, seed * 7919);
    assert_in_range(weir_card_stats(bench->card)->transfer_errors, 100, 1000000);
}

// The handshake of a packet is lost and then the transfer fails: whether the other side has the packet, only
// it can tell.
static void packet_in_doubt_passes_exactly_once(void **state)
{
    struct bench *bench = *state;
    bench->dead_of_1000 = 100;
    bench->lost_of_1000 = 400;
    for (uint64_t seed = 1; seed <= 20; seed++)
        run_with_faults(bench, seed * 104729);
    assert_in_range(bench->fake->card.counters[WEIR_CNT_USB_OUT_DUPLICATE], 100, 1000000);
}

static void control_transfers_are_tried_again(void **state)
{
    struct bench *bench = *state;
    uint32_t value = 0;

    bench->fake->control_errors = 2;
    assert_int_equal(weir_card_write_reg(bench->card, WEIR_REG_SCRATCH, 0x12345678), 0);
    bench->fake->control_errors = 2;
    assert_int_equal(weir_card_read_reg(bench->card, WEIR_REG_SCRATCH, &value), 0);
    assert_int_equal(value, 0x12345678);
    bench->fake->control_errors = 100;
    assert_int_equal(weir_card_read_reg(bench->card, WEIR_REG_SCRATCH, &value), -5);
    bench->fake->control_errors = 0;
    assert_int_equal(weir_card_read_reg(bench->card, 999, &value), -32);
}

static void endpoint_that_never_recovers_ends_in_an_error(void **state)
{
    struct bench *bench = *state;
    int result = 0;

    bench->dead_of_1000 = 1000;
    bench->fake->fault = random_fault;
    bench->fake->fault_context = bench;
    assert_int_equal(send_frame(bench, 100, 1), 0);
    for (int i = 0; i < 1000 && result == 0; i++)
        result = weir_card_poll(bench->card, weir_card_now(bench->card) + 1000);
    assert_int_equal(result, -5);
}

static void unplugged_card_says_enodev(void **state)
{
    struct bench *bench = *state;
    uint32_t value;

    assert_int_equal(send_frame(bench, 100, 1), 0);
    bench->fake->unplugged = true;
    assert_int_equal(weir_card_poll(bench->card, 1000000), -19);
    assert_int_equal(weir_card_poll(bench->card, 1000000), -19);
    assert_int_equal(weir_card_stats(bench->card)->tx_lost, 1); // the frame, counted once
    assert_int_equal(weir_card_read_reg(bench->card, WEIR_REG_ID, &value), -19);
    assert_int_equal(send_frame(bench, 100, 2), -11);
}

static void link_is_told_at_open_and_on_change(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench->links, 1);
    assert_int_equal(bench->link, bench->fake->card.link);
    bench->fake->card.link = 0;
    poll_once(bench);
    assert_int_equal(bench->links, 2);
    assert_int_equal(bench->link, 0);
    // The message is lost with its transfer: the register tells.
    bench->dead_of_1000 = 1000;
    bench->fake->fault = random_fault;
    bench->fake->fault_context = bench;
    bench->fake->card.link = 5;
    poll_once(bench);
    bench->fake->fault = NULL;
    poll_once(bench);
    poll_once(bench);
    assert_int_equal(bench->links, 3);
    assert_int_equal(bench->link, 5);
}

static void tables_and_counters_reach_the_card(void **state)
{
    struct bench *bench = *state;
    uint32_t counters[WEIR_COUNTERS];
    const uint8_t mac[6] = {2, 3, 4, 5, 6, 7};

    assert_int_equal(weir_card_set_mac(bench->card, 1, mac), 0);
    assert_int_equal(bench->fake->card.mac[1], 0x8000020304050607);
    assert_int_equal(weir_card_set_mac(bench->card, 1, NULL), 0);
    assert_int_equal(bench->fake->card.mac[1], 0);
    assert_int_equal(weir_card_set_arp(bench->card, 7, 0x0A000001), 0);
    assert_int_equal(bench->fake->card.arp[7], 0x800000000A000001);
    assert_int_equal(weir_card_set_arp(bench->card, 8, 1), -22);
    assert_int_equal(bench->fake->card.rx_control, WEIR_RX_ENABLE);
    bench->fake->card.counters[47] = 0xfffffffe;
    assert_int_equal(weir_card_counters(bench->card, counters), 0);
    assert_int_equal(counters[47], 0xfffffffe);
}

static void time_stamps_come_with_frames_once_they_are_asked_for(void **state)
{
    struct bench *bench = *state;
    struct fake_card *fake = &bench->fake->card;
    uint8_t frame[60];
    uint64_t time;

    for (uint32_t i = 0; i < 4; i++) {
        bool asked = i % 2;
        assert_int_equal(weir_card_set_rx_mode(bench->card, WEIR_CARD_RX_PLAIN, asked), 0);
        make_frame(frame, sizeof frame, i);
        fake->time = 0x0123456789ABCDEF + i;
        fake_card_wire_in(fake, frame, sizeof frame);
        while (bench->host_count <= i)
            assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card) + 1000), 0);
        assert_int_equal(bench->host_stamped, asked);
        assert_true(bench->host_timestamp == (asked ? fake->time : 0));
        assert_int_equal(weir_card_time(bench->card, &time), 0);
        assert_true(time == fake->time);
    }
    assert_int_equal(bench->host_bad, 0);
}

static void card_without_a_clock_says_so(void **state)
{
    struct bench *bench = *state;
    char error[200];
    uint64_t time;

    weir_card_close(bench->card);
    bench->fake = fake_transport_create();
    bench->fake->card.features &= ~(uint32_t)WEIR_CAP_TIMESTAMP;
    bench->closed = 0;
    bench->card = open_card(bench, error, sizeof error);
    assert_non_null(bench->card);
    assert_int_equal(weir_card_time(bench->card, &time), -EOPNOTSUPP);
    assert_int_equal(weir_card_set_rx_mode(bench->card, WEIR_CARD_RX_PLAIN, true), -EOPNOTSUPP);
    assert_int_equal(weir_card_set_rx_mode(bench->card, WEIR_CARD_RX_PLAIN, false), 0);
}

static void card_with_fewer_counters_is_read_as_zeros(void **state)
{
    (void)state;
    struct bench bench = {.fake = fake_transport_create()};
    uint32_t counters[WEIR_COUNTERS];
    char error[200];

    bench.fake->card.counter_count = 40;
    bench.fake->card.counters[39] = 7;
    bench.fake->card.counters[40] = 8;
    bench.card = open_card(&bench, error, sizeof error);
    assert_non_null(bench.card);
    assert_int_equal(weir_card_counters(bench.card, counters), 0);
    assert_int_equal(counters[39], 7);
    assert_int_equal(counters[40], 0);
    weir_card_close(bench.card);
}

static void wrong_device_or_version_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        uint8_t id[3], caps_major;
        const char *advice;
    } cases[] = {
        {{0x03, 0x01, 0x01}, 1, "not a Weir card"},
        {{0xFF, 0x57, 0x02}, 2, "update this program"},
        {{0xFF, 0x57, 0x00}, 0, "update the card's bitstream"},
        {{0xFF, 0x57, 0x01}, 2, "update this program"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench bench = {.fake = fake_transport_create()};
        char error[200] = "";
        memcpy(bench.fake->id, cases[i].id, 3);
        bench.fake->card.version_major = cases[i].caps_major;
        assert_null(open_card(&bench, error, sizeof error));
        assert_int_equal(bench.closed, 1);
        assert_non_null(strstr(error, cases[i].advice));
    }
}

static void close_sends_what_is_queued_and_switches_the_receiver_off(void **state)
{
    (void)state;
    struct bench *bench;
    void *made;

    setup(&made);
    bench = made;
    for (uint32_t i = 0; i < 30; i++)
        assert_int_equal(send_frame(bench, 1000, i), 0);
    weir_card_close(bench->card);
    assert_int_equal(bench->wire_count, 30);
    assert_int_equal(bench->closed, 1);
    free(bench);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(small_frames_share_a_transfer),
        TEST(transfer_of_whole_packets_ends_with_a_pad_record),
        TEST(every_frame_length_ends_its_transfer_short),
        TEST(send_says_eagain_when_all_transfers_are_busy_and_goes_on_later),
        TEST(frames_from_the_wire_reach_the_receiver_in_order),
        TEST(nonsense_from_the_card_is_counted_and_survived),
        TEST(frames_pass_exactly_once_while_transfers_fail),
        TEST(packet_in_doubt_passes_exactly_once),
        TEST(control_transfers_are_tried_again),
        TEST(endpoint_that_never_recovers_ends_in_an_error),
        TEST(unplugged_card_says_enodev),
        TEST(link_is_told_at_open_and_on_change),
        TEST(tables_and_counters_reach_the_card),
        TEST(time_stamps_come_with_frames_once_they_are_asked_for),
        TEST(card_without_a_clock_says_so),
        cmocka_unit_test(card_with_fewer_counters_is_read_as_zeros),
        cmocka_unit_test(wrong_device_or_version_says_what_to_do),
        cmocka_unit_test(close_sends_what_is_queued_and_switches_the_receiver_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
