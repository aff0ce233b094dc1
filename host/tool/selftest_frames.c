// SPDX-License-Identifier: BSD-2-Clause
#include "selftest_frames.h"

#include <string.h>

#include "bridge_frame.h"
#include "core/checksum.h"
#include "weir_link.h"

#define ETHERNET 14
#define IPV4 20 // header bytes
#define IPV6 40
#define TCP 20
#define UDP 8
#define TCP_CHECKSUM 16 // offsets in the headers
#define UDP_CHECKSUM 6

enum { TYPE_LOCAL = 0x88B5, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD }; // IEEE Std 802: for experiments

static void put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

// Bytes that differ from frame to frame (xorshift32), each value among them and none more often.
static void fill(uint8_t *out, size_t length, unsigned number)
{
    uint32_t state = 0x57454952u ^ (number * 0x9E3779B9u);

    for (size_t i = 0; i < length; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out[i] = (uint8_t)(state >> 24);
    }
}

// The IP header in front of `length` bytes of `protocol`; 192.0.2.x and 2001:db8::x are for documentation
// (RFC 5737, RFC 3849). Returns the pseudo-header's sum.
static uint16_t put_ip(uint8_t *ip, bool ipv6, uint8_t protocol, size_t length, unsigned number)
{
    uint32_t sum;

    if (ipv6) {
        memcpy(ip, (uint8_t[8]){0x60, 0, 0, 0, 0, 0, protocol, 64}, 8);
        put16(ip + 4, length);
        for (uint8_t i = 0; i < 2; i++) {
            memset(ip + 8 + 16 * i, 0, 16);
            memcpy(ip + 8 + 16 * i, (uint8_t[4]){0x20, 0x01, 0x0D, 0xB8}, 4);
            ip[23 + 16 * i] = (uint8_t)(1 + i);
        }
        sum = weir_sum(ip + 8, 32);
    } else {
        memcpy(ip,
               (uint8_t[IPV4]){0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2},
               IPV4);
        put16(ip + 2, IPV4 + length);
        put16(ip + 4, number);
        put16(ip + 10, (uint16_t)~weir_sum(ip, IPV4));
        sum = weir_sum(ip + 12, 8);
    }
    return weir_sum_fold(sum + protocol + weir_sum_fold((uint32_t)length));
}

void selftest_make(struct selftest_frame *frame, enum selftest_kind kind, size_t length, size_t segment,
                   unsigned number, const uint8_t mac[6])
{
    bool ipv6 = kind == SELFTEST_TCPV6 || kind == SELFTEST_UDPV6;
    bool tcp = kind == SELFTEST_TCPV4 || kind == SELFTEST_TCPV6;
    size_t start = ETHERNET + (ipv6 ? IPV6 : IPV4);
    uint8_t *l4 = frame->bytes + start;

    *frame = (struct selftest_frame){.length = length, .header = ETHERNET};
    fill(frame->bytes, length, number);
    memcpy(frame->bytes, mac, 6);
    memcpy(frame->bytes + 6, mac, 6);
    if (kind == SELFTEST_PLAIN) {
        put16(frame->bytes + 12, TYPE_LOCAL);
        for (size_t i = 0; i < 2 && ETHERNET + i < length; i++)
            frame->bytes[ETHERNET + i] = (uint8_t)(number >> 8 * i);
        return;
    }
    put16(frame->bytes + 12, ipv6 ? TYPE_IPV6 : TYPE_IPV4);
    uint16_t pseudo = put_ip(frame->bytes + ETHERNET, ipv6, tcp ? WEIR_PROTOCOL_TCP : WEIR_PROTOCOL_UDP,
                             length - start, number);
    frame->header = start + (tcp ? TCP : UDP);
    frame->vnet = (struct weir_vnet){.flags = WEIR_F_NEEDS_CSUM,
                                     .csum_start = (uint16_t)start,
                                     .csum_offset = tcp ? TCP_CHECKSUM : UDP_CHECKSUM};
    put16(l4, number); // the source's port, which each segment has
    if (tcp)
        put16(l4 + 12, 0x5018); // five words, ACK and PSH
    else
        put16(l4 + 4, length - start);
    put16(l4 + frame->vnet.csum_offset, pseudo);
    if (segment == 0)
        return;
    frame->vnet.gso_type = !tcp ? WEIR_VNET_GSO_UDP_L4 : ipv6 ? WEIR_VNET_GSO_TCPV6 : WEIR_VNET_GSO_TCPV4;
    frame->vnet.gso_size = (uint16_t)segment;
    frame->vnet.hdr_len = (uint16_t)frame->header;
}

unsigned selftest_number(const uint8_t *frame, size_t length)
{
    size_t type = length < ETHERNET ? 0 : (size_t)frame[12] << 8 | frame[13];
    size_t at = ETHERNET + (type == TYPE_IPV6 ? IPV6 : IPV4);

    if (type == TYPE_LOCAL && length >= ETHERNET + 2)
        return frame[ETHERNET] | (unsigned)frame[ETHERNET + 1] << 8;
    if ((type != TYPE_IPV4 && type != TYPE_IPV6) || length < at + 2)
        return SELFTEST_NO_NUMBER;
    return (unsigned)frame[at] << 8 | frame[at + 1];
}
