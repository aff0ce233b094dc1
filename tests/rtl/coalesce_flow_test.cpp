// SPDX-License-Identifier: BSD-2-Clause
//
// Lanes and verdicts by themselves: headers here are a few bytes of each class, and the fields are given
// beside them. Which field of a real frame is of which class is coalesce_header's matter; both together are
// tested with coalescer.
#include "Vcoalesce_flow.h"
#include "coalesce_bench.h"

namespace
{

using namespace coalesce;

struct Frame {
    uint8_t flow = 1, run = 2, ack = 3; // a byte of each class
    uint32_t seq = 100;
    uint16_t id = 10, payload = 50;
    unsigned flags = ACK;
    bool v6 = false, df = true, odd = false, padded = false;
    size_t length = 200; // of the header, if there is no payload of the frame
};

struct Verdict {
    unsigned flow;
    bool continues, repeats, ack;
};

struct Bench {
    Vcoalesce_flow m;
    Random random{31};

    Bench()
    {
        m.rst = 1;
        m.forget = 0;
        m.s_watching = m.s_go = 0;
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
    void byte(unsigned position, uint8_t data, bool flow, bool run, bool ack, bool go)
    {
        m.s_watching = 0;
        while (random.percent(20))
            clock();
        m.s_watching = 1;
        m.s_first = position == 0;
        m.s_position = position & 127;
        m.s_data = m.s_compared = data;
        m.s_of_flow = flow;
        m.s_of_run = run;
        m.s_of_ack = ack;
        m.s_go = go;
        clock();
        m.s_watching = m.s_go = 0;
    }
    Verdict give(const Frame &f)
    {
        // 20 bytes that are the same in all headers stand between those that are not.
        byte(0, f.flow, true, false, true, false);
        for (unsigned i = 1; i < 10; i++)
            byte(i, 0x40, i % 2, i % 3 == 0, true, false);
        byte(10, f.run, false, true, true, false);
        byte(11, static_cast<uint8_t>(random.next()), false, false, false, false);
        byte(12, f.ack, false, false, true, true);
        m.s_sequence = f.seq;
        m.s_ip_id = f.id;
        m.s_ipv6 = f.v6;
        m.s_dont_fragment = f.df;
        m.s_tcp_flags = static_cast<uint8_t>(f.flags);
        m.s_odd_checksum = f.odd;
        m.s_payload = f.payload;
        m.s_header_length = 54;
        m.s_length = static_cast<uint16_t>(f.payload ? 54 + f.payload + f.padded : f.length);
        for (unsigned i = 0; !m.m_valid; i++) {
            assert_in_range(i, 0, 15);
            clock();
        }
        Verdict v{m.m_flow, static_cast<bool>(m.m_continues), static_cast<bool>(m.m_repeats),
                  static_cast<bool>(m.m_ack)};
        assert_in_range(v.flow, 0, WEIR_FLOWS);
        clock();
        assert_false(m.m_valid);
        return v;
    }
};

void a_run_keeps_its_number_and_its_order(void **)
{
    Bench b;
    Frame f;
    unsigned flow = b.give(f).flow;
    assert_int_not_equal(flow, 0);
    for (unsigned i = 0; i < 10; i++) {
        f.seq += f.payload;
        f.id++;
        Verdict v = b.give(f);
        assert_true(v.continues && !v.repeats && !v.ack && v.flow == flow);
    }
    assert_false(b.give(f).continues); // the same once more
}

void an_acknowledgement_repeats_and_keeps_its_number(void **)
{
    Bench b;
    Frame f;
    f.payload = 0;
    Verdict head = b.give(f);
    assert_true(head.ack && !head.repeats && head.flow != 0);
    f.id = 999;
    f.run = 77; // is no matter to it, but in bytes of its own class
    assert_false(b.give(f).repeats);
    f.ack = 4;
    assert_false(b.give(f).repeats);
    assert_true(b.give(f).repeats);
    f.length++;
    assert_false(b.give(f).repeats);
}

void four_flows_have_numbers_of_their_own(void **)
{
    Bench b;
    unsigned seen = 0, number[6] = {};
    for (uint8_t i = 0; i < 4; i++) {
        Frame f;
        f.flow = i;
        number[i] = b.give(f).flow;
        seen |= 1u << number[i];
    }
    assert_int_equal(__builtin_popcount(seen), 4);
    for (uint8_t i = 0; i < 4; i++) {
        Frame f;
        f.flow = i;
        f.seq += f.payload;
        f.id++;
        Verdict v = b.give(f);
        assert_true(v.continues && v.flow == number[i]);
    }
}

void forget_forgets_all(void **)
{
    Bench b;
    Frame f;
    b.give(f);
    b.m.forget = 1;
    b.clock();
    b.m.forget = 0;
    f.seq += f.payload;
    f.id++;
    assert_false(b.give(f).continues);
    f.seq += f.payload;
    f.id++;
    assert_true(b.give(f).continues);
}

// The rules once more, on these fields.
struct Model {
    struct Known {
        Frame head, last;
        int step;
    };
    std::map<uint8_t, Known> known;

