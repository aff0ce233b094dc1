// SPDX-License-Identifier: BSD-2-Clause
//
// The card's wire side from a PHY's pins to the host, and what it has to do at every speed. A bench adds the
// pins: Dut and Phy, put(), and the wire's clocks.
#ifndef PIN_PATH_BENCH_H
#define PIN_PATH_BENCH_H

#include "rx_frames.h"
#include "rx_model.h"
#include <algorithm>
#include <deque>
#include <functional>

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01};
static const Bytes PEER = {0x02, 0x12, 0x34, 0x56, 0x78, 0x9A};
static const Bytes BROADCAST(6, 0xFF), ZERO(6, 0);
static const uint32_t OURS = 0xC0A80102, THEIRS = 0xC0A80163;

template <class Dut, class Phy> struct PathBench {
    struct Clock {
        uint64_t period, next; // ps
        std::function<void()> edge;
    };
    struct Received {
        Bytes bytes;
        unsigned flags;
        uint64_t stamp; // ns
    };
    Dut dut;
    Random random;
    Phy phy;
    uint64_t byte_time; // ps
    std::vector<Clock> clocks;
    uint64_t now = 0, usb_period = 16667;

    std::deque<Bytes> data; // the host's frames to send
    size_t data_at = 0;
    std::vector<Received> received;
    Bytes open;
    std::vector<uint64_t> arrived, ended, left; // first byte in, last byte in, first bit of a preamble out
    bool sending = false;
    unsigned counters[16] = {};

    PathBench(unsigned speed, uint64_t seed, uint64_t ps) : random(seed), phy(speed, random), byte_time(ps)
    {
        clocks.push_back({usb_period, 1000, [this] { edge_usb(); }});
    }

    void start()
    {
        dut.cfg_valid = dut.s_valid = 0;
        run(70); // the address table is being cleared
        configure(WEIR_TABLE_RX_CONTROL, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        configure(WEIR_TABLE_ARP, 1ull << 63 | OURS);
        configure(WEIR_TABLE_ARP_RATE, 0);
        run(40);
    }
    void run(unsigned byte_times)
    {
        for (uint64_t end = now + byte_times * byte_time; now < end;) {
            Clock &clock = *std::min_element(clocks.begin(), clocks.end(),
                                             [](const Clock &a, const Clock &b) { return a.next < b.next; });
            now = clock.next;
            clock.next += clock.period;
            clock.edge();
        }
    }
    void run_out()
    {
        while (!phy.pins.empty() || !data.empty())
            run(100);
        run(2000);
    }
    void configure(unsigned table, uint64_t value)
    {
        dut.cfg_table = (uint8_t)table;
        dut.cfg_index = 0;
        dut.cfg_data = value;
        dut.cfg_valid = 1;
        while (dut.cfg_valid)
            run(1);
        run(2); // a write takes three clocks
    }
    // A frame with its FCS, and a gap. Of the carrier and the preamble it has what the PHY's bench leaves it.
    std::function<void(const Bytes &frame, long error_at)> put;

    // Around an edge of the receive clock, of the transmit clock.
    template <class Edge> void receive_edge(Edge edge)
    {
        edge();
        dut.cfg_valid = 0;
        for (unsigned i = 0; i < 16; i++)
            counters[i] += dut.events >> i & 1;
    }
    template <class Pins> Pins watched(Pins pins, uint64_t lasts)
    {
        if (pins.first)
            arrived.push_back(now);
        if (pins.last)
            ended.push_back(now + lasts);
        return pins;
    }
    template <class Edge> void transmit_edge(Edge edge)
    {
        bool taken = dut.s_valid && dut.s_ready;
        edge();
        if (taken && ++data_at == data.front().size()) {
            data.pop_front();
            data_at = 0;
        }
        dut.s_valid = !data.empty();
        if (dut.s_valid) {
            dut.s_data = data.front()[data_at];
            dut.s_last = data_at + 1 == data.front().size();
        }
    }
    void leaves(bool active)
    {
        if (active && !sending)
            left.push_back(now);
        sending = active;
    }

  private:
    void edge_usb()
    {
        if (dut.m_valid) {
            open.push_back(dut.m_data);
            if (dut.m_last) {
                received.push_back({open, dut.m_meta, dut.m_stamp});
                open.clear();
            }
        }
        dut.usb_clk = 1;
        dut.eval();
        dut.usb_clk = 0;
        dut.usb_time = now / 1000;
        dut.eval();
    }
};

static inline Bytes arp_request(const Bytes &sha, uint32_t spa)
{
    return padded(arp_packet(BROADCAST, sha, 1, sha, spa, ZERO, OURS));
}
static inline Bytes on_wire(const Bytes &frame)
{
    return joined({Bytes(7, 0x55), {0xD5}, with_fcs(padded(frame))});
}

// Traffic both ways at once, some of it broken, some of it ARP.
template <class Bench> void check_traffic(Bench &bench, unsigned frames)
{
    RxModel model;
    model.control = WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY;
    model.station = STATION;
    model.arp = {OURS};
    std::vector<std::pair<Bytes, unsigned>> expected;
    std::vector<Bytes> from_host, replies;
    unsigned broken = 0;
    for (unsigned i = 0; i < frames; i++) {
        bool request = bench.random.one_in(5), spoilt = bench.random.one_in(6);
        Bytes sha = joined({{0x02}, bench.random.bytes(5)});
        Bytes frame = request ? arp_request(sha, THEIRS + i)
                              : padded(random_ip(bench.random, bench.random.one_in(4) ? BROADCAST : STATION));
        bool symbol = spoilt && bench.random.one_in(2);
        Bytes bytes = with_fcs(frame);
        if (spoilt && !symbol)
            bytes[bench.random.below((unsigned)bytes.size())] ^= 0x10;
        bench.put(bytes, symbol ? (long)bench.random.below((unsigned)bytes.size()) : -1);
        broken += spoilt;
        if (spoilt)
            continue;
        auto verdict = model.judge(frame, false, false, false, 1 << 14);
        if (verdict.counter == WEIR_CNT_RX_FRAMES)
            expected.push_back({frame, verdict.flags});
        if (request)
            replies.push_back(on_wire(arp_packet(sha, STATION, 2, STATION, OURS, sha, THEIRS + i)));
        from_host.push_back(bench.random.bytes(1 + bench.random.below(300)));
        bench.data.push_back(from_host.back());
    }
    bench.run_out();
    assert_true(broken > 0 && replies.size() > 0 && expected.size() > 0);
    assert_int_equal(bench.counters[WEIR_CNT_RX_FCS_ERROR] + bench.counters[WEIR_CNT_RX_SYMBOL_ERROR],
                     broken);
    assert_true(bench.counters[WEIR_CNT_RX_FCS_ERROR] > 0 && bench.counters[WEIR_CNT_RX_SYMBOL_ERROR] > 0);
    assert_int_equal(bench.received.size(), expected.size());
    for (size_t i = 0; i < expected.size(); i++) {
        assert_true(bench.received[i].bytes == expected[i].first);
        assert_int_equal(bench.received[i].flags & ~WEIR_F_TIMESTAMP, expected[i].second);
    }
    size_t host = 0, reply = 0;
    for (const auto &sent : bench.phy.sent) {
        if (reply < replies.size() && sent.bytes == replies[reply])
            reply++;
        else if (host < from_host.size() && sent.bytes == on_wire(from_host[host]))
            host++;
        else
            fail_msg("a frame that nobody sent, after %zu of the host and %zu replies", host, reply);
    }
    assert_int_equal(host, from_host.size());
    assert_int_equal(reply, replies.size());
}

// From the last bit of the request's FCS to the first of the reply's preamble, in byte times.
template <class Bench> double arp_latency(Bench &bench)
{
    double worst = 0;
    for (unsigned i = 0; i < 20; i++) {
        bench.put(with_fcs(arp_request(PEER, THEIRS)), -1);
        bench.run_out();
        bench.run(bench.random.below(40));
        assert_int_equal(bench.left.size(), i + 1);
        worst = std::max(worst, (double)(bench.left.back() - bench.ended.back()) / (double)bench.byte_time);
    }
    return worst;
}

// How much the stamps of frames differ in their distance from the first bit behind the SFD, in ns.
template <class Bench> double stamp_spread(Bench &bench)
{
    double least = 1e12, most = 0;
    for (unsigned i = 0; i < 100; i++) {
        bench.put(with_fcs(joined({STATION, bench.random.bytes(54)})), -1);
        bench.run(100 + bench.random.below(40));
    }
    bench.run_out();
    assert_int_equal(bench.received.size(), 100);
    for (size_t i = 0; i < 100; i++) {
        assert_true(bench.received[i].flags & WEIR_F_TIMESTAMP);
        double late = (double)bench.received[i].stamp - (double)bench.arrived[i] / 1000;
        least = std::min(least, late);
        most = std::max(most, late);
    }
    assert_true(least > 0 && most < 3 * (double)bench.byte_time / 1000 + 100);
    return most - least;
}

#endif
