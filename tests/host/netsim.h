// SPDX-License-Identifier: BSD-2-Clause
//
// Two stacks joined by a virtual link, in virtual time. Each direction has a rate, a delay, a queue, and does
// to frames what bad links do. A plain segmenter stands in for the cards.
#ifndef NETSIM_H
#define NETSIM_H

#include "weir_stack.h"

struct netsim_link {
    uint64_t rate;                            // bits a second; 0: no limit
    weir_time delay;                          // one way
    size_t queue;                             // bytes that may wait for the wire; 0: no limit
    double drop, duplicate, reorder, corrupt; // probabilities for a frame
    weir_time reorder_by;                     // how much later a reordered frame comes
};

struct netsim;
// Both stacks stay the caller's.
struct netsim *netsim_create(struct weir_stack *a, struct weir_stack *b, const struct netsim_link *link,
                             uint64_t seed);
void netsim_destroy(struct netsim *sim);

weir_time netsim_now(const struct netsim *sim);
// Lets time pass up to the next event (a frame's arrival, a stack's timer) and handles it. False when there
// is none before `until`; then it is `until`. Fails the test where a stack that was called when it wanted to
// be keeps asking for the same time.
bool netsim_step(struct netsim *sim, weir_time until);
// A pseudo-random number from the simulation's seed.
uint64_t netsim_random(struct netsim *sim);

// Cuts what a stack sent as a card does. Calls `emit` for each frame.
void netsim_segment(const struct weir_tx *tx,
                    void (*emit)(void *context, const uint8_t *frame, size_t length), void *context);

#endif
