// SPDX-License-Identifier: BSD-2-Clause
//
// Which of the devices at USB are cards, and which of the cards is meant.
#ifndef WEIR_LIBUSB_FIND_H
#define WEIR_LIBUSB_FIND_H

#include <libusb-1.0/libusb.h>

#include "weir_usb.h"

struct usb_found {
    struct weir_usb_card card;
    uint8_t interface;     // bInterfaceNumber of our interface
    uint8_t id[3];         // its class, subclass, protocol
    libusb_device *device; // a reference, the caller's to give back
};

// The card that `options` names: "" the only one, "serial=...", or "bus-port". False: `error` says what there
// is, errno is EINVAL, ENODEV or EMLINK (there are several).
bool usb_find_one(libusb_context *context, const char *options, struct usb_found *found, char *error,
                  size_t error_size);

#endif
