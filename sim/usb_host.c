// SPDX-License-Identifier: BSD-2-Clause
//
// The host's clock: start of frame each 125 us, and between two of them who may use the bus next (USB 2.0
// section 5.8.4 and 5.11): control, then interrupt endpoints that are due, then the bulk endpoints in turn. A
// transaction begins only if its worst case ends before EOF1. Here, too, is what the rest of the simulation
// calls.
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

// ---- the schedule ----

void usb_host_use_full_speed(struct usb_host *host)
{
    struct usb_times *times = &host->times;
    host->full_speed = true;
    times->microframe = US(1000);
    times->end_of_frame = 32 * USB_FULL_SPEED_BIT;
    times->same_gap = times->turn_gap = 2 * USB_FULL_SPEED_BIT; // section 7.1.18.1
    times->answer_latest = 75 * USB_FULL_SPEED_BIT / 10;        // 7.5 bit times at the hub's end of the cable
    times->answer_timeout = 17 * USB_FULL_SPEED_BIT;            // 16 to 18 (section 7.1.19.1)
    times->in_retry_alone = times->out_retry_alone = US(20);
    times->in_retry_shared = times->out_retry_shared = US(200);
}

bool usb_host_attached(struct usb_host *host)
{
    bool attached = host->full_speed ? usb_phy_pulled_up(&host->phy) : usb_phy_high_speed(&host->phy);
    if (!attached && host->full_speed)
        usb_host_fail(host, "The device took its pull-up off D+.");
    else if (!attached)
        usb_host_fail(host, "The device left high speed (Function Control %02Xh).",
                      host->phy.function_control);
    return attached;
}

static void start_frame(struct usb_host *host)
{
    if (!usb_host_attached(host))
        return;
    uint8_t packet[USB_TOKEN_SIZE];
    size_t length =
        usb_start_of_frame(packet, (uint16_t)(host->full_speed ? host->microframe : host->microframe >> 3));
    host->event = host->bus_free = usb_transmit(host, packet, length) + host->times.same_gap;
    host->next_sof += host->times.microframe;
    host->bulk_packets = 0;
    host->bulk_bytes = 0;
    host->stats.microframes++;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        struct usb_endpoint *endpoint = &host->endpoints[i];
        if (endpoint->type == USB_INTERRUPT && (host->microframe & (endpoint->interval - 1u)) == 0)
            endpoint->due = true;
    }
    host->microframe++;
}

// Room for the prepared bulk transaction in this microframe; what an IN brings is not known before.
static bool bulk_has_room(const struct usb_host *host)
{
    const struct usb_transaction *now = &host->now;
    size_t bytes = now->token == USB_PID_IN ? now->endpoint->max_packet : now->length - USB_DATA_OVERHEAD;

    size_t overhead = host->full_speed ? USB_FULL_SPEED_BULK_OVERHEAD : USB_BULK_OVERHEAD;
    size_t budget = host->full_speed ? USB_FULL_SPEED_BULK_BYTES : USB_BULK_BYTES;
    return host->bulk_packets < host->bulk_packets_max && host->bulk_bytes + overhead + bytes <= budget;
}

// The endpoint has something to do, is not waiting after NAK, and its transaction fits into this microframe.
static bool can_begin(struct usb_host *host, struct usb_endpoint *endpoint, bool alone)
{
    if (!endpoint->head)
        return false;
    // Not twice in one microframe, however fast its transfers come back: bulk would starve.
    if (endpoint->type == USB_INTERRUPT && (!endpoint->due || endpoint->polled == host->microframe))
        return false;
    if (endpoint->naked && endpoint->type != USB_INTERRUPT) {
        const struct usb_times *times = &host->times;
        uint64_t in_wait = alone ? times->in_retry_alone : times->in_retry_shared;
        uint64_t out_wait = alone ? times->out_retry_alone : times->out_retry_shared;
        uint64_t again = endpoint->nak_clock + (endpoint->address & 0x80 ? in_wait : out_wait);
        if (host->clock < again) {
            if (alone && host->event > again)
                host->event = again;
            return false;
        }
    }
    uint64_t clocks = usb_transaction_prepare(host, endpoint);
    if (host->clock + clocks + host->times.end_of_frame > host->next_sof)
        return false;
    return endpoint->type != USB_BULK || host->now.token == USB_PID_PING || bulk_has_room(host);
}

