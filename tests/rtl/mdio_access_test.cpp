// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include "Vmdio_access.h"
#include "clocks.h"

namespace
{

const uint32_t ANEW = 1 << 22, WRITE = 1 << 21;

// Plays control on one side and phy_link on the other.
struct Bench {
    Vmdio_access m;
    Clocks<Vmdio_access> clocks{m, {60, 12}};
    uint32_t last = 0, answer = 0x10000;
    unsigned done = 0, takes = 20, left = 0; // accesses, clocks of one

    Bench()
    {
        clocks.pins = {&m.clk, &m.phy_clk};
        clocks.on_rise[1] = [this](bool before) {
            if (before)
                return;
            m.mdio_done = 0;
            left = m.mdio_valid ? left + 1 : 0;
            if (left != takes)
                return;
            m.mdio_done = 1;
            m.mdio_answer = answer;
            last = m.mdio_request;
            done++;
            left = 0;
        };
        m.rst = m.phy_rst = 1;
        clocks.run(1000);
        m.rst = m.phy_rst = 0;
        clocks.run(1000);
    }
    void tick()
    {
        while (m.clk)
            clocks.step();
        while (!m.clk)
            clocks.step();
    }
    void begin(uint32_t request)
    {
        assert_false(m.busy);
        m.s_valid = 1;
        m.s_request = request;
        tick();
        m.s_valid = 0;
        m.s_request = 0;
        m.eval();
        assert_true(m.busy);
    }
    void finish()
    {
        for (unsigned i = 0; m.busy; i++) {
            tick();
            assert_in_range(i, 0, 2000);
        }
    }
    void flush()
    {
        m.link_flush = 1;
        tick();
        m.link_flush = 0;
        m.eval();
    }
};

void an_access_is_done_once_and_its_answer_stays(void **)
{
    Bench b;
    for (uint32_t i = 0; i < 32; i++) {
        b.answer = 0x10000 | i * 1057;
        b.begin(i << 16 | i * 331);
        b.finish();
        assert_int_equal(b.done, i + 1);
        assert_int_equal(b.last, i << 16 | i * 331);
        b.clocks.run(1000);
        assert_int_equal(b.m.answer, b.answer);
    }
}

void a_host_that_starts_anew_after_a_write_has_the_phy_set_up_once(void **)
{
    Bench b;
    b.begin(WRITE | 0x4140);
    b.finish();
    b.flush();
    assert_true(b.m.busy);
    b.finish();
    assert_int_equal(b.done, 2);
    assert_true(b.last & ANEW);
    b.flush();
    b.clocks.run(10000);
    assert_int_equal(b.done, 2);
}

void a_host_that_starts_anew_after_reads_leaves_the_phy_alone(void **)
{
    Bench b;
    b.flush();
    b.begin(3 << 16);
    b.finish();
    b.flush();
    b.clocks.run(10000);
    assert_false(b.m.busy);
    assert_int_equal(b.done, 1);
}

void the_phy_is_set_up_behind_a_write_that_is_still_under_way(void **)
{
    Bench b;
    b.begin(WRITE | 0x4140);
    b.clocks.run(500);
    b.flush();
    b.clocks.run(400);
    b.flush();
    b.finish();
    b.clocks.run(10000);
    assert_int_equal(b.done, 2);
    assert_true(b.last & ANEW);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_access_is_done_once_and_its_answer_stays),
        cmocka_unit_test(a_host_that_starts_anew_after_a_write_has_the_phy_set_up_once),
        cmocka_unit_test(a_host_that_starts_anew_after_reads_leaves_the_phy_alone),
        cmocka_unit_test(the_phy_is_set_up_behind_a_write_that_is_still_under_way),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
