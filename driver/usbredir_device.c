// SPDX-License-Identifier: BSD-2-Clause
//
// The device at the exporter as a whole: what it is, requests on endpoint 0, its configuration.
#include "usbredir_client.h"

#include <errno.h>
#include <string.h>

#include "weir_link.h"

// ---- requests ----

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

int usbredir_control(struct weir_transport *base, uint8_t request_type, uint8_t request, uint16_t value,
                     uint16_t index, uint8_t *data, uint16_t length)
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
    if (!usbredir_await(transport, &transport->request.answered) && !transport->gone)
        usbredirparser_send_cancel_data_packet(transport->parser, transport->request.id);
    bool halt_cleared = request_type == 0x02 && request == 1 && value == 0; // CLEAR_FEATURE(ENDPOINT_HALT)
    if (halt_cleared && result(transport) >= 0)
        usbredir_release(transport, (uint8_t)index);
    return result(transport);
}

bool usbredir_configure(struct usbredir_transport *transport)
{
    struct usb_redir_set_configuration_header configuration = {.configuration = 1};
    struct usb_redir_start_interrupt_receiving_header receiving = {.endpoint = WEIR_EP_NOTIFY};

    begin_request(transport, NULL, 0);
    usbredirparser_send_set_configuration(transport->parser, transport->request.id, &configuration);
    if (!usbredir_await(transport, &transport->request.answered) || result(transport) < 0)
        return false;
    begin_request(transport, NULL, 0);
    usbredirparser_send_start_interrupt_receiving(transport->parser, transport->request.id, &receiving);
    return usbredir_await(
        transport,
        &transport->request.answered); // that it has no such endpoint is for the card to judge
}

int usbredir_restart(struct weir_transport *base)
{
    struct usbredir_transport *transport = usbredir_self(base);

    if (!usbredir_configure(transport))
        return transport->gone ? -ENODEV : -EIO;
    transport->halted[0] = transport->halted[1] = false;
    return 0;
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

// Comes before the device, and again with each configuration.
static void on_ep_info(void *context, struct usb_redir_ep_info_header *info)
{
    struct usbredir_transport *transport = context;

    transport->packet = info->max_packet_size[WEIR_EP_OUT];
}

static void on_device_connect(void *context, struct usb_redir_device_connect_header *device)
{
    struct usbredir_transport *transport = context;

    transport->high_speed = device->speed == usb_redir_speed_high;
    transport->connected = true;
}

static void on_device_disconnect(void *context)
{
    usbredir_lose(context);
}

static void on_hello(void *context, struct usb_redir_hello_header *hello)
{
    (void)context, (void)hello;
}

void usbredir_interface_id(const struct weir_transport *base, uint8_t id[3])
{
    memcpy(id, usbredir_self(base)->interface, 3);
}

// USB 2.0 section 5.8.3: a bulk endpoint has 512 bytes at high speed, up to 64 at full speed. An exporter
// need not tell.
unsigned usbredir_packet_size(const struct weir_transport *base)
{
    const struct usbredir_transport *transport = usbredir_self(base);

    if (transport->high_speed)
        return 512;
    return transport->packet == 8 || transport->packet == 16 || transport->packet == 32 ? transport->packet
                                                                                        : 64;
}

void usbredir_set_device_callbacks(struct usbredirparser *parser)
{
    parser->hello_func = on_hello;
    parser->interface_info_func = on_interface_info;
    parser->ep_info_func = on_ep_info;
    parser->device_connect_func = on_device_connect;
    parser->device_disconnect_func = on_device_disconnect;
    parser->control_packet_func = on_control;
    parser->configuration_status_func = on_configuration_status;
    parser->interrupt_receiving_status_func = on_receiving_status;
}
