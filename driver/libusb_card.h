// SPDX-License-Identifier: BSD-2-Clause
//
// A card at USB, found and made ours through libusb: what transport_libusb.c carries transfers over.
#ifndef WEIR_LIBUSB_CARD_H
#define WEIR_LIBUSB_CARD_H

#include <libusb-1.0/libusb.h>

#include "weir_usb.h"

struct libusb_card {
    libusb_context *context;
    libusb_device_handle *handle;
    uint8_t interface;     // bInterfaceNumber of ours
    uint8_t id[3];         // its class, subclass, protocol
    unsigned packet;       // bytes of a full bulk packet
    int configured_before; // configuration that the card was in
    uint32_t detached;     // bit n: the kernel's driver was taken from interface n of that
};

// Opens the card that `options` names ("", "serial=...", or "bus-port"), puts it into our configuration as
// after plugging in, and claims our interface. False: `error` says what to do, `errno` what kind of failure
// it is (weir_transport.h), and nothing is left open.
bool libusb_card_open(struct libusb_card *card, const char *options, char *error, size_t error_size);

// Chooses our configuration anew, as after plugging in. 0, or libusb's error. No transfer may be under way.
int libusb_card_restart(struct libusb_card *card);

// Gives the card back the way it was found. No transfer may be under way.
void libusb_card_close(struct libusb_card *card);

#endif
