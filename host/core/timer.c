// SPDX-License-Identifier: BSD-2-Clause
#include "core/timer.h"

#include <stdlib.h>

bool weir_timers_join(struct weir_timers *timers)
{
    if (timers->members + 2 > timers->capacity) {
        const size_t capacity = timers->capacity > 0 ? 2 * timers->capacity : 64;
        struct weir_timer **heap = realloc(timers->heap, capacity * sizeof *heap);
        if (heap == NULL) {
            return false;
        }
        timers->heap = heap;
        timers->capacity = capacity;
    }
    timers->members++;
    return true;
}

void weir_timers_leave(struct weir_timers *timers, struct weir_timer *timer)
{
    weir_timers_set(timers, timer, WEIR_TIME_NEVER);
    timers->members--;
}

void weir_timers_free(struct weir_timers *timers)
{
    free(timers->heap);
    *timers = (struct weir_timers){0};
}

static void put(struct weir_timers *timers, size_t slot, struct weir_timer *timer)
{
    timers->heap[slot] = timer;
    timer->slot = slot;
}

// Moves a timer towards the root, then towards the leaves, until it stands right.
static void settle(struct weir_timers *timers, size_t slot, struct weir_timer *timer)
{
    while (slot > 1 && timer->at < timers->heap[slot / 2]->at) {
        put(timers, slot, timers->heap[slot / 2]);
        slot /= 2;
    }
    for (;;) {
        size_t child = 2 * slot;
        if (child > timers->count) {
            break;
        }
        if (child < timers->count && timers->heap[child + 1]->at < timers->heap[child]->at) {
            child++;
        }
        if (timer->at <= timers->heap[child]->at) {
            break;
        }
        put(timers, slot, timers->heap[child]);
        slot = child;
    }
    put(timers, slot, timer);
}

static void take_out(struct weir_timers *timers, struct weir_timer *timer)
{
    const size_t slot = timer->slot;
    struct weir_timer *last = timers->heap[timers->count--];
    timer->slot = 0;
    if (last != timer) {
        settle(timers, slot, last);
    }
}

void weir_timers_set(struct weir_timers *timers, struct weir_timer *timer, weir_time at)
{
    if (at == WEIR_TIME_NEVER) {
        if (timer->slot != 0) {
            take_out(timers, timer);
        }
        timer->at = at;
        return;
    }
    timer->at = at;
    settle(timers, timer->slot != 0 ? timer->slot : ++timers->count, timer);
}

struct weir_timer *weir_timers_take_due(struct weir_timers *timers, weir_time now)
{
    if (timers->count == 0 || timers->heap[1]->at > now) {
        return NULL;
    }
    struct weir_timer *due = timers->heap[1];
    take_out(timers, due);
    due->at = WEIR_TIME_NEVER;
    return due;
}
