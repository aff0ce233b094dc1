// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vreset_group.h"
#include "clocks.h"

namespace
{

struct Bench {
    Vreset_group m;
    unsigned ticks[3] = {}; // of each clock since the request, in reset

    Bench()
    {
        m.clk = 0;
        m.request = 0;
        m.eval();
        pulse();
        for (int i = 0; i < 20; i++)
            for (unsigned n = 0; n < 3; n++)
                tick(n);
        assert_int_equal(m.rst, 0);
    }
    void pulse()
    {
        m.request = 1;
        m.eval();
        for (unsigned &t : ticks)
            t = 0;
        m.request = 0;
        m.eval();
    }
    void tick(unsigned n)
    {
        if (m.rst >> n & 1)
            ticks[n]++;
        m.clk = static_cast<uint8_t>(m.clk | 1u << n);
        m.eval();
        // Whoever works sees nothing of another domain but what a reset made of it.
        for (unsigned i = 0; i < 3; i++)
            if (!(m.rst >> i & 1))
                for (unsigned t : ticks)
                    assert_true(t >= 4);
        m.clk = static_cast<uint8_t>(m.clk & ~(1u << n));
        m.eval();
    }
};

void a_request_shorter_than_a_clock_resets_all_at_once(void **)
{
    Bench b;
    b.pulse();
    assert_int_equal(b.m.rst, 7);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(b.m.rst, 7);
        for (unsigned n = 0; n < 3; n++)
            b.tick(n);
    }
    assert_int_equal(b.m.rst, 0);
}

void nobody_starts_while_a_clock_stands_still(void **)
{
    for (unsigned still = 0; still < 3; still++) {
        Bench b;
        b.pulse();
        for (int i = 0; i < 1000; i++)
            for (unsigned n = 0; n < 3; n++)
                if (n != still)
                    b.tick(n);
        assert_int_equal(b.m.rst, 7);
        for (int i = 0; i < 8; i++)
            for (unsigned n = 0; n < 3; n++)
                b.tick(n);
        assert_int_equal(b.m.rst, 0);
    }
}

void whatever_the_clocks_nobody_meets_a_domain_that_was_not_reset(void **)
{
    Random random(7);
    Bench b;
    unsigned ends = 0;
    for (int round = 0; round < 20000; round++) {
        const uint32_t often[3] = {1 + random.below(100), 1 + random.below(100), 1 + random.below(100)};
        b.pulse();
        for (int i = 0; i < 400; i++)
            for (unsigned n = 0; n < 3; n++)
                if (random.percent(often[n]))
                    b.tick(n);
        ends += b.m.rst == 0;
    }
    assert_true(ends > 10000);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_request_shorter_than_a_clock_resets_all_at_once),
        cmocka_unit_test(nobody_starts_while_a_clock_stands_still),
        cmocka_unit_test(whatever_the_clocks_nobody_meets_a_domain_that_was_not_reset),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
