// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vsync_fifo.h"
#include "stream_bench.h"

namespace
{

const unsigned depth = 8; // as in lib.mk

using Bench = StreamBench<Vsync_fifo, uint16_t, 11>;

void words_come_out_as_they_went_in_at_any_pace(void **)
{
    Bench b;
    for (unsigned round = 0; round < 2000; round++) {
        uint32_t offer = b.random.below(101), take = b.random.below(101);
        for (unsigned i = 0; i < 50; i++) {
            b.clock(offer, take);
            assert_in_range(static_cast<uint16_t>(b.in - b.out), 0, depth + 2);
        }
    }
    for (unsigned i = 0; i < depth + 4; i++)
        b.clock(0, 100);
    assert_int_equal(b.in, b.out);
    assert_false(b.m.m_valid);
}

void a_word_a_clock_goes_through(void **)
{
    Bench b;
    for (unsigned i = 0; i < 100; i++)
        b.clock(100, 100);
    assert_in_range(b.out, 97, 100);
}

void it_takes_as_many_words_as_it_has_room_for(void **)
{
    Bench b;
    for (unsigned i = 0; i < 50; i++)
        b.clock(100, 0);
    assert_int_equal(b.in, depth + 2);
    b.clock(100, 100);
    for (unsigned i = 0; i < 50; i++)
        b.clock(100, 0);
    assert_int_equal(b.in, depth + 3);
}

void reset_empties_it(void **)
{
    Bench b;
    for (unsigned i = 0; i < 5; i++)
        b.clock(100, 0);
    b.m.rst = 1;
    b.clock(0, 0);
    b.m.rst = 0;
    b.out = b.in;
    b.clock(0, 100);
    assert_false(b.m.m_valid);
    const uint16_t before = b.out;
    for (unsigned i = 0; i < 20; i++)
        b.clock(100, 100);
    assert_in_range(b.out - before, 17, 20);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(words_come_out_as_they_went_in_at_any_pace),
        cmocka_unit_test(a_word_a_clock_goes_through),
        cmocka_unit_test(it_takes_as_many_words_as_it_has_room_for),
        cmocka_unit_test(reset_empties_it),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
