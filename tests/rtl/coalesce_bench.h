// SPDX-License-Identifier: BSD-2-Clause
//
// What the benches of receive coalescing share: TCP frames made of their fields, the rules said once more in
// the plainest way (with any number of flows), and the host's side: original frames from short records.
#ifndef COALESCE_BENCH_H
#define COALESCE_BENCH_H

#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
#include <cstring>
extern "C" {
#include <cmocka.h>
}
#include <map>
#include <vector>
#include "clocks.h"
#include "weir_link.h"

using Bytes = std::vector<uint8_t>;

namespace coalesce
{

enum : unsigned { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64, CWR = 128 };

inline void append(Bytes &b, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        b.push_back(static_cast<uint8_t>(value >> (8 * bytes)));
}

inline unsigned get(const Bytes &b, size_t at, unsigned bytes)
{
    unsigned v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | b.at(at + i);
    return v;
}

inline void put(Bytes &b, size_t at, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        b.at(at++) = static_cast<uint8_t>(value >> (8 * bytes));
}

// RFC 1071, folded.
inline uint16_t internet_sum(const uint8_t *data, size_t length, uint64_t sum = 0)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? data[i] : static_cast<unsigned>(data[i]) << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<uint16_t>(sum);
}

struct Segment {
    uint8_t connection = 1;     // addresses and ports
    std::vector<unsigned> tags; // 32 bits each
    bool v6 = false;
    uint8_t tos = 0, ttl = 64, protocol = 6;
    unsigned label = 0;         // IPv6 flow label
    unsigned fragment = 0x4000; // IPv4 flags and offset
    unsigned ip_options = 0;    // bytes, multiple of 4
    uint16_t id = 0;
    uint32_t seq = 1000, ack = 5000;
    unsigned flags = ACK, window = 500, urgent = 0;
    Bytes options; // multiple of 4
    Bytes payload;
    size_t padding = 0;
    bool pad = true; // to Ethernet's 60 bytes

    Segment &stamps(uint32_t value, uint32_t echo)
    {
        options = {1, 1, 8, 10};
        append(options, value, 4);
        append(options, echo, 4);
        return *this;
    }
};

// Where a frame's IP and TCP headers stand, whatever it is; 0: not TCP as Segment makes it.
struct Layout {
    size_t ip = 12, tcp = 0, body = 0, end = 0; // end: of the IP packet
    bool v6 = false;
    explicit Layout(const Bytes &f)
    {
        while (get(f, ip, 2) == 0x8100 || get(f, ip, 2) == 0x88A8)
            ip += 4;
        ip += 2;
        v6 = get(f, ip - 2, 2) == 0x86DD;
        tcp = ip + (v6 ? 40 : (f.at(ip) & 15) * 4u);
        body = tcp + (f.at(tcp + 12) >> 4) * 4u;
        end = v6 ? tcp + get(f, ip + 4, 2) : ip + get(f, ip + 2, 2);
    }
};

// Writes both checksums (RFC 791, RFC 9293).
inline void set_checksums(Bytes &f)
{
    Layout l(f);
    if (!l.v6) {
        put(f, l.ip + 10, 0, 2);
        put(f, l.ip + 10, 0xFFFFu ^ internet_sum(&f[l.ip], l.tcp - l.ip), 2);
    }
    put(f, l.tcp + 16, 0, 2);
    uint64_t pseudo =
        6 + (l.end - l.tcp) + (l.v6 ? internet_sum(&f[l.ip + 8], 32) : internet_sum(&f[l.ip + 12], 8));
    put(f, l.tcp + 16, 0xFFFFu ^ internet_sum(&f[l.tcp], l.end - l.tcp, pseudo), 2);
}

