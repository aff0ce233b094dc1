// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of modules with one stream in and one out have in common. Words are numbered, so order
// shows; they are of the type Word, and offered and taken by `seed`.
#ifndef STREAM_BENCH_H
#define STREAM_BENCH_H

#include "clocks.h"

template <class Model, class Word = uint8_t, unsigned seed = 12> struct StreamBench {
    Model m;
    Random random{seed};
    Word in = 0, out = 0;

    StreamBench()
    {
        m.rst = 1;
        clock(100, 100);
        m.rst = 0;
        in = out = 0;
    }
    void clock(uint32_t offer, uint32_t take)
    {
        m.s_valid = random.percent(offer);
        m.s_data = in;
        m.m_ready = random.percent(take);
        m.clk = 0;
        m.eval();
        const bool put = m.s_valid && m.s_ready, got = m.m_valid && m.m_ready && !m.rst;
        if (got)
            assert_int_equal(m.m_data, out);
        m.clk = 1;
        m.eval();
        in = static_cast<Word>(in + put);
        out = static_cast<Word>(out + got);
    }
    void clock_at_any_pace()
    {
        for (unsigned round = 0; round < 500; round++) {
            const uint32_t offer = random.below(101), take = random.below(101);
            for (unsigned i = 0; i < 50; i++) {
                clock(offer, take);
                assert_in_range(static_cast<Word>(in - out), 0, 1);
            }
        }
        clock(0, 100);
        assert_int_equal(in, out);
        m.s_valid = 0;
        m.eval();
        assert_false(m.m_valid);
    }
};

#endif