static bool begin_bulk(struct usb_host *host, bool alone)
{
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        unsigned index = (host->next_bulk + i) % USB_ENDPOINTS;
        struct usb_endpoint *endpoint = &host->endpoints[index];
        if (endpoint->type != USB_BULK || !can_begin(host, endpoint, alone))
            continue;
        host->next_bulk = index + 1;
        usb_transaction_begin(host);
        return true;
    }
    return false;
}

static void schedule(struct usb_host *host)
{
    if (host->clock >= host->next_sof) {
        start_frame(host);
        return;
    }
    host->event = host->next_sof;
    if (can_begin(host, &host->endpoints[0], true)) {
        usb_transaction_begin(host);
        return;
    }
    for (unsigned i = 1; i < USB_ENDPOINTS; i++) {
        struct usb_endpoint *endpoint = &host->endpoints[i];
        if (endpoint->type != USB_INTERRUPT || !can_begin(host, endpoint, true))
            continue;
        endpoint->due = false;
        endpoint->polled = host->microframe;
        usb_transaction_begin(host);
        return;
    }
    if (!begin_bulk(host, false))
        begin_bulk(host, true);
}

static void complete_refused(struct usb_host *host)
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

static void step(struct usb_host *host)
{
    if (host->refused)
        complete_refused(host);
    if (host->port == USB_PORT_OFF) {
        host->event = USB_NEVER;
    } else if (host->port != USB_PORT_ENABLED) {
        host->phy.tx_ready = false; // what the device was saying when the reset began: nobody listens
        usb_port_step(host);
    } else if (host->phase == USB_PHASE_READY && !host->phy.tx_ready) {
        schedule(host);
    } else {
        usb_transaction_step(host);
    }
}

static void step_if_due(struct usb_host *host)
{
    const struct usb_phy *phy = &host->phy;
    if (host->clock >= host->event || (phy->tx_ready && host->clock >= phy->tx_end))
        step(host);
}

void usb_host_clock(struct usb_host *host)
{
    host->clock++;
    step_if_due(host);
}

void usb_host_tick(struct usb_host *host, struct ulpi_pins *pins, uint64_t now)
{
    (void)now;
    struct usb_phy *phy = &host->phy;
    uint64_t clock = ++host->clock;
    bool link_quiet = (pins->data_from_link & 0xC0) == 0 && !pins->stp;
    bool quiet =
        link_quiet && phy->state == USB_PHY_IDLE && phy->line == phy->line_reported && clock < phy->rx_at;
    if (!quiet)
        usb_phy_tick(phy, pins, clock);
    step_if_due(host);
    pins->dir = phy->dir;
    pins->nxt = phy->nxt;
    pins->data_to_link = phy->data;
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
    complete_refused(host);
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
    host->was_high_speed = false;
    host->state = USB_HOST_RESETTING;
    host->port = USB_PORT_ATTACH;
    host->times.attach = US(1000); // it may still have to see that high speed is over: TWTRSTHS, 875 us
    host->port_since = host->attached = host->clock;
    host->phase = USB_PHASE_READY;
    host->phy.tx_ready = false;
    host->bus_free = host->event = host->clock;
    usb_phy_drive(&host->phy, USB_LINE_FREE);
}

uint64_t usb_host_standstill(const struct usb_host *host)
{
    uint64_t end = host->reset_begin + host->times.reset;
    bool known =
        host->port == USB_PORT_RESET && host->phy.pins && host->clock >= host->reset_begin + RESET_SEEN;
    if (host->port == USB_PORT_HUB_CHIRP) {
        known = usb_phy_high_speed(&host->phy) &&
                host->clock >= host->chirp_begin + 6 * host->times.hub_chirp_bit;
        end -= host->times.hub_chirp_end;
    }
    return known && host->clock < end ? end - host->clock : 0;
}

void usb_host_skip(struct usb_host *host, uint64_t clocks)
{
    host->clock += clocks;
}

enum usb_host_state usb_host_state(const struct usb_host *host)
{
    return host->state;
}

bool usb_host_high_speed(const struct usb_host *host)
{
    return host->port == USB_PORT_ENABLED && !host->full_speed;
}

const char *usb_host_error(const struct usb_host *host)
{
    return host->error;
}

bool usb_host_idle(const struct usb_host *host)
{
    if (host->port == USB_PORT_OFF)
        return !host->refused;
    bool there = host->state == USB_HOST_CONFIGURED || host->state == USB_HOST_ADDRESSED;
    if (!there || host->refused || host->phase != USB_PHASE_READY)
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
