// SPDX-License-Identifier: BSD-2-Clause
//
// What the rest of the simulation calls: making a host, transfers, the plug, and how things stand.
#include "usb_host_pins.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US(n) ((uint64_t)(n)*USB_CLOCKS_PER_US)
#define RESET_SEEN US(100) // SE0 after which nothing more comes of a device that does not chirp

// The shortest that USB 2.0 allows (sections 7.1.7.3, 7.1.7.5, 7.1.18).
static const struct usb_times default_times = {
    .attach = US(100),
    .attach_timeout = US(100000),
    .reset = US(10000),
    .chirp_earliest = 150, // 2.5 us
    .chirp_latest = US(3000),
    .revert = US(4000),
    .chirp_shortest = US(1000),
    .chirp_end = US(7000),
    .hub_chirp_wait = US(10),
    .hub_chirp_bit = US(50),
    .hub_chirp_end = US(100),
    .reset_recovery = US(10000),
    .address_recovery = US(2000),
    .microframe = US(125),
    .end_of_frame = 70,
    .same_gap = 11,
    .turn_gap = 4,
    .answer_latest = 24,
    .answer_timeout = 96,
    .suspend_silence = US(3000),
    .suspend_seen = US(7000),
    .resume = US(20000),
    .resume_end = 80,
    .resume_recovery = US(10000),
    .in_retry_alone = US(10),
    .in_retry_shared = US(125) / 2,
    .out_retry_alone = US(2),
    .out_retry_shared = US(10),
};

struct usb_host *usb_host_create(const struct weir_usb_faults *faults, uint64_t seed,
                                 unsigned packets_per_microframe)
{
    struct usb_host *host = calloc(1, sizeof *host);
    if (!host)
        return NULL;
    host->times = default_times;
    host->faults = *faults;
    host->random = seed * 2 + 1;
    host->enumeration.wanted = 1;
    host->bulk_packets_max = packets_per_microframe > 0 ? packets_per_microframe : UINT_MAX;
    usb_phy_init(&host->phy, usb_random(&host->random));
    return host;
}

struct usb_host *usb_host_create_pins(const struct weir_usb_faults *faults, uint64_t seed,
                                      unsigned packets_per_frame, const struct weir_usb_signal *signal)
{
    struct usb_host *host = usb_host_create(faults, seed, packets_per_frame);
    struct usb_pins *pins = calloc(1, sizeof *pins);
    if (!host || !pins) {
        free(host);
        free(pins);
        return NULL;
    }
    usb_pins_init(pins, signal, usb_random(&host->random));
    host->phy.pins = pins;
    host->phy.state = USB_PHY_IDLE;
    host->phy.line_reported = host->phy.line;
    return host;
}

void usb_host_destroy(struct usb_host *host)
{
    if (!host)
        return;
    usb_host_fail_all(host);
    usb_pins_free(host->phy.pins);
    free(host);
}

// ---- calls ----

static void refuse(struct usb_host *host, struct weir_usb_transfer *transfer, enum weir_usb_status status)
{
    transfer->status = status;
    transfer->actual = 0;
    transfer->next = NULL;
    struct weir_usb_transfer **end = &host->refused;
    while (*end)
        end = &(*end)->next;
    *end = transfer;
    host->event = host->clock;
}

void usb_host_submit(struct usb_host *host, struct weir_usb_transfer *transfer)
{
    struct usb_endpoint *endpoint =
        &host->endpoints[(transfer->endpoint & 15) | (transfer->endpoint & 0x80) >> 3];
    if (host->state != USB_HOST_CONFIGURED && host->state != USB_HOST_ADDRESSED)
        refuse(host, transfer, WEIR_USB_NO_DEVICE);
    else if (!endpoint->present)
        refuse(host, transfer, WEIR_USB_ERROR);
    else
        usb_enqueue(host, endpoint, transfer);
}

static bool remove_refused(struct usb_host *host, const struct weir_usb_transfer *transfer)
{
    for (struct weir_usb_transfer **each = &host->refused; *each; each = &(*each)->next) {
        if (*each != transfer)
            continue;
        *each = transfer->next;
        return true;
    }
    return false;
}

