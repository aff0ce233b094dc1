// SPDX-License-Identifier: BSD-2-Clause
//
// The card's counters by name.
#ifndef WEIR_TOOL_COUNTERS_H
#define WEIR_TOOL_COUNTERS_H

#include <stddef.h>

struct counter_name {
    unsigned index;   // WEIR_CNT_
    const char *name; // for scripts
    const char *text; // for people
};

extern const struct counter_name counter_names[];
extern const size_t counter_names_count;

#endif
