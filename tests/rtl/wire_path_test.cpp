// SPDX-License-Identifier: BSD-2-Clause
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
    uint64_t wire_end = 0; // when the latest frame's last byte came on the wire
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
        dut.cfg_valid = 0;
        run(20);
        dut.wire_rx_rst = dut.wire_tx_rst = dut.usb_rst = 0;
        run(30);
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

static Bytes request(const Bytes &sha, uint32_t spa)
{
    return padded(arp_packet(BROADCAST, sha, 1, sha, spa, ZERO, OURS));
}

static Bytes reply_on_wire(const Bytes &sha, uint32_t spa)
{
    return joined(
        {Bytes(7, 0x55), {0xD5}, with_fcs(padded(arp_packet(sha, STATION, 2, STATION, OURS, sha, spa)))});
}

static void an_arp_reply_leaves_within_16_byte_times(void **)
{
    uint64_t worst = 0;
    for (uint64_t phase = 0; phase < 8000; phase += 500) {
        Bench bench(90, 8000, phase);
        bench.put(request(PEER, THEIRS));
        bench.run_out();
        assert_int_equal(bench.sent.size(), 1);
        assert_true(bench.sent[0].bytes == reply_on_wire(PEER, THEIRS));
        worst = std::max(worst, bench.sent[0].begin - bench.wire_end);
    }
    printf("# ARP: from the request's last FCS byte to the reply's first preamble byte: %.2f byte times\n",
           (double)worst / 8000);
    assert_true(worst <= 16 * 8000);
}

static void a_line_rate_flood_of_requests_is_answered_one_by_one(void **)
{
    for (uint64_t tx_period : {7999u, 8000u}) {
        Bench bench(91, tx_period, 3000);
        std::vector<Bytes> expected;
        for (int i = 0; i < 500; i++) {
            Bytes sha = bench.random.bytes(6);
            sha[0] &= 0xFE;
            bench.put(request(sha, THEIRS + (uint32_t)i));
            expected.push_back(reply_on_wire(sha, THEIRS + (uint32_t)i));
        }
        bench.run_out();
        assert_int_equal(bench.sent.size(), expected.size());
        for (size_t i = 0; i < expected.size(); i++)
            assert_true(bench.sent[i].bytes == expected[i]);
        assert_int_equal(bench.counters[WEIR_CNT_RX_ARP_ANSWERED], 500);
        assert_int_equal(bench.counters[WEIR_CNT_ARP_QUEUE_FULL], 0);
    }
}

static void requests_faster_than_replies_are_dropped_whole_and_counted(void **)
{
    Bench bench(92, 8001);
    for (int i = 0; i < 1000; i++)
        bench.put(request(PEER, THEIRS), bench.random.below(8), 1 + bench.random.below(12));
    bench.run_out();
    assert_int_equal(bench.counters[WEIR_CNT_RX_ARP_ANSWERED], 1000);
    assert_true(bench.counters[WEIR_CNT_ARP_QUEUE_FULL] > 0);
    assert_int_equal(bench.sent.size() + bench.counters[WEIR_CNT_ARP_QUEUE_FULL], 1000);
    for (const auto &frame : bench.sent)
        assert_true(frame.bytes == reply_on_wire(PEER, THEIRS));
}

static void at_least_16_replies_wait_behind_a_long_frame(void **)
{
    Bench bench(93);
    bench.data.push_back(Bytes(9000, 0x77));
    bench.run(20);
    for (int i = 0; i < 16; i++)
        bench.put(request(PEER, THEIRS));
    bench.run_out();
    bench.run(9000);
    assert_int_equal(bench.sent.size(), 17);
    assert_int_equal(bench.counters[WEIR_CNT_ARP_QUEUE_FULL], 0);
}

static void a_flood_leaves_the_host_every_other_frame(void **)
{
    Bench bench(94, 8001);
    for (int i = 0; i < 100; i++)
        bench.data.push_back(Bytes(60, 0x77));
    for (int i = 0; i < 200; i++)
        bench.put(request(PEER, THEIRS));
    bench.run_out();
    unsigned in_a_row = 0;
    bool host_done = false;
    for (size_t i = 0, host = 0; i < bench.sent.size() && !host_done; i++) {
        bool ours = bench.sent[i].bytes[8] == 0x77;
        in_a_row = ours ? 0 : in_a_row + 1;
        host += ours;
        assert_true(in_a_row <= 1);
        host_done = host == 100;
    }
    assert_true(host_done);
}

