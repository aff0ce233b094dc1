// SPDX-License-Identifier: BSD-2-Clause
//
// A card that somebody exports over usbredir (protocol version 0.7), such as weir-sim; libusbredirparser
// takes the protocol apart. Time is the clock on the wall, for usbredir tells no other.
//
// All transfers go out at once; the exporter queues them. One that fails takes those behind it with it, there
// as here: weir-sim sends nothing behind a failed transfer that it had when it failed. What is submitted
// after the failure waits here until the endpoint has been cleared.
#include "transport_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <usbredirparser.h>

#include "socket_address.h"
#include "transfer_queue.h"
#include "weir_link.h"

#define FLIGHTS_MAX 64
#define WATCHED_MAX 15
#define NEWS_MAX 4                           // interrupt messages that nobody has asked for yet
#define ANSWER_TIMEOUT UINT64_C(20000000000) // ns: for what the exporter does at once
#define SECOND UINT64_C(1000000000)

// A transfer that the exporter has, or, while its endpoint is halted, will have.
struct flight {
    uint64_t id; // 0: none
    struct weir_transfer *transfer;
    bool held;
};

struct news {
    uint8_t bytes[WEIR_NOTIFY_SIZE];
    size_t length;
};

// A request that is waited for.
struct request {
    uint64_t id;
    bool answered;
    uint8_t status;
    uint8_t *data;
    size_t room, actual;
};

struct usbredir_transport {
    struct weir_transport base;
    struct usbredirparser *parser;
    int fd;
    uint64_t last_id;
    struct flight flights[FLIGHTS_MAX]; // in order of submission, without gaps
    size_t count;
    bool halted[2]; // OUT, IN
    struct queue notify, done;
    struct news news[NEWS_MAX];
    size_t news_count;
    struct request request;
    uint8_t interface[3];
    bool connected, gone;
    char complaint[160]; // of the parser
    struct pollfd *watched;
    size_t watched_count;
};

static struct usbredir_transport *self(const struct weir_transport *transport)
{
    return (struct usbredir_transport *)transport;
}

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

