// SPDX-License-Identifier: BSD-2-Clause
#include "Vfullspeed_rx.h"
#include "fullspeed_bench.h"

struct Packet {
    Bytes bytes;
    bool error;
};

struct Receiver : Bench<Vfullspeed_rx> {
    std::vector<Packet> packets;
    Packet packet = {};
    bool was_active = false;
    std::mt19937 random{7};

    Receiver()
    {
        reset();
        idle(20);
    }

    void clock()
    {
        tick();
        if (dut->rx_active) {
            if (!was_active)
                packet = {};
            if (dut->rx_valid)
                packet.bytes.push_back(dut->rx_data);
            packet.error |= dut->rx_error;
        } else {
            assert_false(dut->rx_valid);
            if (was_active)
                packets.push_back(packet);
        }
        was_active = dut->rx_active;
    }

    // rx_error counts until the last clock of rx_active, so it is looked at before the edge, too.
    void bit(bool value)
    {
        dut->bit_valid = 1;
        dut->bit_data = value;
        clock();
        dut->bit_valid = 0;
        for (unsigned n = 2 + random() % 3; n > 0; n--) // 3 to 5 samples a bit
            clock();
    }

    void bits(const Bits &sent)
    {
        for (bool value : sent)
            bit(value);
    }

    void idle(unsigned count)
    {
        bits(Bits(count, true));
    }

    // Of so many clocks; then J, which is a change or none.
    void end(unsigned clocks = 1)
    {
        dut->se0 = 1;
        while (clocks-- > 0) {
            dut->eval();
            if (was_active && dut->rx_active)
                packet.error |= dut->rx_error;
            clock();
        }
        dut->se0 = 0;
        bit(random() & 1);
        idle(2);
    }

    void expect(const Bytes &bytes)
    {
        assert_int_equal(packets.size(), 1);
        assert_false(packets[0].error);
        assert_true(packets[0].bytes == bytes);
        packets.clear();
    }
};

static void bytes_come_without_sync_and_stuffed_bits(void **)
{
    Receiver r;
    for (unsigned length = 1; length <= 67; length++) {
        const Bytes bytes = uneven_bytes(r.random, length);
        r.bits(packet_bits(bytes));
        r.end(1 + length % 6);
        r.expect(bytes);
    }
}

static void all_pairs_of_bytes_are_unstuffed(void **)
{
    Receiver r;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const Bytes bytes = {uint8_t(pair), uint8_t(pair >> 8)};
        r.bits(packet_bits(bytes));
        r.end();
        r.expect(bytes);
    }
}

static void a_sync_may_lose_its_first_four_bits_on_the_way(void **)
{
    Receiver r;
    const Bytes bytes = {0xD2};
    for (unsigned lost = 0; lost <= 4; lost++) {
        const Bits sent = packet_bits(bytes);
        r.bits(Bits(sent.begin() + lost, sent.end()));
        r.end();
        r.expect(bytes);
    }
}

static void one_bit_too_many_is_dribble_and_more_are_an_error(void **)
{
    Receiver r;
    const Bytes bytes = {0x69, 0x01, 0xE8};
    for (unsigned extra = 0; extra < 8; extra++) {
        r.bits(packet_bits(bytes));
        for (unsigned i = 0; i < extra; i++)
            r.bit(i & 1);
        r.end();
        assert_int_equal(r.packets.size(), 1);
        assert_true(r.packets[0].bytes == bytes);
        assert_int_equal(r.packets[0].error, extra > 1);
        r.packets.clear();
    }
}

static void a_seventh_one_is_an_error_and_the_next_packet_is_good(void **)
{
    Receiver r;
    for (unsigned at = 8; at < 8 + 5 * 8; at++) { // anywhere behind SYNC
        Bits sent = packet_bits({0xC3, 0xAA, 0x55, 0xAA, 0x55, 0xAA});
        sent.insert(sent.begin() + at, 7, true);
        r.bits(sent);
        r.end();
        assert_int_equal(r.packets.size(), 1);
        assert_true(r.packets[0].error);
        r.packets.clear();
        r.bits(packet_bits({0xD2}));
        r.end();
        r.expect({0xD2});
    }
}

// What follows an error looks like SYNC and a token, and yet is none.
static void data_behind_an_error_is_not_taken_for_a_packet(void **)
{
    Receiver r;
    Bits sent = packet_bits({0xC3, 0x00});
    sent.insert(sent.end(), 7, true);
    const Bits inner = packet_bits(token_packet(SETUP, 0, 0));
    sent.insert(sent.end(), inner.begin(), inner.end());
    r.bits(sent);
    r.end();
    assert_int_equal(r.packets.size(), 1);
    assert_true(r.packets[0].error);
}

static void a_packet_without_an_end_is_given_up_when_the_line_idles(void **)
{
    Receiver r;
    r.bits(packet_bits({0xC3, 0x12}));
    r.idle(20);
    assert_int_equal(r.packets.size(), 1);
    assert_true(r.packets[0].error);
    r.packets.clear();
    r.bits(packet_bits({0x5A}));
    r.end();
    r.expect({0x5A});
}

static void nothing_is_heard_on_an_idle_line_a_resuming_one_or_in_reset(void **)
{
    Receiver r;
    r.idle(100);
    r.bit(false); // K, for long
    r.idle(100);
    r.end(5000);
    r.idle(10);
    r.dut->rst = 1; // our own packet
    r.bits(packet_bits({0xD2, 0x00, 0xFF}));
    r.end();
    r.dut->rst = 0;
    r.idle(10);
    assert_true(r.packets.empty());
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(bytes_come_without_sync_and_stuffed_bits),
    cmocka_unit_test(all_pairs_of_bytes_are_unstuffed),
    cmocka_unit_test(a_sync_may_lose_its_first_four_bits_on_the_way),
    cmocka_unit_test(one_bit_too_many_is_dribble_and_more_are_an_error),
    cmocka_unit_test(a_seventh_one_is_an_error_and_the_next_packet_is_good),
    cmocka_unit_test(data_behind_an_error_is_not_taken_for_a_packet),
    cmocka_unit_test(a_packet_without_an_end_is_given_up_when_the_line_idles),
    cmocka_unit_test(nothing_is_heard_on_an_idle_line_a_resuming_one_or_in_reset),
};
RUN_TESTS(tests)
