// SPDX-License-Identifier: BSD-2-Clause
#include "cmocka_test.h"

#include <string.h>

#include "fcs.h"

// IEEE 802.3-2018 clause 3.2.9, as it is written: the first 32 bits complemented (here by starting from
// ones), divided by G(x) bit after bit, each byte's lowest first; the remainder complemented, sent highest
// coefficient first.
static void fcs_by_the_book(const uint8_t *frame, size_t length, uint8_t fcs[4])
{
    uint32_t remainder = 0xFFFFFFFF;

    for (size_t bit = 0; bit < length * 8; bit++) {
        uint32_t in = frame[bit / 8] >> (bit % 8) & 1;
        remainder = remainder << 1 ^ ((remainder >> 31 ^ in) ? 0x04C11DB7 : 0);
    }
    remainder = ~remainder;
    memset(fcs, 0, 4);
    for (int bit = 0; bit < 32; bit++)
        fcs[bit / 8] |= (uint8_t)((remainder >> (31 - bit) & 1) << (bit % 8));
}

static void the_published_check_value_comes_out(void **state)
{
    uint8_t frame[16] = "123456789";

    (void)state;
    assert_int_equal(fcs_append(frame, 9), 13);
    assert_memory_equal(frame + 9, ((uint8_t[]){0x26, 0x39, 0xF4, 0xCB}), 4);
}

static void frames_of_all_lengths_get_the_fcs_of_the_standard(void **state)
{
    uint8_t frame[1600], expected[4];
    uint32_t random = 1;

    (void)state;
    for (size_t length = 0; length < 1520; length += length < 130 ? 1 : 97) {
        for (size_t i = 0; i < length; i++) {
            random = random * 1664525 + 1013904223;
            frame[i] = (uint8_t)(random >> 24);
        }
        fcs_by_the_book(frame, length, expected);
        assert_int_equal(fcs_append(frame, length), length + 4);
        assert_memory_equal(frame + length, expected, 4);
        assert_true(fcs_ok(frame, length + 4));
    }
}

static void each_single_wrong_bit_is_noticed(void **state)
{
    uint8_t frame[68];

    (void)state;
    memset(frame, 0xA7, sizeof frame);
    fcs_append(frame, 64);
    for (size_t bit = 0; bit < sizeof frame * 8; bit++) {
        frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_false(fcs_ok(frame, sizeof frame));
        frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_true(fcs_ok(frame, sizeof frame));
}

static void short_frames_are_padded_with_zeros_and_others_left_alone(void **state)
{
    uint8_t frame[80], zeros[18] = {0};

    (void)state;
    memset(frame, 0xFF, sizeof frame);
    assert_int_equal(fcs_pad_append(frame, 42), 64);
    assert_memory_equal(frame + 42, zeros, 18);
    assert_true(fcs_ok(frame, 64));
    assert_int_equal(fcs_pad_append(frame, 60), 64);
    assert_int_equal(fcs_pad_append(frame, 61), 65);
}

static void less_than_an_fcs_is_never_right(void **state)
{
    (void)state;
    assert_false(fcs_ok((const uint8_t *)"abc", 3));
    assert_false(fcs_ok((const uint8_t *)"", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_check_value_comes_out),
        cmocka_unit_test(frames_of_all_lengths_get_the_fcs_of_the_standard),
        cmocka_unit_test(each_single_wrong_bit_is_noticed),
        cmocka_unit_test(short_frames_are_padded_with_zeros_and_others_left_alone),
        cmocka_unit_test(less_than_an_fcs_is_never_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
