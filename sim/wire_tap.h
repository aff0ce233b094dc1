// SPDX-License-Identifier: BSD-2-Clause
//
// A real Linux kernel as the peer: a TAP interface, or one end of a veth pair through a packet socket. Frames
// from the kernel are padded to the shortest length and get an FCS, frames to it lose theirs; those with a
// wrong one are dropped and counted.
//
// Interfaces belong to the network namespace that the calling thread is in at opening. Both kinds need
// CAP_NET_ADMIN or CAP_NET_RAW; a TAP made beforehand for the user (`ip tuntap add NAME mode tap user USER`)
// needs neither.
#ifndef WEIR_WIRE_TAP_H
#define WEIR_WIRE_TAP_H

#include "wire.h"

// Attaches to the existing TAP interface `name`. Setting it up, with address and `ip link set NAME up`, is
// the caller's; until then frames to it are dropped, which stderr tells once. NULL: `error` says what to do.
struct wire *wire_tap_open(const char *name, char *error, size_t error_size);

// Attaches to the existing interface `name`, meant to be one end of a veth pair with no address of its own:
// every frame that its peer sends comes to the card. What the peer leaves to the hardware is done here
// (wire_offload.h): checksums, and the cutting of TCP and UDP superframes. Other superframes are dropped,
// counted, and told once on stderr. NULL: `error` says what to do.
struct wire *wire_veth_open(const char *name, char *error, size_t error_size);

struct wire_tap_stats {
    uint64_t to_card, from_card;  // frames that passed
    uint64_t bad_fcs;             // from the card, dropped
    uint64_t refused;             // from the card, dropped by the kernel (interface down, queue full)
    uint64_t checksums_completed; // from the kernel, left to the hardware
    uint64_t superframes_cut, superframes_dropped;
};
void wire_tap_stats(const struct wire *wire, struct wire_tap_stats *stats);

#endif
