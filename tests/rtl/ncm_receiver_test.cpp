// SPDX-License-Identifier: BSD-2-Clause
#include "Vncm_receiver.h"
#include "usb_bench.h"
#include "weir_link.h"

namespace
{

enum Filter { PROMISCUOUS = 1, ALL_MULTICAST = 2, DIRECTED = 4, BROADCAST = 8, MULTICAST = 16 };
using Writes = std::vector<std::pair<unsigned, unsigned>>; // table, value

struct Receiver : Bench<Vncm_receiver> {
    Receiver()
    {
        dut->configured = dut->listens = 0;
        dut->packet_filter = DIRECTED | BROADCAST;
        dut->m_table_ready = 0;
        reset();
    }
    // What is written until nothing more comes; each write waits `delay` clocks, and must hold meanwhile.
    Writes writes(unsigned delay)
    {
        Writes seen;
        for (unsigned quiet = 0, waited = 0; quiet < 10;) {
            dut->m_table_ready = dut->m_table_valid && waited >= delay;
            dut->eval();
            const bool valid = dut->m_table_valid, taken = valid && dut->m_table_ready;
            const unsigned table = dut->m_table, value = dut->m_value;
            if (taken)
                seen.push_back({table, value});
            tick();
            if (valid && !taken)
                assert_true(dut->m_table_valid && dut->m_table == table && dut->m_value == value);
            waited = valid && !taken ? waited + 1 : 0;
            quiet = valid ? 0 : quiet + 1;
        }
        return seen;
    }
};

const Writes fresh = {{WEIR_TABLE_RX_CONTROL, 0}, {WEIR_TABLE_MAC_RESET, 0}};

Writes control(unsigned value)
{
    return {{WEIR_TABLE_RX_CONTROL, value}};
}

void the_tables_are_put_back_when_the_configuration_is_selected(void **)
{
    for (unsigned delay : {0u, 1u, 7u}) {
        Receiver r;
        for (int i = 0; i < 3; i++) {
            assert_true(r.writes(delay).empty());
            r.dut->configured = 1;
            assert_true(r.writes(delay) == fresh);
            r.dut->configured = 0;
        }
    }
}

void receive_control_follows_interface_and_filter(void **)
{
    static const unsigned steps[][2] = {
        {BROADCAST, WEIR_RX_ENABLE},
        {DIRECTED | PROMISCUOUS, WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS},
        {DIRECTED | ALL_MULTICAST, WEIR_RX_ENABLE | WEIR_RX_ALL_MULTICAST},
        {0, 0},
        {MULTICAST, WEIR_RX_ENABLE | WEIR_RX_ALL_MULTICAST},
        {31, WEIR_RX_ENABLE | WEIR_RX_ALL_MULTICAST | WEIR_RX_PROMISCUOUS},
    };
    Receiver r;
    r.dut->configured = 1;
    assert_true(r.writes(0) == fresh);
    r.dut->listens = 1;
    assert_true(r.writes(3) == control(WEIR_RX_ENABLE));
    assert_true(r.writes(3).empty());
    r.dut->listens = 0;
    assert_true(r.writes(3) == control(0));
    r.dut->packet_filter = 0;
    r.dut->listens = 1;
    assert_true(r.writes(3).empty());
    unsigned before = 0;
    for (const auto &step : steps) {
        r.dut->packet_filter = uint8_t(step[0]);
        assert_true(r.writes(2) == (step[1] == before ? Writes() : control(step[1])));
        before = step[1];
    }
    r.dut->configured = 0;
    assert_true(r.writes(2) == control(0));
    r.dut->packet_filter = 0;
    assert_true(r.writes(2).empty());
}

void a_change_while_a_write_waits_is_written_behind_it(void **)
{
    Receiver r;
    r.dut->configured = 1;
    assert_true(r.writes(0) == fresh);
    r.dut->m_table_ready = 0;
    r.dut->listens = 1;
    r.ticks(5);
    assert_true(r.dut->m_table_valid);
    r.dut->listens = r.dut->configured = 0;
    r.ticks(5);
    r.dut->configured = 1;
    assert_true(r.writes(1) == (Writes{{WEIR_TABLE_RX_CONTROL, WEIR_RX_ENABLE}, {WEIR_TABLE_RX_CONTROL, 0}}));
}

const CMUnitTest tests[] = {
    cmocka_unit_test(the_tables_are_put_back_when_the_configuration_is_selected),
    cmocka_unit_test(receive_control_follows_interface_and_filter),
    cmocka_unit_test(a_change_while_a_write_waits_is_written_behind_it),
};

} // namespace
RUN_TESTS(tests)
