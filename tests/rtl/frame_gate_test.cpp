// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vframe_gate.h"
#include "clocks.h"

namespace
{

const unsigned FULL = 2048;

struct Bench {
    Vframe_gate m;
    Random random{41};
    unsigned passed = 0, bytes_passed = 0; // in the open frame, of those that the memory saw

    Bench()
    {
        m.rst = m.memory_rst = 1;
        m.s_en = m.s_commit = 0;
        m.m_free = 0;
        m.m_ready = 0;
        clock();
        m.rst = 0;
    }
    void clock()
    {
        // The memory, empty: it has room the clock after its reset.
        m.clk = 0;
        m.eval();
        bytes_passed += m.m_en;
        if (m.m_commit) {
            assert_false(m.memory_rst);
            passed++;
            last = bytes_passed;
            bytes_passed = 0;
        }
        const bool works = !m.memory_rst;
        m.clk = 1;
        m.eval();
        m.m_free = works ? FULL : 0;
        m.m_ready = works;
        m.eval();
    }
    unsigned last = 0; // bytes of the last frame that passed
    // A frame, with pauses; the reset of the memory ends before byte `at`. The last byte comes with the
    // commit or before it.
    void frame(unsigned length, int at = -1)
    {
        for (unsigned i = 0; i < length; i++) {
            if (static_cast<int>(i) == at)
                m.memory_rst = 0;
            assert_true(m.s_ready && m.s_free == FULL);
            while (random.below(3) == 0)
                clock();
            m.s_en = 1;
            m.s_commit = i + 1 == length && random.percent(50);
            const bool done = m.s_commit;
            clock();
            m.s_en = m.s_commit = 0;
            if (done)
                return;
        }
        m.s_commit = 1;
        clock();
        m.s_commit = 0;
    }
};

void without_a_memory_frames_vanish_and_never_wait(void **)
{
    Bench b;
    for (unsigned i = 0; i < 1000; i++)
        b.frame(1 + b.random.below(50));
    assert_int_equal(b.passed, 0);
    assert_int_equal(b.bytes_passed, 0);
}

void a_frame_begun_without_the_memory_is_dropped_whole_and_the_next_passes_whole(void **)
{
    for (int at = 0; at < 20; at++) {
        Bench b;
        b.frame(20);
        b.frame(20, at);
        // The first byte may be the first that the memory sees, if the reset ends a clock before it.
        assert_true(at == 0 ? b.passed <= 1 : b.passed == 0);
        assert_true(b.passed == 0 || b.last == 20);
        const unsigned before = b.passed;
        for (unsigned i = 0; i < 10; i++) {
            b.frame(1 + i);
            assert_int_equal(b.passed, before + i + 1);
            assert_int_equal(b.last, 1 + i);
        }
    }
}

void the_first_frame_behind_the_reset_passes(void **)
{
    Bench b;
    b.m.memory_rst = 0;
    b.clock();
    b.clock();
    b.frame(7);
    assert_int_equal(b.passed, 1);
    assert_int_equal(b.last, 7);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(without_a_memory_frames_vanish_and_never_wait),
        cmocka_unit_test(a_frame_begun_without_the_memory_is_dropped_whole_and_the_next_passes_whole),
        cmocka_unit_test(the_first_frame_behind_the_reset_passes),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
