// SPDX-License-Identifier: BSD-2-Clause
#include "rgmii_phy.h"
#include "Vrgmii.h"

static const uint64_t RX_PERIOD[] = {400, 40, 8}; // ns, by speed
static const unsigned TX_CLOCKS[] = {100, 10, 1}; // of 125 MHz, to a byte

// The shim between a PHY and a MAC made of C++, which goes on when its ce say so.
struct Bench {
    Vrgmii dut;
    Random random;
    RgmiiPhy phy;
    struct Frame {
        Bytes bytes; // from the first byte with RX_DV
        bool error;
    };
    std::vector<Frame> frames;
    bool valid = false;
    std::deque<int> source; // bytes to transmit, 256 to mark an error, -1 for a byte time of gap
    bool in_band = false;   // the speed is what the PHY tells
    uint64_t now = 0, rx_next = 0, rx_period;

    Bench(unsigned speed, uint64_t seed) : random(seed), phy(speed, random), rx_period(RX_PERIOD[speed])
    {
        dut.speed = (uint8_t)speed;
        phy.status = (uint8_t)(9 | speed << 1);
        dut.wire_tx_rst = dut.wire_rx_rst = 1;
        clocks(100);
        dut.wire_tx_rst = dut.wire_rx_rst = 0;
        clocks(500);
        phy.levels.clear();
    }
    void speed(unsigned value)
    {
        dut.speed = (uint8_t)value;
        phy.speed = value;
        phy.status = (uint8_t)(9 | value << 1);
        rx_period = RX_PERIOD[value];
    }
    void tx_edge()
    {
        bool ce = dut.gmii_tx_ce;
        dut.wire_tx_clk = 1;
        dut.eval();
        phy.half_period(dut.txc_rise, dut.txd_rise, dut.tx_ctl_rise);
        phy.half_period(dut.txc_fall, dut.txd_fall, dut.tx_ctl_fall);
        if (ce) {
            int next = source.empty() ? -1 : source.front();
            if (!source.empty())
                source.pop_front();
            dut.gmii_tx_en = next >= 0;
            dut.gmii_tx_er = next >= 256;
            dut.gmii_txd = next < 0 ? 0 : (uint8_t)next;
        }
        dut.wire_tx_clk = 0;
        dut.eval();
    }
    void rx_edge()
    {
        if (dut.gmii_rx_ce && !dut.wire_rx_rst) {
            if (dut.gmii_rx_dv && !valid)
                frames.push_back({{}, false});
            valid = dut.gmii_rx_dv;
            if (valid) {
                frames.back().bytes.push_back(dut.gmii_rxd);
                frames.back().error |= dut.gmii_rx_er;
            }
        }
        dut.wire_rx_clk = 1;
        dut.eval();
        RgmiiPhy::Pins pins = phy.next();
        dut.rxd_rise = pins.rise;
        dut.rxd_fall = pins.fall;
        dut.rx_ctl_rise = pins.ctl_rise;
        dut.rx_ctl_fall = pins.ctl_fall;
        dut.wire_rx_clk = 0;
        dut.eval();
    }
    void clocks(unsigned count)
    {
        while (count-- > 0) {
            now += 8;
            tx_edge();
            for (; rx_next <= now; rx_next += rx_period)
                rx_edge();
            if (in_band)
                dut.speed = dut.status >> 1 & 3;
        }
    }
    void run_out()
    {
        while (!source.empty() || !phy.pins.empty())
            clocks(1);
        clocks(500);
    }
    void send(const Bytes &frame, long error_at = -1)
    {
        for (size_t i = 0; i < frame.size(); i++)
            source.push_back(frame[i] | ((long)i == error_at ? 256 : 0));
        source.insert(source.end(), 12, -1);
    }
    // What is behind the SFD.
    static Bytes behind_sfd(const Frame &frame)
    {
        for (size_t i = 0; i < frame.bytes.size(); i++)
            if (frame.bytes[i] == 0xD5)
                return Bytes(frame.bytes.begin() + (long)i + 1, frame.bytes.end());
        return {};
    }
};

