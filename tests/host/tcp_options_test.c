// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tcp/tcp_wire.h"

static void options_are_read_back_as_written(void **state)
{
    (void)state;
    const struct weir_tcp_options all = {true, true, true, 1460, 7, 0x12345678, 0x9ABCDEF0};
    uint8_t bytes[40];
    const size_t length = weir_tcp_options_emit(bytes, &all);
    assert_int_equal(length, 20);
    struct weir_tcp_options read;
    weir_tcp_options_parse(bytes, length, &read);
    assert_true(read.has_mss && read.has_scale && read.has_time);
    assert_int_equal(read.mss, 1460);
    assert_int_equal(read.scale, 7);
    assert_int_equal(read.time, 0x12345678);
    assert_int_equal(read.echo, 0x9ABCDEF0);
}

static void broken_options_end_the_list_and_unknown_ones_are_skipped(void **state)
{
    (void)state;
    struct weir_tcp_options read;
    static const uint8_t unknown[] = {77, 4, 1, 2, 2, 4, 5, 0xB4};
    weir_tcp_options_parse(unknown, sizeof unknown, &read);
    assert_int_equal(read.mss, 1460);
    static const uint8_t zero_length[] = {77, 0, 2, 4, 5, 0xB4};
    weir_tcp_options_parse(zero_length, sizeof zero_length, &read);
    assert_false(read.has_mss);
    static const uint8_t cut_off[] = {1, 1, 2, 4, 5};
    weir_tcp_options_parse(cut_off, sizeof cut_off, &read);
    assert_false(read.has_mss);
    static const uint8_t ended[] = {0, 2, 4, 5, 0xB4};
    weir_tcp_options_parse(ended, sizeof ended, &read);
    assert_false(read.has_mss);
    static const uint8_t huge_scale[] = {3, 3, 200, 0};
    weir_tcp_options_parse(huge_scale, sizeof huge_scale, &read);
    assert_int_equal(read.scale, 14); // RFC 7323 section 2.3
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read_back_as_written),
        cmocka_unit_test(broken_options_end_the_list_and_unknown_ones_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
