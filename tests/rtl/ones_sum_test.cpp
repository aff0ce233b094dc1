// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vones_sum.h"

struct Bench {
    Vones_sum dut;
    void clock(bool clear, bool en, uint8_t data)
    {
        dut.clear = clear;
        dut.en = en;
        dut.data = data;
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
    }
    bool right(const Bytes &data)
    {
        clock(true, true, 0xAB);
        for (uint8_t byte : data) {
            clock(false, true, byte);
            clock(false, false, 0x5A);
        }
        return dut.right;
    }
};

static void data_with_its_checksum_is_right_and_with_any_other_wrong(void **)
{
    Bench bench;
    Random random(20);
    for (int round = 0; round < 5000; round++) {
        Bytes data = random.bytes(2 + random.below(60));
        if (random.one_in(2)) // carries that run far
            for (auto &byte : data)
                byte = random.one_in(8) ? byte : 0xFF;
        data[0] = data[1] = 0;
        unsigned sum = 0xFFFFu ^ ones_sum16(data.data(), data.size());
        data[0] = (uint8_t)(sum >> 8);
        data[1] = (uint8_t)sum;
        assert_true(bench.right(data));
        data[random.below((unsigned)data.size())] ^= (uint8_t)(1u << random.below(8));
        assert_false(bench.right(data));
    }
}

static void every_way_to_end_with_a_carry_is_judged(void **)
{
    Bench bench;
    for (unsigned first = 0; first < 65536; first += 257)
        for (unsigned second = 0; second < 65536; second += 251) {
            Bytes data = joined({big_endian(first, 2), big_endian(second, 2)});
            assert_int_equal(bench.right(data), ones_sum16(data.data(), 4) == 0xFFFF);
            data.push_back(0xFF);
            assert_int_equal(bench.right(data), ones_sum16(data.data(), 5) == 0xFFFF);
        }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_with_its_checksum_is_right_and_with_any_other_wrong),
        cmocka_unit_test(every_way_to_end_with_a_carry_is_judged),
    };
    return RUN_WIRE_TESTS(tests);
}
