// SPDX-License-Identifier: BSD-2-Clause
//
// The Ethernet PHY's own loopback (IEEE 802.3 clause 22.2.4.1.2), for `weir selftest --phy`: through the pins
// to the PHY, and round before the cable.
#ifndef WEIR_TOOL_SELFTEST_PHY_H
#define WEIR_TOOL_SELFTEST_PHY_H

#include "runner.h"

struct selftest_phy {
    bool changed; // selftest_phy_end has to put back:
    bool gigabit;
    uint16_t control, control_1000; // registers 0 and 9
};

// Has the PHY loop back at its highest speed, negotiation off, and waits until the card goes by it. An exit
// code: EXIT_FINE, or another after an error, which it has printed.
int selftest_phy_begin(struct selftest_phy *phy, struct runner *runner);
// Puts the PHY back as it was, also after a failure or half a beginning. `exit_code`, or EXIT_FAILED when the
// PHY does not take it.
int selftest_phy_end(struct selftest_phy *phy, struct runner *runner, int exit_code);
#endif
