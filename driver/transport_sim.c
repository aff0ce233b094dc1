// SPDX-License-Identifier: BSD-2-Clause
//
// A simulated card in this process. Time is its device time: while the card has something to do it advances
// as fast as the simulation runs; while the card is idle we sleep until the wire, a watched descriptor or the
// deadline wakes us, and device time advances by the time slept.
//
// Each endpoint has its queue here and only the first transfer is the simulator's: so nothing is under way
// behind a transfer that failed, as weir_transport.h promises. It costs no device time, for the simulator
// stops when a transfer has ended.
//
// Transfers that ended wait in `done` until poll tells of them, because control transfers run the simulation
// too.
#include "transport_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_wire.h"
#include "transfer_queue.h"
#include "weir_link.h"
#include "weir_sim.h"

#define CONTROL_TIMEOUT 500000000 // ns of device time
#define WATCHED_MAX 15
#define HIGH_SPEED_PACKET 512 // bytes of a full bulk packet (USB 2.0 section 5.8.3)
#define FULL_SPEED_PACKET 64

struct endpoint {
    struct queue queue;
    struct weir_usb_transfer usb; // the first of the queue, in the simulator's hands while `busy`
    bool busy, halted;
    struct sim_transport *owner;
};

enum { OUT, IN, NOTIFY, ENDPOINTS };

struct sim_transport {
    struct weir_transport base;
    struct weir_sim *sim;
    struct sim_options options;
    struct sim_wire wire;
    struct endpoint endpoint[ENDPOINTS];
    struct queue done;
    bool gone; // the card, or we are closing
    struct pollfd *watched;
    size_t watched_count;
};

static struct sim_transport *self(const struct weir_transport *transport)
{
    return (struct sim_transport *)transport;
}

// ---- transfers ----

static struct endpoint *endpoint_of(struct sim_transport *transport, uint8_t address)
{
    return &transport->endpoint[address == WEIR_EP_OUT ? OUT : address == WEIR_EP_IN ? IN : NOTIFY];
}

static enum weir_transfer_status status_of(enum weir_usb_status status)
{
    static const enum weir_transfer_status map[] = {
        [WEIR_USB_OK] = WEIR_TRANSFER_OK,
        [WEIR_USB_STALL] = WEIR_TRANSFER_STALL,
        [WEIR_USB_ERROR] = WEIR_TRANSFER_ERROR,
        [WEIR_USB_OVERFLOW] = WEIR_TRANSFER_OVERFLOW,
        [WEIR_USB_CANCELLED] = WEIR_TRANSFER_CANCELLED,
        [WEIR_USB_NO_DEVICE] = WEIR_TRANSFER_NO_DEVICE,
    };
    return map[status];
}

static void finish(struct sim_transport *transport, struct weir_transfer *transfer,
                   enum weir_transfer_status status, size_t actual)
{
    transfer->status = status;
    transfer->actual = actual;
    queue_add(&transport->done, transfer);
}

static void finish_all(struct endpoint *endpoint, enum weir_transfer_status status)
{
    struct weir_transfer *transfer;

    while ((transfer = queue_take(&endpoint->queue)) != NULL)
        finish(endpoint->owner, transfer, status, 0);
}

static void on_usb_complete(struct weir_usb_transfer *usb)
{
    struct endpoint *endpoint = usb->context;
    struct sim_transport *transport = endpoint->owner;

    endpoint->busy = false;
    finish(transport, queue_take(&endpoint->queue), status_of(usb->status), usb->actual);
    if (usb->status == WEIR_USB_NO_DEVICE) {
        transport->gone = true;
    } else if (usb->status != WEIR_USB_OK && usb->status != WEIR_USB_CANCELLED) {
        endpoint->halted = true;
        finish_all(endpoint, WEIR_TRANSFER_CANCELLED);
    }
}

// Gives each endpoint's first transfer to the simulator.
static void start(struct sim_transport *transport)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct endpoint *endpoint = &transport->endpoint[i];
        const struct weir_transfer *first = endpoint->queue.first;
        if (!first || endpoint->busy || endpoint->halted || transport->gone)
            continue;
        endpoint->busy = true;
        endpoint->usb = (struct weir_usb_transfer){.endpoint = first->endpoint,
                                                   .buffer = first->buffer,
                                                   .length = first->length,
                                                   .complete = on_usb_complete,
                                                   .context = endpoint};
        weir_sim_submit(transport->sim, &endpoint->usb);
    }
}

