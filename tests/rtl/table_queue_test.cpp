// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <deque>
#include "Vtable_queue.h"
#include "clocks.h"

namespace
{

struct Write {
    uint32_t word[3]; // 80 bits
    bool operator==(const Write &o) const
    {
        return word[0] == o.word[0] && word[1] == o.word[1] && word[2] == o.word[2];
    }
};

// A source that holds what it offers until it is taken, as link/control does.
struct Bench {
    Vtable_queue m;
    Random random{31};
    std::deque<Write> inside;
    unsigned offered_for = 0; // clocks

    Bench()
    {
        m.rst = 1;
        m.s_valid = m.m_ready = 0;
        clock(0, 0);
        m.rst = 0;
    }
    void clock(uint32_t offer, uint32_t take)
    {
        m.clk = 0;
        m.eval();
        // As link/control: only where there is room at all.
        if (!m.s_valid && m.s_ready && random.percent(offer)) {
            m.s_valid = 1;
            for (unsigned i = 0; i < 3; i++)
                m.s_data[i] = random.next() & (i < 2 ? 0xFFFFFFFFu : 0xFFFFu);
            offered_for = 0;
        }
        m.m_ready = random.percent(take);
        m.eval();
        const bool put = m.s_valid && m.s_ready && !m.rst;
        offered_for += m.s_valid;
        if (m.m_valid && m.m_ready) {
            assert_false(inside.empty());
            assert_true((inside.front() == Write{{m.m_data[0], m.m_data[1], m.m_data[2]}}));
            inside.pop_front();
        }
        if (put)
            inside.push_back({{m.s_data[0], m.s_data[1], m.s_data[2]}});
        m.clk = 1;
        m.eval();
        if (put)
            m.s_valid = 0;
    }
};

void writes_come_out_as_they_went_in_at_any_pace(void **)
{
    Bench b;
    for (unsigned round = 0; round < 3000; round++) {
        const uint32_t offer = b.random.below(101), take = b.random.below(round % 2 ? 4 : 101);
        for (unsigned i = 0; i < 50; i++)
            b.clock(offer, take);
    }
    for (unsigned i = 0; i < 1000; i++)
        b.clock(0, 100);
    assert_true(b.inside.empty() && !b.m.m_valid);
}

void fifty_one_writes_wait_and_no_more_are_taken_than_there_is_room_for(void **)
{
    Bench b;
    for (unsigned i = 0; i < 51; i++) {
        b.clock(100, 0);
        while (b.m.s_valid)
            b.clock(0, 0);
        assert_int_equal(b.offered_for, 5);
    }
    for (unsigned i = 0; i < 1000; i++)
        b.clock(100, 0);
    assert_in_range(b.inside.size(), 51, 53);
    b.m.clk = 0;
    b.m.eval();
    assert_false(b.m.s_ready);
    for (unsigned i = 0; i < 1000; i++)
        b.clock(0, 100);
    assert_true(b.inside.empty());
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(writes_come_out_as_they_went_in_at_any_pace),
        cmocka_unit_test(fifty_one_writes_wait_and_no_more_are_taken_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
