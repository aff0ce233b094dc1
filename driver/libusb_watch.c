// SPDX-License-Identifier: BSD-2-Clause
//
// The watch has a context of libusb's of its own, in which no device is opened: so its descriptors stay the
// same, and an epoll descriptor stands for all of them. libusb looks at the system's news in a thread of its
// own and makes one of them readable; our callback runs when the caller then handles events.
#include "weir_usb.h"

#include <libusb-1.0/libusb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "weir_link.h"

struct weir_usb_watch {
    libusb_context *context;
    libusb_hotplug_callback_handle callback;
    int fd;
    bool arrived;
};

static int LIBUSB_CALL on_arrival(libusb_context *context, libusb_device *device, libusb_hotplug_event event,
                                  void *user_data)
{
    struct weir_usb_watch *watch = user_data;

    (void)context, (void)device, (void)event;
    watch->arrived = true;
    return 0; // 1 would end it
}

static bool gather_descriptors(struct weir_usb_watch *watch)
{
    const struct libusb_pollfd **fds = libusb_get_pollfds(watch->context);
    bool well = fds != NULL;

    for (size_t i = 0; well && fds[i]; i++) {
        struct epoll_event event = {.events = fds[i]->events & POLLOUT ? EPOLLOUT : EPOLLIN};
        well = epoll_ctl(watch->fd, EPOLL_CTL_ADD, fds[i]->fd, &event) == 0;
    }
    libusb_free_pollfds(fds);
    return well;
}

static bool begin(struct weir_usb_watch *watch)
{
    if (!libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
        return false;
    if (libusb_hotplug_register_callback(watch->context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED,
                                         LIBUSB_HOTPLUG_NO_FLAGS, WEIR_USB_VID, WEIR_USB_PID,
                                         LIBUSB_HOTPLUG_MATCH_ANY, on_arrival, watch, &watch->callback) != 0)
        return false;
    if (gather_descriptors(watch))
        return true;
    libusb_hotplug_deregister_callback(watch->context, watch->callback);
    return false;
}

struct weir_usb_watch *weir_usb_watch_open(const char *card)
{
    if (strcmp(card, "usb") != 0 && strncmp(card, "usb:", 4) != 0)
        return NULL;
    struct weir_usb_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->fd = epoll_create1(EPOLL_CLOEXEC);
    if (watch->fd >= 0 && libusb_init(&watch->context) == 0) {
        if (begin(watch))
            return watch;
        libusb_exit(watch->context);
    }
    if (watch->fd >= 0)
        close(watch->fd);
    free(watch);
    return NULL;
}

int weir_usb_watch_fd(const struct weir_usb_watch *watch)
{
    return watch ? watch->fd : -1;
}

bool weir_usb_watch_arrived(struct weir_usb_watch *watch)
{
    struct timeval at_once = {0};

    if (!watch)
        return false;
    watch->arrived = false;
    libusb_handle_events_timeout_completed(watch->context, &at_once, NULL);
    return watch->arrived;
}

void weir_usb_watch_close(struct weir_usb_watch *watch)
{
    if (!watch)
        return;
    libusb_hotplug_deregister_callback(watch->context, watch->callback);
    libusb_exit(watch->context);
    close(watch->fd);
    free(watch);
}
