// SPDX-License-Identifier: BSD-2-Clause
//
// Link records: what stands inside a bulk transfer, frame by frame. Layout and numbers are in
// rtl/link/weir_link.vh.
//
// A transfer is records end to end; a record is a 12-byte header, from the card possibly an 8-byte time
// stamp, `length` bytes of frame, and zeros up to a multiple of 4. Parsing takes any bytes: a header that
// makes no sense, or a record that runs past the transfer's end, costs the rest of that transfer and no more,
// because the next transfer starts with a record again.
//
//     struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
//     struct weir_record record;
//     while (weir_record_read(&reader, &record)) use(record.data, record.length);
//     if (reader.bad) count();
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_record {
    uint8_t flags;         // WEIR_F_
    uint8_t gso_type;      // WEIR_GSO_; from the card the flow
    uint16_t gso_size;     // bytes
    uint8_t hdr_len;       // bytes
    uint16_t csum_start;   // bytes from the frame's start
    uint16_t csum_offset;  // bytes from csum_start
    uint32_t length;       // bytes of frame
    const uint8_t *data;   // read: the frame, inside the transfer; ignored when a header is emitted
    const uint8_t *header; // read: its bytes, for what the short forms of a record have there; not emitted
    uint64_t timestamp;    // read, where weir_record_has_timestamp: ns of device time; never emitted
};

// A 16-bit field of a header.
uint16_t weir_record_get16(const uint8_t *field);

// Whether a record from the card has a time stamp (WEIR_F_TIMESTAMP).
bool weir_record_has_timestamp(const struct weir_record *record);

// Bytes that a record with a frame of `length` bytes takes in a transfer, without a time stamp.
size_t weir_record_size(size_t length);

// Writes the 12 header bytes.
void weir_record_emit_header(uint8_t *out, const struct weir_record *record);

// Writes a record of padding with no bytes to skip: 12 bytes, all that is needed to make a transfer end
// short.
void weir_record_emit_pad(uint8_t *out);

// A place in a transfer.
struct weir_record_reader {
    const uint8_t *next, *end;
    bool bad; // the rest of the transfer was dropped
};

// The next frame record, padding skipped. False at the transfer's end or where it stops making sense (`bad`).
bool weir_record_read(struct weir_record_reader *reader, struct weir_record *record);

#endif
