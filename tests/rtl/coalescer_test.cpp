// SPDX-License-Identifier: BSD-2-Clause
//
// Which segments with data go short, and what forgets their flow.
#include "coalescer_bench.h"

namespace
{

using namespace coalesce;

void segments_in_order_continue_their_run(void **)
{
    assert_forms(run_with([](Segment &) {}), "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4, [](Segment &s) { s.v6 = true; }), "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4, [](Segment &s) { s.stamps(77, 88); }), "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4, [](Segment &s) { s.tags = {0x81002005}; }), "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4,
                          [](Segment &s) {
                              s.tags = {0x88A80001, 0x81000002};
                          }),
                 "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4, [](Segment &s) { s.flags = ACK | ECE; }), "Hccc");
    assert_forms(run_with([](Segment &) {}, 0, 4,
                          [](Segment &s) {
                              s.options = Bytes(40, 1);
                              s.v6 = true;
                              s.tags = {0x81000001, 0x81000002};
                          }),
                 "Hccc");
}

void a_gap_or_an_overlap_in_sequence_begins_anew(void **)
{
    for (uint32_t off : {1u, 100u, 0xFFFFFFFFu, 0x10000u, 0x80000000u, 0x100u})
        assert_forms(run_with([off](Segment &s) { s.seq += off; }), "HcHH");
}

void each_field_that_glued_segments_share_must_be_the_head_s(void **)
{
    const Change changes[] = {
        [](Segment &s) { s.tos ^= 4; },     [](Segment &s) { s.tos ^= 3; }, // congestion experienced
        [](Segment &s) { s.ttl--; },        [](Segment &s) { s.fragment = 0; },
        [](Segment &s) { s.ack++; },        [](Segment &s) { s.ack += 0x1000000; },
        [](Segment &s) { s.window++; },     [](Segment &s) { s.window += 256; },
        [](Segment &s) { s.flags |= ECE; }, [](Segment &s) { s.urgent = 1; },
        [](Segment &s) { s.urgent = 256; }, [](Segment &s) { s.options = {1, 1, 1, 1}; },
    };
    for (auto &change : changes)
        assert_forms(run_with(change), "HcHH");
    const Change changes_6[] = {
        [](Segment &s) { s.tos ^= 0x10; },     [](Segment &s) { s.tos ^= 0x03; },
        [](Segment &s) { s.label = 0x10000; }, [](Segment &s) { s.label = 1; },
        [](Segment &s) { s.ttl--; },
    };
    for (auto &change : changes_6)
        assert_forms(run_with(change, 2, 4, [](Segment &s) { s.v6 = true; }), "HcHH");
}

void time_stamps_must_be_the_head_s(void **)
{
    for (size_t byte : {4u, 7u, 8u, 11u})
        assert_forms(
            run_with([byte](Segment &s) { s.options[byte]++; }, 2, 4, [](Segment &s) { s.stamps(1, 2); }),
            "HcHH");
}

void a_flow_is_known_by_ethernet_tags_addresses_and_ports(void **)
{
    // Each byte of it, changed for one frame, makes another flow's head; the run goes on.
    for (bool v6 : {false, true}) {
        std::vector<Bytes> frames;
        for (unsigned n = 0; n < 4; n++) {
            Segment s = data_segment(n);
            s.v6 = v6;
            s.tags = {0x81000001};
            frames.push_back(make_frame(s));
        }
        Layout l(frames[0]);
        std::vector<size_t> places = {0, 5, 6, 11, 12, 14, 15, l.tcp, l.tcp + 1, l.tcp + 2, l.tcp + 3};
        for (size_t at = l.ip + (v6 ? 8 : 12); at < l.tcp; at++)
            places.push_back(at);
        for (size_t at : places) {
            Bytes other = frames[1];
            if (at == 12)
                put(other, 12, 0x88A8, 2);
            else
                other[at] ^= 0x20;
            set_checksums(other);
            assert_forms(forms({frames[0], other, frames[1], frames[2]}), "HHcc");
        }
    }
}

void the_identification_counts_up_or_stays_and_the_second_segment_decides(void **)
{
    auto stays = [](Segment &s) { s.id = 7; };
    assert_forms(run_with(stays, 9, 4, stays), "Hccc");
    assert_forms(run_with([](Segment &s) { s.id = 8; }, 2, 4, stays), "HcHH");
    assert_forms(run_with([](Segment &s) { s.id--; }), "HcHH");
    assert_forms(run_with([](Segment &s) { s.id++; }),
                 "HcHc"); // the new run's second is as its head, with DF
    assert_forms(run_with([](Segment &s) { s.id = static_cast<uint16_t>(s.id + 256); }), "HcHH");
    // Without DF it must count.
    assert_forms(run_with(stays, 9, 4, [&](Segment &s) { stays(s), s.fragment = 0; }), "HHHH");
    assert_forms(run_with([](Segment &) {}, 9, 4, [](Segment &s) { s.fragment = 0; }), "Hccc");
}

void push_fin_or_less_payload_end_the_run_behind_them(void **)
{
    assert_forms(run_with([](Segment &s) { s.flags |= PSH; }), "HccH");
    assert_forms(run_with([](Segment &s) { s.flags |= FIN; }), "HccH");
    assert_forms(run_with([](Segment &s) { s.flags |= FIN | PSH; }), "HccH");
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 3; n++)
        frames.push_back(make_frame(data_segment(n)));
    Segment less = data_segment(3), after = data_segment(3);
    less.payload.resize(99);
    after.seq += 99;
    after.id++;
    assert_forms(forms({frames[0], frames[1], frames[2], make_frame(less), make_frame(after)}), "HcccH");
}

