// SPDX-License-Identifier: BSD-2-Clause
//
// Runs a Verilated module with several clocks of free ratio.
//
//     Clocks<Vfoo> bench(m, {60, 125});         // MHz
//     bench.pins = {&m.s_clk, &m.m_clk};
//     bench.on_rise[0] = [&](bool before) {...}; // before = true: just before the edge, outputs are what the
//     flip-flops see;
//                                                // before = false: just after it, drive the inputs for the
//                                                next edge
#ifndef WEIR_TEST_CLOCKS_H
#define WEIR_TEST_CLOCKS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <vector>

template <class Model> class Clocks
{
  public:
    explicit Clocks(Model &model, std::initializer_list<double> megahertz) : m(model)
    {
        for (double f : megahertz)
            half.push_back(static_cast<uint64_t>(1e9 / f / 2 + 0.5));
        due = half;
        pins.resize(half.size());
        on_rise.resize(half.size());
    }

    std::vector<uint8_t *> pins;
    std::vector<std::function<void(bool before)>> on_rise;
    uint64_t now = 0; // femtoseconds

    // Goes on to the next edge of any clock.
    void step()
    {
        size_t next = 0;
        for (size_t i = 1; i < due.size(); i++)
            if (due[i] < due[next])
                next = i;
        now = due[next];
        due[next] += half[next];
        bool rise = !*pins[next];
        if (rise && on_rise[next])
            on_rise[next](true);
        *pins[next] = rise;
        m.eval();
        if (rise && on_rise[next]) {
            on_rise[next](false);
            m.eval();
        }
    }
    void run(uint64_t nanoseconds)
    {
        for (uint64_t end = now + nanoseconds * 1000000; now < end;)
            step();
    }

  private:
    Model &m;
    std::vector<uint64_t> half, due;
};

// A small generator of its own, so that a seed means the same run everywhere.
class Random
{
  public:
    explicit Random(uint64_t seed) : state(seed * 2 + 1) {}
    uint32_t next()
    {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(state >> 32);
    }
    uint32_t below(uint32_t n)
    {
        return static_cast<uint32_t>((uint64_t{next()} * n) >> 32);
    }
    bool percent(uint32_t p)
    {
        return below(100) < p;
    }

  private:
    uint64_t state;
};

#endif
