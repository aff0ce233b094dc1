// SPDX-License-Identifier: BSD-2-Clause
#include "pin_path_bench.h"
#include "rgmii_phy.h"
#include "Vrgmii_path.h"

static const unsigned MEGABITS[] = {10, 100, 1000};
static const uint64_t RX_PERIOD[] = {400000, 40000, 8000}; // ps

struct Bench : PathBench<Vrgmii_path, RgmiiPhy> {
    uint64_t rx_period;

    Bench(unsigned speed, uint64_t seed)
        : PathBench(speed, seed, speed == 2 ? 8000 : 2 * RX_PERIOD[speed]), rx_period(RX_PERIOD[speed])
    {
        put = [this](const Bytes &frame, long error_at) {
            phy.put(frame, 1 + random.below(14), error_at);
            phy.idle((12 + random.below(20)) * (phy.speed == 2 ? 1 : 2));
        };
        phy.status = (uint8_t)(9 | speed << 1);
        clocks.push_back({rx_period, 0, [this] { edge_rx(); }});
        clocks.push_back({8000, 3000, [this] { edge_tx(); }});
        dut.wire_rx_rst = dut.wire_tx_rst = dut.usb_rst = 1;
        run(20);
        dut.wire_rx_rst = dut.wire_tx_rst = dut.usb_rst = 0;
        start();
    }
    void edge_rx()
    {
        receive_edge([this] {
            dut.wire_rx_clk = 1;
            dut.eval();
            dut.wire_rx_clk = 0;
        });
        RgmiiPhy::Pins pins = watched(phy.next(), rx_period);
        dut.rxd_rise = pins.rise;
        dut.rxd_fall = pins.fall;
        dut.rx_ctl_rise = pins.ctl_rise;
        dut.rx_ctl_fall = pins.ctl_fall;
        dut.eval();
    }
    void edge_tx()
    {
        transmit_edge([this] {
            dut.wire_tx_clk = 1;
            dut.eval();
            dut.wire_tx_clk = 0;
        });
        phy.half_period(dut.txc_rise, dut.txd_rise, dut.tx_ctl_rise);
        phy.half_period(dut.txc_fall, dut.txd_fall, dut.tx_ctl_fall);
        leaves(dut.tx_ctl_rise);
        dut.eval();
    }
};

static void traffic_both_ways_is_whole_at_each_speed(void **)
{
    for (unsigned speed : {2u, 1u, 0u}) {
        Bench bench(speed, 60);
        bench.clocks[0].period = 7000; // a host that keeps up
        check_traffic(bench, speed == 2 ? 1000 : speed == 1 ? 300 : 60);
    }
}

static void an_arp_reply_leaves_within_16_byte_times_at_each_speed(void **)
{
    for (unsigned speed : {2u, 1u, 0u}) {
        Bench bench(speed, 61);
        double worst = arp_latency(bench);
        printf("# ARP over RGMII at %u Mb/s: %.2f byte times\n", MEGABITS[speed], worst);
        assert_true(worst <=
                    (speed == 2 ? 18 : 16)); // 1000 Mb/s: 16, and a clock in either direction for the pins
    }
}

static void stamps_differ_by_a_usb_clock_at_most(void **)
{
    for (unsigned speed : {2u, 1u, 0u}) {
        Bench bench(speed, 62);
        double spread = stamp_spread(bench);
        printf("# stamps over RGMII at %u Mb/s: %.0f ns apart\n", MEGABITS[speed], spread);
        assert_true(spread <= (double)bench.usb_period / 1000 + 2);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_both_ways_is_whole_at_each_speed),
        cmocka_unit_test(an_arp_reply_leaves_within_16_byte_times_at_each_speed),
        cmocka_unit_test(stamps_differ_by_a_usb_clock_at_most),
    };
    return RUN_WIRE_TESTS(tests);
}
