// SPDX-License-Identifier: BSD-2-Clause
//
// Segmentation three ways: by the card's Verilog (card.cpp), by the Linux kernel (kernel.c) and by a plain C
// model (model.c). A plan says what a superframe looks like; generate.c makes plans and builds frames from
// them.
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum plan_kind {
    PLAN_TSO,      // IPv4 TCP to be cut
    PLAN_TCP,      // one frame, TCP checksum to be put in
    PLAN_UDP,      // one frame, UDP checksum to be put in
    PLAN_ANYWHERE, // one frame of any bytes, a checksum over any part of it at any place
    PLAN_AS_IS,    // one frame, nothing to be done
};

struct plan {
    enum plan_kind kind;
    unsigned tags;                    // VLAN tags, 0 to 2
    unsigned ip_options, tcp_options; // words of 32 bits, 0 to 10
    unsigned mss, payload;            // bytes
    uint8_t flags;                    // TCP's
    bool ecn;                         // VIRTIO_NET_HDR_GSO_ECN
    uint16_t id;
    uint32_t seq;
    unsigned csum_start, csum_offset; // PLAN_ANYWHERE
    uint64_t fill;                    // seed of all bytes that mean nothing here; 0: they are zero
    int zero_segment;                 // the segment whose checksum comes out as zero, or -1
};

#define SUPERFRAME_ROOM 66000
struct superframe {
    uint8_t bytes[SUPERFRAME_ROOM]; // the checksum field holds the pseudo-header's sum with the whole length
                                    // (virtio's way)
    size_t length;
    bool needs_csum;
    uint8_t gso_type; // WEIR_GSO_
    uint16_t gso_size, hdr_len, csum_start, csum_offset;
    uint16_t ip_start; // where the IPv4 header begins; 0: there is none
};

#define FRAMES_ROOM (1 << 18)
#define FRAMES_MAX 1024
struct frames {
    uint8_t bytes[FRAMES_ROOM];
    size_t end[FRAMES_MAX]; // of each frame in bytes
    size_t count;
};

// Frame `i` of `frames`; its length in *length.
const uint8_t *frames_get(const struct frames *frames, size_t i, size_t *length);
// False when there is no room.
bool frames_add(struct frames *frames, const uint8_t *frame, size_t length);

// ---- generate.c
// The plan of case `number` under `seed`, the same each time.
void plan_make(struct plan *plan, uint64_t seed, uint64_t number);
void plan_build(const struct plan *plan, struct superframe *super);
// Simplifies the plan in way `how`, 0 to PLAN_WAYS - 1. False when that changes nothing.
#define PLAN_WAYS 12
bool plan_simplify(struct plan *plan, unsigned how);
void plan_print(const struct plan *plan);
uint64_t golden_random(uint64_t *state);

// ---- model.c
// What should be on the wire, computed from the addresses and lengths in the frame, not from the seed.
void model_segment(const struct superframe *super, struct frames *out);
// The Internet checksum's sum of `length` bytes on top of `sum`, folded to 16 bits.
uint16_t model_sum(const uint8_t *bytes, size_t length, uint32_t sum);

// ---- card.cpp
struct card;
struct card *card_create(uint64_t seed);
void card_destroy(struct card *card);
// Sends the superframe as one transfer. NULL, or what went wrong.
const char *card_segment(struct card *card, const struct superframe *super, struct frames *out);

// ---- kernel.c
struct kernel;
// Moves the process to a network namespace of its own, with a TAP bridged to a veth. NULL on failure; `why`
// says more.
struct kernel *kernel_open(char *why, size_t why_size);
void kernel_close(struct kernel *kernel);
// NULL, or what went wrong.
const char *kernel_segment(struct kernel *kernel, const struct superframe *super, struct frames *out);
// Superframes of one segment that had to be given as plain frames, because Linux would drop them as
// superframes.
unsigned kernel_plain(const struct kernel *kernel);

#ifdef __cplusplus
}
#endif
#endif
