// SPDX-License-Identifier: BSD-2-Clause
//
// Devices: listed, described, opened, configured, claimed. Transfers are in fake_libusb_io.c.
#include "fake_libusb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct libusb_device_handle {
    struct fake_usb_device *device;
};

struct fake_usb fake_usb;

void fake_usb_die(const char *what)
{
    fprintf(stderr, "libusb does not allow this: %s\n", what);
    abort();
}

static struct fake_usb_device *device_of(libusb_device *device)
{
    return (struct fake_usb_device *)device;
}

struct fake_usb_device *fake_usb_device_of(libusb_device_handle *handle)
{
    return handle->device;
}

static void lock(void)
{
    pthread_mutex_lock(&fake_usb.lock);
    fake_usb_count_call();
}

static int unlock(int result)
{
    pthread_mutex_unlock(&fake_usb.lock);
    return result;
}

void fake_usb_init(void)
{
    fake_usb = (struct fake_usb){.memory = 16 << 20, .fault = LIBUSB_TRANSFER_ERROR};
    pthread_mutex_init(&fake_usb.lock, NULL);
}

void fake_usb_plug(struct fake_usb_device *device)
{
    pthread_mutex_lock(&fake_usb.lock);
    device->plugged = true;
    device->dying = false;
    for (unsigned i = 0; i < FAKE_USB_DEVICES; i++) {
        if (!fake_usb.device[i] || fake_usb.device[i] == device) {
            fake_usb.device[i] = device;
            break;
        }
    }
    fake_usb_tell_arrival(device);
    pthread_mutex_unlock(&fake_usb.lock);
}

// ---- Life, devices ----

int libusb_init(libusb_context **context)
{
    lock();
    if (fake_usb.no_usb)
        return unlock(LIBUSB_ERROR_OTHER);
    *context = calloc(1, sizeof **context);
    **context = (struct libusb_context){.next = fake_usb.context, .bell = eventfd(0, EFD_NONBLOCK)};
    fake_usb.context = *context;
    fake_usb.contexts++;
    return unlock(0);
}

void libusb_exit(libusb_context *context)
{
    lock();
    if (fake_usb.handles > 0)
        fake_usb_die("libusb_exit with a device open");
    if (context->on_arrival)
        fake_usb_die("libusb_exit with a callback registered");
    struct libusb_context **link = &fake_usb.context;
    while (*link != context)
        link = &(*link)->next;
    *link = context->next;
    close(context->bell);
    free(context);
    fake_usb.contexts--;
    unlock(0);
}

const char *libusb_error_name(int error)
{
    return error == LIBUSB_ERROR_IO ? "LIBUSB_ERROR_IO" : "LIBUSB_ERROR_OTHER";
}

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list)
{
    ssize_t count = 0;

    (void)context;
    lock();
    *list = calloc(FAKE_USB_DEVICES + 1, sizeof **list);
    for (unsigned i = 0; i < FAKE_USB_DEVICES; i++) {
        struct fake_usb_device *device = fake_usb.device[i];
        if (device && device->plugged) {
            device->references++;
            (*list)[count++] = (libusb_device *)device;
        }
    }
    unlock(0);
    return count;
}

libusb_device *libusb_ref_device(libusb_device *device)
{
    pthread_mutex_lock(&fake_usb.lock);
    device_of(device)->references++;
    unlock(0);
    return device;
}

void libusb_unref_device(libusb_device *device)
{
    pthread_mutex_lock(&fake_usb.lock);
    if (device_of(device)->references-- == 0)
        fake_usb_die("libusb_unref_device without a reference");
    unlock(0);
}

void libusb_free_device_list(libusb_device **list, int unref)
{
    for (unsigned i = 0; list[i]; i++) {
        if (unref)
            libusb_unref_device(list[i]);
    }
    free(list);
}

uint8_t libusb_get_bus_number(libusb_device *device)
{
    (void)device;
    return 1;
}

uint8_t libusb_get_device_address(libusb_device *device)
{
    return device_of(device)->port;
}

int libusb_get_port_numbers(libusb_device *device, uint8_t *numbers, int length)
{
    (void)length;
    numbers[0] = 1;
    numbers[1] = device_of(device)->port;
    return 2;
}

int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *descriptor)
{
    *descriptor = (struct libusb_device_descriptor){
        .idVendor = WEIR_USB_VID,
        .idProduct = WEIR_USB_PID,
        .bcdDevice = (uint16_t)(device_of(device)->protocol << 8 | WEIR_VERSION_MINOR),
        .iSerialNumber = 3,
    };
    return 0;
}

// ---- Configurations: 1 is ours, 2 a network adapter of two interfaces ----

int libusb_get_config_descriptor_by_value(libusb_device *base, uint8_t value,
                                          struct libusb_config_descriptor **config)
{
    struct fake_usb_device *device = device_of(base);
    uint8_t interfaces = value;
    struct libusb_interface_descriptor *setting = calloc(interfaces, sizeof *setting);
    struct libusb_interface *interface = calloc(interfaces, sizeof *interface);

    *config = calloc(1, sizeof **config);
    for (uint8_t i = 0; i < interfaces; i++) {
        setting[i] = (struct libusb_interface_descriptor){.bInterfaceNumber = i, .bInterfaceClass = 2};
        if (value == 1 && !device->stranger) {
            setting[i].bInterfaceClass = WEIR_INTERFACE_CLASS;
            setting[i].bInterfaceSubClass = WEIR_INTERFACE_SUBCLASS;
            setting[i].bInterfaceProtocol = device->protocol;
        }
        interface[i] = (struct libusb_interface){.altsetting = &setting[i], .num_altsetting = 1};
    }
    **config = (struct libusb_config_descriptor){.bNumInterfaces = interfaces, .interface = interface};
    return 0;
}

