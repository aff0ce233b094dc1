// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_crc16.h"
#include "usb_bench.h"

static unsigned step(Vusb_crc16 &dut, unsigned crc, uint8_t byte)
{
    dut.crc = uint16_t(crc);
    dut.data = byte;
    dut.eval();
    return dut.next;
}

static void a_step_is_eight_steps_of_bit_by_bit_division(void **)
{
    Vusb_crc16 dut;
    std::mt19937 random(1);
    for (unsigned i = 0; i < 100000; i++) {
        const unsigned crc = random() & 0xFFFF, byte = random() & 0xFF;
        assert_int_equal(step(dut, crc, uint8_t(byte)), serial_crc(crc, 0xA001, byte, 8));
    }
}

// USB-IF, "Cyclic Redundancy Checks in USB": the bytes 00 01 02 03 give F75Eh, sent from bit 15 down.
static void the_published_example_comes_out(void **)
{
    Vusb_crc16 dut;
    unsigned crc = 0xFFFF, backwards = 0;
    for (uint8_t byte = 0; byte < 4; byte++)
        crc = step(dut, crc, byte);
    for (unsigned i = 0; i < 16; i++)
        backwards |= ((~crc >> i) & 1) << (15 - i);
    assert_int_equal(backwards, 0xF75E);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(a_step_is_eight_steps_of_bit_by_bit_division),
    cmocka_unit_test(the_published_example_comes_out),
};
RUN_TESTS(tests)
