// SPDX-License-Identifier: BSD-2-Clause
//
// The simulated card's gates: what yosys made of it, in place of the Verilog. A program that has this object
// in front of libweir_sim.a runs on them, and knows nothing of it.
//
// What the simulation moves on while an idle card's clocks stand still, it cannot reach here, flip-flops
// being scattered: the card's clock for time stamps loses that time, and the ARP rate limit its tokens.
#include <cstdio>
#include <cstdlib>

#include "weir_link.h"
#include "weir_sim_model.h"

#include "Vgates.h"
#include "Vgates___024root.h"

namespace
{

struct gates : card_with_ulpi<Vgates> {
    using card_with_ulpi::card_with_ulpi;
    CData tokens = WEIR_ARP_BURST;
    QData time = 0;

    CData &arp_tokens() override
    {
        return tokens;
    }
    uint64_t arp_interval() override
    {
        return 0;
    }
    QData &device_time() override
    {
        return time;
    }
    bool transfer_open() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__02elink_in__02erecords__02eheld_valid;
    }
    bool message_waits() override // nor is this looked for in a netlist
    {
        return false;
    }
};

} // namespace

std::unique_ptr<card_model> make_card_ulpi(VerilatedContext *context)
{
    return std::make_unique<gates>(context);
}

std::unique_ptr<card_model> make_card_fs(VerilatedContext *)
{
    fprintf(stderr, "This program has the gates of the card with a ULPI PHY alone.\n");
    exit(2);
}
