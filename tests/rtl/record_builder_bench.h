// SPDX-License-Identifier: BSD-2-Clause
//
// Both ends of record_builder: frames with gaps, an IN endpoint that is slow or flushed, and the transfers
// taken apart again.
#ifndef RECORD_BUILDER_BENCH_H
#define RECORD_BUILDER_BENCH_H

#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <algorithm>
#include <deque>
#include <vector>
#include "Vrecord_builder.h"
#include "clocks.h"
#include "weir_link.h"

namespace records
{

using Bytes = std::vector<uint8_t>;

struct Frame {
    Bytes data;
    uint8_t flags;
    uint64_t time = 0; // ns, with WEIR_F_TIMESTAMP
    // Of the coalescer; a frame with WEIR_F_PURE_ACK has one byte that does not count.
    uint8_t flow = 0;
    bool ack = false;
    Bytes notes = Bytes(WEIR_REC_LENGTH - WEIR_REC_CSUM_START);
    size_t length() const
    {
        return flags & WEIR_F_PURE_ACK ? 0 : data.size();
    }
};

struct Transfer {
    Bytes bytes;
    uint64_t begin, end; // clocks
};

// Plays the receive memory on one side and the bulk IN endpoint with its host on the other, a call to `clock`
// at a time.
struct Bench {
    Vrecord_builder m;
    Random random{3};
    uint64_t now = 0; // clocks
    // memory
    std::deque<Frame> waiting;
    size_t position = 0;
    unsigned gap = 0;     // clocks until the next frame shows
    uint32_t ready = 100; // percent of clocks in which the endpoint takes a byte, if it has room
    // endpoint
    unsigned packet_clocks = 600; // the host takes a packet each so many clocks; 0: never
    unsigned packets = 0, filled = 0, until_taken = 0;
    Transfer open{};
    std::vector<Transfer> transfers;
    unsigned records = 0;                    // ev_record
    bool stamped = false;                    // most frames bring a time
    unsigned begun = 0, ended = 0, held = 0; // pulses
    unsigned out_clocks = 0;                 // an OUT packet each so many clocks; 0: never
    unsigned stamp_percent = 80;

    explicit Bench(bool high_speed = true)
    {
        m.high_speed = high_speed;
        m.in_timeout = 100;
        m.rst = 1;
        clock(5);
        m.rst = 0;
    }
    unsigned packet_size() const
    {
        return m.high_speed ? 512 : 64;
    }

