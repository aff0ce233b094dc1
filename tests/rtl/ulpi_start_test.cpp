// SPDX-License-Identifier: BSD-2-Clause
#include "Vulpi_start.h"
#include "usb_bench.h"

struct Start {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Vulpi_start> dut{new Vulpi_start(context.get())};

    Start()
    {
        dut->usb_clk = 0;
        dut->eval();
    }
    void clock(bool rst)
    {
        dut->usb_rst = rst;
        dut->usb_clk = 1;
        dut->eval();
        dut->usb_clk = 0;
        dut->eval();
    }
};

static void the_phy_is_reset_for_2_us_and_left_alone_for_1_5_ms(void **)
{
    Start start;
    for (int round = 0; round < 2; round++) { // again after a reset of the board
        for (int i = 0; i < 5; i++) {
            start.clock(true);
            assert_true(start.dut->ulpi_rst && start.dut->front_rst);
        }
        unsigned reset = 0, waited = 0;
        for (; start.dut->ulpi_rst && reset < 1000; reset++) {
            assert_true(start.dut->front_rst);
            start.clock(false);
        }
        for (; start.dut->front_rst && waited < 200000; waited++) {
            assert_false(start.dut->ulpi_rst);
            start.clock(false);
        }
        assert_in_range(reset, 120, 130);
        assert_in_range(waited, 90000, 90010);
    }
    for (int i = 0; i < 300000; i++) {
        start.clock(false);
        assert_false(start.dut->ulpi_rst || start.dut->front_rst);
    }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(the_phy_is_reset_for_2_us_and_left_alone_for_1_5_ms),
};
RUN_TESTS(tests)
