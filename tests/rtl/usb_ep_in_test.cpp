// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_ep_in.h"
#include "usb_bench.h"
#include <deque>

struct Endpoint : Bench<Vusb_ep_in> {
    std::deque<std::pair<uint8_t, bool>> queue;
    unsigned packets = 0, ends = 0;
    std::mt19937 random{1};

    explicit Endpoint(unsigned max = 512)
    {
        dut->max_packet = uint16_t(max);
        dut->s_in_valid = dut->ack = dut->toggle_reset = dut->offset = 0;
        reset();
    }
    void clock()
    {
        dut->s_in_valid = !queue.empty() && random() % 4 != 0;
        if (!queue.empty()) {
            dut->s_in_data = queue.front().first;
            dut->s_in_last = queue.front().second;
        }
        dut->eval();
        if (dut->s_in_valid && dut->s_in_ready)
            queue.pop_front();
        tick();
        packets += dut->ev_in_packet;
        ends += dut->ev_in_transfer;
    }
    void clocks_(unsigned count)
    {
        while (count-- > 0)
            clock();
    }
    void write(const Bytes &data)
    {
        for (size_t i = 0; i < data.size(); i++)
            queue.push_back({data[i], i + 1 == data.size()});
    }
    // Reads the packet that waits, as the transmitter does.
    Bytes read()
    {
        Bytes data;
        assert_true(dut->ready);
        const unsigned length = dut->length;
        for (unsigned i = 0; i < length; i++) {
            dut->offset = uint16_t(i);
            clock();
            data.push_back(dut->data);
        }
        dut->offset = 0;
        return data;
    }
    void acknowledge()
    {
        dut->ack = 1;
        clock();
        dut->ack = 0;
        clock();
        clock();
    }
};

static void transfers_of_all_lengths_become_packets_with_a_short_one_at_the_end(void **)
{
    for (unsigned length = 1; length <= 300; length++) {
        Endpoint e(64);
        const Bytes data = random_bytes(e.random, length);
        e.write(data);
        Bytes got;
        for (unsigned toggle = 0;; toggle ^= 1) {
            for (int i = 0; i < 400 && !e.dut->ready; i++)
                e.clock();
            e.clock();
            assert_int_equal(e.dut->toggle, toggle);
            const Bytes packet = e.read();
            assert_true(packet == e.read()); // the host did not answer: once more, the same
            e.acknowledge();
            got.insert(got.end(), packet.begin(), packet.end());
            if (packet.size() < 64)
                break;
        }
        assert_true(got == data);
        assert_false(e.dut->ready);
        assert_true(e.dut->in_drained);
        assert_int_equal(e.packets, length / 64 + 1);
        assert_int_equal(e.ends, 1);
    }
}

static void it_holds_four_packets_and_then_makes_the_source_wait(void **)
{
    Endpoint e;
    const Bytes data = random_bytes(e.random, 4 * 512 + 10);
    e.write(data);
    e.clocks_(5000);
    assert_int_equal(e.queue.size(), 10);
    assert_false(e.dut->s_in_ready);
    Bytes got;
    for (unsigned i = 0; i < 5; i++) {
        const Bytes packet = e.read();
        got.insert(got.end(), packet.begin(), packet.end());
        assert_false(e.dut->in_drained);
        e.acknowledge();
        e.clocks_(50);
    }
    assert_true(got == data);
    assert_true(e.dut->in_drained);
}

static void short_transfers_back_to_back_stay_apart(void **)
{
    Endpoint e;
    for (uint8_t i = 1; i <= 40; i++)
        e.write(Bytes(i, i));
    for (uint8_t i = 1; i <= 40; i++) {
        e.clocks_(100);
        assert_true(e.read() == Bytes(i, i));
        e.acknowledge();
    }
    assert_int_equal(e.ends, 40);
}

static void a_packet_still_being_filled_does_not_wait_for_the_bus(void **)
{
    Endpoint e;
    e.queue.push_back({1, false});
    e.clocks_(20);
    assert_true(e.dut->in_drained && !e.dut->ready);
    e.queue.push_back({2, true});
    e.clocks_(20);
    assert_true(e.read() == Bytes({1, 2}));
}

static void a_reset_forgets_packets_and_toggle_and_a_toggle_reset_only_that(void **)
{
    Endpoint e;
    for (int i = 0; i < 3; i++)
        e.write({1, 2, 3});
    e.clocks_(50);
    e.acknowledge();
    assert_int_equal(e.dut->toggle, 1);
    e.dut->toggle_reset = 1;
    e.clock();
    e.dut->toggle_reset = 0;
    e.clock();
    assert_true(e.dut->toggle == 0 && e.dut->ready);
    e.queue.push_back({7, false});
    e.clocks_(20);
    e.reset();
    e.clocks_(2);
    assert_true(!e.dut->ready && e.dut->in_drained);
    e.write({5});
    e.clocks_(20);
    assert_true(e.read() == Bytes{5});
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(transfers_of_all_lengths_become_packets_with_a_short_one_at_the_end),
    cmocka_unit_test(it_holds_four_packets_and_then_makes_the_source_wait),
    cmocka_unit_test(short_transfers_back_to_back_stay_apart),
    cmocka_unit_test(a_packet_still_being_filled_does_not_wait_for_the_bus),
    cmocka_unit_test(a_reset_forgets_packets_and_toggle_and_a_toggle_reset_only_that),
};
RUN_TESTS(tests)
