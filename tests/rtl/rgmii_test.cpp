// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vrgmii.h"

struct Bench {
    Vrgmii dut;
    Bench()
    {
        dut.speed = 2;
        dut.wire_tx_rst = dut.wire_rx_rst = 1;
        tx(0, false, false);
        rx(0, 0, false, false);
        dut.wire_tx_rst = dut.wire_rx_rst = 0;
        for (int i = 0; i < 200; i++) { // a byte time at 10 Mb/s
            tx(0, false, false);
            rx(0, 0, false, false);
        }
    }
    void tx(uint8_t data, bool en, bool er)
    {
        dut.gmii_txd = data;
        dut.gmii_tx_en = en;
        dut.gmii_tx_er = er;
        dut.wire_tx_clk = 0;
        dut.eval();
        dut.wire_tx_clk = 1;
        dut.eval();
    }
    void rx(uint8_t rise, uint8_t fall, bool ctl_rise, bool ctl_fall)
    {
        dut.rxd_rise = rise;
        dut.rxd_fall = fall;
        dut.rx_ctl_rise = ctl_rise;
        dut.rx_ctl_fall = ctl_fall;
        dut.wire_rx_clk = 0;
        dut.eval();
        dut.wire_rx_clk = 1;
        dut.eval();
    }
};

static void every_byte_and_control_goes_out_as_rgmii_2_0_says(void **)
{
    Bench bench;
    for (unsigned i = 0; i < 1024; i++) {
        bool en = i & 256, er = i & 512;
        bench.tx((uint8_t)i, en, er);
        assert_int_equal(bench.dut.txd_rise, i & 15);
        assert_int_equal(bench.dut.txd_fall, i >> 4 & 15);
        assert_int_equal(bench.dut.tx_ctl_rise, en);
        assert_int_equal(bench.dut.tx_ctl_fall, en != er);
    }
}

static void every_byte_and_control_comes_in_as_rgmii_2_0_says(void **)
{
    Bench bench;
    for (unsigned i = 0; i < 1024; i++) {
        bool rise = i & 256, fall = i & 512;
        bench.rx(i & 15, i >> 4 & 15, rise, fall);
        assert_int_equal(bench.dut.gmii_rxd, i & 255);
        assert_int_equal(bench.dut.gmii_rx_dv, rise);
        assert_int_equal(bench.dut.gmii_rx_er, rise != fall);
    }
}

static void status_between_frames_is_followed(void **)
{
    Bench bench;
    assert_int_equal(bench.dut.status, 0);
    for (uint8_t status : {0x0D, 0x0B, 0x09, 0x00, 0x05}) {
        for (int i = 0; i < 4; i++)
            bench.rx(status, status, false, false);
        assert_int_equal(bench.dut.status, status);
    }
}

static void status_ignores_frames_errors_and_glitches(void **)
{
    Bench bench;
    for (int i = 0; i < 4; i++)
        bench.rx(0xD, 0xD, false, false);
    auto stays = [&bench](uint8_t rise, uint8_t fall, bool ctl_rise, bool ctl_fall, int periods) {
        while (periods-- > 0) {
            bench.rx(rise, fall, ctl_rise, ctl_fall);
            assert_int_equal(bench.dut.status, 0xD);
        }
    };
    stays(0x5, 0x5, true, true, 10);  // a frame
    stays(0xF, 0xF, false, true, 10); // carrier extension
    stays(0xB, 0xB, false, false, 1); // one period only
    stays(0xD, 0xD, false, false, 2);
    stays(0xD, 0xB, false, false, 4); // the halves differ
    stays(0x9, 0x9, false, false, 1); // with a frame between
    stays(0x9, 0x9, true, true, 1);
    stays(0x9, 0x9, false, false, 1);
    stays(0xD, 0xD, false, false, 3);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_and_control_goes_out_as_rgmii_2_0_says),
        cmocka_unit_test(every_byte_and_control_comes_in_as_rgmii_2_0_says),
        cmocka_unit_test(status_between_frames_is_followed),
        cmocka_unit_test(status_ignores_frames_errors_and_glitches),
    };
    return RUN_WIRE_TESTS(tests);
}
