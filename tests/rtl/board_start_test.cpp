// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vboard_start.h"

namespace
{

const unsigned ms = 10, rails_ms = 180; // clocks of a ms, and the reference's time: as in boards.mk

struct Bench {
    Vboard_start m;
    unsigned     clocks = 0;

    Bench() { m.locked = 1; }
    void clock()
    {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
        clocks++;
    }
    // Clocks until the outputs change, with at most `limit` of them.
    unsigned until_change(unsigned limit = 500 * ms)
    {
        unsigned before = outputs(), count = 0;
        while (outputs() == before && count < limit) {
            clock();
            count++;
        }
        return count;
    }
    unsigned outputs() { return m.rails_on << 2 | m.phy_rst << 1 | m.rst; }
};

void the_rails_come_on_when_their_reference_stands_then_the_phys_then_the_card(void **)
{
    Bench b;

    b.clock();
    assert_int_equal(b.outputs(), 0b011);
    unsigned rails = b.until_change();
    assert_in_range(rails, rails_ms * ms, (rails_ms + 2) * ms);
    assert_int_equal(b.outputs(), 0b111);
    assert_int_equal(b.until_change(), 5 * ms);
    assert_int_equal(b.outputs(), 0b101);
    assert_int_equal(b.until_change(), 20 * ms);
    assert_int_equal(b.outputs(), 0b100);
    assert_int_equal(b.until_change(5000 * ms), 5000 * ms); // and nothing more happens
}

void a_pll_that_loses_its_lock_starts_all_anew(void **)
{
    Bench b;

    for (unsigned after : {1u, 90u * ms, 182u * ms, 190u * ms, 300u * ms}) {
        while (b.clocks < after)
            b.clock();
        b.m.locked = 0;
        for (unsigned i = 0; i < 10; i++)
            b.clock();
        assert_int_equal(b.outputs(), 0b011);
        b.m.locked = 1;
        assert_in_range(b.until_change(), rails_ms * ms, (rails_ms + 2) * ms);
        assert_int_equal(b.outputs(), 0b111);
        b.m.locked = 0;
        for (unsigned i = 0; i < 10; i++)
            b.clock();
        b.m.locked = 1;
        b.clocks = 0;
    }
}

void no_lock_no_start(void **)
{
    Bench b;

    b.m.locked = 0;
    for (unsigned i = 0; i < 1000 * ms; i++)
        b.clock();
    assert_int_equal(b.outputs(), 0b011);
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rails_come_on_when_their_reference_stands_then_the_phys_then_the_card),
        cmocka_unit_test(a_pll_that_loses_its_lock_starts_all_anew),
        cmocka_unit_test(no_lock_no_start),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
