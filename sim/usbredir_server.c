// SPDX-License-Identifier: BSD-2-Clause
//
// The client: its socket, the parser, what is agreed upon in the hello.
#include "usbredir_server.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "usbredir_internal.h"

#define SUSPEND_AFTER UINT64_C(50000000) // ns of device time
#define OUTPUT_MAX ((uint64_t)4 << 20)   // bytes: a client that does not read is not read from

void usbredir_end(struct usbredir_server *server, const char *format, ...)
{
    va_list arguments;

    if (server->over)
        return;
    server->over = true;
    va_start(arguments, format);
    vsnprintf(server->error, sizeof server->error, format, arguments);
    va_end(arguments);
}

// ---- what the parser asks for ----

static void on_log(void *context, int level, const char *message)
{
    if (level == usbredirparser_error)
        usbredir_end(context, "the client does not keep to the protocol: %s", message);
}

static bool output_full(const struct usbredir_server *server)
{
    return usbredirparser_get_bufferered_output_size(server->parser) > OUTPUT_MAX;
}

static int on_read(void *context, uint8_t *data, int count)
{
    struct usbredir_server *server = context;

    if (server->over)
        return -1;
    if (output_full(server))
        return 0;
    ssize_t length = recv(server->fd, data, (size_t)count, MSG_DONTWAIT);
    if (length > 0) {
        server->quiet_since = weir_sim_now(server->sim);
        return (int)length;
    }
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    usbredir_end(server, "the client has left");
    return -1;
}

static int on_write(void *context, uint8_t *data, int count)
{
    struct usbredir_server *server = context;
    ssize_t length = send(server->fd, data, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (length >= 0)
        return (int)length;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    usbredir_end(server, "the client has left");
    return -1;
}

static bool init_parser(struct usbredir_server *server)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    struct usbredirparser *parser = usbredirparser_create();

    if (!parser)
        return false;
    server->parser = parser;
    parser->priv = server;
    parser->log_func = on_log;
    parser->read_func = on_read;
    parser->write_func = on_write;
    usbredir_set_control_callbacks(parser);
    usbredir_set_data_callbacks(parser);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_filter);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(parser, "weir-sim", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
    return true;
}

// ---- calls ----

struct usbredir_server *usbredir_server_create(struct weir_sim *sim, int fd, bool fresh)
{
    struct usbredir_server *server = calloc(1, sizeof *server);

    if (!server) {
        close(fd);
        return NULL;
    }
    server->sim = sim;
    server->fd = fd;
    server->fresh = fresh;
    usbredir_pipes_init(server);
    if (!init_parser(server)) {
        close(fd);
        free(server);
        return NULL;
    }
    return server;
}

void usbredir_server_destroy(struct usbredir_server *server)
{
    if (!server)
        return;
    usbredir_end(server, "the server ends"); // nothing is answered any more
    usbredir_cancel_all(server, false);
    usbredirparser_destroy(server->parser);
    close(server->fd);
    free(server);
}

void usbredir_server_suspends(struct usbredir_server *server)
{
    server->suspends = true;
    server->quiet_since = weir_sim_now(server->sim);
}

uint64_t usbredir_server_wake_at(const struct usbredir_server *server)
{
    bool may = server->suspends && server->there && server->configured && server->jobs == 0;

    return may && !weir_sim_suspended(server->sim) ? server->quiet_since + SUSPEND_AFTER : UINT64_MAX;
}

static void suspend_when_quiet(struct usbredir_server *server)
{
    uint64_t now = weir_sim_now(server->sim);

    if (server->jobs > 0 || weir_sim_suspended(server->sim))
        server->quiet_since = now;
    else if (now >= usbredir_server_wake_at(server))
        weir_sim_suspend(server->sim);
}

bool usbredir_server_serve(struct usbredir_server *server)
{
    if (!server->over)
        usbredirparser_do_read(server->parser); // its errors come through on_read and on_log
    if (!server->over)
        usbredir_start(server);
    if (!server->over && usbredirparser_has_data_to_write(server->parser) > 0)
        usbredirparser_do_write(server->parser);
    if (!server->over)
        suspend_when_quiet(server);
    return !server->over;
}

short usbredir_server_events(const struct usbredir_server *server)
{
    bool write = usbredirparser_has_data_to_write(server->parser) > 0;

    return (short)((output_full(server) ? 0 : POLLIN) | (write ? POLLOUT : 0));
}

int usbredir_server_fd(const struct usbredir_server *server)
{
    return server->fd;
}

const char *usbredir_server_error(const struct usbredir_server *server)
{
    return server->error;
}

void usbredir_server_unplugged(struct usbredir_server *server)
{
    usbredir_cancel_all(server, false);
    if (server->there)
        usbredirparser_send_device_disconnect(server->parser);
    server->there = false;
}

void usbredir_server_plugged(struct usbredir_server *server)
{
    if (server->greeted && !server->there)
        usbredir_connect(server);
}