inline Bytes make_frame(const Segment &s)
{
    Bytes f = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 1, 1};
    for (unsigned tag : s.tags)
        append(f, tag, 4);
    append(f, s.v6 ? 0x86DD : 0x0800, 2);
    size_t tcp_length = 20 + s.options.size() + s.payload.size();
    if (s.v6) {
        append(f, 6u << 28 | unsigned{s.tos} << 20 | s.label, 4);
        append(f, tcp_length, 2);
        append(f, s.protocol, 1);
        append(f, s.ttl, 1);
        for (uint8_t host : {uint8_t{200}, s.connection})
            for (unsigned i = 0; i < 16; i++)
                append(f, i == 15 ? host : i + 1, 1);
    } else {
        append(f, 0x45 + s.ip_options / 4, 1);
        append(f, s.tos, 1);
        append(f, 20 + s.ip_options + tcp_length, 2);
        append(f, s.id, 2);
        append(f, s.fragment, 2);
        append(f, s.ttl, 1);
        append(f, s.protocol, 1);
        append(f, 0, 2);
        append(f, 0x0A000000u + s.connection, 4);
        append(f, 0x0A0000C8, 4);
        f.resize(f.size() + s.ip_options, 1);
    }
    append(f, 4000u + s.connection, 2);
    append(f, 80, 2);
    append(f, s.seq, 4);
    append(f, s.ack, 4);
    append(f, (5 + s.options.size() / 4) << 4, 1);
    append(f, s.flags, 1);
    append(f, s.window, 2);
    append(f, 0, 2);
    append(f, s.urgent, 2);
    f.insert(f.end(), s.options.begin(), s.options.end());
    f.insert(f.end(), s.payload.begin(), s.payload.end());
    set_checksums(f);
    f.resize(f.size() + s.padding);
    if (s.pad && f.size() < 60)
        f.resize(60);
    return f;
}

// ---- The rules ----
struct Rules {
    enum Form { NOTHING, HEAD, CONTINUED, REPEATED };
    struct Flow {
        Bytes head;
        bool ack;
        uint32_t next;
        uint16_t id;
        int step;  // of the identification; -1: not known yet
        bool sent; // in this transfer
    };
    std::map<Bytes, Flow> flows;

    void transfer_ended()
    {
        for (auto &f : flows)
            f.second.sent = false;
    }
    static bool parses(const Bytes &f)
    {
        size_t ip = 12;
        for (int tags = 0;
             tags < 2 && f.size() > ip + 4 && (get(f, ip, 2) == 0x8100 || get(f, ip, 2) == 0x88A8); tags++)
            ip += 4;
        if (f.size() < ip + 2 + 20 + 20)
            return false;
        ip += 2;
        if (get(f, ip - 2, 2) == 0x86DD)
            return f.size() >= ip + 60 && f[ip] >> 4 == 6 && f[ip + 6] == 6 && f[ip + 52] >> 4 >= 5 &&
                   f.size() >= Layout(f).body;
        return get(f, ip - 2, 2) == 0x0800 && f[ip] == 0x45 && (get(f, ip + 6, 2) & 0xBFFF) == 0 &&
               f[ip + 9] == 6 && f[ip + 32] >> 4 >= 5 && f.size() >= Layout(f).body;
    }
    static Bytes key(const Bytes &f, const Layout &l)
    {
        Bytes k(f.begin(), f.begin() + static_cast<long>(l.ip));
        size_t addresses = l.v6 ? l.ip + 8 : l.ip + 12;
        k.insert(k.end(), f.begin() + static_cast<long>(addresses), f.begin() + static_cast<long>(l.tcp + 4));
        return k;
    }
    // `f` with all that may differ from `head` taken from there.
    static Bytes like_head(Bytes f, const Bytes &head, const Layout &l, bool ack)
    {
        auto take = [&](size_t at, size_t n) { memcpy(&f[at], &head[at], n); };
        if (!l.v6) {
            take(l.ip + 10, 2);
            take(l.ip + (ack ? 5 : 4), ack ? 1 : 2);
        }
        take(l.tcp + 16, 2);
        if (!ack) {
            take(l.v6 ? l.ip + 4 : l.ip + 2, 2);
            take(l.tcp + 4, 4);
            f[l.tcp + 13] = static_cast<uint8_t>(f[l.tcp + 13] & ~(PSH | FIN));
            return f;
        }
        take(l.tcp + 10, 2);
        take(l.tcp + 14, 2);
        if (l.body >= l.tcp + 32 && get(f, l.tcp + 20, 4) == 0x0101080A) {
            take(l.tcp + 27, 1);
            take(l.tcp + 31, 1);
        }
        return f;
    }
    // What the frame becomes, and whether it may go short now. Its flow's head has been sent then.
    Form frame(const Bytes &f, uint8_t verdict, bool &goes_short)
    {
        goes_short = false;
        if (!(verdict & WEIR_F_DATA_VALID) || !parses(f))
            return NOTHING;
        Layout l(f);
        bool ack = l.end == l.body;
        if (ack && f.size() > 128)
            return NOTHING;
        auto flow = flows.find(key(f, l));
        bool known = flow != flows.end();
        unsigned flags = f[l.tcp + 13];
        bool odd = (!l.v6 && get(f, l.ip + 10, 2) == 0xFFFF) || get(f, l.tcp + 16, 2) == 0xFFFF;
        bool proper = !odd && (ack ? flags == ACK : (flags & ~(PSH | FIN | ECE)) == ACK && l.end == f.size());
        if (known && proper && !ack && continues(flow->second, f, l)) {
            goes_short = flow->second.sent;
            flow->second.sent = true;
            if (flags & (PSH | FIN) || f.size() < Layout(flow->second.head).end)
                flows.erase(flow);
            return CONTINUED;
        }
        if (known && proper && ack && flow->second.ack && flow->second.head.size() == f.size() &&
            like_head(f, flow->second.head, l, true) == flow->second.head) {
            goes_short = flow->second.sent;
            flow->second.sent = true;
            return REPEATED;
        }
        if (known)
            flows.erase(flow);
        if (!proper || flags & (PSH | FIN))
            return NOTHING;
        flows[key(f, l)] = {f,
                            ack,
                            get(f, l.tcp + 4, 4) + static_cast<uint32_t>(l.end - l.body),
                            l.v6 ? uint16_t{0} : static_cast<uint16_t>(get(f, l.ip + 4, 2)),
                            -1,
                            true};
        return HEAD;
    }
    static bool continues(Flow &flow, const Bytes &f, const Layout &l)
    {
        Layout h(flow.head);
        if (flow.ack || l.body != h.body || f.size() > flow.head.size() || get(f, l.tcp + 4, 4) != flow.next)
            return false;
        Bytes like = like_head(Bytes(f.begin(), f.begin() + static_cast<long>(l.body)), flow.head, l, false);
        if (memcmp(like.data(), flow.head.data(), l.body) != 0)
            return false;
        if (!l.v6) {
            uint16_t id = static_cast<uint16_t>(get(f, l.ip + 4, 2)),
                     step = static_cast<uint16_t>(id - flow.id);
            if (step > 1 || (flow.step >= 0 && step != flow.step) || (step == 0 && !(f[l.ip + 6] & 0x40)))
                return false;
            flow.step = step;
            flow.id = id;
        }
        flow.next += static_cast<uint32_t>(l.end - l.body);
        return true;
    }
};

