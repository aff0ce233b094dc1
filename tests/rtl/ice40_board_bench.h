// SPDX-License-Identifier: BSD-2-Clause
//
// An iCE40 board's top as it is placed and routed, at its pins: a USB host (sim/usb_host.h), a LAN8720 with
// its registers, and a cable that leads what is sent back in. So the card has the parameters of the board,
// its memories above all. A bench adds the top, the pins that are USB's, and reads of the cells in
// tests/boards/ice40_cells.v.
#ifndef ICE40_BOARD_BENCH_H
#define ICE40_BOARD_BENCH_H

#include <algorithm>
#include <functional>
#include <string>

#include "mdio_phy.h"
#include "rmii_phy.h"
#include "usb_host.h"
#include "weir_link.h"

struct BoardBench {
    struct Clock {
        uint64_t period, next; // ps
        std::function<void()> edge;
    };
    struct Frame {
        Bytes bytes;
        unsigned flags;
    };
    Random random{7};
    RmiiPhy phy{true, random};
    MdioBus mdio;
    std::vector<Clock> clocks;
    uint64_t now = 0; // ps
    struct usb_host *host = nullptr;
    std::vector<Frame> wire, up; // what was on the cable, with FCS; what has come to the host
    size_t looped = 0;           // of phy.sent

    static const unsigned IN_TRANSFERS = 4;
    weir_usb_transfer in[IN_TRANSFERS];
    std::vector<uint8_t> in_data[IN_TRANSFERS];

    BoardBench()
    {
        mdio.output_delay = 30000;
        mdio.phys[1] = {{0, 0x3100}, {1, 0x782D}, {2, 0x0007}, {3, 0xC0F1}, {4, 0x01E1}, {5, 0x4001 | 0x1E0}};
    }
    ~BoardBench()
    {
        usb_host_fail_all(host);
        usb_host_destroy(host);
    }

    void run(uint64_t ps)
    {
        for (uint64_t end = now + ps; now < end;) {
            Clock &clock = *std::min_element(clocks.begin(), clocks.end(),
                                             [](const Clock &a, const Clock &b) { return a.next < b.next; });
            now = clock.next;
            clock.next += clock.period;
            clock.edge();
        }
    }
    // A frame that the card has sent comes back in by its cable, after the gap that the other end leaves.
    void loop_back()
    {
        for (; looped + (phy.sending() ? 1 : 0) < phy.sent.size(); looped++) {
            const Bytes &bytes = phy.sent[looped].bytes;
            assert_true(bytes.size() > 8 + 64 - 1);
            Bytes frame(bytes.begin() + 8, bytes.end());
            wire.push_back({frame, 0});
            phy.put(frame, 28);
            phy.idle(12);
        }
    }