static void frames_arrive_whole_at_each_speed_however_much_preamble_is_left(void **)
{
    for (unsigned speed : {0u, 1u, 2u}) {
        Bench bench(speed, 30);
        std::vector<Bytes> expected;
        for (int i = 0; i < 500; i++) {
            expected.push_back(bench.random.bytes(1 + bench.random.below(60)));
            bench.phy.put(expected.back(), bench.random.below(20));
            bench.phy.idle(1 + bench.random.below(24));
        }
        bench.run_out();
        assert_int_equal(bench.frames.size(), expected.size());
        for (size_t i = 0; i < expected.size(); i++) {
            assert_true(Bench::behind_sfd(bench.frames[i]) == expected[i]);
            assert_false(bench.frames[i].error);
        }
    }
}

static void rx_er_anywhere_marks_its_frame_and_no_other(void **)
{
    for (unsigned speed : {0u, 1u, 2u}) {
        Bench bench(speed, 31);
        for (int i = 0; i < 120; i++) {
            bench.phy.put(bench.random.bytes(60), 14, i % 2 ? i / 2 : -1);
            bench.phy.idle(1);
        }
        bench.run_out();
        assert_int_equal(bench.frames.size(), 120);
        for (size_t i = 0; i < 120; i++)
            assert_int_equal(bench.frames[i].error, i % 2);
    }
}

static void what_is_no_frame_is_not_passed_on(void **)
{
    for (unsigned speed : {0u, 1u, 2u}) {
        Bench bench(speed, 32);
        for (int i = 0; i < 100; i++) {
            for (unsigned n = bench.random.below(30); n > 0;
                 n--) // carrier extension, false carrier (table 4)
                bench.phy.octet(bench.random.one_in(2) ? 0x0F : 0x0E, false, true);
            bench.phy.idle(bench.random.below(4));
            bench.phy.put(Bytes(20, (uint8_t)i), 14);
            bench.phy.idle(bench.random.below(4) + 1);
        }
        if (speed < 2) // a frame without an SFD, and half a byte over
            for (unsigned n = 0; n < 9; n++)
                bench.phy.nibble(5, true, false);
        bench.phy.idle(3);
        bench.phy.put(Bytes(20, 0xA6), 14);
        if (speed < 2)
            bench.phy.nibble(7, true, false);
        bench.phy.idle(3);
        bench.phy.put(Bytes(20, 0x6A), 14);
        bench.run_out();
        assert_int_equal(bench.frames.size(), 102);
        for (size_t i = 0; i < 100; i++)
            assert_true(Bench::behind_sfd(bench.frames[i]) == Bytes(20, (uint8_t)i));
        assert_true(Bench::behind_sfd(bench.frames[100]) == Bytes(20, 0xA6));
        assert_true(Bench::behind_sfd(bench.frames[101]) == Bytes(20, 0x6A));
    }
}

static void a_reset_inside_a_frame_does_not_make_its_rest_a_frame(void **)
{
    for (unsigned speed : {0u, 1u})
        for (unsigned at = 0; at < 20; at++) {
            Bench bench(speed, 33);
            bench.phy.put(Bytes(40, 0xD5), 14);
            while (!bench.valid || bench.frames.back().bytes.size() < 2 + at / 2)
                bench.clocks(1);
            bench.dut.wire_rx_rst = 1;
            bench.clocks(TX_CLOCKS[speed] * (1 + at) / 2);
            bench.dut.wire_rx_rst = 0;
            bench.frames.clear();
            bench.valid = false;
            bench.phy.idle(1);
            bench.phy.put(Bytes(20, 0xA6), 14);
            bench.run_out();
            assert_int_equal(bench.frames.size(), 1);
            assert_true(Bench::behind_sfd(bench.frames[0]) == Bytes(20, 0xA6));
        }
}

static void frames_leave_whole_at_the_pace_of_each_speed_and_so_does_txc(void **)
{
    for (unsigned speed : {0u, 1u, 2u}) {
        Bench bench(speed, 34);
        std::vector<Bytes> expected;
        for (int i = 0; i < 100; i++) {
            expected.push_back(bench.random.bytes(1 + bench.random.below(60)));
            bench.send(expected.back(),
                       i % 4 ? -1 : (long)bench.random.below((unsigned)expected.back().size()));
        }
        bench.run_out();
        assert_int_equal(bench.phy.sent.size(), expected.size());
        for (size_t i = 0; i < expected.size(); i++) {
            const RgmiiPhy::Sent &sent = bench.phy.sent[i];
            assert_true(sent.bytes == expected[i]);
            assert_int_equal(sent.error, i % 4 == 0);
            assert_int_equal(sent.end - sent.begin, expected[i].size() * TX_CLOCKS[speed] * 2);
            if (i > 0)
                assert_int_equal(sent.begin - bench.phy.sent[i - 1].end, 12 * TX_CLOCKS[speed] * 2);
        }
        for (unsigned level : bench.phy.levels)
            assert_int_equal(level, speed == 2 ? 1 : TX_CLOCKS[speed] / 2);
    }
}

