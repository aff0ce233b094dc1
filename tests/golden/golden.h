// SPDX-License-Identifier: BSD-2-Clause
//
// Every transmit offload three ways: by the card's Verilog (card.cpp, whole_card.cpp), by the Linux kernel
// (kernel.c) and by a plain C model (model.c).
//
//     plan.c -> build.c ------> transfer.c -> card.cpp or whole_card.cpp ---+
//     a plan    superframe      USB bytes  -> model.c ----------------------+-> golden_test.c
//                     +--------------------> kernel.c (where it can judge) -+   compares
//
// A plan says in few numbers what a case looks like, so that a failing one can be made simpler.
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum plan_kind {
    PLAN_TSO,      // TCP to be cut
    PLAN_USO,      // UDP to be cut
    PLAN_TCP,      // one frame, TCP checksum to be put in
    PLAN_UDP,      // one frame, UDP checksum to be put in
    PLAN_ANYWHERE, // one frame of any bytes, a checksum over any part of it at any place
    PLAN_AS_IS,    // one TCP frame, nothing to be done
    PLAN_BYTES,    // one frame of any bytes from 14 up, nothing to be done
    PLAN_KINDS,
};

// What is wrong on purpose; see transfer.c.
enum flaw {
    FLAW_NONE,
    FLAW_GSO_SIZE,    // zero
    FLAW_HDR_LEN,     // another
    FLAW_CSUM_START,  // another
    FLAW_CSUM_OFFSET, // another
    FLAW_NO_CSUM,     // NEEDS_CSUM is missing
    FLAW_TYPE,        // any other gso_type
    FLAW_FLAGS,       // any other flags
    FLAW_MAGIC,       // not the magic
    FLAW_RESERVED,    // a bit that must be zero is one
    FLAW_LENGTH,      // any other length
    FLAW_FIELD,     // EtherType, IP version or header length, IPv4 protocol, or TCP header length is another
    FLAW_SHORT,     // an IPv4 or TCP header of 16 bytes, or 4 bytes between IPv4's and the next, all else to
                    // match
    FLAW_TAGS,      // three VLAN tags, all else to match
    FLAW_TOO_LONG,  // frames longer than the card's longest
    FLAW_TOO_SHORT, // a frame below 14 bytes
    FLAW_CUT,       // the transfer ends early
    FLAWS,
};

// Another record behind the case's own, in the same transfer.
enum companion { COMPANION_NONE, COMPANION_FRAME, COMPANION_SUPERFRAME };

// Next-header values of the IPv6 extension headers (RFC 8200 section 4) that a superframe can have.
enum { HOP_BY_HOP = 0, ROUTING = 43, DESTINATION_OPTIONS = 60 };
#define EXTENSIONS_MAX 5

struct plan {
    enum plan_kind kind;
    bool ipv6;
    unsigned tags;                    // VLAN tags, 0 to 2, or 3 with FLAW_TAGS
    unsigned ip_options, tcp_options; // words of 32 bits, 0 to 10; IPv4 and TCP only
    unsigned extensions;              // IPv6 only
    struct {
        unsigned type, units; // of 8 bytes
    } extension[EXTENSIONS_MAX];
    unsigned odd;          // 1: a byte more between IPv6's headers and TCP or UDP
    unsigned mss, payload; // bytes
    uint8_t flags;         // TCP's
    uint8_t reserved;      // the four bits beside TCP's data offset
    bool ecn;              // VIRTIO_NET_HDR_GSO_ECN
    bool fixed_id;         // WEIR_F_IP_ID_FIXED
    uint16_t id;
    uint32_t seq;
    unsigned csum_start, csum_offset; // PLAN_ANYWHERE
    uint64_t fill;                    // seed of all bytes that mean nothing here; 0: they are zero
    int zero_segment;                 // the segment whose checksum comes out as zero, or -1
    bool padding_before;              // a record of padding
    enum companion companion;
    enum flaw flaw;
    uint32_t flaw_value;
    uint64_t timing; // seed of gaps, waits and the reader's speed in golden_test; 0: no gaps
};

// The card's longest frame without FCS and longest record, as in its capabilities.
#define MAX_FRAME 9600
#define MAX_RECORD (65536 + 255)

