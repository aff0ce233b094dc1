// SPDX-License-Identifier: BSD-2-Clause
//
// The PHY's register set, ULPI 1.1 section 4.2, and what a write may bring: reset and low power
// (section 3.9).
#include "usb_host_internal.h"

// Low power (ULPI 1.1 section 3.9): clocks between dir's rise and the clock's end; and of those that waking
// takes the last, in which the clock is steady.
#define STOP_CLOCKS 6u
#define STEADY_CLOCKS 8u

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

// The value takes effect; Function Control may silence the PHY.
void usb_phy_written(struct usb_phy *phy, uint64_t clock)
{
    usb_phy_write(phy, phy->address, phy->value);
    usb_phy_update_line(phy);
    if (phy->function_control & USB_FUNCTION_RESET) {
        phy->function_control &= (uint8_t)~USB_FUNCTION_RESET;
        phy->state = USB_PHY_HELD;
        phy->dir = true;
        phy->held_until = clock + USB_PHY_HELD_CLOCKS;
    } else if (!(phy->function_control & USB_SUSPEND_M)) {
        phy->state = USB_PHY_LOW_POWER;
        phy->held_until = clock + STOP_CLOCKS;
        phy->dir = true;
    }
}

void usb_phy_low_power(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock)
{
    phy->data = phy->line;
    if (!pins->stp)
        return;
    phy->function_control |= USB_SUSPEND_M;
    phy->state = USB_PHY_STARTING;
    phy->held_until = clock + phy->start_clocks;
}

void usb_phy_start(struct usb_phy *phy, uint64_t clock)
{
    phy->data = phy->line;
    if (clock < phy->held_until)
        return;
    phy->line_reported = USB_LINE_UNKNOWN;
    phy->dir = false;
    phy->state = USB_PHY_TURN;
}

bool usb_phy_clock_stopped(const struct usb_phy *phy, uint64_t clock)
{
    return (phy->state == USB_PHY_LOW_POWER && clock >= phy->held_until) ||
           (phy->state == USB_PHY_STARTING && clock + STEADY_CLOCKS < phy->held_until);
}
