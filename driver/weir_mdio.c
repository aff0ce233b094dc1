// SPDX-License-Identifier: BSD-2-Clause
//
// The Ethernet PHY's registers, by WEIR_REG_MDIO.
#include "card_internal.h"

#include <errno.h>

#define LOOKS 1000 // until the card has done an access: some 0.1 s, where the card takes 0.3 ms
#define ATTEMPTS 3

static int await_idle(struct weir_card *card, uint32_t *value)
{
    for (int i = 0; i < LOOKS; i++) {
        int error = weir_card_read_reg(card, WEIR_REG_MDIO, value);
        if (error)
            return error;
        if (!(*value & WEIR_MDIO_BUSY))
            return 0;
    }
    return -ETIMEDOUT;
}

// The card refuses an access while one is under way: another program's, or ours, whose end was lost on USB.
static int do_access(struct weir_card *card, uint8_t reg, uint32_t what, uint32_t *value)
{
    int error = -EPIPE;

    if (!(card->caps.features & WEIR_CAP_MDIO))
        return -EOPNOTSUPP;
    if (reg > 31)
        return -EINVAL;
    for (int i = 0; i < ATTEMPTS && error == -EPIPE; i++) {
        error = await_idle(card, value);
        if (!error)
            error =
                weir_card_write_reg(card, WEIR_REG_MDIO, (uint32_t)reg << WEIR_MDIO_REGISTER_SHIFT | what);
    }
    if (!error)
        error = await_idle(card, value);
    return error ? error : *value & WEIR_MDIO_ANSWERED ? 0 : -ENXIO;
}

int weir_card_mdio_read(struct weir_card *card, uint8_t reg, uint16_t *value)
{
    uint32_t answer;
    int error = do_access(card, reg, 0, &answer);

    if (!error)
        *value = (uint16_t)answer;
    return error;
}

int weir_card_mdio_write(struct weir_card *card, uint8_t reg, uint16_t value)
{
    uint32_t answer;

    return do_access(card, reg, WEIR_MDIO_WRITE | value, &answer);
}
