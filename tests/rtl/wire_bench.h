// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of the wire side share: a clock, random numbers, and Ethernet and Internet checksums
// written in the plainest way, so that they are worth comparing with.
#ifndef WIRE_BENCH_H
#define WIRE_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
extern "C" {
#include <cmocka.h>
}
#include <initializer_list>
#include <vector>

typedef std::vector<uint8_t> Bytes;

// A random number generator with a fixed seed (xorshift64*), the same on every machine.
struct Random {
    uint64_t state;
    explicit Random(uint64_t seed) : state(seed * 0x9E3779B97F4A7C15u + 1) {}
    uint64_t next()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return state * 0x2545F4914F6CDD1Du;
    }
    unsigned below(unsigned n)
    {
        return (unsigned)(next() >> 33) % n;
    }
    bool one_in(unsigned n)
    {
        return below(n) == 0;
    }
    Bytes bytes(size_t n)
    {
        Bytes b(n);
        for (auto &x : b)
            x = (uint8_t)(next() >> 40);
        return b;
    }
};

// IEEE 802.3-2018 clause 3.2.9, bit by bit as a polynomial division: the first bit of each byte is its least
// significant.
static inline uint32_t ethernet_fcs(const Bytes &frame)
{
    uint32_t remainder = 0xFFFFFFFF; // most significant bit is x^31
    for (uint8_t byte : frame)
        for (int bit = 0; bit < 8; bit++) {
            bool in = (byte >> bit) & 1, out = remainder >> 31;
            remainder = (remainder << 1) ^ (in != out ? 0x04C11DB7 : 0);
        }
    uint32_t fcs = 0; // x^31 goes out first, so it is bit 0 of the first byte
    for (int i = 0; i < 32; i++)
        fcs |= ((~remainder >> (31 - i)) & 1) << i;
    return fcs;
}

static inline Bytes with_fcs(Bytes frame)
{
    uint32_t fcs = ethernet_fcs(frame);
    for (int i = 0; i < 4; i++)
        frame.push_back((uint8_t)(fcs >> (8 * i)));
    return frame;
}

static inline Bytes padded(Bytes frame)
{
    if (frame.size() < 60)
        frame.resize(60, 0);
    return frame;
}

static inline Bytes joined(std::initializer_list<Bytes> parts)
{
    Bytes all;
    for (const Bytes &part : parts)
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

static inline Bytes big_endian(uint64_t value, unsigned bytes)
{
    Bytes b;
    while (bytes-- > 0)
        b.push_back((uint8_t)(value >> (8 * bytes)));
    return b;
}

// RFC 1071's sum, folded; `sum` is what to begin with.
static inline uint16_t ones_sum16(const uint8_t *data, size_t length, uint64_t sum = 0)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? data[i] : (uint64_t)data[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)sum;
}

static inline Bytes arp_packet(const Bytes &destination, const Bytes &source, unsigned oper, const Bytes &sha,
                               uint32_t spa, const Bytes &tha, uint32_t tpa)
{
    return joined({destination, source, big_endian(0x0806, 2), big_endian(0x0001080006040000u | oper, 8), sha,
                   big_endian(spa, 4), tha, big_endian(tpa, 4)});
}

#define RUN_WIRE_TESTS(tests) cmocka_run_group_tests(tests, NULL, NULL)

// A slot of arp_queue, as arp_queue.v lays it out, and the reply that comes of it.
struct ArpSlot {
    Bytes bytes = Bytes(32);

    Bytes at(size_t place, size_t length) const
    {
        return Bytes(bytes.begin() + (long)place, bytes.begin() + (long)(place + length));
    }
    Bytes reply() const
    {
        return joined({at(0, 6),
                       at(6, 6),
                       {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 2},
                       at(6, 6),
                       at(12, 4),
                       at(0, 6),
                       at(22, 4)});
    }
};

#endif
