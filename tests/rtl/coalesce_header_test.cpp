// SPDX-License-Identifier: BSD-2-Clause
//
// Frames walk through byte by byte, with pauses; what is said of each is compared with where its fields
// really are.
#include "Vcoalesce_header.h"
#include "coalesce_bench.h"

namespace
{

using namespace coalesce;

struct Seen {
    unsigned go = 0, reject = 0;  // how often
    size_t at = 0;                // bytes before that of go or reject
    std::vector<uint8_t> classes; // of each byte that was watched: 1 of_flow, 2 of_run, 4 of_ack
    Bytes compared, notes = Bytes(16, 0xEE);
};

struct Bench {
    Vcoalesce_header m;
    Random random{21};

    Bench()
    {
        m.rst = 1;
        m.s_valid = 0;
        clock();
        clock();
        m.rst = 0;
    }
    void clock()
    {
        m.clk = 0;
        m.eval();
        m.clk = 1;
        m.eval();
    }
    Seen walk(const Bytes &f, bool active = true)
    {
        Seen seen;
        for (size_t i = 0; i < f.size(); i++) {
            m.s_valid = 0;
            while (random.percent(20))
                clock();
            m.s_valid = 1;
            m.s_first = i == 0;
            m.s_last = i + 1 == f.size();
            m.s_active = active;
            m.s_data = f[i];
            m.clk = 0;
            m.eval();
            if (m.go || m.reject)
                seen.at = i;
            seen.go += m.go;
            seen.reject += m.reject;
            if (m.watching) {
                assert_int_equal(m.position, i);
                seen.classes.push_back(static_cast<uint8_t>(m.of_flow | m.of_run << 1 | m.of_ack << 2));
                seen.compared.push_back(m.compared);
            }
            if (m.note)
                seen.notes[m.note_index] = m.note_data;
            m.clk = 1;
            m.eval();
        }
        m.s_valid = 0;
        clock();
        return seen;
    }
};

std::vector<Segment> shapes()
{
    std::vector<Segment> all;
    for (bool v6 : {false, true})
        for (unsigned tags = 0; tags < 3; tags++)
            for (unsigned options : {0u, 4u, 12u, 40u})
                for (size_t payload : {size_t{0}, size_t{100}}) {
                    Segment s;
                    s.v6 = v6;
                    s.tags = std::vector<unsigned>(tags, 0x88A80123);
                    s.stamps(0x11223344, 0x55667788);
                    s.options.resize(options, 1);
                    s.payload.resize(payload, 3);
                    s.id = 0xABCD;
                    s.seq = 0x89ABCDEF;
                    s.ack = 0xA1B2C3D4;
                    s.window = 0xE5F6;
                    s.flags = ACK | PSH | FIN | ECE;
                    all.push_back(s);
                }
    return all;
}

void the_fields_are_where_each_layout_has_them(void **)
{
    Bench b;
    for (const Segment &s : shapes()) {
        Bytes f = make_frame(s);
        Layout l(f);
        Seen seen = b.walk(f);
        assert_int_equal(seen.go, 1);
        assert_int_equal(seen.reject, 0);
        // With payload the header's last byte tells, without the frame's.
        assert_int_equal(seen.at, (s.payload.empty() ? f.size() : l.body) - 1);
        assert_int_equal(b.m.seq_number, s.seq);
        assert_int_equal(b.m.ip_id, s.v6 ? 0 : s.id);
        assert_int_equal(b.m.ipv6, s.v6);
        assert_int_equal(b.m.tcp_flags, s.flags);
        assert_int_equal(b.m.left, s.payload.size());
        assert_int_equal(b.m.header_length, l.body);
        assert_int_equal(b.m.odd_checksum, 0);
        assert_int_equal(b.m.dont_fragment, !s.v6);
        const bool time = s.options.size() >= 12;
        const Bytes notes = {uint8_t(time ? 0x88 : 0), 0xEE, 0xD4, 0xC3, 0xF6, 0xE5, uint8_t(s.v6 ? 0 : 0xCD),
                             uint8_t(time ? 0x44 : 0)};
        for (size_t i : {0, 2, 3, 4, 5, 6, 7})
            assert_int_equal(seen.notes[i], notes[i]);
        const Bytes more = {0, 0, uint8_t(s.flags), 0, uint8_t(s.v6 ? 0 : 0xCD), uint8_t(s.v6 ? 0 : 0xAB),
                            0, 0};
        for (size_t i = 8; i < 16; i++)
            if (i != 9)
                assert_int_equal(seen.notes[i], more[i - 8]);
    }
}

void each_byte_has_its_part_in_the_comparison(void **)
{
    Bench b;
    for (const Segment &s : shapes()) {
        Bytes f = make_frame(s);
        Layout l(f);
        Seen seen = b.walk(f);
        assert_int_equal(seen.classes.size(), s.payload.empty() ? f.size() : l.body);
        for (size_t i = 0; i < seen.classes.size(); i++) {
            const size_t ip = i - l.ip, tcp = i - l.tcp; // huge before it
            bool flow, run = false, ack = true;
            if (i < l.ip) {
                flow = true;
            } else if (i < l.tcp && l.v6) {
                flow = ip >= 8;
                run = ip < 4 || ip == 7;
            } else if (i < l.tcp) {
                flow = ip >= 12;
                run = ip == 1 || (ip >= 6 && ip <= 8);
                ack = ip != 5 && ip != 10 && ip != 11;
            } else {
                flow = tcp < 4;
                run = tcp >= 8 && tcp != 16 && tcp != 17 && i < l.body;
                ack = tcp != 10 && tcp != 11 && (tcp < 14 || tcp > 17);
                if (s.options.size() >= 12 && (tcp == 27 || tcp == 31))
                    ack = false;
            }
            if (seen.classes[i] != (flow | run << 1 | ack << 2))
                fail_msg("byte %zu: %d", i, seen.classes[i]);
            assert_int_equal(seen.compared[i], tcp == 13 ? f[i] & ~(PSH | FIN) : f[i]);
        }
    }
}

void what_is_not_ours_is_rejected_once_and_early(void **)
{
    Bench b;
    for (const Segment &s : shapes()) {
        Bytes f = make_frame(s);
        Layout l(f);
        Seen seen = b.walk(f, false);
        assert_int_equal(seen.reject, 1);
        assert_int_equal(seen.go, 0);
        assert_int_equal(seen.at, 0);
        // Cut anywhere within its header.
        for (size_t length = 1; length < l.body; length++) {
            seen = b.walk(Bytes(f.begin(), f.begin() + static_cast<long>(length)));
            assert_int_equal(seen.reject, 1);
            assert_int_equal(seen.go, 0);
        }
        std::vector<std::pair<size_t, uint8_t>> wrong = {{l.ip - 2, 0x09},
                                                         {l.ip - 1, 0x01},
                                                         {l.ip, 0x70},
                                                         {l.ip + (l.v6 ? 6 : 9), 17},
                                                         {l.tcp + 12, 0x40}};
        if (!l.v6)
            wrong.insert(wrong.end(), {{l.ip, 0x46}, {l.ip + 6, 0x60}, {l.ip + 6, 0xC0}, {l.ip + 7, 1}});
        for (auto &w : wrong) {
            Bytes other = f;
            other[w.first] = w.second;
            seen = b.walk(other);
            assert_int_equal(seen.reject, 1);
            assert_int_equal(seen.go, 0);
            assert_in_range(seen.at, w.first, w.first + 1);
        }
    }
    Segment long_ack;
    long_ack.padding = 129 - 54;
    Seen seen = b.walk(make_frame(long_ack));
    assert_int_equal(seen.reject, 1);
    assert_int_equal(seen.at, 127);
    long_ack.padding--;
    assert_int_equal(b.walk(make_frame(long_ack)).go, 1);
}

void checksums_of_ffff_are_told(void **)
{
    Bench b;
    for (const Segment &s : shapes())
        for (bool tcp : {false, true})
            for (uint16_t value : {0xFFFF, 0xFFFE, 0xFEFF, 0x0000}) {
                Bytes f = make_frame(s);
                Layout l(f);
                if (l.v6 && !tcp)
                    continue;
                put(f, tcp ? l.tcp + 16 : l.ip + 10, value, 2);
                b.walk(f);
                assert_int_equal(b.m.odd_checksum, value == 0xFFFF);
            }
}

void random_bytes_get_one_answer(void **)
{
    Bench b;
    for (unsigned n = 0; n < 20000; n++) {
        Segment s;
        s.v6 = b.random.percent(50);
        s.payload.resize(b.random.below(20));
        Bytes f = make_frame(s);
        for (unsigned i = b.random.below(4); i; i--)
            f[b.random.below(static_cast<uint32_t>(f.size()))] = static_cast<uint8_t>(b.random.next());
        f.resize(1 + b.random.below(200));
        Seen seen = b.walk(f);
        assert_int_equal(seen.go + seen.reject, 1);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_are_where_each_layout_has_them),
        cmocka_unit_test(each_byte_has_its_part_in_the_comparison),
        cmocka_unit_test(what_is_not_ours_is_rejected_once_and_early),
        cmocka_unit_test(checksums_of_ffff_are_told),
        cmocka_unit_test(random_bytes_get_one_answer),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
