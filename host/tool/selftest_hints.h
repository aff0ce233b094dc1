// SPDX-License-Identifier: BSD-2-Clause
//
// What `weir selftest` tells behind the first check that fails: where to look, and what to measure there; and
// behind them all.
#ifndef WEIR_TOOL_SELFTEST_HINTS_H
#define WEIR_TOOL_SELFTEST_HINTS_H

#include "runner.h"

enum selftest_loop { LOOP_WITHIN, LOOP_PHY, LOOP_WIRE };

// `registers`: they failed already, which take no loop. `came`: some frame has come back before.
void selftest_hint(enum selftest_loop loop, const struct runner *runner, bool registers, bool came);
// What is known when none failed.
const char *selftest_sound(enum selftest_loop loop);
#endif
