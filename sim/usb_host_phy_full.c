// SPDX-License-Identifier: BSD-2-Clause
//
// The ULPI PHY at full speed: a bit is five clocks, a byte 40, and the line state shows each of them (ULPI
// 1.1 table 9), SE0 and J of the end of packet too. That is what a link goes by to answer in time.
#include "usb_host_internal.h"

#define BIT USB_FULL_SPEED_BIT
#define SYNC 0x80
#define SYNC_CLOCKS (8 * BIT)
#define DETECTED (SYNC_CLOCKS + 3) // dir and nxt tell of a packet once SYNC is in
#define EOP_CLOCKS (2 * BIT)

bool usb_phy_full_speed(const struct usb_phy *phy)
{
    return (phy->function_control & (USB_XCVR_SELECT | USB_TERM_SELECT | USB_OP_MODE | USB_SUSPEND_M)) ==
           (USB_XCVR_FULL_SPEED | USB_TERM_SELECT | USB_SUSPEND_M);
}

// ---- from the bus to the link ----

void usb_phy_send_full(struct usb_phy *phy, uint64_t clock)
{
    phy->line_at = clock;
    phy->rx_bits = phy->rx_whole = 0;
    phy->rx_run = 0;
    phy->hub = USB_LINE_J;
    phy->rx_at = clock + DETECTED;
}

static void toggle(struct usb_phy *phy)
{
    phy->hub = phy->hub == USB_LINE_J ? USB_LINE_K : USB_LINE_J;
}

// The next bit of the host's packet, or of its end, begins on the line.
static void next_bit(struct usb_phy *phy)
{
    size_t byte = phy->rx_bits / 8, bytes = 1 + phy->rx_length; // with SYNC
    phy->line_at += BIT;
    if (phy->rx_run == 6) { // stuffed
        phy->rx_run = 0;
        toggle(phy);
    } else if (byte < bytes) {
        bool one = (byte == 0 ? SYNC : phy->rx[byte - 1]) >> phy->rx_bits % 8 & 1;
        phy->rx_whole = byte > 0 ? byte - 1 : 0;
        phy->rx_run = one ? phy->rx_run + 1 : 0;
        phy->rx_bits++;
        if (!one)
            toggle(phy);
    } else if (phy->hub != USB_LINE_SE0) {
        phy->rx_whole = phy->rx_length;
        phy->hub = USB_LINE_SE0;
        phy->line_at += EOP_CLOCKS - BIT;
    } else {
        phy->hub = USB_LINE_FREE;
        phy->line_at = USB_NEVER;
    }
}

// The link's packet ends on the line, after what it said last.
static void end_of_transmission(struct usb_phy *phy)
{
    bool over = phy->device == USB_LINE_SE0;
    phy->device = over ? USB_LINE_FREE : USB_LINE_SE0;
    phy->line_at = over ? USB_NEVER : phy->line_at + EOP_CLOCKS;
}

void usb_phy_line_full(struct usb_phy *phy)
{
    if (phy->tx_on_line)
        end_of_transmission(phy);
    else
        next_bit(phy);
    phy->tx_on_line &= phy->line_at != USB_NEVER;
    usb_phy_update_line(phy);
}

// What the link is told in this clock of the packet that comes; false: nothing more.
bool usb_phy_receive_full(struct usb_phy *phy)
{
    phy->nxt = phy->rx_next < phy->rx_whole;
    if (phy->nxt) {
        phy->data = phy->rx[phy->rx_next++];
        return true;
    }
    bool se0 = phy->rx_next == phy->rx_length && phy->line == USB_LINE_SE0;
    bool over = phy->rx_next == phy->rx_length && phy->line_at == USB_NEVER;
    // RxActive falls with SE0, or lasts until J; dir may fall with either.
    phy->rx_inactive |= over || (se0 && (usb_random(&phy->random) & 3) == 0);
    phy->line_reported = phy->line;
    usb_phy_rx_cmd(phy, !phy->rx_inactive, phy->line);
    return !(over || (phy->rx_inactive && (usb_random(&phy->random) & 3) == 0));
}

// ---- from the link to the bus ----

void usb_phy_transmit_full(struct usb_phy *phy, uint64_t clock)
{
    // One byte waits in the PHY while the one before is on the line.
    uint64_t room = phy->tx_begin + phy->tx_length * SYNC_CLOCKS + phy->tx_stuffed * BIT;
    phy->nxt = phy->tx_length == 0 || clock >= room + (usb_random(&phy->random) & 3);
}

uint64_t usb_phy_end_transmit_full(struct usb_phy *phy)
{
    uint64_t eop = phy->tx_begin + SYNC_CLOCKS * (1 + phy->tx_length) + phy->tx_stuffed * BIT;
    phy->tx_on_line = true;
    phy->line_at = eop;
    return eop + EOP_CLOCKS;
}