void usb_complete_refused(struct usb_host *host)
{
    struct weir_usb_transfer *transfer = host->refused;
    host->refused = NULL;
    while (transfer) {
        struct weir_usb_transfer *next = transfer->next;
        transfer->next = NULL;
        host->completed++;
        transfer->complete(transfer);
        transfer = next;
    }
}

bool usb_host_cancel(struct usb_host *host, struct weir_usb_transfer *transfer)
{
    struct usb_endpoint *endpoint =
        &host->endpoints[(transfer->endpoint & 15) | (transfer->endpoint & 0x80) >> 3];
    // Its last packet has come and only the host's ACK is still to be sent: that cannot be taken back.
    bool whole = host->phase == USB_PHASE_ACK && host->now.endpoint == endpoint &&
                 endpoint->head == transfer && host->now.finished && !host->now.cancelled &&
                 endpoint->type != USB_CONTROL;
    if (!usb_remove(host, endpoint, transfer) && !remove_refused(host, transfer))
        return false;
    transfer->next = NULL;
    transfer->status = whole ? WEIR_USB_OK : WEIR_USB_CANCELLED;
    host->completed++;
    transfer->complete(transfer);
    return true;
}

void usb_host_fail_all(struct usb_host *host)
{
    host->now.cancelled = true;
    host->state = USB_HOST_FAILED;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++)
        while (host->endpoints[i].head)
            usb_complete(host, &host->endpoints[i], WEIR_USB_NO_DEVICE);
    usb_complete_refused(host);
}

void usb_host_fail(struct usb_host *host, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(host->error, sizeof host->error, format, arguments);
    va_end(arguments);
    host->state = USB_HOST_FAILED;
    host->port = USB_PORT_OFF;
    host->phase = USB_PHASE_READY;
    host->event = USB_NEVER;
    usb_phy_drive(&host->phy, USB_LINE_FREE);
    usb_host_fail_all(host);
}

// ---- the port ----

static void cancel_all(struct usb_host *host)
{
    host->now.cancelled = true;
    host->phase = USB_PHASE_READY;
    host->phy.tx_ready = false;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++)
        while (host->endpoints[i].head)
            usb_complete(host, &host->endpoints[i], WEIR_USB_CANCELLED);
}

void usb_host_want_configuration(struct usb_host *host, uint8_t value)
{
    host->enumeration.wanted = value;
}

void usb_host_reset(struct usb_host *host)
{
    host->was_high_speed = host->port == USB_PORT_ENABLED && usb_phy_high_speed(&host->phy);
    host->suspending = host->resuming = false;
    host->recovered = 0;
    host->state = USB_HOST_RESETTING; // nothing is submitted from within `complete`
    cancel_all(host);
    memset(host->endpoints, 0, sizeof host->endpoints);
    host->address = 0;
    host->microframe = 0;
    host->bus_free = host->event = host->clock;
    host->port_since = host->reset_begin = host->clock;
    host->port = USB_PORT_RESET;
    usb_phy_drive(&host->phy, USB_LINE_SE0);
}

void usb_host_unplug(struct usb_host *host)
{
    usb_host_fail(host, "The card is unplugged.");
}

void usb_host_plug(struct usb_host *host)
{
    memset(host->endpoints, 0, sizeof host->endpoints);
    host->address = 0;
    host->microframe = 0;
    host->was_high_speed = host->suspending = host->resuming = false;
    host->recovered = 0;
    host->state = USB_HOST_RESETTING;
    host->port = USB_PORT_ATTACH;
    host->times.attach = US(1000); // it may still have to see that high speed is over: TWTRSTHS, 875 us
    host->port_since = host->attached = host->clock;
    host->phase = USB_PHASE_READY;
    host->phy.tx_ready = false;
    host->bus_free = host->event = host->clock;
    usb_phy_drive(&host->phy, USB_LINE_FREE);
}

static bool usable(const struct usb_host *host)
{
    return host->state == USB_HOST_CONFIGURED || host->state == USB_HOST_ADDRESSED;
}

bool usb_host_suspend(struct usb_host *host)
{
    if (!usable(host) || host->port != USB_PORT_ENABLED || host->suspending)
        return false;
    host->suspending = true;
    if (host->phase == USB_PHASE_READY)
        host->event = host->bus_free;
    return true;
}

