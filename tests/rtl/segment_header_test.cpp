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
#include <vector>

#include "Vsegment_header.h"
#include "verilated.h"

using Bytes = std::vector<uint8_t>;

struct Bench {
    VerilatedContext context;
    std::unique_ptr<Vsegment_header> dut{new Vsegment_header(&context)};
    unsigned ip_bytes = 0, l4_bytes = 0, ip_checksum_at = 0;

    Bench()
    {
        dut->ipv4_allowed = 1;
    }

    void clock()
    {
        dut->clk = 0;
        dut->eval();
        dut->clk = 1;
        dut->eval();
        dut->start = dut->load = dut->replay = dut->advance = 0;
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

    Bytes replay(size_t size, size_t csum_start, unsigned frame_length, bool first, bool last)
    {
        Bytes header;
        dut->start = 1;
        dut->read_at = 0;
        dut->first_segment = first;
        dut->last_segment = last;
        clock();
        ip_bytes = l4_bytes = 0;
        for (size_t i = 0; i < size; i++) {
            dut->replay = 1;
            dut->read_at = static_cast<uint8_t>(i + 1);
            dut->to_frame_end = static_cast<uint16_t>(frame_length - i);
            dut->at_csum_start = i == csum_start;
            dut->at_end = i + 1 == size;
            dut->eval();
            header.push_back(dut->data);
            ip_bytes += dut->in_ip;
            l4_bytes += dut->in_l4;
            if (dut->at_ip_checksum)
                ip_checksum_at = static_cast<unsigned>(i);
            clock();
        }
        return header;
    }
};

static Bytes header(unsigned tags, unsigned ip_words, unsigned tcp_words)
{
    Bytes h(12, 0x02);
    for (; tags > 0; tags--)
        h.insert(h.end(), {static_cast<uint8_t>(tags == 2 ? 0x88 : 0x81),
                           static_cast<uint8_t>(tags == 2 ? 0xA8 : 0), 0x08, 0x00});
    h.insert(h.end(), {0x08, 0x00, static_cast<uint8_t>(0x40 + ip_words), 0, 0, 0, 0xFF, 0xFF, 0, 0, 64, 6,
                       0xAA, 0xAA});
    h.insert(h.end(), 4 * ip_words - 12, 0x31);
    h.insert(h.end(),
             {1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0xF0, 5, 6, 7, 8, static_cast<uint8_t>(tcp_words << 4), 0xFF});
    h.insert(h.end(), 4 * tcp_words - 14, 0x32);
    return h;
}

static void it_finds_its_way_through_tags_and_options_of_any_length(void **)
{
    Bench bench;
    for (unsigned tags = 0; tags <= 2; tags++)
        for (unsigned ip_words = 5; ip_words <= 15; ip_words++)
            for (unsigned tcp_words = 5; tcp_words <= 15; tcp_words++) {
                const Bytes h = header(tags, ip_words, tcp_words);
                size_t ip = 14 + 4 * tags, tcp = ip + 4 * ip_words;
                unsigned length = static_cast<unsigned>(h.size()) + 999;
                assert_true(bench.load(h, tcp));
                Bytes wanted = h;
                wanted[ip + 2] = static_cast<uint8_t>((length - ip) >> 8);
                wanted[ip + 3] = static_cast<uint8_t>(length - ip);
                wanted[ip + 10] = wanted[ip + 11] = 0;
                wanted[tcp + 13] = 0xF6;
                assert_true(bench.replay(h.size(), tcp, length, true, false) == wanted);
                assert_int_equal(bench.ip_bytes, 4 * ip_words);
                assert_int_equal(bench.l4_bytes, 4 * tcp_words);
                assert_int_equal(bench.ip_checksum_at, ip + 10);
            }
}

static void identification_and_sequence_number_move_on_and_wrap(void **)
{
    Bench bench;
    const Bytes h = header(0, 5, 5);
    bench.load(h, 34);
    bench.replay(h.size(), 34, 1000, true, false);
    for (int n = 1; n <= 3; n++) {
        bench.dut->gso_size = 0x1234;
        bench.dut->advance = 1;
        bench.clock();
        const Bytes got = bench.replay(h.size(), 34, 1000, false, n == 3);
        uint32_t seq = 0xFFFFFFF0u + 0x1234u * static_cast<uint32_t>(n);
        assert_int_equal(got[18] << 8 | got[19], n - 1);
        for (int i = 0; i < 4; i++)
            assert_int_equal(got[static_cast<size_t>(38 + i)], seq >> (24 - 8 * i) & 0xFF);
        assert_int_equal(got[47], n == 3 ? 0x7F : 0x76);
    }
}

static void three_tags_are_one_too_many(void **)
{
    Bench bench;
    Bytes h = header(2, 5, 5);
    assert_true(bench.load(h, 42));
    h.insert(h.begin() + 12, {0x81, 0x00, 0, 1});
    assert_false(bench.load(h, 46));
}

static void offsets_and_lengths_that_contradict_the_header_are_refused(void **)
{
    Bench bench;
    const Bytes h = header(1, 6, 7);
    for (size_t start = 0; start < h.size(); start++)
        assert_int_equal(bench.load(h, start), start == 42);
    for (size_t size = 1; size < h.size(); size++)
        assert_false(bench.load(Bytes(h.begin(), h.begin() + static_cast<ptrdiff_t>(size)), 42));
    Bytes longer = h;
    for (int i = 0; i < 100; i++) {
        longer.push_back(0x77);
        assert_false(bench.load(longer, 42));
    }
    assert_true(bench.load(h, 42));
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_finds_its_way_through_tags_and_options_of_any_length),
        cmocka_unit_test(identification_and_sequence_number_move_on_and_wrap),
        cmocka_unit_test(three_tags_are_one_too_many),
        cmocka_unit_test(offsets_and_lengths_that_contradict_the_header_are_refused),
    };
    return cmocka_run_group_tests_name("segment_header", tests, nullptr, nullptr);
}