static void random_traffic_reaches_the_host_whole_and_flagged_or_not_at_all(void **)
{
    Bench bench(95, 8001, 1234);
    RxModel model;
    model.control = WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY;
    model.station = STATION;
    model.arp = {OURS};
    for (unsigned reads : {16u, 6u, 1u}) {
        bench.host_reads = reads;
        bench.received.clear();
        std::fill(bench.counters, bench.counters + 16, 0);
        std::deque<Bench::Received> expected;
        unsigned sent = 0;
        for (int i = 0; i < 600; i++, sent++) {
            Bytes destination = bench.random.one_in(4) ? BROADCAST : bench.random.one_in(4) ? PEER : STATION;
            Bytes frame = padded(random_ipv4(bench.random, destination));
            if (bench.random.one_in(10))
                frame = request(PEER, THEIRS);
            bool broken = bench.random.one_in(10);
            bench.put(frame, bench.random.below(8), 1);
            if (broken)
                bench.wire[bench.wire.size() - 30] ^= 0x10;
            bench.wire.insert(bench.wire.end(), reads == 16 ? 2 * frame.size() : bench.random.below(12), -1);
            if (!broken && model.judge(frame, false, false, false, 1 << 14).counter == WEIR_CNT_RX_FRAMES)
                expected.push_back({frame, model.judge(frame, false, false, false, 1 << 14).flags});
        }
        bench.run_out();
        bench.host_reads = 16;
        bench.run(20000);
        unsigned counted = 0;
        for (unsigned i = 0; i < 10; i++)
            counted += bench.counters[i];
        assert_int_equal(counted, sent);
        assert_int_equal(bench.received.size(), bench.counters[WEIR_CNT_RX_FRAMES]);
        assert_int_equal(bench.received.size() + bench.counters[WEIR_CNT_RX_OVERFLOW], expected.size());
        assert_int_equal(bench.counters[WEIR_CNT_RX_OVERFLOW] == 0, reads == 16);
        for (const auto &got : bench.received) { // in order, with only overflowed frames missing
            while (!expected.empty() && expected.front().bytes != got.bytes)
                expected.pop_front();
            assert_false(expected.empty());
            assert_int_equal(got.flags & ~WEIR_F_TIMESTAMP, expected.front().flags);
            expected.pop_front();
        }
    }
}

// How many usb_clk behind the arrival of its first byte a frame's stamp is.
static double usb_clocks_late(const Bench &bench, const Bench::Received &frame, uint64_t arrived)
{
    uint64_t late = (frame.stamp - bench.time_preset - arrived / 1000) & TIME_MASK;
    return (double)late * 1000 / (double)bench.usb.period;
}

// Frames of every size, back to back at the least gap there is (12 byte times, and 8 of preamble).
static void every_stamp_is_one_to_two_usb_clocks_behind_the_first_byte(void **)
{
    for (uint64_t rx_period : {8000u, 80000u, 800000u})
        for (uint64_t usb_period : {16667u, 20833u}) {
            Bench bench(96);
            bench.rx.period = rx_period;
            bench.usb.period = usb_period;
            bench.host_reads = 16;
            bench.time_preset = TIME_MASK - 40000; // wraps on the way
            bench.arrived.clear();
            for (unsigned i = 0; i < 60; i++) {
                bench.put(joined({STATION, bench.random.bytes(i < 30 ? 54 : 54 + bench.random.below(100))}));
                if (i % 10 == 9) // as many as the memory holds
                    bench.run((unsigned)(bench.wire.size() * (rx_period / 8000)) + 3000);
            }
            assert_int_equal(bench.received.size(), 60);
            for (size_t i = 0; i < 60; i++) {
                assert_true(bench.received[i].flags & WEIR_F_TIMESTAMP);
                double late = usb_clocks_late(bench, bench.received[i], bench.arrived[i]);
                if (late < 0.93 || late > 2.07) // both times are rounded down to a ns
                    fail_msg("%.2f usb_clk late", late);
            }
        }
}

