// SPDX-License-Identifier: BSD-2-Clause
//
// Enumeration (USB 2.0 section 9.1.2): address, descriptors, configuration; each request an ordinary control
// transfer. Later, whoever has the device may choose another configuration or alternate setting: the
// endpoints follow what the device has accepted (usb_configured, usb_interface_set).
//
// A device may stay silent for 10 ms after reset and for 2 ms after SET_ADDRESS. A quick one need not wait
// for that: the host asks at once, and until then takes no answer for no fault.
#include "usb_host_internal.h"

#include <string.h>

#define DEVICE_ADDRESS 1
#define TRIES 5
#define DESCRIPTOR_DEVICE 1
#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_INTERFACE 4
#define DESCRIPTOR_ENDPOINT 5

enum step { GET_FIRST_8, SET_ADDRESS, GET_DEVICE, GET_CONFIG_HEADER, GET_CONFIG, SET_CONFIGURATION, DONE };

static const struct {
    const char *name;
    uint8_t setup[8];
} steps[] = {
    [GET_FIRST_8] = {"GET_DESCRIPTOR(device, 8 bytes)", {0x80, 6, 0, DESCRIPTOR_DEVICE, 0, 0, 8, 0}},
    [SET_ADDRESS] = {"SET_ADDRESS", {0x00, 5, DEVICE_ADDRESS, 0, 0, 0, 0, 0}},
    [GET_DEVICE] = {"GET_DESCRIPTOR(device)", {0x80, 6, 0, DESCRIPTOR_DEVICE, 0, 0, 18, 0}},
    [GET_CONFIG_HEADER] = {"GET_DESCRIPTOR(configuration, 9 bytes)",
                           {0x80, 6, 0, DESCRIPTOR_CONFIGURATION, 0, 0, 9, 0}},
    [GET_CONFIG] = {"GET_DESCRIPTOR(configuration)", {0x80, 6, 0, DESCRIPTOR_CONFIGURATION, 0, 0, 0, 0}},
    [SET_CONFIGURATION] = {"SET_CONFIGURATION", {0x00, 9, 1, 0, 0, 0, 0, 0}},
};

static void request(struct usb_host *host)
{
    struct usb_enumeration *enumeration = &host->enumeration;
    struct weir_usb_transfer *transfer = &enumeration->transfer;
    memcpy(transfer->setup, steps[enumeration->step].setup, sizeof transfer->setup);
    bool config = enumeration->step >= GET_CONFIG_HEADER;
    struct usb_configuration *reading = &enumeration->configs[enumeration->reading];
    transfer->buffer = config ? reading->bytes : enumeration->device;
    if (config && enumeration->step != SET_CONFIGURATION)
        transfer->setup[2] = (uint8_t)enumeration->reading;
    if (enumeration->step == SET_CONFIGURATION)
        transfer->setup[2] = enumeration->wanted;
    if (enumeration->step == GET_CONFIG) {
        transfer->setup[6] = (uint8_t)reading->length;
        transfer->setup[7] = (uint8_t)(reading->length >> 8);
    }
    transfer->length = (size_t)(transfer->setup[6] | transfer->setup[7] << 8);
    usb_enqueue(host, &host->endpoints[0], transfer);
}

static bool check_device(struct usb_host *host)
{
    const struct usb_enumeration *enumeration = &host->enumeration;
    const uint8_t *device = enumeration->device;
    size_t expected = enumeration->step == GET_FIRST_8 ? 8 : 18;
    if (enumeration->transfer.actual != expected || device[0] != 18 || device[1] != DESCRIPTOR_DEVICE)
        usb_host_fail(host, "The device descriptor is wrong: %zu bytes came, bLength %u, bDescriptorType %u.",
                      enumeration->transfer.actual, device[0], device[1]);
    else if (device[7] != 64)
        usb_host_fail(host, "bMaxPacketSize0 is %u; at high speed it is 64.", device[7]);
    else if (expected == 18 && (device[17] == 0 || device[17] > USB_CONFIGURATIONS))
        usb_host_fail(host, "bNumConfigurations is %u; 1 to %u are possible.", device[17],
                      USB_CONFIGURATIONS);
    return host->state != USB_HOST_FAILED;
}

