// SPDX-License-Identifier: BSD-2-Clause
//
// segmenter with superframes of every shape, against segments() of superframes.h; and, by name, the bugs that
// segmentation brought to other cards. That Linux segments alike is tests/golden's matter.
#include "segmenter_bench.h"

static const size_t MEMORY = 1 << 15, LONGEST_PAYLOAD = 65536;
enum { CWR = 0x80, ECE = 0x40, PSH = 0x08, FIN = 0x01 };

static void check(Bench &bench, const Shape &shape)
{
    const Record r = superframe(bench.random, shape);
    bench.run(r);
    assert_segments(bench, shape, r);
}

static Shape random_shape(std::mt19937 &random)
{
    Shape shape;
    shape.ipv6 = random() % 2;
    shape.udp = random() % 2;
    shape.tags = random() % 3;
    shape.ip_options = shape.ipv6 ? 0 : random() % 11;
    shape.tcp_options = shape.udp ? 0 : random() % 11;
    shape.id_fixed = !shape.ipv6 && random() % 2;
    shape.tcp_flags = static_cast<uint8_t>(random());
    shape.extensions = shape.ipv6 && random() % 2 ? random() % (256 - shape.header()) : 0;
    shape.mss = static_cast<uint16_t>(1 + random() % (random() % 2 ? 40 : 1500));
    shape.payload = random() % (shape.mss * 8u);
    return shape;
}

static void a_superframe_of_any_shape_comes_out_right_under_any_back_pressure(void **)
{
    Bench bench(MEMORY);
    print_message("# seed %u\n", SEED);
    bench.stalls = true;
    for (int round = 0; round < 600; round++) {
        bench.memory.drain = 1 + bench.random() % 2;
        check(bench, random_shape(bench.random));
    }
}

static void ip_and_tcp_options_of_any_length_are_summed_and_repeated_behind_any_tags(void **)
{
    Bench bench(MEMORY);
    Shape shape;
    shape.mss = 3;
    shape.payload = 7;
    for (shape.tags = 0; shape.tags <= 2; shape.tags++)
        for (shape.ip_options = 0; shape.ip_options <= 10; shape.ip_options++) {
            shape.udp = false;
            for (shape.tcp_options = 0; shape.tcp_options <= 10; shape.tcp_options++)
                check(bench, shape);
            shape.udp = true;
            check(bench, shape);
        }
}

static void ipv6_extension_headers_of_any_length_are_repeated_as_they_are(void **)
{
    Bench bench(MEMORY);
    Shape shape;
    shape.ipv6 = true;
    shape.mss = 3;
    shape.payload = 7;
    for (shape.tags = 0; shape.tags <= 2; shape.tags++)
        for (bool udp : {false, true}) {
            shape.udp = udp;
            for (shape.tcp_options = 0; shape.tcp_options <= (udp ? 0 : 10); shape.tcp_options += 5)
                for (shape.extensions = 0; shape.header() <= 255; shape.extensions++)
                    check(bench, shape);
        }
}

// Behind the longest headers too: 255 bytes, but with IPv4 142 (two tags, 60 and 60).
static void the_longest_superframe_is_cut_by_the_smallest_and_the_largest_mss(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        shape.payload = LONGEST_PAYLOAD;
        for (unsigned mss : {1u, 2u, 536u, 1460u, 9000u}) {
            shape.mss = static_cast<uint16_t>(mss);
            check(bench, shape);
        }
        shape.tags = 2;
        shape.tcp_options = shape.udp ? 0 : 10;
        shape.ip_options = shape.ipv6 ? 0 : 10;
        shape.extensions = shape.ipv6 ? static_cast<unsigned>(255 - shape.header()) : 0;
        for (unsigned mss : {1440u, 8999u, 9000u}) {
            shape.mss = static_cast<uint16_t>(mss);
            check(bench, shape);
        }
    });
}

// What lan78xx got wrong (segments of forwarded superframes longer than the wire allows).
static void no_segment_is_longer_than_header_and_mss_and_only_the_last_is_shorter(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        for (unsigned mss : {1u, 2u, 99u, 100u})
            for (size_t payload = 0; payload <= 3 * mss + 1; payload++) {
                shape.mss = static_cast<uint16_t>(mss);
                shape.payload = payload;
                check(bench, shape);
                for (size_t i = 0; i < bench.frames.size(); i++) {
                    bool last = i + 1 == bench.frames.size();
                    size_t left = payload - i * mss;
                    assert_int_equal(bench.frames[i].size(), shape.header() + (last ? left : mss));
                    assert_true(left <= mss || !last);
                }
            }
    });
}

