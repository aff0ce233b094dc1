// SPDX-License-Identifier: BSD-2-Clause
#include "ethernet_phy.h"

#include <string.h>

#include "weir_link.h"

#define ACCESS_CLOCKS 3200 // 64 bits at 2.5 MHz
#define LOOK_CLOCKS 25000  // phy_link looks at the registers every so often
#define NOISE_FRAMES 16    // one of so many is damaged
#define NOISE_PLACE 40     // bytes, preamble included

enum { // registers, and bits in them
    CONTROL,
    STATUS,
    ID_HIGH,
    ID_LOW,
    OFFERED,
    PARTNER,
    CONTROL_1000 = 9,
    PARTNER_1000,
    EXTENDED_STATUS = 15,
    RESET = 0x8000,
    LOOPBACK = 0x4000,
    SPEED_100 = 0x2000,
    NEGOTIATES = 0x1000,
    DOWN_OR_ISOLATED = 0x0C00,
    RESTART = 0x0200,
    FULL_DUPLEX = 0x0100,
    SPEED_1000 = 0x0040,
    BY_HAND = 0x1000, // register 9
    MASTER = 0x0800,
    UP = 0x0004, // register 1
    NEGOTIATED = 0x0020,
};

static const uint16_t AT_RESET[32] = {
    [CONTROL] = NEGOTIATES | FULL_DUPLEX | SPEED_1000,
    [STATUS] = 0x7949,
    [ID_HIGH] = 0x0022,
    [ID_LOW] = 0x1622,
    [OFFERED] = 0x01E1,
    [CONTROL_1000] = 0x0300,
    [EXTENDED_STATUS] = 0x3000,
};

// What phy_link writes.
static void set_up(struct ethernet_phy *phy)
{
    phy->registers[CONTROL] = NEGOTIATES;
    phy->registers[OFFERED] = 0x0141;
    phy->registers[CONTROL_1000] = 0x0200;
}

static bool forced_to_1000(const struct ethernet_phy *phy)
{
    return (phy->registers[CONTROL] & (NEGOTIATES | SPEED_1000 | SPEED_100)) == SPEED_1000;
}

// 1000BASE-T wants negotiation, and the partner negotiates; so what is forced has no link.
static bool has_link(const struct ethernet_phy *phy)
{
    return phy->path == ETHERNET_PHY_CABLE && phy->cable && phy->registers[CONTROL] & NEGOTIATES;
}

static uint8_t link_told(const struct ethernet_phy *phy)
{
    unsigned control = phy->registers[CONTROL];

    if (phy->kind == WEIR_SIM_PHY_NONE)
        return 0;
    if (control & LOOPBACK && !(control & NEGOTIATES))
        return (uint8_t)(1u |
                         (control & SPEED_1000  ? 2u << 1
                          : control & SPEED_100 ? 1u << 1
                                                : 0u) |
                         (control & FULL_DUPLEX ? 8u : 0u));
    return has_link(phy) ? 1 | 2 << 1 | 8 : 0;
}

static void choose_path(struct ethernet_phy *phy)
{
    unsigned control = phy->registers[CONTROL];
    bool slave = (phy->registers[CONTROL_1000] & (BY_HAND | MASTER)) == BY_HAND;

    phy->path = ETHERNET_PHY_CABLE;
    if (phy->kind == WEIR_SIM_PHY_NONE || control & DOWN_OR_ISOLATED)
        phy->path = ETHERNET_PHY_NOWHERE;
    else if (control & LOOPBACK)
        phy->path = forced_to_1000(phy) && slave ? ETHERNET_PHY_LOOP : ETHERNET_PHY_NOWHERE;
    phy->loop = (struct gmii_pins){0};
}

void ethernet_phy_init(struct ethernet_phy *phy, enum weir_sim_phy kind)
{
    *phy = (struct ethernet_phy){.kind = kind, .cable = true};
    memcpy(phy->registers, AT_RESET, sizeof AT_RESET);
    set_up(phy);
    choose_path(phy);
    phy->link = link_told(phy);
}

void ethernet_phy_plug(struct ethernet_phy *phy, bool cable)
{
    phy->cable = cable;
    if (phy->link_left == 0)
        phy->link = link_told(phy);
}

static uint16_t read_register(const struct ethernet_phy *phy, unsigned number)
{
    switch (number) {
    case STATUS:
        return (uint16_t)(phy->registers[STATUS] | (has_link(phy) ? UP | NEGOTIATED : 0));
    case PARTNER:
        return phy->cable ? 0xC1E1 : 0;
    case PARTNER_1000:
        return phy->cable ? 0x0C00 : 0;
    default:
        return phy->registers[number];
    }
}

static void write_register(struct ethernet_phy *phy, unsigned number, uint16_t value)
{
    if (number == CONTROL && value & RESET)
        memcpy(phy->registers, AT_RESET, sizeof AT_RESET);
    else if (number == CONTROL)
        phy->registers[CONTROL] = value & (uint16_t)~RESTART;
    else if (number == OFFERED || number == CONTROL_1000)
        phy->registers[number] = value;
}

static uint32_t do_access(struct ethernet_phy *phy, uint32_t request)
{
    unsigned number = request >> WEIR_MDIO_REGISTER_SHIFT & 31;

    if (phy->kind == WEIR_SIM_PHY_NONE)
        return 0xFFFF; // the pull-up
    if (request > 2 * WEIR_MDIO_WRITE - 1)
        set_up(phy);
    else if (request & WEIR_MDIO_WRITE)
        write_register(phy, number, (uint16_t)request);
    else
        return WEIR_MDIO_ANSWERED | read_register(phy, number);
    choose_path(phy);
    phy->link_left = LOOK_CLOCKS;
    return WEIR_MDIO_ANSWERED;
}

bool ethernet_phy_step(struct ethernet_phy *phy, bool valid, uint32_t request, uint32_t *answer)
{
    if (phy->link_left != 0 && --phy->link_left == 0)
        phy->link = link_told(phy);
    if (!valid) {
        phy->access_left = 0;
        return false;
    }
    if (phy->access_left == 0)
        phy->access_left = ACCESS_CLOCKS;
    if (--phy->access_left != 0)
        return false;
    *answer = do_access(phy, request);
    return true;
}

void ethernet_phy_loop(struct ethernet_phy *phy, struct gmii_pins sent)
{
    phy->place = sent.valid ? phy->place + 1 : 0;
    phy->frames += phy->place == 1;
    phy->loop = sent;
    if (phy->kind == WEIR_SIM_PHY_NOISY && phy->place == NOISE_PLACE && phy->frames % NOISE_FRAMES == 0)
        phy->loop.data ^= 0x10;
}
