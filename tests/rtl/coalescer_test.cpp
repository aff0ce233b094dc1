// SPDX-License-Identifier: BSD-2-Clause
//
// The bench is the record builder: it begins records, ends transfers, reads notes and bytes, and rebuilds
// each frame from what it got. Each must be the original, and short exactly where the rules
// (coalesce_bench.h) say so.
#include <deque>
#include <functional>
#include "Vcoalescer.h"
#include "coalesce_bench.h"

namespace
{

using namespace coalesce;

struct Entry {
    Bytes data;
    uint8_t flags;
    uint64_t time;
};

struct Record {
    Bytes header, data;
    uint64_t time;
    bool ack;
};

struct Bench {
    Vcoalescer m;
    Random random{5};
    uint64_t now = 0; // clocks
    std::deque<Entry> waiting;
    size_t position = 0;
    unsigned gap = 0;
    unsigned heads = 0, continued = 0, repeated = 0; // events

    Bench()
    {
        m.enable = 1;
        m.rst = 1;
        m.s_valid = m.m_ready = m.begins = m.ended = m.note_read = 0;
        clock(3);
        m.rst = 0;
    }
    void drive()
    {
        m.s_valid = !waiting.empty() && gap == 0;
        if (m.s_valid) {
            const Entry &e = waiting.front();
            m.s_data = e.data[position];
            m.s_last = position + 1 == e.data.size();
            m.s_length = static_cast<uint16_t>(e.data.size());
            m.s_flags = e.flags;
            m.s_stamp = e.time;
        }
    }
    void clock(uint64_t n = 1)
    {
        while (n--) {
            drive();
            m.clk = 0;
            m.eval();
            bool taken = m.s_valid && m.s_ready && !m.rst;
            if (!m.rst) {
                heads += m.ev_head;
                continued += m.ev_continued;
                repeated += m.ev_pure_ack;
            }
            m.clk = 1;
            m.eval();
            now++;
            if (gap)
                gap--;
            if (taken && ++position == waiting.front().data.size()) {
                waiting.pop_front();
                position = 0;
                gap = 5;
            }
        }
    }
    Bytes add(const Bytes &data, uint8_t flags = WEIR_F_DATA_VALID)
    {
        waiting.push_back({data, flags, uint64_t{random.below(256)} << 32 | random.next()});
        return data;
    }
    bool wait_for_frame(unsigned clocks = 1000)
    {
        for (drive(), m.eval(); !m.m_valid && clocks; clocks--)
            clock();
        return m.m_valid;
    }
    void end_transfer()
    {
        m.ended = 1;
        clock();
        m.ended = 0;
    }
    void pause(uint32_t percent)
    {
        while (random.percent(percent))
            clock();
    }
    // Takes the record of the frame that waits; `slow`: percent of clocks in which nothing goes.
    Record take(uint32_t slow = 0)
    {
        Record r{Bytes(WEIR_RECORD_HEADER), {}, 0, false};
        m.begins = 1;
        m.eval();
        r.header[WEIR_REC_FLAGS] = m.m_flags;
        size_t length = m.m_length;
        clock();
        m.begins = 0;
        for (unsigned i = 0; i < WEIR_RECORD_HEADER; i++) {
            pause(slow);
            m.eval();
            assert_int_equal(m.m_flags, r.header[WEIR_REC_FLAGS]);
            assert_int_equal(m.m_length, length);
            if (i >= WEIR_REC_CSUM_START && i < WEIR_REC_LENGTH)
                r.header[i] = m.note;
            m.note_read = 1;
            m.note_index = (i + 1) & 15;
            clock();
            m.note_read = 0;
        }
        r.header[WEIR_REC_LENGTH + 2] = static_cast<uint8_t>(m.m_flow << 4);
        r.time = m.m_stamp;
        r.ack = m.m_ack;
        for (bool last = false; !last;) {
            pause(slow);
            m.m_ready = 1;
            drive();
            m.eval();
            if (m.m_valid) {
                if (!(r.header[WEIR_REC_FLAGS] & WEIR_F_PURE_ACK))
                    r.data.push_back(m.m_data);
                last = m.m_last;
            }
            clock();
            m.m_ready = 0;
        }
        assert_int_equal(r.data.size(), length);
        return r;
    }
};

bool is_short(const Record &r)
{
    return r.header[WEIR_REC_FLAGS] & (WEIR_F_CONTINUES | WEIR_F_PURE_ACK);
}

// Sends the frames in one transfer; says which went short. They come back as they were.
std::string forms(const std::vector<Bytes> &frames)
{
    Bench b;
    Rebuilder host;
    Rules rules;
    std::string all;
    for (auto &f : frames)
        b.add(f);
    for (auto &f : frames) {
        assert_true(b.wait_for_frame());
        Record r = b.take();
        assert_true(host.frame(r.header, r.data) == f);
        bool brief = false;
        rules.frame(f, WEIR_F_DATA_VALID, brief);
        assert_int_equal(is_short(r), brief);
        all += r.header[WEIR_REC_FLAGS] & WEIR_F_CONTINUES  ? 'c'
               : r.header[WEIR_REC_FLAGS] & WEIR_F_PURE_ACK ? 'a'
               : r.header[WEIR_REC_LENGTH + 2]              ? 'H'
                                                            : '-';
    }
    assert_false(b.wait_for_frame(100));
    return all;
}

Segment data_segment(unsigned n, size_t payload = 100)
{
    Segment s;
    s.seq = 0xFFFFFF00 + static_cast<uint32_t>(n * payload); // wraps
    s.id = static_cast<uint16_t>(0xFFFE + n);
    s.payload = Bytes(payload, static_cast<uint8_t>(n));
    return s;
}

using Change = std::function<void(Segment &)>;

// Segments of a run, the one of `at` changed.
std::string run_with(
    const Change &change, unsigned at = 2, unsigned count = 4, const Change &all = [](Segment &) {})
{
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < count; n++) {
        Segment s = data_segment(n);
        all(s);
        if (n == at)
            change(s);
        frames.push_back(make_frame(s));
    }
    return forms(frames);
}

#define assert_forms(got, expected) assert_string_equal((got).c_str(), expected)

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

Segment acknowledgement(unsigned n, bool stamps = true)
{
    Segment s;
    s.ack = 0x12340000 + n * 2920;
    s.window = 500 + 7 * n;
    s.id = static_cast<uint16_t>(0x1000 + n);
    if (stamps)
        s.stamps(0x55550000 + n, 0x77770010 + 2 * n);
    return s;
}

std::string acks_with(
    const Change &change, const Change &all = [](Segment &) {})
{
    std::vector<Bytes> frames;
    for (unsigned n = 0; n < 4; n++) {
        Segment s = acknowledgement(n);
        all(s);
        if (n == 2)
            change(s);
        frames.push_back(make_frame(s));
    }
    return forms(frames);
}

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
        cmocka_unit_test(acknowledgements_like_the_head_need_no_bytes),
        cmocka_unit_test(an_acknowledgement_with_another_difference_is_a_new_head),
        cmocka_unit_test(the_padding_of_an_acknowledgement_counts),
        cmocka_unit_test(other_flags_than_ack_forget_the_flow_of_acknowledgements),
        cmocka_unit_test(a_frame_of_an_acknowledgement_and_much_padding_goes_whole),
        cmocka_unit_test(data_does_not_continue_an_acknowledgement_nor_the_other_way_round),
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
