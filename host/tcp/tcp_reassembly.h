// SPDX-License-Identifier: BSD-2-Clause
//
// What has come ahead of its turn: the bytes wait in the receive ring at their place; this is the list of
// where they are.
#ifndef WEIR_TCP_REASSEMBLY_H
#define WEIR_TCP_REASSEMBLY_H

#include "tcp/tcp_seq.h"

#define WEIR_TCP_RANGES 32

struct weir_tcp_range {
    weir_seq from, to; // `to` is the first byte behind
};

struct weir_tcp_ranges {
    struct weir_tcp_range ranges[WEIR_TCP_RANGES]; // in order, apart from each other
    unsigned count;
};

// Adds a range, joining what it touches. False when there would be too many: the bytes count as lost.
bool weir_tcp_ranges_add(struct weir_tcp_ranges *ranges, weir_seq from, weir_seq to);
// Takes out what lies before `next` and what now follows on; the new next.
weir_seq weir_tcp_ranges_join(struct weir_tcp_ranges *ranges, weir_seq next);

#endif
