// SPDX-License-Identifier: BSD-2-Clause
//
// The endpoints' queues: requests wait, run (libusb has them), have ended, and go in this order to `done`.
//
//      submit ──► waiting ── start ──► running ── on_usb_complete ──► ended ── in order ──► done
//                    ▲                    │
//                    └── a part of OUT ◄──┘
//
// Memory. Linux gives all USB transfers of all programs 16 MB together (usbcore.usbfs_memory_mb). When libusb
// says that there is none, the endpoint makes do with half of what it has running, and when nothing is
// running, with OUT transfers in halves. What can still not be started waits until a transfer ends, or a
// moment has passed.
//
// After a failure the endpoint is halted: what waits ends at once, what runs is called back from libusb.
#include "transport_libusb.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir_link.h"

#define SMALLEST_CHUNK 512 // bytes, one packet at high speed, a whole number of them at full speed

struct usb_endpoint *usb_queue_endpoint(struct libusb_transport *transport, uint8_t address)
{
    return &transport->endpoint[address == WEIR_EP_OUT  ? USB_OUT
                                : address == WEIR_EP_IN ? USB_IN
                                                        : USB_NOTIFY];
}

static void ring(struct libusb_transport *transport)
{
    uint64_t one = 1;

    if (!transport->rung)
        transport->rung = write(transport->bell, &one, sizeof one) == sizeof one;
}

static void set_gone(struct libusb_transport *transport)
{
    transport->gone = true;
    pthread_cond_broadcast(&transport->change);
    ring(transport);
}

static void end(struct usb_request *request, enum weir_transfer_status status)
{
    request->ended = true;
    request->transfer->status = status;
}

static void harvest(struct usb_endpoint *endpoint)
{
    struct libusb_transport *transport = endpoint->owner;
    struct usb_request *request;

    while ((request = endpoint->first) != NULL && request->ended) {
        endpoint->first = request->next;
        if (!endpoint->first)
            endpoint->last = &endpoint->first;
        request->next = NULL;
        *transport->done_last = request;
        transport->done_last = &request->next;
        ring(transport);
    }
}

static void recall(struct usb_request *request)
{
    if (request->ended)
        return;
    request->recalled = true;
    if (request->running)
        libusb_cancel_transfer(request->usb); // NOT_FOUND: it has ended, and its callback comes
    else
        end(request, WEIR_TRANSFER_CANCELLED);
}

static void recall_all(struct usb_endpoint *endpoint)
{
    for (struct usb_request *each = endpoint->first; each; each = each->next)
        recall(each);
}

static void LIBUSB_CALL on_usb_complete(struct libusb_transfer *usb);

// Gives libusb the next part of a request. 0, or libusb's error.
static int start(struct usb_request *request)
{
    struct usb_endpoint *endpoint = request->endpoint;
    struct weir_transfer *transfer = request->transfer;
    size_t rest = transfer->length - transfer->actual;
    size_t size = transfer->endpoint == WEIR_EP_OUT && rest > endpoint->chunk ? endpoint->chunk : rest;
    libusb_device_handle *handle = endpoint->owner->card.handle;

    if (transfer->endpoint == WEIR_EP_NOTIFY)
        libusb_fill_interrupt_transfer(request->usb, handle, transfer->endpoint, transfer->buffer, (int)size,
                                       on_usb_complete, request, 0);
    else
        libusb_fill_bulk_transfer(request->usb, handle, transfer->endpoint,
                                  transfer->buffer + transfer->actual, (int)size, on_usb_complete, request,
                                  0);
    int failed = libusb_submit_transfer(request->usb);
    if (!failed) {
        request->running = request->started = true;
        endpoint->running++;
    }
    return failed;
}

// Makes do with less. False when it cannot.
static bool economise(const struct usb_request *request)
{
    struct usb_endpoint *endpoint = request->endpoint;
    size_t half = request->usb->length > 0 ? (size_t)request->usb->length / 2 : 0;

    if (endpoint->running > 0) {
        endpoint->limit = endpoint->running > 1 ? endpoint->running / 2 : 1;
        return true;
    }
    if (request->transfer->endpoint != WEIR_EP_OUT || half < SMALLEST_CHUNK)
        return false;
    endpoint->chunk = half - half % SMALLEST_CHUNK;
    return true;
}

