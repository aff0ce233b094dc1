// SPDX-License-Identifier: BSD-2-Clause
//
// What the receive path should do with a frame, from the whole frame, in plain C++: the model that rx_parser
// is compared with.
#ifndef RX_MODEL_H
#define RX_MODEL_H

#include "wire_bench.h"
#include "weir_link.h"

enum Verdict { UNCHECKED, GOOD, BAD };

static inline unsigned be16(const Bytes &f, size_t at)
{
    return (unsigned)f[at] << 8 | f[at + 1];
}
static inline uint32_t be32(const Bytes &f, size_t at)
{
    return (uint32_t)be16(f, at) << 16 | be16(f, at + 2);
}

// Where TCP or UDP stands in an IP packet, if there is something to verify.
struct Transport {
    bool there;
    unsigned protocol;
    size_t at, length;  // bytes of the frame
    uint64_t addresses; // their sum
};

// True where one of these options stands between `from` and `to`. A length counts type and length too, in
// IPv4 alone; options of one byte are NOP and Pad1. One that runs past the end is the last.
static inline bool has_option(const Bytes &f, size_t from, size_t to, bool ipv4,
                              std::initializer_list<uint8_t> numbers)
{
    for (size_t at = from; at < to;) {
        for (uint8_t number : numbers)
            if (f[at] == number)
                return true;
        if (ipv4 && f[at] == 0)
            return false; // end of options
        if (f[at] == (ipv4 ? 1 : 0)) {
            at++;
            continue;
        }
        if (at + 1 >= to || (ipv4 && f[at + 1] < 2))
            return false;
        at += f[at + 1] + (ipv4 ? 0u : 2u);
    }
    return false;
}

static inline Transport ipv4_transport(const Bytes &f, size_t ip, size_t header)
{
    size_t total = be16(f, ip + 2);
    bool fragment = (be16(f, ip + 6) & 0x3FFF) != 0;
    if (total < header || ip + total > f.size() || fragment ||
        has_option(f, ip + 20, ip + header, true, {131, 137}))
        return {};
    return {true, f[ip + 9], ip + header, total - header, ones_sum16(&f[ip + 12], 8)};
}

// RFC 8200 section 4: walks the headers that may stand between IPv6's and the transport's.
static inline Transport ipv6_transport(const Bytes &f, size_t ip)
{
    if (ip + 40 > f.size() || f[ip] >> 4 != 6 || ip + 40 + be16(f, ip + 4) > f.size())
        return {};
    size_t at = ip + 40, end = at + be16(f, ip + 4);
    unsigned next = f[ip + 6];
    while (next == 0 || next == 43 || next == 51 || next == 60) {
        if (at + 8 > end)
            return {};
        size_t length = next == 51 ? (f[at + 1] + 2u) * 4 : (f[at + 1] + 1u) * 8;
        if (at + length > end || length % 8 != 0)
            return {};
        if (next == 43 && f[at + 3] != 0)
            return {};
        if (next == 60 && has_option(f, at + 2, at + length, false, {0xC9}))
            return {};
        next = f[at];
        at += length;
    }
    return {true, next, at, end - at, ones_sum16(&f[ip + 8], 32)};
}

static inline Verdict transport_verdict(const Bytes &f, const Transport &t)
{
    if (!t.there || (t.protocol == 6 ? t.length < 20 : t.protocol == 17 ? t.length < 8 : true))
        return UNCHECKED;
    if (t.protocol == 17 && (be16(f, t.at + 4) != t.length || be16(f, t.at + 6) == 0))
        return UNCHECKED;
    uint64_t sum = t.addresses + t.protocol + t.length;
    return ones_sum16(&f[t.at], t.length, sum) == 0xFFFF ? GOOD : BAD;
}

