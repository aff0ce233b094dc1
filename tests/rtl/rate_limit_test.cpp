// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "weir_link.h"
#include "Vrate_limit.h"

struct Bench {
    Vrate_limit dut;
    explicit Bench(unsigned interval)
    {
        dut.interval = (uint16_t)interval;
        dut.rst = 1;
        clock();
        dut.rst = 0;
        restart();
    }
    void restart()
    {
        dut.restart = 1;
        clock();
        dut.restart = 0;
        clock();
    }
    void clock()
    {
        phase = (phase + 1) % clocks_a_byte;
        dut.byte_time = phase == 0;
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
    }
    bool take()
    {
        bool allowed = dut.allowed;
        dut.take = allowed;
        clock();
        dut.take = 0;
        clock();
        return allowed;
    }
    unsigned take_all()
    {
        unsigned taken = 0;
        while (taken < 1000 && take())
            taken++;
        return taken;
    }
    unsigned clocks_a_byte = 1, phase = 0;
    void wait(uint64_t clocks)
    {
        while (clocks-- > 0)
            clock();
    }
};

static void a_burst_is_allowed_at_once_and_no_more(void **)
{
    Bench bench(12);
    assert_int_equal(bench.take_all(), WEIR_ARP_BURST);
    assert_false(bench.take());
}

static void a_greedy_taker_gets_one_in_each_interval(void **)
{
    for (unsigned interval : {1u, 2u, 12u}) {
        Bench bench(interval);
        bench.take_all();
        unsigned taken = 0;
        for (unsigned i = 0; i < 50 * interval * 512; i++)
            taken += bench.take();
        assert_in_range(taken, 49, 51);
    }
}

static void what_is_not_taken_is_saved_up_to_a_burst(void **)
{
    Bench bench(1);
    bench.take_all();
    bench.wait(5 * 1024);
    assert_int_equal(bench.take_all(), 5);
    bench.wait(100 * 1024);
    assert_int_equal(bench.take_all(), WEIR_ARP_BURST);
}

static void the_unit_is_1024_byte_times_whatever_clocks_they_have(void **)
{
    for (unsigned clocks : {2u, 4u, 40u}) {
        Bench bench(3);
        bench.clocks_a_byte = clocks;
        bench.restart();
        bench.take_all();
        bench.wait(3 * 1024 * clocks - 100);
        assert_false(bench.take());
        bench.wait(100);
        assert_true(bench.take());
        assert_false(bench.take());
    }
}

static void interval_0_means_no_limit(void **)
{
    Bench bench(0);
    assert_int_equal(bench.take_all(), 1000);
}

static void a_new_interval_begins_at_once(void **)
{
    Bench bench(65535);
    bench.take_all();
    bench.dut.interval = 1;
    bench.restart();
    assert_int_equal(bench.take_all(), WEIR_ARP_BURST);
    bench.wait(1024);
    assert_true(bench.take());
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_allowed_at_once_and_no_more),
        cmocka_unit_test(a_greedy_taker_gets_one_in_each_interval),
        cmocka_unit_test(what_is_not_taken_is_saved_up_to_a_burst),
        cmocka_unit_test(the_unit_is_1024_byte_times_whatever_clocks_they_have),
        cmocka_unit_test(interval_0_means_no_limit),
        cmocka_unit_test(a_new_interval_begins_at_once),
    };
    return RUN_WIRE_TESTS(tests);
}
