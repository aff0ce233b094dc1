// SPDX-License-Identifier: BSD-2-Clause
//
// How far a transfer is, in one line on standard error that is written over.
#ifndef WEIR_TOOL_PROGRESS_H
#define WEIR_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
    bool on;
    uint64_t total;       // bytes, 0 when not known
    struct timespec next; // when to write next
};

// On when standard error is a terminal, or `always`.
void progress_start(struct progress *progress, bool always);
// `device_time` in ns since the transfer began. Writes at most some times a second.
void progress_show(struct progress *progress, uint64_t bytes, uint64_t device_time);
// The last word.
void progress_end(struct progress *progress, uint64_t bytes, uint64_t device_time);

#endif