    // ---- The host ----
    weir_usb_status transfer(weir_usb_transfer &transfer)
    {
        bool done = false;
        transfer.context = &done;
        transfer.complete = [](weir_usb_transfer *t) { *static_cast<bool *>(t->context) = true; };
        usb_host_submit(host, &transfer);
        for (unsigned i = 0; !done; i++) {
            run(10000000);
            assert_in_range(i, 0, 100000); // a second
        }
        return transfer.status;
    }
    Bytes control(uint8_t type, uint8_t request, uint16_t index, Bytes data)
    {
        weir_usb_transfer t = {};
        const uint8_t setup[8] = {type,
                                  request,
                                  0,
                                  0,
                                  (uint8_t)index,
                                  (uint8_t)(index >> 8),
                                  (uint8_t)data.size(),
                                  (uint8_t)(data.size() >> 8)};
        std::copy(setup, setup + 8, t.setup);
        t.buffer = data.data();
        t.length = data.size();
        assert_int_equal(transfer(t), WEIR_USB_OK);
        data.resize(type & 0x80 ? t.actual : data.size());
        return data;
    }
    static uint32_t little(const Bytes &bytes, size_t at, unsigned count)
    {
        uint32_t value = 0;
        while (count-- > 0)
            value = value << 8 | bytes.at(at + count);
        return value;
    }
    uint32_t counter(unsigned index)
    {
        return little(control(0xC0, WEIR_REQ_GET_COUNTERS, 0, Bytes(4 * WEIR_COUNTERS)), 4 * index, 4);
    }
    void write_table(unsigned table, uint64_t value)
    {
        Bytes data = big_endian(value, 8);
        std::reverse(data.begin(), data.end());
        control(0x40, WEIR_REQ_WRITE_TABLE, (uint16_t)(table << 8), data);
    }
    // Power on, until the host has configured the card and the link is up; then the receiver is switched on.
    void start()
    {
        for (unsigned i = 0; usb_host_state(host) != USB_HOST_CONFIGURED; i++) {
            run(100000000);
            if (usb_host_state(host) == USB_HOST_FAILED || i > 10000)
                fail_msg("the host cannot use the card: %s", usb_host_error(host));
        }
        for (unsigned i = 0; !(link_register() & 1); i++) {
            run(100000000);
            assert_in_range(i, 0, 1000);
        }
        write_table(WEIR_TABLE_RX_CONTROL, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        for (unsigned i = 0; i < IN_TRANSFERS; i++) {
            in_data[i].resize(WEIR_IN_TRANSFER_MAX);
            in[i] = {};
            in[i].endpoint = WEIR_EP_IN;
            in[i].buffer = in_data[i].data();
            in[i].length = in_data[i].size();
            in[i].context = this;
            in[i].complete = [](weir_usb_transfer *t) { static_cast<BoardBench *>(t->context)->came(t); };
            usb_host_submit(host, &in[i]);
        }
    }
    unsigned link_register()
    {
        return little(control(0xC0, WEIR_REQ_READ_REG, WEIR_REG_LINK, Bytes(4)), 0, 4);
    }
    void came(weir_usb_transfer *t)
    {
        if (t->status != WEIR_USB_OK)
            return;
        const Bytes bytes(t->buffer, t->buffer + t->actual);
        for (size_t at = 0; at < bytes.size();) {
            assert_int_equal(bytes.at(at + WEIR_REC_MAGIC), WEIR_RECORD_MAGIC);
            const unsigned flags = bytes[at + WEIR_REC_FLAGS];
            const size_t length = little(bytes, at + WEIR_REC_LENGTH, 3) & ((1 << WEIR_LENGTH_BITS) - 1);
            at += WEIR_RECORD_HEADER;
            assert_true(at + length <= bytes.size());
            if (!(flags & WEIR_F_PAD))
                up.push_back({Bytes(bytes.begin() + (long)at, bytes.begin() + (long)(at + length)), flags});
            at += (length + 3) / 4 * 4;
        }
        usb_host_submit(host, t);
    }
    void send(const Bytes &transfer_bytes)
    {
        weir_usb_transfer out = {};
        Bytes data = transfer_bytes;
        if (data.size() % 64 == 0)
            data = joined({data, {WEIR_RECORD_MAGIC, WEIR_F_PAD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}});
        out.endpoint = WEIR_EP_OUT;
        out.buffer = data.data();
        out.length = data.size();
        assert_int_equal(transfer(out), WEIR_USB_OK);
    }
};

// ---- The pins that both boards have, as members of a bench. CELL(path) is its own: what is in the top `dut`
// ----
#define CLOCK_TICK                                                                                           \
    template <class T> void tick(T &clock)                                                                   \
    {                                                                                                        \
        clock = 1;                                                                                           \
        dut.eval();                                                                                          \
        clock = 0;                                                                                           \
        dut.eval();                                                                                          \
    }
#define MDIO_STEP(time)                                                                                      \
    CELL(ethernet__DOT__mdio_pin__DOT__pad) =                                                                \
        mdio.step((time), dut.rmii_mdc, CELL(ethernet__DOT__mdio_pin__DOT__level),                           \
                  CELL(ethernet__DOT__mdio_pin__DOT__drives))
#define RMII_LANE(n, what) CELL(ethernet__DOT__lane__BRA__##n##__KET____DOT__##what)
#define EDGE_WIRE                                                                                            \
    void edge_wire()                                                                                         \
    {                                                                                                        \
        phy.sample((uint8_t)(RMII_LANE(0, txd_pin__DOT__level) | RMII_LANE(1, txd_pin__DOT__level) << 1),    \
                   CELL(ethernet__DOT__tx_en_pin__DOT__level));                                              \
        tick(dut.rmii_ref_clk);                                                                              \
        loop_back();                                                                                         \
        const RmiiPhy::Pins next = phy.next();                                                               \
        RMII_LANE(0, rxd_pin__DOT__pad) = next.rxd & 1;                                                      \
        RMII_LANE(1, rxd_pin__DOT__pad) = next.rxd >> 1;                                                     \
        CELL(ethernet__DOT__crs_dv_pin__DOT__pad) = next.crs_dv;                                             \
    }

// ---- What is asked of a board ----
static const unsigned ETHERNET = 14, HEADER = 54, MSS = 1460;
static const unsigned LEFT_OUT = WEIR_CAP_JUMBO | WEIR_CAP_NCM | WEIR_CAP_COALESCE | WEIR_CAP_TIMESTAMP;

// A record of one superframe to the card itself.
static inline Bytes superframe(const Bytes &station, const Bytes &payload)
{
    const Bytes header =
        joined({station,
                {2, 0, 0, 0, 0, 8},
                {8, 0, 0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 8, 10, 0, 0, 9},
                {0x80, 1, 0, 80, 0, 0, 0, 7, 0, 0, 0, 1, 0x50, 0x18, 1, 0},
                big_endian((0x0A00 + 8 + 0x0A00 + 9 + 6), 2),
                {0, 0}});
    const size_t length = header.size() + payload.size();
    const uint8_t gso = WEIR_GSO_TCPV4 << 4;
    assert_int_equal(header.size(), HEADER);
    return joined({{WEIR_RECORD_MAGIC, WEIR_F_NEEDS_CSUM, 34, 0, 16, 0, MSS & 0xFF, MSS >> 8, HEADER,
                    (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16 | gso)},
                   header,
                   payload,
                   Bytes((4 - length % 4) % 4)});
}

static inline void check_capabilities(BoardBench &bench)
{
    const Bytes caps = bench.control(0xC0, WEIR_REQ_GET_CAPS, 0, Bytes(WEIR_CAPS_SIZE));
    const uint32_t features = bench.little(caps, WEIR_CAPS_FEATURES, 4);
    const uint32_t kept =
        WEIR_CAP_TX_CSUM | WEIR_CAP_RX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO | WEIR_CAP_ARP;
    assert_int_equal(features & LEFT_OUT, 0);
    assert_int_equal(features & kept, kept);
    assert_int_equal(bench.little(caps, WEIR_CAPS_MAX_FRAME, 2), 1518);
    assert_int_equal(bench.little(caps, WEIR_CAPS_TX_MEMORY, 4), 2048);
    assert_int_equal(bench.little(caps, WEIR_CAPS_RX_MEMORY, 4), 4096);
    assert_int_equal(bench.link_register(), 1 | 1 << 1 | 8); // up, 100 Mb/s, full duplex
}

// A superframe goes out, and each of its segments comes back in and up, while the next ones go out.
static inline void check_superframe(BoardBench &bench, const Bytes &station, size_t size)
{
    const Bytes payload = bench.random.bytes(size);
    const size_t segments = (size + MSS - 1) / MSS, before = bench.up.size();
    bench.send(superframe(station, payload));
    for (unsigned i = 0; bench.up.size() < before + segments && i < 10000; i++)
        bench.run(10000000);
    assert_int_equal(bench.up.size(), before + segments);

    size_t at = 0;
    for (size_t i = 0; i < segments; i++) {
        const Bytes &sent = bench.wire[bench.wire.size() - segments + i].bytes,
                    &got = bench.up[before + i].bytes;
        const size_t length = std::min<size_t>(MSS, size - at), unpadded = HEADER + length;
        assert_int_equal(got.size(), std::max<size_t>(60, unpadded));
        assert_int_equal(sent.size(), got.size() + 4);
        assert_true(sent == with_fcs(Bytes(sent.begin(), sent.end() - 4)));
        assert_true(std::equal(got.begin(), got.end(), sent.begin()));
        assert_true(
            std::equal(got.begin() + HEADER, got.begin() + (long)unpadded, payload.begin() + (long)at));
        assert_int_equal(ones_sum16(got.data() + ETHERNET, 20), 0xFFFF);
        assert_int_equal(ones_sum16(got.data() + 26, unpadded - 26, 6 + unpadded - 34), 0xFFFF);
        assert_int_equal(bench.up[before + i].flags, WEIR_F_DATA_VALID);
        at += length;
    }
    assert_int_equal(bench.counter(WEIR_CNT_TX_BAD_RECORD) + bench.counter(WEIR_CNT_RX_OVERFLOW), 0);
}

#endif
