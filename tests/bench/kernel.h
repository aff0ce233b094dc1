// SPDX-License-Identifier: BSD-2-Clause
//
// What stands in for Linux above the bridge, in device time: the functions of bridge_tap.h and
// bridge_netlink.h over a kernel in this process, which sends and takes one TCP flow as fast as it may, with
// the offloads that the bridge asks for, and small messages whose round trip it times. So figures do not
// depend on the clock on the wall. A program that links this does not get the real functions.
#ifndef WEIR_BENCH_KERNEL_H
#define WEIR_BENCH_KERNEL_H

#include "bridge_tap.h"
#include "segments.h"
#include "weir_transport.h"

enum kernel_message { KERNEL_PING, KERNEL_UDP }; // of one byte, to an echo_wire

struct kernel {
    struct weir_tap tap; // its descriptor becomes readable when there is a frame
    // The caller's to set
    struct segment_flow flow;
    size_t total, window; // bytes to send, and of them unacknowledged at most
    size_t superframe;    // bytes of payload of one at most
    enum kernel_message kind;
    unsigned messages;                 // to send, one at a time, from `first_message` on
    weir_time first_message, interval; // from a reply to the next, on average
    weir_time (*now)(void *context);
    void *context;

    // What happened
    size_t sent, acked, received;
    unsigned replies;
    weir_time shortest, longest, sum; // of the round trips
    uint64_t reads, writes;           // that are system calls on a TAP; reads that found nothing among them
    bool damaged;                     // content or order of what came was wrong

    // Inside
    uint32_t features; // WEIR_CAP_ bits of offloads in use
    uint16_t id;
    bool ack_due, message_due, message_out;
    weir_time message_at;
};

// Makes the descriptor and the pattern. There is one kernel at a time. False: out of descriptors.
bool kernel_open(struct kernel *kernel);
void kernel_close(struct kernel *kernel);
// For echo_wire: when the next message is due, and what to do then.
uint64_t kernel_next(void *kernel);
void kernel_tick(void *kernel, uint64_t now);

#endif
