// SPDX-License-Identifier: BSD-2-Clause
//
// A superframe as the link record that the card takes.
#ifndef GOLDEN_RECORD_H
#define GOLDEN_RECORD_H

#include <vector>

#include "golden.h"
#include "weir_link.h"

// The card's field holds the pseudo-header's sum without the length, virtio's with it.
static inline void take_length_off(const superframe *super, uint8_t *field)
{
    uint32_t length = static_cast<uint32_t>(super->length - super->csum_start);
    uint16_t seed = model_sum(field, 2, 0xFFFF - (length & 0xFFFF));
    field[0] = static_cast<uint8_t>(seed >> 8);
    field[1] = static_cast<uint8_t>(seed);
}

static inline void put_record(std::vector<uint8_t> &out, const superframe *super)
{
    uint32_t tail = static_cast<uint32_t>(super->length) | static_cast<uint32_t>(super->gso_type)
                                                               << WEIR_GSO_TYPE_SHIFT;
    bool gso = super->gso_type != WEIR_GSO_NONE;
    auto low = [](uint32_t value) { return static_cast<uint8_t>(value); };
    const uint8_t header[WEIR_RECORD_HEADER] = {
        WEIR_RECORD_MAGIC,
        low(super->needs_csum ? WEIR_F_NEEDS_CSUM : 0),
        low(super->csum_start),
        low(super->csum_start >> 8u),
        low(super->csum_offset),
        low(super->csum_offset >> 8u),
        low(super->gso_size),
        low(super->gso_size >> 8u),
        low(gso ? super->hdr_len : 0u),
        low(tail),
        low(tail >> 8),
        low(tail >> 16),
    };
    out.insert(out.end(), header, header + sizeof header);
    size_t frame = out.size();
    out.insert(out.end(), super->bytes, super->bytes + super->length);
    if (gso)
        take_length_off(super, &out[frame + super->csum_start + super->csum_offset]);
    out.resize((out.size() + 3) / 4 * 4);
}

static inline void put_padding(std::vector<uint8_t> &out, uint8_t length)
{
    const uint8_t header[WEIR_RECORD_HEADER] = {
        WEIR_RECORD_MAGIC, WEIR_F_PAD, 0, 0, 0, 0, 0, 0, 0, length, 0, 0};
    out.insert(out.end(), header, header + sizeof header);
    out.insert(out.end(), (length + 3u) / 4 * 4, 0);
}

// The record as a transfer, behind a record of padding one time in four.
static inline std::vector<uint8_t> make_transfer(const superframe *super, uint64_t random)
{
    std::vector<uint8_t> transfer;
    if (random % 4 == 0)
        put_padding(transfer, static_cast<uint8_t>(random >> 8));
    put_record(transfer, super);
    return transfer;
}

#endif
