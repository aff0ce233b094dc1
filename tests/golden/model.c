// SPDX-License-Identifier: BSD-2-Clause
//
// What the card should do with a transfer, the straightforward way: from weir_link.vh for the records,
// virtio 1.2 section 5.1.6.2 for what they ask, RFC 9293, 768, 791 and 8200 for the frames, and as Linux does
// where these leave a choice. It has the whole superframe before it and takes addresses and lengths from its
// headers; the checksum's seed is not looked at.
#include "golden.h"

#include <string.h>
#include "weir_link.h"

enum { TCP = 6, UDP = 17, CWR = 0x80, PSH = 0x08, FIN = 0x01, VLAN = 0x8100, SERVICE_VLAN = 0x88A8 };

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
    sum = (sum & 0xFFFF) + (sum >> 16);
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)((sum & 0xFFFF) + (sum >> 16));
}

// ---- Frames of their own

static void single(const struct record *r, struct frames *out, struct counts *counts)
{
    static uint8_t frame[SUPERFRAME_ROOM];
    bool csum = (r->flags & WEIR_F_NEEDS_CSUM) != 0;
    size_t place = (size_t)r->csum_start + r->csum_offset;

    if (r->flags & WEIR_F_IP_ID_FIXED || r->length < 14 || r->length > MAX_FRAME ||
        (csum && place + 2 > r->length) || r->there < r->length) {
        counts->bad_records++;
        return;
    }
    memcpy(frame, r->frame, r->length);
    if (csum) {
        uint16_t sum = model_sum(frame + r->csum_start, r->length - r->csum_start, 0);
        put16(frame + place, sum == 0xFFFF ? 0xFFFF : (uint16_t)~sum);
    }
    frames_add(out, frame, r->length);
    counts->superframes++;
    counts->segments++;
    counts->checksums += csum;
}

// ---- Frames to be cut

struct layout {
    bool ipv6, udp;
    size_t ip, l4; // where they begin
};

// Where the IP header begins, behind at most two VLAN tags, and which it is. False when there is none.
static bool find_ip(const struct record *r, struct layout *layout)
{
    size_t at = 12;
    for (int tags = 0; tags < 2 && (get16(r->frame + at) == VLAN || get16(r->frame + at) == SERVICE_VLAN);
         tags++)
        at += 4;
    layout->ip = at + 2;
    layout->ipv6 = get16(r->frame + at) == 0x86DD;
    return layout->ipv6 || get16(r->frame + at) == 0x0800;
}

// The headers are those that the record says they are.
static bool sound(const struct record *r, struct layout *layout)
{
    unsigned type = r->gso_type & ~(unsigned)WEIR_GSO_ECN;
    const uint8_t *frame = r->frame;

    layout->udp = type == WEIR_GSO_UDP_L4;
    layout->l4 = r->csum_start;
    if (!(r->flags & WEIR_F_NEEDS_CSUM) || r->gso_size == 0 || r->csum_offset != (layout->udp ? 6 : 16))
        return false;
    if (r->hdr_len > r->length || r->hdr_len > r->there || !find_ip(r, layout))
        return false;
    if (r->hdr_len < layout->l4 + (layout->udp ? 8 : 20) ||
        layout->l4 < layout->ip + (layout->ipv6 ? 40 : 20))
        return false;
    if ((type == WEIR_GSO_TCPV4 && layout->ipv6) || (type == WEIR_GSO_TCPV6 && !layout->ipv6))
        return false;
    if (frame[layout->ip] >> 4 != (layout->ipv6 ? 6 : 4) || (layout->ipv6 && r->flags & WEIR_F_IP_ID_FIXED))
        return false;
    if (!layout->ipv6 && (frame[layout->ip + 9] != (layout->udp ? UDP : TCP) ||
                          layout->ip + 4 * (frame[layout->ip] & 15u) != layout->l4))
        return false;
    return r->hdr_len == layout->l4 + (layout->udp ? 8 : 4 * (frame[layout->l4 + 12] >> 4));
}

static void change_ip(const struct record *r, const struct layout *layout, uint8_t *frame, size_t length,
                      uint32_t n)
{
    uint8_t *ip = frame + layout->ip;
    if (layout->ipv6) {
        put16(ip + 4, (uint32_t)(length - layout->ip - 40));
        return;
    }
    put16(ip + 2, (uint32_t)(length - layout->ip));
    if (!(r->flags & WEIR_F_IP_ID_FIXED))
        put16(ip + 4, get16(ip + 4) + n);
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~model_sum(ip, layout->l4 - layout->ip, 0));
}

static void change_tcp(uint8_t *tcp, uint32_t skipped, bool first, bool last)
{
    uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + skipped;
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq);
    if (!first)
        tcp[13] &= (uint8_t)~CWR;
    if (!last)
        tcp[13] &= (uint8_t) ~(PSH | FIN);
}

