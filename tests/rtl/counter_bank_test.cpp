// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <array>
#include "Vcounter_bank.h"
#include "clocks.h"

namespace
{

using Counters = std::array<uint32_t, 16>;

struct Bench {
    Vcounter_bank m;
    Clocks<Vcounter_bank> clocks;
    Random random{11};
    uint16_t enabled = 0;     // counters that get events
    bool random_gaps = false; // 20 clocks between events, or 20 and more
    bool together = false;    // all counters' events in the same clock
    unsigned next[16] = {};   // clocks until a counter's next event
    Counters sent{};
    uint16_t events = 0;

    Bench(double clk_mhz, double usb_mhz) : clocks(m, {clk_mhz, usb_mhz})
    {
        clocks.pins = {&m.clk, &m.usb_clk};
        clocks.on_rise[0] = [this](bool before) {
            if (!before)
                drive();
        };
        m.rst = 1;
        clocks.run(500);
        m.rst = 0;
    }
    void drive()
    {
        m.events = 0;
        for (unsigned i = 0; i < 16; i++) {
            if (next[i])
                next[i]--;
            if (!(enabled >> i & 1) || next[i])
                continue;
            if (together && i)
                continue;
            next[i] = 20 + (random_gaps ? random.below(30) : 0);
            m.events = static_cast<uint16_t>(m.events | (together ? 0xFFFF : 1 << i));
        }
        for (unsigned i = 0; i < 16; i++)
            sent[i] += m.events >> i & 1;
    }
    // Runs for so many usb_clk.
    void usb(unsigned n)
    {
        while (n)
            if (uint8_t old = m.usb_clk; clocks.step(), !old && m.usb_clk)
                n--;
    }
    uint32_t read(unsigned index)
    {
        uint32_t value = 0;
        for (unsigned upper : {0, 1}) {
            m.usb_index = static_cast<uint8_t>((index & 15) * 2 + upper);
            usb(1);
            value |= static_cast<uint32_t>(m.usb_value) << 16 * upper;
        }
        return value;
    }
    Counters snapshot()
    {
        Counters c;
        m.usb_hold = 1;
        usb(6);
        for (unsigned i = 0; i < 16; i++)
            c[i] = read(i);
        return c;
    }
    void release(uint64_t ns)
    {
        m.usb_hold = 0;
        clocks.run(ns);
    }
};

const double ratios[][2] = {{125, 60}, {60, 60}, {60, 125}, {25, 60}, {2.5, 60}, {125.01, 124.99}};

void an_event_each_20_clocks_is_never_lost(void **)
{
    for (auto &r : ratios)
        for (bool gaps : {false, true}) {
            Bench b(r[0], r[1]);
            b.enabled = 0xFFFF;
            b.random_gaps = gaps;
            for (unsigned i = 0; i < 16; i++)
                b.next[i] = b.random.below(40);
            b.clocks.run(200000);
            b.enabled = 0;
            b.clocks.run(30000);
            Counters c = b.snapshot();
            for (unsigned i = 0; i < 16; i++) {
                assert_int_equal(c[i], b.sent[i]);
                assert_true(c[i] > 5);
            }
        }
}

// All sixteen count the same events, so any two that differ were not read at one moment; and it must not be
// an old one.
void a_snapshot_shows_all_counters_at_one_recent_moment(void **)
{
    for (auto &r : ratios) {
        Bench b(r[0], r[1]);
        b.enabled = 1;
        b.together = true;
        b.random_gaps = true;
        for (unsigned n = 0; n < 300; n++) {
            b.release(static_cast<uint64_t>(180e3 / r[0] + b.random.below(400)));
            uint32_t before = b.sent[0];
            Counters c = b.snapshot();
            for (unsigned i = 1; i < 16; i++)
                if (c[i] != c[0])
                    fail_msg("%g/%g MHz, snapshot %u: counter %u is %u, 0 is %u", r[0], r[1], n, i, c[i],
                             c[0]);
            // An event waits for the start of a round's last scan, up to 80 clocks, and shows 20 later.
            assert_in_range(before - c[0], 0, 5);
        }
    }
}

void a_snapshot_stays_as_it_is_while_held(void **)
{
    Bench b(125, 60);
    b.enabled = 1;
    b.together = true;
    b.clocks.run(3000);
    Counters first = b.snapshot();
    b.clocks.run(50000);
    Counters second = b.snapshot();
    assert_true(b.sent[0] > first[0] + 100);
    assert_memory_equal(first.data(), second.data(), sizeof first);
    b.release(1000);
    assert_true(b.snapshot()[7] > first[7] + 100);
}

void a_clock_that_stands_still_leaves_its_last_counts_to_read(void **)
{
    Bench b(125, 60);
    b.enabled = 1;
    b.together = true;
    b.clocks.run(3000);
    b.enabled = 0;
    b.clocks.run(1000);
    uint8_t dead = 0;
    b.clocks.pins[0] = &dead; // clk stops
    b.clocks.on_rise[0] = nullptr;
    for (uint32_t count : b.snapshot())
        assert_int_equal(count, b.sent[0]);
}

void reset_clears_the_counters(void **)
{
    Bench b(125, 60);
    b.enabled = 0xFFFF;
    b.clocks.run(3000);
    b.enabled = 0;
    b.m.rst = 1;
    b.clocks.run(100);
    b.m.rst = 0;
    b.clocks.run(1000);
    for (uint32_t count : b.snapshot())
        assert_int_equal(count, 0);
}

// The first round behind it takes the place of what was there; until then that is whole, whenever the reset
// came.
void what_was_read_before_a_reset_can_be_read_whole_until_a_round_is_over(void **)
{
    for (unsigned phase = 0; phase < 200; phase++) {
        Bench b(125, 60);
        b.enabled = 1;
        b.together = true;
        b.random_gaps = true;
        b.clocks.run(3000 + 8 * phase);
        b.enabled = 0;
        const uint32_t sent = b.sent[0];
        b.m.rst = 1;
        b.clocks.run(400);
        const Counters c = b.snapshot();
        for (unsigned i = 0; i < 16; i++)
            if (c[i] != c[0])
                fail_msg("reset %u clocks later: counter %u is %u, 0 is %u", phase, i, c[i], c[0]);
        assert_in_range(sent - c[0], 0, 5);
        b.m.rst = 0;
        b.release(2000);
        for (uint32_t count : b.snapshot())
            assert_int_equal(count, 0);
    }
}

void a_counter_carries_beyond_16_bits(void **)
{
    Bench b(125, 60);
    b.enabled = 1;
    b.clocks.run(20 * 8 * 66000);
    b.enabled = 0;
    b.clocks.run(1000);
    assert_true(b.sent[0] > 65536);
    assert_int_equal(b.snapshot()[0], b.sent[0]);
}

// Each counter is some events ahead of the one before, so their lower halves overflow one after the other.
void a_snapshot_has_both_halves_of_one_moment(void **)
{
    Bench b(125, 60);
    b.random_gaps = true;
    for (b.enabled = 0xFFFE; b.enabled; b.clocks.run(8))
        for (unsigned i = 1; i < 16; i++)
            if (b.sent[i] == 41 * i)
                b.enabled = static_cast<uint16_t>(b.enabled & ~(1u << i));
    b.clocks.run(400);
    b.enabled = 1;
    b.together = true;
    while (b.sent[0] < 64880)
        b.clocks.run(8000);
    while (b.sent[0] < 65600) {
        b.release(700 + b.random.below(700));
        const Counters c = b.snapshot();
        for (unsigned i = 1; i < 16; i++)
            if (c[i] != c[0] + 41 * i)
                fail_msg("counter %u is %u where 0 is %u", i, c[i], c[0]);
    }
    b.enabled = 0;
    b.release(5000);
    assert_int_equal(b.snapshot()[15], b.sent[15]);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(an_event_each_20_clocks_is_never_lost),
        cmocka_unit_test(a_snapshot_shows_all_counters_at_one_recent_moment),
        cmocka_unit_test(a_snapshot_stays_as_it_is_while_held),
        cmocka_unit_test(a_clock_that_stands_still_leaves_its_last_counts_to_read),
        cmocka_unit_test(reset_clears_the_counters),
        cmocka_unit_test(what_was_read_before_a_reset_can_be_read_whole_until_a_round_is_over),
        cmocka_unit_test(a_counter_carries_beyond_16_bits),
        cmocka_unit_test(a_snapshot_has_both_halves_of_one_moment),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
