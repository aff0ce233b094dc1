// SPDX-License-Identifier: BSD-2-Clause
//
// The cards that are plugged in at USB. None is opened for use, so a card that another program uses, or that
// this user may not use, is listed too.
//
//     struct weir_usb_card cards[8];
//     int count = weir_usb_list(cards, 8, error, sizeof error);
//     for (int i = 0; i < count; i++) printf("usb:%s\n", cards[i].path);
#ifndef WEIR_USB_H
#define WEIR_USB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_usb_card {
    char path[32];                        // bus-port.port..., as Linux names it: "1-2.1"
    char serial[64];                      // the MAC address in hexadecimal; empty when it cannot be read
    uint8_t version_major, version_minor; // of the link
    bool permitted;                       // this user may use it
};

// Fills in up to `size` cards; returns how many. Negative when USB cannot be looked at; then `error` says
// why.
int weir_usb_list(struct weir_usb_card *cards, size_t size, char *error, size_t error_size);

// What to do where a card is not `permitted`.
#define WEIR_PERMISSION_HINT                                                                                 \
    "To use a card without being root, install the rule that permits it: copy 60-weir.rules (in the\n"       \
    "sources driver/; `make install` does it, too) to /etc/udev/rules.d, run `udevadm control\n"             \
    "--reload` as root, and plug the card in anew."

#endif
