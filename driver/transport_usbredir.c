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

void usbredir_lose(struct usbredir_transport *transport)
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
    usbredir_lose(transport);
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
    usbredir_lose(transport);
    return -1;
}

static void on_log(void *context, int level, const char *message)
{
    struct usbredir_transport *transport = context;

    if (level != usbredirparser_error)
        return;
    snprintf(transport->complaint, sizeof transport->complaint, "%s", message);
    usbredir_lose(transport);
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

bool usbredir_await(struct usbredir_transport *transport, const bool *flag)
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
    usbredir_set_device_callbacks(parser);
    usbredir_set_transfer_callbacks(parser);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "weir", caps, USB_REDIR_CAPS_SIZE, 0);
    return true;
}

static bool plug_in(struct usbredir_transport *transport, const char *address, char *error, size_t error_size)
{
    if (!usbredir_await(transport, &transport->connected)) {
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
    if (!usbredir_configure(transport)) {
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
        .packet_size = usbredir_packet_size,
        .restart = usbredir_restart,
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
