// SPDX-License-Identifier: BSD-2-Clause
//
// A far end that sends UDP messages to port 7 (RFC 862) and ICMP echo requests straight back, and leaves all
// other frames to the wire inside it. It also runs a clock of the test's own, so that a program behind the
// card can act at a device time though nothing moves.
#ifndef WEIR_ECHO_WIRE_H
#define WEIR_ECHO_WIRE_H

#include "wire.h"

#define ECHO_PORT 7
#define ECHO_FRAMES 64 // that may wait to be sent back; more are dropped

struct echo_wire {
    struct wire wire; // first
    struct wire *inner;
    // Device time at which `tick` is to be called, UINT64_MAX for never; it is called at any other, too.
    uint64_t (*next)(void *context);
    void (*tick)(void *context, uint64_t now);
    void *context;

    // Inside
    struct {
        size_t length;
        uint8_t bytes[128];
    } frame[ECHO_FRAMES];
    size_t head, tail;
};

// `self` is the caller's, its settings made, and must live as long as the wire.
struct wire *echo_wire_init(struct echo_wire *self);
// Makes a request of `frame`, from the Ethernet header on, into the reply to it. False when it is no request.
bool echo_answer(uint8_t *frame, size_t length);

#endif
