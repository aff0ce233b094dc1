// SPDX-License-Identifier: BSD-2-Clause
//
// The options of a simulated card: key=value, separated by commas, behind `sim:` in a card's name
// (weir_transport.h lists the keys), and --key value for weir-sim.
#ifndef WEIR_SIM_OPTIONS_H
#define WEIR_SIM_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir_sim.h"

struct sim_options {
    // At the wire's other end: an interface, or another card's address,
    // or `loop`. Empty: not given; without any nobody.
    char tap[64], veth[64], peer[128];
    char pcap[PATH_MAX], trace[PATH_MAX];
    char usb_trace[PATH_MAX]; // VCD of D+ and D-; full speed only
    bool full_speed;
    bool full_speed_port; // the card has its ULPI PHY, but the port knows full speed alone
    uint64_t seed;
    enum weir_sim_phy phy;
    uint8_t mac[6]; // zeros: made from what the wire leads to and the seed; without that the card's own
    // Frames, each way, per million.
    uint32_t loss, reorder, duplicate, corrupt;
    // USB packets, each way, and handshakes, per million.
    uint32_t usb_corrupt, usb_lost;
};

// False when `text` makes no sense; `error` says why, and which keys there are.
bool sim_options_parse(const char *text, struct sim_options *options, char *error, size_t error_size);

// One of them. `value` may be NULL, which no key allows.
bool sim_options_set(struct sim_options *options, const char *key, const char *value, char *error,
                     size_t error_size);

// The names of the keys, from 0 on; NULL behind the last.
const char *sim_options_key(size_t i);

// Those that make the card what it is; the strings stay in `options`.
void sim_options_config(const struct sim_options *options, struct weir_sim_config *config);

#endif
