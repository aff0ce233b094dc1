// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of rtl/ncm share: NTB-16 blocks, built with any layout and taken apart as NCM 1.0
// section 3.2 says.
#ifndef NCM_BENCH_H
#define NCM_BENCH_H

#include "clocks.h"
#include "usb_bench.h"

#include <cstring>

static const size_t NTB_OUT_MAX = 4096;

inline void put16(Bytes &bytes, size_t at, size_t value)
{
    bytes[at] = uint8_t(value);
    bytes[at + 1] = uint8_t(value >> 8);
}

inline size_t get16(const Bytes &bytes, size_t at)
{
    return size_t(bytes[at] | bytes[at + 1] << 8);
}

inline Bytes random_frame(Random &random, size_t length)
{
    Bytes frame(length);
    for (uint8_t &byte : frame)
        byte = uint8_t(random.next());
    return frame;
}

struct Layout {
    std::vector<size_t> lengths;
    bool tables_behind = false; // the datagrams, else in front of them
    size_t per_table = 100;     // datagrams; more go into further tables
    bool terminated = true;     // each table ends with a null entry
    size_t gap = 0;             // bytes of nothing before each datagram
};

// A block and, in `frames`, the datagrams in it.
inline Bytes make_block(Random &random, const Layout &layout, std::vector<Bytes> &frames)
{
    const size_t count = layout.lengths.size();
    const size_t tables = count == 0 ? 1 : (count + layout.per_table - 1) / layout.per_table;
    const size_t all_tables = tables * (layout.terminated ? 12 : 8) + 4 * count;
    Bytes block(12 + (layout.tables_behind ? 0 : all_tables));
    std::vector<size_t> places;
    for (size_t length : layout.lengths) {
        block.resize(block.size() + layout.gap, 0xEE);
        places.push_back(block.size());
        frames.push_back(random_frame(random, length));
        block.insert(block.end(), frames.back().begin(), frames.back().end());
    }
    size_t ndp = 12;
    if (layout.tables_behind) {
        block.resize((block.size() + 3) / 4 * 4);
        ndp = block.size();
        block.resize(block.size() + all_tables);
    }
    std::memcpy(&block[0], "NCMH\014\0", 6);
    put16(block, 6, random.next());
    put16(block, 8, block.size());
    put16(block, 10, ndp);
    for (size_t table = 0, i = 0; table < tables; table++) {
        const size_t here = std::min(count - i, layout.per_table);
        const size_t size = 8 + 4 * (here + layout.terminated);
        std::memcpy(&block[ndp], "NCM0", 4);
        put16(block, ndp + 4, size);
        put16(block, ndp + 6, table + 1 < tables ? ndp + size : 0);
        for (size_t entry = ndp + 8; entry < ndp + 8 + 4 * here; entry += 4, i++) {
            put16(block, entry, places[i]);
            put16(block, entry + 2, layout.lengths[i]);
        }
        ndp += size;
    }
    return block;
}

// The datagrams of a block as it was received; false if anything in it is wrong.
inline bool parse_block(const Bytes &block, std::vector<Bytes> &frames)
{
    if (block.size() < 12 || std::memcmp(&block[0], "NCMH\014\0", 6) != 0 || get16(block, 8) > block.size())
        return false;
    const size_t limit = get16(block, 8) ? get16(block, 8) : block.size();
    unsigned steps = 0;
    for (size_t ndp = get16(block, 10);;) {
        if (ndp < 12 || ndp % 4 != 0 || ndp + 8 > limit || std::memcmp(&block[ndp], "NCM0", 4) != 0)
            return false;
        const size_t length = get16(block, ndp + 4), next = get16(block, ndp + 6);
        if (length < 16 || length % 4 != 0 || ndp + length > limit)
            return false;
        for (size_t entry = ndp + 8; entry < ndp + length; entry += 4) {
            const size_t at = get16(block, entry), size = get16(block, entry + 2);
            if (++steps > 1000)
                return false;
            if (at == 0 || size == 0)
                break;
            if (at < 12 || size < 14 || at + size > limit)
                return false;
            frames.push_back(Bytes(&block[0] + at, &block[0] + at + size));
        }
        if (next == 0)
            return !frames.empty();
        if (++steps > 1000)
            return false;
        ndp = next;
    }
}

#endif
