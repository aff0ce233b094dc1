// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "weir_link.h"
#include "Varp_table.h"
#include <map>

struct Bench {
    Varp_table dut;
    Bench()
    {
        dut.rst = 1;
        clock();
        dut.rst = 0;
    }
    void clock()
    {
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
    }
    void set(unsigned index, uint32_t address, bool used)
    {
        dut.cfg_valid = 1;
        dut.cfg_table = WEIR_TABLE_ARP;
        dut.cfg_index = (uint8_t)index;
        dut.cfg_data = address | (uint64_t)used << 63;
        clock();
        dut.cfg_valid = 0;
        clock();
        clock();
    }
    bool knows(uint32_t address)
    {
        dut.s_valid = 1;
        for (int shift = 24; shift >= 0; shift -= 8) {
            dut.s_data = (uint8_t)(address >> shift);
            dut.s_last = shift == 0;
            clock();
        }
        dut.s_valid = dut.s_last = 0;
        for (int i = 0; i < 2 * 4 - 1; i++)
            clock();
        // From here on other bytes may come.
        dut.s_data = (uint8_t)~dut.s_data;
        dut.s_valid = 1;
        for (int i = 0; i < 2; i++)
            clock();
        dut.s_valid = 0;
        dut.eval();
        return dut.hit;
    }
};

static void the_table_is_empty_after_reset(void **)
{
    Bench bench;
    assert_false(bench.knows(0));
    assert_false(bench.knows(0xFFFFFFFF));
}

static void every_entry_is_found_within_the_promised_clocks(void **)
{
    Bench bench;
    for (unsigned i = 0; i < 4; i++)
        bench.set(i, 0xC0A80001 + i, true);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(bench.knows(0xC0A80001 + i));
        for (unsigned bit = 3; bit < 32; bit++)
            assert_false(bench.knows((0xC0A80001 + i) ^ 1u << bit));
    }
    bench.set(4, 0x01020304, true);
    assert_false(bench.knows(0x01020304));
}

static void random_tables_know_what_is_in_them(void **)
{
    Bench bench;
    Random random(50);
    std::map<unsigned, uint32_t> table;
    for (int round = 0; round < 3000; round++) {
        unsigned index = random.below(4);
        uint32_t address = random.below(8);
        if (random.one_in(2)) {
            bench.set(index, address, true);
            table[index] = address;
        } else {
            bench.set(index, address, false);
            table.erase(index);
        }
        uint32_t asked = random.below(8);
        bool want = false;
        for (auto &known : table)
            want |= known.second == asked;
        if (bench.knows(asked) != want)
            fail_msg("seed 50, round %d", round);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_empty_after_reset),
        cmocka_unit_test(every_entry_is_found_within_the_promised_clocks),
        cmocka_unit_test(random_tables_know_what_is_in_them),
    };
    return RUN_WIRE_TESTS(tests);
}
