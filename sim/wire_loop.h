// SPDX-License-Identifier: BSD-2-Clause
//
// A loop-back plug: what the card sends comes back to it, whole and in order, a moment after its last byte
// has left.
#ifndef WEIR_WIRE_LOOP_H
#define WEIR_WIRE_LOOP_H

#include "wire.h"

// NULL: out of memory.
struct wire *wire_loop_open(void);

#endif