static bool check_config(struct usb_host *host)
{
    struct usb_enumeration *enumeration = &host->enumeration;
    struct usb_configuration *reading = &enumeration->configs[enumeration->reading];
    const uint8_t *config = reading->bytes;
    size_t total = (size_t)(config[2] | config[3] << 8);
    size_t expected = enumeration->step == GET_CONFIG ? reading->length : 9;
    if (enumeration->transfer.actual != expected || config[0] != 9 || config[1] != DESCRIPTOR_CONFIGURATION)
        usb_host_fail(host,
                      "The configuration descriptor is wrong: %zu bytes of %zu came, bLength %u, type %u.",
                      enumeration->transfer.actual, expected, config[0], config[1]);
    else if (total < 9 || total > sizeof reading->bytes)
        usb_host_fail(host, "wTotalLength is %zu; 9 to %zu are possible.", total, sizeof reading->bytes);
    else if (config[5] != enumeration->reading + 1)
        usb_host_fail(host, "bConfigurationValue is %u; %u is expected.", config[5],
                      enumeration->reading + 1);
    reading->length = total;
    return host->state != USB_HOST_FAILED;
}

static bool check_endpoint(struct usb_host *host, const struct usb_endpoint *endpoint, unsigned interval)
{
    if (endpoint->type != USB_BULK && endpoint->type != USB_INTERRUPT)
        usb_host_fail(host, "Endpoint %02Xh is neither bulk nor interrupt.", endpoint->address);
    else if ((endpoint->address & 15) == 0 || (endpoint->address & 0x70) != 0)
        usb_host_fail(host, "There can be no endpoint %02Xh.", endpoint->address);
    else if (endpoint->type == USB_BULK && endpoint->max_packet != 512)
        usb_host_fail(host, "Bulk endpoint %02Xh has wMaxPacketSize %u; at high speed it is 512.",
                      endpoint->address, endpoint->max_packet);
    else if (endpoint->type == USB_INTERRUPT && (endpoint->max_packet == 0 || endpoint->max_packet > 1024))
        usb_host_fail(host, "Interrupt endpoint %02Xh has wMaxPacketSize %u.", endpoint->address,
                      endpoint->max_packet);
    else if (endpoint->type == USB_INTERRUPT && (interval < 1 || interval > 16))
        usb_host_fail(host, "Interrupt endpoint %02Xh has bInterval %u; 1 to 16 are possible.",
                      endpoint->address, interval);
    return host->state != USB_HOST_FAILED;
}

static bool add_endpoint(struct usb_host *host, const uint8_t *descriptor, uint8_t interface)
{
    struct usb_endpoint endpoint = {
        .address = descriptor[2],
        .interface = interface,
        .type = descriptor[3] & 3,
        .max_packet = (uint16_t)((descriptor[4] | descriptor[5] << 8) & 0x7FF),
        .present = true,
    };
    if (!check_endpoint(host, &endpoint, descriptor[6]))
        return false;
    if (endpoint.type == USB_INTERRUPT)
        endpoint.interval = (uint16_t)(1u << ((descriptor[6] - 1u) & 15));
    host->endpoints[(endpoint.address & 15) | (endpoint.address & 0x80) >> 3] = endpoint;
    return true;
}

// The endpoints of an interface's alternate setting; of every interface's where `only` is negative.
static bool add_endpoints(struct usb_host *host, int only, uint8_t setting)
{
    const struct usb_configuration *config = usb_active_configuration(host);
    const uint8_t *descriptor = config->bytes, *end = descriptor + config->length;
    bool chosen = false;
    uint8_t interface = 0;
    for (; descriptor < end; descriptor += descriptor[0]) {
        if (end - descriptor < 2 || descriptor[0] < 2 || descriptor[0] > end - descriptor) {
            usb_host_fail(host, "A descriptor %td bytes into the configuration has an impossible length.",
                          descriptor - config->bytes);
            return false;
        }
        if (descriptor[1] == DESCRIPTOR_INTERFACE && descriptor[0] >= 9) {
            interface = descriptor[2];
            chosen = descriptor[3] == setting && (only < 0 || interface == only);
        } else if (descriptor[1] == DESCRIPTOR_ENDPOINT && descriptor[0] >= 7 && chosen) {
            if (!add_endpoint(host, descriptor, interface))
                return false;
        }
    }
    return true;
}

