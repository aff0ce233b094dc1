// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <deque>

#include "Vloop_path.h"
#include "clocks.h"

typedef std::vector<uint8_t> Bytes;

// The MAC with its two clocks. A byte time is every tx_every-th clock, and rx_every-th of the PHY's side.
struct Bench {
    Vloop_path m;
    Clocks<Vloop_path> clocks;
    std::deque<Bytes> to_send;
    size_t sent_bytes = 0;
    std::vector<Bytes> came;
    std::vector<bool> wrong;
    Bytes open;
    unsigned tx_every, rx_every, tx_count = 0, rx_count = 0, out_bytes = 0;
    std::deque<Bytes> from_wire; // as the PHY's side gives them, preamble and FCS included
    size_t wire_at = 0;

    Bench(double tx_mhz, double rx_mhz, unsigned tx_div = 1, unsigned rx_div = 1)
        : clocks(m, {tx_mhz, rx_mhz}), tx_every(tx_div), rx_every(rx_div)
    {
        clocks.pins = {&m.tx_clk, &m.rx_clk};
        clocks.on_rise[0] = [this](bool before) { tx(before); };
        clocks.on_rise[1] = [this](bool before) { rx(before); };
        m.tx_rst = m.rx_rst = 1;
        clocks.run(1000);
        m.tx_rst = m.rx_rst = 0;
        clocks.run(1000);
    }
    void tx(bool before)
    {
        if (before) {
            out_bytes += m.tx_ce && m.gmii_tx_en;
            if (m.s_valid && m.s_ready && ++sent_bytes == to_send.front().size()) {
                to_send.pop_front();
                sent_bytes = 0;
            }
            return;
        }
        m.tx_ce = ++tx_count % tx_every == 0;
        m.s_valid = !to_send.empty();
        if (m.s_valid) {
            m.s_data = to_send.front()[sent_bytes];
            m.s_last = sent_bytes + 1 == to_send.front().size();
        }
    }
    void rx(bool before)
    {
        if (before) {
            if (m.m_valid)
                open.push_back(m.m_data);
            if (m.m_valid && m.m_last) {
                came.push_back(open);
                wrong.push_back(m.m_error);
                open.clear();
            }
            if (m.rx_ce && m.gmii_rx_dv && ++wire_at == from_wire.front().size()) {
                from_wire.pop_front();
                wire_at = 0;
                m.gmii_rx_dv = 0;
                return;
            }
            return;
        }
        m.rx_ce = ++rx_count % rx_every == 0;
        bool gap = wire_at == 0 && rx_count % 64 != 0;
        m.gmii_rx_dv = !from_wire.empty() && (!gap || m.gmii_rx_dv);
        if (m.gmii_rx_dv)
            m.gmii_rxd = from_wire.front()[wire_at];
    }
    void loop(bool on)
    {
        m.loop = on;
        clocks.run(2000);
    }
    void finish()
    {
        for (int i = 0; i < 100000 && !(to_send.empty() && from_wire.empty()); i++)
            clocks.run(1000);
        clocks.run(20000);
    }
    // Sends frames of many lengths back to back and compares what comes back.
    void round(uint64_t seed)
    {
        Random random(seed);
        std::vector<Bytes> sent;
        for (size_t length : {60, 61, 64, 100, 333, 1514, 9600, 60, 60, 60, 1000, 9600, 60}) {
            Bytes frame(length);
            for (auto &byte : frame)
                byte = (uint8_t)random.next();
            to_send.push_back(frame);
            sent.push_back(frame);
        }
        finish();
        assert_int_equal(came.size(), sent.size());
        for (size_t i = 0; i < sent.size(); i++) {
            assert_true(came[i] == sent[i]);
            assert_false(wrong[i]);
        }
        came.clear();
        wrong.clear();
    }
};