// What a record says, and the frame it brings. The checksum field holds the pseudo-header's sum: with the
// length for a frame of its own, without for one to be cut.
struct record {
    uint8_t flags, gso_type, hdr_len; // WEIR_F_, WEIR_GSO_
    uint16_t gso_size, csum_start, csum_offset;
    const uint8_t *frame;
    size_t length; // of the frame, as the header has it
    size_t there;  // of it in the transfer
};

#define SUPERFRAME_ROOM 66000
struct superframe {
    struct record record; // its frame is in bytes
    size_t ip_start;      // 0: no IP
    uint8_t bytes[SUPERFRAME_ROOM];
};

#define TRANSFER_ROOM 66800
struct transfer {
    uint64_t timing; // the plan's
    uint8_t bytes[TRANSFER_ROOM];
    size_t length;
};

#define FRAMES_ROOM (1 << 19)
#define FRAMES_MAX 1024
struct frames {
    uint8_t bytes[FRAMES_ROOM];
    size_t end[FRAMES_MAX]; // of each frame in bytes
    size_t count;
};

// The card's counters of the same names (WEIR_CNT_TX_).
struct counts {
    unsigned superframes, segments, checksums, bad_records, bad_transfers;
};

// Frame `i` of `frames`; its length in *length.
const uint8_t *frames_get(const struct frames *frames, size_t i, size_t *length);
// False when there is no room.
bool frames_add(struct frames *frames, const uint8_t *frame, size_t length);

// ---- plan.c
// The plan of case `number` under `seed`, the same each time.
void plan_make(struct plan *plan, uint64_t seed, uint64_t number);
// Simplifies the plan in way `how`, 0 to PLAN_WAYS - 1. False when that changes nothing.
#define PLAN_WAYS 27
bool plan_simplify(struct plan *plan, unsigned how);
void plan_print(const struct plan *plan);
const char *plan_flaw(enum flaw flaw); // in words
// Bytes from Ethernet's first to the last before the payload; before TCP or UDP.
unsigned plan_header(const struct plan *plan);
unsigned plan_l4_start(const struct plan *plan);
uint64_t golden_random(uint64_t *state);

// ---- build.c
void plan_build(const struct plan *plan, struct superframe *super);

// ---- transfer.c
// The superframe as a transfer, with what the plan has around it and what is wrong with it.
void transfer_make(const struct plan *plan, const struct superframe *super, struct transfer *transfer);
// The record behind the superframe's.
const struct record *companion_record(enum companion which);

// ---- model.c
// What a transfer should put on the wire, and count.
void model_transfer(const struct transfer *transfer, struct frames *out, struct counts *counts);
// The same of one record.
void model_record(const struct record *record, struct frames *out, struct counts *counts);
// The Internet checksum's sum of `length` bytes on top of `sum`, folded to 16 bits.
uint16_t model_sum(const uint8_t *bytes, size_t length, uint32_t sum);

// ---- card.cpp, whole_card.cpp
struct card;
extern const unsigned card_cases; // how many by default
struct card *card_create(uint64_t seed);
void card_destroy(struct card *card);
// Sends the transfer; what came of it is in `out` and `counts`. What is wanted tells when all has come. NULL,
// or what went wrong.
const char *card_send(struct card *card, const struct transfer *transfer, const struct frames *wanted,
                      const struct counts *wanted_counts, struct frames *out, struct counts *counts);

// ---- kernel.c
struct kernel;
// Moves the process to a network namespace of its own, with a TAP bridged to a veth. NULL on failure; `why`
// says more.
struct kernel *kernel_open(char *why, size_t why_size);
void kernel_close(struct kernel *kernel);
// Why Linux cannot be asked about this case; NULL when it can.
const char *kernel_cannot(const struct kernel *kernel, const struct plan *plan,
                          const struct superframe *super);
// NULL, or what went wrong.
const char *kernel_segment(struct kernel *kernel, const struct superframe *super, struct frames *out);
// Superframes of one segment that had to be given as plain frames, because Linux would drop them as
// superframes.
unsigned kernel_plain(const struct kernel *kernel);

// ---- tally.c: what has been compared with what.
struct tally;
struct tally *tally_create(void);
void tally_destroy(struct tally *tally);
// `frames` and `counts` are what came of it; `cannot`: why Linux was not asked, NULL when it was.
void tally_add(struct tally *tally, const struct plan *plan, const struct superframe *super, size_t frames,
               const struct counts *counts, const char *cannot);
void tally_print(const struct tally *tally);

#ifdef __cplusplus
}
#endif
#endif
