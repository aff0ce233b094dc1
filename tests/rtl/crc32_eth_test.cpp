// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vcrc32_eth.h"

static uint32_t fcs_of(Vcrc32_eth &dut, const Bytes &data)
{
    dut.crc = 0xFFFFFFFF;
    for (uint8_t byte : data) {
        dut.data = byte;
        dut.eval();
        dut.crc = dut.next;
    }
    return ~dut.crc;
}

static void the_check_value_is_the_published_one(void **)
{
    Vcrc32_eth dut;
    assert_int_equal(fcs_of(dut, {'1', '2', '3', '4', '5', '6', '7', '8', '9'}), 0xCBF43926);
}

static void every_byte_steps_every_state_bit_as_a_division_does(void **)
{
    Vcrc32_eth dut;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned bit = 0; bit < 32; bit++) {
            Bytes data = {0, 0, 0, 0, (uint8_t)first};
            data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(fcs_of(dut, data), ethernet_fcs(data));
        }
}

static void a_frame_with_its_fcs_ends_in_the_residue(void **)
{
    Vcrc32_eth dut;
    Random random(1);
    for (size_t length = 1; length < 200; length++)
        assert_int_equal(~fcs_of(dut, with_fcs(random.bytes(length))), 0xDEBB20E3);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_value_is_the_published_one),
        cmocka_unit_test(every_byte_steps_every_state_bit_as_a_division_does),
        cmocka_unit_test(a_frame_with_its_fcs_ends_in_the_residue),
    };
    return RUN_WIRE_TESTS(tests);
}
