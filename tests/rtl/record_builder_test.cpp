// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <algorithm>
#include <deque>
#include <vector>
#include "Vrecord_builder.h"
#include "clocks.h"
#include "weir_link.h"

namespace
{

using Bytes = std::vector<uint8_t>;

struct Frame {
    Bytes data;
    uint8_t flags;
    uint64_t time = 0; // ns, with WEIR_F_TIMESTAMP
    // Of the coalescer; a frame with WEIR_F_PURE_ACK has one byte that does not count.
    uint8_t flow = 0;
    bool ack = false;
    Bytes notes = Bytes(WEIR_REC_LENGTH - WEIR_REC_CSUM_START);
    size_t length() const
    {
        return flags & WEIR_F_PURE_ACK ? 0 : data.size();
    }
};

struct Transfer {
    Bytes bytes;
    uint64_t begin, end; // clocks
};

// Plays the receive memory on one side and the bulk IN endpoint with its host on the other, a call to `clock`
// at a time.
struct Bench {
    Vrecord_builder m;
    Random random{3};
    uint64_t now = 0; // clocks
    // memory
    std::deque<Frame> waiting;
    size_t position = 0;
    unsigned gap = 0;     // clocks until the next frame shows
    uint32_t ready = 100; // percent of clocks in which the endpoint takes a byte, if it has room
    // endpoint
    unsigned packet_clocks = 600; // the host takes a packet each so many clocks; 0: never
    unsigned packets = 0, filled = 0, until_taken = 0;
    Transfer open{};
    std::vector<Transfer> transfers;
    unsigned records = 0;                    // ev_record
    bool stamped = false;                    // most frames bring a time
    unsigned begun = 0, ended = 0, held = 0; // pulses
    unsigned out_clocks = 0;                 // an OUT packet each so many clocks; 0: never
    unsigned stamp_percent = 80;

    explicit Bench(bool high_speed = true)
    {
        m.high_speed = high_speed;
        m.in_timeout = 100;
        m.rst = 1;
        clock(5);
        m.rst = 0;
    }
    unsigned packet_size() const
    {
        return m.high_speed ? 512 : 64;
    }

