// SPDX-License-Identifier: BSD-2-Clause
//
// A simulated card: weir_sim.cpp makes it, weir_sim_clock.cpp runs it.
//
// Time is counted in thirds of a picosecond, in which the periods of 48, 60 and 125 MHz are whole numbers, so
// nothing drifts however long the card runs.
#ifndef WEIR_SIM_INTERNAL_H
#define WEIR_SIM_INTERNAL_H

#include <memory>

#include "ethernet_phy.h"
#include "gmii_wire.h"
#include "weir_sim.h"
#include "weir_sim_card.h"

namespace weir_sim_time
{
constexpr uint64_t PS = 3, NS = 1000 * PS;
constexpr uint64_t WIRE_PERIOD = 8 * NS;
} // namespace weir_sim_time

struct weir_sim {
    VerilatedContext context;
    std::unique_ptr<card_model> card;
    std::unique_ptr<VerilatedFstC> trace;
    usb_host *host = nullptr;
    gmii_source to_card = {};
    gmii_sink from_card = {};
    ethernet_phy phy = {};
    weir_sim_wire_out wire_out = nullptr;
    weir_sim_wire_sent wire_sent = nullptr;
    void *wire_context = nullptr;

    uint64_t now = 0;                      // thirds of a ps, as all below
    uint64_t usb_period = 0, usb_time = 0; // the latter counts only while the clock runs
    uint64_t next_usb = 0, next_rx = weir_sim_time::WIRE_PERIOD, next_tx = weir_sim_time::WIRE_PERIOD;
    uint64_t quiet_since = 0;
    unsigned quiet_check = 0;            // USB clocks from the last look at it
    uint64_t completed = 0, packets = 0; // transfers and bulk packets, as of the last look
    bool frame_left = false;
    uint64_t unrefilled = 0; // skipped and not yet made into a token of the ARP rate limit
    uint64_t untold = 0;     // skipped and not yet a whole ns of device time
    bool rx_runs = true, tx_runs = true;
    unsigned rx_reset_left = 4, tx_reset_left = 4; // edges, where a clock starts later than the card
    bool in_reset = true; // the PHYs are reset along with the card: what its pins say before means nothing

    bool quiet_long_enough();
    void edge();
    void phy_sends();
    void phy_takes();
    void phy_registers();
    void skip(uint64_t time);
    void spare(uint64_t until);
    bool run(uint64_t until);
};

#endif
