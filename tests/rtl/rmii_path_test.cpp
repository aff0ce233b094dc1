// SPDX-License-Identifier: BSD-2-Clause
#include "pin_path_bench.h"
#include "rmii_phy.h"
#include "Vrmii_path.h"

static const unsigned MEGABITS[] = {10, 100};

struct Bench : PathBench<Vrmii_path, RmiiPhy> {
    static const uint64_t PERIOD = 20000; // ps

    Bench(bool fast, uint64_t seed) : PathBench(fast, seed, fast ? 80000 : 800000)
    {
        put = [this](const Bytes &frame, long error_at) {
            phy.put(frame, 4 + random.below(24), random.one_in(2) ? 0 : random.below(14), error_at);
            phy.idle(12 + random.below(20));
        };
        clocks.push_back({PERIOD, 0, [this] { edge(); }});
        dut.speed_100 = fast;
        dut.rst = dut.usb_rst = 1;
        run(20);
        dut.rst = dut.usb_rst = 0;
        start();
    }
    void edge()
    {
        phy.sample(dut.rmii_txd, dut.rmii_tx_en);
        receive_edge([this] {
            transmit_edge([this] {
                dut.ref_clk = 1;
                dut.eval();
                dut.ref_clk = 0;
            });
        });
        leaves(dut.rmii_tx_en);
        RmiiPhy::Pins pins = watched(phy.next(), PERIOD);
        dut.rmii_rxd = pins.rxd;
        dut.rmii_crs_dv = pins.crs_dv;
        dut.rmii_rx_er = pins.rx_er;
        dut.eval();
    }
};

static void traffic_both_ways_is_whole_at_10_and_100(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 50);
        check_traffic(bench, fast ? 300 : 60);
    }
}

static void an_arp_reply_leaves_within_16_byte_times_at_10_and_100(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 51);
        double worst = arp_latency(bench);
        printf("# ARP over RMII at %u Mb/s: %.2f byte times\n", MEGABITS[fast], worst);
        assert_true(worst <= 16);
    }
}

// At 10 Mb/s the shim may look at a dibit in any of its ten clocks.
static void stamps_differ_by_a_usb_clock_and_a_dibit_of_10_clocks_at_most(void **)
{
    for (bool fast : {true, false}) {
        Bench bench(fast, 52);
        double spread = stamp_spread(bench), most = (double)bench.usb_period / 1000 + 2 + (fast ? 0 : 180);
        printf("# stamps over RMII at %u Mb/s: %.0f ns apart\n", MEGABITS[fast], spread);
        assert_true(spread <= most);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_both_ways_is_whole_at_10_and_100),
        cmocka_unit_test(an_arp_reply_leaves_within_16_byte_times_at_10_and_100),
        cmocka_unit_test(stamps_differ_by_a_usb_clock_and_a_dibit_of_10_clocks_at_most),
    };
    return RUN_WIRE_TESTS(tests);
}
