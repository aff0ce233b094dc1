// SPDX-License-Identifier: BSD-2-Clause
//
// Sequence numbers (RFC 9293 section 3.4): modulo 2^32, a type of their own so that plain < cannot be used by
// mistake.
#ifndef WEIR_TCP_SEQ_H
#define WEIR_TCP_SEQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t number;
} weir_seq;

static inline weir_seq weir_seq_of(uint32_t number)
{
    return (weir_seq){number};
}

static inline weir_seq weir_seq_add(weir_seq seq, size_t count)
{
    return (weir_seq){seq.number + (uint32_t)count};
}

static inline weir_seq weir_seq_sub(weir_seq seq, size_t count)
{
    return (weir_seq){seq.number - (uint32_t)count};
}

// How far `a` is after `b`; negative before it.
static inline int32_t weir_seq_diff(weir_seq a, weir_seq b)
{
    return (int32_t)(a.number - b.number);
}

// From `b` up to `a`, which is known not to be before it.
static inline uint32_t weir_seq_distance(weir_seq a, weir_seq b)
{
    return a.number - b.number;
}

static inline bool weir_seq_equal(weir_seq a, weir_seq b)
{
    return a.number == b.number;
}

static inline bool weir_seq_before(weir_seq a, weir_seq b)
{
    return weir_seq_diff(a, b) < 0;
}

static inline bool weir_seq_after(weir_seq a, weir_seq b)
{
    return weir_seq_diff(a, b) > 0;
}

static inline weir_seq weir_seq_max(weir_seq a, weir_seq b)
{
    return weir_seq_after(a, b) ? a : b;
}

#endif
