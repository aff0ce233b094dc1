// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vled_summary.h"

namespace
{

const unsigned BLINK = 16; // clocks, as in boards.mk

// Clocks of `count` blinks in which the LED is lit, once it shows what it is told.
unsigned lit(Vled_summary &m, bool configured, bool link, bool active, bool failed, unsigned count)
{
    m.configured = configured;
    m.link = link;
    m.active = active;
    m.failed = failed;
    unsigned sum = 0;
    for (unsigned n = 0; n < (1 + count) * BLINK; n++) {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
        sum += n >= BLINK && m.led;
    }
    return sum;
}

void the_led_is_off_until_the_host_has_configured_the_card(void **)
{
    Vled_summary m;
    for (unsigned rest = 0; rest < 8; rest++)
        assert_int_equal(lit(m, false, rest & 1, rest & 2, rest & 4, 4), 0);
}

void it_is_lit_with_a_link_and_dark_while_something_happens(void **)
{
    Vled_summary m;
    assert_int_equal(lit(m, true, true, false, false, 4), 4 * BLINK);
    assert_int_equal(lit(m, true, true, true, false, 4), 0);
    assert_int_equal(lit(m, true, true, false, true, 4), 0);
}

void it_blinks_without_a_link(void **)
{
    Vled_summary m;
    assert_int_equal(lit(m, true, false, false, false, 4), 2 * BLINK);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_led_is_off_until_the_host_has_configured_the_card),
        cmocka_unit_test(it_is_lit_with_a_link_and_dark_while_something_happens),
        cmocka_unit_test(it_blinks_without_a_link),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
