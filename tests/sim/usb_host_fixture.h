// SPDX-License-Identifier: BSD-2-Clause
//
// A USB host model with a device whose endpoints do as a test tells them.
#ifndef USB_HOST_FIXTURE_H
#define USB_HOST_FIXTURE_H

#include "usb_host_bench.h"

#define CALLS_MAX 64

// A bench with a device whose endpoints do as they are told.
struct fixture {
    struct usb_bench bench;
    // OUT: takes data into `sink`; answers `script` first, one letter a packet or PING: a(ck) n(ak) y(et)
    // s(tall) -(nothing)
    uint8_t *sink;
    size_t sunk, sink_size;
    const char *out_script, *ping_script;
    unsigned out_calls, ping_calls;
    // IN: `source_left` bytes, counting up by byte, in packets of at most `packet_size`; NAK when there are
    // none.
    size_t source_left, packet_size, in_flight;
    uint32_t source_next;
    const char *in_script; // d(ata) n s -
    unsigned in_calls[3];
    uint64_t in_clocks[CALLS_MAX];
    // Completed transfers, in order.
    struct weir_usb_transfer *done[CALLS_MAX];
    unsigned done_count;
};

// The byte at place `n` of everything the device sends; `fill` writes the same.
uint8_t source_byte(uint32_t n);
void fill(uint8_t *buffer, size_t length);

// Plugs the device in and enumerates it; unplugging checks that SOF came on time.
void plug(struct fixture *fixture);
void plug_with(struct fixture *fixture, const struct weir_usb_faults *faults, uint64_t seed,
               unsigned packets);
void unplug(struct fixture *fixture);

struct weir_usb_transfer transfer_to(struct fixture *fixture, uint8_t endpoint, uint8_t *buffer,
                                     size_t length);
// Until `count` transfers are done in all.
void run_until_done(struct fixture *fixture, unsigned count);
void submit_and_run(struct fixture *fixture, struct weir_usb_transfer *transfer);

#endif
