// SPDX-License-Identifier: BSD-2-Clause
#include "Vwake_source.h"
#include "usb_bench.h"

struct Wake {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Vwake_source> dut{new Vwake_source(context.get())};

    Wake()
    {
        dut->usb_rst = dut->wire_rx_rst = 1;
        usb(3);
        wire(3);
        dut->usb_rst = dut->wire_rx_rst = 0;
    }
    void usb(unsigned clocks)
    {
        while (clocks-- > 0) {
            dut->usb_clk = 1;
            dut->eval();
            dut->usb_clk = 0;
            dut->eval();
        }
    }
    void wire(unsigned clocks)
    {
        while (clocks-- > 0) {
            dut->wire_rx_clk = 1;
            dut->eval();
            dut->wire_rx_clk = 0;
            dut->eval();
        }
    }
    void frame()
    {
        dut->wire_commit = 1;
        wire(1);
        dut->wire_commit = 0;
    }
    void suspend(bool suspended)
    {
        dut->usb_suspended = suspended;
        usb(2);
        wire(3);
    }
};

static void a_frame_wakes_while_the_usb_clock_stands_still(void **)
{
    Wake wake;
    wake.suspend(true);
    wake.wire(50);
    assert_false(wake.dut->wake_request);
    wake.frame();
    for (int i = 0; i < 50; i++) {
        assert_true(wake.dut->wake_request);
        wake.wire(1);
    }
}

static void the_request_stays_until_the_bus_is_awake(void **)
{
    Wake wake;
    wake.suspend(true);
    wake.frame();
    wake.usb(100);
    wake.wire(100);
    assert_true(wake.dut->wake_request);
    wake.suspend(false);
    assert_false(wake.dut->wake_request);
}

static void frames_of_a_waking_hour_ask_for_nothing(void **)
{
    Wake wake;
    wake.frame();
    wake.dut->usb_waiting = 1;
    wake.usb(10);
    wake.wire(10);
    assert_false(wake.dut->wake_request);
    wake.dut->usb_waiting = 0;
    wake.suspend(true);
    wake.wire(10);
    assert_false(wake.dut->wake_request);
}

static void what_was_still_under_way_when_the_bus_fell_silent_wakes_too(void **)
{
    Wake wake;
    wake.suspend(true);
    wake.dut->usb_waiting = 1;
    wake.usb(1);
    wake.dut->usb_waiting = 0; // it moves on towards the endpoint
    wake.usb(10);
    assert_true(wake.dut->wake_request);
    wake.suspend(false);
    assert_false(wake.dut->wake_request);
}

static void each_suspend_asks_anew(void **)
{
    Wake wake;
    for (int i = 0; i < 5; i++) {
        wake.suspend(true);
        assert_false(wake.dut->wake_request);
        wake.frame();
        assert_true(wake.dut->wake_request);
        wake.suspend(false);
        assert_false(wake.dut->wake_request);
    }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(a_frame_wakes_while_the_usb_clock_stands_still),
    cmocka_unit_test(the_request_stays_until_the_bus_is_awake),
    cmocka_unit_test(frames_of_a_waking_hour_ask_for_nothing),
    cmocka_unit_test(what_was_still_under_way_when_the_bus_fell_silent_wakes_too),
    cmocka_unit_test(each_suspend_asks_anew),
};
RUN_TESTS(tests)