static int usbredir_submit(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct usbredir_transport *transport = self(base);

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

static void usbredir_cancel(struct weir_transport *base, struct weir_transfer *transfer)
{
    struct usbredir_transport *transport = self(base);

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

// The endpoint has been cleared: what waited for that goes out.
static void release(struct usbredir_transport *transport, uint8_t endpoint)
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

static void finish_all(struct usbredir_transport *transport, enum weir_transfer_status status)
{
    struct weir_transfer *transfer;

    while (transport->count > 0)
        finish(transport, land(transport, 0), status, 0);
    while ((transfer = queue_take(&transport->notify)) != NULL)
        finish(transport, transfer, status, 0);
}

// True when there was something to tell.
static bool tell(struct usbredir_transport *transport)
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

// ---- the socket ----

static void lose(struct usbredir_transport *transport)
{
    transport->gone = true;
    finish_all(transport, WEIR_TRANSFER_NO_DEVICE);
}

static int on_read(void *context, uint8_t *data, int count)
{
    struct usbredir_transport *transport = context;
    ssize_t length = recv(transport->fd, data, (size_t)count, MSG_DONTWAIT);

    if (length > 0)
        return (int)length;
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    lose(transport);
    return -1;
}

static int on_write(void *context, uint8_t *data, int count)
{
    struct usbredir_transport *transport = context;
    ssize_t length = send(transport->fd, data, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (length >= 0)
        return (int)length;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    lose(transport);
    return -1;
}

static void on_log(void *context, int level, const char *message)
{
    struct usbredir_transport *transport = context;

    if (level != usbredirparser_error)
        return;
    snprintf(transport->complaint, sizeof transport->complaint, "%s", message);
    lose(transport);
}

// Writes what is to be written and reads what has come.
static void exchange(struct usbredir_transport *transport)
{
    if (!transport->gone && usbredirparser_has_data_to_write(transport->parser) > 0)
        usbredirparser_do_write(transport->parser);
    if (!transport->gone)
        usbredirparser_do_read(transport->parser); // its errors come through on_read and on_log
    if (!transport->gone && usbredirparser_has_data_to_write(transport->parser) > 0)
        usbredirparser_do_write(transport->parser);
}

static weir_time system_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (weir_time)now.tv_sec * SECOND + (weir_time)now.tv_nsec;
}

// Sleeps until the socket or a watched descriptor is ready, at the latest at `deadline`. The number of
// watched ones that are ready, or -EINTR.
static int wait_ready(struct usbredir_transport *transport, weir_time deadline)
{
    struct pollfd fds[WATCHED_MAX + 1];
    size_t count = transport->watched_count;
    weir_time now = system_now(), wait = deadline > now ? deadline - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
    bool write = usbredirparser_has_data_to_write(transport->parser) > 0;
    int watched_ready = 0;

    for (size_t i = 0; i < count; i++)
        fds[i] = transport->watched[i];
    fds[count] = (struct pollfd){.fd = transport->fd, .events = (short)(POLLIN | (write ? POLLOUT : 0))};
    int ready = ppoll(fds, count + 1, deadline == WEIR_TIME_NEVER ? NULL : &timeout, NULL);
    for (size_t i = 0; i < count; i++) {
        transport->watched[i].revents = ready > 0 ? fds[i].revents : 0;
        watched_ready += ready > 0 && fds[i].revents != 0;
    }
    return ready < 0 ? -errno : watched_ready;
}

static int usbredir_poll(struct weir_transport *base, weir_time deadline)
{
    struct usbredir_transport *transport = self(base);
    int ready = 0;

    for (;;) {
        exchange(transport);
        if (tell(transport) || transport->gone)
            return transport->gone ? -ENODEV : 0;
        if (ready != 0 || system_now() >= deadline)
            return ready < 0 ? ready : 0;
        ready = wait_ready(transport, deadline);
    }
}

static void usbredir_watch(struct weir_transport *base, struct pollfd *fds, size_t count)
{
    struct usbredir_transport *transport = self(base);

    transport->watched = fds;
    transport->watched_count = count < WATCHED_MAX ? count : WATCHED_MAX;
}

static weir_time usbredir_now(const struct weir_transport *base)
{
    (void)base;
    return system_now();
}

// ---- requests ----

// Waits until `*flag`; false when the exporter is gone or says nothing.
static bool await(struct usbredir_transport *transport, const bool *flag)
{
    weir_time deadline = system_now() + ANSWER_TIMEOUT;
    size_t watched = transport->watched_count;

    transport->watched_count = 0;
    for (;;) {
        exchange(transport);
        if (*flag || transport->gone || system_now() >= deadline)
            break;
        wait_ready(transport, deadline);
    }
    transport->watched_count = watched;
    return *flag;
}

static void begin_request(struct usbredir_transport *transport, uint8_t *data, size_t room)
{
    transport->request = (struct request){.id = ++transport->last_id, .data = data, .room = room};
}

static void answer(struct usbredir_transport *transport, uint64_t id, uint8_t status, const uint8_t *data,
                   size_t length)
{
    struct request *request = &transport->request;

    if (request->id != id || request->answered)
        return;
    request->answered = true;
    request->status = status;
    request->actual = length < request->room ? length : request->room;
    if (data && request->data)
        memcpy(request->data, data, request->actual);
}

static void on_control(void *context, uint64_t id, struct usb_redir_control_packet_header *header,
                       uint8_t *data, int data_length)
{
    struct usbredir_transport *transport = context;
    bool in = (header->requesttype & 0x80) != 0;

    answer(transport, id, header->status, data, in ? (size_t)data_length : header->length);
    usbredirparser_free_packet_data(transport->parser, data);
}

static void on_configuration_status(void *context, uint64_t id,
                                    struct usb_redir_configuration_status_header *header)
{
    answer(context, id, header->status, NULL, 0);
}

static void on_receiving_status(void *context, uint64_t id,
                                struct usb_redir_interrupt_receiving_status_header *header)
{
    answer(context, id, header->status, NULL, 0);
}

// 0 or more bytes, or a negative errno.
static int result(const struct usbredir_transport *transport)
{
    const struct request *request = &transport->request;

    if (transport->gone)
        return -ENODEV;
    if (!request->answered)
        return -EIO;
    if (request->status == usb_redir_stall)
        return -EPIPE;
    return request->status == usb_redir_success ? (int)request->actual : -EIO;
}

static int usbredir_control(struct weir_transport *base, uint8_t request_type, uint8_t request,
                            uint16_t value, uint16_t index, uint8_t *data, uint16_t length)
{
    struct usbredir_transport *transport = self(base);
    bool in = (request_type & 0x80) != 0, none = in || length == 0;
    struct usb_redir_control_packet_header header = {.endpoint = request_type & 0x80,
                                                     .request = request,
                                                     .requesttype = request_type,
                                                     .value = value,
                                                     .index = index,
                                                     .length = length};

    if (transport->gone)
        return -ENODEV;
    begin_request(transport, in ? data : NULL, length);
    usbredirparser_send_control_packet(transport->parser, transport->request.id, &header, none ? NULL : data,
                                       none ? 0 : length);
    if (!await(transport, &transport->request.answered) && !transport->gone)
        usbredirparser_send_cancel_data_packet(transport->parser, transport->request.id);
    bool halt_cleared = request_type == 0x02 && request == 1 && value == 0; // CLEAR_FEATURE(ENDPOINT_HALT)
    if (halt_cleared && result(transport) >= 0)
        release(transport, (uint8_t)index);
    return result(transport);
}

// ---- the device ----

static void on_interface_info(void *context, struct usb_redir_interface_info_header *info)
{
    struct usbredir_transport *transport = context;

    for (uint32_t i = 0; i < info->interface_count && i < 32; i++) {
        if (info->interface[i] != 0)
            continue;
        transport->interface[0] = info->interface_class[i];
        transport->interface[1] = info->interface_subclass[i];
        transport->interface[2] = info->interface_protocol[i];
    }
}

static void on_ep_info(void *context, struct usb_redir_ep_info_header *info)
{
    (void)context, (void)info;
}

static void on_device_connect(void *context, struct usb_redir_device_connect_header *device)
{
    (void)device;
    ((struct usbredir_transport *)context)->connected = true;
}

static void on_device_disconnect(void *context)
{
    lose(context);
}

static void on_hello(void *context, struct usb_redir_hello_header *hello)
{
    (void)context, (void)hello;
}

static void usbredir_interface_id(const struct weir_transport *base, uint8_t id[3])
{
    memcpy(id, self(base)->interface, 3);
}

// ---- life ----

static bool init_parser(struct usbredir_transport *transport)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    struct usbredirparser *parser = usbredirparser_create();

    if (!parser)
        return false;
    transport->parser = parser;
    parser->priv = transport;
    parser->log_func = on_log;
    parser->read_func = on_read;
    parser->write_func = on_write;
    parser->hello_func = on_hello;
    parser->interface_info_func = on_interface_info;
    parser->ep_info_func = on_ep_info;
    parser->device_connect_func = on_device_connect;
    parser->device_disconnect_func = on_device_disconnect;
    parser->control_packet_func = on_control;
    parser->configuration_status_func = on_configuration_status;
    parser->interrupt_receiving_status_func = on_receiving_status;
    parser->bulk_packet_func = on_bulk;
    parser->interrupt_packet_func = on_interrupt;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "weir", caps, USB_REDIR_CAPS_SIZE, 0);
    return true;
}