// A request that cannot be started ends, and what stands behind it too.
static void fail_from(struct usb_request *request, int failed)
{
    if (failed == LIBUSB_ERROR_NO_DEVICE) {
        set_gone(request->endpoint->owner);
        end(request, WEIR_TRANSFER_NO_DEVICE);
        return;
    }
    request->endpoint->halted = true;
    end(request, WEIR_TRANSFER_ERROR);
    recall_all(request->endpoint);
}

// Starts a request, with less memory where that helps. 0, or libusb's error.
static int try_start(struct usb_request *request)
{
    int failed;

    do {
        failed = start(request);
    } while (failed == LIBUSB_ERROR_NO_MEM && economise(request) && request->endpoint->running == 0);
    return failed;
}

// Starts what may be started. A request in parts goes alone, for nothing may overtake its parts.
static void pump(struct usb_endpoint *endpoint)
{
    struct usb_request *each = endpoint->first;

    while (each && !endpoint->halted && endpoint->running < endpoint->limit) {
        bool part = each->transfer->length - each->transfer->actual > endpoint->chunk || each->started;
        if (each->running || each->ended) {
            if (each->running && (size_t)each->usb->length < each->transfer->length)
                return;
            each = each->next;
            continue;
        }
        if (part && endpoint->running > 0)
            return;
        int failed = try_start(each);
        if (failed == LIBUSB_ERROR_NO_MEM) {
            endpoint->owner->starving = true;
            return;
        }
        if (failed)
            fail_from(each, failed);
    }
}

static void pump_all(struct libusb_transport *transport)
{
    transport->starving = false;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        pump(&transport->endpoint[i]);
        harvest(&transport->endpoint[i]);
    }
}

void usb_queue_retry(struct libusb_transport *transport)
{
    if (transport->starving && !transport->closing && !transport->gone)
        pump_all(transport);
}

static enum weir_transfer_status status_of(enum libusb_transfer_status status)
{
    switch (status) {
    case LIBUSB_TRANSFER_COMPLETED:
        return WEIR_TRANSFER_OK;
    case LIBUSB_TRANSFER_STALL:
        return WEIR_TRANSFER_STALL;
    case LIBUSB_TRANSFER_OVERFLOW:
        return WEIR_TRANSFER_OVERFLOW;
    case LIBUSB_TRANSFER_CANCELLED:
        return WEIR_TRANSFER_CANCELLED;
    case LIBUSB_TRANSFER_NO_DEVICE:
        return WEIR_TRANSFER_NO_DEVICE;
    default:
        return WEIR_TRANSFER_ERROR;
    }
}

static void LIBUSB_CALL on_usb_complete(struct libusb_transfer *usb)
{
    struct usb_request *request = usb->user_data;
    struct usb_endpoint *endpoint = request->endpoint;
    struct libusb_transport *transport = endpoint->owner;
    enum weir_transfer_status status = status_of(usb->status);

    pthread_mutex_lock(&transport->lock);
    request->running = false;
    endpoint->running--;
    request->transfer->actual += (size_t)usb->actual_length;
    bool more =
        request->transfer->endpoint == WEIR_EP_OUT && request->transfer->actual < request->transfer->length;
    if (status != WEIR_TRANSFER_OK || !more)
        end(request, status);
    else if (request->recalled)
        end(request, WEIR_TRANSFER_CANCELLED);
    if (status == WEIR_TRANSFER_NO_DEVICE) {
        set_gone(transport);
    } else if (status != WEIR_TRANSFER_OK && status != WEIR_TRANSFER_CANCELLED) {
        endpoint->halted = true;
        recall_all(endpoint);
    }
    pump_all(transport);
    pthread_cond_broadcast(&transport->change);
    pthread_mutex_unlock(&transport->lock);
}