static void frames_come_back_whatever_the_clocks(void **)
{
    static const struct {
        double tx, rx;
        unsigned tx_every, rx_every;
    } kinds[] = {
        {125, 125, 1, 1}, // 1000 Mb/s
        {125.0125, 124.9875, 1, 1},
        {124.9875, 125.0125, 1, 1}, // at the ends of what IEEE 802.3 allows
        {125, 25, 10, 2},           // 100 Mb/s by RGMII
        {125, 2.5, 100, 2},         // 10 Mb/s
        {125, 125, 100, 1},         // no link: a PHY that keeps its fastest clock
        {50, 50, 4, 4},             // RMII
    };
    for (auto &kind : kinds) {
        Bench bench(kind.tx, kind.rx, kind.tx_every, kind.rx_every);
        bench.loop(true);
        bench.round(1);
        assert_int_equal(bench.out_bytes, 0);
        bench.loop(false);
    }
}

static void nothing_goes_out_or_comes_in_while_looped_and_all_does_before_and_after(void **)
{
    Bench bench(125, 125);
    Bytes wire(72, 0x55);
    wire[7] = 0xD5;

    for (int i = 0; i < 3; i++) {
        bench.to_send.push_back(Bytes(60, 1));
        bench.from_wire.push_back(wire);
        bench.finish();
        assert_int_equal(bench.out_bytes, (i + 1) * 72); // preamble, frame, FCS
        assert_int_equal(bench.came.size(), 1);
        assert_true(bench.wrong[0]); // the wire's frame has no FCS
        bench.came.clear();
        bench.wrong.clear();

        bench.loop(true);
        bench.from_wire.push_back(wire);
        bench.round(7);
        assert_int_equal(bench.out_bytes, (i + 1) * 72);
        bench.loop(false);
    }
}

static void a_frame_on_its_way_out_when_the_loop_begins_goes_out_whole(void **)
{
    for (unsigned after = 1; after < 90; after++) {
        Bench bench(125, 125);
        bench.to_send.push_back(Bytes(60, 1));
        bench.clocks.run(8 * after);
        bench.m.loop = 1;
        bench.finish();
        assert_true(bench.out_bytes == 72 || bench.out_bytes == 0);
        bench.round(after); // and what comes behind it comes back
    }
}

static void where_the_loop_ends_no_half_frame_of_the_wire_is_taken(void **)
{
    for (unsigned after = 1; after < 90; after++) {
        Bench bench(125, 125);
        Bytes wire(200, 0x55); // with what looks like a beginning all over it
        for (size_t i = 7; i < wire.size(); i += 2)
            wire[i] = 0xD5;
        bench.loop(true);
        bench.from_wire.push_back(wire);
        while (bench.wire_at < after)
            bench.clocks.run(8);
        bench.m.loop = 0;
        bench.finish();
        assert_int_equal(bench.came.size(), 0);
        bench.from_wire.push_back(wire);
        bench.finish();
        assert_int_equal(bench.came.size(), 1);
    }
}

static void a_frame_on_its_way_back_when_the_loop_ends_comes_back_whole(void **)
{
    static const double rx_mhz[] = {125, 124.9875, 125.0125};
    for (double mhz : rx_mhz)
        for (unsigned after = 1; after < 110; after++) {
            Bench bench(125, mhz);
            Bytes frame(60);
            for (size_t i = 0; i < frame.size(); i++)
                frame[i] = (uint8_t)(i * 7 + after);
            bench.loop(true);
            bench.to_send.push_back(frame);
            bench.clocks.run(8 * after);
            bench.m.loop = 0;
            bench.finish();
            // All of it came back, or went out.
            assert_int_equal(bench.came.size() + (bench.out_bytes != 0), 1);
            if (bench.came.size()) {
                assert_true(bench.came[0] == frame);
                assert_false(bench.wrong[0]);
            } else {
                assert_int_equal(bench.out_bytes, 72);
            }
        }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_whatever_the_clocks),
        cmocka_unit_test(nothing_goes_out_or_comes_in_while_looped_and_all_does_before_and_after),
        cmocka_unit_test(a_frame_on_its_way_out_when_the_loop_begins_goes_out_whole),
        cmocka_unit_test(a_frame_on_its_way_back_when_the_loop_ends_comes_back_whole),
        cmocka_unit_test(where_the_loop_ends_no_half_frame_of_the_wire_is_taken),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
