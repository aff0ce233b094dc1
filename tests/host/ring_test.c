// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/ring.h"

static void bytes_come_out_as_they_went_in_across_the_wrap(void **state)
{
    (void)state;
    struct weir_ring ring;
    assert_true(weir_ring_create(&ring, 100));
    uint8_t next_in = 0, next_out = 0;
    for (int turn = 0; turn < 50; turn++) {
        uint8_t piece[37];
        for (size_t i = 0; i < sizeof piece; i++) {
            piece[i] = next_in++;
        }
        weir_ring_place(&ring, 0, piece, sizeof piece);
        weir_ring_extend(&ring, sizeof piece);
        struct weir_span spans[2];
        weir_ring_spans(&ring, 0, ring.length, spans);
        assert_int_equal(spans[0].length + spans[1].length, 37);
        for (int part = 0; part < 2; part++) {
            for (size_t i = 0; i < spans[part].length; i++) {
                assert_int_equal(spans[part].data[i], next_out++);
            }
        }
        weir_ring_drop(&ring, 37);
    }
    weir_ring_destroy(&ring);
}

static void bytes_placed_ahead_are_joined_later(void **state)
{
    (void)state;
    struct weir_ring ring;
    assert_true(weir_ring_create(&ring, 10));
    ring.start = 7;
    weir_ring_place(&ring, 2, "cd", 2);
    weir_ring_place(&ring, 0, "ab", 2);
    weir_ring_extend(&ring, 4);
    struct weir_span spans[2];
    weir_ring_spans(&ring, 0, 4, spans);
    assert_int_equal(spans[0].length, 3);
    assert_memory_equal(spans[0].data, "abc", 3);
    assert_int_equal(spans[1].length, 1);
    assert_memory_equal(spans[1].data, "d", 1);
    weir_ring_destroy(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in_across_the_wrap),
        cmocka_unit_test(bytes_placed_ahead_are_joined_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
