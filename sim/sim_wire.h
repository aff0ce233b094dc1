// SPDX-License-Identifier: BSD-2-Clause
//
// What a simulated card's cable leads to, put together from its options: a TAP or veth interface, damage on
// the way, and a pcapng file of what was on the cable.
#ifndef WEIR_SIM_WIRE_H
#define WEIR_SIM_WIRE_H

#include "sim_options.h"
#include "wire.h"
#include "wire_pcapng.h"

struct sim_wire {
    struct wire *wire; // NULL: nobody at the other end
    struct wire_pcapng *pcap;
    bool broken; // told on stderr; the cable is cut since
};

// The cable leads to `far_end`, or where that is NULL to what the options name. False: `error` says what to
// do, and nothing is left open.
bool sim_wire_open(struct sim_wire *wire, const struct sim_options *options, struct wire *far_end,
                   char *error, size_t error_size);
void sim_wire_close(struct sim_wire *wire);

// The card's callbacks (weir_sim_config); `context` is the sim_wire.
void sim_wire_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok);
void sim_wire_sent(void *context, uint64_t time, const uint8_t *frame, size_t length);

// Moves what waits at the other end to the card, as far as the cable has room.
void sim_wire_feed(struct sim_wire *wire, struct weir_sim *sim);
// True once the other end is gone for good (its interface was deleted, say).
bool sim_wire_broken(const struct sim_wire *wire);
// To be polled for input while the card sleeps, or -1; and the device time at which to feed again whatever it
// says.
int sim_wire_fd(const struct sim_wire *wire);
uint64_t sim_wire_wake_at(const struct sim_wire *wire);

#endif
