// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <vector>
#include "Vcdc_time_capture.h"
#include "clocks.h"

namespace
{

const uint64_t ns = 1000000, mask = (uint64_t{1} << 40) - 1; // in fs; the counter's bits

// Both clocks, with a counter in usb_clk that tells the simulation's time (plus `preset`).
struct Bench {
    Vcdc_time_capture m;
    Clocks<Vcdc_time_capture> clocks;
    double wire_mhz, usb_mhz;
    uint64_t preset, event_time = 0;
    bool usb_stands = false;

    Bench(double wire, double usb, uint64_t preset_ns)
        : clocks(m, {wire, usb}), wire_mhz(wire), usb_mhz(usb), preset(preset_ns)
    {
        uint8_t *stopped = &unused_pin;
        clocks.pins = {&m.wire_clk, &m.usb_clk};
        clocks.on_rise[1] = [this](bool before) {
            if (!before)
                m.usb_time = (clocks.now / ns + preset) & mask;
        };
        running = &m.usb_clk;
        halted = stopped;
        m.wire_rst = m.usb_rst = 1;
        clocks.run(3000);
        m.wire_rst = m.usb_rst = 0;
        clocks.run(3000);
    }
    uint8_t unused_pin = 0;
    uint8_t *running, *halted;
    void stand(bool still)
    {
        clocks.pins[1] = still ? halted : running;
    }

    // Until just after the next rising edge of wire_clk.
    void wire_edge()
    {
        while (m.wire_clk)
            clocks.step();
        while (!m.wire_clk)
            clocks.step();
    }
    void event()
    {
        m.wire_event = 1;
        wire_edge();
        event_time = clocks.now;
        m.wire_event = 0;
    }
    // How long after the event its stamp says it was, in usb_clk.
    double late()
    {
        double age = static_cast<double>((m.stamp - event_time / ns - preset) & mask);
        return (age > static_cast<double>(mask / 2) ? age - static_cast<double>(mask) - 1 : age) * usb_mhz /
               1000;
    }
};

void a_stamp_is_one_to_two_usb_clocks_late_for_all_clocks_there_are(void **)
{
    for (double wire : {125.0, 12.493, 1.2493, 124.9})
        for (double usb : {60.0, 48.0, 60.01}) {
            Bench b(wire, usb, mask - 300000); // wraps on the way
            Random random(4);
            double first = 9, last = 0;
            for (int i = 0; i < 400; i++) {
                b.event();
                unsigned edges = 0; // until it is fresh
                do {
                    b.wire_edge();
                    edges++;
                } while (!b.m.wire_fresh && edges < 100);
                assert_true(edges <= (wire > 100 ? 11 : 4));
                first = b.late() < first ? b.late() : first;
                last = b.late() > last ? b.late() : last;
                uint64_t stamp = b.m.stamp;
                for (unsigned n = random.below(20); n > 0; n--) {
                    b.wire_edge();
                    assert_true(b.m.wire_fresh && b.m.stamp == stamp);
                }
            }
            // The counter's ns and the event's are both rounded down.
            if (first < 1 - 0.07 || last > 2 + 0.07 || last - first < 0.3)
                fail_msg("%.2f to %.2f usb_clk late", first, last);
        }
}

void an_event_under_hold_leaves_the_stamp_and_says_that_it_is_old(void **)
{
    Bench b(125, 60, 0);
    b.event();
    b.clocks.run(200);
    uint64_t stamp = b.m.stamp;
    assert_true(b.m.wire_fresh);
    b.m.wire_hold = 1;
    b.event();
    b.m.wire_hold = 0;
    b.clocks.run(1000);
    assert_false(b.m.wire_fresh);
    assert_true(b.m.stamp == stamp);
    b.event();
    b.clocks.run(200);
    assert_true(b.m.wire_fresh && b.late() < 2.1);
}

void an_event_right_behind_another_is_not_given_the_others_time(void **)
{
    for (unsigned gap = 0; gap < 20; gap++) {
        Bench b(125, 60, 0);
        b.event();
        for (unsigned i = 0; i < gap; i++)
            b.wire_edge();
        b.event();
        b.clocks.run(200);
        assert_true(!b.m.wire_fresh || (gap > 4 && b.late() > 0.9 && b.late() < 2.1));
        assert_true(b.m.wire_fresh || gap < 12);
    }
}

void events_while_usb_clk_stands_still_get_no_stamp_and_none_comes_late(void **)
{
    for (unsigned events = 1; events <= 4; events++) {
        Bench b(125, 60, 0);
        b.event();
        b.clocks.run(200);
        b.stand(true);
        for (unsigned i = 0; i < events; i++) {
            b.event();
            b.clocks.run(5000);
            assert_false(b.m.wire_fresh);
        }
        b.stand(false);
        b.clocks.run(1000);
        // The first was taken when usb_clk went on; it is the latest only if it is the only one.
        assert_int_equal(b.m.wire_fresh, events == 1);
        b.event();
        b.clocks.run(200);
        assert_true(b.m.wire_fresh && b.late() < 2.1);
    }
}

void a_reset_leaves_no_stamp_behind(void **)
{
    Bench b(125, 60, 0);
    b.event();
    b.clocks.run(200);
    b.m.wire_rst = b.m.usb_rst = 1;
    b.clocks.run(200);
    b.m.wire_rst = b.m.usb_rst = 0;
    b.clocks.run(200);
    assert_false(b.m.wire_fresh);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_is_one_to_two_usb_clocks_late_for_all_clocks_there_are),
        cmocka_unit_test(an_event_under_hold_leaves_the_stamp_and_says_that_it_is_old),
        cmocka_unit_test(an_event_right_behind_another_is_not_given_the_others_time),
        cmocka_unit_test(events_while_usb_clk_stands_still_get_no_stamp_and_none_comes_late),
        cmocka_unit_test(a_reset_leaves_no_stamp_behind),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
