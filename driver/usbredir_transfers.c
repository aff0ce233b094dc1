// SPDX-License-Identifier: BSD-2-Clause
//
// Bulk and interrupt transfers over usbredir.
//
// All bulk transfers go out at once; the exporter queues them. One that fails takes those behind it with it,
// there as here: weir-sim sends nothing behind a failed transfer that it had when it failed. What is
// submitted after the failure waits here until the endpoint has been cleared.
//
// Interrupt messages come unasked, from the moment that they were asked for once.
#include "usbredir_client.h"

#include <errno.h>
#include <string.h>

static enum weir_transfer_status status_of(uint8_t status)
{
    switch (status) {
    case usb_redir_success:
        return WEIR_TRANSFER_OK;
    case usb_redir_cancelled:
        return WEIR_TRANSFER_CANCELLED;
    case usb_redir_stall:
        return WEIR_TRANSFER_STALL;
    case usb_redir_babble:
        return WEIR_TRANSFER_OVERFLOW;
    default:
        return WEIR_TRANSFER_ERROR;
    }
}

// ---- transfers ----

static void finish(struct usbredir_transport *transport, struct weir_transfer *transfer,
                   enum weir_transfer_status status, size_t actual)
{
    transfer->status = status;
    transfer->actual = actual;
    queue_add(&transport->done, transfer);
}

static struct weir_transfer *land(struct usbredir_transport *transport, size_t i)
{
    struct weir_transfer *transfer = transport->flights[i].transfer;

    transport->count--;
    memmove(&transport->flights[i], &transport->flights[i + 1],
            (transport->count - i) * sizeof *transport->flights);
    return transfer;
}

static void send_bulk(struct usbredir_transport *transport, const struct flight *flight)
{
    struct weir_transfer *transfer = flight->transfer;
    bool in = transfer->endpoint == WEIR_EP_IN;
    struct usb_redir_bulk_packet_header header = {
        .endpoint = transfer->endpoint,
        .length = (uint16_t)transfer->length,
        .length_high = (uint16_t)(transfer->length >> 16),
    };

    usbredirparser_send_bulk_packet(transport->parser, flight->id, &header, in ? NULL : transfer->buffer,
                                    in ? 0 : (int)transfer->length);
}

static void on_bulk(void *context, uint64_t id, struct usb_redir_bulk_packet_header *header, uint8_t *data,
                    int data_length)
{
    struct usbredir_transport *transport = context;
    size_t length = header->length | (size_t)header->length_high << 16, i = 0;

    while (i < transport->count && (transport->flights[i].id != id || transport->flights[i].held))
        i++;
    if (i < transport->count) {
        struct weir_transfer *transfer = land(transport, i);
        bool in = transfer->endpoint == WEIR_EP_IN, *halted = &transport->halted[in];
        enum weir_transfer_status status = status_of(header->status);
        if (in)
            length = data_length > 0 ? (size_t)data_length : 0;
        if (length > transfer->length) {
            length = transfer->length;
            status = WEIR_TRANSFER_OVERFLOW;
        }
        if (in && length > 0)
            memcpy(transfer->buffer, data, length);
        finish(transport, transfer, *halted && status != WEIR_TRANSFER_OK ? WEIR_TRANSFER_CANCELLED : status,
               length);
        *halted = *halted || (status != WEIR_TRANSFER_OK && status != WEIR_TRANSFER_CANCELLED);
    }
    usbredirparser_free_packet_data(transport->parser, data);
}

static void match_news(struct usbredir_transport *transport)
{
    while (transport->news_count > 0 && transport->notify.first) {
        struct weir_transfer *transfer = queue_take(&transport->notify);
        size_t length =
            transport->news[0].length < transfer->length ? transport->news[0].length : transfer->length;
        memcpy(transfer->buffer, transport->news[0].bytes, length);
        transport->news_count--;
        memmove(transport->news, transport->news + 1, transport->news_count * sizeof *transport->news);
        finish(transport, transfer, WEIR_TRANSFER_OK, length);
    }
}

// Where there is no room, the oldest goes: each tells the whole state.
static void on_interrupt(void *context, uint64_t id, struct usb_redir_interrupt_packet_header *header,
                         uint8_t *data, int data_length)
{
    struct usbredir_transport *transport = context;

    (void)id;
    if (header->endpoint == WEIR_EP_NOTIFY && data_length > 0 && header->status == usb_redir_success) {
        if (transport->news_count == NEWS_MAX)
            memmove(transport->news, transport->news + 1, --transport->news_count * sizeof *transport->news);
        struct news *news = &transport->news[transport->news_count++];
        news->length = (size_t)data_length < sizeof news->bytes ? (size_t)data_length : sizeof news->bytes;
        memcpy(news->bytes, data, news->length);
        match_news(transport);
    }
    usbredirparser_free_packet_data(transport->parser, data);
}

int usbredir_submit(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct usbredir_transport *transport = usbredir_self(base);

    if (transport->gone)
        return -ENODEV;
    transfer->actual = 0;
    if (transfer->endpoint == WEIR_EP_NOTIFY) {
        queue_add(&transport->notify, transfer);
        match_news(transport);
        return 0;
    }
    if (transport->count == FLIGHTS_MAX)
        return -EBUSY;
    struct flight *flight = &transport->flights[transport->count++];
    *flight = (struct flight){.id = ++transport->last_id,
                              .transfer = transfer,
                              .held = transport->halted[transfer->endpoint == WEIR_EP_IN]};
    if (!flight->held)
        send_bulk(transport, flight);
    return 0;
}

void usbredir_cancel(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct usbredir_transport *transport = usbredir_self(base);

    if (transfer->endpoint == WEIR_EP_NOTIFY) {
        if (queue_remove(&transport->notify, transfer))
            finish(transport, transfer, WEIR_TRANSFER_CANCELLED, 0);
        return;
    }
    for (size_t i = 0; i < transport->count; i++) {
        if (transport->flights[i].transfer != transfer)
            continue;
        if (transport->flights[i].held)
            finish(transport, land(transport, i), WEIR_TRANSFER_CANCELLED, 0);
        else
            usbredirparser_send_cancel_data_packet(transport->parser, transport->flights[i].id);
        return;
    }
}

void usbredir_release(struct usbredir_transport *transport, uint8_t endpoint)
{
    if (endpoint != WEIR_EP_IN && endpoint != WEIR_EP_OUT)
        return;
    transport->halted[endpoint == WEIR_EP_IN] = false;
    for (size_t i = 0; i < transport->count; i++) {
        struct flight *flight = &transport->flights[i];
        if (!flight->held || flight->transfer->endpoint != endpoint)
            continue;
        flight->held = false;
        send_bulk(transport, flight);
    }
}

void usbredir_finish_all(struct usbredir_transport *transport, enum weir_transfer_status status)
{
    struct weir_transfer *transfer;

    while (transport->count > 0)
        finish(transport, land(transport, 0), status, 0);
    while ((transfer = queue_take(&transport->notify)) != NULL)
        finish(transport, transfer, status, 0);
}

bool usbredir_tell(struct usbredir_transport *transport)
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

void usbredir_set_transfer_callbacks(struct usbredirparser *parser)
{
    parser->bulk_packet_func = on_bulk;
    parser->interrupt_packet_func = on_interrupt;
}
