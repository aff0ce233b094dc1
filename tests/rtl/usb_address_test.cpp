// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_address.h"
#include "usb_bench.h"

struct Address : Bench<Vusb_address> {
    Address()
    {
        dut->change = dut->status_ack = dut->token_taken = 0;
        reset();
    }
    bool ours(unsigned address)
    {
        dut->token_address = uint8_t(address);
        dut->eval();
        return dut->token_is_ours;
    }
    // Nothing but these.
    void assert_ours(std::vector<unsigned> addresses)
    {
        for (unsigned address = 0; address < 128; address++) {
            bool expected = false;
            for (unsigned a : addresses)
                expected |= a == address;
            assert_int_equal(ours(address), expected);
        }
    }
    void set(uint8_t address)
    {
        dut->change = 1;
        dut->new_address = address;
        tick();
        dut->change = 0;
    }
    void status_ack()
    {
        dut->status_ack = 1;
        tick();
        dut->status_ack = 0;
    }
    void setup_to(uint8_t address)
    {
        dut->token_address = address;
        dut->token_taken = 1;
        tick();
        dut->token_taken = 0;
    }
};

static void an_address_counts_when_the_status_stage_has_been_acknowledged(void **)
{
    Address a;
    a.assert_ours({0});
    assert_false(a.dut->addressed);
    a.set(5);
    a.assert_ours({0, 5}); // the host may still ask for the status packet again
    a.status_ack();
    a.assert_ours({5});
    assert_true(a.dut->addressed);
    a.status_ack(); // of another request
    a.assert_ours({5});
    a.set(0); // back to the default state
    a.status_ack();
    a.assert_ours({0});
    assert_false(a.dut->addressed);
}

static void without_that_ack_the_next_setup_tells_which_address_counts(void **)
{
    Address a;
    a.set(127);
    a.setup_to(127);
    a.assert_ours({127});
    assert_true(a.dut->addressed);
    a.set(9);
    a.assert_ours({127, 9});
    a.setup_to(127); // the host starts again at the old one
    a.assert_ours({127});
    a.status_ack();
    a.assert_ours({127});
}

static void a_bus_reset_goes_back_to_address_0(void **)
{
    Address a;
    a.set(5);
    a.status_ack();
    a.set(6);
    a.reset();
    a.assert_ours({0});
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(an_address_counts_when_the_status_stage_has_been_acknowledged),
    cmocka_unit_test(without_that_ack_the_next_setup_tells_which_address_counts),
    cmocka_unit_test(a_bus_reset_goes_back_to_address_0),
};
RUN_TESTS(tests)
