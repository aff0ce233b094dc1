// SPDX-License-Identifier: BSD-2-Clause
//
// record_parser against a plain parser of the same records: good transfers, bad ones, and random bytes.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "Vrecord_parser.h"
#include "verilated.h"
#include "weir_link.h"

using Bytes = std::vector<uint8_t>;

static const uint32_t MAX_LENGTH = 65536 + 255; // the module's default
static const uint32_t SEED = 3;

struct Record {
    Bytes header; // bytes 1 to 11, put together again from the descriptor
    Bytes bytes;
    bool whole;
    bool operator==(const Record &other) const
    {
        return header == other.header && bytes == other.bytes && whole == other.whole;
    }
};

// What a transfer should come to.
struct Outcome {
    std::vector<Record> records;
    unsigned bad = 0;
};

static uint32_t little(const Bytes &bytes, size_t at, unsigned size)
{
    uint32_t value = 0;
    while (size-- > 0)
        value = value << 8 | bytes[at + size];
    return value;
}

static bool sound(const Bytes &t, size_t at)
{
    static const unsigned types[] = {WEIR_GSO_NONE,
                                     WEIR_GSO_TCPV4,
                                     WEIR_GSO_TCPV4 | WEIR_GSO_ECN,
                                     WEIR_GSO_TCPV6,
                                     WEIR_GSO_TCPV6 | WEIR_GSO_ECN,
                                     WEIR_GSO_UDP_L4};
    uint32_t tail = little(t, at + WEIR_REC_LENGTH, 3), length = tail & ((1 << WEIR_LENGTH_BITS) - 1);
    bool known = false;
    for (unsigned type : types)
        known = known || tail >> WEIR_GSO_TYPE_SHIFT == type;
    if (t[at] != WEIR_RECORD_MAGIC || !known || (tail >> 18 & 3) != 0 || length > MAX_LENGTH)
        return false;
    if (t[at + WEIR_REC_FLAGS] != WEIR_F_PAD)
        return (t[at + WEIR_REC_FLAGS] & ~(WEIR_F_NEEDS_CSUM | WEIR_F_IP_ID_FIXED)) == 0 && length > 0;
    return little(t, at + 2, 4) == 0 && little(t, at + 6, 3) == 0 && tail == length;
}

static void expect(const Bytes &t, Outcome &out)
{
    for (size_t at = 0; at < t.size();) {
        bool whole_header = t.size() - at >= WEIR_RECORD_HEADER;
        if (!whole_header || !sound(t, at)) {
            out.bad++;
            return;
        }
        size_t length = little(t, at + WEIR_REC_LENGTH, 3) & ((1 << WEIR_LENGTH_BITS) - 1);
        size_t body = at + WEIR_RECORD_HEADER, next = body + (length + 3) / 4 * 4;
        bool whole = body + length <= t.size();
        if (t[at + WEIR_REC_FLAGS] != WEIR_F_PAD)
            out.records.push_back({Bytes(&t[at + 1], &t[at] + WEIR_RECORD_HEADER),
                                   Bytes(&t[0] + body, &t[0] + (whole ? body + length : t.size())), whole});
        out.bad += next > t.size();
        at = next;
    }
}

struct Bench {
    VerilatedContext context;
    std::unique_ptr<Vrecord_parser> dut;
    std::mt19937 random{SEED};
    Outcome seen;
    bool open = false, stalls = true;

    Bench()
    {
        context.randReset(2);
        dut.reset(new Vrecord_parser(&context));
        dut->s_valid = dut->m_ready = dut->m_rec_ready = dut->link_flush = 0;
        dut->rst = 1;
        clock();
        dut->rst = 0;
    }

    void clock()
    {
        dut->clk = 0;
        dut->eval();
        dut->clk = 1;
        dut->eval();
    }

    void watch()
    {
        if (dut->m_rec_valid && dut->m_rec_ready) {
            assert_false(open);
            uint32_t tail = dut->m_rec_length | static_cast<uint32_t>(dut->m_rec_gso_type)
                                                    << WEIR_GSO_TYPE_SHIFT;
            uint64_t fields = dut->m_rec_flags | static_cast<uint64_t>(dut->m_rec_csum_start) << 8 |
                              static_cast<uint64_t>(dut->m_rec_csum_offset) << 24 |
                              static_cast<uint64_t>(dut->m_rec_gso_size) << 40 |
                              static_cast<uint64_t>(dut->m_rec_hdr_len) << 56;
            Bytes header;
            for (int i = 0; i < 8; i++)
                header.push_back(static_cast<uint8_t>(fields >> 8 * i));
            for (int i = 0; i < 3; i++)
                header.push_back(static_cast<uint8_t>(tail >> 8 * i));
            seen.records.push_back({header, {}, false});
            open = true;
        }
        if (dut->m_valid && dut->m_ready) {
            assert_true(open);
            if (!dut->m_abort)
                seen.records.back().bytes.push_back(dut->m_data);
            seen.records.back().whole = !dut->m_abort && dut->m_last;
            open = !dut->m_abort && !dut->m_last;
        }
        seen.bad += dut->ev_bad_transfer;
    }

