// SPDX-License-Identifier: BSD-2-Clause
//
// segment_header: which headers it takes, and which bytes differ from segment to segment.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <memory>

#include "Vsegment_header.h"
#include "superframes.h"
#include "verilated.h"

static const uint32_t SEED = 7;

struct Bench {
    VerilatedContext context;
    std::unique_ptr<Vsegment_header> dut{new Vsegment_header(&context)};
    std::mt19937 random{SEED};
    unsigned ip_bytes = 0, l4_bytes = 0, ip_checksums = 0, ip_checksum_at = 0;

    void clock()
    {
        dut->clk = 0;
        dut->eval();
        dut->clk = 1;
        dut->eval();
        dut->start = dut->load = dut->replay = dut->advance = 0;
    }

    // What the record says.
    void expect(const Shape &shape)
    {
        dut->ipv4_allowed = shape.udp || !shape.ipv6;
        dut->ipv6_allowed = shape.udp || shape.ipv6;
        dut->udp = shape.udp;
        dut->id_fixed = shape.id_fixed;
        dut->gso_size = shape.mss;
    }

    // True when the header is taken.
    bool load(const Bytes &header, size_t csum_start)
    {
        dut->start = 1;
        clock();
        for (size_t i = 0; i < header.size(); i++) {
            dut->load = 1;
            dut->load_at = static_cast<uint8_t>(i);
            dut->load_data = header[i];
            dut->at_csum_start = i == csum_start;
            dut->at_end = i + 1 == header.size();
            clock();
        }
        return !dut->bad;
    }

    Bytes replay(size_t size, size_t csum_start, size_t frame_length, bool first, bool last)
    {
        Bytes header;
        dut->first_segment = first;
        dut->last_segment = last;
        dut->read_at = 0;
        clock();
        dut->start = 1;
        dut->read_at = 1;
        clock();
        ip_bytes = l4_bytes = ip_checksums = 0;
        for (size_t i = 0; i < size; i++) {
            dut->replay = 1;
            dut->read_at = static_cast<uint8_t>(i + 2);
            dut->to_frame_end = static_cast<uint16_t>(frame_length - i);
            dut->at_csum_start = i == csum_start;
            dut->at_end = i + 1 == size;
            dut->eval();
            header.push_back(dut->data);
            ip_bytes += dut->in_ip;
            l4_bytes += dut->in_l4;
            ip_checksums += dut->at_ip_checksum;
            if (dut->at_ip_checksum)
                ip_checksum_at = static_cast<unsigned>(i);
            clock();
        }
        return header;
    }
};

static Bytes header_of(std::mt19937 &random, const Shape &shape)
{
    Shape bare = shape;
    bare.payload = 0;
    return superframe(random, bare).bytes;
}

// Three segments of a superframe; their checksum fields are not this module's.
static void check(Bench &bench, Shape shape)
{
    shape.payload = 2u * shape.mss + 1;
    const Record r = superframe(bench.random, shape);
    const Bytes header(r.bytes.begin(), r.bytes.begin() + r.hdr_len);
    const std::vector<Bytes> wanted = segments(shape, r);

    bench.expect(shape);
    assert_true(bench.load(header, shape.l4()));
    for (size_t n = 0; n < wanted.size(); n++) {
        Bytes want(wanted[n].begin(), wanted[n].begin() + r.hdr_len);
        std::copy_n(header.begin() + static_cast<ptrdiff_t>(shape.checksum()), 2,
                    want.begin() + static_cast<ptrdiff_t>(shape.checksum()));
        if (!shape.ipv6)
            set16(want, shape.ip() + 10, 0);
        assert_true(bench.replay(r.hdr_len, shape.l4(), wanted[n].size(), n == 0, n == 2) == want);
        assert_int_equal(bench.ip_checksums, !shape.ipv6);
        if (!shape.ipv6) {
            assert_int_equal(bench.ip_checksum_at, shape.ip() + 10);
            assert_int_equal(bench.ip_bytes, shape.l4() - shape.ip());
        }
        assert_int_equal(bench.l4_bytes, shape.header() - shape.l4());
        bench.dut->advance = 1;
        bench.clock();
    }
}

static void it_finds_its_way_through_tags_options_and_extension_headers_of_any_length(void **)
{
    Bench bench;
    Shape shape;
    print_message("# seed %u\n", SEED);
    for (shape.tags = 0; shape.tags <= 2; shape.tags++)
        for (bool udp : {false, true}) {
            shape.udp = udp;
            for (shape.tcp_options = 0; shape.tcp_options <= (udp ? 0 : 10); shape.tcp_options++) {
                shape.extensions = 0;
                shape.ipv6 = false;
                for (shape.ip_options = 0; shape.ip_options <= 10; shape.ip_options++)
                    check(bench, shape);
                shape.ip_options = 0;
                shape.ipv6 = true;
                for (; shape.header() <= 255; shape.extensions += 1 + shape.tcp_options)
                    check(bench, shape);
            }
        }
}

