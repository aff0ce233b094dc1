// SPDX-License-Identifier: BSD-2-Clause
#include "fake_transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET 512

static struct fake_transport *self(const struct weir_transport *transport)
{
    return (struct fake_transport *)transport;
}

static struct fake_endpoint *endpoint_of(struct fake_transport *fake, uint8_t address)
{
    return address == WEIR_EP_OUT ? &fake->out : address == WEIR_EP_IN ? &fake->in : &fake->notify;
}

static weir_time fake_now(const struct weir_transport *transport)
{
    return self(transport)->now;
}

static void end_first(struct fake_transport *fake, struct fake_endpoint *endpoint,
                      enum weir_transfer_status status)
{
    struct weir_transfer *transfer = endpoint->first;

    endpoint->first = transfer->transport_private;
    if (!endpoint->first)
        endpoint->last = &endpoint->first;
    transfer->status = status;
    fake->completions++;
    transfer->complete(transfer);
}

// Ends what is queued now; what `complete` submits again stays.
static void end_all(struct fake_transport *fake, struct fake_endpoint *endpoint,
                    enum weir_transfer_status status)
{
    unsigned count = 0;

    for (struct weir_transfer *t = endpoint->first; t; t = t->transport_private)
        count++;
    while (count-- > 0)
        end_first(fake, endpoint, status);
}

static void halt(struct fake_transport *fake, struct fake_endpoint *endpoint,
                 enum weir_transfer_status status)
{
    endpoint->halted = true;
    end_first(fake, endpoint, status);
    end_all(fake, endpoint, WEIR_TRANSFER_CANCELLED);
}

static enum fake_fault draw(struct fake_transport *fake, uint8_t endpoint)
{
    return fake->fault ? fake->fault(fake->fault_context, endpoint) : FAKE_FINE;
}

// One OUT transaction. False when there is nothing to do.
static bool step_out(struct fake_transport *fake)
{
    struct fake_endpoint *endpoint = &fake->out;
    struct weir_transfer *transfer = endpoint->first;

    if (!transfer || fake->hold_out || endpoint->halted)
        return false;
    size_t rest = transfer->length - transfer->actual;
    size_t size = rest < PACKET ? rest : PACKET;
    enum fake_fault fault = draw(fake, WEIR_EP_OUT);
    if (fault == FAKE_DEAD || fault == FAKE_STALL) {
        halt(fake, endpoint, fault == FAKE_DEAD ? WEIR_TRANSFER_ERROR : WEIR_TRANSFER_STALL);
        return true;
    }
    if (endpoint->host_toggle == endpoint->card_toggle) {
        fake_card_out_packet(&fake->card, size ? transfer->buffer + transfer->actual : NULL, size);
        endpoint->card_toggle = !endpoint->card_toggle;
    } else {
        fake->card.counters[WEIR_CNT_USB_OUT_DUPLICATE]++;
    }
    if (fault == FAKE_HANDSHAKE_LOST)
        return true;
    endpoint->host_toggle = !endpoint->host_toggle;
    transfer->actual += size;
    if (transfer->actual == transfer->length)
        end_first(fake, endpoint, WEIR_TRANSFER_OK);
    return true;
}

static bool card_has_in(struct fake_transport *fake)
{
    if (!fake->in_active) {
        fake->in_length = fake_card_in_transfer(&fake->card, fake->in_transfer);
        fake->in_at = 0;
        fake->in_active = fake->in_length > 0;
    }
    return fake->in_active;
}

// The card learns that the host has its packet.
static void card_in_acknowledged(struct fake_transport *fake, size_t size)
{
    fake->card.counters[WEIR_CNT_USB_IN_PACKETS]++;
    fake->in.card_toggle = !fake->in.card_toggle;
    fake->in_at += size;
    fake->in_active = size == PACKET;
}

static bool step_in(struct fake_transport *fake)
{
    struct fake_endpoint *endpoint = &fake->in;
    struct weir_transfer *transfer = endpoint->first;

    if (!transfer || endpoint->halted || !card_has_in(fake))
        return false;
    size_t rest = fake->in_length - fake->in_at;
    size_t size = rest < PACKET ? rest : PACKET;
    enum fake_fault fault = draw(fake, WEIR_EP_IN);
    if (fault == FAKE_DEAD || fault == FAKE_STALL) {
        halt(fake, endpoint, fault == FAKE_DEAD ? WEIR_TRANSFER_ERROR : WEIR_TRANSFER_STALL);
        return true;
    }
    bool fresh = endpoint->host_toggle == endpoint->card_toggle;
    if (fresh) {
        memcpy(transfer->buffer + transfer->actual, fake->in_transfer + fake->in_at, size);
        transfer->actual += size;
        endpoint->host_toggle = !endpoint->host_toggle;
    }
    if (fault != FAKE_HANDSHAKE_LOST)
        card_in_acknowledged(fake, size);
    if (fresh && (size < PACKET || transfer->actual == transfer->length))
        end_first(fake, endpoint, WEIR_TRANSFER_OK);
    return true;
}

