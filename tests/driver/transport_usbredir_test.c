// SPDX-License-Identifier: BSD-2-Clause
//
// The usbredir client against an exporter in this process, which tells of a device and takes its
// configuration.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <usbredirparser.h>

#include "socket_address.h"
#include "weir_link.h"
#include "weir_transport.h"

// What the exporter says of its device.
struct device {
    uint8_t speed;
    uint16_t packet; // of the bulk endpoints; 0: it does not tell
    bool takes_configuration;
};

struct exporter {
    struct device device;
    struct usbredirparser *parser;
    int fd;
    bool over;
};

static int on_read(void *context, uint8_t *data, int count)
{
    struct exporter *exporter = context;
    ssize_t length = recv(exporter->fd, data, (size_t)count, MSG_DONTWAIT);

    if (length < 0 && errno == EAGAIN)
        return 0;
    exporter->over = length <= 0;
    return length > 0 ? (int)length : -1;
}

static int on_write(void *context, uint8_t *data, int count)
{
    ssize_t length = send(((struct exporter *)context)->fd, data, (size_t)count, MSG_NOSIGNAL);

    return length > 0 ? (int)length : -1;
}

static void on_log(void *context, int level, const char *message)
{
    (void)context, (void)level, (void)message;
}

static void on_hello(void *context, struct usb_redir_hello_header *hello)
{
    struct exporter *exporter = context;
    struct usb_redir_device_connect_header device = {.speed = exporter->device.speed};
    struct usb_redir_interface_info_header interfaces = {.interface_count = 1,
                                                         .interface_class = {WEIR_INTERFACE_CLASS},
                                                         .interface_subclass = {WEIR_INTERFACE_SUBCLASS},
                                                         .interface_protocol = {WEIR_VERSION_MAJOR}};
    struct usb_redir_ep_info_header endpoints;

    (void)hello;
    memset(&endpoints, 0, sizeof endpoints);
    memset(endpoints.type, usb_redir_type_invalid, sizeof endpoints.type);
    endpoints.type[WEIR_EP_OUT] = endpoints.type[16 | (WEIR_EP_IN & 15)] = usb_redir_type_bulk;
    endpoints.max_packet_size[WEIR_EP_OUT] = endpoints.max_packet_size[16 | (WEIR_EP_IN & 15)] =
        exporter->device.packet;
    usbredirparser_send_interface_info(exporter->parser, &interfaces);
    usbredirparser_send_ep_info(exporter->parser, &endpoints);
    usbredirparser_send_device_connect(exporter->parser, &device);
}

static void on_set_configuration(void *context, uint64_t id,
                                 struct usb_redir_set_configuration_header *header)
{
    struct exporter *exporter = context;
    bool takes = exporter->device.takes_configuration && header->configuration == 1;
    struct usb_redir_configuration_status_header answer = {
        .status = takes ? usb_redir_success : usb_redir_stall, .configuration = header->configuration};

    usbredirparser_send_configuration_status(exporter->parser, id, &answer);
}

static void on_start_receiving(void *context, uint64_t id,
                               struct usb_redir_start_interrupt_receiving_header *header)
{
    struct usb_redir_interrupt_receiving_status_header answer = {.endpoint = header->endpoint};

    usbredirparser_send_interrupt_receiving_status(((struct exporter *)context)->parser, id, &answer);
}

// Serves one client to its end.
static void *serve(void *context)
{
    struct exporter *exporter = context;
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    struct usbredirparser *parser = usbredirparser_create();
    int listener = exporter->fd;

    exporter->fd = accept(listener, NULL, NULL);
    exporter->parser = parser;
    parser->priv = exporter;
    parser->log_func = on_log;
    parser->read_func = on_read;
    parser->write_func = on_write;
    parser->hello_func = on_hello;
    parser->set_configuration_func = on_set_configuration;
    parser->start_interrupt_receiving_func = on_start_receiving;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_init(parser, "exporter", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
    while (!exporter->over) {
        while (usbredirparser_has_data_to_write(parser) > 0)
            usbredirparser_do_write(parser);
        poll(&(struct pollfd){.fd = exporter->fd, .events = POLLIN}, 1, -1);
        usbredirparser_do_read(parser);
    }
    usbredirparser_destroy(parser);
    close(exporter->fd);
    return NULL;
}

// Opens what such an exporter has; NULL when the client will not have it. The bytes of a packet are left in
// `packet`.
static bool opens(const struct device *device, unsigned *packet, char *error, size_t error_size)
{
    char path[] = "/tmp/weir-usbredir.XXXXXX", spec[64];
    struct exporter exporter = {.device = *device};
    pthread_t thread;

    assert_non_null(mkdtemp(path));
    snprintf(spec, sizeof spec, "usbredir:unix:%s/socket", path);
    const char *address = spec + strlen("usbredir:");
    int listener = socket_address_listen(address, error, error_size);
    assert_true(listener >= 0);
    assert_int_equal(fcntl(listener, F_SETFL, 0), 0); // it may block
    exporter.fd = listener;
    assert_int_equal(pthread_create(&thread, NULL, serve, &exporter), 0);
    struct weir_transport *transport = weir_transport_open(spec, error, error_size);
    if (transport) {
        *packet = transport->ops->packet_size(transport);
        transport->ops->close(transport);
    }
    pthread_join(thread, NULL);
    socket_address_unlisten(address, listener);
    rmdir(path);
    return transport != NULL;
}

static unsigned packet_of(uint8_t speed, uint16_t told)
{
    struct device device = {speed, told, true};
    char error[400] = "";
    unsigned packet = 0;

    if (!opens(&device, &packet, error, sizeof error))
        fail_msg("%s", error);
    return packet;
}

static void packets_are_as_long_as_the_exporter_tells(void **state)
{
    (void)state;
    assert_int_equal(packet_of(usb_redir_speed_high, 512), 512);
    assert_int_equal(packet_of(usb_redir_speed_full, 64), 64);
    assert_int_equal(packet_of(usb_redir_speed_full, 32), 32);
}

static void packets_that_usb_does_not_know_are_of_the_speeds_own_length(void **state)
{
    (void)state;
    assert_int_equal(packet_of(usb_redir_speed_high, 0), 512);
    assert_int_equal(packet_of(usb_redir_speed_high, 1), 512);
    assert_int_equal(packet_of(usb_redir_speed_full, 0), 64);
    assert_int_equal(packet_of(usb_redir_speed_full, 1), 64);
    assert_int_equal(packet_of(usb_redir_speed_full, 512), 64);
}

static void a_card_that_does_not_take_its_configuration_is_refused_with_advice(void **state)
{
    struct device device = {usb_redir_speed_high, 512, false};
    char error[400] = "";
    unsigned packet;

    (void)state;
    assert_false(opens(&device, &packet, error, sizeof error));
    assert_non_null(strstr(error, "start weir-sim anew"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_as_long_as_the_exporter_tells),
        cmocka_unit_test(packets_that_usb_does_not_know_are_of_the_speeds_own_length),
        cmocka_unit_test(a_card_that_does_not_take_its_configuration_is_refused_with_advice),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
