// SPDX-License-Identifier: BSD-2-Clause
#include "mdio_phy.h"
#include "Vmdio.h"

static const uint64_t PERIOD = 20000; // ps; HALF_CLOCKS is 10

struct Bench {
    Vmdio dut;
    MdioBus bus;
    uint64_t now = 0;
    unsigned done = 0;

    Bench()
    {
        dut.clk = 0;
        dut.rst = 1;
        dut.s_valid = 0;
        clock();
        clock();
        dut.rst = 0;
        clock();
    }
    void clock()
    {
        now += PERIOD / 2; // the PHY's bit may come between two edges
        dut.mdio_i = bus.step(now, dut.mdc, dut.mdio_o, dut.mdio_oe);
        now += PERIOD / 2;
        dut.mdio_i = bus.step(now, dut.mdc, dut.mdio_o, dut.mdio_oe);
        dut.eval();
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
        done += dut.m_valid;
    }
    void start(bool write, unsigned phy, unsigned reg, uint16_t data)
    {
        dut.s_valid = 1;
        dut.s_write = write;
        dut.s_phy = (uint8_t)phy;
        dut.s_register = (uint8_t)reg;
        dut.s_data = data;
        while (!dut.s_ready)
            clock();
        clock();
        dut.s_valid = 0;
        dut.s_write = !write; // taken at the start
        dut.s_data = (uint16_t)~data;
        for (unsigned before = done; done == before;)
            clock();
    }
};

static void every_register_of_every_phy_is_read_as_it_is(void **)
{
    Random random(40);
    for (uint64_t delay : {0u, 150000u, 300000u}) {
        Bench bench;
        bench.bus.output_delay = delay;
        for (unsigned phy = 0; phy < 32; phy++)
            for (unsigned reg = 0; reg < 32; reg++)
                bench.bus.phys[phy][reg] = (uint16_t)random.next();
        for (unsigned i = 0; i < 1024; i++) {
            bench.start(false, i >> 5, i & 31, 0xFFFF);
            assert_true(bench.dut.m_answered);
            assert_int_equal(bench.dut.m_data, bench.bus.phys[i >> 5][i & 31]);
        }
        assert_int_equal(bench.done, 1024);
        assert_int_equal(bench.bus.frames, 1024);
        assert_int_equal(bench.bus.missed, 0);
    }
}

static void what_is_written_arrives_and_nothing_else(void **)
{
    Random random(41);
    Bench bench;
    std::map<unsigned, std::map<unsigned, uint16_t>> expected;
    for (unsigned phy : {0u, 3u, 31u})
        expected[phy][0] = bench.bus.phys[phy][0] = 0;
    for (int i = 0; i < 500; i++) {
        unsigned phy = (unsigned[]){0, 3, 31}[random.below(3)], reg = random.below(32);
        uint16_t value = (uint16_t)random.next();
        expected[phy][reg] = value;
        bench.start(true, phy, reg, value);
        if (random.one_in(3)) {
            bench.start(false, phy, reg, 0);
            assert_int_equal(bench.dut.m_data, value);
        }
    }
    assert_true(bench.bus.phys == expected);
    assert_int_equal(bench.bus.missed, 0);
}

static void no_answer_is_told_from_one(void **)
{
    Bench bench;
    bench.bus.phys[5][2] = 0xFFFF;
    for (unsigned phy = 0; phy < 32; phy++) {
        bench.start(false, phy, 2, 0);
        assert_int_equal(bench.dut.m_answered, phy == 5);
        assert_int_equal(bench.dut.m_data, 0xFFFF);
    }
}

static void the_bus_is_left_alone_between_frames(void **)
{
    Bench bench;
    bench.start(true, 1, 2, 0x1234);
    for (int i = 0; i < 200; i++) {
        bench.clock();
        assert_false(bench.dut.mdc);
        assert_false(bench.dut.mdio_oe);
        assert_false(bench.dut.m_valid);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_register_of_every_phy_is_read_as_it_is),
        cmocka_unit_test(what_is_written_arrives_and_nothing_else),
        cmocka_unit_test(no_answer_is_told_from_one),
        cmocka_unit_test(the_bus_is_left_alone_between_frames),
    };
    return RUN_WIRE_TESTS(tests);
}
