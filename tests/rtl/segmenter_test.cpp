// SPDX-License-Identifier: BSD-2-Clause
//
// segmenter by itself: checksums anywhere, refusals, withdrawal, waiting for room, speed. That segments are
// what Linux makes of them is tests/golden's matter.
#include "segmenter_bench.h"

static const size_t MAX_FRAME = 1518, MEMORY = 1 << 14; // the module's defaults

static Record plain(std::mt19937 &random, size_t length)
{
    Record r;
    r.bytes = some_bytes(random, length);
    return r;
}

static Record tso(std::mt19937 &random, size_t payload, uint16_t mss, unsigned options = 0)
{
    Shape shape;
    shape.tcp_options = options;
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

// The TCP checksum field of segment `n` when its payload is made so that the sum comes out as zero.
static uint32_t zero_checksum(Bench &bench, size_t payload, size_t n)
{
    Record r = tso(bench.random, payload, 100);
    bench.clear();
    bench.send(r);
    bench.settle();
    const Bytes before = bench.frames.at(n);
    size_t word = 54 + 100 * n;
    set16(r.bytes, word, sum(r.bytes, word, word + 2, sum(before, 50, 52)));
    bench.clear();
    bench.send(r);
    bench.settle();
    return sum(bench.frames.at(n), 50, 52);
}

static void a_checksum_of_zero_is_FFFF_alone_and_0000_among_several_segments(void **)
{
    Bench bench(MEMORY);
    assert_int_equal(zero_checksum(bench, 100, 0), 0xFFFF);
    assert_int_equal(zero_checksum(bench, 31, 0), 0xFFFF);
    assert_int_equal(zero_checksum(bench, 101, 0), 0);
    assert_int_equal(zero_checksum(bench, 250, 2), 0);
}

static void check_segments(const Bench &bench, const Record &r)
{
    size_t at = r.hdr_len, n = 0;
    for (const Bytes &frame : bench.frames) {
        bool first = n == 0, last = n + 1 == bench.frames.size();
        size_t size = frame.size() - r.hdr_len;
        assert_int_equal(size, last ? r.bytes.size() - at : r.gso_size);
        assert_true(
            std::equal(frame.begin() + r.hdr_len, frame.end(), r.bytes.begin() + static_cast<ptrdiff_t>(at)));
        assert_int_equal(sum(frame, 14, 34), 0xFFFF);
        assert_int_equal(sum(frame, 16, 18), frame.size() - 14);
        assert_int_equal(
            sum(frame, 34, frame.size(), sum(frame, 26, 34, 6 + static_cast<uint32_t>(frame.size()) - 34)),
            0xFFFF);
        assert_int_equal(frame[47], 0x76 | (first ? 0x80 : 0) | (last ? 0x09 : 0));
        assert_int_equal((frame[18] << 8 | frame[19]),
                         (((r.bytes[18] << 8 | r.bytes[19]) + static_cast<int>(n)) & 0xFFFF));
        at += size;
        n++;
    }
    assert_int_equal(at, r.bytes.size());
}

static void a_superframe_comes_out_whole_in_order_and_right_under_any_back_pressure(void **)
{
    Bench bench(MEMORY);
    print_message("# seed %u\n", SEED);
    bench.stalls = true;
    for (int round = 0; round < 150; round++) {
        uint16_t mss = static_cast<uint16_t>(1 + bench.random() % (round % 2 ? 1424 : 40));
        Record r = tso(bench.random, bench.random() % (mss * 12), mss, round % 11);
        bench.memory.drain = 1 + bench.random() % 2;
        bench.clear();
        bench.send(r);
        bench.settle();
        check_segments(bench, r);
        assert_int_equal(bench.superframes, 1);
        assert_int_equal(bench.segments, bench.frames.size());
        assert_int_equal(bench.checksums, bench.frames.size());
    }
}

static void a_segment_takes_its_length_and_10_clocks(void **)
{
    Bench bench(MEMORY);
    for (unsigned options : {0, 3}) {
        uint16_t mss = static_cast<uint16_t>(1460 - 4 * options);
        bench.clear();
        bench.send(tso(bench.random, mss * 40, mss, options));
        bench.settle();
        assert_int_equal(bench.frames.size(), 40);
        for (size_t i = 1; i < 40; i++)
            assert_int_equal(bench.commit_clock[i] - bench.commit_clock[i - 1], 1514 + 10);
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

static void what_cannot_be_sent_is_dropped_and_counted_and_the_next_goes_out(void **)
{
    Bench bench(MEMORY);
    std::vector<Record> bad;
    auto tso_but = [&](void (*change)(Record &)) {
        for (size_t payload : {0, 1, 3000}) {
            bad.push_back(tso(bench.random, payload, 1000, 2));
            change(bad.back());
        }
    };
    auto plain_but = [&](size_t length, void (*change)(Record &)) {
        bad.push_back(plain(bench.random, length));
        change(bad.back());
    };
    tso_but([](Record &r) { r.gso_size = 0; });
    tso_but([](Record &r) { r.hdr_len = 0; });
    tso_but([](Record &r) { r.flags = 0; });
    tso_but([](Record &r) { r.gso_type = WEIR_GSO_TCPV6; });
    tso_but([](Record &r) { r.gso_type = WEIR_GSO_TCPV6 | WEIR_GSO_ECN; });
    tso_but([](Record &r) { r.gso_type = WEIR_GSO_UDP_L4; });
    for (uint8_t hdr_len = 0; hdr_len < 200; hdr_len++)
        if (hdr_len != 62)
            bad.push_back(tso(bench.random, 3000, 1000, 2)), bad.back().hdr_len = hdr_len;
    for (uint32_t start = 0; start < 65536; start = start < 80 ? start + 1 : start * 2)
        if (start != 34)
            bad.push_back(tso(bench.random, 3000, 1000, 2)),
                bad.back().csum_start = static_cast<uint16_t>(start);
    tso_but([](Record &r) { r.csum_start |= 0x8000; });
    tso_but([](Record &r) { r.csum_offset = 15; });
    tso_but([](Record &r) { r.csum_offset = 0x8010; });
    tso_but([](Record &r) { r.bytes[12] = 0x86, r.bytes[13] = 0xDD; });
    tso_but([](Record &r) { r.bytes[12] = 0x81, r.bytes[13] = 0xA8; });
    tso_but([](Record &r) { r.bytes[14] = 0x65; });
    tso_but([](Record &r) { r.bytes[14] = 0x44; });
    tso_but([](Record &r) { r.bytes[14] = 0x46; });
    tso_but([](Record &r) { r.bytes[23] = 17; });
    tso_but([](Record &r) { r.bytes[46] = 0x60; });
    tso_but([](Record &r) { r.bytes[46] = 0x40; });
    tso_but([](Record &r) { r.bytes[46] = 0x80; });
    tso_but(
        [](Record &r) { r.hdr_len = static_cast<uint8_t>(r.bytes.size() < 255 ? r.bytes.size() + 1 : 255); });
    bad.push_back(tso(bench.random, 1465, 1465));
    bad.push_back(tso(bench.random, 60000, 65535));
    plain_but(13, [](Record &) {});
    plain_but(1, [](Record &) {});
    plain_but(1519, [](Record &) {});
    plain_but(65536 + 60, [](Record &) {});
    plain_but(60, [](Record &r) { r.flags = WEIR_F_NEEDS_CSUM, r.csum_start = 34, r.csum_offset = 25; });
    plain_but(60, [](Record &r) { r.flags = WEIR_F_NEEDS_CSUM, r.csum_start = 60; });
    plain_but(60, [](Record &r) { r.flags = WEIR_F_NEEDS_CSUM, r.csum_start = 34, r.csum_offset = 0xFFFF; });
    plain_but(60,
              [](Record &r) { r.flags = WEIR_F_NEEDS_CSUM, r.csum_start = 0xFFFF, r.csum_offset = 0xFFFF; });
    plain_but(1, [](Record &r) { r.flags = WEIR_F_NEEDS_CSUM; });

    const Record good = tso(bench.random, 150, 100);
    for (const Record &r : bad) {
        bench.clear();
        bench.send(r);
        bench.settle();
        assert_int_equal(bench.frames.size(), 0);
        assert_int_equal(bench.bad, 1);
        bench.send(good);
        bench.settle();
        assert_int_equal(bench.frames.size(), 2);
        check_segments(bench, good);
        assert_int_equal(bench.superframes, 1);
        assert_int_equal(bench.bad, 1);
    }
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
    const Record big = tso(bench.random, 1440 * 10, 1440, 0);
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
        cmocka_unit_test(carries_settle_whatever_the_bytes),
        cmocka_unit_test(a_checksum_of_zero_is_FFFF_alone_and_0000_among_several_segments),
        cmocka_unit_test(a_superframe_comes_out_whole_in_order_and_right_under_any_back_pressure),
        cmocka_unit_test(a_segment_takes_its_length_and_10_clocks),
        cmocka_unit_test(small_frames_keep_up_with_usb),
        cmocka_unit_test(what_cannot_be_sent_is_dropped_and_counted_and_the_next_goes_out),
        cmocka_unit_test(a_withdrawn_record_leaves_only_segments_that_were_complete),
        cmocka_unit_test(it_waits_for_room_and_can_be_withdrawn_waiting),
    };
    return cmocka_run_group_tests_name("segmenter", tests, nullptr, nullptr);
}
