// SPDX-License-Identifier: BSD-2-Clause
//
// A bad cable: wraps another wire and drops, reorders, duplicates and corrupts the frames that pass, at given
// rates and from a seed. What happens to a direction's n-th frame depends on the seed and n alone, whatever
// passes the other way.
#ifndef WEIR_WIRE_IMPAIR_H
#define WEIR_WIRE_IMPAIR_H

#include "wire.h"

// Frames per million. A dropped frame suffers nothing else; a corrupted one may be duplicated (both copies
// are) or reordered.
struct wire_impair_rates {
    uint32_t drop;
    uint32_t reorder;   // held back until the next frame has passed, or for WIRE_IMPAIR_HOLD
    uint32_t duplicate; // passes twice in a row
    uint32_t corrupt;   // one bit is wrong; see wire_impair_stats
};
#define WIRE_IMPAIR_HOLD 1000000 // ns of device time

struct wire_impair_stats {
    uint64_t frames; // that came, before anything was done to them
    uint64_t dropped, reordered, duplicated;
    // A corrupted frame's FCS stays as it was, so that the card or the other end must drop the frame; or,
    // half of the time and only for IPv4, it is made right again, as if a switch on the way had done the
    // damage: then a bit behind the Ethernet header is wrong, and only IP's and the transport's checksums can
    // tell. (ARP has none, so its FCS is never repaired.)
    uint64_t corrupted, corrupted_fcs_repaired; // the second counts within the first
};

struct wire_impair_config {
    struct wire_impair_rates to_card, from_card;
    uint64_t seed;
};

// Takes over `inner`, also on failure: NULL with errno when memory is short. Its poll_fd is inner's.
struct wire *wire_impair_create(struct wire *inner, const struct wire_impair_config *config);
void wire_impair_stats(const struct wire *wire, struct wire_impair_stats *to_card,
                       struct wire_impair_stats *from_card);

#endif
