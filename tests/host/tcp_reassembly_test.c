// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tcp/tcp_reassembly.h"

static weir_seq at(uint32_t number)
{
    return weir_seq_of(number - 50); // some of them behind the wrap
}

static void any_order_of_pieces_ends_in_one_range(void **state)
{
    (void)state;
    srand(3);
    for (int turn = 0; turn < 500; turn++) {
        bool here[101] = {false};
        struct weir_tcp_ranges ranges = {.count = 0};
        for (int piece = 0; piece < 30; piece++) {
            const uint32_t from = (uint32_t)(rand() % 100);
            const uint32_t to = from + 1 + (uint32_t)rand() % (100 - from);
            assert_true(weir_tcp_ranges_add(&ranges, at(from), at(to)));
            memset(here + from, true, to - from);
        }
        unsigned expected = 0; // ranges in a plain map of bytes
        for (int i = 0; i < 100; i++) {
            expected += here[i] && !here[i + 1];
        }
        assert_int_equal(ranges.count, expected);
        uint32_t next = 10;
        while (here[next]) {
            next++;
        }
        assert_int_equal(weir_tcp_ranges_join(&ranges, at(10)).number, at(next).number);
    }
}

static void more_holes_than_it_can_list_are_refused(void **state)
{
    (void)state;
    struct weir_tcp_ranges ranges = {.count = 0};
    for (uint32_t i = 0; i < WEIR_TCP_RANGES; i++) {
        assert_true(weir_tcp_ranges_add(&ranges, at(i * 10), at(i * 10 + 5)));
    }
    assert_false(weir_tcp_ranges_add(&ranges, at(7), at(8)));
    assert_true(weir_tcp_ranges_add(&ranges, at(5), at(10))); // but a hole may be filled
    assert_int_equal(ranges.count, WEIR_TCP_RANGES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_pieces_ends_in_one_range),
        cmocka_unit_test(more_holes_than_it_can_list_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
