// SPDX-License-Identifier: BSD-2-Clause
//
// The card at USB through libusb, which here is one in memory (fake_libusb.h) with the model of the card:
// what the tests of driver/transport_libusb.c have in common.
#ifndef WEIR_TRANSPORT_LIBUSB_BENCH_H
#define WEIR_TRANSPORT_LIBUSB_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_libusb.h"
#include "transport_internal.h"
#include "weir_card.h"
#include "weir_record.h"
#include "weir_usb.h"

#define FRAMES 600
#define FRAME 1000 // bytes

struct bench {
    struct fake_usb_device device, other;
    struct weir_card *card;
    unsigned wire_count, wire_wrong, host_count, host_wrong; // frames, and those not the one that was due
    char error[1200];
};

// A frame that tells its number, all FRAME bytes of it; and whether this is one.
void make_frame(uint8_t *frame, uint32_t number);
bool is_frame(const uint8_t *frame, size_t length, uint32_t number);

// A card at this port of the bus.
void plug(struct bench *bench, struct fake_usb_device *device, uint8_t port, const char *serial);

struct weir_transport *open_transport(struct bench *bench, const char *options);
bool open_card(struct bench *bench);
unsigned wire_count(struct bench *bench);

// Sends FRAMES frames and takes as many. 0, or the card's error. The second demands that all arrive as they
// were.
int exchange(struct bench *bench);
void exchanges_everything(struct bench *bench);

// Before a test, one card is there; behind it, nothing of libusb is left open.
int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