// ---- The host: frames from records ----
struct Rebuilder {
    struct Flow {
        Bytes head;
        uint32_t next = 0;
    };
    std::map<unsigned, Flow> flows; // of this transfer

    // `header` is the record's, 12 bytes.
    Bytes frame(const Bytes &header, const Bytes &data)
    {
        unsigned flow = header[WEIR_REC_LENGTH + 2] >> 4, flags = header[WEIR_REC_FLAGS];
        assert_in_range(flow, 0, WEIR_FLOWS);
        Bytes f = data;
        if (flags & WEIR_F_CONTINUES)
            f = continued(flows.at(flow), header, data);
        else if (flags & WEIR_F_PURE_ACK)
            f = repeated(flows.at(flow).head, header);
        else
            for (unsigned i = WEIR_REC_CSUM_START; i < WEIR_REC_LENGTH; i++)
                assert_int_equal(header[i], 0);
        if (flow != 0) {
            Layout l(f);
            if (!(flags & (WEIR_F_CONTINUES | WEIR_F_PURE_ACK)))
                flows[flow].head = f;
            flows[flow].next = get(f, l.tcp + 4, 4) + static_cast<uint32_t>(l.end - l.body);
        }
        return f;
    }
    static Bytes continued(const Flow &flow, const Bytes &header, const Bytes &data)
    {
        Layout l(flow.head);
        Bytes f(flow.head.begin(), flow.head.begin() + static_cast<long>(l.body));
        f.insert(f.end(), data.begin(), data.end());
        put(f, l.v6 ? l.ip + 4 : l.ip + 2, f.size() - (l.v6 ? l.tcp : l.ip), 2);
        unsigned id = header[WEIR_REC_IP_ID] + 256u * header[WEIR_REC_IP_ID + 1];
        if (!l.v6)
            put(f, l.ip + 4, id, 2);
        else
            assert_int_equal(id, 0);
        put(f, l.tcp + 4, flow.next, 4);
        f[l.tcp + 13] = header[WEIR_REC_TCP_FLAGS];
        for (unsigned i : {3, 6, 7, 8})
            assert_int_equal(header[i], 0);
        set_checksums(f);
        return f;
    }
    static Bytes repeated(Bytes f, const Bytes &header)
    {
        Layout l(f);
        if (!l.v6)
            f[l.ip + 5] = header[WEIR_REC_IP_ID_LOW];
        else
            assert_int_equal(header[WEIR_REC_IP_ID_LOW], 0);
        f[l.tcp + 10] = header[WEIR_REC_ACK_LOW + 1];
        f[l.tcp + 11] = header[WEIR_REC_ACK_LOW];
        f[l.tcp + 14] = header[WEIR_REC_WINDOW + 1];
        f[l.tcp + 15] = header[WEIR_REC_WINDOW];
        if (l.body >= l.tcp + 32 && get(f, l.tcp + 20, 4) == 0x0101080A) {
            f[l.tcp + 27] = header[WEIR_REC_TSVAL_LOW];
            f[l.tcp + 31] = header[WEIR_REC_TSECR_LOW];
        } else {
            assert_int_equal(header[WEIR_REC_TSVAL_LOW] | header[WEIR_REC_TSECR_LOW], 0);
        }
        set_checksums(f);
        return f;
    }
};

