// SPDX-License-Identifier: BSD-2-Clause
//
// What the libusb in memory tells of devices that are plugged in: as on Linux, a descriptor of each context
// gets readable, and the callback runs in the thread that then handles that context's events.
#include "fake_libusb.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir_link.h"

void fake_usb_tell_arrival(struct fake_usb_device *device)
{
    const uint64_t one = 1;

    for (struct libusb_context *each = fake_usb.context; each; each = each->next) {
        if (!each->on_arrival || each->arrived)
            continue;
        each->arrived = device;
        device->references++;
        if (write(each->bell, &one, sizeof one) != sizeof one)
            fake_usb_die("an eventfd that does not count");
    }
}

// Quiets the bell. What is to be told, with its reference, or NULL.
static struct fake_usb_device *take_arrived(libusb_context *context)
{
    struct fake_usb_device *device = context->arrived;
    uint64_t count;

    if (device && read(context->bell, &count, sizeof count) != sizeof count)
        fake_usb_die("an eventfd that was not written to");
    context->arrived = NULL;
    return device;
}

bool fake_usb_handle_hotplug(libusb_context *context)
{
    pthread_mutex_lock(&fake_usb.lock);
    libusb_hotplug_callback_fn callback = context->on_arrival;
    void *user_data = context->user_data;
    struct fake_usb_device *device = take_arrived(context);
    pthread_mutex_unlock(&fake_usb.lock);
    if (!device)
        return false;
    if (callback(context, (libusb_device *)device, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, user_data) != 0)
        fake_usb_die("a hot-plug callback that wants to be called no more");
    libusb_unref_device((libusb_device *)device);
    return true;
}

int libusb_has_capability(uint32_t capability)
{
    return capability == LIBUSB_CAP_HAS_CAPABILITY ||
           (capability == LIBUSB_CAP_HAS_HOTPLUG && !fake_usb.no_hotplug);
}

int libusb_hotplug_register_callback(libusb_context *context, int events, int flags, int vendor, int product,
                                     int device_class, libusb_hotplug_callback_fn callback, void *user_data,
                                     libusb_hotplug_callback_handle *handle)
{
    (void)flags;
    if (fake_usb.no_hotplug)
        return LIBUSB_ERROR_NOT_SUPPORTED;
    if (fake_usb.no_callback)
        return LIBUSB_ERROR_NO_MEM;
    if (events != LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED || vendor != WEIR_USB_VID || product != WEIR_USB_PID ||
        device_class != LIBUSB_HOTPLUG_MATCH_ANY || context->on_arrival)
        fake_usb_die("a hot-plug callback for something else than cards that arrive");
    pthread_mutex_lock(&fake_usb.lock);
    context->on_arrival = callback;
    context->user_data = user_data;
    pthread_mutex_unlock(&fake_usb.lock);
    *handle = 1;
    return 0;
}

void libusb_hotplug_deregister_callback(libusb_context *context, libusb_hotplug_callback_handle handle)
{
    (void)handle;
    pthread_mutex_lock(&fake_usb.lock);
    struct fake_usb_device *device = take_arrived(context);
    context->on_arrival = NULL;
    if (device)
        device->references--;
    pthread_mutex_unlock(&fake_usb.lock);
}

const struct libusb_pollfd **libusb_get_pollfds(libusb_context *context)
{
    struct list {
        const struct libusb_pollfd *each[2];
        struct libusb_pollfd fd;
    } *list = calloc(1, sizeof *list);

    list->fd = (struct libusb_pollfd){.fd = context->bell, .events = POLLIN};
    list->each[0] = &list->fd;
    return list->each;
}

void libusb_free_pollfds(const struct libusb_pollfd **pollfds)
{
    free(pollfds);
}
