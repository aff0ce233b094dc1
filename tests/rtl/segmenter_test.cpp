// SPDX-License-Identifier: BSD-2-Clause
//
// segmenter by itself: checksums anywhere in plain frames, withdrawal, waiting for room, speed. Superframes
// are in segmenter_superframe_test.cpp, refusals in segmenter_refuse_test.cpp.
#include "segmenter_bench.h"

static const size_t MEMORY = 1 << 14; // the module's default

static Record tso(std::mt19937 &random, size_t payload, uint16_t mss)
{
    Shape shape;
    shape.mss = mss;
    shape.payload = payload;
    return superframe(random, shape);
}

static void a_plain_frame_leaves_as_it_came(void **)
{
    Bench bench(MEMORY);
    for (size_t length : {14, 15, 42, 60, 61, 1514, 1518}) {
        Record r = plain(bench.random, length);
        bench.clear();
        bench.send(r);
        bench.settle();
        assert_int_equal(bench.frames.size(), 1);
        assert_true(bench.frames[0] == r.bytes);
        assert_int_equal(bench.superframes, 1);
        assert_int_equal(bench.segments, 1);
        assert_int_equal(bench.checksums, 0);
        assert_int_equal(bench.bad, 0);
    }
}

static void a_checksum_goes_in_at_any_place_over_any_part(void **)
{
    Bench bench(MEMORY);
    print_message("# seed %u\n", SEED);
    for (size_t length = 20; length < 30; length++)
        for (size_t start = 0; start < length - 2; start++)
            for (size_t at = start; at + 2 <= length; at++) {
                Record r = plain(bench.random, length);
                r.flags = WEIR_F_NEEDS_CSUM;
                r.csum_start = static_cast<uint16_t>(start);
                r.csum_offset = static_cast<uint16_t>(at - start);
                uint32_t checksum = ~sum(r.bytes, start, length) & 0xFFFF;
                bench.clear();
                bench.stalls = bench.random() % 2;
                bench.send(r);
                bench.settle();
                set16(r.bytes, at, checksum != 0 ? checksum : 0xFFFF);
                assert_int_equal(bench.frames.size(), 1);
                assert_true(bench.frames[0] == r.bytes);
                assert_int_equal(bench.checksums, 1);
            }
}

// What smsc95xx got wrong.
static void short_frames_of_14_to_60_bytes_take_a_checksum_in_their_last_bytes(void **)
{
    Bench bench(MEMORY);
    for (size_t length = 14; length <= 60; length++)
        for (size_t start = 0; start <= length - 2; start++) {
            Record r = plain(bench.random, length);
            r.flags = WEIR_F_NEEDS_CSUM;
            r.csum_start = static_cast<uint16_t>(start);
            r.csum_offset = static_cast<uint16_t>(length - 2 - start);
            uint32_t checksum = ~sum(r.bytes, start, length) & 0xFFFF;
            bench.run(r);
            set16(r.bytes, length - 2, checksum != 0 ? checksum : 0xFFFF);
            assert_int_equal(bench.frames.size(), 1);
            assert_true(bench.frames[0] == r.bytes);
        }
}

// What Cadence's MAC got wrong: RFC 768 has zero mean that there is no checksum.
static void a_udp_checksum_that_comes_out_as_zero_leaves_as_FFFF(void **)
{
    Bench bench(MEMORY);
    for (size_t length : {42, 43, 44, 60, 61, 1513, 1514}) {
        Record r = plain(bench.random, length);
        r.flags = WEIR_F_NEEDS_CSUM;
        r.csum_start = 34;
        r.csum_offset = 6;
        set16(r.bytes, 40, 0);
        set16(r.bytes, 40, ~sum(r.bytes, 34, length)); // so that the sum with the seed is FFFFh
        bench.run(r);
        assert_int_equal(get16(bench.frames.at(0), 40), 0xFFFF);
    }
}

