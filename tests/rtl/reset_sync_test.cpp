// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vreset_sync.h"

namespace
{

void reset_starts_without_a_clock_and_ends_four_clocks_after_the_request(void **)
{
    Vreset_sync m;
    auto clock = [&] {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
    };
    m.request = 0;
    for (int i = 0; i < 10; i++)
        clock();
    assert_false(m.rst);
    for (int round = 0; round < 3; round++) {
        m.request = 1;
        m.eval();
        assert_true(m.rst);
        for (int i = 0; i < round; i++)
            clock();
        assert_true(m.rst);
        m.request = 0;
        m.eval();
        for (int i = 0; i < 4; i++) {
            assert_true(m.rst);
            clock();
        }
        assert_false(m.rst);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(reset_starts_without_a_clock_and_ends_four_clocks_after_the_request),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
