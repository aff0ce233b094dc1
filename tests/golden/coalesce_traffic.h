// SPDX-License-Identifier: BSD-2-Clause
//
// Random traffic for receive coalescing, and a check that what reaches the host is what was on the wire.
//
// TCP streams over IPv4 and IPv6, more than the card has flows, with and without VLAN tags and time stamps,
// data one way or pure acknowledgements, interleaved at random; now and then whatever ends a run: losses,
// segments again or out of order, short and long ones, PSH, FIN and the other flags, ECN marks, changed
// windows, options, TTLs, identifications; wrapping numbers, wrong checksums, checksums of 0000 and FFFF,
// padding, IP options, fragments, extension headers; and frames that are no TCP at all.
#ifndef COALESCE_TRAFFIC_H
#define COALESCE_TRAFFIC_H

#include "weir_card.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TRAFFIC_STREAMS 7
#define TRAFFIC_ROOM 2048 // bytes of a frame

struct traffic_frame {
    struct traffic_frame *next;
    uint64_t time; // ns
    uint8_t flags; // the right verdict: WEIR_F_DATA_VALID, CSUM_BAD or none
    size_t length; // bytes without FCS, at least 60
    uint8_t bytes[TRAFFIC_ROOM];
};

struct traffic_queue {
    struct traffic_frame *first, **last;
};

struct traffic_stream {
    bool v6, acks, df;
    unsigned tags, options; // options: words of 32 bits
    unsigned id_step;       // 0, 1, or anything else for a random one
    uint16_t port, id, window, urgent, mss;
    uint8_t tos, ttl, flags;
    uint32_t seq, ack, tsval, tsecr, label;
};

struct traffic {
    uint64_t random, time;
    unsigned current; // stream
    struct traffic_stream stream[TRAFFIC_STREAMS];
    struct traffic_frame *delayed;                       // comes later than its turn
    struct traffic_queue expected[TRAFFIC_STREAMS + 1];  // on the wire, not at the host yet; the last: no TCP
    uint64_t frames, matched, glued, segments, id_fixed; // the last three: large frames and what is in them
};

void traffic_start(struct traffic *traffic, uint64_t seed);
void traffic_end(struct traffic *traffic);
// The next frame on the wire, from now on expected at the host. Valid until it is matched.
const struct traffic_frame *traffic_next(struct traffic *traffic);
// Frames that did not reach the host yet.
uint64_t traffic_missing(const struct traffic *traffic);

// Takes a frame that reached the host: it, or each segment that it stands for, must be the next of its
// stream, byte for byte. NULL, or what is wrong.
const char *traffic_check(struct traffic *traffic, const struct weir_card_rx *rx);
// One frame of the wire.
const char *traffic_match(struct traffic *traffic, const uint8_t *frame, size_t length);
// The expected frame that comes next where `rx` belongs; NULL when it belongs nowhere.
const struct traffic_frame *traffic_find(const struct traffic *traffic, const uint8_t *frame, size_t length);

// Cuts segment `i` out of a large frame; its length. The plain way: header, numbers, checksums.
size_t traffic_cut(const struct weir_card_rx *rx, unsigned i, uint8_t *segment);
// Gives the IPv4 header at `ip` an identification.
void traffic_set_id(uint8_t *ip, uint16_t id);

#ifdef __cplusplus
}
#endif
#endif
