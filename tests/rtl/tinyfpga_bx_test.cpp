// SPDX-License-Identifier: BSD-2-Clause
//
// TinyFPGA BX whole, with a host's D+ and D- and a LAN8720 at its pins.
#include "Vtinyfpga_bx.h"
#include "Vtinyfpga_bx___024root.h"
#include "ice40_board_bench.h"

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x05};

struct Bench : BoardBench {
    Vtinyfpga_bx dut;

    explicit Bench(const weir_usb_signal &signal)
    {
        const weir_usb_faults none = {};
        host = usb_host_create_pins(&none, 3, 0, &signal);
        // The oscillator has the frequency that the PLL makes (ice40_cells.v), so three times that of the
        // board.
        clocks = {{20833, 3000, [this] { edge_clk(); }}, {20000, 1000, [this] { edge_wire(); }}};
        dut.eval();
    }
    CLOCK_TICK
#define CELL(path) dut.rootp->tinyfpga_bx__DOT__##path
    void edge_clk()
    {
        usb_pin_levels levels = {CELL(dp_pin__DOT__drives) != 0,
                                 CELL(dp_pin__DOT__level) != 0,
                                 CELL(dn_pin__DOT__level) != 0,
                                 CELL(pull_up_pin__DOT__drives) && CELL(pull_up_pin__DOT__level),
                                 false,
                                 false};
        usb_host_pins(host, &levels, now);
        CELL(dp_pin__DOT__pad) = levels.dp_i;
        CELL(dn_pin__DOT__pad) = levels.dn_i;
        MDIO_STEP(3 * now);
        tick(dut.clk16);
    }
    EDGE_WIRE
};

static void a_superframe_goes_out_as_segments_and_comes_back(void **)
{
    Bench bench(weir_usb_signal{});
    bench.start();
    check_capabilities(bench);
    check_superframe(bench, STATION, 1);
    check_superframe(bench, STATION, 20000);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_superframe_goes_out_as_segments_and_comes_back),
    };
    return RUN_WIRE_TESTS(tests);
}
