// SPDX-License-Identifier: BSD-2-Clause
//
// Timers in a binary heap: the next one is known at once, setting one costs log n, and none allocates: room
// is made when the timer's owner is created.
#ifndef WEIR_TIMER_H
#define WEIR_TIMER_H

#include "weir_stack.h"

struct weir_timer {
    weir_time at;
    size_t slot; // in the heap, from 1; 0: not set
    void (*fire)(struct weir_stack *stack, struct weir_timer *timer, weir_time now);
};

struct weir_timers {
    struct weir_timer **heap; // from 1
    size_t count, members, capacity;
};

// Makes room for one more timer. False when memory is short.
bool weir_timers_join(struct weir_timers *timers);
// Cancels the timer and gives its room back.
void weir_timers_leave(struct weir_timers *timers, struct weir_timer *timer);
void weir_timers_free(struct weir_timers *timers);

// Sets, moves or (WEIR_TIME_NEVER) cancels a timer.
void weir_timers_set(struct weir_timers *timers, struct weir_timer *timer, weir_time at);
// Takes a timer that is due out of the heap; NULL when none is.
struct weir_timer *weir_timers_take_due(struct weir_timers *timers, weir_time now);

static inline weir_time weir_timers_next(const struct weir_timers *timers)
{
    return timers->count > 0 ? timers->heap[1]->at : WEIR_TIME_NEVER;
}

#endif
