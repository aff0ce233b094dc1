// SPDX-License-Identifier: BSD-2-Clause
//
// counters as a board with RMII has them: WIRE_CLOCKS = 1, one bank for both ways of the wire.
#include "counters_bench.h"

static const CMUnitTest tests[] = {
    cmocka_unit_test(each_event_counts_in_its_place_and_nowhere_else),
    cmocka_unit_test(they_are_held_as_they_stood_while_events_go_on),
};
RUN_TESTS(tests)
