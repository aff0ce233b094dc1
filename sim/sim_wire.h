// SPDX-License-Identifier: BSD-2-Clause
//
// What a simulated card's cable leads to, put together from its options: a TAP or veth interface or another
// card, damage on the way, and a pcapng file of what was on the cable; and how the card runs and sleeps with
// it, for the link is up only while there is an other end, and that end may have a time of its own.
#ifndef WEIR_SIM_WIRE_H
#define WEIR_SIM_WIRE_H

#include <poll.h>

#include "sim_options.h"
#include "wire.h"
#include "wire_pcapng.h"

struct sim_wire {
    struct wire *wire; // NULL: nobody at the other end
    struct wire_pcapng *pcap;
    const struct sim_options *options;
    bool patient;      // set by the owner: when the other end is gone, the link is down until it is back
    bool broken;       // the other end is gone, as told on stderr; the cable is cut
    uint64_t retry_at; // by the clock on the wall: to look whether it is back
};

// The cable leads to `far_end`, or where that is NULL to what the options name; they stay the caller's.
// False: `error` says what to do, and nothing is left open.
bool sim_wire_open(struct sim_wire *wire, const struct sim_options *options, struct wire *far_end,
                   char *error, size_t error_size);
void sim_wire_close(struct sim_wire *wire);

// The card's callbacks (weir_sim_config); `context` is the sim_wire.
void sim_wire_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok);
void sim_wire_sent(void *context, uint64_t time, const uint8_t *frame, size_t length);

// Lets the card run up to device time `until`, or for a slice, or until something has happened
// (weir_sim_run), and moves what waits at the other end to it, as far as the cable has room. True when there
// is nothing to do for now: the card is idle, or has to wait for the other end's; then sim_wire_sleep.
bool sim_wire_run(struct sim_wire *wire, struct weir_sim *sim, uint64_t until);

// Sleeps until one of `fds` is ready, something may come over the cable, or device time is `until`; device
// time passes with the clock on the wall, or with that of the card at the other end. The array has room for
// one more than `count`. The number of `fds` that are ready, or a negative errno.
int sim_wire_sleep(struct sim_wire *wire, struct weir_sim *sim, struct pollfd *fds, size_t count,
                   uint64_t until);

// True when the other end is gone (its interface was deleted, say) and the owner is not patient.
bool sim_wire_broken(const struct sim_wire *wire);

#endif