    // One clock with a beat offered or none. True when it was taken.
    bool beat(bool valid, uint8_t data, bool eot)
    {
        dut->s_valid = valid;
        dut->s_data = data;
        dut->s_eot = eot;
        dut->m_ready = !stalls || random() % 4 != 0;
        dut->m_rec_ready = !stalls || random() % 4 == 0;
        dut->eval();
        bool taken = valid && dut->s_ready;
        watch();
        clock();
        return taken;
    }

    // Offers a transfer's bytes up to `stop`, then its end if that is all of it. The clocks it took.
    unsigned send(const Bytes &t, size_t stop = SIZE_MAX)
    {
        unsigned clocks = 0;
        for (size_t i = 0; i <= t.size() && i < stop; clocks++) {
            assert_true(clocks < 100 * (t.size() + 100));
            bool offer = !stalls || random() % 8 != 0;
            i += beat(offer, i < t.size() ? t[i] : 0xAA, i == t.size());
        }
        return clocks;
    }

    void settle()
    {
        for (int i = 0; i < 4; i++)
            beat(false, 0, false);
    }
};

static Bytes record(uint8_t flags, uint32_t length, uint8_t gso_type = 0, uint8_t hdr_len = 0)
{
    uint32_t tail = length | static_cast<uint32_t>(gso_type) << WEIR_GSO_TYPE_SHIFT;
    Bytes r = {WEIR_RECORD_MAGIC,
               flags,
               0,
               0,
               0,
               0,
               0,
               0,
               hdr_len,
               static_cast<uint8_t>(tail),
               static_cast<uint8_t>(tail >> 8),
               static_cast<uint8_t>(tail >> 16)};
    for (uint32_t i = 0; i < (length + 3) / 4 * 4; i++)
        r.push_back(static_cast<uint8_t>(i < length ? i * 7 + length : 0));
    if (flags == WEIR_F_NEEDS_CSUM)
        for (unsigned i = 2; i < 8; i++)
            r[i] = static_cast<uint8_t>(0x11 * i);
    return r;
}

static Bytes operator+(Bytes a, const Bytes &b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

static void check(Bench &bench, const Bytes &transfer)
{
    Outcome wanted;
    expect(transfer, wanted);
    bench.seen = Outcome();
    bench.send(transfer);
    bench.settle();
    assert_int_equal(bench.seen.bad, wanted.bad);
    assert_int_equal(bench.seen.records.size(), wanted.records.size());
    assert_true(bench.seen.records == wanted.records);
    assert_false(bench.open);
}

static void records_come_out_as_they_went_in(void **)
{
    Bench bench;
    Outcome plain;
    for (uint32_t length = 1; length <= 70; length++)
        check(bench, record(0, length) + record(WEIR_F_NEEDS_CSUM, length + 1, WEIR_GSO_TCPV4, 54));
    check(bench, record(WEIR_F_NEEDS_CSUM, MAX_LENGTH, WEIR_GSO_UDP_L4, 42) + record(0, 60));
    expect(record(0, 61) + record(0, 3), plain);
    assert_int_equal(plain.records.size(), 2); // the plain parser itself
    assert_int_equal(plain.bad, 0);
}

static void padding_records_are_skipped(void **)
{
    Bench bench;
    for (uint32_t length = 0; length < 9; length++)
        check(bench, record(WEIR_F_PAD, length) + record(0, 64) + record(WEIR_F_PAD, length));
    check(bench, record(WEIR_F_PAD, 8) + Bytes{WEIR_RECORD_MAGIC, WEIR_F_PAD, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0} +
                     record(0, 8));
    assert_int_equal(bench.seen.bad, 1);
}

// The bytes up to a multiple of 4 are the host's to choose; they are no part of the frame.
static void what_stands_behind_a_frame_is_neither_passed_on_nor_looked_at(void **)
{
    Bench bench;
    for (uint32_t length = 1; length <= 20; length++)
        for (uint8_t filler : {0x00, 0xFF, WEIR_RECORD_MAGIC}) {
            Bytes t = record(0, length);
            std::fill(t.begin() + static_cast<ptrdiff_t>(WEIR_RECORD_HEADER + length), t.end(), filler);
            check(bench, t + record(0, 7));
            assert_int_equal(bench.seen.records.size(), 2);
            assert_int_equal(bench.seen.records[0].bytes.size(), length);
        }
}

// What they ask for together is the segmenter's to judge.
static void a_frame_may_ask_for_a_checksum_and_a_fixed_identification_and_for_nothing_else(void **)
{
    Bench bench;
    for (unsigned flags = 0; flags < 256; flags++)
        for (unsigned type = 0; type < 16; type++) {
            check(bench, record(static_cast<uint8_t>(flags), 40, static_cast<uint8_t>(type), 20));
            bool known = flags == 0 || flags == WEIR_F_NEEDS_CSUM || flags == WEIR_F_IP_ID_FIXED ||
                         flags == (WEIR_F_NEEDS_CSUM | WEIR_F_IP_ID_FIXED);
            bool valid = type == 0 || type == 1 || type == 4 || type == 5 || type == 9 || type == 12;
            assert_int_equal(bench.seen.records.size(), known && valid);
        }
}

static void a_senseless_header_costs_the_rest_of_its_transfer_and_nothing_more(void **)
{
    Bench bench;
    const Bytes good = record(0, 60);
    for (unsigned at = 0; at < WEIR_RECORD_HEADER; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            Bytes bad = good;
            bad[at] = static_cast<uint8_t>(bad[at] ^ 1 << bit);
            check(bench, good + bad + good);
            bad = record(WEIR_F_PAD, 4);
            bad[at] = static_cast<uint8_t>(bad[at] ^ 1 << bit);
            check(bench, good + bad + good);
            check(bench, good);
        }
    check(bench, record(0, 0) + good);
    assert_int_equal(bench.seen.bad, 1);
    check(bench, record(0, MAX_LENGTH + 1) + good);
    assert_int_equal(bench.seen.bad, 1);
}

static void a_transfer_that_ends_early_withdraws_the_record(void **)
{
    Bench bench;
    const Bytes whole =
        record(0, 60) + record(WEIR_F_PAD, 6) + record(WEIR_F_NEEDS_CSUM, 33, WEIR_GSO_TCPV4, 20);
    for (size_t length = 0; length <= whole.size(); length++) {
        check(bench, Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)));
        check(bench, record(0, 17));
    }
}

