// SPDX-License-Identifier: BSD-2-Clause
#include "wire_loop.h"

#include <string.h>

#include "cmocka_test.h"

static void frames_come_back_once_whole_and_in_order(void **state)
{
    struct wire *wire = wire_loop_open();
    uint8_t sent[WIRE_FRAME_MAX], got[WIRE_FRAME_MAX];

    (void)state;
    assert_non_null(wire);
    for (size_t length = 1; length <= WIRE_FRAME_MAX; length += 1 + length / 3) {
        memset(sent, (int)length, length);
        assert_int_equal(wire->ops->from_card(wire, length, sent, length), 0);
    }
    for (size_t length = 1; length <= WIRE_FRAME_MAX; length += 1 + length / 3) {
        memset(sent, (int)length, length);
        assert_int_equal(wire_wake_at(wire), 0);
        assert_int_equal(wire->ops->to_card(wire, 0, got), length);
        assert_memory_equal(got, sent, length);
    }
    assert_int_equal(wire->ops->to_card(wire, 0, got), 0);
    assert_true(wire_wake_at(wire) == UINT64_MAX);
    wire_close(wire);
}

static void what_waits_when_it_is_pulled_is_freed(void **state)
{
    struct wire *wire = wire_loop_open();

    (void)state;
    assert_int_equal(wire->ops->from_card(wire, 0, (const uint8_t *)"frame", 5), 0);
    assert_int_equal(wire->ops->from_card(wire, 0, (const uint8_t *)"frame", 5), 0);
    wire_close(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_once_whole_and_in_order),
        cmocka_unit_test(what_waits_when_it_is_pulled_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
