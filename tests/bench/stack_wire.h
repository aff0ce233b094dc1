// SPDX-License-Identifier: BSD-2-Clause
//
// A peer for the card's wire that lives in device time: a second weir_stack, with all checksums and
// segmentation in software. It answers at once, so that what is measured is the card and not a peer's
// scheduling.
#ifndef WEIR_STACK_WIRE_H
#define WEIR_STACK_WIRE_H

#include "weir_stack.h"
#include "wire.h"

// A wire whose far end is `stack`, which stays the caller's. `after_input` is called after each frame that
// the stack took, to let the peer's program react (accept, read, write); it may be NULL. NULL when memory is
// short.
struct wire *stack_wire_create(struct weir_stack *stack, void (*after_input)(void *context, weir_time now),
                               void *context);

#endif