    char verdict(const Frame &f)
    {
        auto k = known.find(f.flow);
        bool pushed = f.flags & (PSH | FIN), proper = (f.flags & ~(PSH | FIN | ECE)) == ACK && !f.odd;
        bool data = proper && f.payload && !f.padded, ack = f.flags == ACK && !f.odd && !f.payload;
        if (k != known.end() && data && k->second.head.payload && f.run == k->second.head.run &&
            f.seq == k->second.last.seq + k->second.last.payload && f.payload <= k->second.head.payload) {
            int step = static_cast<uint16_t>(f.id - k->second.last.id);
            bool right =
                f.v6 || (k->second.step < 0 ? step == 1 || (step == 0 && f.df) : step == k->second.step);
            if (right) {
                bool ends = pushed || f.payload < k->second.head.payload;
                k->second.last = f;
                if (!f.v6 || k->second.step < 0)
                    k->second.step = step == 0 ? 0 : 1;
                if (ends)
                    known.erase(k);
                return 'c';
            }
        }
        if (k != known.end() && ack && !k->second.head.payload && f.run == k->second.head.run &&
            f.ack == k->second.head.ack && f.length == k->second.head.length)
            return 'a';
        if (k != known.end())
            known.erase(k);
        if (!ack && (!data || pushed))
            return '-';
        known[f.flow] = {f, f, -1};
        return 'H';
    }
};

void random_frames_get_the_verdict_of_the_rules(void **)
{
    unsigned count[256] = {};
    for (uint32_t seed = 1; seed <= 200; seed++) {
        Bench b;
        b.random = Random(seed);
        Random random(seed + 500);
        Model model;
        Frame flows[4];
        for (uint8_t i = 0; i < 4; i++) {
            flows[i].flow = i;
            flows[i].seq = random.next();
            flows[i].id = static_cast<uint16_t>(random.next());
            flows[i].v6 = random.percent(20);
            flows[i].df = random.percent(70);
            flows[i].payload = static_cast<uint16_t>(random.percent(40) ? 0 : 1 + random.below(9000));
        }
        for (unsigned n = 0; n < 200; n++) {
            Frame &f = flows[random.below(4)], sent = f;
            switch (random.below(24)) {
            case 0:
                sent.flags ^= 1u << random.below(8);
                break;
            case 1:
                sent.seq += 1u << random.below(32);
                break;
            case 2:
                sent.id = static_cast<uint16_t>(sent.id + (1u << random.below(16)));
                break;
            case 3:
                sent.id--;
                break;
            case 4:
                sent.payload = static_cast<uint16_t>(random.below(sent.payload + 3u));
                break;
            case 5:
                sent.run ^= 1u << random.below(8);
                break;
            case 6:
                sent.ack ^= 1u << random.below(8);
                break;
            case 7:
                sent.odd = true;
                break;
            case 8:
                sent.padded = true;
                break;
            case 9:
                sent.length ^= 1u << random.below(8);
                break;
            case 10:
                f.payload = sent.payload = static_cast<uint16_t>(random.percent(50) ? 0 : random.below(1500));
                break;
            default:
                break;
            }
            char expected = model.verdict(sent);
            Verdict v = b.give(sent);
            char got = v.continues ? 'c' : v.repeats ? 'a' : v.flow ? 'H' : '-';
            if (got != expected)
                fail_msg("seed %u, frame %u: %c instead of %c", seed, n, got, expected);
            count[static_cast<uint8_t>(got)]++;
            f.seq = sent.seq + sent.payload;
            f.id = static_cast<uint16_t>(sent.id + !random.percent(5));
        }
    }
    assert_true(count['c'] > 2000 && count['a'] > 2000 && count['H'] > 2000 && count['-'] > 500);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_run_keeps_its_number_and_its_order),
        cmocka_unit_test(an_acknowledgement_repeats_and_keeps_its_number),
        cmocka_unit_test(four_flows_have_numbers_of_their_own),
        cmocka_unit_test(forget_forgets_all),
        cmocka_unit_test(random_frames_get_the_verdict_of_the_rules),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
