// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vbutterstick_rails.h"

#include <cmath>

namespace
{

// What the supply makes of the pulses: rtl/board/butterstick_rails.v has the circuit. 1024 pulses at 30 MHz are 34 us, the
// smoothing's time constant is 6.8 ms, so it sees their mean.
double volts(double high)
{
    double control = 3.3 * high;
    return 0.6 + 53.6 * (0.6 / 13.0 - (control - 0.6) / 68.0);
}

void each_supply_gets_its_voltage_within_two_percent(void **)
{
    Vbutterstick_rails m;
    unsigned           high[3] = {}, clocks = 1 << 16;

    for (unsigned i = 0; i < clocks; i++) {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
        for (unsigned n = 0; n < 3; n++)
            high[n] += m.pulse >> n & 1;
    }
    const double wanted[3] = {1.2, 3.3, 1.8}; // as in boards.mk
    for (unsigned n = 0; n < 3; n++) {
        double got = volts((double)high[n] / clocks);
        if (std::abs(got - wanted[n]) > 0.02 * wanted[n])
            fail_msg("supply %u: %.3f V of %.3f", n, got, wanted[n]);
    }
}

void until_the_first_clock_the_pulses_ask_for_the_least(void **)
{
    Vbutterstick_rails m;

    m.clk = 0;
    m.eval();
    assert_int_equal(m.pulse, 7);
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_supply_gets_its_voltage_within_two_percent),
        cmocka_unit_test(until_the_first_clock_the_pulses_ask_for_the_least),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