static void lengths_of_up_to_16_bits_are_right_in_both_bytes(void **)
{
    Bench bench;
    for (bool ipv6 : {false, true})
        for (bool udp : {false, true}) {
            Shape shape;
            shape.ipv6 = ipv6;
            shape.udp = udp;
            bench.expect(shape);
            assert_true(bench.load(header_of(bench.random, shape), shape.l4()));
            for (size_t length = shape.header(); length < 65536; length += length % 256 < 80 ? 1 : 97) {
                const Bytes got = bench.replay(shape.header(), shape.l4(), length, true, true);
                assert_int_equal(get16(got, ipv6 ? 18 : 16), length - (ipv6 ? 54 : 14));
                if (udp)
                    assert_int_equal(get16(got, shape.l4() + 4), length - shape.l4());
            }
        }
}

static void identification_and_sequence_number_move_on_and_wrap(void **)
{
    for (bool fixed : {false, true}) {
        Bench bench;
        Shape shape;
        shape.id_fixed = fixed;
        shape.mss = 0x1234;
        Bytes h = header_of(bench.random, shape);
        set16(h, 18, 0xFFFF);
        set16(h, 38, 0xFFFF);
        set16(h, 40, 0xFFF0);
        bench.expect(shape);
        assert_true(bench.load(h, 34));
        for (uint32_t n = 0; n <= 3; n++) {
            const Bytes got = bench.replay(h.size(), 34, 1000, n == 0, n == 3);
            assert_int_equal(get16(got, 18), (0xFFFF + (fixed ? 0 : n)) & 0xFFFF);
            assert_int_equal(get32(got, 38), 0xFFFFFFF0u + 0x1234u * n);
            assert_int_equal(got[47], n == 0 ? 0xF6 : n == 3 ? 0x7F : 0x76);
            bench.dut->advance = 1;
            bench.clock();
        }
    }
}

static void three_tags_are_one_too_many(void **)
{
    Bench bench;
    Shape shape;
    for (shape.tags = 0; shape.tags <= 4; shape.tags++) {
        bench.expect(shape);
        assert_int_equal(bench.load(header_of(bench.random, shape), shape.l4()), shape.tags <= 2);
    }
}

static void a_version_of_ip_that_the_type_rules_out_is_refused(void **)
{
    Bench bench;
    for (bool udp : {false, true})
        for (bool ipv6 : {false, true})
            for (unsigned allowed = 0; allowed < 4; allowed++) {
                Shape shape;
                shape.udp = udp;
                shape.ipv6 = ipv6;
                bench.expect(shape);
                bench.dut->ipv4_allowed = allowed % 2;
                bench.dut->ipv6_allowed = allowed / 2;
                const Bytes h = header_of(bench.random, shape);
                assert_int_equal(bench.load(h, shape.l4()), ipv6 ? allowed / 2 : allowed % 2);
            }
}

static void offsets_and_lengths_that_contradict_the_header_are_refused(void **)
{
    Bench bench;
    for (bool udp : {false, true})
        for (bool ipv6 : {false, true}) {
            Shape shape;
            shape.udp = udp;
            shape.ipv6 = ipv6;
            shape.tags = 1;
            (ipv6 ? shape.extensions : shape.ip_options) = ipv6 ? 8 : 1;
            shape.tcp_options = udp ? 0 : 2;
            Bytes h = header_of(bench.random, shape);
            std::fill(h.begin() + static_cast<ptrdiff_t>(shape.ip() + (ipv6 ? 40 : 20)), h.end(), 0);
            if (!udp)
                h[shape.l4() + 12] = 0x70; // nothing else looks like a data offset
            bench.expect(shape);
            for (size_t start = 0; start <= h.size(); start++)
                assert_int_equal(bench.load(h, start), start == shape.l4());
            for (size_t size = 1; size < h.size(); size++)
                assert_false(
                    bench.load(Bytes(h.begin(), h.begin() + static_cast<ptrdiff_t>(size)), shape.l4()));
            Bytes longer = h;
            for (size_t i = h.size(); i < 255; i++) {
                longer.push_back(0x77);
                assert_false(bench.load(longer, shape.l4()));
            }
            assert_true(bench.load(h, shape.l4()));
        }
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_its_way_through_tags_options_and_extension_headers_of_any_length),
        cmocka_unit_test(lengths_of_up_to_16_bits_are_right_in_both_bytes),
        cmocka_unit_test(identification_and_sequence_number_move_on_and_wrap),
        cmocka_unit_test(three_tags_are_one_too_many),
        cmocka_unit_test(a_version_of_ip_that_the_type_rules_out_is_refused),
        cmocka_unit_test(offsets_and_lengths_that_contradict_the_header_are_refused),
    };
    return cmocka_run_group_tests_name("segment_header", tests, nullptr, nullptr);
}
