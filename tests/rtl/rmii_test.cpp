// SPDX-License-Identifier: BSD-2-Clause
#include "rmii_phy.h"
#include "Vrmii.h"

// The shim between a PHY and a MAC made of C++, which goes on when its ce says so.
struct Bench {
    Vrmii dut;
    Random random;
    RmiiPhy phy;
    struct Frame {
        Bytes bytes; // from the SFD
        bool error;
    };
    std::vector<Frame> frames;
    bool valid = false;

    std::deque<int> source; // bytes to transmit, 256 to mark an error, -1 for a byte time of gap
    unsigned since_ce = 0, byte_time;

    Bench(bool fast, uint64_t seed) : random(seed), phy(fast, random), byte_time(fast ? 4 : 40)
    {
        dut.clk = 0;
        dut.speed_100 = fast;
        dut.rst = 1;
        clock();
        clock();
        dut.rst = 0;
        phy.idle(2);
        run_out();
    }
    void clock()
    {
        phy.sample(dut.rmii_txd, dut.rmii_tx_en);
        if (dut.gmii_rx_ce && !dut.rst) {
            if (dut.gmii_rx_dv && !valid)
                frames.push_back({{}, false});
            valid = dut.gmii_rx_dv;
            if (valid) {
                frames.back().bytes.push_back(dut.gmii_rxd);
                frames.back().error |= dut.gmii_rx_er;
            }
        }
        bool ce = dut.gmii_tx_ce;
        dut.clk = 1;
        dut.eval();
        since_ce++;
        if (ce) {
            since_ce = 0;
            int next = source.empty() ? -1 : source.front();
            if (!source.empty())
                source.pop_front();
            dut.gmii_tx_en = next >= 0;
            dut.gmii_tx_er = next >= 256;
            dut.gmii_txd = next < 0 ? 0 : (uint8_t)next;
        }
        RmiiPhy::Pins pins = phy.next();
        dut.rmii_rxd = pins.rxd;
        dut.rmii_crs_dv = pins.crs_dv;
        dut.rmii_rx_er = pins.rx_er;
        dut.clk = 0;
        dut.eval();
    }
    void run_out()
    {
        for (unsigned quiet = 0; quiet < 4 * byte_time; quiet++) {
            if (!source.empty() || !phy.pins.empty())
                quiet = 0;
            clock();
        }
    }
    void send(const Bytes &frame, long error_at = -1)
    {
        for (size_t i = 0; i < frame.size(); i++)
            source.push_back(frame[i] | ((long)i == error_at ? 256 : 0));
        source.insert(source.end(), 12, -1);
    }
};

static Bytes from_sfd(const Bytes &frame)
{
    return joined({{0xD5}, frame});
}

static void frames_arrive_whole_whatever_became_of_carrier_and_preamble(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 20);
        std::vector<Bytes> expected;
        for (int i = 0; i < (fast ? 2000 : 300); i++) {
            Bytes frame = bench.random.bytes(1 + bench.random.below(100));
            bench.phy.put(frame, bench.random.below(32), bench.random.one_in(2) ? 0 : bench.random.below(14));
            bench.phy.dibits(2 * (1 + bench.random.below(30)), 0, false); // a nibble of gap at least
            expected.push_back(from_sfd(frame));
        }
        bench.run_out();
        assert_int_equal(bench.frames.size(), expected.size());
        for (size_t i = 0; i < expected.size(); i++) {
            assert_true(bench.frames[i].bytes == expected[i]);
            assert_false(bench.frames[i].error);
        }
    }
}

static void false_carrier_is_no_frame_and_spoils_none(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 21);
        for (int i = 0; i < 200; i++) {
            bench.phy.false_carrier(1 + bench.random.below(60));
            bench.phy.put(Bytes(20, (uint8_t)i), 28);
            bench.phy.idle(1 + bench.random.below(3));
        }
        bench.run_out();
        assert_int_equal(bench.frames.size(), 200);
        for (size_t i = 0; i < 200; i++) {
            assert_true(bench.frames[i].bytes == from_sfd(Bytes(20, (uint8_t)i)));
            assert_false(bench.frames[i].error);
        }
    }
}

static void rx_er_anywhere_marks_its_frame_and_no_other(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 22);
        for (int i = 0; i < 120; i++) {
            bench.phy.put(bench.random.bytes(60), 28, bench.random.below(6), i % 2 ? i / 2 : -1);
            bench.phy.idle(1);
        }
        bench.run_out();
        assert_int_equal(bench.frames.size(), 120);
        for (size_t i = 0; i < 120; i++)
            assert_int_equal(bench.frames[i].error, i % 2);
    }
}

