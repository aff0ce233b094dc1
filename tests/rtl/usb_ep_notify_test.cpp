// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_ep_notify.h"
#include "usb_bench.h"

struct Endpoint : Bench<Vusb_ep_notify> {
    Endpoint()
    {
        dut->s_notify_valid = dut->s_notify_long = dut->ack = dut->toggle_reset = dut->offset = 0;
        reset();
    }
    bool offer(uint64_t message)
    {
        dut->s_notify_valid = 1;
        for (unsigned i = 0; i < 4; i++)
            dut->s_notify_data[i] = uint32_t(message >> 32 * (i & 1)) ^ (i < 2 ? 0 : 0xA5A5A5A5);
        dut->eval();
        const bool took = dut->s_notify_ready;
        tick();
        dut->s_notify_valid = 0;
        return took;
    }
    uint64_t read(unsigned from = 0)
    {
        uint64_t message = 0;
        for (unsigned i = 0; i < 8; i++) {
            dut->offset = uint8_t(from + i);
            tick();
            message |= uint64_t(dut->data) << 8 * i;
        }
        return message;
    }
    void acknowledge()
    {
        dut->ack = 1;
        tick();
        dut->ack = 0;
    }
};

static void a_message_waits_until_it_is_acknowledged_and_keeps_the_next_one_out(void **)
{
    Endpoint e;
    assert_false(e.dut->ready);
    for (unsigned i = 0; i < 10; i++) {
        const uint64_t message = 0x0123456789ABCDEF * (i + 1);
        assert_true(e.offer(message));
        for (int again = 0; again < 3; again++) {
            assert_false(e.offer(~message));
            assert_true(e.dut->ready);
            assert_int_equal(e.dut->toggle, i & 1);
            assert_true(e.read() == message);
            assert_false(e.dut->is_long);
        }
        e.acknowledge();
        assert_false(e.dut->ready);
    }
}

static void a_long_message_has_16_bytes(void **)
{
    Endpoint e;
    e.dut->s_notify_long = 1;
    assert_true(e.offer(0x0123456789ABCDEF));
    e.dut->s_notify_long = 0;
    assert_true(e.dut->is_long);
    assert_true(e.read() == 0x0123456789ABCDEF);
    assert_true(e.read(8) == (0x0123456789ABCDEF ^ 0xA5A5A5A5A5A5A5A5));
    e.acknowledge();
    assert_true(e.offer(1));
    assert_false(e.dut->is_long);
}

static void a_reset_forgets_message_and_toggle_and_a_toggle_reset_only_that(void **)
{
    Endpoint e;
    e.offer(1);
    e.acknowledge();
    e.offer(2);
    assert_int_equal(e.dut->toggle, 1);
    e.dut->toggle_reset = 1;
    e.tick();
    e.dut->toggle_reset = 0;
    assert_true(e.dut->toggle == 0 && e.dut->ready);
    e.acknowledge();
    e.offer(3);
    e.reset();
    assert_true(e.dut->toggle == 0 && !e.dut->ready);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(a_message_waits_until_it_is_acknowledged_and_keeps_the_next_one_out),
    cmocka_unit_test(a_long_message_has_16_bytes),
    cmocka_unit_test(a_reset_forgets_message_and_toggle_and_a_toggle_reset_only_that),
};
RUN_TESTS(tests)