bool usb_host_resume(struct usb_host *host)
{
    if (!usb_host_suspended(host))
        return false;
    host->resuming = host->port == USB_PORT_SUSPENDED;
    host->suspending = false;
    return true;
}

bool usb_host_suspended(const struct usb_host *host)
{
    return host->suspending || (host->port >= USB_PORT_SUSPENDED && host->port <= USB_PORT_RESUMED);
}

bool usb_host_clock_stopped(const struct usb_host *host)
{
    return usb_phy_clock_stopped(&host->phy, host->clock);
}

void usb_host_only_full_speed(struct usb_host *host)
{
    host->only_full = true;
}

// Until this clock the bus stays as it is, and the device has seen that; 0: something may happen.
static uint64_t nothing_until(const struct usb_host *host)
{
    uint64_t reset_end = host->reset_begin + host->times.reset;
    switch (host->port) {
    case USB_PORT_RESET:
        return host->phy.pins && host->clock >= host->reset_begin + RESET_SEEN ? reset_end : 0;
    case USB_PORT_NO_CHIRP:
        return usb_phy_full_speed(&host->phy) && usb_phy_idle(&host->phy) ? reset_end : 0;
    case USB_PORT_HUB_CHIRP:
        if (!usb_phy_high_speed(&host->phy) ||
            host->clock < host->chirp_begin + 6 * host->times.hub_chirp_bit)
            return 0;
        return reset_end - host->times.hub_chirp_end;
    case USB_PORT_RESUMING:
        return host->clock >= host->seen ? host->port_since + host->times.resume : 0;
    case USB_PORT_ENABLED:
        return host->clock >= host->port_since + RESET_SEEN ? host->recovered : 0;
    default:
        return 0;
    }
}

uint64_t usb_host_standstill(const struct usb_host *host)
{
    uint64_t end = nothing_until(host);
    bool free = host->clock >= host->bus_free && host->phase == USB_PHASE_READY;
    return end > host->clock && free ? end - host->clock : 0;
}

void usb_host_skip(struct usb_host *host, uint64_t clocks)
{
    host->clock += clocks;
    host->next_sof += clocks;
}

enum usb_host_state usb_host_state(const struct usb_host *host)
{
    return host->state;
}

bool usb_host_high_speed(const struct usb_host *host)
{
    return host->port >= USB_PORT_ENABLED && host->port < USB_PORT_OFF && !host->full_speed;
}

const char *usb_host_error(const struct usb_host *host)
{
    return host->error;
}

bool usb_host_idle(const struct usb_host *host)
{
    if (host->port == USB_PORT_OFF)
        return !host->refused;
    if (host->port == USB_PORT_SUSPENDED)
        return !host->refused && !host->resuming && host->phy.device == USB_LINE_FREE &&
               (host->phy.pins || host->phy.state == USB_PHY_LOW_POWER) &&
               host->clock >= host->port_since + host->times.suspend_seen;
    if (host->port != USB_PORT_ENABLED || host->suspending || host->clock < host->recovered)
        return false;
    if (!usable(host) || host->refused || host->phase != USB_PHASE_READY)
        return false;
    if (host->clock < host->bus_free || !usb_phy_idle(&host->phy))
        return false;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        const struct usb_endpoint *endpoint = &host->endpoints[i];
        if (endpoint->head && !((endpoint->address & 0x80) && endpoint->naked))
            return false;
    }
    return true;
}

bool usb_host_polls(const struct usb_host *host)
{
    if (host->port != USB_PORT_ENABLED || host->suspending || !usable(host))
        return false;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        if (host->endpoints[i].head && host->endpoints[i].type == USB_INTERRUPT)
            return true;
    }
    return false;
}

uint64_t usb_host_completed(const struct usb_host *host)
{
    return host->completed;
}

void usb_host_stats(const struct usb_host *host, struct weir_sim_usb_stats *stats)
{
    *stats = host->stats;
}

const uint8_t *usb_host_device_descriptor(const struct usb_host *host)
{
    return host->enumeration.device;
}

const uint8_t *usb_host_config_descriptor(struct usb_host *host, size_t *length)
{
    const struct usb_configuration *config = usb_active_configuration(host);
    *length = config->length;
    return config->bytes;
}
