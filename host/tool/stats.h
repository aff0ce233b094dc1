// SPDX-License-Identifier: BSD-2-Clause
//
// What --stats tells at the end: what the hardware did, what the stack counted, bytes moved, time and
// goodput.
#ifndef WEIR_TOOL_STATS_H
#define WEIR_TOOL_STATS_H

#include "runner.h"

// To the options' file, or for people to stderr. False after an error, which it has printed.
bool stats_tell(struct runner *runner);

// Bits a second of device time, 0 when nothing was moved.
double stats_goodput(const struct runner *runner);

#endif
