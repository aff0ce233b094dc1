// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vmac_rx.h"

struct Bench {
    Vmac_rx dut;
    struct Frame {
        Bytes bytes;
        bool fcs, symbol, length;
    };
    std::vector<Frame> frames;
    Bytes open;
    bool just_ended = false;
    Random *pace = nullptr; // gives each byte time up to 40 clocks

    Bench()
    {
        dut.clk = 0;
        dut.rst = 1;
        clock(0, false, false);
        clock(0, false, false);
        dut.rst = 0;
        gap(4);
    }

    // A byte time. What the GMII has in clocks without ce is nothing to look at.
    void clock(uint8_t data, bool dv, bool er)
    {
        if (pace)
            for (unsigned i = pace->one_in(3) ? pace->below(40) : pace->below(4); i > 0; i--)
                edge((uint8_t)pace->next(), pace->one_in(2), pace->one_in(2), false);
        edge(data, dv, er, true);
    }

    void edge(uint8_t data, bool dv, bool er, bool ce)
    {
        dut.gmii_rxd = data;
        dut.gmii_rx_dv = dv;
        dut.gmii_rx_er = er;
        dut.ce = ce;
        dut.eval();
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
        if (!dut.m_valid) {
            assert_false(dut.m_last);
            just_ended = false;
            return;
        }
        assert_false(just_ended); // a clock without a byte follows each frame
        open.push_back(dut.m_data);
        just_ended = dut.m_last;
        if (!dut.m_last)
            return;
        frames.push_back({open, (bool)dut.m_error_fcs, (bool)dut.m_error_symbol, (bool)dut.m_error_length});
        open.clear();
    }

    void gap(unsigned clocks)
    {
        while (clocks-- > 0)
            clock(0xDD, false, false);
    }

    void send(const Bytes &frame, unsigned preamble = 7, long error_at = -1)
    {
        for (unsigned i = 0; i < preamble; i++)
            clock(0x55, true, false);
        clock(0xD5, true, false);
        for (size_t i = 0; i < frame.size(); i++)
            clock(frame[i], true, (long)i == error_at);
    }
};

static void assert_good(const Bench::Frame &frame, const Bytes &want)
{
    assert_int_equal(frame.bytes.size(), want.size());
    assert_memory_equal(frame.bytes.data(), want.data(), want.size());
    assert_false(frame.fcs);
    assert_false(frame.symbol);
    assert_false(frame.length);
}

static void frames_of_every_length_arrive_without_their_fcs(void **)
{
    Bench bench;
    Random random(4);
    std::vector<Bytes> sent;
    for (size_t length = 60; length <= 1600; length++)
        sent.push_back(random.bytes(length));
    sent.push_back(random.bytes(9000));
    sent.push_back(random.bytes(9018));
    for (const Bytes &frame : sent) {
        bench.send(with_fcs(frame));
        bench.gap(12);
    }
    bench.gap(10);
    assert_int_equal(bench.frames.size(), sent.size());
    for (size_t i = 0; i < sent.size(); i++)
        assert_good(bench.frames[i], sent[i]);
}

static void any_preamble_down_to_the_sfd_alone_and_any_gap_will_do(void **)
{
    Bench bench;
    Random random(5);
    std::vector<Bytes> sent;
    for (unsigned preamble = 0; preamble < 20; preamble++)
        for (unsigned gap = 1; gap < 16; gap++) {
            sent.push_back(random.bytes(60 + random.below(20)));
            bench.send(with_fcs(sent.back()), preamble);
            bench.gap(gap);
        }
    bench.gap(10);
    assert_int_equal(bench.frames.size(), sent.size());
    for (size_t i = 0; i < sent.size(); i++)
        assert_good(bench.frames[i], sent[i]);
}

