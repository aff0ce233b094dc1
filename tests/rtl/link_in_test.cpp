// SPDX-License-Identifier: BSD-2-Clause
//
// The change between records and NTBs on the way to the host; each of the two has a bench of its own.
#include "Vlink_in.h"
#include "ncm_bench.h"
#include "weir_link.h"

namespace
{

struct In : Bench<Vlink_in> {
    Random random;
    std::vector<Bytes> memory; // frames that wait
    size_t at = 0;             // in the first of them
    Bytes transfer;
    std::vector<Bytes> transfers;

    explicit In(uint64_t seed = 1) : random(seed)
    {
        dut->ncm = dut->listens = dut->link_flush = dut->m_ready = dut->s_valid = 0;
        dut->high_speed = dut->in_drained = 1;
        dut->in_timeout = 100;
        dut->s_flags = 0;
        reset();
    }
    void clock()
    {
        dut->s_valid = !memory.empty();
        if (!memory.empty()) {
            dut->s_length = uint16_t(memory[0].size());
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
        for (const Bytes &t : transfers) {
            if (ncm) {
                assert_true(parse_block(t, seen));
                continue;
            }
            for (size_t i = 0; i < t.size();) {
                const size_t length = get16(t, i + WEIR_REC_LENGTH);
                assert_int_equal(t[i], WEIR_RECORD_MAGIC);
                if (t[i + 1] != WEIR_F_PAD)
                    seen.push_back(Bytes(&t[i + 12], &t[i + 12] + length));
                i += WEIR_RECORD_HEADER + (length + 3) / 4 * 4;
            }
        }
        transfers.clear();
        return seen;
    }
};

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

void a_change_at_any_moment_reads_the_memory_frame_by_frame(void **)
{
    for (unsigned n = 0; n < 2000; n++) {
        In in(n);
        const bool ncm = n % 2;
        in.configure(ncm);
        std::vector<Bytes> all;
        for (size_t i = 0; i < 6; i++)
            all.push_back(random_frame(in.random, 100 + i));
        in.memory = all;
        in.clocks_of(in.random.below(500));
        const size_t waiting = in.memory.size() - (in.at != 0);
        in.configure(!ncm);
        in.transfers.clear();
        in.clocks_of(1500);
        const std::vector<Bytes> seen = in.frames(!ncm);
        // Those that had not begun come all, but for one of which the change caught the first byte.
        const bool tail = seen.size() <= all.size() && std::equal(seen.rbegin(), seen.rend(), all.rbegin());
        if (!tail || seen.size() > waiting || seen.size() + 1 < waiting || !in.memory.empty())
            fail_msg("seed %u: %zu frames of %zu", n, seen.size(), waiting);
    }
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
    cmocka_unit_test(a_change_at_any_moment_reads_the_memory_frame_by_frame),
    cmocka_unit_test(frames_too_long_for_a_block_are_told),
};

} // namespace
RUN_TESTS(tests)
