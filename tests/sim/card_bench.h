// SPDX-License-Identifier: BSD-2-Clause
//
// What tests of the whole simulated card do at its USB: transfers that they wait for, and the vendor
// requests. What fails fails the test (cmocka).
#ifndef CARD_BENCH_H
#define CARD_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "weir_link.h"
#include "weir_sim.h"

// Queues the transfer and lets time pass until it has ended; its `complete` and `context` are used for that.
enum weir_usb_status card_transfer(struct weir_sim *sim, struct weir_usb_transfer *transfer);

// `complete` for those who wait themselves: sets the bool that `context` points to.
void card_done(struct weir_usb_transfer *transfer);

// A control transfer; the fields of its SETUP packet are those of USB 2.0 section 9.3.
enum weir_usb_status card_control(struct weir_sim *sim, uint8_t type, uint8_t request, uint16_t value,
                                  uint16_t index, void *data, uint16_t length);

// WEIR_REQ_WRITE_TABLE of one entry, WEIR_TABLE_ and its number; WEIR_REQ_GET_COUNTERS.
void card_write_table(struct weir_sim *sim, uint8_t table, uint8_t entry, uint64_t value);
uint32_t card_counter(struct weir_sim *sim, unsigned index);

// Bulk IN, always asked for: `complete` gets each transfer and submits it again.
#define CARD_IN_TRANSFERS 4
struct card_in {
    struct weir_usb_transfer transfer[CARD_IN_TRANSFERS];
    uint8_t data[CARD_IN_TRANSFERS][WEIR_IN_TRANSFER_MAX];
};
void card_listen(struct weir_sim *sim, struct card_in *in, void (*complete)(struct weir_usb_transfer *),
                 void *context);

// A bulk IN transfer's records but for padding, each with its frame.
typedef void (*card_record)(void *context, const uint8_t *record, const uint8_t *frame, size_t length);
void card_each_record(const struct weir_usb_transfer *transfer, card_record each);

// Numbers from 32 bits of a linear congruential generator.
uint32_t card_random(uint64_t *state);

// Little endian, as everything on USB.
uint16_t card_get16(const uint8_t *at);
uint32_t card_get32(const uint8_t *at);

#endif