    void clock(uint64_t n = 1)
    {
        while (n--) {
            m.s_valid = !waiting.empty() && gap == 0;
            if (m.s_valid) {
                const Frame &f = waiting.front();
                m.s_data = f.data[position];
                m.s_last = position + 1 == f.data.size();
                m.s_length = static_cast<uint16_t>(f.length());
                m.s_flags = f.flags;
                m.s_flow = f.flow;
                m.s_ack = f.ack;
                m.s_time = f.time;
            }
            m.m_ready = packets < 4 && random.percent(ready);
            m.out_packet = out_clocks && now % out_clocks == 0;
            m.clk = 0;
            m.eval();
            bool frame_byte = m.s_valid && m.s_ready && !m.rst, out = m.m_valid && m.m_ready && !m.rst;
            uint8_t data = m.m_data;
            bool last = m.m_last, drained = packets == 0;
            records += m.ev_record && !m.rst;
            begun += m.begins;
            ended += m.ended && !m.rst;
            held += m.ev_held && !m.rst;
            int note = -1;
            if (m.note_read)
                note = m.note_index >= 2 && m.note_index < 9 && !waiting.empty()
                           ? waiting.front().notes[m.note_index - 2u]
                           : 0xEE;
            m.clk = 1;
            m.eval();
            now++;
            if (note >= 0)
                m.note = static_cast<uint8_t>(note);

            if (gap)
                gap--;
            if (frame_byte && ++position == waiting.front().data.size()) {
                waiting.pop_front();
                position = 0;
                gap = 5;
            }
            if (until_taken && --until_taken == 0)
                packets--;
            if (out)
                give(data, last);
            if (packets && !until_taken)
                until_taken = packet_clocks;
            m.in_drained = drained && packets == 0;
        }
    }
    void give(uint8_t data, bool last)
    {
        if (open.bytes.empty())
            open.begin = now;
        open.bytes.push_back(data);
        if (++filled == packet_size() || last) {
            packets++;
            filled = 0;
        }
        if (!last)
            return;
        open.end = now;
        transfers.push_back(open);
        open.bytes.clear();
    }
    Frame add(size_t length)
    {
        Frame f;
        f.data.resize(length);
        f.flags = static_cast<uint8_t>(random.next() & 0x26);
        if (stamped && random.percent(stamp_percent)) {
            f.flags |= WEIR_F_TIMESTAMP;
            f.time = uint64_t{random.next()} << 32 | random.next();
        }
        for (auto &byte : f.data)
            byte = static_cast<uint8_t>(random.next());
        waiting.push_back(f);
        return f;
    }
    Frame add_ack(bool brief)
    {
        Frame f = add(brief ? 1 : 66);
        waiting.pop_back();
        f.ack = true;
        f.flow = 3;
        if (brief) {
            f.flags |= WEIR_F_PURE_ACK;
            for (auto &note : f.notes)
                note = static_cast<uint8_t>(random.next());
        }
        waiting.push_back(f);
        return f;
    }
    // Runs until all is out, however long the endpoint takes.
    void finish()
    {
        size_t before;
        do {
            before = waiting.size();
            clock(150000); // enough for the longest frame
        } while (waiting.size() < before);
        assert_true(waiting.empty() && open.bytes.empty());
    }
};

uint64_t little(const Bytes &b, size_t at, unsigned n)
{
    uint64_t v = 0;
    while (n--)
        v = v << 8 | b.at(at + n);
    return v;
}

// Reads a transfer as the driver would; returns the number of padding records.
unsigned parse(const Transfer &t, unsigned packet_size, std::vector<Frame> &frames)
{
    unsigned pads = 0;
    assert_in_range(t.bytes.size(), 1, WEIR_IN_TRANSFER_MAX - 1);
    assert_int_not_equal(t.bytes.size() % packet_size, 0);
    for (size_t at = 0; at < t.bytes.size();) {
        assert_true(at + WEIR_RECORD_HEADER <= t.bytes.size());
        assert_int_equal(t.bytes[at + WEIR_REC_MAGIC], WEIR_RECORD_MAGIC);
        Frame f;
        std::copy_n(t.bytes.begin() + static_cast<long>(at + WEIR_REC_CSUM_START), f.notes.size(),
                    f.notes.begin());
        uint8_t flags = f.flags = t.bytes[at + WEIR_REC_FLAGS];
        size_t length = little(t.bytes, at + WEIR_REC_LENGTH, 3);
        f.flow = static_cast<uint8_t>(length >> WEIR_FLOW_SHIFT);
        length &= (1u << WEIR_LENGTH_BITS) - 1;
        at += WEIR_RECORD_HEADER;
        if (flags & WEIR_F_TIMESTAMP) {
            f.time = little(t.bytes, at, WEIR_TIMESTAMP_SIZE);
            at += WEIR_TIMESTAMP_SIZE;
        }
        assert_true(at + length <= t.bytes.size());
        if (flags == WEIR_F_PAD) {
            assert_true(f.notes == Frame().notes && f.flow == 0);
            pads++;
            at += length;
            continue;
        }
        f.data =
            Bytes(t.bytes.begin() + static_cast<long>(at), t.bytes.begin() + static_cast<long>(at + length));
        frames.push_back(f);
        for (at += length; at % 4; at++)
            assert_int_equal(t.bytes.at(at), 0);
    }
    return pads;
}

// Parses all transfers and compares with what went in, as far as the mode shows it; returns the number of
// padding records.
unsigned check(const Bench &b, const std::vector<Frame> &sent)
{
    std::vector<Frame> got;
    unsigned pads = 0;
    for (auto &t : b.transfers)
        pads += parse(t, b.packet_size(), got);
    assert_int_equal(got.size(), sent.size());
    assert_int_equal(b.records, sent.size());
    for (size_t i = 0; i < sent.size(); i++) {
        assert_int_equal(got[i].flags, sent[i].flags & (b.m.timestamps ? 0xFF : 0xFF & ~WEIR_F_TIMESTAMP));
        assert_true(got[i].time == (b.m.timestamps ? sent[i].time : 0));
        assert_int_equal(got[i].flow, sent[i].flow);
        assert_true(got[i].notes == sent[i].notes);
        assert_int_equal(got[i].data.size(), sent[i].length());
        assert_memory_equal(got[i].data.data(), sent[i].data.data(), sent[i].length());
    }
    return pads;
}

void a_lone_frame_of_any_length_goes_up_at_once_in_a_short_transfer(void **)
{
    for (bool high_speed : {true, false}) {
        Bench b(high_speed);
        std::vector<Frame> sent;
        unsigned aligned = 0;
        for (size_t length = 1; length <= 1600;
             length += high_speed && length > 20 && length % 512 < 480 ? 7 : 1) {
            sent.push_back(b.add(length));
            aligned += (WEIR_RECORD_HEADER + length + 3) / 4 * 4 % b.packet_size() == 0;
            for (unsigned i = 0; i < 20000 && b.transfers.size() < sent.size(); i++)
                b.clock();
            assert_int_equal(b.transfers.size(), sent.size());
            b.clock(700); // the host takes the last packet
        }
        assert_true(aligned > 4);
        assert_int_equal(check(b, sent), aligned);
        // 40 bytes take 52 clocks and a moment to see that no other frame comes, not the timeout of 6,000
        // clocks.
        b.clock(3000);
        uint64_t before = b.now;
        b.add(40);
        b.clock(10000);
        assert_in_range(b.transfers.back().end - before, 52, 100);
    }
}

void the_time_of_arrival_stands_behind_the_header_in_the_mode_that_asks_for_it(void **)
{
    for (bool high_speed : {true, false})
        for (bool mode : {true, false}) {
            Bench b(high_speed);
            b.m.timestamps = mode;
            b.stamped = true;
            std::vector<Frame> sent;
            for (unsigned i = 0; i < 300; i++) {
                sent.push_back(b.add(1 + b.random.below(b.random.percent(80) ? 200 : 9216)));
                b.clock(b.random.below(3000));
            }
            b.finish();
            check(b, sent);
        }
}

// Whatever the mode: the switch may come at any moment, also between a header and its time.
void a_change_of_mode_takes_effect_between_two_records(void **)
{
    Bench b;
    b.stamped = true;
    std::vector<Frame> sent, got;
    for (unsigned i = 0; i < 500; i++) {
        sent.push_back(b.add(1 + b.random.below(60)));
        b.clock(b.random.below(60));
        b.m.timestamps = !b.m.timestamps;
        b.clock(b.random.below(60));
    }
    b.finish();
    for (auto &t : b.transfers)
        parse(t, b.packet_size(), got);
    assert_int_equal(got.size(), sent.size());
    unsigned with = 0, without = 0;
    for (size_t i = 0; i < sent.size(); i++) {
        bool shown = got[i].flags & WEIR_F_TIMESTAMP;
        assert_int_equal(got[i].flags | (sent[i].flags & WEIR_F_TIMESTAMP), sent[i].flags);
        assert_true(got[i].time == (shown ? sent[i].time : 0) && got[i].data == sent[i].data);
        with += shown;
        without += !shown && sent[i].flags & WEIR_F_TIMESTAMP;
    }
    assert_true(with > 100 && without > 100);
}

void frames_that_come_while_the_bus_is_busy_share_transfers(void **)
{
    Bench b;
    std::vector<Frame> sent;
    b.packet_clocks = 3000;
    for (unsigned i = 0; i < 20; i++) {
        sent.push_back(b.add(60));
        b.clock(150);
    }
    b.finish();
    check(b, sent);
    assert_int_equal(b.transfers.front().bytes.size(), 72);
    assert_in_range(b.transfers.size(), 2, 3);
}

void a_stream_of_frames_fills_transfers_as_far_as_whole_records_fit(void **)
{
    for (unsigned mode : {0, 1, 2, 3})
        for (size_t length : {1514u, 60u, 1524u, 9216u, 500u, 52u, 44u, 4u, 16356u}) {
            bool high_speed = mode & 1, stamps = mode & 2;
            Bench b(high_speed);
            b.m.timestamps = b.stamped = stamps;
            b.stamp_percent = 100;
            b.m.in_timeout = 65535;
            b.packet_clocks = high_speed ? 500 : 60;
            std::vector<Frame> sent;
            size_t record = (WEIR_RECORD_HEADER + (stamps ? WEIR_TIMESTAMP_SIZE : 0) + length + 3) / 4 * 4,
                   all = (WEIR_IN_TRANSFER_MAX - 1) / record;
            for (size_t i = 0; i < 3 * all; i++)
                sent.push_back(b.add(length));
            b.finish();
            check(b, sent);
            assert_int_equal(b.transfers.size(), 3);
        }
}

void random_frames_come_through_whatever_the_endpoint_does(void **)
{
    for (bool high_speed : {true, false})
        for (uint32_t ready : {100u, 40u}) {
            Bench b(high_speed);
            b.ready = ready;
            std::vector<Frame> sent;
            for (unsigned i = 0; i < 200; i++) {
                sent.push_back(b.add(1 + b.random.below(b.random.percent(80) ? 200 : 9216)));
                if (b.random.percent(10))
                    b.packet_clocks = 1 + b.random.below(high_speed ? 1000 : 125);
                b.clock(b.random.below(3000));
            }
            b.finish();
            check(b, sent);
        }
}

void a_transfer_ends_at_the_first_record_after_the_timeout(void **)
{
    for (unsigned timeout : {10u, 100u}) {
        Bench b;
        b.m.in_timeout = static_cast<uint16_t>(timeout);
        b.packet_clocks = 200; // so the endpoint never holds a transfer up
        std::vector<Frame> sent;
        for (unsigned i = 0; i < 800; i++)
            sent.push_back(b.add(60)); // a record is 76 clocks
        b.finish();
        check(b, sent);
        for (size_t i = 0; i + 1 < b.transfers.size(); i++)
            assert_in_range(b.transfers[i].end - b.transfers[i].begin, timeout * 60, timeout * 60 + 100);
        assert_true(b.transfers.size() > 5);
    }
}

void a_timeout_of_zero_gives_each_record_its_own_transfer(void **)
{
    Bench b;
    b.m.in_timeout = 0;
    std::vector<Frame> sent;
    for (unsigned i = 0; i < 50; i++)
        sent.push_back(b.add(1 + 13 * i));
    b.finish();
    check(b, sent);
    assert_int_equal(b.transfers.size(), sent.size());
}

// The transfer that was open is gone, with at most the frame being copied; what follows is whole.
void after_a_flush_the_stream_starts_anew_with_a_record(void **)
{
    for (unsigned moment = 1; moment < 260; moment++) {
        Bench b;
        b.add(70);
        b.add(71);
        b.packet_clocks = 0; // nothing is drained: the transfer stays open
        b.clock(moment);
        size_t left = b.waiting.size() - (b.position != 0);
        b.m.link_flush = 1;
        b.clock();
        b.m.link_flush = 0;
        if (b.position != 0)
            left = b.waiting.size() - 1;
        std::vector<Frame> kept(b.waiting.end() - static_cast<long>(left), b.waiting.end());
        b.open.bytes.clear();
        b.transfers.clear();
        b.packets = b.filled = b.until_taken = 0;
        b.packet_clocks = 500;
        b.records = 0;
        b.clock(200);
        kept.push_back(b.add(64));
        b.finish();
        check(b, kept);
    }
}

void short_forms_have_their_notes_in_the_header(void **)
{
    for (bool mode : {false, true}) {
        Bench b;
        b.m.timestamps = b.stamped = mode;
        b.ready = 60;
        std::vector<Frame> sent;
        for (unsigned i = 0; i < 400; i++) {
            if (b.random.percent(50)) {
                sent.push_back(b.add_ack(b.random.percent(80)));
            } else {
                Frame f = b.add(1 + b.random.below(300));
                f.flow = static_cast<uint8_t>(b.random.below(WEIR_FLOWS + 1));
                if (f.flow && b.random.percent(50)) {
                    f.flags |= WEIR_F_CONTINUES;
                    f.notes = {1, 0, 2, 3, 0, 0, 0};
                }
                b.waiting.back() = f;
                sent.push_back(f);
            }
            b.clock(b.random.below(150));
        }
        b.finish();
        check(b, sent);
        assert_int_equal(b.begun, sent.size());
        assert_int_equal(b.ended, b.transfers.size());
    }
}

// The coalescer has begun to leave bytes out when the record begins: after a flush the frame cannot go any
// more.
void a_short_record_that_is_flushed_in_its_header_is_dropped(void **)
{
    for (unsigned moment = 1; moment < 60; moment++) {
        Bench b;
        b.add_ack(true);
        Frame kept = b.add(70);
        b.packet_clocks = 0;
        b.clock(moment);
        bool begun = b.begun != 0, next = b.waiting.size() == 1 && b.begun == 2;
        b.m.link_flush = 1;
        b.clock();
        b.m.link_flush = 0;
        if (next && b.position != 0)
            break;
        b.open.bytes.clear();
        b.transfers.clear();
        b.packets = b.filled = b.until_taken = 0;
        b.packet_clocks = 500;
        b.records = 0;
        std::vector<Frame> sent = {kept};
        if (!begun)
            sent.insert(sent.begin(), b.waiting.front());
        b.finish();
        check(b, sent);
    }
}

// Acknowledgements each 20 us, while OUT is busy or not; the first transfer's end in us after the first of
// them.
struct Hold {
    Bench b;
    std::vector<Frame> sent;
    explicit Hold(bool high_speed = true) : b(high_speed)
    {
        b.m.ack_hold = 1500;
        b.out_clocks = 600;
        b.packet_clocks = 100;
        b.clock(1000);
    }
    uint64_t first_end(unsigned acks = 200, uint64_t every = 1200)
    {
        uint64_t before = b.now;
        for (unsigned i = 0; i < acks && b.transfers.empty(); i++) {
            sent.push_back(b.add_ack(i != 0));
            b.clock(every);
        }
        for (unsigned i = 0; i < 300000 && b.transfers.empty(); i++)
            b.clock();
        assert_false(b.transfers.empty());
        return (b.transfers.front().end - before) / 60;
    }
    ~Hold()
    {
        b.finish();
        check(b, sent);
    }
};

void acknowledgements_wait_for_more_while_out_is_busy(void **)
{
    Hold h;
    assert_in_range(h.first_end(), 1500, 1505);
    assert_in_range(h.b.transfers.front().bytes.size(), 74 * 12, 80 + 76 * 12);
    assert_int_equal(h.b.held, 1);
    assert_true(h.b.transfers.front().bytes.size() > 512); // its first packet did not wait
    Hold one;                                              // even one alone
    assert_in_range(one.first_end(1), 1500, 1505);
    assert_int_equal(one.b.transfers.front().bytes.size(), 80);
}

void the_hold_is_as_long_as_its_register_says(void **)
{
    for (unsigned hold : {0u, 50u, 150u, 3000u}) {
        Hold h;
        h.b.m.ack_hold = static_cast<uint16_t>(hold);
        assert_in_range(h.first_end(1), hold, hold + 5);
        assert_int_equal(h.b.held, hold != 0);
    }
}

void without_out_packets_acknowledgements_go_at_once(void **)
{
    Hold h;
    h.b.out_clocks = 0;
    h.b.clock(10000);
    assert_in_range(h.first_end(), 1, 5);
    assert_int_equal(h.b.held, 0);
}

void the_hold_ends_when_out_goes_quiet(void **)
{
    for (bool high_speed : {true, false}) {
        Hold h(high_speed);
        h.b.m.ack_hold = 60000;
        h.sent.push_back(h.b.add_ack(false));
        h.b.clock(6000); // 100 us
        assert_true(h.b.transfers.empty());
        h.b.out_clocks = 0;
        uint64_t before = h.b.now;
        while (h.b.transfers.empty() && h.b.now < before + 200000)
            h.b.clock();
        uint64_t us = (h.b.now - before) / 60;
        assert_in_range(us, 55, 70); // the last was up to 10 us ago
    }
}

void any_other_record_lifts_the_hold(void **)
{
    for (bool first : {true, false}) {
        Hold h;
        if (first)
            h.sent.push_back(h.b.add(100));
        h.sent.push_back(h.b.add_ack(false));
        h.sent.push_back(h.b.add_ack(true));
        if (!first) {
            h.b.clock(20000);
            assert_true(h.b.transfers.empty());
            h.sent.push_back(h.b.add(100));
        }
        h.b.clock(500);
        assert_int_equal(h.b.transfers.size(), 1);
        // And the next transfer of acknowledgements alone waits again.
        h.sent.push_back(h.b.add_ack(true));
        h.b.clock(20000);
        assert_int_equal(h.b.transfers.size(), 1);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_lone_frame_of_any_length_goes_up_at_once_in_a_short_transfer),
        cmocka_unit_test(the_time_of_arrival_stands_behind_the_header_in_the_mode_that_asks_for_it),
        cmocka_unit_test(a_change_of_mode_takes_effect_between_two_records),
        cmocka_unit_test(frames_that_come_while_the_bus_is_busy_share_transfers),
        cmocka_unit_test(a_stream_of_frames_fills_transfers_as_far_as_whole_records_fit),
        cmocka_unit_test(random_frames_come_through_whatever_the_endpoint_does),
        cmocka_unit_test(a_transfer_ends_at_the_first_record_after_the_timeout),
        cmocka_unit_test(a_timeout_of_zero_gives_each_record_its_own_transfer),
        cmocka_unit_test(after_a_flush_the_stream_starts_anew_with_a_record),
        cmocka_unit_test(short_forms_have_their_notes_in_the_header),
        cmocka_unit_test(a_short_record_that_is_flushed_in_its_header_is_dropped),
        cmocka_unit_test(acknowledgements_wait_for_more_while_out_is_busy),
        cmocka_unit_test(the_hold_is_as_long_as_its_register_says),
        cmocka_unit_test(without_out_packets_acknowledgements_go_at_once),
        cmocka_unit_test(the_hold_ends_when_out_goes_quiet),
        cmocka_unit_test(any_other_record_lifts_the_hold),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
