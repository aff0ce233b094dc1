// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_crc5.h"
#include "usb_bench.h"

static void all_tokens_have_the_crc_of_a_bit_by_bit_division(void **)
{
    Vusb_crc5 dut;
    for (unsigned token = 0; token < 2048; token++) {
        dut.token = uint16_t(token);
        dut.eval();
        assert_int_equal(dut.crc, crc5(token));
    }
}

// USB-IF, "Cyclic Redundancy Checks in USB": address 15h endpoint Eh gives 10111b in the order of sending.
static void the_published_example_comes_out(void **)
{
    Vusb_crc5 dut;
    dut.token = 0x15 | 0xE << 7;
    dut.eval();
    assert_int_equal(dut.crc, 0x1D); // 10111b from bit 0 up
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(all_tokens_have_the_crc_of_a_bit_by_bit_division),
    cmocka_unit_test(the_published_example_comes_out),
};
RUN_TESTS(tests)
