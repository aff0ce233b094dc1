// SPDX-License-Identifier: BSD-2-Clause
//
// The device as a whole: what the client is told of it, from the descriptors that the card gave;
// configuration and alternate settings, which usbredir sends as messages of their own and which are control
// transfers on the bus; resets.
#include "usbredir_internal.h"

#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR_INTERFACE 4
#define DESCRIPTOR_ENDPOINT 5
// bRequest of USB 2.0 table 9-4.
#define SET_ADDRESS 5
#define GET_CONFIGURATION 8
#define SET_CONFIGURATION 9
#define GET_INTERFACE 10
#define SET_INTERFACE 11
// bmRequestType: standard requests.
#define TO_DEVICE 0x00
#define TO_INTERFACE 0x01
#define FROM_DEVICE 0x80
#define FROM_INTERFACE 0x81

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

// ---- what there is ----

struct infos {
    struct usb_redir_interface_info_header interfaces;
    struct usb_redir_ep_info_header endpoints;
};

static void add_interface(struct infos *infos, const uint8_t *descriptor)
{
    struct usb_redir_interface_info_header *interfaces = &infos->interfaces;
    uint32_t i = interfaces->interface_count++;

    interfaces->interface[i] = descriptor[2];
    interfaces->interface_class[i] = descriptor[5];
    interfaces->interface_subclass[i] = descriptor[6];
    interfaces->interface_protocol[i] = descriptor[7];
}

static void add_endpoint(struct infos *infos, const uint8_t *descriptor, uint8_t interface)
{
    struct usb_redir_ep_info_header *endpoints = &infos->endpoints;
    unsigned i = (descriptor[2] & 15u) | (descriptor[2] & 0x80u) >> 3;

    endpoints->type[i] = descriptor[3] & 3;
    endpoints->interval[i] = descriptor[6];
    endpoints->interface[i] = interface;
    endpoints->max_packet_size[i] = get16(descriptor + 4);
}

static void init_infos(struct infos *infos, const struct usbredir_server *server)
{
    struct usb_redir_ep_info_header *endpoints = &infos->endpoints;

    memset(infos, 0, sizeof *infos);
    memset(endpoints->type, usb_redir_type_invalid, sizeof endpoints->type);
    for (unsigned i = 0; i < USBREDIR_PIPES; i += 16) {
        endpoints->type[i] = usb_redir_type_control;
        endpoints->max_packet_size[i] = weir_sim_device_descriptor(server->sim)[7];
    }
}

// Interfaces and endpoints in the alternate settings of now.
static void send_infos(struct usbredir_server *server)
{
    size_t length;
    const uint8_t *config = weir_sim_config_descriptor(server->sim, &length);
    struct infos infos;
    bool current = false;
    uint8_t interface = 0;

    init_infos(&infos, server);
    for (size_t at = 0; at + 2 <= length && config[at] >= 2 && at + config[at] <= length; at += config[at]) {
        const uint8_t *descriptor = config + at;
        if (descriptor[1] == DESCRIPTOR_INTERFACE && descriptor[0] >= 9) {
            interface = descriptor[2];
            current = interface < USBREDIR_PIPES && descriptor[3] == server->setting[interface];
            if (current && infos.interfaces.interface_count < USBREDIR_PIPES)
                add_interface(&infos, descriptor);
        } else if (descriptor[1] == DESCRIPTOR_ENDPOINT && descriptor[0] >= 7 && current) {
            add_endpoint(&infos, descriptor, interface);
        }
    }
    usbredirparser_send_interface_info(server->parser, &infos.interfaces);
    usbredirparser_send_ep_info(server->parser, &infos.endpoints);
}

void usbredir_connect(struct usbredir_server *server)
{
    const uint8_t *device = weir_sim_device_descriptor(server->sim);
    struct usb_redir_device_connect_header header = {
        .speed = weir_sim_high_speed(server->sim) ? usb_redir_speed_high : usb_redir_speed_full,
        .device_class = device[4],
        .device_subclass = device[5],
        .device_protocol = device[6],
        .vendor_id = get16(device + 8),
        .product_id = get16(device + 10),
        .device_version_bcd = get16(device + 12),
    };

    memset(server->setting, 0, sizeof server->setting);
    server->configured = false;
    send_infos(server);
    usbredirparser_send_device_connect(server->parser, &header);
    server->there = true;
}

