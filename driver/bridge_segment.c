// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_segment.h"

#include <string.h>

#include "weir_link.h"

#define IPV6_HEADER 40
#define IPV4_LENGTH 2 // offsets in the headers
#define IPV4_ID 4
#define IPV4_CHECKSUM 10
#define IPV6_LENGTH 4
#define TCP_SEQUENCE 4
#define TCP_FLAGS 13
#define TCP_CHECKSUM 16
#define UDP_LENGTH 4
#define UDP_CHECKSUM 6

enum { FIN = 0x01, PSH = 0x08, CWR = 0x80 };

static unsigned get16(const uint8_t *in)
{
    return (unsigned)in[0] << 8 | in[1];
}

static void put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

// The Internet checksum's sum (RFC 1071), on top of `sum`, not folded.
static uint64_t add_bytes(uint64_t sum, const uint8_t *data, size_t length)
{
    for (; length >= 2; data += 2, length -= 2)
        sum += get16(data);
    return length > 0 ? sum + ((uint64_t)data[0] << 8) : sum;
}

static unsigned fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (unsigned)sum;
}

// Over everything from `start` on, the field's own content, a pseudo-header's sum, included. Of the two zeros
// of ones' complement UDP needs FFFFh; with TCP either is right, and 0 is only what Linux has in segments.
static void insert_checksum(uint8_t *frame, size_t length, size_t start, size_t offset, bool may_be_zero)
{
    unsigned sum = ~fold(add_bytes(0, frame + start, length - start)) & 0xFFFF;

    put16(frame + start + offset, sum || may_be_zero ? sum : 0xFFFF);
}

// A superframe's headers are what its type says, and its checksum field stands where TCP's or UDP's does.
static bool is_sound(const struct weir_bridge_cut *cut)
{
    const struct weir_vnet *vnet = &cut->vnet;
    unsigned type = vnet->gso_type & ~(unsigned)WEIR_VNET_GSO_ECN;
    bool udp = type == WEIR_VNET_GSO_UDP_L4;

    if (!udp && type != WEIR_VNET_GSO_TCPV4 && type != WEIR_VNET_GSO_TCPV6)
        return false;
    if (type != WEIR_VNET_GSO_UDP_L4 && cut->at.ipv6 != (type == WEIR_VNET_GSO_TCPV6))
        return false;
    return cut->at.protocol == (udp ? WEIR_PROTOCOL_UDP : WEIR_PROTOCOL_TCP) &&
           cut->at.l4 == vnet->csum_start && vnet->csum_offset == (udp ? UDP_CHECKSUM : TCP_CHECKSUM) &&
           vnet->gso_size > 0 && vnet->flags & WEIR_F_NEEDS_CSUM;
}

bool weir_bridge_cut_start(struct weir_bridge_cut *cut, const struct weir_vnet *vnet, const uint8_t *frame,
                           size_t length)
{
    bool needs_csum = (vnet->flags & WEIR_F_NEEDS_CSUM) != 0;

    *cut = (struct weir_bridge_cut){.vnet = *vnet, .frame = frame, .length = length, .header = length};
    if (length < WEIR_ETHERNET_HEADER ||
        (needs_csum && (size_t)vnet->csum_start + vnet->csum_offset + 2 > length))
        return false;
    if (vnet->gso_type == WEIR_VNET_GSO_NONE)
        return true;
    if (!weir_bridge_frame_parse(frame, length, &cut->at) || !is_sound(cut))
        return false;
    cut->header = weir_bridge_payload(frame, length, cut->at.l4, cut->at.protocol);
    cut->payload = vnet->gso_size;
    return cut->header != 0;
}

void weir_bridge_cut_into_pieces(struct weir_bridge_cut *cut, size_t most)
{
    size_t room = most > cut->header ? most - cut->header : 0, segment = cut->vnet.gso_size;

    cut->pieces = true;
    cut->payload = room > segment ? room / segment * segment : segment;
}

static void patch_ip(const struct weir_bridge_cut *cut, uint8_t *out, size_t length)
{
    uint8_t *ip = out + cut->at.ip;

    if (cut->at.ipv6) {
        put16(ip + IPV6_LENGTH, length - cut->at.ip - IPV6_HEADER);
        return;
    }
    put16(ip + IPV4_LENGTH, length - cut->at.ip);
    if (!cut->fixed_id)
        put16(ip + IPV4_ID, get16(ip + IPV4_ID) + cut->index);
    put16(ip + IPV4_CHECKSUM, 0);
    put16(ip + IPV4_CHECKSUM, ~fold(add_bytes(0, ip, (size_t)(ip[0] & 15) * 4)) & 0xFFFF);
}

static void patch_l4(const struct weir_bridge_cut *cut, uint8_t *l4, size_t length, bool is_last)
{
    uint8_t *field = l4 + cut->vnet.csum_offset;
    size_t whole = cut->length - cut->at.l4;

    // The pseudo-header's sum has the superframe's length in it: that goes, the segment's comes.
    put16(field, fold((uint64_t)get16(field) + (0xFFFF - fold(whole)) + length));
    if (cut->at.protocol == WEIR_PROTOCOL_UDP) {
        put16(l4 + UDP_LENGTH, length);
        return;
    }
    uint32_t sequence = (uint32_t)get16(l4 + TCP_SEQUENCE) << 16 | get16(l4 + TCP_SEQUENCE + 2);
    sequence += (uint32_t)cut->done;
    put16(l4 + TCP_SEQUENCE, sequence >> 16);
    put16(l4 + TCP_SEQUENCE + 2, sequence);
    if (cut->index > 0)
        l4[TCP_FLAGS] &= (uint8_t)~CWR;
    if (!is_last)
        l4[TCP_FLAGS] &= (uint8_t) ~(FIN | PSH);
}

// A piece of one segment is no superframe.
static void describe_piece(struct weir_bridge_cut *cut, size_t part)
{
    cut->piece = cut->vnet;
    if (part <= cut->vnet.gso_size) {
        cut->piece.gso_type = WEIR_VNET_GSO_NONE;
        cut->piece.gso_size = 0;
    } else if (cut->done > 0) { // CWR is gone
        cut->piece.gso_type &= (uint8_t)~WEIR_VNET_GSO_ECN;
    }
}

size_t weir_bridge_cut_next(struct weir_bridge_cut *cut, uint8_t *out)
{
    size_t left = cut->length - cut->header - cut->done;
    size_t part = left < cut->payload ? left : cut->payload, length = cut->header + part;

    if (cut->over)
        return 0;
    bool is_one = cut->index == 0 && part == left;
    cut->over = part == left;
    memcpy(out, cut->frame, cut->header);
    memcpy(out + cut->header, cut->frame + cut->header + cut->done, part);
    if (cut->vnet.gso_type != WEIR_VNET_GSO_NONE) {
        patch_ip(cut, out, length);
        patch_l4(cut, out + cut->at.l4, length - cut->at.l4, cut->over);
    }
    if (cut->pieces)
        describe_piece(cut, part);
    else if (cut->vnet.flags & WEIR_F_NEEDS_CSUM)
        insert_checksum(out, length, cut->vnet.csum_start, cut->vnet.csum_offset,
                        !is_one && cut->at.protocol == WEIR_PROTOCOL_TCP);
    cut->done += part;
    cut->index += cut->pieces ? (unsigned)(cut->payload / cut->vnet.gso_size) : 1;
    return length;
}
