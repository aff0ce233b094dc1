// SPDX-License-Identifier: BSD-2-Clause
//
// A card is told by its vendor and product number together with our interface class in configuration 1: the
// product number alone is one that others may use as well.
#include "libusb_find.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "weir_link.h"

#define CONFIGURATION 1
#define CARDS_MAX 32
#define SERIAL_DIGITS 12

// Linux tells a device's serial number also to those who may not open it.
static void read_serial_of_system(struct weir_usb_card *card)
{
    char name[80];

    snprintf(name, sizeof name, "/sys/bus/usb/devices/%s/serial", card->path);
    FILE *file = fopen(name, "r");
    if (!file)
        return;
    if (!fgets(card->serial, sizeof card->serial, file))
        card->serial[0] = '\0';
    card->serial[strcspn(card->serial, "\n")] = '\0';
    fclose(file);
}

static void read_path(libusb_device *device, struct weir_usb_card *card)
{
    uint8_t ports[7]; // USB 2.0 section 4.1.1: at most seven tiers
    int count = libusb_get_port_numbers(device, ports, sizeof ports);
    int length = snprintf(card->path, sizeof card->path, "%u", libusb_get_bus_number(device));

    for (int i = 0; i < count; i++)
        length += snprintf(card->path + length, sizeof card->path - (size_t)length, "%c%u", i ? '.' : '-',
                           ports[i]);
}

// False when the device does not carry our interface.
static bool read_interface(libusb_device *device, struct usb_found *found)
{
    struct libusb_config_descriptor *config;
    bool ours = false;

    if (libusb_get_config_descriptor_by_value(device, CONFIGURATION, &config) != 0)
        return false;
    for (uint8_t i = 0; i < config->bNumInterfaces && !ours; i++) {
        const struct libusb_interface_descriptor *each = config->interface[i].altsetting;
        ours = each->bInterfaceClass == WEIR_INTERFACE_CLASS &&
               each->bInterfaceSubClass == WEIR_INTERFACE_SUBCLASS;
        found->interface = each->bInterfaceNumber;
        found->id[0] = each->bInterfaceClass;
        found->id[1] = each->bInterfaceSubClass;
        found->id[2] = each->bInterfaceProtocol;
    }
    libusb_free_config_descriptor(config);
    return ours;
}

static bool is_card(libusb_device *device, struct usb_found *found)
{
    struct libusb_device_descriptor descriptor;
    libusb_device_handle *handle;

    memset(found, 0, sizeof *found);
    if (libusb_get_device_descriptor(device, &descriptor) != 0 || descriptor.idVendor != WEIR_USB_VID ||
        descriptor.idProduct != WEIR_USB_PID || !read_interface(device, found))
        return false;
    found->device = device;
    found->card.version_major = found->id[2];
    found->card.version_minor = (uint8_t)descriptor.bcdDevice;
    read_path(device, &found->card);
    int failed = libusb_open(device, &handle);
    found->card.permitted = failed != LIBUSB_ERROR_ACCESS;
    if (!failed) {
        if (libusb_get_string_descriptor_ascii(handle, descriptor.iSerialNumber,
                                               (uint8_t *)found->card.serial,
                                               sizeof found->card.serial - 1) < 0)
            found->card.serial[0] = '\0';
        libusb_close(handle);
    }
    if (!found->card.serial[0])
        read_serial_of_system(&found->card);
    return true;
}

// Each card found holds a reference to its device. The number of cards, or an error of libusb.
static int find_all(libusb_context *context, struct usb_found *found, size_t size)
{
    libusb_device **devices;
    ssize_t count = libusb_get_device_list(context, &devices);
    size_t cards = 0;

    if (count < 0)
        return (int)count;
    for (ssize_t i = 0; i < count && cards < size; i++) {
        if (is_card(devices[i], &found[cards]))
            libusb_ref_device(found[cards++].device);
    }
    libusb_free_device_list(devices, 1);
    return (int)cards;
}

