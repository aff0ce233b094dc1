// SPDX-License-Identifier: BSD-2-Clause
#include "weir_flow.h"

#include <string.h>

enum {
    TAG_CUSTOMER = 0x8100, // IEEE 802.1Q
    TAG_SERVICE = 0x88A8,
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86DD,
    PROTOCOL_TCP = 6,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    TCP_HEADER = 20,
    TCP_CHECKSUM = 16,                      // in TCP's header
    TIME_OPTION = 12,                       // bytes: NOP NOP 8 10 TSval TSecr (RFC 7323 appendix A)
    FRAGMENT = 0x3FFF,                      // more of them, or an offset
    FLAGS_NEVER = 0x80 | 0x20 | 0x04 | 0x02 // CWR, URG, RST, SYN: no segment follows such a head
};

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

// The Internet checksum's sum (RFC 1071) of `length` bytes on top of `sum`. Words are added as the machine
// reads them, eight bytes a step, and swapped once at the end (section 2(B)).
static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t length)
{
    uint64_t total = 0;

    for (size_t step; length > 0; bytes += step, length -= step) {
        uint64_t word = 0;
        step = length < sizeof word ? length : sizeof word;
        memcpy(&word, bytes, step);
        total += (word & UINT32_MAX) + (word >> 32);
    }
    total = (total & UINT32_MAX) + (total >> 32);
    total = (total & UINT16_MAX) + (total >> 16);
    total = (total & UINT16_MAX) + (total >> 16);
    total = (total & UINT16_MAX) + (total >> 16);
    uint16_t folded = (uint16_t)total;
    uint8_t wire[2];
    memcpy(wire, &folded, sizeof wire);
    return sum + get16(wire);
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)((sum & UINT16_MAX) + (sum >> 16));
}

// Finds IP and TCP. Where the IP packet ends, or 0.
static size_t find_tcp(struct weir_flow *flow, const uint8_t *frame, size_t length)
{
    size_t type = 12;

    for (int tags = 0; tags < 2 && type + 2 <= length; tags++)
        if (get16(frame + type) == TAG_CUSTOMER || get16(frame + type) == TAG_SERVICE)
            type += 4;
    size_t ip = type + 2;
    if (ip + IPV4_HEADER > length)
        return 0;
    flow->ip = (uint16_t)ip;
    flow->v6 = get16(frame + type) == TYPE_IPV6;
    if (flow->v6) {
        flow->tcp = (uint16_t)(ip + IPV6_HEADER);
        return ip + IPV6_HEADER <= length && frame[ip] >> 4 == 6 && frame[ip + 6] == PROTOCOL_TCP
                   ? flow->tcp + (size_t)get16(frame + ip + 4)
                   : 0;
    }
    size_t header = (size_t)(frame[ip] & 15) * 4;
    if (get16(frame + type) != TYPE_IPV4 || frame[ip] >> 4 != 4 || header < IPV4_HEADER ||
        frame[ip + 9] != PROTOCOL_TCP || get16(frame + ip + 6) & FRAGMENT)
        return 0;
    flow->tcp = (uint16_t)(ip + header);
    return ip + get16(frame + ip + 2);
}

bool weir_flow_take_head(struct weir_flow *flow, const uint8_t *frame, size_t length)
{
    *flow = (struct weir_flow){0};
    size_t end = find_tcp(flow, frame, length);
    if (end == 0 || end > length || end < (size_t)flow->tcp + TCP_HEADER)
        return false;
    size_t header = flow->tcp + (size_t)(frame[flow->tcp + 12] >> 4) * 4;
    if (header < (size_t)flow->tcp + TCP_HEADER || header > end)
        return false;

    bool is_short = end == header && length <= WEIR_FLOW_HEAD_MAX;
    flow->payload = (uint16_t)(end - header);
    flow->length = (uint16_t)(is_short ? length : header);
    flow->next = get32(frame + flow->tcp + 4) + flow->payload;
    flow->usable =
        !(frame[flow->tcp + 13] & FLAGS_NEVER) && (is_short || (flow->payload > 0 && end == length));
    memcpy(flow->head, frame, flow->length);
    return true;
}

