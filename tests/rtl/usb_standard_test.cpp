// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_standard.h"
#include "usb_bench.h"

struct Standard : Bench<Vusb_standard> {
    unsigned flushes = 0, out_resets = 0, in_resets = 0, notify_resets = 0;

    Standard()
    {
        dut->high_speed = 1;
        dut->start = dut->commit = dut->token_taken = dut->status_ack = 0;
        reset();
    }
    void clock()
    {
        tick();
        flushes += dut->flush;
        out_resets += dut->toggle_reset_out;
        in_resets += dut->toggle_reset_in;
        notify_resets += dut->toggle_reset_notify;
    }
    bool ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
    {
        dut->setup =
            type | request << 8 | uint64_t(value) << 16 | uint64_t(index) << 32 | uint64_t(length) << 48;
        dut->start = 1;
        clock();
        dut->start = 0;
        for (int i = 0; i < 16; i++)
            clock();
        return dut->accept;
    }
    void commit()
    {
        dut->commit = 1;
        clock();
        dut->commit = 0;
        clock();
        clock();
    }
    bool act(uint8_t type, uint8_t request, uint16_t value, uint16_t index)
    {
        if (!ask(type, request, value, index, 0))
            return false;
        commit();
        return true;
    }
    uint8_t byte(uint8_t offset)
    {
        dut->in_address = offset;
        clock();
        return dut->in_data;
    }
    bool ours(uint8_t address)
    {
        dut->token_address = address;
        dut->eval();
        return dut->token_is_ours;
    }
    void setup_to(uint8_t address)
    {
        dut->token_address = address;
        dut->token_taken = 1;
        clock();
        dut->token_taken = 0;
    }
};

static void an_address_is_ours_when_the_status_stage_has_ended(void **)
{
    Standard s;
    assert_true(s.ours(0) && !s.ours(5));
    assert_true(s.ask(0x00, 5, 5, 0, 0));
    assert_true(s.ours(0) && !s.ours(5));
    s.commit();
    s.dut->status_ack = 1;
    s.clock();
    s.dut->status_ack = 0;
    assert_true(s.ours(5) && !s.ours(0));
}

static void without_the_last_ack_the_next_setup_tells_which_address_counts(void **)
{
    Standard s;
    assert_true(s.act(0x00, 5, 5, 0));
    assert_true(s.ours(0) && s.ours(5) && !s.ours(4));
    s.setup_to(5);
    assert_true(s.ours(5) && !s.ours(0));
    assert_true(s.act(0x00, 5, 9, 0));
    assert_true(s.ours(5) && s.ours(9));
    s.setup_to(5); // the host starts again at the old one
    assert_true(s.ours(5) && !s.ours(9));
}

static void set_configuration_flushes_and_resets_all_toggles_and_halts(void **)
{
    Standard s;
    assert_false(s.ask(0x02, 3, 0, 0x81, 0)); // not yet configured
    assert_true(s.act(0x00, 9, 1, 0));
    assert_true(s.dut->configured);
    assert_true(s.flushes == 1 && s.out_resets == 1 && s.in_resets == 1 && s.notify_resets == 1);
    assert_true(s.act(0x02, 3, 0, 0x01) && s.act(0x02, 3, 0, 0x81) && s.act(0x02, 3, 0, 0x82));
    assert_true(s.dut->halt_out && s.dut->halt_in && s.dut->halt_notify);
    assert_true(s.act(0x01, 11, 0, 0)); // SET_INTERFACE: all but the flush
    assert_true(!s.dut->halt_out && !s.dut->halt_in && !s.dut->halt_notify);
    assert_true(s.flushes == 1 && s.out_resets == 2);
    assert_true(s.act(0x00, 9, 0, 0));
    assert_true(!s.dut->configured && s.flushes == 2);
}

static void a_halt_and_its_end_touch_their_endpoint_alone(void **)
{
    Standard s;
    s.act(0x00, 9, 1, 0);
    s.out_resets = s.in_resets = s.notify_resets = 0;
    assert_true(s.act(0x02, 3, 0, 0x81));
    assert_true(!s.dut->halt_out && s.dut->halt_in && !s.dut->halt_notify);
    assert_true(s.ask(0x82, 0, 0, 0x81, 2));
    assert_true(s.byte(0) == 1 && s.byte(1) == 0 && s.dut->in_length == 2);
    assert_true(s.ask(0x82, 0, 0, 0x01, 2) && s.byte(0) == 0);
    assert_true(s.ask(0x82, 0, 0, 0x80, 2) && s.byte(0) == 0);
    assert_true(s.act(0x02, 1, 0, 0x81));
    assert_false(s.dut->halt_in);
    assert_true(s.in_resets == 1 && s.out_resets == 0 && s.notify_resets == 0);
}

static void requests_are_answered_or_refused_by_the_state_of_the_device(void **)
{
    static const struct {
        uint8_t type, request;
        uint16_t value, index, length;
        int unconfigured, configured; // bytes offered; -1: refused
    } cases[] = {
        {0x80, 0, 0, 0, 2, 2, 2},      {0x81, 0, 0, 0, 2, -1, 2},       {0x82, 0, 0, 0x82, 2, -1, 2},
        {0x82, 0, 0, 0x02, 2, -1, -1}, {0x80, 6, 0x100, 0, 18, 18, 18}, {0x80, 6, 0x500, 0, 18, -1, -1},
        {0x80, 8, 0, 0, 1, 1, 1},      {0x81, 10, 0, 0, 1, -1, 1},      {0x81, 10, 0, 1, 1, -1, -1},
        {0x00, 3, 2, 0, 0, -1, -1},    {0x80, 3, 0, 0, 0, -1, -1},      {0x02, 3, 0, 0, 0, -1, -1},
        {0x01, 11, 0, 0, 1, -1, -1},   {0x00, 9, 1, 0, 1, -1, -1},
    };
    for (int configured = 0; configured < 2; configured++) {
        Standard s;
        if (configured)
            s.act(0x00, 9, 1, 0);
        for (const auto &c : cases) {
            const int expected = configured ? c.configured : c.unconfigured;
            const bool accepted = s.ask(c.type, c.request, c.value, c.index, c.length);
            if (accepted != (expected >= 0) || (accepted && s.dut->in_length != expected))
                fail_msg("%02X %02X %04X %04X", c.type, c.request, c.value, c.index);
        }
        assert_true(s.ask(0x80, 8, 0, 0, 1));
        assert_int_equal(s.byte(0), configured);
    }
}

static void a_bus_reset_takes_everything_back(void **)
{
    Standard s;
    s.act(0x00, 5, 77, 0);
    s.setup_to(77);
    s.act(0x00, 9, 1, 0);
    s.act(0x02, 3, 0, 0x81);
    s.reset();
    assert_true(s.ours(0) && !s.ours(77) && !s.dut->configured && !s.dut->halt_in);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(an_address_is_ours_when_the_status_stage_has_ended),
    cmocka_unit_test(without_the_last_ack_the_next_setup_tells_which_address_counts),
    cmocka_unit_test(set_configuration_flushes_and_resets_all_toggles_and_halts),
    cmocka_unit_test(a_halt_and_its_end_touch_their_endpoint_alone),
    cmocka_unit_test(requests_are_answered_or_refused_by_the_state_of_the_device),
    cmocka_unit_test(a_bus_reset_takes_everything_back),
};
RUN_TESTS(tests)
