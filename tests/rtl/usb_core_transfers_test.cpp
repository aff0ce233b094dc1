// SPDX-License-Identifier: BSD-2-Clause
//
// The device core: bulk transfers, on a good and on a bad cable.
#include "usb_core_bench.h"

// ---- Bulk ----

static void out_transfers_of_all_lengths_arrive_with_their_ends(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned length = 0; length <= 1030; length++) {
        Bytes data = pattern(length, length), none;
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        if (length && length % 512 == 0)
            assert_int_equal(card.transfer(WEIR_EP_OUT, none), WEIR_USB_OK);
        assert_true(card.run(5000, [&] { return card.transfers.size() == length + 1; }));
        assert_true(card.transfers.back() == data);
    }
    assert_int_equal(card.events.out_transfer, 1031);
    assert_int_equal(card.events.out_nak + card.events.out_nyet + card.events.out_duplicate, 0);
}

static void in_transfers_of_all_lengths_end_with_a_short_packet(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned length = 1; length <= 1030; length++) {
        const Bytes data = pattern(length, length);
        Bytes got(2048);
        card.write_in(data);
        assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
        assert_true(got == data);
    }
    card.run(20);
    assert_true(card.core->in_drained);
    assert_int_equal(card.events.in_transfer, 1030);
}

static void a_stream_out_takes_13_packets_a_microframe_without_a_single_nak_or_nyet(void **)
{
    Card card;
    assert_enumerates(card);
    Bytes data = pattern(13 * 512 * 64, 5);
    const uint64_t begin = card.clock;
    assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
    assert_in_range(card.clock - begin, 1, 66 * MICROFRAME);
    card.run(1000);
    assert_true(card.received == data);
    assert_int_equal(card.events.out_nak + card.events.out_nyet + card.events.crc_error, 0);
    assert_int_equal(card.host->late_answers, 0);
}

static void a_stream_in_gives_13_packets_a_microframe(void **)
{
    Card card;
    assert_enumerates(card);
    const Bytes data = pattern(13 * 512 * 64, 6);
    card.write_in(data);
    card.run(2000);
    Bytes got(data.size());
    const uint64_t begin = card.clock;
    assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
    assert_in_range(card.clock - begin, 1, 66 * MICROFRAME);
    assert_true(got == data);
    assert_int_equal(card.host->late_answers, 0);
}

static void a_slow_reader_holds_the_host_back_and_loses_nothing(void **)
{
    Card card;
    assert_enumerates(card);
    card.slow_reader = 7;
    Bytes data = pattern(40 * 512 + 100, 8);
    assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
    assert_true(card.run(40000, [&] { return !card.transfers.empty(); }));
    assert_true(card.transfers[0] == data);
    assert_true(card.events.out_nyet > 10);
    assert_int_equal(card.events.out_duplicate, 0);
}

// ---- A bad cable ----

static void with_1_percent_of_faults_each_byte_arrives_exactly_once(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Card card(faults, seed);
        assert_enumerates(card);
        for (unsigned i = 0; i < 60; i++) {
            const Bytes sent = pattern(i * 257 + 1, i), in = pattern(i * 173 % 9000 + 1, i + 1);
            Bytes out = sent, got(16384);
            card.write_in(in);
            if (card.transfer(WEIR_EP_OUT, out) != WEIR_USB_OK ||
                card.transfer(WEIR_EP_IN, got) != WEIR_USB_OK)
                fail_msg("seed %u, round %u: three faults in a row", unsigned(seed), i);
            card.run(5000);
            if (sent.size() % 512 == 0 || card.transfers.size() != 1 || card.transfers[0] != sent ||
                got != in)
                fail_msg("seed %u, round %u: data differs", unsigned(seed), i);
            card.transfers.clear();
            Bytes write = pattern(i + 1, i), read(64);
            if (card.control(0x40, 2, uint16_t(i), 0, write) == WEIR_USB_OK)
                assert_true(card.commits.back().data == write &&
                            uint16_t(card.commits.back().setup >> 16) == i);
            if (card.control(0xC0, 1, 0, 64, read) == WEIR_USB_OK)
                assert_true(read.size() == 64 && read[63] == (63 ^ 0x5A));
        }
        assert_true(card.events.crc_error > 0 && card.events.in_retry > 0);
        assert_true(card.events.out_duplicate > 0);
        assert_int_equal(card.host->unsolicited, 0);
    }
}

static void both_directions_at_once_on_a_bad_cable_lose_nothing(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    Card card(faults, 77);
    assert_enumerates(card);
    Bytes out = pattern(100 * 512 + 17, 1), got(200 * 512);
    const Bytes in = pattern(150 * 512 + 3, 2);
    card.write_in(in);
    unsigned done = 0;
    weir_usb_transfer transfers[2] = {};
    for (int i = 0; i < 2; i++) {
        transfers[i].endpoint = i ? WEIR_EP_IN : WEIR_EP_OUT;
        transfers[i].buffer = i ? got.data() : out.data();
        transfers[i].length = i ? got.size() : out.size();
        transfers[i].context = &done;
        transfers[i].complete = [](weir_usb_transfer *t) { ++*static_cast<unsigned *>(t->context); };
        usb_host_submit(card.host.get(), &transfers[i]);
    }
    unsigned requests = 0;
    for (; done < 2; requests++) {
        Bytes read(64);
        if (card.control(0xC0, 1, 0, 64, read) == WEIR_USB_OK)
            assert_true(read.size() == 64 && read[63] == (63 ^ 0x5A));
        card.run(2000); // control goes first on this host; leave some of the bus to bulk
        assert_true(requests < 1000);
    }
    card.run(1000);
    assert_true(requests > 10);
    assert_true(transfers[0].status == WEIR_USB_OK && transfers[1].status == WEIR_USB_OK);
    got.resize(transfers[1].actual);
    assert_true(got == in);
    assert_true(card.transfers.size() == 1 && card.transfers[0] == out);
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(out_transfers_of_all_lengths_arrive_with_their_ends),
        cmocka_unit_test(in_transfers_of_all_lengths_end_with_a_short_packet),
        cmocka_unit_test(a_stream_out_takes_13_packets_a_microframe_without_a_single_nak_or_nyet),
        cmocka_unit_test(a_stream_in_gives_13_packets_a_microframe),
        cmocka_unit_test(a_slow_reader_holds_the_host_back_and_loses_nothing),
        cmocka_unit_test(with_1_percent_of_faults_each_byte_arrives_exactly_once),
        cmocka_unit_test(both_directions_at_once_on_a_bad_cable_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
