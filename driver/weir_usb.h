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

// Tells at once when a card is plugged in, so that waiting for one need not look for it all the time. The
// card may not be permitted yet, and a watch may not be had: so look for it now and then all the same.
//
//     struct weir_usb_watch *watch = weir_usb_watch_open("usb");
//     struct pollfd fd = {.fd = weir_usb_watch_fd(watch), .events = POLLIN};
//     poll(&fd, 1, 250);
//     bool arrived = weir_usb_watch_arrived(watch);
struct weir_usb_watch;

// NULL, which the others take too: `card`, a card's name (weir_transport.h), is none at USB, or this system
// does not tell.
struct weir_usb_watch *weir_usb_watch_open(const char *card);
// Readable when there may be something to ask weir_usb_watch_arrived for; -1 of NULL.
int weir_usb_watch_fd(const struct weir_usb_watch *watch);
// True when a device with a card's numbers, whichever one, arrived since it was last asked. Call it whenever
// the descriptor is readable, or that stays so.
bool weir_usb_watch_arrived(struct weir_usb_watch *watch);
void weir_usb_watch_close(struct weir_usb_watch *watch);

// What to do where a card is not `permitted`.
#define WEIR_PERMISSION_HINT                                                                                 \
    "To use a card without being root, install the rule that permits it: copy 60-weir.rules (in the\n"       \
    "sources driver/; `make install` does it, too) to /etc/udev/rules.d, run `udevadm control\n"             \
    "--reload` as root, and plug the card in anew."

#endif
