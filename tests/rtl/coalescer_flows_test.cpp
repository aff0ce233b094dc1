// SPDX-License-Identifier: BSD-2-Clause
//
// Several flows, the ends of transfers, and random traffic.
#include "coalescer_bench.h"

namespace
{

using namespace coalesce;

void heads_count_only_in_the_transfer_that_carried_them(void **)
{
    for (bool acks : {false, true})
        for (unsigned end = 1; end < 5; end++) {
            Bench b;
            Rebuilder host;
            std::string seen;
            for (unsigned n = 0; n < 6; n++) {
                Bytes f = b.add(make_frame(acks ? acknowledgement(n) : data_segment(n)));
                assert_true(b.wait_for_frame());
                if (n == end) {
                    b.end_transfer();
                    host.flows.clear();
                }
                Record r = b.take();
                assert_true(host.frame(r.header, r.data) == f);
                seen += is_short(r) ? 's' : 'H';
            }
            std::string expected = "Hsssss";
            expected[end] = 'H';
            assert_forms(seen, expected.c_str());
        }
}

// The transfer is flushed while a record is under way: its frame's rest is read and thrown away.
void a_head_that_was_flushed_does_not_count(void **)
{
    for (unsigned second = 0; second < 2; second++)
        for (unsigned moment = 0; moment < 60; moment++) {
            Bench b;
            for (unsigned n = 0; n < 4; n++)
                b.add(make_frame(data_segment(n)));
            assert_true(b.wait_for_frame());
            if (second) {
                b.take();
                assert_true(b.wait_for_frame());
            }
            b.m.begins = 1;
            b.clock();
            b.m.begins = 0;
            assert_int_equal(b.m.m_short, second);
            b.clock(moment);
            b.end_transfer();
            bool last = false;
            for (b.m.m_ready = 1; !last; b.clock()) {
                b.drive();
                b.m.eval();
                last = b.m.m_valid && b.m.m_last;
            }
            b.m.m_ready = 0;
            assert_true(b.wait_for_frame());
            Record r = b.take();
            assert_false(is_short(r));
            assert_true(r.data == make_frame(data_segment(1 + second)));
            assert_true(b.wait_for_frame());
            assert_true(is_short(b.take()));
        }
}

void turned_off_all_frames_pass_as_they_are(void **)
{
    Bench b;
    b.m.enable = 0;
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 10; n++)
        frames.push_back(b.add(make_frame(n < 5 ? data_segment(n) : acknowledgement(n))));
    for (auto &f : frames) {
        assert_true(b.wait_for_frame());
        Record r = b.take();
        assert_true(r.data == f);
        assert_int_equal(r.header[WEIR_REC_LENGTH + 2], 0);
    }
    // Turned off and on again, there are no flows.
    b.m.enable = 1;
    b.add(make_frame(data_segment(0)));
    assert_true(b.wait_for_frame());
    assert_false(is_short(b.take()));
    b.m.enable = 0;
    b.clock();
    b.m.enable = 1;
    b.add(make_frame(data_segment(1)));
    assert_true(b.wait_for_frame());
    assert_false(is_short(b.take()));
    b.add(make_frame(data_segment(2)));
    assert_true(b.wait_for_frame());
    assert_true(is_short(b.take()));
}

void four_flows_are_known_at_once_and_a_fifth_takes_the_place_of_one(void **)
{
    auto round = [](unsigned connections, unsigned rounds) {
        std::vector<Bytes> frames;
        for (unsigned n = 0; n < rounds; n++)
            for (unsigned c = 0; c < connections; c++) {
                Segment s = data_segment(n);
                s.connection = static_cast<uint8_t>(c + 1);
                frames.push_back(make_frame(s));
            }
        return frames;
    };
    assert_forms(forms(round(4, 3)), "HHHHcccccccc");
    // The fifth comes once. Whoever lost its place takes the next one's, until the fifth's is taken.
    auto frames = round(5, 3);
    frames.erase(frames.begin() + 14);
    frames.erase(frames.begin() + 9);
    Bench b;
    std::string seen;
    for (auto &f : frames)
        b.add(f);
    while (b.wait_for_frame())
        seen += is_short(b.take()) ? 'c' : 'H';
    assert_forms(seen, "HHHHHHHHHcccc");
}

