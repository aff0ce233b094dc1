// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vasync_fifo.h"
#include "clocks.h"

namespace
{

const int depth = 8; // as in lib.mk

// One FIFO between two sides that offer and take with the given probabilities. Words are numbered, so order
// shows.
struct Bench {
    Vasync_fifo m;
    Clocks<Vasync_fifo> clocks;
    Random random{7};
    uint32_t offer = 100, take = 100; // percent
    uint16_t in = 0, out = 0;         // words accepted, words taken
    unsigned longest_run = 0, run = 0;

    Bench(double s_mhz, double m_mhz) : clocks(m, {s_mhz, m_mhz})
    {
        clocks.pins = {&m.s_clk, &m.m_clk};
        clocks.on_rise[0] = [this](bool before) { source(before); };
        clocks.on_rise[1] = [this](bool before) { sink(before); };
        m.s_rst = m.m_rst = 1;
        clocks.run(100);
        m.s_rst = m.m_rst = 0;
    }
    void source(bool before)
    {
        if (before) {
            if (m.s_valid && m.s_ready && !m.s_rst)
                in++;
            return;
        }
        m.s_valid = !m.s_rst && random.percent(offer);
        m.s_data = in;
    }
    void sink(bool before)
    {
        if (before) {
            if (m.m_valid && m.m_ready) {
                assert_int_equal(m.m_data, out);
                out++;
                run++;
                if (run > longest_run)
                    longest_run = run;
            } else {
                run = 0;
            }
            return;
        }
        m.m_ready = !m.m_rst && random.percent(take);
    }
};

void every_word_arrives_once_and_in_order(void **)
{
    const double ratios[][2] = {{60, 125}, {125, 60}, {125, 125.01}, {2.5, 60}, {60, 2.5}};
    for (auto &r : ratios)
        for (uint32_t take : {100u, 60u, 20u}) {
            Bench b(r[0], r[1]);
            b.offer = 70;
            b.take = take;
            b.clocks.run(100000);
            b.offer = 0;
            b.take = 100;
            b.clocks.run(20000);
            assert_true(b.in > 20);
            assert_int_equal(b.in, b.out);
        }
}

void a_fifo_that_nobody_reads_takes_its_depth_and_two_words(void **)
{
    Bench b(125, 60);
    b.take = 0;
    b.clocks.run(2000);
    assert_int_equal(b.in, depth + 2);
    assert_false(b.m.s_ready);
    b.take = 100;
    b.offer = 0;
    b.clocks.run(2000);
    assert_int_equal(b.out, depth + 2);
    assert_false(b.m.m_valid);
}

void a_slower_reader_gets_a_word_every_clock(void **)
{
    Bench b(125, 60);
    b.clocks.run(20000);
    assert_true(b.longest_run > 1000);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_word_arrives_once_and_in_order),
        cmocka_unit_test(a_fifo_that_nobody_reads_takes_its_depth_and_two_words),
        cmocka_unit_test(a_slower_reader_gets_a_word_every_clock),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
