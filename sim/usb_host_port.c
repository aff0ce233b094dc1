// SPDX-License-Identifier: BSD-2-Clause
//
// The hub port: waits for the pull-up, resets, and answers the device's chirp (USB 2.0 section 7.1.7.5).
// Where nobody chirps, as at D+ and D-, or the port leaves the chirp unanswered, full speed it is.
//
//     ATTACH ── J for `attach` ──> RESET ── device drives K ──> DEVICE_CHIRP ── K ends ──> HUB_CHIRP ──>
//     SETTLE ──> ENABLED
//                                    SE0                              SE0          K J K J ...      SE0 SOF
//
// Suspend is silence, resume K from the host, or from a device that wakes it (sections 7.1.7.6 and 7.1.7.7):
//
//     ENABLED ──> SUSPENDED ── asked to, or device drives K ──> RESUMING ── 20 ms of K ──> RESUMED ── SE0 ──>
//     ENABLED
#include "usb_host_internal.h"

#define FULL_SPEED_IDLE (10 * USB_FULL_SPEED_BIT) // J between reset and the first SOF
#define SWITCHED (20 * USB_CLOCKS_PER_US) // the device is back in its speed after resume; SOF within 3 ms
#define SEEN (100 * USB_CLOCKS_PER_US)    // of K, after which the device has seen a resume

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
        usb_host_use_full_speed(host);
        enter(host, USB_PORT_SETTLE, USB_LINE_FREE);
    }
}

static void no_chirp(struct usb_host *host)
{
    if (host->clock - host->reset_begin < host->times.reset)
        return;
    usb_host_use_full_speed(host);
    enter(host, USB_PORT_SETTLE, USB_LINE_FREE);
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
    } else if (host->only_full) {
        enter(host, USB_PORT_NO_CHIRP, USB_LINE_SE0);
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
    if (since < (host->full_speed ? FULL_SPEED_IDLE : host->times.hub_chirp_end))
        return;
    if (!host->full_speed && !usb_phy_high_speed(&host->phy)) {
        usb_host_fail(host, "The device chirped but had not entered high speed by the end of reset.");
        return;
    }
    enter(host, USB_PORT_ENABLED, host->full_speed ? USB_LINE_FREE : USB_LINE_SE0);
    host->state = USB_HOST_ENUMERATING;
    host->next_sof = host->clock + 1;
    usb_enumerate(host);
}

// ---- suspend and resume ----

// The line when nobody speaks.
static enum usb_line rest(const struct usb_host *host)
{
    return host->full_speed ? USB_LINE_FREE : USB_LINE_SE0;
}

void usb_port_suspend(struct usb_host *host)
{
    host->suspending = false;
    enter(host, USB_PORT_SUSPENDED, rest(host));
}

// A port of high speed goes back to full-speed terminations when its device has to.
static void suspended(struct usb_host *host, uint64_t since)
{
    bool wakes = host->phy.device == USB_LINE_K;
    if (since == host->times.suspend_silence)
        usb_phy_drive(&host->phy, USB_LINE_FREE);
    if (since < host->times.suspend_seen)
        return;
    if (!usb_phy_pulled_up(&host->phy)) {
        usb_host_fail(host, "The device has no pull-up on D+ %u us after the bus fell silent.",
                      microseconds(since));
    } else if (wakes || host->resuming) {
        host->stats.remote_wakeups += wakes;
        host->resuming = false;
        host->seen = USB_NEVER;
        enter(host, USB_PORT_RESUMING, USB_LINE_K);
    }
}

static void resuming(struct usb_host *host, uint64_t since)
{
    bool asleep = usb_phy_clock_stopped(&host->phy, host->clock);
    if (asleep || host->phy.device != USB_LINE_FREE)
        host->seen = USB_NEVER;
    else if (host->seen == USB_NEVER)
        host->seen = host->clock + SEEN;
    if (since >= host->times.resume)
        enter(host, USB_PORT_RESUMED, USB_LINE_SE0);
}

static void resumed(struct usb_host *host, uint64_t since)
{
    if (since == host->times.resume_end)
        usb_phy_drive(&host->phy, rest(host));
    if (since < host->times.resume_end + SWITCHED || !usb_host_attached(host))
        return;
    host->recovered = host->clock + host->times.resume_recovery;
    enter(host, USB_PORT_ENABLED, rest(host));
    host->next_sof = host->bus_free = host->clock + 1;
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
    case USB_PORT_NO_CHIRP:
        no_chirp(host);
        break;
    case USB_PORT_SETTLE:
        settle(host, since);
        break;
    case USB_PORT_SUSPENDED:
        suspended(host, since);
        break;
    case USB_PORT_RESUMING:
        resuming(host, since);
        break;
    case USB_PORT_RESUMED:
        resumed(host, since);
        break;
    case USB_PORT_ENABLED:
    case USB_PORT_OFF:
        break;
    }
    host->event = host->clock + 1;
}
