// SPDX-License-Identifier: BSD-2-Clause
//
// The host's clock: start of frame each 125 us, and between two of them who may use the bus next (USB 2.0
// section 5.8.4 and 5.11): control, then interrupt endpoints that are due, then the bulk endpoints in turn. A
// transaction begins only if its worst case ends before EOF1.
#include "usb_host_internal.h"

#define US(n) ((uint64_t)(n)*USB_CLOCKS_PER_US)

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
    if (host->suspending) {
        usb_port_suspend(host);
        return;
    }
    if (host->clock >= host->next_sof) {
        start_frame(host);
        return;
    }
    host->event = host->next_sof;
    if (host->clock < host->recovered)
        return;
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

static void step(struct usb_host *host)
{
    if (host->refused)
        usb_complete_refused(host);
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
    bool quiet = link_quiet && phy->state == USB_PHY_IDLE && phy->line == phy->line_reported &&
                 clock < phy->rx_at && clock < phy->line_at;
    if (!quiet)
        usb_phy_tick(phy, pins, clock);
    step_if_due(host);
    pins->dir = phy->dir;
    pins->nxt = phy->nxt;
    pins->data_to_link = phy->data;
}
