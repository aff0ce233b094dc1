// SPDX-License-Identifier: BSD-2-Clause
//
// The Internet checksum (RFC 1071). A "sum" is the folded 16-bit one's complement sum as the number on the
// wire, not yet complemented. Sums of pieces may be added as plain integers and folded once; a piece that
// starts at an odd offset is swapped first.
#ifndef WEIR_CHECKSUM_H
#define WEIR_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint16_t weir_sum(const void *data, size_t length);

static inline uint16_t weir_sum_fold(uint32_t sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

static inline uint16_t weir_sum_swap(uint16_t sum)
{
    return (uint16_t)(sum << 8 | sum >> 8);
}

#endif