// ---- endpoint 0 ----

static void answer_raw(struct usbredir_server *server, const struct job *job, uint8_t status)
{
    bool in = (job->setup[0] & 0x80) != 0;
    struct usb_redir_control_packet_header header = {
        .endpoint = job->setup[0] & 0x80,
        .request = job->setup[1],
        .requesttype = job->setup[0],
        .status = status,
        .value = get16(job->setup + 2),
        .index = get16(job->setup + 4),
        .length = (uint16_t)job->moved,
    };
    usbredirparser_send_control_packet(server->parser, job->id, &header, in ? job->room : NULL,
                                       in ? (int)job->moved : 0);
}

static void answer_configuration(struct usbredir_server *server, const struct job *job, uint8_t status)
{
    bool get = job->kind == JOB_GET_CONFIGURATION;
    struct usb_redir_configuration_status_header header = {.status = status, .configuration = job->setup[2]};

    if (get)
        header.configuration = job->moved == 1 ? job->room[0] : 0;
    usbredirparser_send_configuration_status(server->parser, job->id, &header);
}

static void answer_setting(struct usbredir_server *server, const struct job *job, uint8_t status)
{
    bool get = job->kind == JOB_GET_INTERFACE;
    struct usb_redir_alt_setting_status_header header = {
        .status = status, .interface = job->setup[4], .alt = job->setup[2]};

    if (get)
        header.alt = job->moved == 1 ? job->room[0] : 0;
    usbredirparser_send_alt_setting_status(server->parser, job->id, &header);
}

void usbredir_answer_control(struct usbredir_server *server, struct job *job, uint8_t status)
{
    const uint8_t *setup = job->setup;
    bool configured = setup[0] == TO_DEVICE && setup[1] == SET_CONFIGURATION;
    bool set = setup[0] == TO_INTERFACE && setup[1] == SET_INTERFACE;

    if (status == usb_redir_success && configured) {
        memset(server->setting, 0, sizeof server->setting);
        server->configured = setup[2] != 0;
    }
    if (status == usb_redir_success && set && setup[4] < USBREDIR_PIPES)
        server->setting[setup[4]] = setup[2];
    if (configured || set)
        send_infos(server);
    if (job->kind == JOB_CONTROL)
        answer_raw(server, job, status);
    else if (job->kind == JOB_SET_CONFIGURATION || job->kind == JOB_GET_CONFIGURATION)
        answer_configuration(server, job, status);
    else
        answer_setting(server, job, status);
}

static void on_control(void *context, uint64_t id, struct usb_redir_control_packet_header *header,
                       uint8_t *data, int data_length)
{
    struct usbredir_server *server = context;
    bool in = (header->requesttype & 0x80) != 0,
         address = header->requesttype == TO_DEVICE && header->request == SET_ADDRESS;
    bool good = server->greeted && !address && data_length == (in ? 0 : header->length);
    struct job *job = good ? usbredir_add_job(server, JOB_CONTROL, id, 0) : NULL;

    if (!job) {
        usbredirparser_free_packet_data(server->parser, data);
        header->status = usb_redir_inval;
        header->length = 0;
        usbredirparser_send_control_packet(server->parser, id, header, NULL, 0);
        return;
    }
    memcpy(job->setup,
           (uint8_t[8]){header->requesttype, header->request, (uint8_t)header->value,
                        (uint8_t)(header->value >> 8), (uint8_t)header->index, (uint8_t)(header->index >> 8),
                        (uint8_t)header->length, (uint8_t)(header->length >> 8)},
           sizeof job->setup);
    job->length = header->length;
    job->received = data;
    server->bytes += data ? job->length : 0;
}

// A standard request without data to send; `length` bytes are asked for.
static void request(struct usbredir_server *server, enum job_kind kind, uint64_t id, const uint8_t setup[5],
                    uint8_t length)
{
    struct job *job = server->greeted ? usbredir_add_job(server, kind, id, 0) : NULL;

    if (!job)
        return;
    memcpy(job->setup, setup, 5);
    job->setup[6] = length;
    job->length = length;
}

static void on_set_configuration(void *context, uint64_t id,
                                 struct usb_redir_set_configuration_header *header)
{
    usbredir_cancel_all(context, true);
    request(context, JOB_SET_CONFIGURATION, id,
            (uint8_t[]){TO_DEVICE, SET_CONFIGURATION, header->configuration, 0, 0}, 0);
}

