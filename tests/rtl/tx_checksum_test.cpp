// SPDX-License-Identifier: BSD-2-Clause
//
// tx_checksum against RFC 1071's sum, with the bytes that make the longest carries.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <memory>
#include <random>

#include "Vtx_checksum.h"
#include "verilated.h"

static const uint32_t SEED = 11;

struct Bench {
    VerilatedContext context;
    std::unique_ptr<Vtx_checksum> dut{new Vtx_checksum(&context)};

    void clock(bool clear, bool add, uint8_t data)
    {
        dut->clear = clear;
        dut->add = add;
        dut->data = data;
        dut->clk = 0;
        dut->eval();
        dut->clk = 1;
        dut->eval();
    }
};

static void check(uint32_t bytes_of_FF_in_256)
{
    Bench bench;
    std::mt19937 random(SEED);
    print_message("# seed %u\n", SEED);
    for (int round = 0; round < 5000; round++) {
        uint32_t sum = 0;
        unsigned length = random() % 40;
        bench.clock(true, random() % 2, 0xFF);
        for (unsigned i = 0; i < length; i++) {
            uint8_t data = static_cast<uint8_t>(random() % 256 < bytes_of_FF_in_256 ? 0xFF : random());
            sum += i % 2 == 0 ? data << 8 : data;
            if (random() % 4 == 0)
                bench.clock(false, false, 0x55);
            bench.clock(false, true, data);
        }
        for (unsigned i = length % 2; i < 2 + 2 * (length % 2); i++) // back to an even number, two at least
            bench.clock(false, true, 0);
        while (sum >> 16)
            sum = (sum & 0xFFFF) + (sum >> 16);
        assert_int_equal(bench.dut->sum, sum);
    }
}

static void it_sums_random_bytes(void **)
{
    check(0);
}

static void carries_all_the_way_around_settle_in_two_bytes(void **)
{
    check(250);
    check(256);
}

// The sum of FF..FF is FFFF, and one more byte of 01 in any place sends a carry around the whole of it, once
// or, with a second one, twice.
static void the_carry_comes_around_from_every_position(void **)
{
    Bench bench;
    for (unsigned length = 2; length <= 40; length++)
        for (unsigned one = 0; one < length; one++)
            for (unsigned other = 0; other < length; other++) {
                uint32_t sum = 0;
                bench.clock(true, false, 0);
                for (unsigned pass = 0; pass < 2; pass++) // FFs, then the ones in their places
                    for (unsigned i = 0; i < (length + 1) / 2 * 2; i++) {
                        unsigned data = pass == 0 ? 0xFF : (i == one) + (i == other);
                        sum += i % 2 == 0 ? data << 8 : data;
                        bench.clock(false, true, static_cast<uint8_t>(data));
                    }
                bench.clock(false, true, 0);
                bench.clock(false, true, 0);
                while (sum >> 16)
                    sum = (sum & 0xFFFF) + (sum >> 16);
                assert_int_equal(bench.dut->sum, sum);
            }
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_sums_random_bytes),
        cmocka_unit_test(the_carry_comes_around_from_every_position),
        cmocka_unit_test(carries_all_the_way_around_settle_in_two_bytes),
    };
    return cmocka_run_group_tests_name("tx_checksum", tests, nullptr, nullptr);
}
