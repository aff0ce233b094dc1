// SPDX-License-Identifier: BSD-2-Clause
//
// The hub port: waits for the pull-up, resets, and answers the device's chirp (USB 2.0 section 7.1.7.5).
//
//     ATTACH ── J for `attach` ──> RESET ── device drives K ──> DEVICE_CHIRP ── K ends ──> HUB_CHIRP ──>
//     SETTLE ──> ENABLED
//                                    SE0                              SE0          K J K J ...      SE0 SOF
#include "usb_host_internal.h"

static void enter(struct usb_host *host, enum usb_port port, enum usb_line drive)
{
    host->port = port;
    host->port_since = host->clock;
    usb_phy_drive(&host->phy, drive);
}

static unsigned microseconds(uint64_t clocks)
{
    return (unsigned)(clocks / USB_CLOCKS_PER_US);
}

static void attach(struct usb_host *host, uint64_t since)
{
    if (!usb_phy_pulled_up(&host->phy)) {
        host->port_since = host->clock;
        if (host->clock - host->attached > host->times.attach_timeout)
            usb_host_fail(host, "No device: D+ was not pulled up within %u us of power.",
                          microseconds(host->times.attach_timeout));
    } else if (since >= host->times.attach) {
        host->reset_begin = host->clock;
        enter(host, USB_PORT_RESET, USB_LINE_SE0);
    }
}

static void reset(struct usb_host *host, uint64_t since)
{
    uint64_t latest = host->times.chirp_latest + (host->was_high_speed ? host->times.revert : 0);
    if (host->phy.device == USB_LINE_K) {
        if (since < host->times.chirp_earliest)
            usb_host_fail(host,
                          "The device chirped %u us after SE0, before it could know that it was a reset.",
                          microseconds(since));
        else if (since > latest)
            usb_host_fail(host, "The device chirped %u us after the reset began; %u are allowed.",
                          microseconds(since), microseconds(latest));
        else
            enter(host, USB_PORT_DEVICE_CHIRP, USB_LINE_SE0);
    } else if (since >= host->times.reset) {
        usb_host_fail(host,
                      "The device did not chirp during reset: it is a full-speed device, which this host "
                      "does not support yet.");
    }
}

static void device_chirp(struct usb_host *host, uint64_t since)
{
    if (host->phy.device == USB_LINE_K) {
        if (host->clock - host->reset_begin > host->times.chirp_end)
            usb_host_fail(host, "The device still drove chirp K %u us after the reset began.",
                          microseconds(host->times.chirp_end));
    } else if (since < host->times.chirp_shortest) {
        usb_host_fail(host, "The device drove chirp K for %u us; at least %u are asked for.",
                      microseconds(since), microseconds(host->times.chirp_shortest));
    } else {
        enter(host, USB_PORT_HUB_CHIRP, USB_LINE_SE0);
        host->chirp_begin = host->clock + host->times.hub_chirp_wait;
    }
}

// At least three pairs, and on until the end of reset is near.
static void hub_chirp(struct usb_host *host)
{
    const struct usb_times *times = &host->times;
    if (host->clock < host->chirp_begin)
        return;
    uint64_t bit = (host->clock - host->chirp_begin) / times->hub_chirp_bit;
    bool reset_over = host->clock - host->reset_begin >= times->reset - times->hub_chirp_end;
    if (bit >= 6 && reset_over) {
        enter(host, USB_PORT_SETTLE, USB_LINE_SE0);
        return;
    }
    enum usb_line chirp = bit & 1 ? USB_LINE_J : USB_LINE_K;
    if (host->phy.hub != chirp)
        usb_phy_drive(&host->phy, chirp);
}

static void settle(struct usb_host *host, uint64_t since)
{
    if (since < host->times.hub_chirp_end)
        return;
    if (!usb_phy_high_speed(&host->phy)) {
        usb_host_fail(host, "The device chirped but had not entered high speed by the end of reset.");
        return;
    }
    enter(host, USB_PORT_ENABLED, USB_LINE_SE0);
    host->state = USB_HOST_ENUMERATING;
    host->phy.tx_ready = false; // what the device said before the reset
    host->next_sof = host->clock + 1;
    usb_enumerate(host);
}

void usb_port_step(struct usb_host *host)
{
    uint64_t since = host->clock - host->port_since;
    switch (host->port) {
    case USB_PORT_ATTACH:
        attach(host, since);
        break;
    case USB_PORT_RESET:
        reset(host, since);
        break;
    case USB_PORT_DEVICE_CHIRP:
        device_chirp(host, since);
        break;
    case USB_PORT_HUB_CHIRP:
        hub_chirp(host);
        break;
    case USB_PORT_SETTLE:
        settle(host, since);
        break;
    case USB_PORT_ENABLED:
    case USB_PORT_OFF:
        break;
    }
    host->event = host->clock + 1;
}