// ---- The transport's side ----

static struct usb_request *new_request(struct libusb_transport *transport)
{
    struct usb_request *request = transport->idle;

    if (request) {
        transport->idle = request->next;
        return request;
    }
    request = calloc(1, sizeof *request);
    if (request)
        request->usb = libusb_alloc_transfer(0);
    if (request && !request->usb) {
        free(request);
        request = NULL;
    }
    return request;
}

static void put_back(struct libusb_transport *transport, struct usb_request *request)
{
    request->next = transport->idle;
    transport->idle = request;
}

static unsigned bulk_running(const struct libusb_transport *transport)
{
    return transport->endpoint[USB_OUT].running + transport->endpoint[USB_IN].running;
}

static int submit_error(struct libusb_transport *transport, int failed)
{
    if (failed == LIBUSB_ERROR_NO_DEVICE)
        set_gone(transport);
    return failed == LIBUSB_ERROR_NO_DEVICE ? -ENODEV : failed == LIBUSB_ERROR_NO_MEM ? -ENOMEM : -EIO;
}

int usb_queue_submit(struct libusb_transport *transport, struct weir_transfer *transfer)
{
    struct usb_endpoint *endpoint = usb_queue_endpoint(transport, transfer->endpoint);

    if (transport->gone || transport->closing)
        return -ENODEV;
    if (endpoint->halted)
        return -EPIPE;
    struct usb_request *request = new_request(transport);
    if (!request)
        return -ENOMEM;
    *request = (struct usb_request){.transfer = transfer, .usb = request->usb, .endpoint = endpoint};
    transfer->actual = 0;
    transfer->transport_private = request;
    if (!endpoint->first) { // the caller hears at once that it cannot be
        int failed = try_start(request);
        bool wait = failed == LIBUSB_ERROR_NO_MEM && bulk_running(transport) > 0;
        if (failed && !wait) {
            put_back(transport, request);
            return submit_error(transport, failed);
        }
    }
    *endpoint->last = request;
    endpoint->last = &request->next;
    pump(endpoint);
    harvest(endpoint);
    return 0;
}

void usb_queue_cancel(struct libusb_transport *transport, struct weir_transfer *transfer)
{
    struct usb_endpoint *endpoint = usb_queue_endpoint(transport, transfer->endpoint);

    for (struct usb_request *each = endpoint->first; each; each = each->next) {
        if (each->transfer == transfer)
            recall(each);
    }
    harvest(endpoint);
}

void usb_queue_cancel_all(struct libusb_transport *transport)
{
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        recall_all(&transport->endpoint[i]);
        harvest(&transport->endpoint[i]);
    }
}

void usb_queue_unhalt(struct libusb_transport *transport)
{
    for (unsigned i = 0; i < USB_ENDPOINTS; i++)
        transport->endpoint[i].halted = false;
}

unsigned usb_queue_running(const struct libusb_transport *transport)
{
    unsigned running = 0;

    for (unsigned i = 0; i < USB_ENDPOINTS; i++)
        running += transport->endpoint[i].running;
    return running;
}

struct weir_transfer *usb_queue_take_done(struct libusb_transport *transport)
{
    struct usb_request *request = transport->done;

    if (!request)
        return NULL;
    transport->done = request->next;
    if (!transport->done)
        transport->done_last = &transport->done;
    put_back(transport, request);
    return request->transfer;
}

void usb_queue_init(struct libusb_transport *transport)
{
    transport->done_last = &transport->done;
    for (unsigned i = 0; i < USB_ENDPOINTS; i++) {
        struct usb_endpoint *endpoint = &transport->endpoint[i];
        *endpoint = (struct usb_endpoint){.owner = transport, .limit = UINT_MAX, .chunk = SIZE_MAX};
        endpoint->last = &endpoint->first;
    }
}

void usb_queue_free(struct libusb_transport *transport)
{
    struct usb_request *request;

    while ((request = transport->idle) != NULL) {
        transport->idle = request->next;
        libusb_free_transfer(request->usb);
        free(request);
    }
}
