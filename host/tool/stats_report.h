// SPDX-License-Identifier: BSD-2-Clause
//
// What weir stats prints: for people in groups, with what came each second since the last round, or as one
// line of JSON.
#ifndef WEIR_TOOL_STATS_REPORT_H
#define WEIR_TOOL_STATS_REPORT_H

#include "stats_lines.h"
#include "weir_transport.h"

#define REPORT_VALUES (3 * STATS_LINES_MAX)

struct report_style {
    bool json;
    bool all;   // also what is zero
    bool clear; // the terminal, before each round
};

// One bridge's or card's, from round to round; all zero to begin with.
struct report {
    uint64_t before[REPORT_VALUES];
    weir_time then; // 0: this is the first round
};

// The word behind a name in a text of lines `name value`. False: there is no such line.
bool report_word(const char *text, const char *name, char *word, size_t size);

void report_begin_round(const struct report_style *style);
// What a weir up has told of itself (up_stats.h), and what the kernel says of its interface.
void report_bridge(struct report *report, const struct report_style *style, const char *text);
// A card of our own, by WEIR_CNT_ indices; `now` on its clock.
void report_card(struct report *report, const struct report_style *style, const char *card,
                 const uint64_t *counters, weir_time now);

#endif
