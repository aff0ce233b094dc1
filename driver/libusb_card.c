// SPDX-License-Identifier: BSD-2-Clause
//
// Configuration 1 is ours. A kernel likes a configuration better that it has a driver for, and puts the card
// into the one that makes it an ordinary network adapter: then we take the card from the kernel, and give it
// back at the end.
//
// Setting the configuration also when it is the right one makes the card start anew: whatever a program that
// was killed has left in the card's endpoints is dropped (rtl/usb/usb_device.v, link_flush).
#include "libusb_card.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "libusb_find.h"
#include "weir_link.h"

#define CONFIGURATION 1

static int error_number(int error)
{
    switch (error) {
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        return ENODEV;
    case LIBUSB_ERROR_ACCESS:
        return EACCES;
    case LIBUSB_ERROR_BUSY:
        return EBUSY;
    case LIBUSB_ERROR_NO_MEM:
        return ENOMEM;
    default:
        return EIO;
    }
}

static void explain(const struct usb_found *found, int failed, char *error, size_t error_size)
{
    const char *path = found->card.path;

    switch (failed) {
    case LIBUSB_ERROR_ACCESS:
        snprintf(error, error_size, "no permission for the card at USB port %s. " WEIR_PERMISSION_HINT, path);
        break;
    case LIBUSB_ERROR_BUSY:
        snprintf(
            error, error_size,
            "another program uses the card at USB port %s: end it first (`fuser -v /dev/bus/usb/%03u/%03u` "
            "tells which one)",
            path, libusb_get_bus_number(found->device), libusb_get_device_address(found->device));
        break;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        snprintf(error, error_size, "the card at USB port %s is gone: plug it in again", path);
        break;
    default:
        snprintf(error, error_size, "the card at USB port %s cannot be used (%s): plug it in anew", path,
                 libusb_error_name(failed));
    }
    errno = error_number(failed);
}

// Takes every interface of the active configuration from the kernel's drivers. One driver may hold several,
// so the later ones may be free by then.
static int detach_kernel(struct libusb_card *card)
{
    struct libusb_config_descriptor *active;
    int failed = 0;

    if (libusb_get_active_config_descriptor(libusb_get_device(card->handle), &active) != 0)
        return 0; // not configured
    for (uint8_t i = 0; i < active->bNumInterfaces && !failed; i++) {
        uint8_t number = active->interface[i].altsetting[0].bInterfaceNumber;
        if (libusb_kernel_driver_active(card->handle, number) != 1)
            continue;
        failed = libusb_detach_kernel_driver(card->handle, number);
        if (!failed)
            card->detached |= UINT32_C(1) << (number & 31); // Linux has 32 at most
        if (failed == LIBUSB_ERROR_NOT_FOUND)
            failed = 0;
    }
    libusb_free_config_descriptor(active);
    return failed;
}

// In another configuration than before the kernel's drivers bind by themselves once that is back; in the same
// one they have to be told.
static void give_back(struct libusb_card *card)
{
    int now;

    if (libusb_get_configuration(card->handle, &now) != 0)
        return; // gone
    if (now != card->configured_before && card->configured_before > 0) {
        libusb_set_configuration(card->handle, card->configured_before);
        return;
    }
    for (int number = 0; number < 32; number++) {
        if (card->detached >> number & 1)
            libusb_attach_kernel_driver(card->handle, number);
    }
}

static int configure_and_claim(struct libusb_card *card)
{
    int failed = libusb_set_configuration(card->handle, CONFIGURATION);

    if (!failed)
        failed = libusb_claim_interface(card->handle, card->interface);
    if (failed)
        return failed;
    int packet = libusb_get_max_packet_size(libusb_get_device(card->handle), WEIR_EP_OUT);
    if (packet > 0) {
        card->packet = (unsigned)packet;
        return 0;
    }
    libusb_release_interface(card->handle, card->interface);
    return packet == 0 ? LIBUSB_ERROR_OTHER : packet;
}

static int take(struct libusb_card *card)
{
    int failed = libusb_get_configuration(card->handle, &card->configured_before);

    if (failed)
        return failed;
    failed = detach_kernel(card);
    if (!failed)
        failed = configure_and_claim(card);
    if (failed)
        give_back(card);
    if (!failed && card->configured_before > CONFIGURATION)
        fprintf(stderr,
                "weir: the card was the system's network adapter (USB configuration %d); it is ours until we "
                "end\n",
                card->configured_before);
    return failed;
}

bool libusb_card_open(struct libusb_card *card, const char *options, char *error, size_t error_size)
{
    struct usb_found found;

    *card = (struct libusb_card){.context = NULL};
    int failed = libusb_init(&card->context);
    if (failed) {
        snprintf(error, error_size, "this system has no USB (%s)", libusb_error_name(failed));
        errno = ENODEV;
        return false;
    }
    if (!usb_find_one(card->context, options, &found, error, error_size)) {
        int kept = errno;
        libusb_exit(card->context);
        errno = kept;
        return false;
    }
    card->interface = found.interface;
    memcpy(card->id, found.id, sizeof card->id);
    failed = libusb_open(found.device, &card->handle);
    if (!failed && (failed = take(card)) != 0)
        libusb_close(card->handle);
    if (failed)
        explain(&found, failed, error, error_size);
    int kept = errno;
    libusb_unref_device(found.device);
    if (failed)
        libusb_exit(card->context);
    errno = kept;
    return !failed;
}

// The kernel sets no configuration while an interface of the old one is claimed.
int libusb_card_restart(struct libusb_card *card)
{
    int failed = libusb_release_interface(card->handle, card->interface);

    if (!failed)
        failed = libusb_set_configuration(card->handle, CONFIGURATION);
    return failed ? failed : libusb_claim_interface(card->handle, card->interface);
}

void libusb_card_close(struct libusb_card *card)
{
    libusb_release_interface(card->handle, card->interface);
    give_back(card);
    libusb_close(card->handle);
    libusb_exit(card->context);
}
