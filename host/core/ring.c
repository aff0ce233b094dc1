// SPDX-License-Identifier: BSD-2-Clause
#include "core/ring.h"

#include <stdlib.h>
#include <string.h>

bool weir_ring_create(struct weir_ring *ring, size_t capacity)
{
    *ring = (struct weir_ring){.bytes = malloc(capacity), .capacity = capacity};
    return ring->bytes != NULL;
}

void weir_ring_destroy(struct weir_ring *ring)
{
    free(ring->bytes);
    *ring = (struct weir_ring){0};
}

static size_t wrap(const struct weir_ring *ring, size_t position)
{
    return position < ring->capacity ? position : position - ring->capacity;
}

void weir_ring_place(struct weir_ring *ring, size_t offset, const void *data, size_t length)
{
    if (length == 0) {
        return;
    }
    const size_t at = wrap(ring, ring->start + ring->length + offset);
    const size_t before_wrap = ring->capacity - at;
    const size_t first = length < before_wrap ? length : before_wrap;
    memcpy(ring->bytes + at, data, first);
    memcpy(ring->bytes, (const uint8_t *)data + first, length - first);
}

void weir_ring_extend(struct weir_ring *ring, size_t length)
{
    ring->length += length;
}

void weir_ring_drop(struct weir_ring *ring, size_t length)
{
    ring->start = wrap(ring, ring->start + length);
    ring->length -= length;
}

void weir_ring_spans(const struct weir_ring *ring, size_t offset, size_t length, struct weir_span spans[2])
{
    spans[0] = spans[1] = (struct weir_span){0};
    if (length == 0) {
        return;
    }
    const size_t at = wrap(ring, ring->start + offset);
    const size_t before_wrap = ring->capacity - at;
    const size_t first = length < before_wrap ? length : before_wrap;
    spans[0] = (struct weir_span){ring->bytes + at, first};
    if (length > first) {
        spans[1] = (struct weir_span){ring->bytes, length - first};
    }
}
