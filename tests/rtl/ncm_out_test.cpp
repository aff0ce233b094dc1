// SPDX-License-Identifier: BSD-2-Clause
//
// ncm_out against a plain reading of the standard: blocks of every layout, broken blocks, and blocks with any
// byte changed.
#include "Vncm_out.h"
#include "ncm_bench.h"

namespace
{

struct Out : Bench<Vncm_out> {
    Random random;
    std::vector<Bytes> records;
    bool open = false, slow = false;
    size_t length = 0;
    unsigned bad = 0;

    explicit Out(uint64_t seed = 1) : random(seed)
    {
        dut->s_valid = dut->m_ready = dut->m_rec_ready = dut->flush = 0;
        reset();
    }
    void watch()
    {
        if (dut->m_rec_valid && dut->m_rec_ready) {
            assert_false(open);
            open = true;
            length = dut->m_rec_length;
            records.push_back({});
        }
        if (dut->m_valid && dut->m_ready) {
            assert_true(open);
            records.back().push_back(dut->m_data);
            open = !dut->m_last;
            assert_int_equal(dut->m_last, records.back().size() == length);
        }
        bad += dut->ev_bad_block;
    }
    bool beat(bool valid, uint8_t data, bool eot)
    {
        dut->s_valid = valid;
        dut->s_data = data;
        dut->s_eot = eot;
        dut->m_ready = !slow || random.percent(70);
        dut->m_rec_ready = !slow || random.percent(20);
        dut->eval();
        const bool taken = valid && dut->s_ready;
        watch();
        tick();
        return taken;
    }
    void send(const Bytes &block, bool eot = true)
    {
        unsigned patience = 1000000;
        for (size_t i = 0; i < block.size() + eot && patience > 0; patience--)
            i += beat(!slow || random.percent(90), i < block.size() ? block[i] : 0xAA, i == block.size());
        assert_int_not_equal(patience, 0);
    }
    void settle(unsigned clocks = 12000)
    {
        while (clocks-- > 0)
            beat(false, 0, false);
        assert_false(open);
    }
};

Layout random_layout(Random &random)
{
    Layout layout;
    layout.tables_behind = random.percent(50);
    layout.terminated = random.percent(80);
    layout.gap = random.below(8);
    size_t room = NTB_OUT_MAX - 12 - 20;
    for (size_t count = 1 + random.below(12); count > 0; count--) {
        const size_t length = 14 + random.below(random.percent(50) ? 100 : 1505);
        if (length + layout.gap + 4 > room)
            break;
        layout.lengths.push_back(length);
        room -= length + layout.gap + 4;
    }
    if (!layout.terminated && layout.lengths.size() == 1)
        layout.terminated = true; // a table has two entries at least
    if (layout.terminated && room > 12 * layout.lengths.size())
        layout.per_table = 1 + random.below(4);
    return layout;
}

void blocks_of_every_layout_give_their_datagrams_in_order(void **)
{
    for (bool slow : {false, true}) {
        Out out(2);
        out.slow = slow;
        std::vector<Bytes> expected;
        for (unsigned n = 0; n < 200; n++) {
            Bytes block = make_block(out.random, random_layout(out.random), expected);
            if (out.random.percent(20))
                put16(block, 8, 0); // the transfer's end is the block's
            if (out.random.percent(20))
                block.resize(std::min(block.size() + out.random.below(600), NTB_OUT_MAX)); // padded
            out.send(block, block.size() < NTB_OUT_MAX || out.random.percent(50));
        }
        out.settle();
        assert_int_equal(out.bad, 0);
        assert_true(out.records == expected);
    }
}

void the_longest_block_and_the_most_datagrams_pass(void **)
{
    Out out;
    std::vector<Bytes> expected;
    Layout one, many;
    one.lengths = {NTB_OUT_MAX - 28};
    out.send(make_block(out.random, one, expected), false);
    out.send({}); // its empty packet
    many.lengths.assign((NTB_OUT_MAX - 24) / 18, 14);
    many.per_table = many.lengths.size();
    out.send(make_block(out.random, many, expected));
    out.settle();
    assert_true(out.records == expected);
    assert_int_equal(out.bad, 0);
}

void a_stream_of_full_frames_waits_for_nothing(void **)
{
    Out out;
    std::vector<Bytes> expected;
    Layout layout;
    layout.lengths = {1514};
    std::vector<Bytes> blocks;
    for (unsigned n = 0; n < 20; n++)
        blocks.push_back(make_block(out.random, layout, expected));
    const uint64_t begin = out.clocks;
    for (const Bytes &block : blocks)
        out.send(block);
    // 1,542 bytes and the end take 1,740 clocks of the bus at 53.2 MB/s.
    assert_in_range(out.clocks - begin, 0, 20 * 1740);
    out.settle();
    assert_true(out.records == expected);
}

void a_block_with_anything_wrong_is_dropped_whole_and_counted(void **)
{
    Out out(3);
    std::vector<Bytes> expected;
    unsigned bad = 0;
    Layout layout;
    layout.lengths = {60, 61, 100};
    auto broken = [&](size_t at, size_t value) {
        std::vector<Bytes> unused;
        for (bool behind : {false, true}) {
            layout.tables_behind = behind;
            Bytes block = make_block(out.random, layout, unused);
            put16(block, at < 12 ? at : get16(block, 10) + at - 12, value);
            out.send(block);
            bad++;
            out.send(make_block(out.random, layout, expected));
        }
    };
    broken(2, 'M' | 'h' << 8); // signature of 32-bit blocks
    broken(4, 16);             // its header
    broken(8, 300);            // longer than what came
    broken(8, 40);             // too short for what is in it
    broken(10, 8);             // a table in the header
    broken(10, 0);             // no table
    broken(10, 1000);          // outside
    broken(10, 0xFFFC);
    broken(14, 'M' | '1' << 8); // a table with CRC
    broken(16, 12);             // without room for an entry
    broken(16, 18);             // not a multiple of 4
    broken(16, 2000);           // outside
    broken(18, 2);              // next table: nowhere
    broken(18, 4096);
    broken(20, 0); // no datagram
    broken(22, 0);
    broken(24, 5);    // in the header
    broken(24, 1000); // outside
    broken(24, 0xFFFF);
    broken(26, 13); // too short for a frame
    broken(26, 0xFFFF);
    out.send(Bytes(1, 0));
    out.send(Bytes(11, 'N'));
    out.settle();
    assert_int_equal(out.bad, bad + 2);
    assert_true(out.records == expected);
}

void tables_that_bite_their_tails_end(void **)
{
    Out out(4);
    std::vector<Bytes> unused, expected;
    Layout layout;
    layout.lengths = {60, 60};
    layout.per_table = 1;
    for (unsigned n = 0; n < 20; n++) {
        Bytes block = make_block(out.random, layout, unused);
        put16(block, get16(block, 12 + 6) + 6, n % 2 ? 12 : get16(block, 12 + 6));
        out.send(block);
        out.send(make_block(out.random, layout, expected));
    }
    out.settle();
    assert_int_equal(out.bad, 20);
    assert_true(out.records == expected);
}

void blocks_with_any_byte_changed_get_the_models_verdict(void **)
{
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        Out out(seed);
        std::vector<Bytes> unused, frames, expected;
        Layout layout = random_layout(out.random);
        if (layout.lengths.size() > 3)
            layout.lengths.resize(3);
        Bytes block = make_block(out.random, layout, unused);
        const size_t ndp = get16(block, 10);
        for (unsigned changes = 1 + out.random.below(3); changes > 0; changes--) {
            const size_t at = out.random.percent(30) ? out.random.below(12) : ndp + out.random.below(24);
            if (at < block.size())
                block[at] = uint8_t(out.random.percent(50) ? out.random.next() : out.random.below(80));
        }
        if (out.random.percent(10))
            block.resize(1 + out.random.below(uint32_t(block.size())));
        const bool good = parse_block(block, frames);
        if (good)
            expected = frames;
        out.send(block);
        layout.lengths = {77};
        layout.per_table = 100;
        layout.terminated = true;
        out.send(make_block(out.random, layout, expected));
        out.settle(12000);
        if (out.records != expected || out.bad != !good)
            fail_msg("seed %u", unsigned(seed));
    }
}

