// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes of any shape as records, and what they should become: segmentation the straightforward way,
// from the addresses and lengths in the frame. For benches of rtl/tx.
#ifndef SUPERFRAMES_H
#define SUPERFRAMES_H

#include <stddef.h>
#include <stdint.h>
#include <algorithm>
#include <random>
#include <vector>

#include "weir_link.h"

using Bytes = std::vector<uint8_t>;

struct Record {
    uint8_t flags = 0, gso_type = WEIR_GSO_NONE, hdr_len = 0;
    uint16_t gso_size = 0, csum_start = 0, csum_offset = 0;
    Bytes bytes;
};

// What a superframe looks like.
struct Shape {
    bool ipv6 = false, udp = false;
    unsigned tags = 0;        // VLAN tags
    unsigned ip_options = 0;  // words of IPv4 options
    unsigned extensions = 0;  // bytes between IPv6's fixed header and L4's
    unsigned tcp_options = 0; // words
    uint8_t tcp_flags = 0xFF;
    bool id_fixed = false;
    uint16_t mss = 1000;
    size_t payload = 0;

    size_t ip() const
    {
        return 14 + 4 * tags;
    }
    size_t l4() const
    {
        return ip() + (ipv6 ? 40 + extensions : 20 + 4 * ip_options);
    }
    size_t header() const
    {
        return l4() + (udp ? 8 : 20 + 4 * tcp_options);
    }
    size_t checksum() const
    {
        return l4() + (udp ? 6 : 16);
    }
};

// The Internet checksum's sum (RFC 1071) of from..to on top of `start`, folded.
inline uint32_t sum(const Bytes &bytes, size_t from, size_t to, uint32_t start = 0)
{
    for (size_t i = from; i < to; i++) {
        start += (i - from) % 2 == 0 ? bytes[i] << 8 : bytes[i];
        start = (start & 0xFFFF) + (start >> 16);
    }
    return (start & 0xFFFF) + (start >> 16);
}

inline uint32_t get16(const Bytes &bytes, size_t at)
{
    return static_cast<uint32_t>(bytes[at] << 8 | bytes[at + 1]);
}

inline uint32_t get32(const Bytes &bytes, size_t at)
{
    return get16(bytes, at) << 16 | get16(bytes, at + 2);
}

inline void set16(Bytes &bytes, size_t at, uint32_t value)
{
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}

inline Bytes some_bytes(std::mt19937 &random, size_t length)
{
    Bytes bytes(length);
    for (uint8_t &b : bytes)
        b = static_cast<uint8_t>(random());
    return bytes;
}

// Sum over addresses and protocol; `length` is L4's.
inline uint32_t pseudo_header(const Shape &shape, const Bytes &frame, uint32_t length)
{
    size_t addresses = shape.ip() + (shape.ipv6 ? 8 : 12), size = shape.ipv6 ? 32 : 8;
    return sum(frame, addresses, addresses + size, (shape.udp ? 17 : 6) + length);
}

// Everything that means nothing here is random, extension headers among it. The checksum field's seed is
// without the length.
inline Record superframe(std::mt19937 &random, const Shape &shape)
{
    static const uint16_t tag_types[] = {0x8100, 0x88A8};
    Record r;
    size_t ip = shape.ip(), l4 = shape.l4();

    r.bytes = some_bytes(random, shape.header() + shape.payload);
    for (unsigned tag = 0; tag < shape.tags; tag++)
        set16(r.bytes, 12 + 4 * tag, tag_types[random() % 2]);
    set16(r.bytes, ip - 2, shape.ipv6 ? 0x86DD : 0x0800);
    if (shape.ipv6) {
        r.bytes[ip] = static_cast<uint8_t>(0x60 | r.bytes[ip] % 16);
    } else {
        r.bytes[ip] = static_cast<uint8_t>(0x45 + shape.ip_options);
        r.bytes[ip + 9] = shape.udp ? 17 : 6;
    }
    if (!shape.udp) {
        r.bytes[l4 + 12] = static_cast<uint8_t>((5 + shape.tcp_options) << 4 | r.bytes[l4 + 12] % 16);
        r.bytes[l4 + 13] = shape.tcp_flags;
    }
    set16(r.bytes, shape.checksum(), pseudo_header(shape, r.bytes, 0));
    r.flags = static_cast<uint8_t>(WEIR_F_NEEDS_CSUM | (shape.id_fixed ? WEIR_F_IP_ID_FIXED : 0));
    r.gso_type = shape.udp ? WEIR_GSO_UDP_L4 : shape.ipv6 ? WEIR_GSO_TCPV6 : WEIR_GSO_TCPV4;
    r.gso_size = shape.mss;
    r.hdr_len = static_cast<uint8_t>(shape.header());
    r.csum_start = static_cast<uint16_t>(l4);
    r.csum_offset = static_cast<uint16_t>(shape.checksum() - l4);
    return r;
}

// Segment `n` with payload from..to of the superframe `r`.
inline Bytes segment(const Shape &shape, const Record &r, uint32_t n, size_t from, size_t to)
{
    enum { CWR = 0x80, PSH = 0x08, FIN = 0x01 };
    size_t ip = shape.ip(), l4 = shape.l4();
    bool first = n == 0, last = to == r.bytes.size();
    Bytes s(r.bytes.begin(), r.bytes.begin() + r.hdr_len);

    s.insert(s.end(), r.bytes.begin() + static_cast<ptrdiff_t>(from),
             r.bytes.begin() + static_cast<ptrdiff_t>(to));
    uint32_t l4_length = static_cast<uint32_t>(s.size() - l4);
    if (shape.ipv6) {
        set16(s, ip + 4, static_cast<uint32_t>(s.size() - ip - 40));
    } else {
        set16(s, ip + 2, static_cast<uint32_t>(s.size() - ip));
        set16(s, ip + 4, get16(r.bytes, ip + 4) + (shape.id_fixed ? 0 : n));
        set16(s, ip + 10, 0);
        set16(s, ip + 10, ~sum(s, ip, l4));
    }
    if (shape.udp) {
        set16(s, l4 + 4, l4_length);
    } else {
        uint32_t seq = get32(r.bytes, l4 + 4) + n * r.gso_size;
        set16(s, l4 + 4, seq >> 16);
        set16(s, l4 + 6, seq);
        s[l4 + 13] &= static_cast<uint8_t>((first ? 0xFF : ~CWR) & (last ? 0xFF : ~(PSH | FIN)));
    }
    set16(s, shape.checksum(), 0);
    uint32_t checksum = ~sum(s, l4, s.size(), pseudo_header(shape, s, l4_length)) & 0xFFFF;
    set16(s, shape.checksum(), checksum == 0 && (shape.udp || (first && last)) ? 0xFFFF : checksum);
    return s;
}

inline std::vector<Bytes> segments(const Shape &shape, const Record &r)
{
    std::vector<Bytes> all;
    size_t at = r.hdr_len;
    do {
        size_t to = std::min(at + r.gso_size, r.bytes.size());
        all.push_back(segment(shape, r, static_cast<uint32_t>(all.size()), at, to));
        at = to;
    } while (at < r.bytes.size());
    return all;
}

#endif
