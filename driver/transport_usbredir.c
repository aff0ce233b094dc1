// SPDX-License-Identifier: BSD-2-Clause
//
// A card that somebody exports over usbredir (protocol version 0.7), such as weir-sim; libusbredirparser
// takes the protocol apart. Time is the clock on the wall, for usbredir tells no other.
#include "transport_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "socket_address.h"
#include "usbredir_client.h"

#define WATCHED_MAX 15
#define ANSWER_TIMEOUT UINT64_C(20000000000) // ns: for what the exporter does at once
#define SECOND UINT64_C(1000000000)

// ---- the socket ----

static void lose(struct usbredir_transport *transport)
{
    transport->gone = true;
    usbredir_finish_all(transport, WEIR_TRANSFER_NO_DEVICE);
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
    struct usbredir_transport *transport = usbredir_self(base);
    int ready = 0;

    for (;;) {
        exchange(transport);
        if (usbredir_tell(transport) || transport->gone)
            return transport->gone ? -ENODEV : 0;
        if (ready != 0 || system_now() >= deadline)
            return ready < 0 ? ready : 0;
        ready = wait_ready(transport, deadline);
    }
}

static void usbredir_watch(struct weir_transport *base, struct pollfd *fds, size_t count)
{
    struct usbredir_transport *transport = usbredir_self(base);

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
    struct usbredir_transport *transport = usbredir_self(base);
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
        usbredir_release(transport, (uint8_t)index);
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
    memcpy(id, usbredir_self(base)->interface, 3);
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
    usbredir_set_transfer_callbacks(parser);
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
    struct usbredir_transport *transport = usbredir_self(base);

    usbredir_finish_all(transport, WEIR_TRANSFER_CANCELLED);
    transport->gone = true;
    usbredir_tell(transport);
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
