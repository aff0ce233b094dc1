// SPDX-License-Identifier: BSD-2-Clause
//
// Frames as records, records as transfers, and when a transfer ends.
#include "record_builder_bench.h"

namespace
{

using namespace records;

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
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