void more_payload_than_the_head_begins_anew(void **)
{
    assert_forms(run_with([](Segment &s) { s.payload.push_back(0); }), "HcHH");
    assert_forms(run_with([](Segment &s) { s.payload.resize(100 + 256); }), "HcHH");
}

void nothing_continues_data_with_push_or_fin(void **)
{
    assert_forms(run_with([](Segment &s) { s.flags |= PSH; }, 0), "-Hcc");
    assert_forms(run_with([](Segment &s) { s.flags |= FIN; }, 0), "-Hcc");
}

void flags_that_are_not_for_gluing_forget_the_flow(void **)
{
    for (unsigned flag : {SYN, RST, URG, CWR}) {
        assert_forms(run_with([flag](Segment &s) { s.flags |= flag; }), "Hc-H");
        assert_forms(run_with([flag](Segment &s) { s.flags |= flag; }, 0), "-Hcc");
    }
    assert_forms(run_with([](Segment &s) { s.flags = 0; }), "Hc-H");
    assert_forms(run_with([](Segment &s) { s.flags = SYN | ACK, s.payload.clear(); }), "Hc-H");
    assert_forms(run_with([](Segment &s) { s.flags = FIN | ACK, s.payload.clear(); }), "Hc-H");
}

void data_with_padding_behind_it_forgets_the_flow(void **)
{
    assert_forms(run_with([](Segment &s) { s.padding = 1; }), "Hc-H");
    assert_forms(run_with([](Segment &s) { s.payload.resize(5); }), "Hc-H"); // 59 bytes
    assert_forms(run_with([](Segment &s) { s.payload.resize(6); }), "HccH");
    assert_forms(run_with([](Segment &s) { s.padding = 256; }, 2, 4, [](Segment &s) { s.v6 = true; }),
                 "Hc-H");
}

// FFFF stands for the same sum as 0000, which is what a host would compute.
void a_checksum_of_ffff_forgets_the_flow(void **)
{
    for (bool tcp : {false, true}) {
        std::vector<Bytes> frames;
        for (unsigned n = 0; n < 4; n++)
            frames.push_back(make_frame(data_segment(n)));
        Bytes &odd = frames[2];
        Layout l(odd);
        size_t at = tcp ? l.tcp + 16 : l.ip + 10;
        if (tcp) // the payload is whatever makes the sum 0
            put(odd, l.body, (get(odd, l.body, 2) + get(odd, at, 2)) % 0xFFFF, 2);
        put(odd, at, 0xFFFF, 2);
        assert_forms(forms(frames), "Hc-H");
    }
}

void other_frames_go_whole_and_leave_the_run_alone(void **)
{
    const Change changes[] = {
        [](Segment &s) { s.protocol = 17; },
        [](Segment &s) { s.fragment = 0x2000; },
        [](Segment &s) { s.fragment = 1; },
        [](Segment &s) { s.fragment = 0x100; },
        [](Segment &s) { s.fragment = 0x8000; },
        [](Segment &s) { s.ip_options = 4; },
        [](Segment &s) {
            s.tags = {0x81000001, 0x81000001, 0x81000001};
        },
    };
    for (auto &change : changes) {
        Segment other = data_segment(1);
        change(other);
        assert_forms(forms({make_frame(data_segment(0)), make_frame(other), make_frame(data_segment(1))}),
                     "H-c");
    }
    // An extension header, a version that is not 6, a data offset under 5, a frame that ends within its
    // header.
    Segment six = data_segment(0), next = data_segment(1);
    six.v6 = next.v6 = true;
    Bytes head = make_frame(six), tail = make_frame(next);
    for (unsigned n = 0; n < 4; n++) {
        Bytes other = tail;
        Layout l(other);
        if (n == 0)
            other[l.ip + 6] = 0;
        else if (n == 1)
            other[l.ip] = 0x50;
        else if (n == 2)
            other[l.tcp + 12] = 0x40;
        else
            other.resize(l.tcp + 19);
        assert_forms(forms({head, other, tail}), "H-c");
    }
    Bench b;
    b.add(head);
    b.add(tail, 0); // not verified
    b.add(tail, WEIR_F_CSUM_BAD);
    b.add(tail);
    std::string seen;
    while (b.wait_for_frame())
        seen += is_short(b.take()) ? 'c' : '.';
    assert_forms(seen, "...c");
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(segments_in_order_continue_their_run),
        cmocka_unit_test(a_gap_or_an_overlap_in_sequence_begins_anew),
        cmocka_unit_test(each_field_that_glued_segments_share_must_be_the_head_s),
        cmocka_unit_test(time_stamps_must_be_the_head_s),
        cmocka_unit_test(a_flow_is_known_by_ethernet_tags_addresses_and_ports),
        cmocka_unit_test(the_identification_counts_up_or_stays_and_the_second_segment_decides),
        cmocka_unit_test(push_fin_or_less_payload_end_the_run_behind_them),
        cmocka_unit_test(more_payload_than_the_head_begins_anew),
        cmocka_unit_test(nothing_continues_data_with_push_or_fin),
        cmocka_unit_test(flags_that_are_not_for_gluing_forget_the_flow),
        cmocka_unit_test(data_with_padding_behind_it_forgets_the_flow),
        cmocka_unit_test(a_checksum_of_ffff_forgets_the_flow),
        cmocka_unit_test(other_frames_go_whole_and_leave_the_run_alone),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
