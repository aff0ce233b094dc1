// SPDX-License-Identifier: BSD-2-Clause
//
// The whole card with a cable that leads back into it: what is sent as link records comes back as link
// records. What fails fails the test (cmocka).
#ifndef CABLE_BENCH_H
#define CABLE_BENCH_H

#include "card_bench.h"

#define MS 1000000ull
#define FRAMES_MAX 64
#define FRAME_MAX 9600

struct frame {
    uint8_t data[FRAME_MAX];
    size_t length;
    uint8_t flags;
};

struct bench {
    struct weir_sim *sim;
    struct card_in in;
    struct frame got[FRAMES_MAX], sent[FRAMES_MAX];
    size_t got_count, sent_count;
    uint8_t out_data[80000]; // the OUT transfer being made
    size_t out_length;
    uint64_t random;
    size_t packet; // bytes of a full bulk packet
};

// A card with its receiver open for all frames, at what `config` says, over a USB with `faults`, or with its
// receiver shut.
struct bench *cable_plug_in_as(struct weir_sim_config config);
struct bench *cable_plug_in(struct weir_usb_faults faults);
struct bench *cable_plug_in_deaf(struct weir_sim_config config);
void cable_unplug(struct bench *b);

// Adds a record's header to the OUT transfer and returns the place of its frame.
uint8_t *cable_add_record(struct bench *b, size_t length);
// Adds a record with a frame of random bytes, which is also the next of `sent`.
void cable_add_random_frame(struct bench *b, size_t length);

// Sends the transfer, ended by a short packet, and waits until `expected` frames are back, and no more.
void cable_send(struct bench *b, size_t expected);

// Random frames in so many transfers, each of which comes back as it was.
void cable_random_frames_come_back(struct bench *b, unsigned transfers);

#endif
