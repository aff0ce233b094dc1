// SPDX-License-Identifier: BSD-2-Clause
//
// Random frames for the receive path: mostly right, each kind of wrongness often enough to matter.
#ifndef RX_FRAMES_H
#define RX_FRAMES_H

#include "wire_bench.h"

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AH = 51, DESTINATION_OPTIONS = 60 };

// An IPv6 extension header: its number, and its bytes behind the first, which names what follows.
struct Extension {
    unsigned number;
    Bytes body;
};

// What an IP frame may have wrong or unusual; everything else is random and right.
struct IpShape {
    unsigned version = 4;
    unsigned protocol = 6;
    Bytes options = {};                     // of IPv4, a multiple of 4
    std::vector<Extension> extensions = {}; // of IPv6
    unsigned tags = 0;                      // VLAN tags
    size_t payload = 0;                     // bytes behind the TCP or UDP header
    unsigned fragment = 0;                  // IPv4's flags and offset
    int total_off = 0;                      // added to IP's length after the checksums' computation of it
    int udp_length_off = 0;
    bool udp_no_checksum = false;
    size_t padding = 0; // bytes behind the packet, random
};

// Bytes that no option has for its number that would matter here.
static inline Bytes harmless(Random &random, size_t n)
{
    Bytes b = random.bytes(n);
    for (uint8_t &byte : b)
        byte &= 0x7F;
    return b;
}

// An extension header of 8 * units bytes.
static inline Extension extension(Random &random, unsigned number, unsigned units)
{
    Bytes body = harmless(random, 8 * units - 1);
    body[0] = (uint8_t)(number == AH ? 2 * units - 2 : units - 1);
    if (number == ROUTING)
        body[2] = 0; // segments left
    if (number == FRAGMENT)
        body[1] = body[2] = 0; // an atomic one
    return {number, body};
}

static inline void put_be16(Bytes &b, size_t at, unsigned value)
{
    b[at] = (uint8_t)(value >> 8);
    b[at + 1] = (uint8_t)value;
}

// TCP or UDP with its checksum; for other protocols what would be TCP.
static inline Bytes transport(Random &random, const IpShape &shape, const Bytes &addresses)
{
    Bytes l4, payload = random.bytes(shape.payload);
    bool udp = shape.protocol == 17;
    size_t length = (udp ? 8 : 20) + payload.size(), checksum_at = udp ? 6 : 16;
    if (udp)
        l4 = joined({random.bytes(4),
                     big_endian((uint64_t)((int)length + shape.udp_length_off), 2),
                     {0, 0},
                     payload});
    else
        l4 = joined({random.bytes(12), {0x50, 0x10}, random.bytes(2), {0, 0}, random.bytes(2), payload});
    if (shape.udp_no_checksum)
        return l4;
    uint64_t pseudo = ones_sum16(addresses.data(), addresses.size()) + (uint64_t)shape.protocol + length;
    unsigned sum = 0xFFFFu ^ ones_sum16(l4.data(), l4.size(), pseudo);
    put_be16(l4, checksum_at, sum == 0 && udp ? 0xFFFF : sum);
    return l4;
}

static inline Bytes ipv4_header(Random &random, const IpShape &shape, const Bytes &addresses, size_t length)
{
    unsigned words = 5 + (unsigned)shape.options.size() / 4;
    Bytes ip = joined({{(uint8_t)(0x40 | words), (uint8_t)random.below(256)},
                       big_endian((uint64_t)(words * 4 + (int)length + shape.total_off), 2),
                       random.bytes(2),
                       big_endian(shape.fragment, 2),
                       {64, (uint8_t)shape.protocol, 0, 0},
                       addresses,
                       shape.options});
    put_be16(ip, 10, 0xFFFFu ^ ones_sum16(ip.data(), ip.size()));
    return ip;
}

static inline Bytes ipv6_header(Random &random, const IpShape &shape, const Bytes &addresses, size_t length)
{
    Bytes chain;
    unsigned next = shape.protocol;
    for (size_t i = shape.extensions.size(); i-- > 0;) {
        chain = joined({{(uint8_t)next}, shape.extensions[i].body, chain});
        next = shape.extensions[i].number;
    }
    return joined({{(uint8_t)(0x60 | random.below(16))},
                   random.bytes(3),
                   big_endian((uint64_t)((int)(chain.size() + length) + shape.total_off), 2),
                   {(uint8_t)next, 64},
                   addresses,
                   chain});
}

static inline Bytes ip_frame(Random &random, const Bytes &destination, const IpShape &shape)
{
    bool v6 = shape.version == 6;
    Bytes addresses = random.bytes(v6 ? 32 : 8);
    Bytes l4 = transport(random, shape, addresses);
    Bytes ip = v6 ? ipv6_header(random, shape, addresses, l4.size())
                  : ipv4_header(random, shape, addresses, l4.size());
    Bytes tags, type = v6 ? Bytes{0x86, 0xDD} : Bytes{8, 0};
    for (unsigned i = 0; i < shape.tags; i++)
        tags = joined({tags, big_endian(random.one_in(2) ? 0x8100 : 0x88A8, 2), random.bytes(2)});
    return joined({destination, random.bytes(6), tags, type, ip, l4, random.bytes(shape.padding)});
}

static inline std::vector<Extension> random_extensions(Random &random)
{
    static const unsigned numbers[] = {HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, AH, FRAGMENT};
    std::vector<Extension> chain;
    while (!random.one_in(3)) {
        chain.push_back(extension(random, numbers[random.below(random.one_in(8) ? 5 : 4)],
                                  random.one_in(16) ? 1 + random.below(40) : 1 + random.below(3)));
        if (random.one_in(12)) // whatever the header says: segments left, an option, a length
            chain.back().body[random.below((unsigned)chain.back().body.size())] = (uint8_t)random.below(256);
        if (random.one_in(24))
            chain.back().body[1 + random.below((unsigned)chain.back().body.size() - 1)] = 0xC9;
    }
    return chain;
}

static inline Bytes random_ip(Random &random, const Bytes &destination)
{
    IpShape shape;
    shape.version = random.one_in(2) ? 4 : 6;
    shape.protocol = random.one_in(2) ? 6 : random.one_in(10) ? 58 : 17;
    if (random.one_in(3))
        shape.options =
            random.one_in(4) ? random.bytes(4 * random.below(11)) : harmless(random, 4 * random.below(11));
    if (random.one_in(2))
        shape.extensions = random_extensions(random);
    shape.tags = random.one_in(4) ? random.below(4) : 0;
    shape.payload = random.one_in(8) ? random.below(1440) : random.below(80);
    shape.padding = random.one_in(3) ? random.below(40) : 0;
    if (random.one_in(16))
        shape.fragment = 1u << random.below(16);
    if (random.one_in(16))
        shape.total_off = (int)random.below(80) - 40;
    if (random.one_in(64))
        shape.total_off = (int)random.below(65536);
    if (random.one_in(16))
        shape.udp_length_off = (int)random.below(5) - 2;
    if (random.one_in(64))
        shape.udp_length_off = 256 * (int)(random.below(3) + 1);
    shape.udp_no_checksum = shape.protocol == 17 && random.one_in(10);
    Bytes frame = ip_frame(random, destination, shape);
    while (random.one_in(4))
        frame[12 + random.below((unsigned)frame.size() - 12)] ^= (uint8_t)(1u << random.below(8));
    if (random.one_in(12))
        frame.resize(14 + random.below((unsigned)frame.size() - 14));
    return frame;
}

#endif