    void clock(uint64_t n = 1)
    {
        while (n--) {
            m.s_valid = !waiting.empty() && gap == 0;
            if (m.s_valid) {
                const Frame &f = waiting.front();
                m.s_data = f.data[position];
                m.s_last = position + 1 == f.data.size();
                m.s_length = static_cast<uint16_t>(f.length());
                m.s_flags = f.flags;
                m.s_flow = f.flow;
                m.s_ack = f.ack;
                m.s_time = f.time;
            }
            m.m_ready = packets < 4 && random.percent(ready);
            m.out_packet = out_clocks && now % out_clocks == 0;
            m.clk = 0;
            m.eval();
            bool frame_byte = m.s_valid && m.s_ready && !m.rst, out = m.m_valid && m.m_ready && !m.rst;
            uint8_t data = m.m_data;
            bool last = m.m_last, drained = packets == 0;
            records += m.ev_record && !m.rst;
            begun += m.begins;
            ended += m.ended && !m.rst;
            held += m.ev_held && !m.rst;
            int note = -1;
            if (m.note_read)
                note = m.note_index >= 2 && m.note_index < 9 && !waiting.empty()
                           ? waiting.front().notes[m.note_index - 2u]
                           : 0xEE;
            m.clk = 1;
            m.eval();
            now++;
            if (note >= 0)
                m.note = static_cast<uint8_t>(note);

            if (gap)
                gap--;
            if (frame_byte && ++position == waiting.front().data.size()) {
                waiting.pop_front();
                position = 0;
                gap = 5;
            }
            if (until_taken && --until_taken == 0)
                packets--;
            if (out)
                give(data, last);
            if (packets && !until_taken)
                until_taken = packet_clocks;
            m.in_drained = drained && packets == 0;
        }
    }
    void give(uint8_t data, bool last)
    {
        if (open.bytes.empty())
            open.begin = now;
        open.bytes.push_back(data);
        if (++filled == packet_size() || last) {
            packets++;
            filled = 0;
        }
        if (!last)
            return;
        open.end = now;
        transfers.push_back(open);
        open.bytes.clear();
    }
    Frame add(size_t length)
    {
        Frame f;
        f.data.resize(length);
        f.flags = static_cast<uint8_t>(random.next() & 0x26);
        if (stamped && random.percent(stamp_percent)) {
            f.flags |= WEIR_F_TIMESTAMP;
            f.time = uint64_t{random.next()} << 32 | random.next();
        }
        for (auto &byte : f.data)
            byte = static_cast<uint8_t>(random.next());
        waiting.push_back(f);
        return f;
    }
    Frame add_ack(bool brief)
    {
        Frame f = add(brief ? 1 : 66);
        waiting.pop_back();
        f.ack = true;
        f.flow = 3;
        if (brief) {
            f.flags |= WEIR_F_PURE_ACK;
            for (auto &note : f.notes)
                note = static_cast<uint8_t>(random.next());
        }
        waiting.push_back(f);
        return f;
    }
    // Runs until all is out, however long the endpoint takes.
    void finish()
    {
        size_t before;
        do {
            before = waiting.size();
            clock(150000); // enough for the longest frame
        } while (waiting.size() < before);
        assert_true(waiting.empty() && open.bytes.empty());
    }
};

inline uint64_t little(const Bytes &b, size_t at, unsigned n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | b.at(at + n);
    return v;
}

// Reads a transfer as the driver would; returns the number of padding records.
inline unsigned parse(const Transfer &t, unsigned packet_size, std::vector<Frame> &frames)
{
    unsigned pads = 0;
    assert_in_range(t.bytes.size(), 1, WEIR_IN_TRANSFER_MAX - 1);
    assert_int_not_equal(t.bytes.size() % packet_size, 0);
    for (size_t at = 0; at < t.bytes.size();) {
        assert_true(at + WEIR_RECORD_HEADER <= t.bytes.size());
        assert_int_equal(t.bytes[at + WEIR_REC_MAGIC], WEIR_RECORD_MAGIC);
        Frame f;
        std::copy_n(t.bytes.begin() + static_cast<long>(at + WEIR_REC_CSUM_START), f.notes.size(),
                    f.notes.begin());
        uint8_t flags = f.flags = t.bytes[at + WEIR_REC_FLAGS];
        size_t length = little(t.bytes, at + WEIR_REC_LENGTH, 3);
        f.flow = static_cast<uint8_t>(length >> WEIR_FLOW_SHIFT);
        length &= (1u << WEIR_LENGTH_BITS) - 1;
        at += WEIR_RECORD_HEADER;
        if (flags & WEIR_F_TIMESTAMP) {
            f.time = little(t.bytes, at, WEIR_TIMESTAMP_SIZE);
            at += WEIR_TIMESTAMP_SIZE;
        }
        assert_true(at + length <= t.bytes.size());
        if (flags == WEIR_F_PAD) {
            assert_true(f.notes == Frame().notes && f.flow == 0);
            pads++;
            at += length;
            continue;
        }
        f.data =
            Bytes(t.bytes.begin() + static_cast<long>(at), t.bytes.begin() + static_cast<long>(at + length));
        frames.push_back(f);
        for (at += length; at % 4; at++)
            assert_int_equal(t.bytes.at(at), 0);
    }
    return pads;
}

// Parses all transfers and compares with what went in, as far as the mode shows it; returns the number of
// padding records.
inline unsigned check(const Bench &b, const std::vector<Frame> &sent)
{
    std::vector<Frame> got;
    unsigned pads = 0;
    for (auto &t : b.transfers)
        pads += parse(t, b.packet_size(), got);
    assert_int_equal(got.size(), sent.size());
    assert_int_equal(b.records, sent.size());
    for (size_t i = 0; i < sent.size(); i++) {
        assert_int_equal(got[i].flags, sent[i].flags & (b.m.timestamps ? 0xFF : 0xFF & ~WEIR_F_TIMESTAMP));
        assert_true(got[i].time == (b.m.timestamps ? sent[i].time : 0));
        assert_int_equal(got[i].flow, sent[i].flow);
        assert_true(got[i].notes == sent[i].notes);
        assert_int_equal(got[i].data.size(), sent[i].length());
        assert_memory_equal(got[i].data.data(), sent[i].data.data(), sent[i].length());
    }
    return pads;
}

} // namespace records

#endif
