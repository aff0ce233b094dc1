// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vcdc_call.h"
#include "clocks.h"

namespace
{

const double RATIOS[][2] = {{60, 12}, {12, 60}, {48, 48.01}, {2.5, 125}, {125, 2.5}};

uint32_t word(uint32_t n)
{
    return n * 0x9E3779B1u;
}

// Call n is word(n), and its answer the upper half of that.
struct Bench {
    Vcdc_call m;
    Clocks<Vcdc_call> clocks;
    uint32_t sent = 0, served = 0, returned = 0;
    bool sending = true, under_way = false, wrong = false;
    unsigned working = 0;

    Bench(double s_mhz, double m_mhz) : clocks(m, {s_mhz, m_mhz})
    {
        clocks.pins = {&m.s_clk, &m.m_clk};
        clocks.on_rise[0] = [this](bool before) {
            if (before) {
                if (m.s_ready && under_way && !m.s_rst) {
                    wrong |= m.s_answer != word(sent - 1) >> 16;
                    returned++;
                    under_way = false;
                }
                if (m.s_valid && m.s_ready && !m.s_rst) {
                    sent++;
                    under_way = true;
                }
                return;
            }
            m.s_valid = sending && !m.s_rst;
            m.s_data = word(sent); // changes as soon as it was accepted
        };
        clocks.on_rise[1] = [this](bool before) {
            if (!before) {
                working = m.m_valid && !m.m_done ? working + 1 : 0;
                m.m_done = working == 3;
                m.m_answer = m.m_done ? m.m_data >> 16 : 0;
                return;
            }
            if (!m.m_valid || !m.m_done || m.m_rst)
                return;
            wrong |= m.m_data != word(sent - 1);
            served++;
        };
        m.s_rst = m.m_rst = 1;
        clocks.run(4000);
        m.s_rst = m.m_rst = 0;
    }
};

void every_call_is_served_once_and_its_own_answer_comes_back(void **)
{
    for (auto &r : RATIOS) {
        Bench b(r[0], r[1]);
        b.clocks.run(200000);
        b.sending = false;
        b.clocks.run(20000);
        assert_false(b.wrong);
        assert_true(b.sent > 10);
        assert_int_equal(b.served, b.sent);
        assert_int_equal(b.returned, b.sent);
        assert_true(b.m.s_ready);
    }
}

void a_reset_of_either_side_alone_costs_at_most_the_call_under_way(void **)
{
    for (auto &r : RATIOS) {
        for (unsigned side = 0; side < 2; side++) {
            Bench b(r[0], r[1]);
            for (unsigned at = 0; at < 40; at++) {
                b.clocks.run(977 + 31 * at);
                (side ? b.m.m_rst : b.m.s_rst) = 1;
                b.under_way = b.under_way && side;
                b.sending = side;
                b.clocks.run(4000);
                b.under_way = b.under_way && side;
                (side ? b.m.m_rst : b.m.s_rst) = 0;
                b.sending = true;
                b.wrong = false; // the call in the middle of it
                b.clocks.run(12000);
                const uint32_t before = b.returned;
                b.clocks.run(12000);
                assert_true(b.returned > before);
                assert_false(b.wrong);
            }
        }
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_served_once_and_its_own_answer_comes_back),
        cmocka_unit_test(a_reset_of_either_side_alone_costs_at_most_the_call_under_way),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
