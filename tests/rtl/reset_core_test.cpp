// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vreset_core.h"
#include "clocks.h"

namespace
{

struct Bench {
    Vreset_core m;

    Bench()
    {
        m.clk = m.group = 0;
        set(1, 1);
    }
    void set(bool request, bool group)
    {
        m.request = request;
        m.group = group;
        m.eval();
    }
    // Clocks until the reset ends, 100 at most.
    unsigned lasts()
    {
        unsigned n = 0;
        for (; m.rst && n < 100; n++)
            tick();
        return n;
    }
    void tick()
    {
        m.clk = 1;
        m.eval();
        m.clk = 0;
        m.eval();
    }
};

void it_ends_four_clocks_after_its_own_request_whatever_the_group_does(void **)
{
    for (bool group : {false, true}) {
        Bench b;
        for (unsigned i = 0; i < 10; i++)
            b.tick();
        assert_int_equal(b.m.rst, 1);
        b.set(false, group);
        assert_int_equal(b.lasts(), 4);
        for (unsigned i = 0; i < 1000; i++) {
            b.tick();
            assert_int_equal(b.m.rst, 0);
        }
    }
}

void it_starts_over_once_when_a_group_that_worked_is_reset_again(void **)
{
    Bench b;
    b.set(false, true);
    b.lasts();
    for (unsigned round = 0; round < 5; round++) {
        b.set(false, false); // the group begins to work
        for (unsigned i = 0; i < 10; i++)
            b.tick();
        assert_int_equal(b.m.rst, 0);
        b.set(false, true);
        assert_int_equal(b.m.rst, 1); // at once, between two clocks
        assert_in_range(b.lasts(), 4, 6);
        for (unsigned i = 0; i < 1000; i++) {
            b.tick();
            assert_int_equal(b.m.rst, 0);
        }
    }
}

void a_request_is_obeyed_while_the_clock_stands_still(void **)
{
    Bench b;
    b.set(false, false);
    b.lasts();
    b.tick();
    b.set(true, false);
    b.set(false, false);
    assert_int_equal(b.m.rst, 1);
    assert_int_equal(b.lasts(), 4);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(it_ends_four_clocks_after_its_own_request_whatever_the_group_does),
        cmocka_unit_test(it_starts_over_once_when_a_group_that_worked_is_reset_again),
        cmocka_unit_test(a_request_is_obeyed_while_the_clock_stands_still),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
