// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vstream_slice.h"
#include "clocks.h"

namespace
{

// Words are numbered, so order shows.
struct Bench {
    Vstream_slice m;
    Random random{12};
    uint8_t in = 0, out = 0;

    Bench()
    {
        m.rst = 1;
        clock(100, 100);
        m.rst = 0;
        in = out = 0;
    }
    void clock(uint32_t offer, uint32_t take)
    {
        m.s_valid = random.percent(offer);
        m.s_data = in;
        m.m_ready = random.percent(take);
        m.clk = 0;
        m.eval();
        const bool put = m.s_valid && m.s_ready, got = m.m_valid && m.m_ready && !m.rst;
        if (got)
            assert_int_equal(m.m_data, out);
        m.clk = 1;
        m.eval();
        in = static_cast<uint8_t>(in + put);
        out = static_cast<uint8_t>(out + got);
    }
};

void words_come_out_as_they_went_in_at_any_pace(void **)
{
    Bench b;
    for (unsigned round = 0; round < 500; round++) {
        const uint32_t offer = b.random.below(101), take = b.random.below(101);
        for (unsigned i = 0; i < 50; i++) {
            b.clock(offer, take);
            assert_in_range(static_cast<uint8_t>(b.in - b.out), 0, 1);
        }
    }
    b.clock(0, 100);
    assert_int_equal(b.in, b.out);
    assert_false(b.m.m_valid);
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