bool weir_flow_same(const struct weir_flow *a, const struct weir_flow *b)
{
    size_t addresses = a->v6 ? 8 : 12, length = a->v6 ? 32 : 8; // where in IP, and how long

    return a->ip == b->ip && a->v6 == b->v6 && memcmp(a->head, b->head, a->ip) == 0 &&
           memcmp(a->head + a->ip + addresses, b->head + b->ip + addresses, length) == 0 &&
           memcmp(a->head + a->tcp, b->head + b->tcp, 4) == 0; // ports
}

struct weir_flow_segment weir_flow_head(const struct weir_flow *flow)
{
    return (struct weir_flow_segment){
        .seq = get32(flow->head + flow->tcp + 4),
        .id = flow->v6 ? 0 : get16(flow->head + flow->ip + 4),
        .tcp_flags = flow->head[flow->tcp + 13],
        .payload = flow->payload,
    };
}

static void put_ipv4_checksum(const struct weir_flow *flow, uint8_t *frame)
{
    uint8_t *ip = frame + flow->ip;

    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~fold(sum_bytes(0, ip, (size_t)(flow->tcp - flow->ip))));
}

// The pseudo-header's sum, for `length` bytes of TCP.
static uint32_t pseudo_sum(const struct weir_flow *flow, const uint8_t *frame, size_t length)
{
    const uint8_t *ip = frame + flow->ip;
    uint32_t sum = PROTOCOL_TCP + (uint32_t)length;

    return flow->v6 ? sum_bytes(sum, ip + 8, 32) : sum_bytes(sum, ip + 12, 8);
}

static size_t tcp_header(const struct weir_flow *flow)
{
    return (size_t)(flow->head[flow->tcp + 12] >> 4) * 4;
}

void weir_flow_emit(const struct weir_flow *flow, uint8_t *out, const struct weir_flow_segment *segment)
{
    uint8_t *ip = out + flow->ip, *tcp = out + flow->tcp;

    memcpy(out, flow->head, flow->length);
    if (flow->v6) {
        put16(ip + 4, tcp_header(flow) + segment->payload);
    } else {
        put16(ip + 2, (size_t)(flow->tcp - flow->ip) + tcp_header(flow) + segment->payload);
        put16(ip + 4, segment->id);
        put_ipv4_checksum(flow, out);
    }
    put32(tcp + 4, segment->seq);
    tcp[13] = segment->tcp_flags;
    put16(tcp + TCP_CHECKSUM, 0);
}

void weir_flow_checksum(const struct weir_flow *flow, uint8_t *frame, size_t payload)
{
    size_t length = tcp_header(flow) + payload;
    uint8_t *tcp = frame + flow->tcp;

    put16(tcp + TCP_CHECKSUM, 0);
    put16(tcp + TCP_CHECKSUM, (uint16_t)~fold(sum_bytes(pseudo_sum(flow, frame, length), tcp, length)));
}

void weir_flow_seed(const struct weir_flow *flow, uint8_t *frame, size_t payload)
{
    put16(frame + flow->tcp + TCP_CHECKSUM, fold(pseudo_sum(flow, frame, tcp_header(flow) + payload)));
}

void weir_flow_emit_ack(const struct weir_flow *flow, uint8_t *out, const struct weir_flow_ack *ack)
{
    static const uint8_t time_layout[] = {1, 1, 8, 10};
    uint8_t *tcp = out + flow->tcp;

    memcpy(out, flow->head, flow->length);
    if (!flow->v6) {
        out[flow->ip + 5] = ack->id_low;
        put_ipv4_checksum(flow, out);
    }
    put16(tcp + 10, ack->ack_low);
    put16(tcp + 14, ack->window);
    if (tcp_header(flow) >= TCP_HEADER + TIME_OPTION &&
        memcmp(tcp + TCP_HEADER, time_layout, sizeof time_layout) == 0) {
        tcp[TCP_HEADER + 7] = ack->tsval_low;
        tcp[TCP_HEADER + 11] = ack->tsecr_low;
    }
    weir_flow_checksum(flow, out, 0);
}
