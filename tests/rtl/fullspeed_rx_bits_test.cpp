// SPDX-License-Identifier: BSD-2-Clause
//
// D+ and D- as functions of time, sampled each 20.83 ns from any moment on.
#include "Vfullspeed_rx_bits.h"
#include "fullspeed_bench.h"
#include <algorithm>
#include <cmath>

static const double BIT = 1e6 / 12, SAMPLE = 1e6 / 48; // ps

struct Change {
    double time;
    Line line;
};

struct Signal {
    double jitter;    // ps, an edge's distance from its place
    double bit = BIT; // as the sender has it
    double skew = 0;  // between D+ and D-
    Line crossing = SE0;
    double eop = 2 * BIT;
};

struct Receiver : Bench<Vfullspeed_rx_bits> {
    std::mt19937 random;
    Bits bits;
    unsigned se0 = 0;

    explicit Receiver(unsigned seed) : random(seed)
    {
        drive(J);
        reset();
        ticks(10);
    }

    void drive(Line line)
    {
        dut->dp_i = line & 1;
        dut->dn_i = line >> 1;
    }

    void sample()
    {
        tick();
        if (dut->bit_valid)
            bits.push_back(dut->bit_data);
        se0 += dut->se0;
    }

    // Plays the levels, then SE0 and J; samples begin anywhere.
    void play(const std::vector<Line> &line, const Signal &signal)
    {
        std::vector<Change> changes;
        Line before = J;
        for (size_t i = 0; i < line.size(); before = line[i++]) {
            if (line[i] == before)
                continue;
            const double place = double(i) * signal.bit;
            // Half of the time an edge is as far off as it may be.
            const double off = std::uniform_real_distribution<>(-1, 1)(random);
            const double time = place + signal.jitter * (random() & 1 ? off : std::copysign(1.0, off));
            if (signal.skew > 0)
                changes.push_back({time - signal.skew / 2, signal.crossing});
            changes.push_back({time + signal.skew / 2, line[i]});
        }
        const double end = double(line.size()) * signal.bit;
        changes.push_back({end, SE0});
        changes.push_back({end + signal.eop, J});
        bits.clear();
        se0 = 0;
        size_t next = 0;
        const double phase = std::uniform_real_distribution<>(0, SAMPLE)(random);
        for (double time = phase - 6 * SAMPLE; time < end + 10 * BIT; time += SAMPLE) {
            while (next < changes.size() && changes[next].time <= time)
                drive(changes[next++].line);
            sample();
        }
    }

    // The packet's bits stand among those of the idle line before; behind them, at EOP, is nothing but idle
    // line.
    bool heard(const Bits &sent) const
    {
        const auto first = std::find(bits.begin(), bits.end(), false);
        return size_t(bits.end() - first) >= sent.size() && std::equal(sent.begin(), sent.end(), first);
    }
};

static void hears(const Signal &signal, unsigned packets)
{
    for (unsigned seed = 1; seed <= packets; seed++) {
        Receiver receiver(seed);
        const Bits sent = packet_bits(uneven_bytes(receiver.random, 67));
        receiver.play(levels(sent), signal);
        if (!receiver.heard(sent))
            fail_msg("seed %u: the bits are others", seed);
        if (receiver.se0 == 0)
            fail_msg("seed %u: no end of packet", seed);
    }
}

static void bits_are_heard_whatever_the_phase(void **)
{
    hears({0}, 40);
}

// 20 ns between two edges is 10 ns each: USB 2.0 section 7.1.15.1, with both clocks' error.
static void bits_are_heard_at_the_limits_of_jitter(void **)
{
    hears({10000}, 100);
}

static void bits_are_heard_from_clocks_off_by_half_a_percent(void **)
{
    hears({0, BIT * 1.005}, 50);
    hears({0, BIT * 0.995}, 50);
    hears({8500, BIT * 1.005}, 50);
    hears({8500, BIT * 0.995}, 50);
}

static void crossings_of_14_ns_are_no_se0_and_cost_no_bit(void **)
{
    for (Line crossing : {SE0, SE1}) {
        hears({0, BIT, 14000, crossing}, 50);
        hears({10000, BIT, 14000, crossing}, 100);
    }
}

static void crossings_of_14_ns_are_no_end_of_packet(void **)
{
    for (unsigned seed = 1; seed <= 50; seed++) {
        Receiver receiver(seed);
        std::vector<Line> line = levels(packet_bits(uneven_bytes(receiver.random, 67)));
        line.push_back(line.back() == J ? K : J);
        receiver.play(line, {10000, BIT, 14000, SE0, 14000});
        if (receiver.se0 != 0)
            fail_msg("seed %u: an end of packet", seed);
    }
}

// Section 7.1.13.2: SE0 of 82 ns must be taken; where it begins, no bit may be added that was not sent.
static void an_se0_of_82_ns_ends_a_packet_wherever_it_falls(void **)
{
    hears({0, BIT, 0, SE0, 82000}, 200);
    for (unsigned seed = 1; seed <= 200; seed++) {
        Receiver receiver(seed);
        const Bits sent = packet_bits(uneven_bytes(receiver.random, 5));
        receiver.play(levels(sent), {0});
        const auto first = std::find(receiver.bits.begin(), receiver.bits.end(), false);
        const Bits rest(first + long(sent.size()), receiver.bits.end());
        // J after SE0 is one change at most, then idle.
        if (std::count(rest.begin(), rest.end(), false) > 1 || rest.size() > 10)
            fail_msg("seed %u: bits out of SE0", seed);
    }
}

static void the_line_state_is_what_the_pins_say_three_clocks_later(void **)
{
    Receiver receiver(1);
    for (Line line : {SE0, K, J, SE1, SE0, J}) {
        const uint8_t before = receiver.dut->line_state;
        receiver.drive(line);
        receiver.ticks(2);
        assert_int_equal(receiver.dut->line_state, before);
        receiver.tick();
        assert_int_equal(receiver.dut->line_state, line);
    }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(bits_are_heard_whatever_the_phase),
    cmocka_unit_test(bits_are_heard_at_the_limits_of_jitter),
    cmocka_unit_test(bits_are_heard_from_clocks_off_by_half_a_percent),
    cmocka_unit_test(crossings_of_14_ns_are_no_se0_and_cost_no_bit),
    cmocka_unit_test(crossings_of_14_ns_are_no_end_of_packet),
    cmocka_unit_test(an_se0_of_82_ns_ends_a_packet_wherever_it_falls),
    cmocka_unit_test(the_line_state_is_what_the_pins_say_three_clocks_later),
};
RUN_TESTS(tests)
