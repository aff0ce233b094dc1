// SPDX-License-Identifier: BSD-2-Clause
#include "Vncm_in.h"
#include "ncm_bench.h"

namespace
{

struct In : Bench<Vncm_in> {
    Random random{1};
    std::vector<Bytes> transfers;
    Bytes open;
    bool slow = false;
    unsigned blocks = 0, dropped = 0;

    In()
    {
        dut->s_valid = dut->m_ready = dut->flush = 0;
        dut->listens = 1;
        reset();
    }
    bool clock(bool valid)
    {
        dut->s_valid = valid;
        dut->m_ready = !slow || random.percent(60);
        dut->eval();
        if (dut->m_valid && dut->m_ready) {
            open.push_back(dut->m_data);
            if (dut->m_last)
                transfers.push_back(open);
            if (dut->m_last)
                open.clear();
        }
        const bool taken = valid && dut->s_ready;
        tick();
        blocks += dut->ev_block;
        dropped += dut->ev_dropped;
        return taken;
    }
    // A frame from the receive memory, up to `stop` bytes of it.
    void receive(const Bytes &frame, size_t stop = SIZE_MAX)
    {
        dut->s_length = uint16_t(frame.size());
        for (size_t i = 0; i < frame.size() && i < stop;) {
            dut->s_data = frame[i];
            dut->s_last = i + 1 == frame.size();
            i += clock(!slow || random.percent(60));
        }
        clock(false);
    }
    void flush()
    {
        dut->flush = 1;
        clock(false);
        dut->flush = 0;
        open.clear(); // the endpoint forgets it, too
    }
};

void each_frame_becomes_a_block_that_the_standard_reads(void **)
{
    for (bool slow : {false, true}) {
        In in;
        in.slow = slow;
        unsigned number = 0;
        for (size_t length = 14; length <= 2019; length += 1 + in.random.below(40)) {
            const Bytes frame = random_frame(in.random, length);
            std::vector<Bytes> frames;
            in.receive(frame);
            const Bytes &block = in.transfers.back();
            assert_true(parse_block(block, frames));
            assert_true(frames.size() == 1 && frames[0] == frame);
            assert_int_equal(get16(block, 6), number++);
            assert_int_equal(get16(block, 8), block.size());
            assert_int_equal(in.transfers.size(), number);
        }
        assert_int_equal(in.blocks, number);
        assert_int_equal(in.dropped, 0);
    }
}

void a_frame_too_long_for_a_block_is_dropped_and_counted(void **)
{
    In in;
    const Bytes frame = random_frame(in.random, 100);
    for (size_t length : {2020, 2048, 4096, 9216}) {
        in.receive(random_frame(in.random, length));
        in.receive(frame);
    }
    assert_int_equal(in.dropped, 4);
    assert_int_equal(in.transfers.size(), 4);
    assert_int_equal(in.blocks, 4);
}

void nothing_goes_up_while_the_host_does_not_listen(void **)
{
    In in;
    in.dut->listens = 0;
    in.receive(random_frame(in.random, 100));
    assert_true(in.transfers.empty() && in.open.empty());
    in.dut->listens = 1;
    in.receive(random_frame(in.random, 100));
    assert_int_equal(in.transfers.size(), 1);
    assert_int_equal(in.dropped, 0);
}

void after_a_flush_the_stream_starts_anew_with_a_block(void **)
{
    for (size_t stop = 1; stop < 60; stop++) {
        In in;
        const Bytes frame = random_frame(in.random, 60), next = random_frame(in.random, 80);
        in.receive(frame);
        in.receive(frame, stop);
        in.flush();
        in.transfers.clear();
        in.receive(Bytes(frame.begin() + long(stop), frame.end())); // its rest
        in.receive(next);
        std::vector<Bytes> frames;
        assert_int_equal(in.transfers.size(), 1);
        assert_true(parse_block(in.transfers[0], frames) && frames[0] == next);
        assert_int_equal(get16(in.transfers[0], 6), 0);
    }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(each_frame_becomes_a_block_that_the_standard_reads),
    cmocka_unit_test(a_frame_too_long_for_a_block_is_dropped_and_counted),
    cmocka_unit_test(nothing_goes_up_while_the_host_does_not_listen),
    cmocka_unit_test(after_a_flush_the_stream_starts_anew_with_a_block),
};

} // namespace
RUN_TESTS(tests)
