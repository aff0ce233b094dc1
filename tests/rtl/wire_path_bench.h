// SPDX-License-Identifier: BSD-2-Clause
//
// The card's wire side (wire_path.v) between a wire and a host, in a time of its own.
#ifndef WIRE_PATH_BENCH_H
#define WIRE_PATH_BENCH_H

#include "rx_frames.h"
#include "rx_model.h"
#include "Vwire_path.h"
#include <deque>

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01};
static const Bytes PEER = {0x02, 0x12, 0x34, 0x56, 0x78, 0x9A};
static const Bytes BROADCAST(6, 0xFF), ZERO(6, 0);
static const uint64_t TIME_MASK = (uint64_t{1} << 40) - 1; // bits of a time stamp
static const uint32_t OURS = 0xC0A80102, THEIRS = 0xC0A80163;

// The wire side between a wire and a host, each of its three clocks with a period and a phase of its own.
// Picoseconds.
struct Bench {
    struct Clock {
        uint64_t period, next;
    };
    Vwire_path dut;
    Clock rx, tx, usb = {16667, 1000};
    uint64_t now = 0;
    bool usb_stands = false;
    uint64_t time_preset = 0; // ns

    std::deque<int> wire;   // what comes next on the GMII: a byte, or -1 for a byte time of gap
    std::deque<Bytes> data; // the host's frames to send
    size_t data_at = 0;
    unsigned host_reads = 1; // reads in this many of 16 clocks

    struct Sent {
        Bytes bytes;
        uint64_t begin;
    };
    std::vector<Sent> sent;
    uint64_t wire_end = 0;         // when the latest frame's last byte came on the wire
    std::vector<uint64_t> arrived; // when mac_rx sampled each frame's first byte
    bool in_preamble = false;
    struct Received {
        Bytes bytes;
        unsigned flags;
        uint64_t stamp = 0; // ns
    };
    std::vector<Received> received;
    Bytes open;
    unsigned counters[16] = {};
    Random random;

    explicit Bench(uint64_t seed, uint64_t tx_period = 8000, uint64_t tx_phase = 0)
        : rx{8000, 8000}, tx{tx_period, 8000 + tx_phase}, random(seed)
    {
        dut.wire_rx_rst = dut.wire_tx_rst = dut.usb_rst = 1;
        dut.gmii_rx_ce = dut.gmii_tx_ce = 1;
        dut.cfg_valid = 0;
        run(20);
        dut.wire_rx_rst = dut.wire_tx_rst = dut.usb_rst = 0;
        run(70); // the address table is being cleared
        configure(WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        configure(WEIR_TABLE_ARP, 0, 1ull << 63 | OURS);
        configure(WEIR_TABLE_ARP_RATE, 0, 0);
    }

    void edge_rx()
    {
        dut.wire_rx_clk = 1;
        dut.eval();
        dut.wire_rx_clk = 0;
        dut.eval();
        for (unsigned i = 0; i < 16; i++)
            counters[i] += dut.events >> i & 1;
        dut.cfg_valid = 0;
        bool was_on = dut.gmii_rx_dv;
        int next = wire.empty() ? -1 : wire.front();
        if (!wire.empty())
            wire.pop_front();
        in_preamble = next >= 0 && (in_preamble || !was_on);
        if (in_preamble && next == 0xD5) {
            in_preamble = false;
            arrived.push_back(now + 2 * rx.period); // the SFD is sampled at the next edge
        }
        dut.gmii_rx_dv = next >= 0;
        dut.gmii_rxd = (uint8_t)next;
        if (was_on && next < 0)
            wire_end = now - rx.period;
    }
    void edge_tx()
    {
        bool taken = dut.s_valid && dut.s_ready, was_on = dut.gmii_tx_en;
        dut.wire_tx_clk = 1;
        dut.eval();
        dut.wire_tx_clk = 0;
        dut.eval();
        assert_false(dut.gmii_tx_er);
        if (dut.gmii_tx_en) {
            if (!was_on)
                sent.push_back({{}, now});
            sent.back().bytes.push_back(dut.gmii_txd);
        }
        if (taken && ++data_at == data.front().size()) {
            data.pop_front();
            data_at = 0;
        }
        dut.s_valid = !data.empty();
        if (dut.s_valid) {
            dut.s_data = data.front()[data_at];
            dut.s_last = data_at + 1 == data.front().size();
        }
        dut.eval();
    }
    void edge_usb()
    {
        dut.m_ready = random.below(16) < host_reads;
        dut.eval();
        if (dut.m_valid && dut.m_ready) {
            open.push_back(dut.m_data);
            if (dut.m_last) {
                assert_int_equal(open.size(), dut.m_length);
                received.push_back({open, dut.m_meta, dut.m_stamp});
                open.clear();
            }
        }
        dut.usb_clk = 1;
        dut.eval();
        dut.usb_clk = 0;
        dut.usb_time = (now / 1000 + time_preset) & TIME_MASK;
        dut.eval();
    }
    void run(unsigned byte_times)
    {
        uint64_t end = now + byte_times * 8000ull;
        while (now < end) {
            now = std::min(rx.next, std::min(tx.next, usb.next));
            if (rx.next == now) {
                rx.next += rx.period;
                edge_rx();
            } else if (tx.next == now) {
                tx.next += tx.period;
                edge_tx();
            } else {
                usb.next += usb.period;
                if (!usb_stands)
                    edge_usb();
            }
        }
    }
    void configure(unsigned table, unsigned index, uint64_t data)
    {
        dut.cfg_valid = 1;
        dut.cfg_table = (uint8_t)table;
        dut.cfg_index = (uint8_t)index;
        dut.cfg_data = data;
        run(4);
    }
    void put(const Bytes &frame, unsigned preamble = 7, unsigned gap = 12)
    {
        wire.insert(wire.end(), preamble, 0x55);
        wire.push_back(0xD5);
        for (uint8_t byte : with_fcs(frame))
            wire.push_back(byte);
        wire.insert(wire.end(), gap, -1);
    }
    void run_out()
    {
        run((unsigned)wire.size() + 3000);
    }
};

#endif
