// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vcdc_message.h"
#include "clocks.h"

namespace
{

struct Bench {
    Vcdc_message m;
    Clocks<Vcdc_message> clocks;
    uint32_t sent = 0, received = 0;
    bool sending = true, busy = false, was_ready = false;
    unsigned again = 0; // clocks in which the last message has to stay
    Random random{3};

    Bench(double s_mhz, double m_mhz) : clocks(m, {s_mhz, m_mhz})
    {
        clocks.pins = {&m.s_clk, &m.m_clk};
        clocks.on_rise[0] = [this](bool before) {
            if (before) {
                sent += m.s_valid && m.s_ready && !m.s_rst;
                return;
            }
            m.s_valid = sending && !m.s_rst;
            m.s_data = word(sent); // changes as soon as it was accepted
        };
        clocks.on_rise[1] = [this](bool before) {
            if (!before) {
                m.m_ready = !busy || random.percent(20);
                return;
            }
            if (again)
                assert_int_equal(m.m_data, word(received - 1)); // as long as is promised
            again -= again != 0;
            if (m.m_valid)
                assert_true(was_ready);
            was_ready = m.m_ready;
            if (!m.m_valid || m.m_rst)
                return;
            again = 2;
            assert_int_equal(m.m_data, word(received));
            received++;
        };
        m.s_rst = m.m_rst = 1;
        clocks.run(2000);
        m.s_rst = m.m_rst = 0;
    }
    static uint32_t word(uint32_t n)
    {
        return n * 0x9E3779B1u;
    }
};

void every_message_arrives_once_whole_and_in_order(void **)
{
    const double ratios[][2] = {{60, 125}, {125, 60}, {125, 125.01}, {2.5, 60}, {60, 2.5}};
    for (auto &r : ratios) {
        Bench b(r[0], r[1]);
        b.clocks.run(50000);
        b.busy = true;
        b.clocks.run(50000);
        b.busy = false;
        b.sending = false;
        b.clocks.run(5000);
        assert_true(b.sent > 30);
        assert_int_equal(b.received, b.sent);
    }
}

void a_message_for_a_clock_that_stands_still_waits_and_blocks_the_next(void **)
{
    Bench b(60, 125);
    b.clocks.run(1000);
    auto rise = b.clocks.on_rise[1];
    uint8_t dead = 0;
    b.clocks.pins[1] = &dead;
    b.clocks.on_rise[1] = nullptr;
    b.clocks.run(1000);
    uint32_t waiting = b.sent;
    assert_false(b.m.s_ready);
    b.clocks.run(1000);
    assert_int_equal(b.sent, waiting);
    b.clocks.pins[1] = &b.m.m_clk;
    b.clocks.on_rise[1] = rise;
    b.clocks.run(1000);
    assert_true(b.received > waiting);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_message_arrives_once_whole_and_in_order),
        cmocka_unit_test(a_message_for_a_clock_that_stands_still_waits_and_blocks_the_next),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