static bool step_notify(struct fake_transport *fake)
{
    struct weir_transfer *transfer = fake->notify.first;

    if (!transfer || fake->notify.halted || fake->notify_link == fake->card.link)
        return false;
    enum fake_fault fault = draw(fake, WEIR_EP_NOTIFY);
    fake->notify_link = (uint8_t)fake->card.link;
    if (fault != FAKE_FINE) {
        halt(fake, &fake->notify, fault == FAKE_STALL ? WEIR_TRANSFER_STALL : WEIR_TRANSFER_ERROR);
        return true;
    }
    memset(transfer->buffer, 0, WEIR_NOTIFY_SIZE);
    transfer->buffer[0] = fake->notify_link;
    transfer->actual = WEIR_NOTIFY_SIZE;
    end_first(fake, &fake->notify, WEIR_TRANSFER_OK);
    return true;
}

// Looks at what is watched; nothing moves any more, so time jumps to the deadline.
static int look(struct fake_transport *fake, weir_time deadline)
{
    int ready = fake->watched_count > 0 ? poll(fake->watched, fake->watched_count, 0) : 0;

    if (ready == 0 && fake->completions == 0 && deadline != WEIR_TIME_NEVER)
        fake->now = deadline;
    return ready < 0 ? -errno : 0;
}

static int fake_poll(struct weir_transport *transport, weir_time deadline)
{
    struct fake_transport *fake = self(transport);

    fake->completions = 0;
    if (fake->unplugged) {
        end_all(fake, &fake->out, WEIR_TRANSFER_NO_DEVICE);
        end_all(fake, &fake->in, WEIR_TRANSFER_NO_DEVICE);
        end_all(fake, &fake->notify, WEIR_TRANSFER_NO_DEVICE);
        return -ENODEV;
    }
    while (step_out(fake) || step_in(fake) || step_notify(fake)) {
    }
    return look(fake, deadline);
}

static int fake_control(struct weir_transport *transport, uint8_t type, uint8_t request, uint16_t value,
                        uint16_t index, uint8_t *data, uint16_t length)
{
    struct fake_transport *fake = self(transport);

    (void)value;
    if (fake->unplugged)
        return -ENODEV;
    if (fake->control_errors > 0) {
        fake->control_errors--;
        return -EIO;
    }
    if (type == 0x02 && request == 1) {
        struct fake_endpoint *endpoint = endpoint_of(fake, (uint8_t)index);
        endpoint->halted = endpoint->host_toggle = endpoint->card_toggle = false;
    }
    return fake_card_control(&fake->card, type, request, index, data, length);
}

static int fake_submit(struct weir_transport *transport, struct weir_transfer *transfer)
{
    struct fake_transport *fake = self(transport);
    struct fake_endpoint *endpoint = endpoint_of(fake, transfer->endpoint);

    if (fake->unplugged)
        return -ENODEV;
    if (endpoint->halted) {
        fprintf(stderr, "a transfer was submitted to a halted endpoint\n");
        abort();
    }
    transfer->actual = 0;
    transfer->transport_private = NULL;
    *endpoint->last = transfer;
    endpoint->last = (struct weir_transfer **)&transfer->transport_private;
    return 0;
}

static void fake_cancel(struct weir_transport *transport, struct weir_transfer *transfer)
{
    (void)transport, (void)transfer;
}

static void fake_watch(struct weir_transport *transport, struct pollfd *fds, size_t count)
{
    self(transport)->watched = fds;
    self(transport)->watched_count = count;
}

static void fake_interface_id(const struct weir_transport *transport, uint8_t id[3])
{
    memcpy(id, self(transport)->id, 3);
}

static void fake_close(struct weir_transport *transport)
{
    struct fake_transport *fake = self(transport);

    fake->unplugged = true;
    end_all(fake, &fake->out, WEIR_TRANSFER_CANCELLED);
    end_all(fake, &fake->in, WEIR_TRANSFER_CANCELLED);
    end_all(fake, &fake->notify, WEIR_TRANSFER_CANCELLED);
    if (fake->closed)
        ++*fake->closed;
    free(fake);
}

struct fake_transport *fake_transport_create(void)
{
    static const struct weir_transport_ops ops = {
        .control = fake_control,
        .submit = fake_submit,
        .cancel = fake_cancel,
        .poll = fake_poll,
        .watch = fake_watch,
        .now = fake_now,
        .interface_id = fake_interface_id,
        .close = fake_close,
    };
    struct fake_transport *fake = calloc(1, sizeof *fake);

    if (!fake)
        abort();
    fake->base.ops = &ops;
    fake_card_init(&fake->card);
    memcpy(fake->id, (uint8_t[]){WEIR_INTERFACE_CLASS, WEIR_INTERFACE_SUBCLASS, WEIR_VERSION_MAJOR}, 3);
    fake->out.last = &fake->out.first;
    fake->in.last = &fake->in.first;
    fake->notify.last = &fake->notify.first;
    fake->notify_link = (uint8_t)fake->card.link;
    return fake;
}
