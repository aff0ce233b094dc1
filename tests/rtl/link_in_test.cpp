// SPDX-License-Identifier: BSD-2-Clause
//
// The change between records and NTBs on the way to the host; each of the two has a bench of its own.
#include "Vlink_in.h"
#include "coalesce_bench.h"
#include "ncm_bench.h"
#include "weir_link.h"

namespace
{

struct In : Bench<Vlink_in> {
    Random random;
    std::vector<Bytes> memory; // frames that wait
    bool tcp = false;          // they have the receive parser's verdict
    size_t at = 0;             // in the first of them
    Bytes transfer;
    std::vector<Bytes> transfers;

    explicit In(uint64_t seed = 1) : random(seed)
    {
        dut->ncm = dut->listens = dut->link_flush = dut->m_ready = dut->s_valid = 0;
        dut->high_speed = dut->in_drained = 1;
        dut->in_timeout = 100;
        dut->s_flags = dut->coalesce = dut->timestamps = dut->out_packet = dut->ack_hold = 0;
        reset();
    }
    void clock()
    {
        dut->s_valid = !memory.empty();
        if (!memory.empty()) {
            dut->s_length = uint16_t(memory[0].size());
            dut->s_flags = tcp ? coalesce::verdict(memory[0]) : 0;
            dut->s_data = memory[0][at];
            dut->s_last = at + 1 == memory[0].size();
        }
        dut->m_ready = random.percent(80);
        dut->eval();
        const bool taken = dut->s_valid && dut->s_ready;
        if (dut->m_valid && dut->m_ready) {
            transfer.push_back(dut->m_data);
            if (dut->m_last)
                transfers.push_back(transfer);
            if (dut->m_last)
                transfer.clear();
        }
        if (dut->link_flush)
            transfer.clear(); // the endpoint forgets it
        tick();
        if (taken && ++at == memory[0].size()) {
            memory.erase(memory.begin());
            at = 0;
        }
    }
    void clocks_of(unsigned count)
    {
        while (count-- > 0)
            clock();
    }
    // As usb_device does it: the configuration, and a clock later the flush.
    void configure(bool ncm)
    {
        dut->ncm = dut->listens = ncm;
        clock();
        dut->link_flush = 1;
        clock();
        dut->link_flush = 0;
    }
    // The frames in all transfers since the last look.
    std::vector<Bytes> frames(bool ncm)
    {
        std::vector<Bytes> seen;
        for (const Bytes &t : transfers)
            if (ncm)
                assert_true(parse_block(t, seen));
            else
                parse_records(t, seen);
        transfers.clear();
        return seen;
    }
    unsigned briefly = 0; // frames that came in a short form
    void parse_records(const Bytes &t, std::vector<Bytes> &seen)
    {
        coalesce::Rebuilder host;
        for (size_t i = 0; i < t.size();) {
            const size_t length = get16(t, i + WEIR_REC_LENGTH);
            const uint8_t flags = t.at(i + WEIR_REC_FLAGS);
            assert_int_equal(t[i], WEIR_RECORD_MAGIC);
            const Bytes header(t.begin() + long(i), t.begin() + long(i) + WEIR_RECORD_HEADER);
            i += WEIR_RECORD_HEADER + (flags & WEIR_F_TIMESTAMP ? WEIR_TIMESTAMP_SIZE : 0);
            assert_true(i + length <= t.size());
            if (flags != WEIR_F_PAD)
                seen.push_back(host.frame(header, Bytes(t.begin() + long(i), t.begin() + long(i + length))));
            briefly += (flags & (WEIR_F_CONTINUES | WEIR_F_PURE_ACK)) != 0;
            i += (length + 3) / 4 * 4;
        }
    }
};

// Segments of three flows, interleaved.
std::vector<Bytes> tcp_frames(unsigned seed, unsigned count)
{
    Random random(seed);
    std::vector<coalesce::Source> sources;
    std::vector<Bytes> frames;
    for (uint8_t c = 1; c <= 3; c++)
        sources.emplace_back(random, c);
    while (frames.size() < count)
        frames.push_back(sources[random.below(3)].next(random, true));
    return frames;
}

void each_configuration_has_its_language(void **)
{
    In in;
    for (int n = 0; n < 20; n++) {
        in.configure(n % 2);
        std::vector<Bytes> expected;
        for (size_t i = 0; i < 4; i++)
            expected.push_back(random_frame(in.random, 60 + 31 * i));
        in.memory = expected;
        in.clocks_of(1500);
        assert_true(in.frames(n % 2) == expected);
    }
}

void a_change_at_any_moment_keeps_all_frames_whole(void **)
{
    for (unsigned n = 0; n < 4000; n++) {
        In in(n);
        const bool ncm = n % 2;
        in.configure(ncm);
        in.tcp = in.dut->coalesce = n % 4 < 2;
        std::vector<Bytes> all;
        for (size_t i = 0; i < 6; i++)
            all.push_back(random_frame(in.random, 100 + i));
        if (in.tcp)
            all = tcp_frames(n, 6);
        in.memory = all;
        in.clocks_of(in.random.below(500));
        const size_t waiting = in.memory.size() - (in.at != 0);
        in.configure(!ncm);
        in.transfers.clear();
        in.clocks_of(in.tcp ? 15000 : 1500);
        const std::vector<Bytes> seen = in.frames(!ncm);
        // Those that had not begun come all, but for one of which the change caught the first byte; of those
        // that had, two at most were in the coalescer.
        const bool tail = seen.size() <= all.size() && std::equal(seen.rbegin(), seen.rend(), all.rbegin());
        if (!tail || seen.size() > waiting + 2 || seen.size() + 1 < waiting || !in.memory.empty())
            fail_msg("seed %u: %zu frames of %zu", n, seen.size(), waiting);
    }
}

void segments_that_go_short_come_back_whole_from_real_records(void **)
{
    unsigned briefly = 0;
    for (unsigned seed = 1; seed <= 30; seed++) {
        In in(seed);
        in.configure(false);
        in.tcp = in.dut->coalesce = true;
        in.dut->timestamps = seed % 2;
        in.dut->in_timeout = uint16_t(seed * 10);
        in.dut->high_speed = seed % 3 != 0;
        std::vector<Bytes> seen;
        const std::vector<Bytes> all = tcp_frames(seed, 100);
        for (const Bytes &f : all) {
            in.memory.push_back(f);
            in.clocks_of(in.random.below(400));
        }
        while (!in.memory.empty())
            in.clock();
        in.clocks_of(5000);
        if (in.frames(false) != all)
            fail_msg("seed %u", seed);
        briefly += in.briefly;
    }
    assert_in_range(briefly, 300, 3000);
}

void blocks_take_frames_as_they_are_whatever_the_mode(void **)
{
    In in;
    in.configure(true);
    in.tcp = in.dut->coalesce = true;
    const std::vector<Bytes> all = tcp_frames(3, 40);
    for (const Bytes &f : all) {
        in.memory.push_back(f);
        in.clocks_of(2500);
    }
    assert_true(in.frames(true) == all);
}

void frames_too_long_for_a_block_are_told(void **)
{
    In in;
    in.configure(true);
    in.memory = {random_frame(in.random, 3000), random_frame(in.random, 70)};
    unsigned told = 0;
    for (int i = 0; i < 5000; i++) {
        in.clock();
        told += in.dut->ev_too_long;
    }
    assert_int_equal(told, 1);
    assert_int_equal(in.frames(true).size(), 1);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(each_configuration_has_its_language),
    cmocka_unit_test(a_change_at_any_moment_keeps_all_frames_whole),
    cmocka_unit_test(segments_that_go_short_come_back_whole_from_real_records),
    cmocka_unit_test(blocks_take_frames_as_they_are_whatever_the_mode),
    cmocka_unit_test(frames_too_long_for_a_block_are_told),
};

} // namespace
RUN_TESTS(tests)
