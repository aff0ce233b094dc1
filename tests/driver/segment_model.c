// SPDX-License-Identifier: BSD-2-Clause
#include "segment_model.h"

#include <string.h>

#include "weir_link.h"

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80
#define UDP_CSUM_OFFSET 6

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)(in[0] << 8 | in[1]);
}

static void put16(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out + 2, value);
}

uint64_t model_sum(uint64_t sum, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 == 0 ? (uint64_t)data[i] << 8 : data[i];
    return sum;
}

uint16_t model_fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

// Puts the sum over start..end, seed included, into the field.
static void insert_checksum(uint8_t *frame, size_t length, size_t start, size_t offset)
{
    uint16_t sum = (uint16_t)~model_fold(model_sum(0, frame + start, length - start));

    if (sum == 0 && offset == UDP_CSUM_OFFSET)
        sum = 0xffff;
    put16(frame + start + offset, sum);
}

// Patches a segment's headers: number `index` of `count`, with `length` bytes in all, payload from byte
// `from` on.
static void patch(uint8_t *segment, const struct weir_record *record, size_t length, size_t from,
                  unsigned index, unsigned count)
{
    size_t l4 = record->csum_start;
    uint8_t *ip = segment + 14;
    uint8_t *tcp = segment + l4;
    size_t ip_header = (size_t)(ip[0] & 15) * 4;

    while ((size_t)(ip - segment) + ip_header != l4) // VLAN tags stand between
        ip += 4, ip_header = (size_t)(ip[0] & 15) * 4;
    put16(ip + 2, (uint32_t)(length - (size_t)(ip - segment)));
    put16(ip + 4, get16(ip + 4) + index);
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~model_fold(model_sum(0, ip, ip_header)));

    put32(tcp + 4, ((uint32_t)get16(tcp + 4) << 16 | get16(tcp + 6)) + (uint32_t)from);
    if (index != 0)
        tcp[13] &= (uint8_t)~TCP_CWR;
    if (index != count - 1)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    // The seed lacks the TCP length.
    put16(tcp + record->csum_offset, model_fold((uint64_t)get16(tcp + record->csum_offset) + length - l4));
    insert_checksum(segment, length, l4, record->csum_offset);
}

static unsigned segment_tcp4(const struct weir_record *record,
                             void (*emit)(void *context, const uint8_t *frame, size_t length), void *context)
{
    size_t header = record->hdr_len;
    size_t payload = record->length - header;
    unsigned count = payload == 0 ? 1 : (unsigned)((payload + record->gso_size - 1) / record->gso_size);
    uint8_t segment[UINT8_MAX + UINT16_MAX];

    for (unsigned i = 0; i < count; i++) {
        size_t from = (size_t)i * record->gso_size;
        size_t part = payload - from < record->gso_size ? payload - from : record->gso_size;
        memcpy(segment, record->data, header);
        memcpy(segment + header, record->data + header + from, part);
        patch(segment, record, header + part, from, i, count);
        emit(context, segment, header + part);
    }
    return count;
}

unsigned model_segment(const struct weir_record *record,
                       void (*emit)(void *context, const uint8_t *frame, size_t length), void *context)
{
    static uint8_t frame[1 << WEIR_LENGTH_BITS];
    bool sum = record->flags & WEIR_F_NEEDS_CSUM;
    unsigned type = record->gso_type & ~(unsigned)WEIR_GSO_ECN;

    if (record->length < 14 ||
        (sum && (uint32_t)record->csum_start + record->csum_offset + 2 > record->length))
        return 0;
    if (type == WEIR_GSO_TCPV4) {
        if (!sum || record->gso_size == 0 || record->hdr_len < record->csum_start + 20 ||
            record->hdr_len > record->length || record->csum_start < 34)
            return 0;
        return segment_tcp4(record, emit, context);
    }
    if (type != WEIR_GSO_NONE)
        return 0;
    memcpy(frame, record->data, record->length);
    if (sum)
        insert_checksum(frame, record->length, record->csum_start, record->csum_offset);
    emit(context, frame, record->length);
    return 1;
}
