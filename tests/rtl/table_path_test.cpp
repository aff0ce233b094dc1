// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <deque>
#include <utility>
#include "Vtable_path.h"
#include "clocks.h"
#include "weir_link.h"

namespace
{

const uint64_t IN_USE = 1ull << 63;

// What is written waits for the crossing alone, without a pause, from the end of reset on.
struct Bench {
    Vtable_path m;
    Clocks<Vtable_path> clocks;
    std::deque<std::pair<uint16_t, uint64_t>> writes; // {table, entry}, value

    Bench(double usb_mhz, double wire_mhz) : clocks(m, {usb_mhz, wire_mhz})
    {
        clocks.pins = {&m.usb_clk, &m.wire_clk};
        clocks.on_rise[0] = [this](bool before) {
            if (before) {
                if (m.s_valid && m.s_ready)
                    writes.pop_front();
                return;
            }
            m.s_valid = !writes.empty() && !m.usb_rst;
            if (writes.empty())
                return;
            m.s_data[0] = static_cast<uint32_t>(writes.front().second);
            m.s_data[1] = static_cast<uint32_t>(writes.front().second >> 32);
            m.s_data[2] = writes.front().first;
        };
        m.usb_rst = m.wire_rst = 1;
        clocks.run(4000);
        m.usb_rst = m.wire_rst = 0;
    }
    void write(unsigned table, unsigned entry, uint64_t value)
    {
        writes.emplace_back(static_cast<uint16_t>(table << 8 | entry), value);
    }
    void finish()
    {
        while (!writes.empty())
            clocks.step();
        wire(80);
    }
    // Runs for so many wire_clk.
    void wire(unsigned n)
    {
        while (n)
            if (uint8_t old = m.wire_clk; clocks.step(), !old && m.wire_clk)
                n--;
    }
    bool passes(uint64_t mac)
    {
        for (unsigned i = 0; i < 60; i++) {
            m.frame_valid = 1;
            m.frame_position = static_cast<uint8_t>(i);
            m.frame_data = i < 6 ? static_cast<uint8_t>(mac >> (40 - 8 * i)) : 0;
            wire(1);
        }
        m.frame_valid = 0;
        m.frame_ended = 1;
        m.eval();
        bool result = m.ours;
        wire(1);
        m.frame_ended = 0;
        return result;
    }
    bool answers(uint32_t ip)
    {
        for (unsigned i = 0; i < 4; i++) {
            m.ip_valid = 1;
            m.ip_data = static_cast<uint8_t>(ip >> (24 - 8 * i));
            m.ip_last = i == 3;
            wire(1);
        }
        m.ip_valid = m.ip_last = 0;
        wire(11);
        return m.ip_hit;
    }
};

const double ratios[][2] = {{60, 2.5}, {48, 2.5}, {60, 25}, {60, 125}, {60, 60}, {60, 59.9}, {2.5, 60}};

uint64_t mac(unsigned entry)
{
    return 0x0A1122334455 + entry * 0x110000110000 / 16 * 0x11;
}
uint32_t ip(unsigned entry)
{
    return 0x0A000001 + entry * 0x01010101;
}

void check(Bench &b, double wire_mhz)
{
    for (unsigned i = 0; i < 20; i++)
        if (!b.passes(mac(i)) || b.passes(mac(i) ^ 1) || b.passes(mac(i) ^ 1ull << 40))
            fail_msg("wire at %g MHz: entry %u of the addresses", wire_mhz, i);
    for (unsigned i = 0; i < 4; i++)
        if (!b.answers(ip(i)) || b.answers(ip(i) ^ 1) || b.answers(ip(i) ^ 1u << 31))
            fail_msg("wire at %g MHz: entry %u of the ARP table", wire_mhz, i);
}

void entries_written_without_a_pause_from_reset_on_are_all_there_whole(void **)
{
    for (auto &r : ratios)
        for (bool arp_first : {false, true}) {
            Bench b(r[0], r[1]);
            for (unsigned i = 0; i < 4 && arp_first; i++)
                b.write(WEIR_TABLE_ARP, i, IN_USE | ip(i));
            for (unsigned i = 0; i < 20; i++)
                b.write(WEIR_TABLE_MAC, i, IN_USE | mac(i));
            for (unsigned i = 0; i < 4 && !arp_first; i++)
                b.write(WEIR_TABLE_ARP, i, IN_USE | ip(i));
            b.finish();
            check(b, r[1]);
        }
}

void entries_written_right_behind_a_reset_of_the_table_are_too(void **)
{
    for (auto &r : ratios) {
        Bench b(r[0], r[1]);
        for (unsigned i = 0; i < 4; i++)
            b.write(WEIR_TABLE_ARP, i, IN_USE | ip(i));
        for (unsigned round = 0; round < 2; round++) {
            for (unsigned i = 0; i < 20; i++)
                b.write(WEIR_TABLE_MAC, i, IN_USE | (mac(i) ^ 0x80 * !round));
            if (!round)
                b.write(WEIR_TABLE_MAC_RESET, 0, 0);
        }
        b.finish();
        check(b, r[1]);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(entries_written_without_a_pause_from_reset_on_are_all_there_whole),
        cmocka_unit_test(entries_written_right_behind_a_reset_of_the_table_are_too),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
