// SPDX-License-Identifier: BSD-2-Clause
//
// Numbers in network byte order at any address.
#ifndef WEIR_BYTES_H
#define WEIR_BYTES_H

#include <stdint.h>

static inline uint16_t weir_get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t weir_get32(const uint8_t *bytes)
{
    return (uint32_t)weir_get16(bytes) << 16 | weir_get16(bytes + 2);
}

static inline void weir_put16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static inline void weir_put32(uint8_t *bytes, uint32_t value)
{
    weir_put16(bytes, (uint16_t)(value >> 16));
    weir_put16(bytes + 2, (uint16_t)value);
}

#endif