static void any_bytes_leave_it_in_step_by_the_next_transfer(void **)
{
    Bench bench;
    print_message("# seed %u\n", SEED);
    for (int round = 0; round < 3000; round++) {
        Bytes t;
        for (unsigned i = bench.random() % 4; i > 0; i--)
            t = t + record(static_cast<uint8_t>(bench.random() % 8 ? bench.random() % 2 : WEIR_F_PAD),
                           bench.random() % 200);
        if (bench.random() % 2)
            for (unsigned i = bench.random() % 60; i > 0; i--)
                t.push_back(static_cast<uint8_t>(bench.random() % 4 ? bench.random() : WEIR_RECORD_MAGIC));
        for (unsigned i = bench.random() % 4; i > 0 && !t.empty(); i--)
            t[bench.random() % t.size()] = static_cast<uint8_t>(bench.random());
        if (bench.random() % 2)
            t.resize(bench.random() % (t.size() + 1));
        check(bench, t);
        check(bench, record(0, 1 + bench.random() % 100));
    }
}

static void a_flush_at_any_moment_ends_the_open_record_and_starts_anew(void **)
{
    Bench bench;
    const Bytes t = record(0, 9) + record(WEIR_F_PAD, 5) + record(0, 30) + Bytes{0, 1, 2, 3};
    for (int round = 0; round < 20; round++)
        for (size_t stop = 0; stop <= t.size(); stop++) {
            bench.send(t, stop);
            for (unsigned i = bench.random() % 3; i > 0; i--)
                bench.beat(false, 0, false);
            bench.dut->link_flush = 1;
            for (unsigned i = bench.random() % 3 + 1; i > 0; i--)
                bench.beat(false, 0, false);
            bench.dut->link_flush = 0;
            for (int i = 0; bench.open && i < 100; i++)
                bench.beat(false, 0, false);
            assert_false(bench.open); // withdrawn, or ended before
            check(bench, record(0, 21));
        }
}

static void a_byte_a_clock(void **)
{
    Bench bench;
    bench.stalls = false;
    const Bytes t = record(0, 1000);
    assert_true(bench.send(t) <=
                t.size() + 1 + 2 + 3); // one for the end; a record's header costs two and its end three
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_as_they_went_in),
        cmocka_unit_test(padding_records_are_skipped),
        cmocka_unit_test(what_stands_behind_a_frame_is_neither_passed_on_nor_looked_at),
        cmocka_unit_test(a_frame_may_ask_for_a_checksum_and_a_fixed_identification_and_for_nothing_else),
        cmocka_unit_test(a_senseless_header_costs_the_rest_of_its_transfer_and_nothing_more),
        cmocka_unit_test(a_transfer_that_ends_early_withdraws_the_record),
        cmocka_unit_test(any_bytes_leave_it_in_step_by_the_next_transfer),
        cmocka_unit_test(a_flush_at_any_moment_ends_the_open_record_and_starts_anew),
        cmocka_unit_test(a_byte_a_clock),
    };
    return cmocka_run_group_tests_name("record_parser", tests, nullptr, nullptr);
}