// Segment `n` with `size` bytes of payload.
static void segment(const struct record *r, const struct layout *layout, struct frames *out, size_t size,
                    uint32_t n)
{
    static uint8_t frame[SUPERFRAME_ROOM];
    uint8_t *l4 = frame + layout->l4, *field = l4 + r->csum_offset;
    size_t at = r->hdr_len + (size_t)n * r->gso_size, length = r->hdr_len + size,
           l4_length = length - layout->l4;
    bool first = n == 0, last = at + size == r->length;

    memcpy(frame, r->frame, r->hdr_len);
    memcpy(frame + r->hdr_len, r->frame + at, size);
    change_ip(r, layout, frame, length, n);
    if (layout->udp)
        put16(l4 + 4, (uint32_t)l4_length);
    else
        change_tcp(l4, n * r->gso_size, first, last);

    put16(field, 0);
    uint32_t pseudo = (layout->udp ? UDP : TCP) + (uint32_t)l4_length;
    pseudo = layout->ipv6 ? model_sum(frame + layout->ip + 8, 32, pseudo)
                          : model_sum(frame + layout->ip + 12, 8, pseudo);
    uint16_t checksum = (uint16_t)~model_sum(l4, l4_length, pseudo);
    if (checksum == 0 && (layout->udp || (first && last)))
        checksum = 0xFFFF;
    put16(field, checksum);
    frames_add(out, frame, length);
}

void model_record(const struct record *r, struct frames *out, struct counts *counts)
{
    struct layout layout;
    uint32_t n = 0;

    if (r->gso_type == WEIR_GSO_NONE) {
        single(r, out, counts);
        return;
    }
    size_t payload = r->length - r->hdr_len;
    if (!sound(r, &layout) || r->hdr_len + (payload < r->gso_size ? payload : r->gso_size) > MAX_FRAME) {
        counts->bad_records++;
        return;
    }
    for (size_t done = 0; done < payload || n == 0; n++) {
        size_t size = payload - done < r->gso_size ? payload - done : r->gso_size;
        if (r->there < r->hdr_len + done + size) { // the transfer ends before this segment does
            counts->bad_records++;
            return;
        }
        segment(r, &layout, out, size, n);
        counts->segments++;
        counts->checksums++;
        done += size;
    }
    counts->superframes++;
}

// ---- Transfers

static bool header_sound(const uint8_t *header, const struct record *r)
{
    static const uint8_t types[] = {WEIR_GSO_NONE,
                                    WEIR_GSO_TCPV4,
                                    WEIR_GSO_TCPV4 | WEIR_GSO_ECN,
                                    WEIR_GSO_TCPV6,
                                    WEIR_GSO_TCPV6 | WEIR_GSO_ECN,
                                    WEIR_GSO_UDP_L4};
    static const uint8_t zeros[7];

    if (header[WEIR_REC_MAGIC] != WEIR_RECORD_MAGIC || header[11] & 0x0C || r->length > MAX_RECORD)
        return false;
    if (r->flags == WEIR_F_PAD)
        return memcmp(header + WEIR_REC_CSUM_START, zeros, sizeof zeros) == 0 && r->gso_type == 0;
    return (r->flags & ~(WEIR_F_NEEDS_CSUM | WEIR_F_IP_ID_FIXED)) == 0 && r->length != 0 &&
           memchr(types, r->gso_type, sizeof types) != NULL;
}

// The record at the start of `bytes`, `left` of which there are. How many it takes; 0: it makes no sense, or
// is not whole.
static size_t take_record(const uint8_t *bytes, size_t left, struct frames *out, struct counts *counts)
{
    if (left < WEIR_RECORD_HEADER)
        return 0;
    const uint8_t *frame = bytes + WEIR_RECORD_HEADER;
    size_t there = left - WEIR_RECORD_HEADER;
    struct record r = {.flags = bytes[WEIR_REC_FLAGS],
                       .csum_start = (uint16_t)(bytes[2] | bytes[3] << 8),
                       .csum_offset = (uint16_t)(bytes[4] | bytes[5] << 8),
                       .gso_size = (uint16_t)(bytes[6] | bytes[7] << 8),
                       .hdr_len = bytes[WEIR_REC_HDR_LEN],
                       .gso_type = bytes[11] >> 4,
                       .length = bytes[9] | (size_t)bytes[10] << 8 | (size_t)(bytes[11] & 3) << 16,
                       .frame = frame};
    if (!header_sound(bytes, &r))
        return 0;
    r.there = there < r.length ? there : r.length;
    if (r.flags != WEIR_F_PAD)
        model_record(&r, out, counts);
    size_t whole = WEIR_RECORD_HEADER + (r.length + 3) / 4 * 4;
    return whole <= left ? whole : 0;
}

void model_transfer(const struct transfer *transfer, struct frames *out, struct counts *counts)
{
    out->count = 0;
    memset(counts, 0, sizeof *counts);
    for (size_t at = 0, size; at < transfer->length; at += size) {
        size = take_record(transfer->bytes + at, transfer->length - at, out, counts);
        if (size == 0) {
            counts->bad_transfers++;
            return;
        }
    }
}