static int sim_submit(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct sim_transport *transport = self(base);

    if (transport->gone)
        return -ENODEV;
    transfer->actual = 0;
    queue_add(&endpoint_of(transport, transfer->endpoint)->queue, transfer);
    return 0;
}

static void sim_cancel(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct sim_transport *transport = self(base);
    struct endpoint *endpoint = endpoint_of(transport, transfer->endpoint);

    if (endpoint->busy && endpoint->queue.first == transfer)
        weir_sim_cancel(transport->sim, &endpoint->usb);
    else if (queue_remove(&endpoint->queue, transfer))
        finish(transport, transfer, WEIR_TRANSFER_CANCELLED, 0);
}

// True when there was something to tell.
static bool tell(struct sim_transport *transport)
{
    struct queue done = transport->done;
    struct weir_transfer *transfer;

    if (!done.first)
        return false;
    queue_init(&transport->done);
    while ((transfer = queue_take(&done)) != NULL)
        transfer->complete(transfer);
    return true;
}

// ---- endpoint 0 ----

static void on_control_complete(struct weir_usb_transfer *usb)
{
    *(bool *)usb->context = true;
}

static int control_result(const struct weir_usb_transfer *usb)
{
    switch (usb->status) {
    case WEIR_USB_OK:
        return (int)usb->actual;
    case WEIR_USB_STALL:
        return -EPIPE;
    case WEIR_USB_NO_DEVICE:
        return -ENODEV;
    default:
        return -EIO;
    }
}

static int sim_control(struct weir_transport *base, uint8_t request_type, uint8_t request, uint16_t value,
                       uint16_t index, uint8_t *data, uint16_t length)
{
    struct sim_transport *transport = self(base);
    bool ended = false;
    struct weir_usb_transfer usb = {
        .setup = {request_type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index,
                  (uint8_t)(index >> 8), (uint8_t)length, (uint8_t)(length >> 8)},
        .buffer = data,
        .length = length,
        .complete = on_control_complete,
        .context = &ended,
    };
    weir_time give_up = weir_sim_now(transport->sim) + CONTROL_TIMEOUT;

    if (transport->gone)
        return -ENODEV;
    weir_sim_submit(transport->sim, &usb);
    while (!ended) {
        weir_time now = weir_sim_now(transport->sim);
        if (now >= give_up && weir_sim_cancel(transport->sim, &usb))
            break;
        start(transport);
        if (sim_wire_run(&transport->wire, transport->sim, WEIR_TIME_NEVER) && !ended) {
            struct pollfd none[1];
            sim_wire_sleep(&transport->wire, transport->sim, none, 0, give_up);
        }
    }
    int result = control_result(&usb);
    bool halt_cleared = request_type == 0x02 && request == 1 && value == 0; // CLEAR_FEATURE(ENDPOINT_HALT)
    if (halt_cleared && result >= 0)
        endpoint_of(transport, (uint8_t)index)->halted = false;
    return result;
}

// ---- time ----

// Sleeps until device time `until`, at most, or with `until` 0 only looks. The number of watched descriptors
// that are ready, or -EINTR.
static int wait_ready(struct sim_transport *transport, weir_time until)
{
    struct pollfd fds[WATCHED_MAX + 1];
    size_t count = transport->watched_count;
    int ready, watched_ready = 0;

    for (size_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = transport->watched[i].fd, .events = transport->watched[i].events};
    if (until == 0)
        ready = poll(fds, count, 0) < 0 ? -errno : 0;
    else
        ready = sim_wire_sleep(&transport->wire, transport->sim, fds, count, until);
    for (size_t i = 0; i < count; i++) {
        transport->watched[i].revents = ready >= 0 ? fds[i].revents : 0;
        watched_ready += transport->watched[i].revents != 0;
    }
    return ready < 0 ? ready : watched_ready;
}

