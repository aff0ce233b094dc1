// SPDX-License-Identifier: BSD-2-Clause
//
// Which acknowledgements without data go short.
#include "coalescer_bench.h"

namespace
{

using namespace coalesce;

void acknowledgements_like_the_head_need_no_bytes(void **)
{
    const Change none = [](Segment &) {};
    assert_forms(acks_with(none), "Haaa");
    assert_forms(acks_with(none, [](Segment &s) { s.options.clear(); }), "Haaa"); // with padding
    assert_forms(acks_with(none, [](Segment &s) { s.v6 = true; }), "Haaa");
    assert_forms(acks_with(none, [](Segment &s) { s.v6 = true, s.options.clear(); }), "Haaa");
    assert_forms(acks_with(none, [](Segment &s) { s.options.clear(), s.tags = {0x81000001}; }), "Haaa");
    // The same all over.
    assert_forms(acks_with(none, [](Segment &s) { s = acknowledgement(0); }), "Haaa");
    // Selective acknowledgements behind the time stamp, all the same; other layouts, all the same.
    assert_forms(acks_with(none,
                           [](Segment &s) {
                               s.options.insert(s.options.end(), {1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8});
                           }),
                 "Haaa");
    assert_forms(acks_with(none, [](Segment &s) { s.options = {1, 1, 8, 10}; }), "Haaa");
    assert_forms(acks_with(none, [](Segment &s) { s.options = {8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}; }),
                 "Haaa");
}

void an_acknowledgement_with_another_difference_is_a_new_head(void **)
{
    // Changed for one: it is a new head, and the one behind it too.
    const Change changes[] = {
        [](Segment &s) { s.seq++; },
        [](Segment &s) { s.ack += 0x10000; },
        [](Segment &s) { s.tos ^= 2; },
        [](Segment &s) { s.ttl--; },
        [](Segment &s) { s.id = static_cast<uint16_t>(s.id + 0x100); },
        [](Segment &s) { s.fragment = 0; },
        [](Segment &s) { s.urgent = 1; },
        [](Segment &s) { s.options[5]++; },
        [](Segment &s) { s.options[4]++; },
        [](Segment &s) { s.options[6]++; },
        [](Segment &s) { s.options[10]++; },
        [](Segment &s) { s.options.clear(); },
        [](Segment &s) { s.padding = 1; },
        [](Segment &s) {
            s.options.insert(s.options.end(), {1, 1, 1, 1});
        },
        [](Segment &s) { s.payload.resize(60); },
    };
    for (auto &change : changes)
        assert_forms(acks_with(change), "HaHH");
    // Of an unusual layout each byte counts.
    const Change unusual = [](Segment &s) { s.options = {8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}; };
    for (size_t byte : {7u, 11u})
        assert_forms(acks_with([byte](Segment &s) { s.options[byte]--; }, unusual), "HaHH");
}

void the_padding_of_an_acknowledgement_counts(void **)
{
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 4; n++)
        frames.push_back(make_frame(acknowledgement(n, false)));
    frames[2][59] = 1;
    assert_forms(forms(frames), "HaHH");
    frames[2][59] = 0;
    frames[2][54] = 0x80;
    assert_forms(forms(frames), "HaHH");
    frames[2].resize(61);
    assert_forms(forms(frames), "HaHH");
}

void other_flags_than_ack_forget_the_flow_of_acknowledgements(void **)
{
    for (unsigned flag : {FIN, SYN, RST, PSH, URG, ECE, CWR})
        assert_forms(acks_with([flag](Segment &s) { s.flags |= flag; }), "Ha-H");
}

void a_frame_of_an_acknowledgement_and_much_padding_goes_whole(void **)
{
    assert_forms(acks_with([](Segment &) {}, [](Segment &s) { s.padding = 128 - 66; }), "Haaa");
    assert_forms(acks_with([](Segment &) {}, [](Segment &s) { s.padding = 129 - 66; }), "----");
    assert_forms(acks_with([](Segment &) {}, [](Segment &s) { s.padding = 400; }), "----");
}

void data_does_not_continue_an_acknowledgement_nor_the_other_way_round(void **)
{
    Segment ack = data_segment(0), data = data_segment(0), later = data_segment(0);
    ack.payload.clear();
    later.payload.clear();
    later.seq += 100;
    data.id++;
    later.id = static_cast<uint16_t>(later.id + 2);
    assert_forms(forms({make_frame(ack), make_frame(data), make_frame(later)}), "HHH");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(acknowledgements_like_the_head_need_no_bytes),
        cmocka_unit_test(an_acknowledgement_with_another_difference_is_a_new_head),
        cmocka_unit_test(the_padding_of_an_acknowledgement_counts),
        cmocka_unit_test(other_flags_than_ack_forget_the_flow_of_acknowledgements),
        cmocka_unit_test(a_frame_of_an_acknowledgement_and_much_padding_goes_whole),
        cmocka_unit_test(data_does_not_continue_an_acknowledgement_nor_the_other_way_round),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
