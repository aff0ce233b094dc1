// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vled_stretch.h"

namespace
{

const unsigned period = 16; // as in lib.mk

struct Bench {
    Vled_stretch m;

    Bench()
    {
        m.rst = 1;
        clock();
        m.rst = 0;
    }
    void clock(unsigned n = 1)
    {
        while (n--) {
            m.clk = 0;
            m.eval();
            m.clk = 1;
            m.eval();
        }
    }
    void event()
    {
        m.event_in = 1;
        clock();
        m.event_in = 0;
    }
};

void one_event_lights_the_led_for_one_to_two_periods(void **)
{
    for (unsigned start = 0; start < 2 * period; start++) {
        Bench b;
        b.clock(start);
        assert_false(b.m.led);
        b.event();
        unsigned lit = 0;
        for (; b.m.led && lit < 10 * period; lit++)
            b.clock();
        assert_in_range(lit, period, 2 * period);
        b.clock(10 * period);
        assert_false(b.m.led);
    }
}

void events_one_period_apart_keep_the_led_lit(void **)
{
    Bench b;
    for (unsigned i = 0; i < 20; i++) {
        b.event();
        for (unsigned n = 1; n < period; n++, b.clock())
            assert_true(b.m.led);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(one_event_lights_the_led_for_one_to_two_periods),
        cmocka_unit_test(events_one_period_apart_keep_the_led_lit),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