static void on_get_configuration(void *context, uint64_t id)
{
    request(context, JOB_GET_CONFIGURATION, id, (uint8_t[]){FROM_DEVICE, GET_CONFIGURATION, 0, 0, 0}, 1);
}

static void on_set_setting(void *context, uint64_t id, struct usb_redir_set_alt_setting_header *header)
{
    request(context, JOB_SET_INTERFACE, id,
            (uint8_t[]){TO_INTERFACE, SET_INTERFACE, header->alt, 0, header->interface}, 0);
}

static void on_get_setting(void *context, uint64_t id, struct usb_redir_get_alt_setting_header *header)
{
    request(context, JOB_GET_INTERFACE, id,
            (uint8_t[]){FROM_INTERFACE, GET_INTERFACE, 0, 0, header->interface}, 1);
}

// ---- the bus ----

static void on_reset(void *context)
{
    struct usbredir_server *server = context;

    if (!server->there)
        return;
    usbredir_cancel_all(server, false);
    memset(server->setting, 0, sizeof server->setting);
    server->configured = false;
    if (!weir_sim_bus_reset(server->sim))
        usbredir_end(server, "the card does not come back from a reset: %s", weir_sim_usb_error(server->sim));
}

static void on_hello(void *context, struct usb_redir_hello_header *hello)
{
    struct usbredir_server *server = context;

    (void)hello;
    if (server->greeted)
        return;
    server->greeted = true;
    if (!weir_sim_attached(server->sim))
        return; // it may be plugged in later
    if (server->fresh || weir_sim_bus_reset(server->sim))
        usbredir_connect(server);
    else
        usbredir_end(server, "the card does not come back from a reset: %s", weir_sim_usb_error(server->sim));
}

// ---- what the card cannot do ----

static void on_iso_start(void *context, uint64_t id, struct usb_redir_start_iso_stream_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_iso_stream_status_header answer = {.status = usb_redir_inval,
                                                        .endpoint = header->endpoint};
    usbredirparser_send_iso_stream_status(server->parser, id, &answer);
}

static void on_iso_stop(void *context, uint64_t id, struct usb_redir_stop_iso_stream_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_iso_stream_status_header answer = {.status = usb_redir_inval,
                                                        .endpoint = header->endpoint};
    usbredirparser_send_iso_stream_status(server->parser, id, &answer);
}

static void on_alloc_streams(void *context, uint64_t id, struct usb_redir_alloc_bulk_streams_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_bulk_streams_status_header answer = {.status = usb_redir_inval,
                                                          .endpoints = header->endpoints};
    usbredirparser_send_bulk_streams_status(server->parser, id, &answer);
}

static void on_free_streams(void *context, uint64_t id, struct usb_redir_free_bulk_streams_header *header)
{
    struct usbredir_server *server = context;
    struct usb_redir_bulk_streams_status_header answer = {.status = usb_redir_inval,
                                                          .endpoints = header->endpoints};
    usbredirparser_send_bulk_streams_status(server->parser, id, &answer);
}

static void on_filter_reject(void *context)
{
    usbredir_end(context, "the client's filter does not let this card in");
}

static void on_filter(void *context, struct usbredirfilter_rule *rules, int count)
{
    (void)context, (void)count; // for exporters that offer a choice
    free(rules);
}

static void on_disconnect_ack(void *context)
{
    (void)context;
}

void usbredir_set_control_callbacks(struct usbredirparser *parser)
{
    parser->hello_func = on_hello;
    parser->reset_func = on_reset;
    parser->control_packet_func = on_control;
    parser->set_configuration_func = on_set_configuration;
    parser->get_configuration_func = on_get_configuration;
    parser->set_alt_setting_func = on_set_setting;
    parser->get_alt_setting_func = on_get_setting;
    parser->start_iso_stream_func = on_iso_start;
    parser->stop_iso_stream_func = on_iso_stop;
    parser->alloc_bulk_streams_func = on_alloc_streams;
    parser->free_bulk_streams_func = on_free_streams;
    parser->filter_reject_func = on_filter_reject;
    parser->filter_filter_func = on_filter;
    parser->device_disconnect_ack_func = on_disconnect_ack;
}