int libusb_get_active_config_descriptor(libusb_device *base, struct libusb_config_descriptor **config)
{
    lock();
    int value = device_of(base)->configuration;
    bool there = fake_usb_present(device_of(base));
    unlock(0);
    if (!there)
        return LIBUSB_ERROR_NO_DEVICE;
    return value == 0 ? LIBUSB_ERROR_NOT_FOUND
                      : libusb_get_config_descriptor_by_value(base, (uint8_t)value, config);
}

void libusb_free_config_descriptor(struct libusb_config_descriptor *config)
{
    free((void *)config->interface[0].altsetting);
    free((void *)config->interface);
    free(config);
}

int libusb_get_configuration(libusb_device_handle *handle, int *value)
{
    lock();
    *value = handle->device->configuration;
    return unlock(fake_usb_present(handle->device) || handle->device->dying ? 0 : LIBUSB_ERROR_NO_DEVICE);
}

// The card starts anew, as at a bus reset.
int libusb_set_configuration(libusb_device_handle *handle, int value)
{
    struct fake_usb_device *device = handle->device;

    lock();
    if (!fake_usb_present(device))
        return unlock(LIBUSB_ERROR_NO_DEVICE);
    if (device->busy || device->claimed || (device->kernel && device->configuration == 2))
        return unlock(LIBUSB_ERROR_BUSY);
    if (device->unconfigurable && value == 1) {
        device->configuration = 0;
        return unlock(LIBUSB_ERROR_IO);
    }
    device->configuration = value;
    device->kernel = value == 2;
    device->configured++;
    device->card.in_length = device->card.out_length = 0;
    device->card.out_dropping = false;
    device->card.rx_mode = 0;
    memset(device->halted, 0, sizeof device->halted);
    return unlock(0);
}

int libusb_kernel_driver_active(libusb_device_handle *handle, int interface)
{
    (void)interface;
    lock();
    return unlock(handle->device->kernel);
}

int libusb_detach_kernel_driver(libusb_device_handle *handle, int interface)
{
    (void)interface;
    lock();
    if (!handle->device->kernel)
        return unlock(LIBUSB_ERROR_NOT_FOUND);
    handle->device->kernel = false; // one driver holds both
    handle->device->detached++;
    return unlock(0);
}

// Interface 0 is the one that the driver looks for; it takes the other one along.
int libusb_attach_kernel_driver(libusb_device_handle *handle, int interface)
{
    struct fake_usb_device *device = handle->device;

    lock();
    if (!fake_usb_present(device))
        return unlock(LIBUSB_ERROR_NO_DEVICE);
    if (device->kernel || device->claimed)
        return unlock(LIBUSB_ERROR_BUSY);
    if (device->configuration == 0 || interface != 0)
        return unlock(LIBUSB_ERROR_NOT_FOUND);
    device->kernel = true;
    device->attached++;
    return unlock(0);
}

// ---- Opening ----

int libusb_open(libusb_device *base, libusb_device_handle **handle)
{
    struct fake_usb_device *device = device_of(base);

    lock();
    if (!device->plugged)
        return unlock(LIBUSB_ERROR_NO_DEVICE);
    if (device->denied)
        return unlock(LIBUSB_ERROR_ACCESS);
    *handle = calloc(1, sizeof **handle);
    (*handle)->device = device;
    device->references++;
    fake_usb.handles++;
    return unlock(0);
}

libusb_device *libusb_get_device(libusb_device_handle *handle)
{
    return (libusb_device *)handle->device;
}

int libusb_get_max_packet_size(libusb_device *device, unsigned char endpoint)
{
    (void)endpoint;
    return (int)device_of(device)->card.packet;
}

int libusb_get_string_descriptor_ascii(libusb_device_handle *handle, uint8_t index, unsigned char *data,
                                       int length)
{
    (void)index;
    lock();
    if (!fake_usb_present(handle->device))
        return unlock(LIBUSB_ERROR_NO_DEVICE);
    return unlock(snprintf((char *)data, (size_t)length, "%s", handle->device->serial));
}

int libusb_claim_interface(libusb_device_handle *handle, int interface)
{
    struct fake_usb_device *device = handle->device;

    (void)interface;
    lock();
    if (!fake_usb_present(device))
        return unlock(LIBUSB_ERROR_NO_DEVICE);
    if (device->busy || device->busy_at_claim || device->claimed)
        return unlock(LIBUSB_ERROR_BUSY);
    if (device->configuration != 1)
        return unlock(LIBUSB_ERROR_NOT_FOUND);
    device->claimed = true;
    return unlock(0);
}

int libusb_release_interface(libusb_device_handle *handle, int interface)
{
    (void)interface;
    lock();
    if (fake_usb.out_running + fake_usb.in_running > 0)
        fake_usb_die("libusb_release_interface with transfers under way");
    handle->device->claimed = false;
    return unlock(0);
}

void libusb_close(libusb_device_handle *handle)
{
    lock();
    if (handle->device->claimed)
        fake_usb_die("libusb_close with the interface claimed");
    handle->device->references--;
    fake_usb.handles--;
    free(handle);
    unlock(0);
}
