// SPDX-License-Identifier: BSD-2-Clause
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
#include "Vpacket_memory.h"
#include "clocks.h"

namespace
{

const unsigned memory_size = 256, frame_slots = 8; // as in lib.mk

struct Frame {
    std::vector<uint8_t> data;
    uint8_t meta;
};

// A writer that fills frames in random order of bytes, drops some, and commits the others; a reader that
// compares.
struct Bench {
    Vpacket_memory m;
    Clocks<Vpacket_memory> clocks;
    Random random;
    uint64_t seed;
    // how the run goes
    uint32_t abort = 20, write = 100, take = 100; // percent
    unsigned shortest = 1, longest = 255;
    bool writing = true;
    // the writer
    Frame frame;
    std::vector<unsigned> order; // offsets still to write
    bool committing = false;
    // the reader
    std::deque<Frame> expected;
    size_t position = 0;
    bool open = false; // inside a frame
    // what happened
    unsigned committed = 0, aborted = 0, delivered = 0, gaps = 0;
    uint64_t bytes = 0;

    Bench(double wr_mhz, double rd_mhz, uint64_t seed_)
        : clocks(m, {wr_mhz, rd_mhz}), random(seed_), seed(seed_)
    {
        clocks.pins = {&m.wr_clk, &m.rd_clk};
        clocks.on_rise[0] = [this](bool before) {
            if (!before)
                drive_writer();
        };
        clocks.on_rise[1] = [this](bool before) { before ? sample_reader() : drive_reader(); };
        m.wr_rst = m.rd_rst = 1;
        clocks.run(200);
        m.wr_rst = m.rd_rst = 0;
    }

    void begin_frame()
    {
        unsigned length = shortest + random.below(longest - shortest + 1);
        frame.data.resize(length);
        for (auto &byte : frame.data)
            byte = static_cast<uint8_t>(random.next());
        frame.meta = static_cast<uint8_t>(random.next());
        order.resize(length);
        for (unsigned i = 0; i < length; i++)
            order[i] = i;
        if (random.percent(50))
            for (unsigned i = length; i > 1; i--)
                std::swap(order[i - 1], order[random.below(i)]);
        else
            std::reverse(order.begin(), order.end()); // taken from the end: ascending
    }

    void drive_writer()
    {
        m.wr_en = m.wr_commit = 0;
        if (m.wr_rst)
            return;
        if (order.empty() && !committing) {
            if (!writing)
                return;
            begin_frame();
            committing = true;
        }
        if (committing && frame.data.size() > m.wr_free)
            return; // wait for room
        if (!random.percent(write))
            return;
        if (!order.empty()) {
            if (random.percent(1) && random.percent(abort)) { // forget the frame, half written
                order.clear();
                committing = false;
                aborted++;
                return;
            }
            bool last = order.size() == 1;
            if (last && !m.wr_ready)
                return;
            m.wr_en = 1;
            m.wr_offset = static_cast<uint8_t>(order.back());
            m.wr_data = frame.data[order.back()];
            order.pop_back();
            if (!last || random.percent(50))
                return; // else commit together with the last byte
        }
        if (!m.wr_ready)
            return;
        committing = false;
        if (random.percent(abort)) {
            aborted++;
            return;
        }
        m.wr_commit = 1;
        m.wr_length = static_cast<uint8_t>(frame.data.size());
        m.wr_meta = frame.meta;
        expected.push_back(frame);
        committed++;
    }

    void drive_reader()
    {
        m.m_ready = !m.rd_rst && random.percent(take);
    }

    void sample_reader()
    {
        if (m.rd_rst)
            return;
        if (!m.m_valid) {
            if (open)
                gaps++;
            return;
        }
        open = true;
        if (expected.empty())
            fail_msg("seed %llu: a frame that was never committed", (unsigned long long)seed);
        const Frame &want = expected.front();
        if (m.m_length != want.data.size() || m.m_meta != want.meta || m.m_data != want.data[position] ||
            m.m_last != (position + 1 == want.data.size()))
            fail_msg("seed %llu: frame %u, byte %zu of %zu: data %02x, want %02x", (unsigned long long)seed,
                     delivered, position, want.data.size(), m.m_data, want.data[position]);
        if (!m.m_ready)
            return;
        bytes++;
        position++;
        if (!m.m_last)
            return;
        open = false;
        position = 0;
        expected.pop_front();
        delivered++;
    }

    void finish()
    {
        writing = false;
        take = 100;
        abort = 0;
        clocks.run(400000);
        assert_true(order.empty());
        assert_int_equal(expected.size(), 0);
        assert_int_equal(delivered, committed);
        assert_int_equal(m.wr_free, memory_size);
        assert_true(m.wr_ready);
    }
};

const double ratios[][2] = {{60, 125}, {125, 60}, {125, 125.01}, {60, 2.5}, {2.5, 60}};

void frames_arrive_whole_and_in_order_at_any_ratio_of_clocks(void **)
{
    uint64_t seed = 1;
    for (auto &r : ratios)
        for (uint32_t take : {100u, 50u, 10u}) {
            Bench b(r[0], r[1], seed++);
            b.take = take;
            b.clocks.run(4000000);
            b.finish();
            assert_true(b.bytes > 2 * memory_size); // it wrapped around
        }
}

void frames_not_committed_never_show(void **)
{
    Bench b(125, 60, 100);
    b.abort = 70;
    b.longest = 60;
    b.clocks.run(400000);
    b.finish();
    assert_true(b.aborted > 100);
    assert_true(b.delivered > 50);
}

void small_frames_fill_the_descriptors_and_lose_nothing(void **)
{
    for (auto &r : ratios) {
        Bench b(r[0], r[1], 200);
        b.longest = 4;
        b.abort = 5;
        b.clocks.run(100000);
        b.finish();
        assert_true(b.delivered > 20);
    }
}

void inside_a_frame_a_byte_comes_every_clock(void **)
{
    for (auto &r : ratios) {
        Bench b(r[0], r[1], 300);
        b.clocks.run(200000);
        b.finish();
        assert_true(b.delivered > 1);
        assert_int_equal(b.gaps, 0);
    }
}

void a_memory_that_nobody_reads_holds_as_many_bytes_as_it_has(void **)
{
    Bench b(125, 60, 400);
    b.take = 0;
    b.abort = 0;
    b.shortest = b.longest = 64;
    b.clocks.run(20000);
    // The output registers hold three bytes that were read, so that is their room.
    assert_int_equal(b.committed, memory_size / 64);
    assert_int_equal(b.m.wr_free, 3);
    b.finish();
}

void a_memory_that_nobody_reads_holds_as_many_frames_as_it_has_slots(void **)
{
    Bench b(125, 60, 500);
    b.take = 0;
    b.abort = 0;
    b.shortest = b.longest = 1;
    b.clocks.run(20000);
    assert_int_equal(b.committed, frame_slots + 2); // two are in the output registers
    assert_false(b.m.wr_ready);
    b.finish();
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole_and_in_order_at_any_ratio_of_clocks),
        cmocka_unit_test(frames_not_committed_never_show),
        cmocka_unit_test(small_frames_fill_the_descriptors_and_lose_nothing),
        cmocka_unit_test(inside_a_frame_a_byte_comes_every_clock),
        cmocka_unit_test(a_memory_that_nobody_reads_holds_as_many_bytes_as_it_has),
        cmocka_unit_test(a_memory_that_nobody_reads_holds_as_many_frames_as_it_has_slots),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