// Endpoints of one interface, or of all, are there no more; what they had queued comes back.
static void remove_endpoints(struct usb_host *host, int only)
{
    for (unsigned i = 1; i < USB_ENDPOINTS; i++) {
        struct usb_endpoint *endpoint = &host->endpoints[i];
        if (!endpoint->present || (only >= 0 && endpoint->interface != only))
            continue;
        endpoint->present = false;
        while (endpoint->head)
            usb_complete(host, endpoint, WEIR_USB_CANCELLED);
        endpoint->type = USB_CONTROL; // so that nothing is scheduled for it
    }
}

struct usb_configuration *usb_active_configuration(struct usb_host *host)
{
    unsigned value = host->enumeration.active;
    return &host->enumeration.configs[value > 0 ? value - 1 : 0];
}

void usb_configured(struct usb_host *host, uint8_t value)
{
    remove_endpoints(host, -1);
    if (value > host->enumeration.device[17])
        return; // accepted, though it is not among the descriptors: nothing is known of it
    host->enumeration.active = value;
    if (value > 0 && !add_endpoints(host, -1, 0))
        return;
    if (host->state != USB_HOST_ENUMERATING)
        host->state = value > 0 ? USB_HOST_CONFIGURED : USB_HOST_ADDRESSED;
}

void usb_interface_set(struct usb_host *host, uint8_t interface, uint8_t setting)
{
    remove_endpoints(host, interface);
    add_endpoints(host, interface, setting);
}

static bool step_done(struct usb_host *host)
{
    switch ((enum step)host->enumeration.step) {
    case GET_FIRST_8:
    case GET_DEVICE:
        return check_device(host);
    case SET_ADDRESS:
        host->address = DEVICE_ADDRESS;
        host->enumeration.patience = host->clock + host->times.address_recovery;
        return true;
    case GET_CONFIG_HEADER:
    case GET_CONFIG:
        return check_config(host);
    case SET_CONFIGURATION:
    case DONE:
        break;
    }
    return true;
}

static enum step next_step(struct usb_enumeration *enumeration)
{
    if (enumeration->step == GET_CONFIG && enumeration->reading + 1 < enumeration->device[17]) {
        enumeration->reading++;
        return GET_CONFIG_HEADER;
    }
    if (enumeration->step == GET_CONFIG && enumeration->wanted == 0)
        return DONE;
    return (enum step)(enumeration->step + 1);
}

static void on_complete(struct weir_usb_transfer *transfer)
{
    static const char *const failures[] = {
        [WEIR_USB_STALL] = "was answered with STALL",
        [WEIR_USB_ERROR] = "got no valid answer",
        [WEIR_USB_OVERFLOW] = "got more data than was asked for",
    };
    struct usb_host *host = transfer->context;
    struct usb_enumeration *enumeration = &host->enumeration;
    if (transfer->status == WEIR_USB_NO_DEVICE || transfer->status == WEIR_USB_CANCELLED ||
        host->state != USB_HOST_ENUMERATING)
        return;
    if (transfer->status == WEIR_USB_ERROR &&
        (host->clock < enumeration->patience || enumeration->tries++ < TRIES)) {
        request(host);
        return;
    }
    if (transfer->status != WEIR_USB_OK) {
        usb_host_fail(host, "%s %s.", steps[enumeration->step].name, failures[transfer->status]);
        return;
    }
    if (!step_done(host))
        return;
    enumeration->tries = 0;
    enumeration->step = next_step(enumeration);
    if (enumeration->step == DONE)
        host->state = enumeration->wanted ? USB_HOST_CONFIGURED : USB_HOST_ADDRESSED;
    else
        request(host);
}

void usb_enumerate(struct usb_host *host)
{
    host->endpoints[0] = (struct usb_endpoint){.type = USB_CONTROL, .max_packet = 64, .present = true};
    host->enumeration.step = GET_FIRST_8;
    host->enumeration.reading = host->enumeration.tries = 0;
    host->enumeration.active = 0;
    host->enumeration.patience = host->clock + host->times.reset_recovery;
    host->enumeration.transfer = (struct weir_usb_transfer){.complete = on_complete, .context = host};
    request(host);
}
