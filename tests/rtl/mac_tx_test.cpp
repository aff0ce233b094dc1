// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vmac_tx.h"
#include <deque>

// Feeds frames and takes what is on the GMII apart.
struct Bench {
    Vmac_tx dut;
    std::deque<Bytes> source; // frames to send
    size_t offset = 0;        // in the first of them
    uint64_t now = 0;         // byte times
    Random *pace = nullptr;   // gives each of them up to 40 clocks

    struct Burst {
        Bytes bytes;
        uint64_t begin; // clock of its first byte
        bool error;
    };
    std::vector<Burst> wire;

    Bench()
    {
        dut.clk = 0;
        dut.rst = 1;
        dut.s_valid = 0;
        clock();
        clock();
        dut.rst = 0;
    }

    // A byte time. In clocks without ce nothing is taken, and the pins stand still.
    void clock()
    {
        if (pace)
            for (unsigned i = pace->one_in(3) ? pace->below(40) : pace->below(4); i > 0; i--) {
                uint8_t data = dut.gmii_txd, en = dut.gmii_tx_en, er = dut.gmii_tx_er;
                dut.ce = 0;
                dut.s_valid = pace->one_in(2);
                dut.s_last = pace->one_in(2);
                dut.eval();
                assert_false(dut.s_ready);
                dut.clk = 1;
                dut.eval();
                dut.clk = 0;
                dut.eval();
                assert_true(dut.gmii_txd == data && dut.gmii_tx_en == en && dut.gmii_tx_er == er);
            }
        dut.ce = 1;
        dut.s_valid = !source.empty();
        if (dut.s_valid) {
            dut.s_data = source.front()[offset];
            dut.s_last = offset + 1 == source.front().size();
        }
        dut.eval();
        bool taken = dut.s_valid && dut.s_ready;
        bool was_on = dut.gmii_tx_en;
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
        now++;
        if (taken && dut.s_last) {
            source.pop_front();
            offset = 0;
        } else if (taken) {
            offset++;
        }
        if (dut.gmii_tx_en) {
            if (!was_on)
                wire.push_back({{}, now, false});
            wire.back().bytes.push_back(dut.gmii_txd);
            wire.back().error |= dut.gmii_tx_er;
        } else {
            assert_int_equal(dut.gmii_tx_er, 0);
        }
    }

    void run_out()
    {
        for (int idle = 0; idle < 100; idle++) {
            if (!source.empty() || dut.gmii_tx_en)
                idle = 0;
            clock();
        }
    }
};

static void assert_sent(const Bench::Burst &burst, const Bytes &frame)
{
    Bytes want = joined({Bytes(7, 0x55), {0xD5}, with_fcs(padded(frame))});
    assert_int_equal(burst.bytes.size(), want.size());
    assert_memory_equal(burst.bytes.data(), want.data(), want.size());
    assert_false(burst.error);
}

static void frames_of_every_length_carry_preamble_padding_and_fcs(void **)
{
    Bench bench;
    Random random(2);
    std::vector<Bytes> frames;
    for (size_t length = 1; length <= 1600; length++)
        frames.push_back(random.bytes(length));
    frames.push_back(random.bytes(9000));
    bench.source.assign(frames.begin(), frames.end());
    bench.run_out();
    assert_int_equal(bench.wire.size(), frames.size());
    for (size_t i = 0; i < frames.size(); i++)
        assert_sent(bench.wire[i], frames[i]);
}

static void waiting_frames_leave_with_a_gap_of_exactly_12_bytes(void **)
{
    Bench bench;
    Random random(3);
    for (size_t i = 0; i < 200; i++)
        bench.source.push_back(random.bytes(1 + random.below(100)));
    bench.run_out();
    for (size_t i = 1; i < bench.wire.size(); i++) {
        const auto &before = bench.wire[i - 1];
        assert_int_equal(bench.wire[i].begin - (before.begin + before.bytes.size()), 12);
    }
}

static void the_gap_is_never_shorter_whenever_the_next_frame_comes(void **)
{
    for (unsigned late = 0; late < 40; late++) {
        Bench bench;
        Random random(late);
        Bytes first = random.bytes(60), second = random.bytes(60);
        bench.source.push_back(first);
        while (!bench.source.empty())
            bench.clock();
        for (unsigned i = 0; i < late; i++)
            bench.clock();
        bench.source.push_back(second);
        bench.run_out();
        assert_int_equal(bench.wire.size(), 2);
        assert_sent(bench.wire[0], first);
        assert_sent(bench.wire[1], second);
        assert_true(bench.wire[1].begin - (bench.wire[0].begin + bench.wire[0].bytes.size()) >= 12);
    }
}

static void at_any_pace_the_frames_and_gaps_are_the_same_in_byte_times(void **)
{
    Random random(4), pace(5);
    Bench bench;
    bench.pace = &pace;
    std::vector<Bytes> frames;
    for (size_t i = 0; i < 300; i++)
        frames.push_back(random.bytes(1 + random.below(200)));
    bench.source.assign(frames.begin(), frames.end());
    bench.run_out();
    assert_int_equal(bench.wire.size(), frames.size());
    for (size_t i = 0; i < frames.size(); i++) {
        assert_sent(bench.wire[i], frames[i]);
        if (i > 0)
            assert_int_equal(bench.wire[i].begin - (bench.wire[i - 1].begin + bench.wire[i - 1].bytes.size()),
                             12);
    }
}

static void padding_shows_nothing_of_the_frame_before(void **)
{
    Bench bench;
    for (uint8_t length = 1; length < 60; length++) {
        bench.source.push_back(Bytes(1514, 0xEE));
        bench.source.push_back(Bytes(length, 0xAA));
    }
    bench.run_out();
    for (size_t i = 1; i < bench.wire.size(); i += 2)
        assert_sent(bench.wire[i], Bytes((i + 1) / 2, 0xAA));
}

static void the_first_preamble_byte_follows_an_idle_source_by_2_clocks(void **)
{
    Bench bench;
    for (int i = 0; i < 30; i++)
        bench.clock();
    uint64_t offered = bench.now + 1;
    bench.source.push_back(Bytes(60, 1));
    bench.run_out();
    assert_true(bench.wire[0].begin - offered <= 1);
}

static void a_frame_whose_source_fell_silent_is_marked_with_tx_er(void **)
{
    Bench bench;
    bench.source.push_back(Bytes(100, 0x33));
    for (int i = 0; i < 50; i++)
        bench.clock();
    std::deque<Bytes> taken_away;
    taken_away.swap(bench.source);
    bench.clock();
    bench.source.swap(taken_away);
    bench.run_out();
    assert_true(bench.wire[0].error);
    bench.source.push_back(Bytes(70, 0x44));
    bench.run_out();
    assert_sent(bench.wire[1], Bytes(70, 0x44));
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_every_length_carry_preamble_padding_and_fcs),
        cmocka_unit_test(waiting_frames_leave_with_a_gap_of_exactly_12_bytes),
        cmocka_unit_test(the_gap_is_never_shorter_whenever_the_next_frame_comes),
        cmocka_unit_test(at_any_pace_the_frames_and_gaps_are_the_same_in_byte_times),
        cmocka_unit_test(padding_shows_nothing_of_the_frame_before),
        cmocka_unit_test(the_first_preamble_byte_follows_an_idle_source_by_2_clocks),
        cmocka_unit_test(a_frame_whose_source_fell_silent_is_marked_with_tx_er),
    };
    return RUN_WIRE_TESTS(tests);
}