void noise_never_stops_it(void **)
{
    Out out(5);
    for (unsigned n = 0; n < 100; n++)
        out.send(random_frame(out.random, out.random.below(6000)), out.random.percent(70));
    out.send({});
    std::vector<Bytes> expected;
    Layout layout;
    layout.lengths = {200};
    out.settle();
    out.records.clear();
    out.send(make_block(out.random, layout, expected));
    out.settle();
    assert_true(out.records == expected);
}

void a_flush_forgets_the_block_that_is_not_whole_and_finishes_the_one_that_is(void **)
{
    Out out(6);
    std::vector<Bytes> expected;
    for (unsigned n = 0; n < 100; n++) {
        std::vector<Bytes> unused;
        Layout layout;
        layout.lengths = {300 + n};
        out.send(make_block(out.random, layout, expected));
        Bytes half = make_block(out.random, layout, unused);
        half.resize(1 + out.random.below(uint32_t(half.size() - 1)));
        out.send(half, false);
        out.beat(false, 0, false);
        out.beat(false, 0, false);
        out.dut->flush = 1;
        out.beat(false, 0, false);
        out.dut->flush = 0;
    }
    out.settle();
    assert_true(out.records == expected);
    assert_int_equal(out.bad, 0);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(blocks_of_every_layout_give_their_datagrams_in_order),
    cmocka_unit_test(the_longest_block_and_the_most_datagrams_pass),
    cmocka_unit_test(a_stream_of_full_frames_waits_for_nothing),
    cmocka_unit_test(a_block_with_anything_wrong_is_dropped_whole_and_counted),
    cmocka_unit_test(tables_that_bite_their_tails_end),
    cmocka_unit_test(blocks_with_any_byte_changed_get_the_models_verdict),
    cmocka_unit_test(noise_never_stops_it),
    cmocka_unit_test(a_flush_forgets_the_block_that_is_not_whole_and_finishes_the_one_that_is),
};

} // namespace
RUN_TESTS(tests)