static void every_single_bit_error_in_a_frame_is_an_fcs_error(void **)
{
    Bench bench;
    Random random(6);
    Bytes frame = with_fcs(random.bytes(60));
    for (size_t bit = 0; bit < frame.size() * 8; bit++) {
        Bytes broken = frame;
        broken[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        bench.send(broken);
        bench.gap(12);
    }
    assert_int_equal(bench.frames.size(), frame.size() * 8);
    for (const auto &got : bench.frames) {
        assert_true(got.fcs);
        assert_false(got.symbol);
        assert_false(got.length);
    }
}

static void rx_er_anywhere_in_a_frame_marks_that_frame_alone(void **)
{
    Bench bench;
    Random random(7);
    Bytes frame = with_fcs(random.bytes(60));
    for (size_t at = 0; at < frame.size(); at++) {
        bench.send(frame, 7, (long)at);
        bench.gap(1);
        bench.send(frame);
        bench.gap(1);
    }
    bench.gap(5);
    assert_int_equal(bench.frames.size(), 2 * frame.size());
    for (size_t i = 0; i < bench.frames.size(); i++)
        assert_int_equal(bench.frames[i].symbol, i % 2 == 0);
}

static void frames_under_64_bytes_are_length_errors_each_counted_once(void **)
{
    Bench bench;
    Random random(8);
    for (size_t length = 0; length <= 63; length++) {
        bench.send(length < 4 ? random.bytes(length) : with_fcs(random.bytes(length - 4)));
        bench.gap(1);
    }
    bench.gap(5);
    assert_int_equal(bench.frames.size(), 64);
    for (const auto &got : bench.frames)
        assert_true(got.length);
}

static void frames_over_the_limit_are_cut_and_the_next_one_arrives(void **)
{
    Bench bench;
    Random random(9);
    Bytes good = random.bytes(64);
    for (size_t length : {9019u, 9020u, 12000u, 70000u}) {
        bench.send(with_fcs(random.bytes(length)));
        bench.gap(1);
        bench.send(with_fcs(good));
        bench.gap(12);
    }
    assert_int_equal(bench.frames.size(), 8);
    for (size_t i = 0; i < 8; i++) {
        if (i % 2) {
            assert_good(bench.frames[i], good);
        } else {
            assert_true(bench.frames[i].length);
            assert_true(bench.frames[i].bytes.size() <= 9019);
        }
    }
}

static void carrier_extension_and_false_carrier_are_no_frames(void **)
{
    Bench bench;
    Random random(10);
    Bytes frame = random.bytes(100);
    for (uint8_t code : {0x0F, 0x1F, 0x0E, 0xD5, 0x55}) {
        bench.send(with_fcs(frame));
        for (int i = 0; i < 20; i++)
            bench.clock(code, false, true);
        bench.gap(random.below(3));
    }
    bench.gap(10);
    assert_int_equal(bench.frames.size(), 5);
    for (const auto &got : bench.frames)
        assert_good(got, frame);
}

static void after_any_garbage_the_next_good_frame_is_received(void **)
{
    Bench bench;
    Random random(11);
    for (int round = 0; round < 2000; round++) {
        for (unsigned i = random.below(60); i > 0; i--)
            bench.clock(random.one_in(4) ? 0xD5 : (uint8_t)random.below(256), random.below(8) < 5,
                        random.one_in(5));
        bench.gap(1);
        Bytes frame = random.bytes(60 + random.below(10));
        bench.send(with_fcs(frame), random.below(9));
        bench.gap(10);
        assert_false(bench.frames.empty());
        assert_good(bench.frames.back(), frame);
        bench.frames.clear();
    }
}

static void at_any_pace_frames_and_errors_are_those_of_a_byte_each_clock(void **)
{
    Random pace(12);
    Bench bench[2];
    bench[1].pace = &pace;
    for (Bench &one : bench) {
        Random random(13);
        for (int round = 0; round < 1500; round++) {
            for (unsigned i = random.below(30); i > 0; i--)
                one.clock(random.one_in(4) ? 0xD5 : (uint8_t)random.below(256), random.below(8) < 5,
                          random.one_in(5));
            one.gap(random.below(3));
            Bytes frame = with_fcs(random.bytes(50 + random.below(100)));
            if (random.one_in(3))
                frame[random.below(50)] ^= 1;
            one.send(frame, random.below(9), random.one_in(3) ? (long)random.below(70) : -1);
            one.gap(random.below(12));
        }
        one.gap(10);
    }
    assert_true(bench[0].frames.size() > 1500);
    assert_int_equal(bench[0].frames.size(), bench[1].frames.size());
    for (size_t i = 0; i < bench[0].frames.size(); i++) {
        const Bench::Frame &a = bench[0].frames[i], &b = bench[1].frames[i];
        assert_true(a.bytes == b.bytes && a.fcs == b.fcs && a.symbol == b.symbol && a.length == b.length);
    }
}

static void a_reset_inside_a_frame_does_not_make_its_rest_a_frame(void **)
{
    Bench bench;
    bench.dut.rst = 1;
    bench.clock(0x55, true, false);
    bench.dut.rst = 0;
    bench.send(with_fcs(Bytes(100, 0xD5)));
    bench.gap(10);
    assert_int_equal(bench.frames.size(), 0);
    bench.send(with_fcs(Bytes(100, 0xD5)));
    bench.gap(10);
    assert_int_equal(bench.frames.size(), 1);
    assert_good(bench.frames[0], Bytes(100, 0xD5));
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_every_length_arrive_without_their_fcs),
        cmocka_unit_test(any_preamble_down_to_the_sfd_alone_and_any_gap_will_do),
        cmocka_unit_test(every_single_bit_error_in_a_frame_is_an_fcs_error),
        cmocka_unit_test(rx_er_anywhere_in_a_frame_marks_that_frame_alone),
        cmocka_unit_test(frames_under_64_bytes_are_length_errors_each_counted_once),
        cmocka_unit_test(frames_over_the_limit_are_cut_and_the_next_one_arrives),
        cmocka_unit_test(carrier_extension_and_false_carrier_are_no_frames),
        cmocka_unit_test(after_any_garbage_the_next_good_frame_is_received),
        cmocka_unit_test(at_any_pace_frames_and_errors_are_those_of_a_byte_each_clock),
        cmocka_unit_test(a_reset_inside_a_frame_does_not_make_its_rest_a_frame),
    };
    return RUN_WIRE_TESTS(tests);
}