// What lan78xx got wrong (losses reported by SACK were never repaired with segmentation on).
static void sack_blocks_among_the_options_survive_in_every_segment(void **)
{
    Bench bench(MEMORY);
    for (bool ipv6 : {false, true}) {
        Shape shape;
        shape.ipv6 = ipv6;
        shape.tcp_options = 10;
        shape.mss = 1000;
        shape.payload = 4500;
        Record r = superframe(bench.random, shape);
        Bytes options = {1, 1, 8, 10};                // two NOPs, time stamps (RFC 7323)
        options.resize(12, 0x5A);                     // TSval, TSecr
        options.insert(options.end(), {1, 1, 5, 26}); // two NOPs, SACK (RFC 2018)
        for (uint8_t block = 0; options.size() < 40; block++)
            options.insert(options.end(), {0xFF, 0xFF, block, 0, 0, 0, block, 0xFF}); // three blocks
        const ptrdiff_t at = static_cast<ptrdiff_t>(shape.l4() + 20);
        std::copy(options.begin(), options.end(), r.bytes.begin() + at);
        bench.run(r);
        assert_segments(bench, shape, r);
        assert_int_equal(bench.frames.size(), 5);
        for (const Bytes &frame : bench.frames)
            assert_true(std::equal(options.begin(), options.end(), frame.begin() + at));
    }
}

// What the 82599 got wrong (FreeBSD D44258: ECE lost in the middle). NS is the bit above these eight.
static void flags_are_masked_in_the_first_the_middle_and_the_last_segment_as_linux_does(void **)
{
    Bench bench(MEMORY);
    for (bool ipv6 : {false, true})
        for (unsigned flags = 0; flags < 256; flags++) {
            Shape shape;
            shape.ipv6 = ipv6;
            shape.mss = 10;
            shape.payload = 40;
            shape.tcp_flags = static_cast<uint8_t>(flags);
            Record r = superframe(bench.random, shape);
            if (flags % 2)
                r.gso_type |= WEIR_GSO_ECN; // says only that CWR may be there
            bench.run(r);
            assert_segments(bench, shape, r);
            const uint8_t masks[] = {0xFF & ~(FIN | PSH), 0xFF & ~(CWR | FIN | PSH),
                                     0xFF & ~(CWR | FIN | PSH), 0xFF & ~CWR};
            for (size_t i = 0; i < 4; i++) {
                assert_int_equal(bench.frames[i][shape.l4() + 12], r.bytes[shape.l4() + 12]);
                assert_int_equal(bench.frames[i][shape.l4() + 13], flags & masks[i]);
                assert_int_equal(bench.frames[i][shape.l4() + 13] & ECE, flags & ECE);
                assert_int_equal(get16(bench.frames[i], shape.l4() + 18),
                                 get16(r.bytes, shape.l4() + 18)); // urgent pointer
            }
        }
}

static void identification_and_sequence_number_wrap(void **)
{
    Bench bench(MEMORY);
    for (bool udp : {false, true})
        for (bool fixed : {false, true}) {
            Shape shape;
            shape.udp = udp;
            shape.id_fixed = fixed;
            shape.mss = 0x123;
            shape.payload = 0x123 * 5;
            Record r = superframe(bench.random, shape);
            set16(r.bytes, 18, 0xFFFE);
            set16(r.bytes, 20, 0x4000); // Don't Fragment
            if (!udp) {
                set16(r.bytes, 38, 0xFFFF);
                set16(r.bytes, 40, 0xFE00);
            }
            bench.run(r);
            assert_segments(bench, shape, r);
            for (uint32_t i = 0; i < 5; i++) {
                assert_int_equal(get16(bench.frames[i], 18), (0xFFFE + (fixed ? 0 : i)) & 0xFFFF);
                if (!udp)
                    assert_int_equal(get32(bench.frames[i], 38), 0xFFFFFE00 + 0x123 * i);
            }
        }
}

// The checksum field of segment `n` when its payload is made so that the sum comes out as zero.
static uint32_t zero_checksum(Bench &bench, Shape shape, size_t payload, size_t n)
{
    shape.mss = 100;
    shape.payload = payload;
    Record r = superframe(bench.random, shape);
    bench.run(r);
    const Bytes before = bench.frames.at(n);
    size_t word = shape.header() + 100 * n;
    set16(r.bytes, word, sum(r.bytes, word, word + 2, get16(before, shape.checksum())));
    bench.run(r);
    return get16(bench.frames.at(n), shape.checksum());
}