static void name_cards(const struct usb_found *found, int count, char *text, size_t size)
{
    size_t length = 0;

    for (int i = 0; i < count && length < size; i++) {
        const struct weir_usb_card *card = &found[i].card;
        length +=
            (size_t)snprintf(text + length, size - length, "%susb:%s%s", i ? ", " : "",
                             card->serial[0] ? "serial=" : "", card->serial[0] ? card->serial : card->path);
    }
}

__attribute__((format(printf, 4, 5))) static bool refuse(int number, char *error, size_t error_size,
                                                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error, error_size, format, arguments);
    va_end(arguments);
    errno = number;
    return false;
}

// A card's serial number by itself, as a systemd unit's instance has it: no port is written like that.
static bool is_serial(const char *options)
{
    return strlen(options) == SERIAL_DIGITS && strspn(options, "0123456789abcdefABCDEF") == SERIAL_DIGITS;
}

static bool matches(const struct weir_usb_card *card, const char *options)
{
    if (*options == '\0')
        return true;
    if (strncmp(options, "serial=", 7) == 0)
        return strcasecmp(card->serial, options + 7) == 0;
    if (is_serial(options))
        return strcasecmp(card->serial, options) == 0;
    return strcmp(card->path, options) == 0;
}

static bool understood(const char *options)
{
    const char *dash = strchr(options, '-');

    if (*options == '\0' || (strncmp(options, "serial=", 7) == 0 && options[7]) || is_serial(options))
        return true;
    return dash && dash > options && dash[1] && strspn(options, "0123456789") == (size_t)(dash - options) &&
           strspn(dash + 1, "0123456789.") == strlen(dash + 1);
}

static bool choose(const struct usb_found *all, int count, const char *options, int *chosen, char *error,
                   size_t error_size)
{
    char names[400] = "";
    int matching = 0;

    for (int i = 0; i < count; i++) {
        if (matches(&all[i].card, options)) {
            *chosen = i;
            matching++;
        }
    }
    if (matching == 1)
        return true;
    name_cards(all, count, names, sizeof names);
    if (matching > 1)
        return refuse(EMLINK, error, error_size, "there are several cards; give one of them with --card: %s",
                      names);
    if (count > 0)
        return refuse(ENODEV, error, error_size, "no card usb:%s is plugged in; there is %s", options, names);
    if (*options)
        return refuse(ENODEV, error, error_size, "no card found: usb:%s is not plugged in, nor is any other",
                      options);
    return refuse(ENODEV, error, error_size,
                  "no card found: plug one in at USB, or give --card (`weir list` shows what it takes)");
}

bool usb_find_one(libusb_context *context, const char *options, struct usb_found *found, char *error,
                  size_t error_size)
{
    struct usb_found all[CARDS_MAX];
    int chosen = -1;

    if (!understood(options))
        return refuse(EINVAL, error, error_size,
                      "no card is named \"usb:%s\"; a card at USB is usb, usb:serial=NUMBER or usb:BUS-PORT",
                      options);
    int count = find_all(context, all, CARDS_MAX);
    if (count < 0)
        return refuse(EIO, error, error_size, "USB cannot be looked at (%s)", libusb_error_name(count));
    bool found_one = choose(all, count, options, &chosen, error, error_size);
    for (int i = 0; i < count; i++) {
        if (i == chosen && found_one)
            *found = all[i];
        else
            libusb_unref_device(all[i].device);
    }
    return found_one;
}

int weir_usb_list(struct weir_usb_card *cards, size_t size, char *error, size_t error_size)
{
    struct usb_found all[CARDS_MAX];
    libusb_context *context;
    int failed = libusb_init(&context);

    if (failed) {
        snprintf(error, error_size, "this system has no USB (%s)", libusb_error_name(failed));
        return -1;
    }
    int count = find_all(context, all, size < CARDS_MAX ? size : CARDS_MAX);
    if (count < 0)
        snprintf(error, error_size, "USB cannot be looked at (%s)", libusb_error_name(count));
    for (int i = 0; i < count; i++) {
        cards[i] = all[i].card;
        libusb_unref_device(all[i].device);
    }
    libusb_exit(context);
    return count < 0 ? -1 : count;
}
