// SPDX-License-Identifier: BSD-2-Clause
#include "segments.h"

#include <string.h>

#include "core/checksum.h"

enum { ETHERNET = 14, TCP = 20, TIMESTAMPS = 12, PROTOCOL_TCP = 6, CHECKSUM_AT = 16 };

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 1};

static size_t ip_length(const struct segment_flow *flow)
{
    return flow->ipv6 ? 40 : 20;
}

size_t segment_tcp_at(const struct segment_flow *flow)
{
    return ETHERNET + ip_length(flow);
}

size_t segment_header_length(const struct segment_flow *flow)
{
    return segment_tcp_at(flow) + TCP + (flow->timestamps ? TIMESTAMPS : 0);
}

size_t segment_mss(const struct segment_flow *flow)
{
    size_t mtu = flow->mtu ? flow->mtu : SEGMENT_MTU;

    return mtu + ETHERNET - segment_header_length(flow);
}

static void put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put32(uint8_t *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out + 2, value & 0xFFFF);
}

static uint16_t get16(const uint8_t *in)
{
    return (uint16_t)(in[0] << 8 | in[1]);
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)get16(in) << 16 | get16(in + 2);
}

// The sum of the addresses and the protocol.
static uint16_t pseudo_header(const struct segment_flow *flow, const uint8_t *ip)
{
    return weir_sum_fold((uint32_t)(flow->ipv6 ? weir_sum(ip + 8, 32) : weir_sum(ip + 12, 8)) + PROTOCOL_TCP);
}

static void emit_ip(const struct segment_flow *flow, const struct segment *segment, size_t length,
                    uint8_t *ip)
{
    static const uint8_t address4[2][4] = {{10, 77, 0, 1}, {10, 77, 0, 2}};
    static const uint8_t address6[2][16] = {{0xFD, 0x57, [15] = 1}, {0xFD, 0x57, [15] = 2}};

    if (flow->ipv6) {
        memset(ip, 0, 8);
        ip[0] = 0x60;
        put16(ip + 4, length);
        ip[6] = PROTOCOL_TCP;
        ip[7] = 64;
        memcpy(ip + 8, address6[segment->to_card ? 0 : 1], 16);
        memcpy(ip + 24, address6[segment->to_card ? 1 : 0], 16);
        return;
    }
    memset(ip, 0, 12);
    ip[0] = 0x45;
    put16(ip + 2, length + 20);
    put16(ip + 4, segment->id);
    ip[6] = 0x40; // don't fragment
    ip[8] = 64;
    ip[9] = PROTOCOL_TCP;
    memcpy(ip + 12, address4[segment->to_card ? 0 : 1], 4);
    memcpy(ip + 16, address4[segment->to_card ? 1 : 0], 4);
    put16(ip + 10, (uint16_t)~weir_sum(ip, 20));
}

void segment_emit(const struct segment_flow *flow, const struct segment *segment, size_t payload,
                  uint8_t *out)
{
    uint8_t *ip = out + ETHERNET, *tcp = out + segment_tcp_at(flow);
    size_t tcp_header = segment_header_length(flow) - segment_tcp_at(flow);

    memcpy(out, segment->to_card ? flow->host_mac : peer_mac, 6);
    memcpy(out + 6, segment->to_card ? peer_mac : flow->host_mac, 6);
    put16(out + 12, flow->ipv6 ? 0x86DD : 0x0800);
    emit_ip(flow, segment, tcp_header + payload, ip);
    put16(tcp, segment->to_card ? 5000 : 6000);
    put16(tcp + 2, segment->to_card ? 6000 : 5000);
    put32(tcp + 4, segment->seq);
    put32(tcp + 8, segment->ack);
    tcp[12] = (uint8_t)(tcp_header << 2);
    tcp[13] = segment->flags;
    put16(tcp + 14, 0xFFFF);
    put16(tcp + CHECKSUM_AT, pseudo_header(flow, ip));
    put16(tcp + 18, 0);
    if (flow->timestamps) {
        put32(tcp + 20, 0x0101080A);
        put32(tcp + 24, segment->milliseconds);
        put32(tcp + 28, segment->milliseconds);
    }
}

void segment_checksum(const struct segment_flow *flow, uint8_t *frame, size_t length)
{
    size_t at = segment_tcp_at(flow);
    put16(frame + at + CHECKSUM_AT,
          (uint16_t)~weir_sum_fold((uint32_t)weir_sum(frame + at, length - at) + (uint16_t)(length - at)));
}

void segment_add_length(const struct segment_flow *flow, uint8_t *frame, size_t length)
{
    uint8_t *field = frame + segment_tcp_at(flow) + CHECKSUM_AT;
    put16(field, weir_sum_fold((uint32_t)get16(field) + (uint16_t)(length - segment_tcp_at(flow))));
}

bool segment_parse(const struct segment_flow *flow, const uint8_t *frame, size_t length, bool verify,
                   struct segment *segment, size_t *payload)
{
    const uint8_t *ip = frame + ETHERNET, *tcp = frame + segment_tcp_at(flow);
    size_t header = segment_header_length(flow);

    if (length < header || get16(frame + 12) != (flow->ipv6 ? 0x86DD : 0x0800))
        return false;
    if (ip[flow->ipv6 ? 6 : 9] != PROTOCOL_TCP)
        return false;
    size_t ip_end = flow->ipv6 ? ETHERNET + 40u + get16(ip + 4) : ETHERNET + (size_t)get16(ip + 2);
    if (ip_end < header || ip_end > length)
        return false;
    size_t tcp_length = ip_end - segment_tcp_at(flow);
    if (verify && weir_sum_fold((uint32_t)weir_sum(tcp, tcp_length) + pseudo_header(flow, ip) +
                                (uint16_t)tcp_length) != 0xFFFF)
        return false;
    *segment = (struct segment){.seq = get32(tcp + 4), .ack = get32(tcp + 8), .flags = tcp[13]};
    *payload = ip_end - header;
    return true;
}
