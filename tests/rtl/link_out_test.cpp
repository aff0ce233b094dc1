// SPDX-License-Identifier: BSD-2-Clause
//
// The change between records and NTBs on the way to the segmenter; each of the two has a bench of its own.
#include "Vlink_out.h"
#include "ncm_bench.h"
#include "weir_link.h"

namespace
{

struct Out : Bench<Vlink_out> {
    Random random{1};
    std::vector<Bytes> frames; // whole ones
    Bytes frame;
    bool open = false;
    unsigned aborted = 0;

    Out()
    {
        dut->s_valid = dut->link_flush = dut->ncm = dut->m_ready = dut->m_rec_ready = 0;
        reset();
    }
    bool beat(bool valid, uint8_t data, bool eot)
    {
        dut->s_valid = valid;
        dut->s_data = data;
        dut->s_eot = eot;
        dut->m_ready = random.percent(70);
        dut->m_rec_ready = random.percent(30);
        dut->eval();
        const bool taken = valid && dut->s_ready;
        if (dut->m_rec_valid && dut->m_rec_ready) {
            assert_false(open);
            assert_int_equal(dut->m_rec_flags | dut->m_rec_gso_type, 0);
            open = true;
            frame.clear();
        }
        if (dut->m_valid && dut->m_ready) {
            assert_true(open);
            open = !dut->m_last && !dut->m_abort;
            aborted += dut->m_abort;
            if (!dut->m_abort)
                frame.push_back(dut->m_data);
            if (!open && !dut->m_abort)
                frames.push_back(frame);
        }
        tick();
        return taken;
    }
    void send(const Bytes &bytes, bool eot = true)
    {
        unsigned patience = 100000;
        for (size_t i = 0; i < bytes.size() + eot && patience > 0; patience--)
            i += beat(true, i < bytes.size() ? bytes[i] : 0, i == bytes.size());
        assert_int_not_equal(patience, 0);
    }
    // As usb_device does it: the configuration, and a clock later the flush.
    void configure(bool ncm)
    {
        dut->ncm = ncm;
        beat(false, 0, false);
        dut->link_flush = 1;
        beat(false, 0, false);
        dut->link_flush = 0;
    }
    void settle()
    {
        for (int i = 0; i < 3000; i++)
            beat(false, 0, false);
        assert_false(open);
    }
    Bytes transfer(bool ncm, const Bytes &data)
    {
        std::vector<Bytes> unused;
        Layout layout;
        layout.lengths = {data.size()};
        Bytes bytes(WEIR_RECORD_HEADER);
        if (ncm)
            bytes = make_block(random, layout, unused);
        bytes.resize(bytes.size() - (ncm ? data.size() : 0));
        if (!ncm) {
            bytes[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
            put16(bytes, WEIR_REC_LENGTH, data.size());
        }
        bytes.insert(bytes.end(), data.begin(), data.end());
        return bytes;
    }
};

void each_configuration_has_its_language(void **)
{
    Out out;
    std::vector<Bytes> expected;
    for (int n = 0; n < 20; n++) {
        out.configure(n % 2);
        for (size_t i = 0; i < 3; i++) {
            expected.push_back(random_frame(out.random, 4 * (20 + i)));
            out.send(out.transfer(n % 2, expected.back()));
        }
        out.settle();
        out.send(out.transfer(n % 2 == 0, expected.back())); // the other's makes no sense
        out.settle();
    }
    assert_true(out.frames == expected);
    assert_int_equal(out.aborted, 0);
}

void a_change_at_any_moment_ends_what_was_begun_and_loses_nothing_of_the_next(void **)
{
    for (unsigned n = 0; n < 2000; n++) {
        Out out;
        out.random = Random(n);
        const bool ncm = n % 2;
        out.configure(ncm);
        const Bytes first = random_frame(out.random, 400), second = random_frame(out.random, 80);
        Bytes begun = out.transfer(ncm, first);
        const size_t stop = out.random.below(uint32_t(begun.size() + 1));
        begun.resize(stop);
        out.send(begun, out.random.percent(50));
        for (unsigned wait = out.random.below(500); wait > 0; wait--)
            out.beat(false, 0, false);
        out.configure(!ncm);
        out.send(out.transfer(!ncm, second));
        out.settle();
        if (out.frames.empty() || out.frames.size() > 2 || out.frames.back() != second ||
            (out.frames.size() == 2 && out.frames[0] != first))
            fail_msg("seed %u", n);
    }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(each_configuration_has_its_language),
    cmocka_unit_test(a_change_at_any_moment_ends_what_was_begun_and_loses_nothing_of_the_next),
};

} // namespace
RUN_TESTS(tests)
