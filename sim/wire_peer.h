// SPDX-License-Identifier: BSD-2-Clause
//
// Another simulated card at the cable's other end, in another process: a stream socket that carries frames
// with their FCS and both cards' device time. Who comes first listens, the other connects; when one goes, the
// other waits for the next.
//
// Time. Both cards' clocks start at 0 when the cable is joined. While both have work neither runs on further
// than WIRE_PEER_LATENCY beyond what the other has told; a frame arrives that long after its last byte has
// left (about what a switch takes), so never in a card's past: the same input gives the same run, however
// fast each process is. A card that sleeps holds nobody up: its time follows the other's, and when both
// sleep, the clock on the wall.
#ifndef WEIR_WIRE_PEER_H
#define WEIR_WIRE_PEER_H

#include "wire.h"

#define WIRE_PEER_LATENCY 20000 // ns

// `address` is HOST:PORT, unix:PATH or a path with a slash in it. That nobody is there yet is no failure: the
// link is down until somebody comes. NULL: `error` says what to do.
struct wire *wire_peer_open(const char *address, char *error, size_t error_size);

struct wire_peer_stats {
    uint64_t to_card, from_card;     // frames that passed
    uint64_t unplugged, overflow;    // from the card, dropped: nobody was there; the other end takes nothing
    uint64_t joined, lost, nonsense; // times; `nonsense`: lost for what the other end said
};
void wire_peer_stats(const struct wire *wire, struct wire_peer_stats *stats);

#endif