// Gaps and preambles shorter than a PHY gives: a stamp is right, or it is not there.
static void no_stamp_is_wrong_however_close_frames_and_fragments_follow(void **)
{
    for (uint64_t rx_period : {8000u, 800000u}) {
        Bench bench(97);
        bench.rx.period = rx_period;
        bench.host_reads = 16;
        bench.arrived.clear();
        std::vector<size_t> whole; // index among those that arrived
        std::vector<bool> near;    // behind another one
        unsigned before = 20;      // byte times from the last frame or fragment
        for (size_t i = 0; i < 400; i++) {
            unsigned preamble = bench.random.below(8), gap = 1 + bench.random.below(12);
            if (bench.random.one_in(4)) {
                bench.wire.insert(bench.wire.end(), preamble, 0x55);
                bench.wire.push_back(0xD5);
                bench.wire.insert(bench.wire.end(), bench.random.below(9), 0xA5);
                bench.wire.insert(bench.wire.end(), gap, -1);
                before = 0;
                continue;
            }
            whole.push_back(i);
            near.push_back(before + preamble < 12);
            bench.put(joined({STATION, bench.random.bytes(54)}), preamble, gap);
            before = gap;
            if (whole.size() % 10 == 0)
                bench.run((unsigned)(bench.wire.size() * (rx_period / 8000)) + 3000);
        }
        bench.run((unsigned)(bench.wire.size() * (rx_period / 8000)) + 3000);
        assert_int_equal(bench.received.size(), whole.size());
        unsigned without = 0;
        for (size_t i = 0; i < whole.size(); i++) {
            bool stamped = bench.received[i].flags & WEIR_F_TIMESTAMP;
            assert_true(stamped || near[i]);
            without += !stamped;
            if (stamped) {
                double late = usb_clocks_late(bench, bench.received[i], bench.arrived[whole[i]]);
                assert_true(late > 0.93 && late < 2.07);
            }
        }
        assert_in_range(without, 1, whole.size() / 2);
    }
}

static void frames_that_arrive_while_usb_clk_stands_still_go_up_without_a_stamp(void **)
{
    Bench bench(98);
    bench.host_reads = 16;
    for (unsigned frames = 2; frames <= 5; frames++) {
        bench.received.clear();
        bench.arrived.clear();
        bench.usb_stands = true;
        for (unsigned i = 0; i < frames; i++)
            bench.put(joined({STATION, bench.random.bytes(54)}));
        bench.run(600);
        bench.usb_stands = false;
        bench.run(100);
        bench.put(joined({STATION, bench.random.bytes(54)}));
        bench.run_out();
        assert_int_equal(bench.received.size(), frames + 1);
        for (unsigned i = 0; i < frames; i++)
            assert_false(bench.received[i].flags & WEIR_F_TIMESTAMP);
        assert_true(bench.received[frames].flags & WEIR_F_TIMESTAMP);
        double late = usb_clocks_late(bench, bench.received[frames], bench.arrived[frames]);
        assert_true(late > 0.93 && late < 2.07);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arp_reply_leaves_within_16_byte_times),
        cmocka_unit_test(a_line_rate_flood_of_requests_is_answered_one_by_one),
        cmocka_unit_test(requests_faster_than_replies_are_dropped_whole_and_counted),
        cmocka_unit_test(at_least_16_replies_wait_behind_a_long_frame),
        cmocka_unit_test(a_flood_leaves_the_host_every_other_frame),
        cmocka_unit_test(random_traffic_reaches_the_host_whole_and_flagged_or_not_at_all),
        cmocka_unit_test(every_stamp_is_one_to_two_usb_clocks_behind_the_first_byte),
        cmocka_unit_test(no_stamp_is_wrong_however_close_frames_and_fragments_follow),
        cmocka_unit_test(frames_that_arrive_while_usb_clk_stands_still_go_up_without_a_stamp),
    };
    return RUN_WIRE_TESTS(tests);
}
