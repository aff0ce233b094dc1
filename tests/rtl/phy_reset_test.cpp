// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vphy_reset.h"

// With -GCLOCK_MHZ=10 -GASSERT_US=50 -GHOLD_US=7 -GSTART_US=30
static const unsigned CLOCKS_A_US = 10, ASSERT_US = 50, HOLD_US = 7, START_US = 30;

struct Bench {
    Vphy_reset dut;
    unsigned now = 0; // clocks since rst

    void clock(bool rst = false)
    {
        dut.rst = rst;
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
        now = rst ? 0 : now + 1;
    }
};

static void assert_sequence(Bench &bench)
{
    unsigned released = 0, let_go = 0, ready = 0;
    while (bench.now < 2000) {
        bench.clock();
        if (bench.dut.phy_rst_n && !released)
            released = bench.now;
        if (!bench.dut.strap && !let_go)
            let_go = bench.now;
        if (bench.dut.ready && !ready)
            ready = bench.now;
        assert_int_equal(bench.dut.phy_rst_n, released != 0);
        assert_int_equal(bench.dut.strap, let_go == 0);
        assert_int_equal(bench.dut.ready, ready != 0);
    }
    assert_in_range(released, ASSERT_US * CLOCKS_A_US, ASSERT_US * CLOCKS_A_US + 3);
    assert_int_equal(let_go - released, HOLD_US * CLOCKS_A_US);
    assert_int_equal(ready - let_go, START_US * CLOCKS_A_US);
}

static void reset_straps_and_start_last_as_long_as_they_should(void **)
{
    Bench bench;
    bench.clock(true);
    assert_false(bench.dut.phy_rst_n);
    assert_true(bench.dut.strap);
    assert_false(bench.dut.ready);
    assert_sequence(bench);
}

static void rst_begins_anew_at_any_time(void **)
{
    for (unsigned at = 0; at < 1000; at += 37) {
        Bench bench;
        bench.clock(true);
        for (unsigned i = 0; i < at; i++)
            bench.clock();
        bench.clock(true);
        assert_false(bench.dut.phy_rst_n);
        assert_true(bench.dut.strap);
        assert_false(bench.dut.ready);
        assert_sequence(bench);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_straps_and_start_last_as_long_as_they_should),
        cmocka_unit_test(rst_begins_anew_at_any_time),
    };
    return RUN_WIRE_TESTS(tests);
}
