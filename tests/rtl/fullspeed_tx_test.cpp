// SPDX-License-Identifier: BSD-2-Clause
#include "Vfullspeed_tx.h"
#include "fullspeed_bench.h"

struct Sender : Bench<Vfullspeed_tx> {
    Sender()
    {
        reset();
    }

    Line line() const
    {
        return Line(dut->dp_o | dut->dn_o << 1);
    }

    // The levels of a packet, one a clock, from the first that is driven to the last.
    std::vector<Line> send(const Bytes &bytes)
    {
        std::vector<Line> driven;
        size_t next = 0;
        dut->tx_valid = 1;
        dut->tx_data = bytes[0];
        for (unsigned waited = 0; driven.empty() ? waited++ < 10 : bool(dut->oe);) {
            dut->eval();
            const bool taken = dut->tx_ready && dut->tx_valid;
            tick();
            if (taken) {
                dut->tx_valid = ++next < bytes.size();
                dut->tx_data = dut->tx_valid ? bytes[next] : 0xA5;
            }
            if (dut->oe)
                driven.push_back(line());
        }
        assert_int_equal(next, bytes.size());
        return driven;
    }
};

static std::vector<Line> expected(const Bytes &bytes)
{
    std::vector<Line> bits = levels(packet_bits(bytes)), clocks;
    bits.insert(bits.end(), {SE0, SE0, J});
    for (Line bit : bits)
        clocks.insert(clocks.end(), 4, bit);
    return clocks;
}

static void packets_of_all_lengths_leave_bit_for_bit(void **)
{
    Sender s;
    std::mt19937 random(3);
    for (unsigned length = 1; length <= 67; length++) {
        const Bytes bytes = uneven_bytes(random, length);
        assert_true(s.send(bytes) == expected(bytes));
        s.ticks(random() % 20);
    }
}

// A bit stuffed behind the very last byte is sent, too (USB 2.0 section 7.1.9).
static void all_pairs_of_bytes_are_stuffed(void **)
{
    Sender s;
    for (unsigned pair = 0; pair < 65536; pair++) {
        const Bytes bytes = {uint8_t(pair), uint8_t(pair >> 8)};
        if (s.send(bytes) != expected(bytes))
            fail_msg("%04X", pair);
    }
}

static void sync_begins_within_two_clocks(void **)
{
    Sender s;
    s.dut->tx_valid = 1;
    s.dut->tx_data = 0xD2;
    s.ticks(2);
    assert_int_equal(s.dut->oe, 1);
    assert_int_equal(s.line(), K);
}

static void a_packet_withdrawn_before_its_first_byte_still_ends_in_order(void **)
{
    Sender s;
    s.dut->tx_valid = 1;
    s.tick();
    s.dut->tx_valid = 0;
    std::vector<Line> driven;
    for (int i = 0; i < 100; i++) {
        s.tick();
        if (s.dut->oe)
            driven.push_back(s.line());
    }
    assert_true(driven == expected({}));
}

static void raw_zeros_are_k_and_ones_j_for_as_long_as_they_come(void **)
{
    Sender s;
    for (uint8_t data : {0x00, 0xFF}) {
        s.dut->raw = 1;
        s.dut->tx_valid = 1;
        s.dut->tx_data = data;
        s.ticks(3);
        for (int i = 0; i < 1000; i++) {
            assert_int_equal(s.dut->tx_ready, 1);
            assert_int_equal(s.dut->oe, 1);
            assert_int_equal(s.line(), data ? J : K);
            s.tick();
        }
        s.dut->tx_valid = 0;
        s.ticks(2);
        assert_int_equal(s.dut->oe, 0);
        s.dut->raw = 0;
        s.ticks(5);
    }
    const Bytes bytes = {0xD2};
    assert_true(s.send(bytes) == expected(bytes));
}

static void reset_lets_go_of_the_pins(void **)
{
    Sender s;
    s.dut->tx_valid = 1;
    s.ticks(30);
    assert_int_equal(s.dut->oe, 1);
    s.dut->rst = 1;
    s.tick();
    assert_int_equal(s.dut->oe, 0);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(packets_of_all_lengths_leave_bit_for_bit),
    cmocka_unit_test(all_pairs_of_bytes_are_stuffed),
    cmocka_unit_test(sync_begins_within_two_clocks),
    cmocka_unit_test(a_packet_withdrawn_before_its_first_byte_still_ends_in_order),
    cmocka_unit_test(raw_zeros_are_k_and_ones_j_for_as_long_as_they_come),
    cmocka_unit_test(reset_lets_go_of_the_pins),
};
RUN_TESTS(tests)
