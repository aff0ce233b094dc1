// SPDX-License-Identifier: BSD-2-Clause
//
// The wire's end of one TCP flow (segments.h), in device time: a receiver that acknowledges each n-th
// segment, or a sender that keeps a window full. It answers at once, so what is measured is the card.
#ifndef WEIR_SEGMENT_WIRE_H
#define WEIR_SEGMENT_WIRE_H

#include "segments.h"
#include "wire.h"

struct segment_wire {
    struct wire wire; // first
    struct segment_flow flow;

    // As a receiver
    unsigned ack_every; // segments; the last one, which has PSH, is acknowledged at once
    size_t received;    // payload in order
    bool damaged;       // something else came: out of order, or its checksum was wrong

    // As a sender
    size_t total, window; // bytes to send; at most so many unacknowledged
    size_t sent, acked;

    // Inside
    unsigned unacked;
    uint32_t acks[4096];
    size_t ack_head, ack_tail;
    uint16_t id;
};

// Byte `at` of the stream: a pattern without short periods, so that a segment out of place is seen.
uint8_t segment_byte(size_t at);
// `self` is the caller's, and must live as long as the wire; all but the settings is set here.
struct wire *segment_wire_init(struct segment_wire *self);

#endif
