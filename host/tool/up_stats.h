// SPDX-License-Identifier: BSD-2-Clause
//
// What weir up counts, kept in memory that outlives its workers, and told to whoever connects to a socket.
//
// The socket's name is in the abstract namespace, which is the network namespace's own: nothing is left of it
// with a process that was killed, and who is in another namespace does not see it. A connection gets one text
// and its end: `name value`, a line each. That needs no privilege, as little as `ip -s link` does, and costs
// the bridge one control request to the card, ten times a second at most: who asks again sooner gets what
// there was then.
#ifndef WEIR_TOOL_UP_STATS_H
#define WEIR_TOOL_UP_STATS_H

#include <stdio.h>

#include "bridge.h"
#include "weir_link.h"

#define UP_STATS_SOCKET "weir-up/" // then the interface's index, which a new name does not change

// Of all workers together.
struct up_counts {
    struct weir_bridge_stats bridge;
    struct weir_card_stats driver;
    uint64_t card[WEIR_COUNTERS]; // up to the last look at a card that was pulled out
    uint64_t device_time;         // ns
    uint64_t cards;               // how many times one was found
    bool plugged_in;              // one is there, and its worker tells of it
};

// One worker's view of its card.
struct up_stats {
    struct up_counts *counts;
    struct weir_card *card; // NULL: none at the moment
    uint32_t before[WEIR_COUNTERS];
    struct weir_card_stats driver_before;
    weir_time then;
    struct up_counts served; // what was told last, all of one moment
    uint64_t served_at;      // ms of the system's clock; 0: nothing was yet
};

// The card's counters are compared with those of this moment. 0, or a negative errno.
int up_stats_begin(struct up_stats *stats, struct weir_card *card);
// Adds what has been counted since. 0, or the card's negative errno; then the rest was added.
int up_stats_refresh(struct up_stats *stats);
// As often as its counters, of 32 bits, may not wrap twice between; cheap when nothing is due.
void up_stats_keep(struct up_stats *stats);

// All of it as `name value`, or for people without what is zero.
void up_stats_print(const struct up_stats *stats, FILE *file, bool people);

// A listening socket for the interface; -1: another program has its name.
int up_stats_listen(unsigned interface);
// The socket's address. Its length.
size_t up_stats_address(unsigned interface, void *address, size_t size);
// Tells one that has connected, if there is one; never waits for it.
void up_stats_serve(struct up_stats *stats, int socket, const char *card_name, struct weir_tap *tap);

#endif