// The checksum verdict over a frame without FCS.
static inline Verdict checksum_verdict(const Bytes &f)
{
    size_t at = 12;
    for (int tags = 0; tags < 2 && at + 2 <= f.size() && (be16(f, at) == 0x8100 || be16(f, at) == 0x88A8);
         tags++)
        at += 4;
    if (at + 3 > f.size())
        return UNCHECKED;
    size_t ip = at + 2, header = (size_t)(f[ip] & 15) * 4;
    if (be16(f, at) == 0x86DD)
        return transport_verdict(f, ipv6_transport(f, ip));
    if (be16(f, at) != 0x0800 || f[ip] >> 4 != 4 || header < 20 || ip + header > f.size())
        return UNCHECKED;
    if (ones_sum16(&f[ip], header) != 0xFFFF)
        return BAD;
    return transport_verdict(f, ipv4_transport(f, ip, header));
}

struct RxModel {
    unsigned control = 0;
    Bytes station;                // empty when not in use
    std::vector<Bytes> addresses; // the other entries in use
    std::vector<uint32_t> arp;    // the ARP table's entries in use

    struct Result {
        unsigned counter; // WEIR_CNT_RX_...
        Verdict verdict;
        bool for_host; // counted by verdict
        bool conflict;
        unsigned flags;
        Bytes reply; // when ARP_ANSWERED
    };

    bool owns(uint32_t ip) const
    {
        for (uint32_t mine : arp)
            if (mine == ip)
                return true;
        return false;
    }

    Result judge(const Bytes &f, bool fcs, bool symbol, bool length, size_t room) const
    {
        Result r = {0, UNCHECKED, false, false, 0, {}};
        auto ends = [&r](unsigned counter) {
            r.counter = counter;
            return r;
        };
        if (!(control & WEIR_RX_ENABLE))
            return ends(WEIR_CNT_RX_DISABLED);
        if (length)
            return ends(WEIR_CNT_RX_LENGTH_ERROR);
        if (symbol)
            return ends(WEIR_CNT_RX_SYMBOL_ERROR);
        if (fcs)
            return ends(WEIR_CNT_RX_FCS_ERROR);

        Bytes destination(f.begin(), f.begin() + 6);
        bool ours = destination == Bytes(6, 0xFF) || destination == station;
        for (const Bytes &address : addresses)
            ours |= destination == address;
        if (!ours && !(control & WEIR_RX_PROMISCUOUS) && !(f[0] & 1 && control & WEIR_RX_ALL_MULTICAST))
            return ends(WEIR_CNT_RX_FILTERED);

        const Bytes head = big_endian(0x0806000108000604u, 8);
        unsigned oper = be16(f, 20);
        bool arp_ok = std::vector<uint8_t>(f.begin() + 12, f.begin() + 20) == head &&
                      (oper == 1 || oper == 2) && !(f[22] & 1);
        Bytes sender(f.begin() + 22, f.begin() + 28);
        bool from_us = arp_ok && owns(be32(f, 28));
        r.conflict = from_us && sender != station;
        if (arp_ok && oper == 1 && ours && control & WEIR_RX_ARP_REPLY && !r.conflict) {
            if (from_us || !owns(be32(f, 38)))
                return ends(WEIR_CNT_RX_ARP_FILTERED);
            r.reply = arp_packet(sender, station, 2, station, be32(f, 38), sender, be32(f, 28));
            return ends(WEIR_CNT_RX_ARP_ANSWERED);
        }

        r.for_host = true;
        r.verdict = checksum_verdict(f);
        r.flags = (r.verdict == GOOD  ? WEIR_F_DATA_VALID
                   : r.verdict == BAD ? WEIR_F_CSUM_BAD
                                      : 0) |
                  (r.conflict ? WEIR_F_CONFLICT : 0);
        if (r.verdict == BAD && control & WEIR_RX_DROP_BAD_CSUM)
            return ends(WEIR_CNT_RX_CSUM_DROPPED);
        return ends(f.size() > room ? WEIR_CNT_RX_OVERFLOW : WEIR_CNT_RX_FRAMES);
    }
};

#endif
