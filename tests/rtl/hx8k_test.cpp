// SPDX-License-Identifier: BSD-2-Clause
//
// iCE40-HX8K-B-EVN whole, with a ULPI PHY and a LAN8720 at its pins.
#include "Vhx8k.h"
#include "Vhx8k___024root.h"
#include "ice40_board_bench.h"

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x04};

struct Bench : BoardBench {
    Vhx8k dut;
    ulpi_pins pins = {};

    Bench()
    {
        const weir_usb_faults none = {};
        host = usb_host_create(&none, 3, 0);
        clocks = {{83333, 5000, [this] { edge_clk(); }},
                  {16667, 3000, [this] { edge_usb(); }},
                  {20000, 1000, [this] { edge_wire(); }}};
        dut.eval();
    }
    CLOCK_TICK
#define CELL(path) dut.rootp->hx8k__DOT__##path
    void edge_clk()
    {
        MDIO_STEP(now);
        tick(dut.clk12);
    }
#define ULPI_PINS(each) each(0) each(1) each(2) each(3) each(4) each(5) each(6) each(7)
#define ULPI_PIN(n, what) CELL(ulpi_pin__BRA__##n##__KET____DOT__pin__DOT__##what)
#define OUT(n) | (ULPI_PIN(n, drives) & ULPI_PIN(n, level)) << n
#define IN(n) ULPI_PIN(n, pad) = pins.data_to_link >> n & 1;
    void edge_usb()
    {
        if (!dut.ulpi_rst) {
            pins.data_from_link = (uint8_t)(0 ULPI_PINS(OUT));
            pins.stp = dut.ulpi_stp;
            usb_host_tick(host, &pins, now / 1000);
        }
        tick(dut.ulpi_clk);
        ULPI_PINS(IN)
        dut.ulpi_dir = pins.dir;
        dut.ulpi_nxt = pins.nxt;
        dut.eval();
    }
    EDGE_WIRE
};

static void a_superframe_goes_out_as_segments_and_comes_back(void **)
{
    Bench bench;
    bench.start();
    check_capabilities(bench);
    assert_true(usb_host_high_speed(bench.host));
    assert_int_equal(bench.dut.led & 5, 5); // link, configured
    check_superframe(bench, STATION, 1);
    check_superframe(bench, STATION, 40000);
    check_superframe(bench, STATION, 65000);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_superframe_goes_out_as_segments_and_comes_back),
    };
    return RUN_WIRE_TESTS(tests);
}
