// SPDX-License-Identifier: BSD-2-Clause
#include "selftest_hints.h"

#include <stdio.h>
#include <string.h>

// There is no hardware to measure behind these; what a usbredir server exports is weir-sim's as a rule.
static bool is_simulated(const char *card)
{
    return strncmp(card, "sim:", 4) == 0 || strncmp(card, "usbredir:", 9) == 0;
}

void selftest_hint(enum selftest_loop loop, const struct runner *runner, bool registers, bool came)
{
    if ((registers || loop == LOOP_WITHIN) && is_simulated(runner->options->card))
        printf(
            "    No hardware takes part in a simulated card: what it was made of is wrong. `make test` tells "
            "more.\n");
    else if (registers)
        printf("    Measure: D+ and D-, or the ULPI PHY's clock and supply; try another cable, and a port "
               "without a hub.\n");
    else if (loop == LOOP_WITHIN)
        printf("    No pin takes part in this: build the bitstream anew (timing.txt tells each clock), and "
               "measure the\n"
               "    FPGA's core supply and its clocks.\n");
    else if (loop == LOOP_PHY)
        printf(
            "    The PHY answers by MDIO, and no cable takes part. `weir selftest` alone tells whether the "
            "card is sound.\n"
            "    If it is, measure the clocks between FPGA and PHY, either way, and the data against them; "
            "RGMII: TXC_DELAY\n"
            "    where rx_fcs_error stays 0, RX_DELAY where it counts.\n");
    else if (!(runner->link & 1))
        printf("    The link is down: measure the PHY's reset (high), MDC and MDIO, and see that the plug "
               "leads pin 1 to 3 and\n"
               "    2 to 6. `weir selftest` alone needs no link.\n");
    else {
        if (!came)
            printf(
                "    The link is up, and nothing at all came back: is it the loop-back plug that is in the "
                "socket, and not a cable?\n");
        printf("    `weir selftest` alone tells whether the card is sound. If it is, measure the PHY's "
               "clocks and its data\n"
               "    against them; RGMII: TXC_DELAY where rx_fcs_error stays 0, RX_DELAY where it counts.\n");
    }
}

const char *selftest_sound(enum selftest_loop loop)
{
    static const char *const sound[] = {
        [LOOP_WITHIN] =
            "All within the card is sound. The pins to the Ethernet PHY and the PHY took no part: "
            "--phy; nor did the cable: --wire.",
        [LOOP_PHY] =
            "The card is sound, through the pins to the Ethernet PHY and back. The cable took no part: "
            "--wire.",
        [LOOP_WIRE] = "The card is sound, to the plug and back.",
    };

    return sound[loop];
}