void an_acknowledgement_is_told_in_either_form_and_time_goes_with_its_frame(void **)
{
    Bench b;
    std::vector<Entry> sent;
    for (unsigned n = 0; n < 3; n++)
        b.add(make_frame(acknowledgement(n)));
    for (unsigned n = 0; n < 3; n++)
        b.add(make_frame(data_segment(n)));
    b.add(Bytes(70, 3));
    sent.assign(b.waiting.begin(), b.waiting.end());
    for (unsigned n = 0; n < 7; n++) {
        assert_true(b.wait_for_frame());
        Record r = b.take(30);
        assert_int_equal(r.ack, n < 3);
        assert_true(r.time == sent[n].time);
    }
    assert_int_equal(b.heads, 2);
    assert_int_equal(b.continued, 2);
    assert_int_equal(b.repeated, 2);
}

// A byte a clock: a record of a frame takes its bytes, 12 of header, and a few more clocks.
void frames_that_go_whole_pay_for_their_header_once(void **)
{
    for (size_t length : {60u, 66u, 130u, 1514u}) {
        Bench b;
        for (unsigned n = 0; n < 40; n++) {
            Segment s = data_segment(0, length - 54);
            s.seq = b.random.next(); // none continues
            b.add(make_frame(s));
        }
        assert_true(b.wait_for_frame());
        for (unsigned n = 0; n < 10; n++, b.wait_for_frame())
            b.take();
        uint64_t before = b.now;
        for (unsigned n = 0; n < 20; n++, b.wait_for_frame())
            b.take();
        assert_in_range((b.now - before) / 20, 12 + length, 12 + length + 7);
    }
}

unsigned interleaving(uint32_t seed, unsigned connections, unsigned count, bool exact)
{
    Bench b;
    b.random = Random(seed);
    Random random(seed + 1000);
    std::vector<Source> sources;
    std::deque<Entry> sent;
    Rebuilder host;
    Rules rules;
    unsigned brief_ones = 0;
    for (unsigned c = 0; c < connections; c++)
        sources.emplace_back(random, static_cast<uint8_t>(c + 1));
    for (unsigned n = 0; n < count; n++) {
        Bytes f = random.percent(5) ? Bytes(1 + random.below(150), 0x55)
                                    : sources[random.below(connections)].next(random, !exact);
        uint8_t flags = f[0] == 0x55 || random.percent(2) ? 0 : verdict(f);
        sent.push_back({f, flags, 0});
        b.add(f, flags);
    }
    uint32_t slow = random.percent(50) ? 0 : random.below(60);
    for (unsigned n = 0; n < count; n++) {
        if (!b.wait_for_frame())
            fail_msg("seed %u: frame %u does not come", seed, n);
        if (random.percent(7)) {
            b.end_transfer();
            host.flows.clear();
            rules.transfer_ended();
        }
        if (random.percent(20))
            b.clock(random.below(300));
        Record r = b.take(slow);
        bool brief = false;
        rules.frame(sent[n].data, sent[n].flags, brief);
        if (host.frame(r.header, r.data) != sent[n].data)
            fail_msg("seed %u: frame %u is not the original", seed, n);
        if (exact && is_short(r) != brief)
            fail_msg("seed %u: frame %u is %s", seed, n, brief ? "whole" : "short");
        brief_ones += is_short(r);
    }
    return brief_ones;
}

void random_interleavings_of_four_flows_follow_the_rules_and_come_back_byte_for_byte(void **)
{
    unsigned brief = 0;
    for (uint32_t seed = 1; seed <= 60; seed++)
        brief += interleaving(seed, 1 + seed % 4, 300, true);
    assert_in_range(brief, 60 * 300 / 4, 60 * 300);
}

void random_interleavings_of_more_flows_than_are_known_come_back_byte_for_byte(void **)
{
    unsigned brief = 0;
    for (uint32_t seed = 1; seed <= 30; seed++)
        brief += interleaving(seed, 5 + seed % 4, 300, false);
    assert_in_range(brief, 30 * 300 / 50, 30 * 300);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(heads_count_only_in_the_transfer_that_carried_them),
        cmocka_unit_test(a_head_that_was_flushed_does_not_count),
        cmocka_unit_test(turned_off_all_frames_pass_as_they_are),
        cmocka_unit_test(four_flows_are_known_at_once_and_a_fifth_takes_the_place_of_one),
        cmocka_unit_test(an_acknowledgement_is_told_in_either_form_and_time_goes_with_its_frame),
        cmocka_unit_test(frames_that_go_whole_pay_for_their_header_once),
        cmocka_unit_test(random_interleavings_of_four_flows_follow_the_rules_and_come_back_byte_for_byte),
        cmocka_unit_test(random_interleavings_of_more_flows_than_are_known_come_back_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
