// SPDX-License-Identifier: BSD-2-Clause
//
// Segmentation and checksums the straightforward way, as Linux does them; shares nothing with the Verilog's
// method.
#include "golden.h"

#include <string.h>
#include "weir_link.h"

enum { PROTOCOL_TCP = 6, CWR = 0x80, PSH = 0x08, FIN = 0x01 };

const uint8_t *frames_get(const struct frames *frames, size_t i, size_t *length)
{
    size_t start = i == 0 ? 0 : frames->end[i - 1];
    *length = frames->end[i] - start;
    return frames->bytes + start;
}

bool frames_add(struct frames *frames, const uint8_t *frame, size_t length)
{
    size_t start = frames->count == 0 ? 0 : frames->end[frames->count - 1];
    if (frames->count == FRAMES_MAX || start + length > FRAMES_ROOM)
        return false;
    memcpy(frames->bytes + start, frame, length);
    frames->end[frames->count++] = start + length;
    return true;
}

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

uint16_t model_sum(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)((sum & 0xFFFF) + (sum >> 16));
}

// The one frame whose checksum goes in: the field holds what is to be summed besides (virtio 1.2
// section 5.1.6.2).
static void single(const struct superframe *super, struct frames *out)
{
    static uint8_t frame[SUPERFRAME_ROOM];
    memcpy(frame, super->bytes, super->length);
    if (super->needs_csum) {
        uint16_t sum = model_sum(frame + super->csum_start, super->length - super->csum_start, 0);
        put16(frame + super->csum_start + super->csum_offset, sum == 0xFFFF ? 0xFFFF : (uint16_t)~sum);
    }
    frames_add(out, frame, super->length);
}

// One of several segments. `at` is the payload's place in the superframe, `n` the segment's number.
static void segment(const struct superframe *super, struct frames *out, size_t at, size_t size, uint32_t n)
{
    static uint8_t frame[SUPERFRAME_ROOM];
    uint8_t *ip = frame + super->ip_start, *tcp = frame + super->csum_start;
    size_t tcp_length = super->hdr_len - super->csum_start + size;

    memcpy(frame, super->bytes, super->hdr_len);
    memcpy(frame + super->hdr_len, super->bytes + at, size);

    put16(ip + 2, (uint32_t)(super->hdr_len + size - super->ip_start));
    put16(ip + 4, get16(ip + 4) + n);
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~model_sum(ip, (size_t)(tcp - ip), 0));

    uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + n * super->gso_size;
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq);
    if (n != 0)
        tcp[13] &= (uint8_t)~CWR;
    if (at + size != super->length)
        tcp[13] &= (uint8_t) ~(PSH | FIN);
    put16(tcp + 16, 0);
    uint32_t pseudo = model_sum(ip + 12, 8, PROTOCOL_TCP + (uint32_t)tcp_length);
    put16(tcp + 16, (uint16_t)~model_sum(tcp, tcp_length, pseudo));
    frames_add(out, frame, super->hdr_len + size);
}

void model_segment(const struct superframe *super, struct frames *out)
{
    out->count = 0;
    if (super->gso_type == WEIR_GSO_NONE || super->length - super->hdr_len <= super->gso_size) {
        single(super, out);
        return;
    }
    uint32_t n = 0;
    for (size_t at = super->hdr_len; at < super->length; at += super->gso_size) {
        size_t left = super->length - at;
        segment(super, out, at, left < super->gso_size ? left : super->gso_size, n++);
    }
}
