// SPDX-License-Identifier: BSD-2-Clause
#include "segment_model.h"

#include <string.h>

#include "weir_link.h"

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80
#define UDP_CSUM_OFFSET 6
#define IPV6_HEADER 40

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

// A superframe on its way through the card, and one segment of it.
struct cut {
    const struct weir_record *record;
    unsigned type; // without ECN
    size_t ip;     // where its header begins
    unsigned index, count;
    size_t from;   // payload before this segment, bytes
    size_t length; // of the segment
};

static void patch_ip(uint8_t *ip, const struct cut *cut)
{
    size_t header = cut->record->csum_start - cut->ip;

    if (ip[0] >> 4 == 6) {
        put16(ip + 4, (uint32_t)(cut->length - cut->ip - IPV6_HEADER));
        return;
    }
    put16(ip + 2, (uint32_t)(cut->length - cut->ip));
    if (!(cut->record->flags & WEIR_F_IP_ID_FIXED))
        put16(ip + 4, get16(ip + 4) + cut->index);
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~model_fold(model_sum(0, ip, header)));
}

static void patch_tcp(uint8_t *tcp, const struct cut *cut)
{
    put32(tcp + 4, ((uint32_t)get16(tcp + 4) << 16 | get16(tcp + 6)) + (uint32_t)cut->from);
    if (cut->index != 0)
        tcp[13] &= (uint8_t)~TCP_CWR;
    if (cut->index != cut->count - 1)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

static void patch(uint8_t *segment, const struct cut *cut)
{
    size_t start = cut->record->csum_start, offset = cut->record->csum_offset;
    uint8_t *l4 = segment + start;

    patch_ip(segment + cut->ip, cut);
    if (cut->type == WEIR_GSO_UDP_L4)
        put16(l4 + 4, (uint32_t)(cut->length - start));
    else
        patch_tcp(l4, cut);
    // The seed lacks the length.
    put16(l4 + offset, model_fold((uint64_t)get16(l4 + offset) + cut->length - start));
    insert_checksum(segment, cut->length, start, offset);
}

static unsigned cut_all(struct cut *cut, model_emit *emit, void *context)
{
    const struct weir_record *record = cut->record;
    size_t header = record->hdr_len, payload = record->length - header;
    uint8_t segment[UINT8_MAX + UINT16_MAX];

    cut->count = payload == 0 ? 1 : (unsigned)((payload + record->gso_size - 1) / record->gso_size);
    for (; cut->index < cut->count; cut->index++) {
        cut->from = (size_t)cut->index * record->gso_size;
        size_t part = payload - cut->from < record->gso_size ? payload - cut->from : record->gso_size;
        cut->length = header + part;
        memcpy(segment, record->data, header);
        memcpy(segment + header, record->data + header + cut->from, part);
        patch(segment, cut);
        emit(context, segment, cut->length);
    }
    return cut->count;
}

static bool is_tag(unsigned ethertype)
{
    return ethertype == 0x8100 || ethertype == 0x88A8;
}

unsigned model_segment(const struct weir_record *record, model_emit *emit, void *context)
{
    static uint8_t frame[1 << WEIR_LENGTH_BITS];
    bool sum = record->flags & WEIR_F_NEEDS_CSUM;
    struct cut cut = {.record = record, .type = record->gso_type & ~(unsigned)WEIR_GSO_ECN, .ip = 14};

    if (record->length < 14 ||
        (sum && (uint32_t)record->csum_start + record->csum_offset + 2 > record->length))
        return 0;
    if (record->gso_type != WEIR_GSO_NONE) {
        size_t l4 = cut.type == WEIR_GSO_UDP_L4 ? 8 : 20;
        while (cut.ip < 22 && is_tag(get16(record->data + cut.ip - 2)))
            cut.ip += 4;
        if (!sum || record->gso_size == 0 || record->hdr_len < record->csum_start + l4 ||
            record->hdr_len > record->length || record->csum_start < cut.ip + 20)
            return 0;
        return cut_all(&cut, emit, context);
    }
    memcpy(frame, record->data, record->length);
    if (sum)
        insert_checksum(frame, record->length, record->csum_start, record->csum_offset);
    emit(context, frame, record->length);
    return 1;
}
