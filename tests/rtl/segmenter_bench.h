// SPDX-License-Identifier: BSD-2-Clause
//
// The segmenter between a record's source and a packet memory, for the benches tests/rtl/segmenter*_test.cpp.
#ifndef SEGMENTER_BENCH_H
#define SEGMENTER_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <memory>
#include <random>
#include <vector>

#include "Vsegmenter.h"
#include "packet_memory_model.h"
#include "superframes.h"
#include "verilated.h"

static const uint32_t SEED = 5;

struct Bench {
    VerilatedContext context;
    std::unique_ptr<Vsegmenter> dut;
    PacketMemoryModel memory;
    std::mt19937 random{SEED};
    std::vector<Bytes> frames;
    std::vector<unsigned> commit_clock; // of each frame
    unsigned now = 0, superframes = 0, segments = 0, checksums = 0, bad = 0;
    bool stalls = false;

    // `memory_size` in bytes, 2^ADDR_WIDTH.
    explicit Bench(size_t memory_size) : memory(memory_size)
    {
        context.randReset(2);
        dut.reset(new Vsegmenter(&context));
        memory.drain = 2;
        memory.on_frame = [this](const uint8_t *frame, size_t length) {
            frames.emplace_back(frame, frame + length);
            commit_clock.push_back(now);
        };
        dut->s_valid = dut->s_rec_valid = 0;
        dut->rst = 1;
        for (int edge = 0; edge < 4; edge++) {
            dut->clk = edge % 2;
            dut->eval();
        }
        dut->rst = 0;
    }

    void clear()
    {
        frames.clear();
        commit_clock.clear();
        superframes = segments = checksums = bad = 0;
    }

    void clock()
    {
        dut->wr_free = memory.free();
        dut->wr_ready = memory.ready();
        dut->clk = 0;
        dut->eval();
        const char *error =
            memory.tick(dut->wr_en, dut->wr_offset, dut->wr_data, dut->wr_commit, dut->wr_length);
        if (error != nullptr)
            fail_msg("%s", error);
        superframes += dut->ev_superframe;
        segments += dut->ev_segment;
        checksums += dut->ev_csum_inserted;
        bad += dut->ev_bad_record;
        dut->clk = 1;
        dut->eval();
        now++;
    }

    // Offers the beat until it is taken.
    void offer(bool &taken)
    {
        dut->wr_free = memory.free();
        dut->wr_ready = memory.ready();
        dut->eval();
        taken = dut->s_valid && dut->s_ready;
        clock();
    }

    void describe(const Record &r)
    {
        dut->s_rec_flags = r.flags;
        dut->s_rec_gso_type = r.gso_type;
        dut->s_rec_gso_size = r.gso_size;
        dut->s_rec_hdr_len = r.hdr_len;
        dut->s_rec_csum_start = r.csum_start;
        dut->s_rec_csum_offset = r.csum_offset;
        dut->s_rec_length = static_cast<uint32_t>(r.bytes.size());
        dut->s_rec_valid = 1;
        for (bool taken = false; !taken;) {
            taken = dut->s_rec_ready;
            clock();
        }
        dut->s_rec_valid = 0;
    }

    // True when a record's first byte is not taken; the record is then withdrawn, which must be taken.
    bool waits(const Record &r)
    {
        bool byte_taken = false, abort_taken = false;
        describe(r);
        dut->s_valid = 1;
        for (int i = 0; i < 100 && !byte_taken; i++)
            offer(byte_taken);
        dut->s_abort = 1;
        offer(abort_taken);
        dut->s_valid = dut->s_abort = 0;
        return !byte_taken && abort_taken;
    }

    // Sends a record, withdrawn instead of its byte `abort_at`.
    void send(const Record &r, size_t abort_at = SIZE_MAX)
    {
        describe(r);
        unsigned waited = 0;
        for (size_t i = 0; i < r.bytes.size() && i <= abort_at;) {
            bool taken;
            dut->s_valid = !stalls || random() % 8 != 0;
            dut->s_data = r.bytes[i];
            dut->s_last = i + 1 == r.bytes.size();
            dut->s_abort = i == abort_at;
            if (stalls)
                memory.descriptors = random() % 4 == 0;
            offer(taken);
            i += taken;
            waited = taken ? 0 : waited + 1;
            assert_true(waited < 20000);
        }
        dut->s_valid = dut->s_abort = dut->s_last = 0;
    }

    // Until the record is done with, which it must be.
    void settle()
    {
        memory.descriptors = true;
        for (int i = 0; !dut->s_rec_ready; i++) {
            assert_true(i < 20000);
            clock();
        }
        for (int i = 0; i < 4; i++)
            clock();
    }

    // Sends a record by itself; what became of it is in `frames` and the counts.
    void run(const Record &r)
    {
        clear();
        send(r);
        settle();
    }
};

static inline Record plain(std::mt19937 &random, size_t length)
{
    Record r;
    r.bytes = some_bytes(random, length);
    return r;
}

// Calls `use` with TCP and UDP over both versions of IP.
template <class Use> static inline void each_kind(Use use)
{
    for (bool ipv6 : {false, true})
        for (bool udp : {false, true}) {
            Shape shape;
            shape.ipv6 = ipv6;
            shape.udp = udp;
            use(shape);
        }
}

// What was sent must have come out as the segments it should, and have been counted.
static inline void assert_segments(const Bench &bench, const Shape &shape, const Record &r)
{
    const std::vector<Bytes> wanted = segments(shape, r);
    assert_int_equal(bench.frames.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); i++) {
        assert_int_equal(bench.frames[i].size(), wanted[i].size());
        assert_memory_equal(bench.frames[i].data(), wanted[i].data(), wanted[i].size());
    }
    assert_int_equal(bench.superframes, 1);
    assert_int_equal(bench.segments, wanted.size());
    assert_int_equal(bench.checksums, wanted.size());
    assert_int_equal(bench.bad, 0);
}

#endif
