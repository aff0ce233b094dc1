// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Varp_queue.h"
#include <deque>

// Fills slots while there is room, as arp_reply does, and takes replies out in another clock.
// Picoseconds.
struct Bench {
    Varp_queue dut;
    uint64_t rx_next = 8000, tx_next, tx_period, now = 0;
    std::deque<unsigned> going_in; // places of the open slot
    ArpSlot slot;
    bool commit = false;
    std::vector<Bytes> sent, received;
    Bytes open;
    bool reading = false;
    Random random;

    Bench(uint64_t seed, uint64_t tx_period, uint64_t phase)
        : tx_next(8000 + phase), tx_period(tx_period), random(seed)
    {
        dut.wire_rx_rst = dut.wire_tx_rst = 1;
        dut.s_en = dut.s_commit = 0;
        run(10);
        dut.wire_rx_rst = dut.wire_tx_rst = 0;
        run(10);
    }
    void rx_edge()
    {
        dut.s_en = !going_in.empty();
        if (dut.s_en) {
            dut.s_place = (uint8_t)(going_in.front() & 31);
            dut.s_data = slot.bytes[going_in.front() & 31];
            going_in.pop_front();
        }
        dut.s_commit = commit;
        commit = false;
        dut.wire_rx_clk = 1;
        dut.eval();
        dut.wire_rx_clk = 0;
        dut.eval();
    }
    void tx_edge()
    {
        dut.m_ready = reading && random.below(4) != 0;
        dut.eval();
        if (dut.m_valid && dut.m_ready) {
            open.push_back(dut.m_data);
            if (dut.m_last) {
                received.push_back(open);
                open.clear();
            }
        }
        dut.wire_tx_clk = 1;
        dut.eval();
        dut.wire_tx_clk = 0;
        dut.eval();
    }
    void run(unsigned rx_clocks)
    {
        while (rx_clocks > 0) {
            now = std::min(rx_next, tx_next);
            if (rx_next == now) {
                rx_next += 8000;
                rx_edge();
                rx_clocks--;
            } else {
                tx_next += tx_period;
                tx_edge();
            }
        }
    }
    // Writes a slot, with what another request left in it before; then commits it or not.
    void write(bool answered)
    {
        slot.bytes = random.bytes(32);
        for (unsigned place : {0, 1, 2, 3, 4, 5, 22, 23, 24, 25, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
            going_in.push_back(place);
        run(42);
        commit = answered;
        run(24);
        if (answered)
            sent.push_back(slot.reply());
    }
    // Offers a reply; false when there is no room.
    bool push()
    {
        if (!dut.s_room)
            return false;
        if (random.one_in(3))
            write(false);
        write(true);
        return true;
    }
};

static void at_least_16_replies_fit_and_no_more_than_there_is_room_for(void **)
{
    Bench bench(1, 8001, 100);
    unsigned fitted = 0;
    while (bench.push())
        assert_true(++fitted < 24);
    assert_true(fitted >= 16);
    bench.reading = true;
    bench.run(3000);
    assert_true(bench.received == bench.sent);
    assert_true(bench.push());
}

static void replies_come_out_whole_and_in_order_at_any_ratio_of_clocks(void **)
{
    for (uint64_t tx_period : {7999u, 8000u, 8001u, 3100u, 40000u}) {
        Bench bench(tx_period, tx_period, 777);
        unsigned refused = 0;
        for (int i = 0; i < 400; i++) {
            if (bench.random.one_in(10))
                bench.reading = !bench.reading;
            if (!bench.push()) {
                refused++;
                bench.run(66);
            }
        }
        bench.reading = true;
        bench.run(10000);
        assert_true(bench.sent.size() > 50);
        assert_true(bench.received == bench.sent);
        if (tx_period == 40000)
            assert_true(refused > 50);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_least_16_replies_fit_and_no_more_than_there_is_room_for),
        cmocka_unit_test(replies_come_out_whole_and_in_order_at_any_ratio_of_clocks),
    };
    return RUN_WIRE_TESTS(tests);
}