static void bits_over_a_whole_byte_are_dropped(void **)
{
    for (bool fast : {true, false})
        for (unsigned over : {1u, 2u, 3u}) {
            Bench bench(fast, 23);
            bench.phy.put(Bytes(20, 0x5D), 28);
            bench.phy.dibits(over, 3, true);
            bench.phy.idle(12);
            bench.phy.put(Bytes(20, 0xA6), 28);
            bench.phy.idle(12);
            bench.run_out();
            assert_int_equal(bench.frames.size(), 2);
            assert_true(bench.frames[0].bytes == from_sfd(Bytes(20, 0x5D)));
            assert_true(bench.frames[1].bytes == from_sfd(Bytes(20, 0xA6)));
        }
}

static void a_reset_inside_a_frame_does_not_make_its_rest_a_frame(void **)
{
    for (bool fast : {true, false})
        for (unsigned at = 0; at < 40; at++) {
            Bench bench(fast, 24 + at);
            bench.phy.put(Bytes(40, 0xD5), 28, 20);
            while (!bench.valid || bench.frames.back().bytes.size() < 2 + at / 2)
                bench.clock();
            bench.dut.rst = 1;
            for (unsigned i = 0; i <= at; i++)
                bench.clock();
            bench.dut.rst = 0;
            bench.frames.clear();
            bench.valid = false;
            bench.phy.idle(2);
            bench.phy.put(Bytes(30, 0xA6), 28);
            bench.phy.idle(2);
            bench.run_out();
            assert_int_equal(bench.frames.size(), 1);
            assert_true(bench.frames[0].bytes == from_sfd(Bytes(30, 0xA6)));
        }
}

static void every_byte_goes_out_lowest_dibit_first_at_the_pace_of_the_speed(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 25);
        std::vector<Bytes> expected;
        for (int i = 0; i < 100; i++) {
            expected.push_back(bench.random.bytes(1 + bench.random.below(60)));
            bench.send(expected.back());
        }
        bench.run_out();
        assert_int_equal(bench.phy.sent.size(), expected.size());
        for (size_t i = 0; i < expected.size(); i++) {
            const RmiiPhy::Sent &sent = bench.phy.sent[i];
            assert_true(sent.bytes == expected[i]);
            assert_int_equal(sent.end - sent.begin, expected[i].size() * bench.byte_time);
            if (i > 0)
                assert_int_equal(sent.begin - bench.phy.sent[i - 1].end, 12 * bench.byte_time);
        }
    }
}

static void a_frame_marked_with_tx_er_goes_out_with_a_wrong_fcs_and_the_next_one_right(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 26);
        std::vector<Bytes> expected;
        for (int i = 0; i < 100; i++) {
            expected.push_back(with_fcs(bench.random.bytes(60)));
            bench.send(expected.back(), i % 2 ? bench.random.below(60) : -1);
        }
        bench.run_out();
        assert_int_equal(bench.phy.sent.size(), 100);
        for (size_t i = 0; i < 100; i++) {
            Bytes bytes = bench.phy.sent[i].bytes;
            assert_int_equal(bytes.size(), 64);
            bool right = with_fcs(Bytes(bytes.begin(), bytes.end() - 4)) == bytes;
            assert_int_equal(right, i % 2 == 0);
        }
    }
}

static void the_speed_may_change_between_frames(void **)
{
    Bench bench(true, 27);
    for (int i = 0; i < 20; i++) {
        bool fast = i % 2;
        bench.dut.speed_100 = fast;
        bench.byte_time = fast ? 4 : 40;
        bench.phy.clocks = fast ? 1 : 10;
        bench.phy.sample_at = bench.random.below(bench.phy.clocks);
        bench.run_out();
        bench.frames.clear();
        bench.phy.sent.clear();
        bench.phy.put(Bytes(20, (uint8_t)i), 28);
        bench.phy.idle(2);
        bench.send(Bytes(20, (uint8_t)~i));
        bench.run_out();
        assert_int_equal(bench.frames.size(), 1);
        assert_true(bench.frames[0].bytes == from_sfd(Bytes(20, (uint8_t)i)));
        assert_int_equal(bench.phy.sent.size(), 1);
        assert_true(bench.phy.sent[0].bytes == Bytes(20, (uint8_t)~i));
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole_whatever_became_of_carrier_and_preamble),
        cmocka_unit_test(false_carrier_is_no_frame_and_spoils_none),
        cmocka_unit_test(rx_er_anywhere_marks_its_frame_and_no_other),
        cmocka_unit_test(bits_over_a_whole_byte_are_dropped),
        cmocka_unit_test(a_reset_inside_a_frame_does_not_make_its_rest_a_frame),
        cmocka_unit_test(every_byte_goes_out_lowest_dibit_first_at_the_pace_of_the_speed),
        cmocka_unit_test(a_frame_marked_with_tx_er_goes_out_with_a_wrong_fcs_and_the_next_one_right),
        cmocka_unit_test(the_speed_may_change_between_frames),
    };
    return RUN_WIRE_TESTS(tests);
}
