// SPDX-License-Identifier: BSD-2-Clause
//
// The PHY's register set, ULPI 1.1 section 4.2.
#include "usb_host_internal.h"

static const uint8_t identity[4] = {0x24, 0x04, 0x07, 0x00}; // vendor and product id

static uint8_t *find_register(struct usb_phy *phy, unsigned base)
{
    switch (base) {
    case 0x04:
        return &phy->function_control;
    case 0x07:
        return &phy->interface_control;
    case 0x0A:
        return &phy->otg_control;
    case 0x0D:
        return &phy->interrupt_rising;
    case 0x10:
        return &phy->interrupt_falling;
    case 0x16:
        return &phy->scratch;
    default:
        return NULL;
    }
}

// Registers that can be written come in threes: write, set bits, clear bits.
static unsigned register_base(unsigned address)
{
    unsigned first = address < 0x13 ? 0x04 : 0x16;
    return address < first || address > 0x18 ? 0xFF : address - (address - first) % 3;
}

uint8_t usb_phy_read(struct usb_phy *phy, unsigned address)
{
    if (address < sizeof identity)
        return identity[address];
    if (address == 0x15) // Debug
        return phy->line;
    const uint8_t *value = find_register(phy, register_base(address));
    return value ? *value : 0;
}

void usb_phy_write(struct usb_phy *phy, unsigned address, uint8_t bits)
{
    unsigned base = register_base(address);
    uint8_t *value = find_register(phy, base);
    if (!value)
        return;
    if (address == base)
        *value = bits;
    else
        *value = (uint8_t)(address == base + 1 ? *value | bits : *value & ~bits);
}
