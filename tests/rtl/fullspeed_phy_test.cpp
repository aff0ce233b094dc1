// SPDX-License-Identifier: BSD-2-Clause
//
// Two fronts on one cable: what either says, the other hears, and itself does not. fullspeed_core_test has
// the front at the limits of the standard.
#include "Vfullspeed_phy.h"
#include "fullspeed_bench.h"

struct Front {
    Vfullspeed_phy dut;
    Bytes heard;
    unsigned packets = 0, errors = 0;
    bool was_active = false;

    void watch()
    {
        if (dut.utmi_rx_valid)
            heard.push_back(dut.utmi_rx_data);
        errors += dut.utmi_rx_error;
        packets += was_active && !dut.utmi_rx_active;
        was_active = dut.utmi_rx_active;
    }
};

struct Cable {
    Front end[2];

    Cable()
    {
        for (Front &front : end) {
            front.dut.utmi_term_select = 1;
            front.dut.rst = 1;
        }
        ticks(5);
        for (Front &front : end)
            front.dut.rst = 0;
        ticks(20);
    }

    Line line() const
    {
        for (const Front &front : end)
            if (front.dut.oe)
                return Line(front.dut.dp_o | front.dut.dn_o << 1);
        return end[0].dut.pull_up ? J : SE0;
    }

    void tick()
    {
        const Line level = line();
        for (Front &front : end) {
            front.dut.dp_i = level & 1;
            front.dut.dn_i = level >> 1;
            front.dut.usb_clk = 1;
            front.dut.eval();
            front.dut.usb_clk = 0;
            front.dut.eval();
            front.watch();
        }
    }
    void ticks(unsigned count)
    {
        while (count-- > 0)
            tick();
    }

    void send(Front &from, const Bytes &bytes)
    {
        size_t next = 0;
        from.dut.utmi_tx_valid = 1;
        from.dut.utmi_tx_data = bytes[0];
        while (from.dut.utmi_tx_valid) {
            from.dut.eval();
            const bool taken = from.dut.utmi_tx_ready;
            tick();
            if (taken) {
                from.dut.utmi_tx_valid = ++next < bytes.size();
                from.dut.utmi_tx_data = next < bytes.size() ? bytes[next] : 0;
            }
        }
        ticks(60);
    }
};

static void what_one_front_sends_the_other_hears_and_itself_does_not(void **)
{
    Cable cable;
    std::mt19937 random(5);
    for (unsigned i = 0; i < 200; i++) {
        Front &from = cable.end[i & 1], &to = cable.end[~i & 1];
        const Bytes bytes = uneven_bytes(random, 1 + random() % 67);
        to.heard.clear();
        cable.send(from, bytes);
        assert_true(to.heard == bytes);
        assert_int_equal(to.packets, i / 2 + 1);
        assert_int_equal(to.errors + from.errors, 0);
        assert_int_equal(from.packets, (i + 1) / 2);
    }
}

static void the_pull_up_follows_term_select_and_non_driving(void **)
{
    Cable cable;
    Vfullspeed_phy &dut = cable.end[0].dut;
    cable.tick();
    assert_int_equal(dut.pull_up, 1);
    dut.utmi_op_mode = 1;
    cable.tick();
    assert_int_equal(dut.pull_up, 0);
    dut.utmi_op_mode = 0;
    dut.utmi_term_select = 0;
    cable.tick();
    assert_int_equal(dut.pull_up, 0);
    dut.utmi_term_select = 1;
    dut.rst = 1;
    cable.tick();
    assert_int_equal(dut.pull_up, 0);
}

static void a_front_that_may_not_drive_does_not(void **)
{
    Cable cable;
    Vfullspeed_phy &dut = cable.end[0].dut;
    dut.utmi_op_mode = 1;
    dut.utmi_tx_valid = 1;
    for (int i = 0; i < 200; i++) {
        cable.tick();
        assert_int_equal(dut.oe, 0);
    }
}

static void line_state_shows_what_the_other_end_does(void **)
{
    Cable cable;
    Vfullspeed_phy &dut = cable.end[1].dut;
    assert_int_equal(dut.utmi_line_state, J);
    cable.end[0].dut.utmi_op_mode = 2; // K for long, as a resume
    cable.end[0].dut.utmi_tx_valid = 1;
    cable.end[0].dut.utmi_tx_data = 0;
    cable.ticks(10);
    assert_int_equal(dut.utmi_line_state, K);
    cable.ticks(500);
    assert_int_equal(cable.end[1].packets, 0);
    cable.end[0].dut.utmi_tx_valid = 0;
    cable.end[0].dut.utmi_op_mode = 0;
    cable.ticks(10);
    assert_int_equal(dut.utmi_line_state, J);
    cable.end[0].dut.utmi_term_select = 0;
    cable.ticks(10);
    assert_int_equal(dut.utmi_line_state, SE0);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(what_one_front_sends_the_other_hears_and_itself_does_not),
    cmocka_unit_test(the_pull_up_follows_term_select_and_non_driving),
    cmocka_unit_test(a_front_that_may_not_drive_does_not),
    cmocka_unit_test(line_state_shows_what_the_other_end_does),
};
RUN_TESTS(tests)