static void the_speed_may_change_and_txc_has_no_short_pulse(void **)
{
    Bench bench(2, 35);
    for (int i = 0; i < 60; i++) {
        unsigned before = bench.phy.speed, after = bench.random.below(3);
        bench.clocks(bench.random.below(100));
        bench.phy.levels.clear();
        bench.phy.pins.clear();
        bench.speed(after);
        bench.run_out();
        for (unsigned level : bench.phy.levels) {
            unsigned of[] = {50, 5, 1};
            assert_true(level == of[before] || level == of[after]);
        }
        bench.frames.clear();
        bench.phy.sent.clear();
        Bytes there = bench.random.bytes(20), back = bench.random.bytes(20);
        bench.phy.put(there, 14);
        bench.phy.idle(2);
        bench.send(back);
        bench.run_out();
        assert_int_equal(bench.frames.size(), 1);
        assert_true(Bench::behind_sfd(bench.frames[0]) == there);
        assert_int_equal(bench.phy.sent.size(), 1);
        assert_true(bench.phy.sent[0].bytes == back);
    }
}

static void in_band_status_gives_the_speed_by_itself(void **)
{
    Bench bench(2, 36);
    bench.in_band = true;
    bench.phy.repeats_percent = 0;
    for (unsigned speed : {1u, 0u, 2u, 0u, 1u, 2u}) {
        bench.speed(speed);
        bench.dut.speed = bench.dut.status >> 1 & 3;
        bench.clocks(1000);
        assert_int_equal(bench.dut.status, 9 | speed << 1);
        bench.frames.clear();
        bench.phy.sent.clear();
        bench.phy.put(Bytes(20, 0x5A), 14);
        bench.phy.idle(2);
        bench.send(Bytes(20, 0xA5));
        bench.run_out();
        assert_int_equal(bench.frames.size(), 1);
        assert_true(Bench::behind_sfd(bench.frames[0]) == Bytes(20, 0x5A));
        assert_true(bench.phy.sent.size() == 1 && bench.phy.sent[0].bytes == Bytes(20, 0xA5));
        bench.phy.status = 0; // the link is gone
        bench.clocks(1000);
        assert_int_equal(bench.dut.status, 0);
    }
}

static void status_ignores_frames_errors_and_glitches(void **)
{
    Bench bench(2, 37);
    auto stays = [&bench](RgmiiPhy::Pins pins, int periods) {
        bench.phy.pins.insert(bench.phy.pins.end(), (size_t)periods, pins);
        for (int i = 0; i < periods; i++) {
            bench.clocks(1);
            assert_int_equal(bench.dut.status, 0xD);
        }
    };
    stays({0x5, 0x5, true, true}, 10);  // a frame
    stays({0xF, 0xF, false, true}, 10); // carrier extension
    stays({0xB, 0xB, false, false}, 1); // one period only
    stays({0xD, 0xD, false, false}, 2);
    stays({0xD, 0xB, false, false}, 4); // the second half is not looked at
    stays({0x9, 0x9, false, false}, 1); // with a frame between
    stays({0x9, 0x9, true, true}, 1);
    stays({0x9, 0x9, false, false}, 1);
    stays({0xD, 0xD, false, false}, 8);
    assert_true(bench.phy.pins.empty());
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole_at_each_speed_however_much_preamble_is_left),
        cmocka_unit_test(rx_er_anywhere_marks_its_frame_and_no_other),
        cmocka_unit_test(what_is_no_frame_is_not_passed_on),
        cmocka_unit_test(a_reset_inside_a_frame_does_not_make_its_rest_a_frame),
        cmocka_unit_test(frames_leave_whole_at_the_pace_of_each_speed_and_so_does_txc),
        cmocka_unit_test(the_speed_may_change_and_txc_has_no_short_pulse),
        cmocka_unit_test(in_band_status_gives_the_speed_by_itself),
        cmocka_unit_test(status_ignores_frames_errors_and_glitches),
    };
    return RUN_WIRE_TESTS(tests);
}
