// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of the full-speed front share: packets as bits, bits as levels, built as USB 2.0
// sections 7.1.8 to 7.1.10 describe them.
#ifndef FULLSPEED_BENCH_H
#define FULLSPEED_BENCH_H

#include "usb_bench.h"

using Bits = std::vector<bool>;

// SYNC and the bytes with their stuffed bits, before NRZI: true keeps the level.
inline Bits packet_bits(const Bytes &bytes)
{
    Bits bits;
    unsigned ones = 0;
    Bytes all = {0x80};
    all.insert(all.end(), bytes.begin(), bytes.end());
    for (uint8_t byte : all)
        for (int i = 0; i < 8; i++) {
            const bool one = byte >> i & 1;
            bits.push_back(one);
            ones = one ? ones + 1 : 0;
            if (ones == 6) {
                bits.push_back(false);
                ones = 0;
            }
        }
    return bits;
}

enum Line : uint8_t { SE0 = 0, J = 1, K = 2, SE1 = 3 }; // bit 0 D+, bit 1 D-

inline std::vector<Line> levels(const Bits &bits)
{
    std::vector<Line> line;
    Line level = J;
    for (bool bit : bits) {
        if (!bit)
            level = level == J ? K : J;
        line.push_back(level);
    }
    return line;
}

// Random bytes with long runs of ones and of zeros among them.
inline Bytes uneven_bytes(std::mt19937 &random, size_t length)
{
    Bytes data(length);
    for (uint8_t &byte : data)
        byte = random() % 3 ? uint8_t(random()) : random() % 4 ? 0xFF : 0x00;
    return data;
}

#endif
