// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/checksum.h"

static void the_example_of_rfc_1071_adds_up(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(weir_sum(bytes, sizeof bytes), 0xddf2);
}

static void a_real_ip_header_is_verified(void **state)
{
    (void)state;
    static const uint8_t header[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                     0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};
    assert_int_equal(weir_sum(header, sizeof header), 0xFFFF);
}

// Byte by byte, as RFC 1071 section 1 says it.
static uint16_t slowly(const uint8_t *bytes, size_t length)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint64_t)bytes[i] << 8 : bytes[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void any_length_at_any_address_is_summed_right(void **state)
{
    (void)state;
    static uint8_t bytes[70000];
    srand(1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)rand();
    }
    for (size_t length = 0; length < 300; length++) {
        for (size_t from = 0; from < 8; from++) {
            assert_int_equal(weir_sum(bytes + from, length), slowly(bytes + from, length));
        }
    }
    assert_int_equal(weir_sum(bytes, 65535), slowly(bytes, 65535));
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(weir_sum(bytes, 65535), slowly(bytes, 65535));
}

static void pieces_are_added_with_odd_ones_swapped(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        const uint16_t second = weir_sum(bytes + cut, sizeof bytes - cut);
        const uint32_t sum = (uint32_t)weir_sum(bytes, cut) + (cut % 2 == 0 ? second : weir_sum_swap(second));
        assert_int_equal(weir_sum_fold(sum), slowly(bytes, sizeof bytes));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_1071_adds_up),
        cmocka_unit_test(a_real_ip_header_is_verified),
        cmocka_unit_test(any_length_at_any_address_is_summed_right),
        cmocka_unit_test(pieces_are_added_with_odd_ones_swapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
