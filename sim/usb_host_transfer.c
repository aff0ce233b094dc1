// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers: the queue of each endpoint, and what each answer of the device means to the transfer at its
// head. Toggles are as in USB 2.0 section 8.6, PING and NYET as in 8.5.1, control stages as in 8.5.3; three
// errors in a row end a transfer.
#include "usb_host_internal.h"

#include <string.h>

#define ERRORS_ALLOWED 3
#define REQUEST_IN 0x80
// bmRequestType and bRequest of section 9.4 requests that set toggles back.
#define CLEAR_FEATURE_ENDPOINT 0x0102
#define SET_CONFIGURATION 0x0900
#define SET_INTERFACE 0x0B01

static unsigned word(const uint8_t *bytes)
{
    return (unsigned)(bytes[0] | bytes[1] << 8);
}

static bool request_in(const struct weir_usb_transfer *transfer)
{
    return (transfer->setup[0] & REQUEST_IN) != 0;
}

// Bytes that the stage of the transfer at the head may move in all.
static size_t stage_length(const struct usb_endpoint *endpoint)
{
    const struct weir_usb_transfer *transfer = endpoint->head;
    if (endpoint->type != USB_CONTROL)
        return transfer->length;
    if (endpoint->stage == USB_STAGE_STATUS)
        return transfer->actual;
    size_t asked = word(transfer->setup + 6);
    return asked < transfer->length ? asked : transfer->length;
}

enum usb_pid usb_next_token(const struct usb_endpoint *endpoint)
{
    bool in = (endpoint->address & 0x80) != 0;
    if (endpoint->type == USB_CONTROL) {
        if (endpoint->stage == USB_STAGE_SETUP)
            return USB_PID_SETUP;
        bool status = endpoint->stage == USB_STAGE_STATUS;
        bool no_data = word(endpoint->head->setup + 6) == 0;
        in = status ? no_data || !request_in(endpoint->head) : request_in(endpoint->head);
    }
    if (in)
        return USB_PID_IN;
    return endpoint->ping ? USB_PID_PING : USB_PID_OUT;
}

size_t usb_next_packet(const struct usb_endpoint *endpoint, uint8_t packet[USB_PACKET_MAX])
{
    const struct weir_usb_transfer *transfer = endpoint->head;
    if (endpoint->type == USB_CONTROL && endpoint->stage == USB_STAGE_SETUP)
        return usb_data_packet(packet, false, transfer->setup, sizeof transfer->setup);
    size_t left = stage_length(endpoint) - transfer->actual;
    size_t length = left < endpoint->max_packet ? left : endpoint->max_packet;
    return usb_data_packet(packet, endpoint->toggle, length ? transfer->buffer + transfer->actual : NULL,
                           length);
}

static void reset_toggle(struct usb_endpoint *endpoint)
{
    endpoint->toggle = endpoint->ping = endpoint->naked = false;
    endpoint->errors = 0;
}

// What the device has done with a request, the host does too.
static void control_succeeded(struct usb_host *host, const struct weir_usb_transfer *transfer)
{
    unsigned request = word(transfer->setup), value = word(transfer->setup + 2),
             index = word(transfer->setup + 4);
    struct usb_endpoint *cleared = &host->endpoints[(index & 15) | (index & 0x80) >> 3];
    if (request == CLEAR_FEATURE_ENDPOINT && value == 0 && (index & 15) != 0 && cleared->present)
        reset_toggle(cleared);
    else if (request == SET_CONFIGURATION)
        usb_configured(host, (uint8_t)value);
    else if (request == SET_INTERFACE)
        usb_interface_set(host, (uint8_t)index, (uint8_t)value);
}

// Whoever runs the simulation lets time stand still while nothing moves, and with it the polling: so what a
// request has brought about is asked for at once, as section 5.7.4 allows.
static void poll_interrupts(struct usb_host *host)
{
    for (unsigned i = 1; i < USB_ENDPOINTS; i++) {
        struct usb_endpoint *endpoint = &host->endpoints[i];
        if (endpoint->type == USB_INTERRUPT && endpoint->head) {
            endpoint->due = true;
            endpoint->naked = false;
        }
    }
}

static void unlink_head(struct usb_endpoint *endpoint)
{
    endpoint->head = endpoint->head->next;
    if (!endpoint->head)
        endpoint->tail = NULL;
    endpoint->stage = USB_STAGE_SETUP;
    endpoint->errors = 0;
}

void usb_complete(struct usb_host *host, struct usb_endpoint *endpoint, enum weir_usb_status status)
{
    struct weir_usb_transfer *transfer = endpoint->head;
    unlink_head(endpoint);
    if (endpoint->type == USB_CONTROL && status == WEIR_USB_OK) {
        control_succeeded(host, transfer);
        poll_interrupts(host);
    }
    transfer->next = NULL;
    transfer->status = status;
    host->completed++;
    transfer->complete(transfer);
}

void usb_enqueue(struct usb_host *host, struct usb_endpoint *endpoint, struct weir_usb_transfer *transfer)
{
    transfer->next = NULL;
    transfer->actual = 0;
    if (endpoint->tail) {
        endpoint->tail->next = transfer;
    } else {
        endpoint->head = transfer;
        endpoint->naked = false;
        endpoint->due = true;
    }
    endpoint->tail = transfer;
    if (host->phase == USB_PHASE_READY && host->event > host->bus_free)
        host->event = host->bus_free;
}

