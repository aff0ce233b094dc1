// SPDX-License-Identifier: BSD-2-Clause
//
// Link records, emitted and parsed by byte offset.
#include "weir_record.h"

#include <string.h>

#include "weir_link.h"

#define LENGTH_MASK ((UINT32_C(1) << WEIR_LENGTH_BITS) - 1)
#define RESERVED_MASK (((UINT32_C(1) << WEIR_GSO_TYPE_SHIFT) - 1) & ~LENGTH_MASK)

static void put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

uint16_t weir_record_get16(const uint8_t *in)
{
    return (uint16_t)(in[0] | in[1] << 8);
}

static uint64_t get64(const uint8_t *in)
{
    uint64_t value = 0;

    for (unsigned i = 8; i > 0; i--)
        value = value << 8 | in[i - 1];
    return value;
}

size_t weir_record_size(size_t length)
{
    return (WEIR_RECORD_HEADER + length + 3) & ~(size_t)3;
}

bool weir_record_has_timestamp(const struct weir_record *record)
{
    return (record->flags & (WEIR_F_TIMESTAMP | WEIR_F_PAD)) == WEIR_F_TIMESTAMP;
}

void weir_record_emit_header(uint8_t *out, const struct weir_record *record)
{
    uint32_t word = (record->length & LENGTH_MASK) | (uint32_t)record->gso_type << WEIR_GSO_TYPE_SHIFT;

    out[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
    out[WEIR_REC_FLAGS] = record->flags;
    put16(out + WEIR_REC_CSUM_START, record->csum_start);
    put16(out + WEIR_REC_CSUM_OFFSET, record->csum_offset);
    put16(out + WEIR_REC_GSO_SIZE, record->gso_size);
    out[WEIR_REC_HDR_LEN] = record->hdr_len;
    put16(out + WEIR_REC_LENGTH, (uint16_t)word);
    out[WEIR_REC_LENGTH + 2] = (uint8_t)(word >> 16);
}

void weir_record_emit_pad(uint8_t *out)
{
    weir_record_emit_header(out, &(struct weir_record){.flags = WEIR_F_PAD});
}

// False when the header makes no sense or the record does not fit into `room` bytes.
static bool parse(const uint8_t *in, size_t room, struct weir_record *record)
{
    if (room < WEIR_RECORD_HEADER || in[WEIR_REC_MAGIC] != WEIR_RECORD_MAGIC)
        return false;

    uint32_t word = weir_record_get16(in + WEIR_REC_LENGTH) | (uint32_t)in[WEIR_REC_LENGTH + 2] << 16;
    *record = (struct weir_record){
        .flags = in[WEIR_REC_FLAGS],
        .csum_start = weir_record_get16(in + WEIR_REC_CSUM_START),
        .csum_offset = weir_record_get16(in + WEIR_REC_CSUM_OFFSET),
        .gso_size = weir_record_get16(in + WEIR_REC_GSO_SIZE),
        .hdr_len = in[WEIR_REC_HDR_LEN],
        .gso_type = (uint8_t)(word >> WEIR_GSO_TYPE_SHIFT),
        .length = word & LENGTH_MASK,
        .header = in,
        .data = in + WEIR_RECORD_HEADER,
    };
    if (word & RESERVED_MASK)
        return false;
    room -= WEIR_RECORD_HEADER;
    if (weir_record_has_timestamp(record)) {
        if (room < WEIR_TIMESTAMP_SIZE)
            return false;
        record->timestamp = get64(record->data);
        record->data += WEIR_TIMESTAMP_SIZE;
        room -= WEIR_TIMESTAMP_SIZE;
    }
    return record->length <= room;
}

bool weir_record_read(struct weir_record_reader *reader, struct weir_record *record)
{
    while (reader->next < reader->end) {
        size_t room = (size_t)(reader->end - reader->next);
        if (!parse(reader->next, room, record)) {
            reader->bad = true;
            reader->next = reader->end;
            return false;
        }
        // The last record's padding may be missing: nothing follows that it could put out of step.
        size_t size = weir_record_size(record->length);
        size += weir_record_has_timestamp(record) ? WEIR_TIMESTAMP_SIZE : 0;
        reader->next += size < room ? size : room;
        if (!(record->flags & WEIR_F_PAD))
            return true;
    }
    return false;
}
