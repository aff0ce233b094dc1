// SPDX-License-Identifier: BSD-2-Clause
//
// Random frames for the receive path: mostly right, each kind of wrongness often enough to matter.
#ifndef RX_FRAMES_H
#define RX_FRAMES_H

#include "wire_bench.h"

// What an IPv4 frame may have wrong or unusual; everything else is random and right.
struct Ipv4Shape {
    unsigned protocol = 6;
    unsigned options = 0;  // bytes, a multiple of 4
    unsigned tags = 0;     // VLAN tags
    size_t payload = 0;    // bytes behind the TCP or UDP header
    unsigned fragment = 0; // flags and offset
    int total_off = 0;     // added to the total length after the checksums' computation of it
    int udp_length_off = 0;
    bool udp_no_checksum = false;
    size_t padding = 0; // bytes behind the packet, random
};

static inline Bytes ipv4_frame(Random &random, const Bytes &destination, const Ipv4Shape &shape)
{
    Bytes payload = random.bytes(shape.payload);
    Bytes l4;
    size_t length, checksum_at;
    if (shape.protocol == 17) {
        length = 8 + payload.size();
        l4 = joined({random.bytes(4),
                     big_endian((uint64_t)((int)length + shape.udp_length_off), 2),
                     {0, 0},
                     payload});
        checksum_at = 6;
    } else {
        length = 20 + payload.size();
        l4 = joined({random.bytes(12), {0x50, 0x10}, random.bytes(2), {0, 0}, random.bytes(2), payload});
        checksum_at = 16;
    }
    Bytes addresses = random.bytes(8);
    unsigned words = 5 + shape.options / 4;
    Bytes ip = joined({{(uint8_t)(0x40 | words), 0},
                       big_endian((uint64_t)(words * 4 + (int)length + shape.total_off), 2),
                       random.bytes(2),
                       big_endian(shape.fragment, 2),
                       {64, (uint8_t)shape.protocol, 0, 0},
                       addresses,
                       random.bytes(shape.options)});
    unsigned sum = 0xFFFFu ^ ones_sum16(ip.data(), ip.size());
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    if (!shape.udp_no_checksum) {
        uint64_t pseudo = ones_sum16(addresses.data(), 8) + (uint64_t)shape.protocol + length;
        sum = 0xFFFFu ^ ones_sum16(l4.data(), l4.size(), pseudo);
        if (sum == 0 && shape.protocol == 17)
            sum = 0xFFFF;
        l4[checksum_at] = (uint8_t)(sum >> 8);
        l4[checksum_at + 1] = (uint8_t)sum;
    }
    Bytes tags;
    for (unsigned i = 0; i < shape.tags; i++)
        tags = joined({tags, big_endian(random.one_in(2) ? 0x8100 : 0x88A8, 2), random.bytes(2)});
    return joined({destination, random.bytes(6), tags, {8, 0}, ip, l4, random.bytes(shape.padding)});
}

static inline Bytes random_ipv4(Random &random, const Bytes &destination)
{
    Ipv4Shape shape;
    shape.protocol = random.one_in(2) ? 6 : random.one_in(10) ? 1 : 17;
    shape.options = random.one_in(3) ? 4 * random.below(11) : 0;
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
    Bytes frame = ipv4_frame(random, destination, shape);
    while (random.one_in(4))
        frame[12 + random.below((unsigned)frame.size() - 12)] ^= (uint8_t)(1u << random.below(8));
    if (random.one_in(12))
        frame.resize(14 + random.below((unsigned)frame.size() - 14));
    return frame;
}

#endif
