// SPDX-License-Identifier: BSD-2-Clause
//
// Values that were counted, each with a name for scripts and a text for people.
#ifndef WEIR_TOOL_STATS_LINES_H
#define WEIR_TOOL_STATS_LINES_H

#include <stdio.h>

#include "bridge.h"
#include "weir_link.h"

// Lines for people leave out what is zero and not `always`.
struct stats_line {
    const char *name, *text;
    uint64_t value;
    bool always;
};

// What each of these functions writes at most.
#define STATS_LINES_MAX WEIR_COUNTERS

// The card's counters (WEIR_CNT_ indices), the driver's, the bridge's. The number of lines.
size_t stats_lines_card(const uint64_t *counters, struct stats_line *lines);
size_t stats_lines_driver(const struct weir_card_stats *stats, struct stats_line *lines);
size_t stats_lines_bridge(const struct weir_bridge_stats *stats, struct stats_line *lines);

// For people under a title, or all lines as `name value`.
void stats_lines_print(FILE *file, bool people, const char *title, const struct stats_line *lines,
                       size_t count);

#endif
