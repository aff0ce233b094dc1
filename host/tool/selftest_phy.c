// SPDX-License-Identifier: BSD-2-Clause
#include "selftest_phy.h"

#include <errno.h>
#include <string.h>

#include "tool.h"

#define PATIENCE WEIR_SECOND      // until the card has seen the speed; it looks every few ms
#define LOOK (WEIR_SECOND / 1000) // from one look to the next

enum { // registers of IEEE 802.3 clauses 22.2.4 and 40.5.1, and bits in them
    CONTROL = 0,
    STATUS = 1,
    CONTROL_1000 = 9,
    EXTENDED_STATUS = 15,
    LOOPBACK = 0x4000,
    SPEED_100 = 0x2000,
    NEGOTIATES = 0x1000,
    RESTART = 0x0200,
    FULL_DUPLEX = 0x0100,
    SPEED_1000 = 0x0040,
    HAS_EXTENDED_STATUS = 0x0100, // STATUS
    HAS_100 = 0x6000,
    HAS_1000_T = 0x3000, // EXTENDED_STATUS
    BY_HAND = 0x1000,    // CONTROL_1000: master or slave
    MASTER = 0x0800,
};

static int refused(int error)
{
    if (error == -EOPNOTSUPP)
        return fail("this card has no access to its Ethernet PHY's registers: its bitstream is older, or was "
                    "made without (MDIO=0, as for the iCE40 boards). With a loop-back plug in its socket try "
                    "weir selftest --wire");
    if (error == -ENXIO)
        return fail("no Ethernet PHY answers: measure its supply and its reset (high), then MDC (2.5 MHz in "
                    "bursts) and MDIO (high between them). `weir selftest` alone needs no PHY's answer");
    if (error == -ETIMEDOUT)
        return fail("the card does not come to ask its Ethernet PHY: measure the board's own clock, and the "
                    "PHY's reset (high 30 ms after the card's start)");
    return fail("the card does not reach its Ethernet PHY (%s): plug it in anew", strerror(-error));
}

// What the PHY is to be put back to, and what it can do. 0, or a negative errno.
static int look(struct selftest_phy *phy, struct weir_card *card, uint16_t *fastest)
{
    uint16_t status = 0, extended = 0;
    int error = weir_card_mdio_read(card, CONTROL, &phy->control);

    if (!error)
        error = weir_card_mdio_read(card, STATUS, &status);
    if (!error && status & HAS_EXTENDED_STATUS)
        error = weir_card_mdio_read(card, EXTENDED_STATUS, &extended);
    phy->gigabit = extended & HAS_1000_T;
    if (!error && phy->gigabit)
        error = weir_card_mdio_read(card, CONTROL_1000, &phy->control_1000);
    *fastest = phy->gigabit ? SPEED_1000 : status & HAS_100 ? SPEED_100 : 0;
    if (phy->control & LOOPBACK) { // somebody was killed in the middle of this
        phy->control = NEGOTIATES;
        phy->control_1000 &= (uint16_t)~BY_HAND;
    }
    return error;
}

// Some PHYs of 1000 Mb/s loop back as a slave alone (KSZ9031), and others do not mind.
static int change(struct selftest_phy *phy, struct weir_card *card, uint16_t fastest)
{
    int error = 0;

    phy->changed = true;
    if (phy->gigabit)
        error = weir_card_mdio_write(card, CONTROL_1000, (uint16_t)((phy->control_1000 & ~MASTER) | BY_HAND));
    return error ? error : weir_card_mdio_write(card, CONTROL, LOOPBACK | FULL_DUPLEX | fastest);
}

static int await_speed(struct runner *runner, uint32_t wanted)
{
    weir_time now = runner_now(runner), deadline = now + PATIENCE;
    uint32_t link = 0;

    while (link != wanted) {
        int error = weir_card_read_reg(runner->card, WEIR_REG_LINK, &link);
        if (error)
            return refused(error);
        if ((now = runner_now(runner)) >= deadline)
            return fail("the Ethernet PHY does not take loopback: the card is told link %x where %x was set. "
                        "With a loop-back plug in its socket try weir selftest --wire",
                        (unsigned)link, (unsigned)wanted);
        if (link != wanted && (!runner_step(runner, now + LOOK) || !runner->card))
            return EXIT_FAILED;
    }
    return EXIT_FINE;
}

int selftest_phy_begin(struct selftest_phy *phy, struct runner *runner)
{
    uint16_t fastest;
    int error = look(phy, runner->card, &fastest);

    if (!error)
        error = change(phy, runner->card, fastest);
    if (error)
        return refused(error);
    return await_speed(runner, 1u |
                                   (fastest == SPEED_1000  ? 2u << 1
                                    : fastest == SPEED_100 ? 1u << 1
                                                           : 0u) |
                                   1u << 3);
}

int selftest_phy_end(struct selftest_phy *phy, struct runner *runner, int exit_code)
{
    int error = 0;

    if (!phy->changed || !runner->card || runner->lost)
        return exit_code;
    phy->changed = false;
    if (phy->gigabit)
        error = weir_card_mdio_write(runner->card, CONTROL_1000, phy->control_1000);
    int last = weir_card_mdio_write(runner->card, CONTROL,
                                    phy->control & NEGOTIATES ? phy->control | RESTART : phy->control);
    error = error ? error : last;
    if (!error || error == -ENODEV) // unplugged: the card puts it right itself when it is plugged in again
        return exit_code;
    return fail("the Ethernet PHY may still loop back (%s): plug the card in anew", strerror(-error));
}