bool usb_remove(struct usb_host *host, struct usb_endpoint *endpoint, struct weir_usb_transfer *transfer)
{
    if (endpoint->head == transfer) {
        if (host->phase != USB_PHASE_READY && host->now.endpoint == endpoint)
            host->now.cancelled = true;
        unlink_head(endpoint);
        return true;
    }
    for (struct weir_usb_transfer *before = endpoint->head; before; before = before->next) {
        if (before->next != transfer)
            continue;
        before->next = transfer->next;
        if (endpoint->tail == transfer)
            endpoint->tail = before;
        return true;
    }
    return false;
}

// ---- answers ----

static void next_stage(struct usb_endpoint *endpoint)
{
    bool data = endpoint->stage == USB_STAGE_SETUP && stage_length(endpoint) > 0;
    endpoint->stage = data ? USB_STAGE_DATA : USB_STAGE_STATUS;
    endpoint->toggle = true;
}

// The device has taken the packet of an OUT or SETUP transaction.
static void sent(struct usb_host *host)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    endpoint->toggle = !endpoint->toggle;
    if (endpoint->type == USB_BULK)
        host->stats.out_packets++;
    if (host->now.cancelled)
        return;
    if (host->now.token == USB_PID_SETUP) {
        endpoint->ping = false;
        next_stage(endpoint);
        return;
    }
    endpoint->head->actual += host->now.length - USB_DATA_OVERHEAD;
    if (endpoint->type == USB_CONTROL && endpoint->stage == USB_STAGE_DATA) {
        if (endpoint->head->actual == stage_length(endpoint))
            next_stage(endpoint);
    } else if (endpoint->head->actual == stage_length(endpoint)) {
        usb_complete(host, endpoint, WEIR_USB_OK);
    }
}

// There is no PING at full speed, and never for interrupt endpoints.
static bool asks(const struct usb_host *host, const struct usb_endpoint *endpoint)
{
    return !host->full_speed && endpoint->type != USB_INTERRUPT;
}

static void refused(struct usb_host *host)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    endpoint->naked = true;
    endpoint->nak_clock = host->clock;
    endpoint->ping = asks(host, endpoint) && host->now.token != USB_PID_IN;
    if (endpoint->type != USB_BULK)
        return;
    if (host->now.token == USB_PID_IN)
        host->stats.in_naks++;
    else
        host->stats.out_naks++;
}

void usb_handshake(struct usb_host *host, uint8_t pid)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    enum usb_pid token = host->now.token;
    bool out = token == USB_PID_OUT;
    if (pid == USB_PID_ACK && token == USB_PID_PING) {
        endpoint->ping = endpoint->naked = false;
    } else if ((pid == USB_PID_ACK && (out || token == USB_PID_SETUP)) ||
               (pid == USB_PID_NYET && out && !host->full_speed)) {
        endpoint->naked = false;
        endpoint->ping = pid == USB_PID_NYET && asks(host, endpoint);
        if (pid == USB_PID_NYET && endpoint->type == USB_BULK)
            host->stats.out_nyets++;
        endpoint->errors = 0;
        sent(host);
        return;
    } else if (pid == USB_PID_NAK && token != USB_PID_SETUP) {
        refused(host);
    } else if (pid == USB_PID_STALL && token != USB_PID_SETUP) {
        endpoint->naked = endpoint->ping = false;
        if (!host->now.cancelled)
            usb_complete(host, endpoint, WEIR_USB_STALL);
    } else {
        usb_no_answer(host);
        return;
    }
    endpoint->errors = 0;
}

bool usb_data_in(struct usb_host *host, const uint8_t *packet, size_t length)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    bool data = packet[0] == USB_PID_DATA0 || packet[0] == USB_PID_DATA1;
    bool babble = length > (size_t)endpoint->max_packet + USB_DATA_OVERHEAD;
    if (host->now.token != USB_PID_IN || (!babble && !(data && usb_data_packet_valid(packet, length)))) {
        usb_no_answer(host);
        return false;
    }
    if (host->now.cancelled) // unacknowledged, it comes again for the next transfer
        return false;
    endpoint->errors = 0;
    endpoint->naked = false;
    if (!babble && (packet[0] == USB_PID_DATA1) != endpoint->toggle)
        return true; // once more: our ACK was lost
    struct weir_usb_transfer *transfer = endpoint->head;
    size_t payload = length - USB_DATA_OVERHEAD, limit = stage_length(endpoint);
    if (babble || payload > limit - transfer->actual) {
        usb_complete(host, endpoint, WEIR_USB_OVERFLOW);
        return false;
    }
    if (payload > 0)
        memcpy(transfer->buffer + transfer->actual, packet + 1, payload);
    transfer->actual += payload;
    endpoint->toggle = !endpoint->toggle;
    if (endpoint->type == USB_BULK)
        host->stats.in_packets++;
    host->now.finished = payload < endpoint->max_packet || transfer->actual == limit;
    return true;
}

void usb_acknowledged(struct usb_host *host)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    if (!host->now.finished || host->now.cancelled)
        return;
    if (endpoint->type == USB_CONTROL && endpoint->stage == USB_STAGE_DATA)
        next_stage(endpoint);
    else
        usb_complete(host, endpoint, WEIR_USB_OK);
}

void usb_no_answer(struct usb_host *host)
{
    struct usb_endpoint *endpoint = host->now.endpoint;
    host->stats.retries++;
    if (host->now.token == USB_PID_OUT && asks(host, endpoint))
        endpoint->ping = true;
    if (!usb_host_attached(host) || host->now.cancelled || ++endpoint->errors < ERRORS_ALLOWED)
        return;
    usb_complete(host, endpoint, WEIR_USB_ERROR);
}
