// SPDX-License-Identifier: BSD-2-Clause
#include "wire_loop.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
    struct waiting *next;
    size_t length;
    uint8_t bytes[];
};

struct loop {
    struct wire wire; // first
    struct waiting *first, **last;
};

static ssize_t loop_to_card(struct wire *wire, uint64_t now, uint8_t *out)
{
    struct loop *loop = (struct loop *)wire;
    struct waiting *frame = loop->first;

    (void)now;
    if (!frame)
        return 0;
    ssize_t length = (ssize_t)frame->length;
    memcpy(out, frame->bytes, frame->length);
    loop->first = frame->next;
    if (!loop->first)
        loop->last = &loop->first;
    free(frame);
    return length;
}

static int loop_from_card(struct wire *wire, uint64_t now, const uint8_t *bytes, size_t length)
{
    struct loop *loop = (struct loop *)wire;
    struct waiting *frame = length <= WIRE_FRAME_MAX ? malloc(sizeof *frame + length) : NULL;

    (void)now;
    if (!frame) // longer than any frame, or no memory: it is lost, as on a cable
        return 0;
    frame->next = NULL;
    frame->length = length;
    memcpy(frame->bytes, bytes, length);
    *loop->last = frame;
    loop->last = &frame->next;
    return 0;
}

// Whatever waits wants to go at once.
static uint64_t loop_wake_at(const struct wire *wire)
{
    return ((const struct loop *)wire)->first ? 0 : UINT64_MAX;
}

static void loop_close(struct wire *wire)
{
    struct loop *loop = (struct loop *)wire;

    while (loop->first) {
        struct waiting *next = loop->first->next;
        free(loop->first);
        loop->first = next;
    }
    free(loop);
}

struct wire *wire_loop_open(void)
{
    static const struct wire_ops ops = {
        .to_card = loop_to_card, .from_card = loop_from_card, .wake_at = loop_wake_at, .close = loop_close};
    struct loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return NULL;
    loop->wire.ops = &ops;
    loop->wire.poll_fd = -1;
    loop->last = &loop->first;
    return &loop->wire;
}
