// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vtx_arbiter.h"
#include <deque>

struct Bench {
    Vtx_arbiter dut;
    std::deque<Bytes> data, arp;
    size_t data_at = 0, arp_at = 0;
    Bytes open;
    std::vector<Bytes> sent;
    unsigned frames = 0, replies = 0;
    Random random;

    explicit Bench(uint64_t seed) : random(seed)
    {
        dut.rst = 1;
        clock(false);
        dut.rst = 0;
    }

    static void took(std::deque<Bytes> &queue, size_t &at)
    {
        if (++at == queue.front().size()) {
            queue.pop_front();
            at = 0;
        }
    }
    void clock(bool ready)
    {
        dut.s_valid = !data.empty();
        if (dut.s_valid) {
            dut.s_data = data.front()[data_at];
            dut.s_last = data_at + 1 == data.front().size();
        }
        dut.s_arp_valid = !arp.empty();
        if (dut.s_arp_valid) {
            dut.s_arp_data = arp.front()[arp_at];
            dut.s_arp_last = arp_at + 1 == arp.front().size();
        }
        dut.m_ready = ready;
        dut.clk = 0;
        dut.eval();
        bool data_taken = dut.s_valid && dut.s_ready, arp_taken = dut.s_arp_valid && dut.s_arp_ready;
        assert_false(data_taken && arp_taken);
        assert_int_equal(data_taken || arp_taken, dut.m_valid && ready);
        if (dut.m_valid && ready) {
            open.push_back(dut.m_data);
            if (dut.m_last) {
                sent.push_back(open);
                open.clear();
            }
        }
        if (!open.empty())
            assert_true(dut.m_valid); // never falls inside a frame
        dut.clk = 1;
        dut.eval();
        if (data_taken)
            took(data, data_at);
        if (arp_taken)
            took(arp, arp_at);
        frames += dut.ev_tx_frame;
        replies += dut.ev_arp_reply;
    }
};

static void both_sources_frames_come_out_whole_and_in_order(void **)
{
    Bench bench(70);
    std::vector<Bytes> data, arp;
    for (int i = 0; i < 60000; i++) {
        if (bench.data.size() < 3 && bench.random.one_in(30)) {
            data.push_back(bench.random.bytes(1 + bench.random.below(50)));
            data.back()[0] |= 1;
            bench.data.push_back(data.back());
        }
        if (bench.arp.size() < 3 && bench.random.one_in(30)) {
            arp.push_back(bench.random.bytes(1 + bench.random.below(50)));
            arp.back()[0] &= 0xFE;
            bench.arp.push_back(arp.back());
        }
        bench.clock(bench.random.below(4) != 0);
    }
    while (!bench.data.empty() || !bench.arp.empty())
        bench.clock(true);
    bench.clock(true);
    std::vector<Bytes> got_data, got_arp;
    for (const Bytes &frame : bench.sent)
        (frame[0] & 1 ? got_data : got_arp).push_back(frame);
    assert_true(data.size() > 500 && arp.size() > 500);
    assert_true(got_data == data);
    assert_true(got_arp == arp);
    assert_int_equal(bench.frames, data.size() + arp.size());
    assert_int_equal(bench.replies, arp.size());
}

static void two_sources_that_always_wait_take_turns(void **)
{
    Bench bench(71);
    for (int i = 0; i < 100; i++) {
        bench.data.push_back(Bytes(20, 1));
        bench.arp.push_back(Bytes(42, 0));
    }
    while (!bench.data.empty() || !bench.arp.empty())
        bench.clock(bench.random.one_in(2));
    for (size_t i = 1; i < bench.sent.size(); i++)
        assert_true(bench.sent[i][0] != bench.sent[i - 1][0]);
}

static void a_choice_holds_while_the_mac_is_not_ready(void **)
{
    for (bool arp_first : {false, true}) {
        Bench bench(72);
        (arp_first ? bench.arp : bench.data).push_back(Bytes(10, arp_first));
        for (int i = 0; i < 5; i++)
            bench.clock(false);
        (arp_first ? bench.data : bench.arp).push_back(Bytes(10, !arp_first));
        for (int i = 0; i < 30; i++)
            bench.clock(true);
        assert_int_equal(bench.sent.size(), 2);
        assert_int_equal(bench.sent[0][0], arp_first);
    }
}

static void a_lone_frame_is_offered_in_the_clock_after_it_comes(void **)
{
    for (bool arp : {false, true}) {
        Bench bench(73);
        (arp ? bench.arp : bench.data).push_back(Bytes(10, 7));
        for (int i = 0; i < 11; i++)
            bench.clock(true);
        assert_int_equal(bench.sent.size(), 1);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sources_frames_come_out_whole_and_in_order),
        cmocka_unit_test(two_sources_that_always_wait_take_turns),
        cmocka_unit_test(a_choice_holds_while_the_mac_is_not_ready),
        cmocka_unit_test(a_lone_frame_is_offered_in_the_clock_after_it_comes),
    };
    return RUN_WIRE_TESTS(tests);
}
