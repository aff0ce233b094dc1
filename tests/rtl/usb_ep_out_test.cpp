// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_ep_out.h"
#include "usb_bench.h"

struct Endpoint : Bench<Vusb_ep_out> {
    Bytes got;
    std::vector<Bytes> transfers;
    unsigned packets = 0, ends = 0;
    std::mt19937 random{1};
    unsigned pace = 8; // the reader takes a beat in `pace` of 8 clocks

    explicit Endpoint(unsigned max = 512)
    {
        dut->max_packet = uint16_t(max);
        dut->taking = dut->byte_valid = dut->commit = dut->toggle_reset = 0;
        dut->packet_length = 0;
        reset();
        tick();
    }
    void clock()
    {
        dut->m_out_ready = random() % 8 < pace;
        dut->eval();
        if (dut->m_out_valid && dut->m_out_ready) {
            if (dut->m_out_eot)
                transfers.push_back(std::exchange(got, {}));
            else
                got.push_back(dut->m_out_data);
        }
        tick();
        packets += dut->ev_out_packet;
        ends += dut->ev_out_transfer;
    }
    void clocks_(unsigned count)
    {
        while (count-- > 0)
            clock();
    }
    void packet(const Bytes &data, bool good = true)
    {
        assert_true(dut->ready);
        dut->taking = 1;
        dut->packet_length = 0;
        clock();
        for (uint8_t byte : data) {
            dut->byte_valid = 1;
            dut->packet_length++;
            dut->byte_data = byte;
            clock();
        }
        dut->byte_valid = 0;
        clock();
        dut->commit = good;
        clock();
        dut->commit = 0;
        clock();
        dut->taking = 0;
        clocks_(3);
    }
};

static void transfers_of_all_kinds_come_out_whole(void **)
{
    const unsigned sizes[2] = {512, 64};
    for (unsigned max : sizes) {
        Endpoint e(max);
        Bytes expected;
        for (unsigned i = 0; i < 300; i++) {
            const unsigned length = i % 5 == 0 ? 0 : i % 3 ? max : e.random() % max;
            const Bytes data = random_bytes(e.random, length);
            e.packet(data);
            expected.insert(expected.end(), data.begin(), data.end());
            e.clocks_(700);
            if (length == max) {
                assert_true(e.got == expected);
            } else {
                assert_true(e.transfers.back() == expected);
                expected.clear();
            }
            assert_int_equal(e.dut->toggle, (i + 1) & 1);
        }
        assert_int_equal(e.packets, 300);
        assert_int_equal(e.ends, e.transfers.size());
    }
}

static void a_packet_that_is_not_committed_never_was(void **)
{
    Endpoint e;
    for (unsigned i = 0; i < 50; i++) {
        e.packet(random_bytes(e.random, 100 + i), false);
        assert_int_equal(e.dut->toggle, 0);
    }
    e.clocks_(100);
    assert_true(e.got.empty() && e.transfers.empty() && e.packets == 0);
    e.packet({1, 2, 3});
    e.clocks_(20);
    assert_true(e.transfers.back() == Bytes({1, 2, 3}));
}

static void it_is_ready_as_long_as_a_full_packet_fits(void **)
{
    Endpoint e;
    e.pace = 0;
    Bytes expected;
    for (unsigned i = 0; i < 4; i++) { // two words stand at the output, and leave room for as many
        const Bytes data = random_bytes(e.random, 512);
        e.packet(data);
        expected.insert(expected.end(), data.begin(), data.end());
    }
    assert_false(e.dut->ready);
    e.pace = 8;
    e.clocks_(509);
    e.pace = 0;
    e.clocks_(3);
    assert_false(e.dut->ready); // for one byte
    e.pace = 8;
    e.clocks_(1);
    e.pace = 0;
    e.clocks_(3);
    assert_true(e.dut->ready);
    e.packet(random_bytes(e.random, 512), false); // does not count
    assert_true(e.dut->ready);
    const Bytes data = random_bytes(e.random, 511); // with its marker as long as a full one
    e.packet(data);
    expected.insert(expected.end(), data.begin(), data.end());
    e.pace = 8;
    e.clocks_(3000);
    assert_true(e.dut->ready);
    assert_true(e.transfers.back() == expected);
}

static void a_reader_that_pauses_loses_nothing(void **)
{
    for (unsigned pace = 1; pace <= 8; pace++) {
        Endpoint e;
        e.pace = pace;
        Bytes expected;
        for (unsigned i = 0; i < 40; i++) {
            while (!e.dut->ready)
                e.clock();
            const Bytes data = random_bytes(e.random, i == 39 ? 7 : 512);
            e.packet(data);
            expected.insert(expected.end(), data.begin(), data.end());
        }
        e.clocks_(20000);
        assert_int_equal(e.transfers.size(), 1);
        assert_true(e.transfers[0] == expected);
    }
}

static void a_reset_forgets_bytes_and_toggle_and_a_toggle_reset_only_that(void **)
{
    Endpoint e;
    e.pace = 0;
    e.packet(random_bytes(e.random, 30));
    assert_int_equal(e.dut->toggle, 1);
    e.dut->toggle_reset = 1;
    e.clock();
    e.dut->toggle_reset = 0;
    e.clock();
    assert_true(e.dut->toggle == 0 && e.dut->m_out_valid);
    e.packet(random_bytes(e.random, 30));
    e.reset();
    e.pace = 8;
    e.clocks_(100);
    assert_true(e.dut->toggle == 0 && e.got.empty() && e.transfers.empty() && e.dut->ready);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(transfers_of_all_kinds_come_out_whole),
    cmocka_unit_test(a_packet_that_is_not_committed_never_was),
    cmocka_unit_test(it_is_ready_as_long_as_a_full_packet_fits),
    cmocka_unit_test(a_reader_that_pauses_loses_nothing),
    cmocka_unit_test(a_reset_forgets_bytes_and_toggle_and_a_toggle_reset_only_that),
};
RUN_TESTS(tests)
