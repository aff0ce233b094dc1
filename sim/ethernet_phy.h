// SPDX-License-Identifier: BSD-2-Clause
//
// The Ethernet PHY at the card's GMII, 1000BASE-T, as a host sees it that asks by MDIO (WEIR_REG_MDIO):
// registers as IEEE 802.3-2018 clauses 22.2.4 and 40.5.1 have them, loopback among them; and with it what
// rtl/mac/phy_link.v makes of them.
//
// GMII's clock is that of 1000 Mb/s here, so loopback at another speed brings nothing back. As the KSZ9031's
// data sheet asks, it wants the PHY set to slave by hand (register 9).
#ifndef WEIR_ETHERNET_PHY_H
#define WEIR_ETHERNET_PHY_H

#include "gmii_wire.h"
#include "weir_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

// What the PHY does with frames: on to the cable and from it, round, or nothing.
enum ethernet_phy_path { ETHERNET_PHY_CABLE, ETHERNET_PHY_LOOP, ETHERNET_PHY_NOWHERE };

struct ethernet_phy {
    enum weir_sim_phy kind;
    bool cable; // somebody is at its other end
    uint16_t registers[32];
    enum ethernet_phy_path path;
    uint8_t link;          // bits of WEIR_REG_LINK, as the card is told
    unsigned access_left;  // clocks of the MDIO access under way
    unsigned link_left;    // clocks until phy_link has looked again
    struct gmii_pins loop; // on the way round
    unsigned place, frames;
};

void ethernet_phy_init(struct ethernet_phy *phy, enum weir_sim_phy kind);
// Plugs the cable in or out.
void ethernet_phy_plug(struct ethernet_phy *phy, bool cable);
// Use ethernet_phy_clock.
bool ethernet_phy_step(struct ethernet_phy *phy, bool valid, uint32_t request, uint32_t *answer);
// In loopback: what the card sends in this clock.
void ethernet_phy_loop(struct ethernet_phy *phy, struct gmii_pins sent);

// One clock of 8 ns: the card's mdio_ pins (rtl/mac/phy_link.v). True in that in which an access is done.
static inline bool ethernet_phy_clock(struct ethernet_phy *phy, bool valid, uint32_t request,
                                      uint32_t *answer)
{
    return (valid || phy->link_left != 0) && ethernet_phy_step(phy, valid, request, answer);
}

#ifdef __cplusplus
}
#endif
#endif