static bool configure(struct usbredir_transport *transport)
{
    struct usb_redir_set_configuration_header configuration = {.configuration = 1};
    struct usb_redir_start_interrupt_receiving_header receiving = {.endpoint = WEIR_EP_NOTIFY};

    begin_request(transport, NULL, 0);
    usbredirparser_send_set_configuration(transport->parser, transport->request.id, &configuration);
    if (!await(transport, &transport->request.answered) || result(transport) < 0)
        return false;
    begin_request(transport, NULL, 0);
    usbredirparser_send_start_interrupt_receiving(transport->parser, transport->request.id, &receiving);
    return await(transport,
                 &transport->request.answered); // that it has no such endpoint is for the card to judge
}

static bool plug_in(struct usbredir_transport *transport, const char *address, char *error, size_t error_size)
{
    if (!await(transport, &transport->connected)) {
        if (*transport->complaint)
            snprintf(error, error_size, "%s does not speak usbredir (%s): is it weir-sim's address?", address,
                     transport->complaint);
        else if (transport->gone)
            snprintf(error, error_size, "%s hung up: is weir-sim still running there?", address);
        else
            snprintf(error, error_size,
                     "no card came from %s: end the other program that uses it (weir-sim serves one at a "
                     "time), or plug "
                     "it in again (kill -USR1 weir-sim's process)",
                     address);
        return false;
    }
    if (!configure(transport)) {
        snprintf(error, error_size, "the card at %s does not take configuration 1: start weir-sim anew",
                 address);
        return false;
    }
    return true;
}

static void usbredir_close(struct weir_transport *base)
{
    struct usbredir_transport *transport = self(base);

    finish_all(transport, WEIR_TRANSFER_CANCELLED);
    transport->gone = true;
    tell(transport);
    usbredirparser_destroy(transport->parser);
    close(transport->fd);
    free(transport);
}

struct weir_transport *weir_transport_usbredir_open(const char *address, char *error, size_t error_size)
{
    static const struct weir_transport_ops ops = {
        .control = usbredir_control,
        .submit = usbredir_submit,
        .cancel = usbredir_cancel,
        .poll = usbredir_poll,
        .watch = usbredir_watch,
        .now = usbredir_now,
        .interface_id = usbredir_interface_id,
        .close = usbredir_close,
    };
    char reason[160];
    int fd = socket_address_connect(address, reason, sizeof reason);

    if (fd < 0) {
        snprintf(error, error_size,
                 fd == -EINVAL ? "usbredir:%s: %s"
                               : "usbredir:%s: %s; start weir-sim --usbredir %s --tap NAME",
                 address, reason, address);
        errno = fd == -EINVAL ? EINVAL : ENODEV;
        return NULL;
    }
    struct usbredir_transport *transport = calloc(1, sizeof *transport);
    if (!transport || !init_parser(transport)) {
        snprintf(error, error_size, "out of memory");
        close(fd);
        free(transport);
        return NULL;
    }
    transport->base.ops = &ops;
    transport->fd = fd;
    queue_init(&transport->done);
    queue_init(&transport->notify);
    if (!plug_in(transport, address, error, error_size)) {
        usbredir_close(&transport->base);
        errno = ENODEV;
        return NULL;
    }
    return &transport->base;
}
