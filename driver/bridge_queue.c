// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_queue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bridge_frame.h"

#define FLOWS 64
#define QUANTUM 8192 // bytes a turn
#define NONE (-1)

struct entry {
    struct weir_queue_frame frame; // first, so that one is the other
    struct entry *next;
};

struct flow {
    struct entry *first, *last;
    size_t bytes;
    long credit; // bytes that it may still send in this turn
    bool listed; // in a list of flows
    struct flow *next;
};

struct flows {
    struct flow *first, *last;
};

struct weir_queue {
    struct flow flow[FLOWS];
    struct flows fresh, old;      // those that had nothing waiting; the others with something
    size_t bytes, limit, waiting; // bytes, bytes, frames
    uint64_t dropped;
    struct entry entry[WEIR_QUEUE_FRAMES];
    struct entry *unused;
    uint8_t *memory; // of all frames; what is not used yet costs nothing
};

struct weir_queue *weir_queue_create(size_t limit)
{
    struct weir_queue *queue = calloc(1, sizeof *queue);
    const size_t size = (size_t)WEIR_QUEUE_FRAMES * WEIR_TAP_FRAME_MAX;

    if (!queue)
        return NULL;
    queue->limit = limit;
    queue->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (queue->memory == MAP_FAILED) {
        free(queue);
        return NULL;
    }
    for (size_t i = WEIR_QUEUE_FRAMES; i-- > 0;) {
        queue->entry[i].frame.bytes = queue->memory + i * WEIR_TAP_FRAME_MAX;
        weir_queue_free(queue, &queue->entry[i].frame);
    }
    return queue;
}

void weir_queue_destroy(struct weir_queue *queue)
{
    munmap(queue->memory, (size_t)WEIR_QUEUE_FRAMES * WEIR_TAP_FRAME_MAX);
    free(queue);
}

void weir_queue_free(struct weir_queue *queue, struct weir_queue_frame *frame)
{
    struct entry *entry = (struct entry *)frame;

    entry->next = queue->unused; // the last one used is the next: it is in the cache
    queue->unused = entry;
}

// ---- Which flow ----

// FNV-1a; which flows share a queue matters little.
static uint32_t hash(uint32_t value, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        value = (value ^ bytes[i]) * 16777619;
    return value;
}

// Ports tell flows apart only where each frame has them.
static bool is_ipv4_fragment(const uint8_t *ip)
{
    return (ip[6] & 0x3F) != 0 || ip[7] != 0;
}

static struct flow *flow_of(struct weir_queue *queue, const struct weir_queue_frame *frame)
{
    const uint8_t *bytes = frame->bytes;
    struct weir_bridge_frame at = {0};
    bool parsed = weir_bridge_frame_parse(bytes, frame->length, &at);
    uint32_t value = hash(2166136261, bytes, frame->length < 6 ? frame->length : 6);

    if (at.ip > 0 && at.ipv6 && at.ip + 40 <= frame->length)
        value = hash(value, bytes + at.ip + 8, 32);
    else if (at.ip > 0 && !at.ipv6 && at.ip + 20 <= frame->length && bytes[at.ip] >> 4 == 4)
        value = hash(value, bytes + at.ip + 12, 8);
    if (parsed && (at.ipv6 ? bytes[at.ip + 6] == at.protocol : !is_ipv4_fragment(bytes + at.ip))) {
        value = hash(value, &at.protocol, 1);
        bool has_ports = at.protocol == WEIR_PROTOCOL_TCP || at.protocol == WEIR_PROTOCOL_UDP;
        if (has_ports && at.l4 + 4 <= frame->length)
            value = hash(value, bytes + at.l4, 4);
    }
    return &queue->flow[(value ^ value >> 16) % FLOWS];
}

// ---- Turns ----

static void list_add(struct flows *list, struct flow *flow)
{
    flow->next = NULL;
    if (list->last)
        list->last->next = flow;
    else
        list->first = flow;
    list->last = flow;
}

static struct flow *list_take(struct flows *list)
{
    struct flow *flow = list->first;

    list->first = flow->next;
    if (!list->first)
        list->last = NULL;
    return flow;
}

static struct entry *take_first(struct weir_queue *queue, struct flow *flow)
{
    struct entry *entry = flow->first;

    flow->first = entry->next;
    if (!flow->first)
        flow->last = NULL;
    flow->bytes -= entry->frame.length;
    queue->bytes -= entry->frame.length;
    queue->waiting--;
    return entry;
}

// The oldest of the longest queue: who sends it learns of it soonest. False: nothing waits.
static bool drop_one(struct weir_queue *queue)
{
    struct flow *longest = &queue->flow[0];

    for (size_t i = 1; i < FLOWS; i++)
        if (queue->flow[i].bytes > longest->bytes)
            longest = &queue->flow[i];
    if (!longest->first)
        return false;
    weir_queue_free(queue, &take_first(queue, longest)->frame);
    queue->dropped++;
    return true;
}

struct weir_queue_frame *weir_queue_new(struct weir_queue *queue)
{
    if (!queue->unused && !drop_one(queue))
        return NULL;
    struct entry *entry = queue->unused;
    queue->unused = entry->next;
    return &entry->frame;
}

static void keep_limit(struct weir_queue *queue)
{
    while (queue->bytes > queue->limit && drop_one(queue)) {
    }
}

void weir_queue_set_limit(struct weir_queue *queue, size_t limit)
{
    queue->limit = limit;
    keep_limit(queue);
}

void weir_queue_put(struct weir_queue *queue, struct weir_queue_frame *frame)
{
    struct entry *entry = (struct entry *)frame;
    struct flow *flow = flow_of(queue, frame);

    entry->next = NULL;
    if (flow->last)
        flow->last->next = entry;
    else
        flow->first = entry;
    flow->last = entry;
    flow->bytes += frame->length;
    queue->bytes += frame->length;
    queue->waiting++;
    if (!flow->listed) {
        flow->listed = true;
        flow->credit = QUANTUM;
        list_add(&queue->fresh, flow);
    }
    keep_limit(queue);
}

struct weir_queue_frame *weir_queue_take(struct weir_queue *queue)
{
    while (queue->fresh.first || queue->old.first) {
        struct flows *list = queue->fresh.first ? &queue->fresh : &queue->old;
        struct flow *flow = list->first;
        if (flow->credit <= 0) { // its turn is over
            flow->credit += QUANTUM;
            list_add(&queue->old, list_take(list));
        } else if (!flow->first) {
            list_take(list);
            // A fresh one is kept behind the old ones for a round, so that it cannot be fresh again at once.
            flow->listed = list == &queue->fresh && queue->old.first;
            if (flow->listed)
                list_add(&queue->old, flow);
        } else {
            struct entry *entry = take_first(queue, flow);
            flow->credit -= (long)entry->frame.length;
            return &entry->frame;
        }
    }
    return NULL;
}

size_t weir_queue_waiting(const struct weir_queue *queue)
{
    return queue->waiting;
}

uint64_t weir_queue_dropped(const struct weir_queue *queue)
{
    return queue->dropped;
}
