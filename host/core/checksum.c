// SPDX-License-Identifier: BSD-2-Clause
#include "core/checksum.h"

#include <string.h>

#include "core/bytes.h"

// Words are added in the machine's byte order, eight bytes a step; RFC 1071 section 2(B) allows to swap at
// the end.
uint16_t weir_sum(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint64_t sum = 0;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        sum += (word & UINT32_MAX) + (word >> 32);
    }
    if (length > 0) {
        uint64_t word = 0;
        memcpy(&word, bytes, length);
        sum += (word & UINT32_MAX) + (word >> 32);
    }
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    uint16_t folded = weir_sum_fold((uint32_t)sum);
    uint8_t wire[2];
    memcpy(wire, &folded, 2);
    return weir_get16(wire);
}
