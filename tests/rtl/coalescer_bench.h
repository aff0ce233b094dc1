// SPDX-License-Identifier: BSD-2-Clause
//
// The bench is the record builder: it begins records, ends transfers, reads notes and bytes, and rebuilds
// each frame from what it got. Each must be the original, and short exactly where the rules
// (coalesce_bench.h) say so.
#ifndef COALESCER_BENCH_H
#define COALESCER_BENCH_H

#include <deque>
#include <functional>
#include <string>
#include "Vcoalescer.h"
#include "coalesce_bench.h"

namespace coalesce
{

struct Entry {
    Bytes data;
    uint8_t flags;
    uint64_t time;
};

struct Record {
    Bytes header, data;
    uint64_t time;
    bool ack;
};

struct Bench {
    Vcoalescer m;
    Random random{5};
    uint64_t now = 0; // clocks
    std::deque<Entry> waiting;
    size_t position = 0;
    unsigned gap = 0;
    unsigned heads = 0, continued = 0, repeated = 0; // events

    Bench()
    {
        m.enable = 1;
        m.rst = 1;
        m.s_valid = m.m_ready = m.begins = m.ended = m.note_read = 0;
        clock(3);
        m.rst = 0;
    }
    void drive()
    {
        m.s_valid = !waiting.empty() && gap == 0;
        if (m.s_valid) {
            const Entry &e = waiting.front();
            m.s_data = e.data[position];
            m.s_last = position + 1 == e.data.size();
            m.s_length = static_cast<uint16_t>(e.data.size());
            m.s_flags = e.flags;
            m.s_stamp = e.time;
        }
    }
    void clock(uint64_t n = 1)
    {
        while (n--) {
            drive();
            m.clk = 0;
            m.eval();
            bool taken = m.s_valid && m.s_ready && !m.rst;
            if (!m.rst) {
                heads += m.ev_head;
                continued += m.ev_continued;
                repeated += m.ev_pure_ack;
            }
            m.clk = 1;
            m.eval();
            now++;
            if (gap)
                gap--;
            if (taken && ++position == waiting.front().data.size()) {
                waiting.pop_front();
                position = 0;
                gap = 5;
            }
        }
    }
    Bytes add(const Bytes &data, uint8_t flags = WEIR_F_DATA_VALID)
    {
        waiting.push_back({data, flags, uint64_t{random.below(256)} << 32 | random.next()});
        return data;
    }
    bool wait_for_frame(unsigned clocks = 1000)
    {
        for (drive(), m.eval(); !m.m_valid && clocks; clocks--)
            clock();
        return m.m_valid;
    }
    void end_transfer()
    {
        m.ended = 1;
        clock();
        m.ended = 0;
    }
    void pause(uint32_t percent)
    {
        while (random.percent(percent))
            clock();
    }
    // Takes the record of the frame that waits; `slow`: percent of clocks in which nothing goes.
    Record take(uint32_t slow = 0)
    {
        Record r{Bytes(WEIR_RECORD_HEADER), {}, 0, false};
        m.begins = 1;
        m.eval();
        r.header[WEIR_REC_FLAGS] = m.m_flags;
        size_t length = m.m_length;
        clock();
        m.begins = 0;
        for (unsigned i = 0; i < WEIR_RECORD_HEADER; i++) {
            pause(slow);
            m.eval();
            assert_int_equal(m.m_flags, r.header[WEIR_REC_FLAGS]);
            assert_int_equal(m.m_length, length);
            if (i >= WEIR_REC_CSUM_START && i < WEIR_REC_LENGTH)
                r.header[i] = m.note;
            m.note_read = 1;
            m.note_index = (i + 1) & 15;
            clock();
            m.note_read = 0;
        }
        r.header[WEIR_REC_LENGTH + 2] = static_cast<uint8_t>(m.m_flow << 4);
        r.time = m.m_stamp;
        r.ack = m.m_ack;
        for (bool last = false; !last;) {
            pause(slow);
            m.m_ready = 1;
            drive();
            m.eval();
            if (m.m_valid) {
                if (!(r.header[WEIR_REC_FLAGS] & WEIR_F_PURE_ACK))
                    r.data.push_back(m.m_data);
                last = m.m_last;
            }
            clock();
            m.m_ready = 0;
        }
        assert_int_equal(r.data.size(), length);
        return r;
    }
};

inline bool is_short(const Record &r)
{
    return r.header[WEIR_REC_FLAGS] & (WEIR_F_CONTINUES | WEIR_F_PURE_ACK);
}

// Sends the frames in one transfer; says which went short. They come back as they were.
inline std::string forms(const std::vector<Bytes> &frames)
{
    Bench b;
    Rebuilder host;
    Rules rules;
    std::string all;
    for (auto &f : frames)
        b.add(f);
    for (auto &f : frames) {
        assert_true(b.wait_for_frame());
        Record r = b.take();
        assert_true(host.frame(r.header, r.data) == f);
        bool brief = false;
        rules.frame(f, WEIR_F_DATA_VALID, brief);
        assert_int_equal(is_short(r), brief);
        all += r.header[WEIR_REC_FLAGS] & WEIR_F_CONTINUES  ? 'c'
               : r.header[WEIR_REC_FLAGS] & WEIR_F_PURE_ACK ? 'a'
               : r.header[WEIR_REC_LENGTH + 2]              ? 'H'
                                                            : '-';
    }
    assert_false(b.wait_for_frame(100));
    return all;
}

inline Segment data_segment(unsigned n, size_t payload = 100)
{
    Segment s;
    s.seq = 0xFFFFFF00 + static_cast<uint32_t>(n * payload); // wraps
    s.id = static_cast<uint16_t>(0xFFFE + n);
    s.payload = Bytes(payload, static_cast<uint8_t>(n));
    return s;
}

using Change = std::function<void(Segment &)>;

// Segments of a run, the one of `at` changed.
inline std::string run_with(
    const Change &change, unsigned at = 2, unsigned count = 4, const Change &all = [](Segment &) {})
{
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < count; n++) {
        Segment s = data_segment(n);
        all(s);
        if (n == at)
            change(s);
        frames.push_back(make_frame(s));
    }
    return forms(frames);
}

#define assert_forms(got, expected) assert_string_equal((got).c_str(), expected)

inline Segment acknowledgement(unsigned n, bool stamps = true)
{
    Segment s;
    s.ack = 0x12340000 + n * 2920;
    s.window = 500 + 7 * n;
    s.id = static_cast<uint16_t>(0x1000 + n);
    if (stamps)
        s.stamps(0x55550000 + n, 0x77770010 + 2 * n);
    return s;
}

inline std::string acks_with(
    const Change &change, const Change &all = [](Segment &) {})
{
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 4; n++) {
        Segment s = acknowledgement(n);
        all(s);
        if (n == 2)
            change(s);
        frames.push_back(make_frame(s));
    }
    return forms(frames);
}

} // namespace coalesce

#endif
