// SPDX-License-Identifier: BSD-2-Clause
//
// Frames that wait for the card, in fair turns: each flow has a queue of its own, and the flows take turns by
// bytes (deficit round robin), one that had nothing waiting first (as RFC 8290 has it). So a ping or the
// first segment of a connection never stands behind the megabytes of another one, and no flow is put out of
// order.
//
// A TAP cannot hold the kernel's senders back; what it has no room for it drops, whosever that is. So all is
// taken off it at once, and when there is too much, the oldest frame of the longest queue is dropped here.
#ifndef WEIR_BRIDGE_QUEUE_H
#define WEIR_BRIDGE_QUEUE_H

#include "bridge_tap.h"

#define WEIR_QUEUE_FRAMES 512

struct weir_queue;

struct weir_queue_frame {
    struct weir_vnet vnet;
    size_t length;
    uint8_t *bytes; // room for WEIR_TAP_FRAME_MAX
};

// `limit`: bytes that may wait, at least one frame. NULL: out of memory.
struct weir_queue *weir_queue_create(size_t limit);
void weir_queue_destroy(struct weir_queue *queue);

// A frame to be filled in: then weir_queue_put or weir_queue_free. Drops one of the longest queue when there
// is no other.
struct weir_queue_frame *weir_queue_new(struct weir_queue *queue);
// Puts it behind those of its flow.
void weir_queue_put(struct weir_queue *queue, struct weir_queue_frame *frame);
// The one whose turn it is, which the caller gives back by weir_queue_free; NULL: none waits.
struct weir_queue_frame *weir_queue_take(struct weir_queue *queue);
void weir_queue_free(struct weir_queue *queue, struct weir_queue_frame *frame);

// Changes the limit; drops what is over.
void weir_queue_set_limit(struct weir_queue *queue, size_t limit);
// Frames that wait.
size_t weir_queue_waiting(const struct weir_queue *queue);
// Frames dropped so far.
uint64_t weir_queue_dropped(const struct weir_queue *queue);

#endif