static void carries_settle_whatever_the_bytes(void **)
{
    Bench bench(MEMORY);
    for (int round = 0; round < 500; round++) { // bytes of 00 and FF make the longest carries
        Record r = plain(bench.random, 20 + bench.random() % 9);
        for (uint8_t &b : r.bytes)
            b = bench.random() % 8 ? 0xFF : static_cast<uint8_t>(bench.random() % 2);
        r.flags = WEIR_F_NEEDS_CSUM;
        r.csum_offset = static_cast<uint16_t>(bench.random() % 18);
        uint32_t checksum = ~sum(r.bytes, 0, r.bytes.size()) & 0xFFFF;
        bench.clear();
        bench.send(r);
        bench.settle();
        set16(r.bytes, r.csum_offset, checksum != 0 ? checksum : 0xFFFF);
        assert_true(bench.frames.size() == 1 && bench.frames[0] == r.bytes);
    }
}

static void small_frames_keep_up_with_usb(void **)
{
    Bench bench(MEMORY); // 76 bytes of record and frame take 85 clocks on the bus at best; the parser needs
                         // 14 beside the bytes
    Record r = plain(bench.random, 64);
    r.flags = WEIR_F_NEEDS_CSUM;
    r.csum_start = 34;
    r.csum_offset = 6;
    for (int i = 0; i < 50; i++)
        bench.send(r);
    bench.settle();
    for (size_t i = 1; i < 50; i++)
        assert_true(bench.commit_clock[i] - bench.commit_clock[i - 1] <= 80);
}

static void a_withdrawn_record_leaves_only_segments_that_were_complete(void **)
{
    Bench bench(MEMORY);
    const Record r = tso(bench.random, 330, 100), single = plain(bench.random, 100);
    for (size_t abort_at = 0; abort_at < r.bytes.size(); abort_at++) {
        bench.clear();
        bench.stalls = abort_at % 2;
        bench.send(r, abort_at);
        bench.settle();
        assert_int_equal(bench.frames.size(), abort_at < 54 ? 0 : (abort_at - 54) / 100);
        assert_int_equal(bench.superframes, 0);
        assert_int_equal(bench.bad, 1);
        bench.send(single, abort_at % 100);
        bench.clear();
        bench.send(single);
        bench.settle();
        assert_int_equal(bench.frames.size(), 1);
        assert_true(bench.frames[0] == single.bytes);
    }
}

// With a memory that nobody reads.
static void it_waits_for_room_and_can_be_withdrawn_waiting(void **)
{
    Bench bench(MEMORY);
    bench.memory.drain = 0;
    const Record big = tso(bench.random, 1440 * 10, 1440);
    bench.send(big);
    bench.settle();
    assert_int_equal(bench.frames.size(), 10);
    bench.clear();
    size_t left = bench.memory.free();
    assert_true(left < 1494);
    Record fits = plain(bench.random, left), too_long = plain(bench.random, left + 1);
    assert_true(bench.waits(too_long));
    bench.memory.descriptors = false;
    assert_true(bench.waits(fits));
    bench.settle();
    assert_int_equal(bench.bad, 2);
    assert_int_equal(bench.frames.size(), 0);
    bench.send(fits);
    bench.settle();
    assert_int_equal(bench.frames.size(), 1);
    bench.memory.drain = 1;
    bench.send(too_long);
    bench.settle();
    assert_int_equal(bench.frames.size(), 2);
    assert_true(bench.frames[1] == too_long.bytes);
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_frame_leaves_as_it_came),
        cmocka_unit_test(a_checksum_goes_in_at_any_place_over_any_part),
        cmocka_unit_test(short_frames_of_14_to_60_bytes_take_a_checksum_in_their_last_bytes),
        cmocka_unit_test(a_udp_checksum_that_comes_out_as_zero_leaves_as_FFFF),
        cmocka_unit_test(carries_settle_whatever_the_bytes),
        cmocka_unit_test(small_frames_keep_up_with_usb),
        cmocka_unit_test(a_withdrawn_record_leaves_only_segments_that_were_complete),
        cmocka_unit_test(it_waits_for_room_and_can_be_withdrawn_waiting),
    };
    return cmocka_run_group_tests_name("segmenter", tests, nullptr, nullptr);
}