// What Cadence's MAC got wrong is the zero in UDP; TCP's is as in Linux.
static void a_checksum_of_zero_is_FFFF_in_udp_and_alone_and_0000_among_several_tcp_segments(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](const Shape &shape) {
        assert_int_equal(zero_checksum(bench, shape, 100, 0), 0xFFFF);
        assert_int_equal(zero_checksum(bench, shape, 31, 0), 0xFFFF);
        assert_int_equal(zero_checksum(bench, shape, 101, 0), shape.udp ? 0xFFFF : 0);
        assert_int_equal(zero_checksum(bench, shape, 250, 1), shape.udp ? 0xFFFF : 0);
        assert_int_equal(zero_checksum(bench, shape, 250, 2), shape.udp ? 0xFFFF : 0);
    });
}

// Bytes of 00 and FF make carries run all the way around, from header and payload alike.
static void carries_settle_wherever_they_begin(void **)
{
    Bench bench(MEMORY);
    print_message("# seed %u\n", SEED);
    for (int round = 0; round < 600; round++) {
        Shape shape = random_shape(bench.random);
        shape.mss = static_cast<uint16_t>(1 + bench.random() % 9);
        shape.payload = bench.random() % 30;
        Record r = superframe(bench.random, shape);
        unsigned zeros = 2 + bench.random() % 40;
        for (size_t i = shape.l4(); i < r.bytes.size(); i++)
            if (i < shape.l4() + 12 || i > shape.l4() + 13)
                r.bytes[i] = bench.random() % zeros ? 0xFF : 0x00;
        for (size_t i = shape.ip() + (shape.ipv6 ? 8 : 12); i < shape.l4(); i++)
            r.bytes[i] = bench.random() % zeros ? 0xFF : 0x00;
        set16(r.bytes, shape.checksum(), pseudo_header(shape, r.bytes, 0));
        bench.run(r);
        assert_segments(bench, shape, r);
    }
}

// An odd last byte is summed as if a zero followed, whatever the memory held there before.
static void nothing_behind_a_segment_is_summed_or_sent(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        shape.mss = 100;
        for (size_t tail : {1, 2, 3, 5, 7}) {
            shape.payload = 100;
            Record loud = superframe(bench.random, shape);
            std::fill(loud.bytes.begin() + loud.hdr_len, loud.bytes.end(), 0xFF);
            bench.run(loud);
            shape.payload = 200 + tail;
            const Record r = superframe(bench.random, shape);
            bench.run(r);
            assert_segments(bench, shape, r);
            assert_int_equal(bench.frames[2].size(),
                             shape.header() + tail); // up to 60 bytes are the MAC's, of zeros
        }
    });
}

static void a_segment_takes_its_length_and_10_clocks(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        for (unsigned options : {0u, 3u}) {
            shape.tcp_options = shape.udp ? 0 : options;
            shape.mss = static_cast<uint16_t>(1514 - shape.header());
            shape.payload = shape.mss * 40u;
            bench.run(superframe(bench.random, shape));
            assert_int_equal(bench.frames.size(), 40);
            for (size_t i = 1; i < 40; i++)
                assert_int_equal(bench.commit_clock[i] - bench.commit_clock[i - 1], 1514 + 10);
        }
    });
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_superframe_of_any_shape_comes_out_right_under_any_back_pressure),
        cmocka_unit_test(ip_and_tcp_options_of_any_length_are_summed_and_repeated_behind_any_tags),
        cmocka_unit_test(ipv6_extension_headers_of_any_length_are_repeated_as_they_are),
        cmocka_unit_test(the_longest_superframe_is_cut_by_the_smallest_and_the_largest_mss),
        cmocka_unit_test(no_segment_is_longer_than_header_and_mss_and_only_the_last_is_shorter),
        cmocka_unit_test(sack_blocks_among_the_options_survive_in_every_segment),
        cmocka_unit_test(flags_are_masked_in_the_first_the_middle_and_the_last_segment_as_linux_does),
        cmocka_unit_test(identification_and_sequence_number_wrap),
        cmocka_unit_test(a_checksum_of_zero_is_FFFF_in_udp_and_alone_and_0000_among_several_tcp_segments),
        cmocka_unit_test(carries_settle_wherever_they_begin),
        cmocka_unit_test(nothing_behind_a_segment_is_summed_or_sent),
        cmocka_unit_test(a_segment_takes_its_length_and_10_clocks),
    };
    return cmocka_run_group_tests_name("segmenter, superframes", tests, nullptr, nullptr);
}