static int sim_poll(struct weir_transport *base, weir_time deadline)
{
    struct sim_transport *transport = self(base);
    int ready = transport->watched_count > 0 ? wait_ready(transport, 0) : 0;

    if (tell(transport))
        return transport->gone ? -ENODEV : 0;
    do {
        weir_time now = weir_sim_now(transport->sim);
        if (transport->gone)
            return -ENODEV;
        if (now >= deadline)
            return 0;
        start(transport);
        bool nothing_to_do = sim_wire_run(&transport->wire, transport->sim, deadline);
        if (sim_wire_broken(&transport->wire))
            return -ENOLINK;
        if (tell(transport))
            return transport->gone ? -ENODEV : 0;
        if (ready == 0 && nothing_to_do)
            ready = wait_ready(transport, deadline);
        else if (ready == 0 && transport->watched_count > 0)
            ready = wait_ready(transport, 0);
    } while (ready == 0);
    return ready < 0 ? ready : 0;
}

static void sim_watch(struct weir_transport *base, struct pollfd *fds, size_t count)
{
    struct sim_transport *transport = self(base);

    transport->watched = fds;
    transport->watched_count = count < WATCHED_MAX ? count : WATCHED_MAX;
}

static weir_time sim_now(const struct weir_transport *base)
{
    return weir_sim_now(self(base)->sim);
}

static unsigned sim_packet_size(const struct weir_transport *base)
{
    return weir_sim_high_speed(self(base)->sim) ? HIGH_SPEED_PACKET : FULL_SPEED_PACKET;
}

// The first interface descriptor (USB 2.0 section 9.6.5); zeros when there is none.
static void sim_interface_id(const struct weir_transport *base, uint8_t id[3])
{
    size_t length;
    const uint8_t *config = weir_sim_config_descriptor(self(base)->sim, &length);

    memset(id, 0, 3);
    for (size_t at = 0; at + 9 <= length && config[at] >= 2; at += config[at]) {
        if (config[at + 1] == 4) {
            memcpy(id, config + at + 5, 3);
            return;
        }
    }
}

// ---- life ----

static void sim_close(struct weir_transport *base)
{
    struct sim_transport *transport = self(base);

    transport->gone = true;
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        if (transport->endpoint[i].busy)
            weir_sim_cancel(transport->sim, &transport->endpoint[i].usb);
        finish_all(&transport->endpoint[i], WEIR_TRANSFER_CANCELLED);
    }
    tell(transport);
    weir_sim_destroy(transport->sim);
    sim_wire_close(&transport->wire);
    free(transport);
}

static bool create_sim(struct sim_transport *transport, char *error, size_t error_size)
{
    char reason[160] = "";
    struct weir_sim_config config = {
        .wire_out = sim_wire_out,
        .wire_sent = sim_wire_sent,
        .wire_context = &transport->wire,
        .error = reason,
        .error_size = sizeof reason,
    };

    sim_options_config(&transport->options, &config);
    transport->sim = weir_sim_create(&config);
    if (!transport->sim)
        snprintf(error, error_size, "the simulated card does not start: %s",
                 *reason ? reason : strerror(errno));
    return transport->sim != NULL;
}

struct weir_transport *weir_transport_sim_open_on(const char *text, struct wire *far_end, char *error,
                                                  size_t error_size)
{
    static const struct weir_transport_ops ops = {
        .control = sim_control,
        .submit = sim_submit,
        .cancel = sim_cancel,
        .poll = sim_poll,
        .watch = sim_watch,
        .now = sim_now,
        .interface_id = sim_interface_id,
        .close = sim_close,
        .packet_size = sim_packet_size,
    };
    struct sim_transport *transport = calloc(1, sizeof *transport);

    if (!transport) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    transport->base.ops = &ops;
    queue_init(&transport->done);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        queue_init(&transport->endpoint[i].queue);
        transport->endpoint[i].owner = transport;
    }
    if (!sim_options_parse(text, &transport->options, error, error_size)) {
        free(transport);
        errno = EINVAL;
        return NULL;
    }
    if (!sim_wire_open(&transport->wire, &transport->options, far_end, error, error_size))
        goto fail;
    if (!create_sim(transport, error, error_size)) {
        sim_wire_close(&transport->wire);
        goto fail;
    }
    return &transport->base;

fail:
    free(transport);
    if (errno == EINVAL) // of some call: the options were understood
        errno = EIO;
    return NULL;
}

struct weir_transport *weir_transport_sim_open(const char *text, char *error, size_t error_size)
{
    return weir_transport_sim_open_on(text, NULL, error, error_size);
}
