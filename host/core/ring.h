// SPDX-License-Identifier: BSD-2-Clause
//
// A byte ring: a queue of `length` bytes in a buffer of `capacity`. Bytes may also be put down beyond the
// queue's end (segments that came out of order) and joined to it later.
#ifndef WEIR_RING_H
#define WEIR_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_ring {
    uint8_t *bytes;
    size_t capacity, start, length;
};

struct weir_span {
    const uint8_t *data;
    size_t length;
};

bool weir_ring_create(struct weir_ring *ring, size_t capacity);
void weir_ring_destroy(struct weir_ring *ring);

static inline size_t weir_ring_free(const struct weir_ring *ring)
{
    return ring->capacity - ring->length;
}

// Copies to `offset` bytes after the queue's end. The caller has made sure that it fits.
void weir_ring_place(struct weir_ring *ring, size_t offset, const void *data, size_t length);
// Makes `length` bytes after the end, placed before, part of the queue.
void weir_ring_extend(struct weir_ring *ring, size_t length);
// Forgets the first bytes.
void weir_ring_drop(struct weir_ring *ring, size_t length);
// Where `length` bytes from `offset` of the queue are; the second span is empty unless they wrap.
void weir_ring_spans(const struct weir_ring *ring, size_t offset, size_t length, struct weir_span spans[2]);

#endif
