// SPDX-License-Identifier: BSD-2-Clause
//
// The cable of a full-speed device, D+ and D- in time: what usb_host_pins.c keeps, beside struct usb_phy, of
// a host that meets the device there and not at ULPI. Times are in femtoseconds.
#ifndef WEIR_USB_HOST_PINS_H
#define WEIR_USB_HOST_PINS_H

#include "usb_host_internal.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

// SYNC, the longest packet of full speed with a bit stuffed after every six, EOP: two crossings a bit.
#define USB_PINS_EDGES 2048u

// The levels of D+ (bit 0) and D- (bit 1), or that nobody drives them.
enum usb_pins_line {
    USB_PINS_SE0 = 0,
    USB_PINS_J = 1,
    USB_PINS_K = 2,
    USB_PINS_SE1 = 3,
    USB_PINS_FREE = 4,
};

struct usb_pins_edge {
    uint64_t time;
    uint8_t line; // from then on
};

struct usb_pins {
    struct weir_usb_signal signal;
    uint64_t random;
    uint64_t period;    // of the host's 60 MHz clock
    uint64_t next_tick; // of it
    uint64_t now;       // of its latest tick
    uint64_t changed;   // the device's outputs are from then on
    bool pull_up;

    uint8_t host, device; // what either drives; enum usb_pins_line
    uint8_t bus;          // what comes of it
    FILE *vcd;

    struct usb_pins_edge edges[USB_PINS_EDGES]; // of the host, still to come: [next, count)
    size_t next, count;

    // The receiver of the device's packets.
    bool receiving;
    uint64_t since;    // the device's line has been as it is
    uint8_t bits;      // latest in bit 7
    unsigned received; // bits; those of SYNC count
    unsigned ones;     // in a row
    unsigned in_byte;  // bits of the byte under way

    // What the device's signal was like, for tests.
    uint64_t worst_edge;                  // farthest from a whole number of bits since the edge before
    uint64_t shortest_eop, longest_eop;   // SE0
    uint64_t earliest_answer, idle_since; // from the host's EOP to the device's SYNC
    unsigned collisions, bad_packets;     // both drove; SYNC, stuffing or EOP were wrong
};

void usb_pins_init(struct usb_pins *pins, const struct weir_usb_signal *signal, uint64_t seed);
// Frees it; the trace ends now. NULL is allowed.
void usb_pins_free(struct usb_pins *pins);
// The hub's end changes now.
void usb_pins_drive(struct usb_pins *pins, enum usb_line hub);
// A packet of the host begins now.
void usb_pins_send(struct usb_pins *pins, const uint8_t *packet, size_t length);

#ifdef __cplusplus
}
#endif
#endif
