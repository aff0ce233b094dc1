// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vstream_slice.h"
#include "stream_bench.h"

namespace
{

using Bench = StreamBench<Vstream_slice>;

void words_come_out_as_they_went_in_at_any_pace(void **)
{
    Bench().clock_at_any_pace();
}

void a_word_a_clock_goes_through(void **)
{
    Bench b;
    for (unsigned i = 0; i < 100; i++)
        b.clock(100, 100);
    assert_int_equal(b.out, 99);
}

void a_word_waits_unchanged_until_it_is_taken(void **)
{
    Bench b;
    b.clock(100, 0);
    for (unsigned i = 0; i < 10; i++) {
        b.clock(100, 0);
        assert_int_equal(b.in, 1);
        assert_int_equal(b.m.m_data, 0);
    }
}

void a_reset_forgets_the_word(void **)
{
    Bench b;
    b.clock(100, 0);
    assert_true(b.m.m_valid);
    b.m.rst = 1;
    b.clock(100, 0);
    b.m.rst = 0;
    b.clock(0, 0);
    assert_false(b.m.m_valid);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(words_come_out_as_they_went_in_at_any_pace),
        cmocka_unit_test(a_word_a_clock_goes_through),
        cmocka_unit_test(a_word_waits_unchanged_until_it_is_taken),
        cmocka_unit_test(a_reset_forgets_the_word),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
