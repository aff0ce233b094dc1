// SPDX-License-Identifier: BSD-2-Clause
//
// phy_link as a board with RMII has it: GIGABIT = 0, the PHY at one address.
#include "mdio_phy.h"
#include "Vphy_link.h"

static const uint64_t PERIOD =
    50000; // ps; with -GHALF_CLOCKS=4 -GPAUSE_LOG2=6 -GGIGABIT=0 -GADDRESS=3 -GSEARCH=0

struct Bench {
    Vphy_link dut;
    MdioBus bus;
    uint64_t now = 0;
    unsigned beyond = 0; // reads and writes of registers that only a PHY of 1000 Mb/s has

    explicit Bench(unsigned address)
    {
        bus.output_delay = 200000;
        bus.phys[address] = {{0, 0x3100}, {1, 0x782D}, {2, 0x0007},
                             {3, 0xC0F1}, {4, 0x01E1}, {5, 0x4001 | 0x1E0}};
        bus.read = [this](unsigned, unsigned reg) { beyond += reg > 5; };
        bus.written = [this](unsigned, unsigned reg, uint16_t) { beyond += reg > 5; };
        dut.clk = 0;
        dut.rst = dut.enable = 1;
        clocks(2);
        dut.rst = 0;
        clocks(20000);
    }
    void clocks(unsigned count)
    {
        while (count-- > 0) {
            now += PERIOD;
            dut.mdio_i = bus.step(now, dut.mdc, dut.mdio_o, dut.mdio_oe);
            dut.eval();
            dut.clk = 1;
            dut.eval();
            dut.clk = 0;
            dut.eval();
        }
    }
};

static void a_phy_of_100_is_asked_for_nothing_of_1000(void **)
{
    Bench bench(3);
    assert_true(bench.dut.found);
    assert_int_equal(bench.dut.id, 0x0007C0F1);
    assert_int_equal(bench.dut.link_status, 1 | 1 << 1 | 8);
    assert_int_equal(bench.bus.phys[3][4], 0x0141);
    bench.bus.phys[3][5] = 0x4001 | 0x40;
    bench.clocks(10000);
    assert_int_equal(bench.dut.link_status, 1 | 8);
    assert_int_equal(bench.beyond, 0);
}

static void without_search_another_phy_on_the_bus_is_left_alone(void **)
{
    Bench bench(4);
    auto before = bench.bus.phys[4];
    bench.clocks(200000);
    assert_false(bench.dut.found);
    assert_int_equal(bench.dut.link_status, 0);
    assert_int_equal(bench.dut.address, 3);
    assert_true(bench.bus.phys[4] == before);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phy_of_100_is_asked_for_nothing_of_1000),
        cmocka_unit_test(without_search_another_phy_on_the_bus_is_left_alone),
    };
    return RUN_WIRE_TESTS(tests);
}