// What a random source of a flow sends next: mostly what continues, each exception often enough.
struct Source {
    Segment s;
    bool acks;
    size_t mss;
    bool fixed_id;
    Source(Random &random, uint8_t connection)
    {
        s.connection = connection;
        s.v6 = random.percent(40);
        s.seq = random.next();
        s.id = static_cast<uint16_t>(random.next());
        s.ack = random.next();
        for (unsigned tags = random.percent(30) ? 1 + random.below(2) : 0; tags; tags--)
            s.tags.push_back(0x81000000u | random.below(4096));
        if (random.percent(60))
            s.stamps(random.next(), random.next());
        acks = random.percent(40);
        mss = 6 + random.below(random.percent(70) ? 200 : 1400);
        fixed_id = random.percent(20);
    }
    Bytes next(Random &random, bool others)
    {
        Segment n = s;
        if (!acks) {
            n.payload.resize(random.percent(90) ? mss : 1 + random.below(static_cast<uint32_t>(mss) + 4));
            for (auto &byte : n.payload)
                byte = static_cast<uint8_t>(random.next());
        } else {
            n.ack = s.ack += random.below(4) * 1460;
            n.window = random.below(65536);
            if (s.options.size() == 12 && random.percent(50))
                s.options[11]++, s.options[7]++, n.options = s.options;
        }
        if (random.percent(3))
            acks = !acks;
        s.seq += static_cast<uint32_t>(n.payload.size());
        s.id = static_cast<uint16_t>(s.id + !fixed_id);
        if (random.percent(10))
            n.flags |= random.percent(70) ? PSH : 1u << random.below(8);
        Bytes f = make_frame(n);
        if (random.percent(8))
            damage(random, f, others);
        return f;
    }
    // Changes a bit, mostly of the header, and often mends the checksums. `others`: even in what tells flows
    // apart.
    static void damage(Random &random, Bytes &f, bool others)
    {
        Layout l(f);
        size_t at, addresses = l.v6 ? l.ip + 8 : l.ip + 12;
        do
            at = random.below(static_cast<uint32_t>(random.percent(80) ? l.body : f.size()));
        while (!others && (at < l.ip || (at >= addresses && at < l.tcp + 4)));
        f[at] ^= static_cast<uint8_t>(1u << random.below(8));
        if (random.percent(50) && Rules::parses(f) && Layout(f).end <= f.size() &&
            Layout(f).end >= Layout(f).body)
            set_checksums(f);
    }
};

// Checksums that are right only by luck would not have the verdict; so it is set as the receive parser would
// set it.
inline uint8_t verdict(const Bytes &f)
{
    if (!Rules::parses(f))
        return 0;
    Layout l(f);
    if (l.end > f.size() || l.end < l.body)
        return 0;
    Bytes right = f;
    set_checksums(right);
    return right == f ? WEIR_F_DATA_VALID : WEIR_F_CSUM_BAD;
}

} // namespace coalesce
#endif
