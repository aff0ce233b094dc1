// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vdevice_time.h"
#include "Vdevice_time___024root.h"
#include "clocks.h"

namespace
{

// STAMP_WIDTH is 12 here (lib.mk), so that rounds are short.
const unsigned width = 12;
const uint64_t mask = (uint64_t{1} << width) - 1, half_round = uint64_t{1} << (width - 1);

struct Bench {
    Vdevice_time m;

    Bench()
    {
        m.rst = 1;
        clock();
        m.rst = 0;
    }
    void clock()
    {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
    }
};

void after_n_clocks_of_48_mhz_n_times_20_ns_and_5_6_have_passed(void **)
{
    Bench b;
    for (uint64_t n = 1; n <= 4800000; n++) { // 0.1 s, exact at each clock: nothing can add up
        b.clock();
        if (b.m.now != n * 125 / 6)
            fail_msg("%llu ns after %llu clocks", static_cast<unsigned long long>(b.m.now),
                     static_cast<unsigned long long>(n));
    }
}

void a_stamp_is_widened_right_until_it_is_half_a_round_old(void **)
{
    Bench b;
    Random random(1);
    for (int i = 0; i < 20000; i++) {
        for (unsigned n = random.below(40); n > 0; n--)
            b.clock();
        uint64_t then = b.m.now;
        b.m.stamp = then & mask;
        b.clock();
        while (b.m.now - then < half_round - 21 && !random.percent(1)) {
            b.m.eval();
            assert_true(b.m.stamp_wide == then);
            b.clock();
        }
    }
    assert_true(b.m.now > 1000 * mask);
}

// As in a simulation whose clocks stood still for that long.
void a_jump_forward_by_any_time_leaves_later_stamps_right(void **)
{
    Bench b;
    Random random(2);
    for (int i = 0; i < 2000; i++) {
        b.m.rootp->device_time__DOT__now_ns += uint64_t{random.next()} << random.below(8);
        b.clock();
        b.clock();
        uint64_t then = b.m.now;
        b.m.stamp = then & mask;
        b.clock();
        for (unsigned n = 0; n < 60; n++) {
            b.m.eval();
            assert_true(b.m.stamp_wide == then);
            b.clock();
        }
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(after_n_clocks_of_48_mhz_n_times_20_ns_and_5_6_have_passed),
        cmocka_unit_test(a_stamp_is_widened_right_until_it_is_half_a_round_old),
        cmocka_unit_test(a_jump_forward_by_any_time_leaves_later_stamps_right),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
