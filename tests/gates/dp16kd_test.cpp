// SPDX-License-Identifier: BSD-2-Clause
//
// DP16KD.v does what Lattice's ECP5 and ECP5-5G Memory Usage Guide (FPGA-TN-02204) says of the block RAM.
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <random>
#include <vector>
#include "Vdp16kd_bank.h"

namespace
{

struct Bench {
    VerilatedContext context;
    Vdp16kd_bank m{&context};
    std::mt19937 random{7};

    Bench()
    {
        m.ce_a = m.ce_b = m.oce_a = m.oce_b = 1;
        m.cs_a = 0, m.cs_b = 0;
        m.we_a = m.we_b = m.rst_a = m.rst_b = m.clk_a = m.clk_b = 0;
        m.eval();
    }
    // One edge of port A's clock, of B's, or of both at once.
    void edge(bool a, bool b)
    {
        m.clk_a = a, m.clk_b = b;
        m.eval();
        m.clk_a = m.clk_b = 0;
        m.eval();
    }
    // Words of 18 bits, both bytes enabled, through either port of all those that are 18 wide.
    void write_a(unsigned word, uint32_t data, unsigned bytes = 3)
    {
        m.we_a = 1, m.ad_a = static_cast<SData>(word << 4 | bytes), m.di_a = data;
        edge(true, false);
        m.we_a = 0;
    }
    void read_a(unsigned word)
    {
        m.ad_a = static_cast<SData>(word << 4);
        edge(true, false);
    }
    void read_b(unsigned word)
    {
        m.ad_b = static_cast<SData>(word << 4);
        edge(false, true);
    }
};

uint32_t a_of(QData q)
{
    return q & 0x3FFFF;
}
uint32_t b_of(QData q)
{
    return q >> 18 & 0x3FFFF;
}

// The bits of the memory, as 2,048 bytes of 9, that a port of this width means by an address, lowest first.
std::vector<unsigned> bits_of(unsigned width, unsigned address)
{
    std::vector<unsigned> bits;
    if (width >= 9) {
        unsigned first = (address >> 3) / (width / 9) * (width / 9) * 9;
        for (unsigned i = 0; i < width; i++)
            bits.push_back(first + i);
    } else {
        unsigned first = (address & 7) / width * width;
        for (unsigned i = 0; i < width; i++)
            bits.push_back((address >> 3) * 9 + first + i);
    }
    return bits;
}

// Writes by port A anywhere, with any byte enables, and reads by B, which is another width.
void widths(unsigned width_a, unsigned width_b, const QData &q, Bench &bench)
{
    std::vector<bool> memory(18432);
    Vdp16kd_bank &m = bench.m;
    for (unsigned n = 0; n < 20000; n++) {
        const bool wide = width_a >= 18;
        m.ad_a = bench.random() & 0x7F; // so that reads meet writes
        m.ad_b = bench.random() & 0x7F;
        m.di_a = bench.random() & 0x3FFFF, m.di_b = bench.random() & 0x3FFFF;
        m.we_a = bench.random() & 1;
        bench.edge(true, false);
        const auto written = bits_of(width_a, m.ad_a);
        const uint64_t data = m.di_a | static_cast<uint64_t>(m.di_b) << 18;
        for (unsigned i = 0; m.we_a && i < width_a; i++)
            if (!wide || m.ad_a >> i / 9 & 1)
                memory[written[i]] = data >> i & 1;
        m.we_a = 0;
        bench.edge(false, true);
        const uint64_t got = width_b == 36 ? q : b_of(q);
        uint64_t wanted = 0;
        const auto read = bits_of(width_b, m.ad_b);
        for (unsigned i = 0; i < width_b; i++)
            wanted |= static_cast<uint64_t>(memory[read[i]]) << i;
        if (got != wanted)
            fail_msg("widths %u and %u: %llx at %x, not %llx", width_a, width_b, (unsigned long long)got,
                     m.ad_b, (unsigned long long)wanted);
    }
}

void ports_of_different_widths_share_one_memory(void **)
{
#define WIDTHS(A, B)                                                                                         \
    do {                                                                                                     \
        Bench bench;                                                                                         \
        widths(A, B, bench.m.w##A##_##B, bench);                                                             \
    } while (0)
    WIDTHS(18, 9);
    WIDTHS(9, 4);
    WIDTHS(4, 2);
    WIDTHS(2, 1);
    WIDTHS(1, 18);
    WIDTHS(36, 36);
    WIDTHS(36, 9);
    WIDTHS(9, 36);
}

void the_memory_starts_as_the_parameters_say(void **)
{
    Bench bench;
    bench.read_a(16);
    assert_int_equal(a_of(bench.m.normal), 0x3ABCD);
    bench.read_b(1023);
    assert_int_equal(b_of(bench.m.normal), 0x31234);
    bench.read_b(17);
    assert_int_equal(b_of(bench.m.normal), 0);
}

void the_write_mode_says_what_the_writing_port_reads(void **)
{
    Bench bench;
    bench.write_a(5, 0x11111);
    bench.write_a(6, 0x2AAAA);
    bench.read_a(6);
    bench.write_a(5, 0x3F00F, 2);                     // the upper byte of 9 alone
    assert_int_equal(a_of(bench.m.normal), 0x2AAAA);  // stands still
    assert_int_equal(a_of(bench.m.earlier), 0x11111); // what was there
    assert_int_equal(a_of(bench.m.through), 0x3F111); // what is there now
    bench.read_b(5);
    assert_int_equal(b_of(bench.m.normal), 0x3F111);
    assert_int_equal(b_of(bench.m.earlier), 0x3F111);
    assert_int_equal(b_of(bench.m.through), 0x3F111);
}

void a_port_without_clock_enable_or_select_does_nothing(void **)
{
    Bench bench;
    bench.m.cs_a = 5, bench.m.cs_b = 2;
    bench.write_a(9, 0x12345);
    bench.read_b(9);
    assert_int_equal(b_of(bench.m.chosen), 0x12345);
    for (unsigned cs = 0; cs < 8; cs++) {
        bench.m.cs_a = cs, bench.m.cs_b = cs == 2 ? 3 : cs;
        if (cs != 5)
            bench.write_a(9, 0x3FFFF);
        bench.read_b(10);
        assert_int_equal(b_of(bench.m.chosen), 0x12345); // neither written nor read
    }
    bench.m.cs_a = bench.m.cs_b = 0;
    bench.write_a(9, 0x00777);
    bench.m.ce_a = bench.m.ce_b = 0;
    bench.read_b(10);
    bench.write_a(9, 0x3FFFF);
    bench.m.ce_b = 1;
    bench.read_b(9);
    assert_int_equal(b_of(bench.m.normal), 0x00777);
    bench.m.ce_b = 0;
    bench.read_b(10);
    assert_int_equal(b_of(bench.m.normal), 0x00777);
}

void the_output_register_follows_a_clock_later_and_has_its_own_enable(void **)
{
    Bench bench;
    bench.write_a(1, 0x00AAA);
    bench.write_a(2, 0x00BBB);
    bench.read_b(1);
    bench.read_b(2);
    assert_int_equal(b_of(bench.m.normal), 0x00BBB);
    assert_int_equal(b_of(bench.m.outreg), 0x00AAA);
    bench.m.oce_b = 0;
    bench.read_b(2);
    assert_int_equal(b_of(bench.m.outreg), 0x00AAA);
    bench.m.oce_b = 1, bench.m.ce_b = 0;
    bench.read_b(1);
    assert_int_equal(b_of(bench.m.outreg), 0x00BBB);
}

void a_reset_clears_the_outputs_and_not_the_memory(void **)
{
    Bench bench;
    bench.write_a(3, 0x15555);
    bench.read_b(3), bench.read_b(3);
    assert_int_equal(b_of(bench.m.outreg), 0x15555);
    bench.m.rst_b = 1, bench.m.ce_b = bench.m.oce_b = 0;
    bench.m.eval();
    assert_int_equal(b_of(bench.m.asynchronous), 0);
    assert_int_equal(b_of(bench.m.normal), 0x15555); // a synchronous one waits for the clock
    bench.read_b(3);
    assert_int_equal(b_of(bench.m.normal), 0);
    assert_int_equal(b_of(bench.m.outreg), 0);
    bench.m.rst_b = 0, bench.m.ce_b = bench.m.oce_b = 1;
    bench.read_b(3);
    assert_int_equal(b_of(bench.m.normal), 0x15555);
    assert_int_equal(b_of(bench.m.asynchronous), 0x15555);

    bench.m.rst_a = 1; // of the writing port
    bench.write_a(3, 0x20000);
    bench.m.rst_a = 0;
    bench.read_b(3);
    assert_int_equal(b_of(bench.m.normal), 0x15555);
    assert_int_equal(b_of(bench.m.asynchronous), 0x20000);
}

void an_inverted_clock_works_at_its_falling_edge(void **)
{
    Bench bench;
    bench.write_a(4, 0x04444);
    bench.read_b(4);
    assert_int_equal(b_of(bench.m.falling), 0x04444);
    bench.m.ad_b = 0;
    bench.m.clk_b = 1;
    bench.m.eval();
    assert_int_equal(b_of(bench.m.falling), 0x04444);
    assert_int_equal(b_of(bench.m.normal), 0);
}

void both_ports_may_write_one_word_at_one_edge(void **)
{
    Bench bench;
    bench.m.we_a = bench.m.we_b = 1;
    bench.m.ad_a = 8 << 4 | 1, bench.m.di_a = 0x3FE55;
    bench.m.ad_b = 8 << 4 | 2, bench.m.di_b = 0x2D1FF;
    bench.edge(true, true);
    bench.m.we_a = bench.m.we_b = 0;
    bench.read_a(8);
    assert_int_equal(a_of(bench.m.normal), 0x2D055);
}

// The hardware leaves it open; nobody shall get away with it.
void a_bit_read_at_the_edge_that_writes_it_is_wrong(void **)
{
    Bench bench;
    bench.write_a(7, 0x0F0F0);
    bench.m.we_a = 1, bench.m.ad_a = 7 << 4 | 1, bench.m.di_a = 0x0F0F0;
    bench.m.ad_b = 7 << 4;
    bench.edge(true, true);
    bench.m.we_a = 0;
    assert_int_equal(b_of(bench.m.normal), 0x0F0F0 ^ 0x1FF);
    bench.read_b(7);
    assert_int_equal(b_of(bench.m.normal), 0x0F0F0);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(ports_of_different_widths_share_one_memory),
        cmocka_unit_test(the_memory_starts_as_the_parameters_say),
        cmocka_unit_test(the_write_mode_says_what_the_writing_port_reads),
        cmocka_unit_test(a_port_without_clock_enable_or_select_does_nothing),
        cmocka_unit_test(the_output_register_follows_a_clock_later_and_has_its_own_enable),
        cmocka_unit_test(a_reset_clears_the_outputs_and_not_the_memory),
        cmocka_unit_test(an_inverted_clock_works_at_its_falling_edge),
        cmocka_unit_test(both_ports_may_write_one_word_at_one_edge),
        cmocka_unit_test(a_bit_read_at_the_edge_that_writes_it_is_wrong),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
