// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "core/timer.h"

static void timers_come_in_order_whatever_happened_before(void **state)
{
    (void)state;
    static struct weir_timer many[500];
    struct weir_timers timers = {0};
    srand(2);
    for (size_t i = 0; i < 500; i++) {
        many[i].at = WEIR_TIME_NEVER;
        assert_true(weir_timers_join(&timers));
    }
    for (int i = 0; i < 20000; i++) {
        struct weir_timer *timer = &many[rand() % 500];
        weir_timers_set(&timers, timer, rand() % 3 == 0 ? WEIR_TIME_NEVER : (weir_time)(rand() % 10000));
    }
    size_t set = 0;
    for (size_t i = 0; i < 500; i++) {
        set += many[i].at != WEIR_TIME_NEVER;
    }
    weir_time last = 0;
    size_t taken = 0;
    assert_null(weir_timers_take_due(&timers, 0) != NULL && weir_timers_next(&timers) > 0 ? &timers : NULL);
    for (size_t i = 0; i < 500; i++) {
        weir_timers_set(&timers, &many[i], (weir_time)(rand() % 10000));
    }
    while (timers.count > 0) {
        const weir_time next = weir_timers_next(&timers);
        assert_true(next >= last);
        assert_null(next > 0 ? weir_timers_take_due(&timers, next - 1) : NULL);
        assert_non_null(weir_timers_take_due(&timers, next));
        last = next;
        taken++;
    }
    assert_int_equal(taken, 500);
    assert_true(set > 0 && weir_timers_next(&timers) == WEIR_TIME_NEVER);
    weir_timers_free(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_come_in_order_whatever_happened_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
