// SPDX-License-Identifier: BSD-2-Clause
//
// What stands behind `sim:` in a card's name: key=value, separated by commas. weir_transport.h lists the
// keys.
#ifndef WEIR_SIM_OPTIONS_H
#define WEIR_SIM_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_options {
    char tap[64], veth[64]; // empty: not given; without both nobody is at the wire's other end
    char pcap[PATH_MAX], trace[PATH_MAX];
    uint64_t seed;
    // Frames, each way, per million.
    uint32_t loss, reorder, duplicate, corrupt;
    // USB packets, each way, and handshakes, per million.
    uint32_t usb_corrupt, usb_lost;
};

// False when `text` makes no sense; `error` says why, and which keys there are.
bool sim_options_parse(const char *text, struct sim_options *options, char *error, size_t error_size);

#endif
