// SPDX-License-Identifier: BSD-2-Clause
#include "fcs.h"

#include <string.h>
#include <zlib.h>

// zlib's crc32 is the same polynomial, bit order and complement; on the wire its low byte comes first.
static void fcs_of(const uint8_t *frame, size_t length, uint8_t fcs[FCS_LENGTH])
{
    uLong crc = crc32_z(0, frame, length);

    for (int i = 0; i < FCS_LENGTH; i++)
        fcs[i] = (uint8_t)(crc >> (8 * i));
}

size_t fcs_append(uint8_t *frame, size_t length)
{
    fcs_of(frame, length, frame + length);
    return length + FCS_LENGTH;
}

size_t fcs_pad_append(uint8_t *frame, size_t length)
{
    if (length < FCS_MIN_FRAME) {
        memset(frame + length, 0, FCS_MIN_FRAME - length);
        length = FCS_MIN_FRAME;
    }
    return fcs_append(frame, length);
}

bool fcs_ok(const uint8_t *frame, size_t length)
{
    uint8_t fcs[FCS_LENGTH];

    if (length < FCS_LENGTH)
        return false;
    fcs_of(frame, length - FCS_LENGTH, fcs);
    return memcmp(fcs, frame + length - FCS_LENGTH, FCS_LENGTH) == 0;
}
