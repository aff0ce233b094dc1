// SPDX-License-Identifier: BSD-2-Clause
//
// Frames from plans: Ethernet with VLAN tags, IPv4 with options or IPv6 with extension headers, TCP with
// options or UDP.
#include "golden.h"

#include <string.h>
#include "weir_link.h"

enum { TCP = 6, UDP = 17 };

struct writer {
    uint8_t *at;
    uint64_t fill;
};

static uint8_t *put(struct writer *w, uint64_t value, int size)
{
    uint8_t *start = w->at;
    while (size-- > 0)
        *w->at++ = (uint8_t)(value >> (8 * size));
    return start;
}

static uint8_t *put_any(struct writer *w, size_t size)
{
    uint8_t *start = w->at;
    for (size_t i = 0; i < size; i++)
        *w->at++ = w->fill ? (uint8_t)golden_random(&w->fill) : 0;
    return start;
}

// NOP, NOP, timestamps (RFC 7323) as often as they fit, then NOP.
static void put_tcp_options(struct writer *w, unsigned words)
{
    for (; words >= 3; words -= 3) {
        put(w, 0x0101080A, 4);
        put_any(w, 8);
    }
    put(w, 0x0101010101010101, (int)words * 4);
}

static void put_ethernet(struct writer *w, unsigned tags, unsigned type)
{
    put(w, 0x02, 1);
    put_any(w, 5);
    put(w, 0x06, 1);
    put_any(w, 5);
    for (; tags > 0; tags--) {
        put(w, tags == 2 ? 0x88A8 : 0x8100, 2);
        put_any(w, 2);
    }
    put(w, type, 2);
}

// An IPv4 header before `l4_length` bytes of `protocol`. Its option is one for experiments (RFC 4727), or NOP
// where it is short.
static uint8_t *put_ipv4(struct writer *w, const struct plan *plan, unsigned protocol, size_t l4_length)
{
    size_t words = 5 + plan->ip_options;
    uint8_t *ip = put(w, 0x40 + words, 1);
    put_any(w, 1);
    put(w, (4 * words + l4_length) & 0xFFFF, 2);
    put(w, plan->id, 2);
    put(w, plan->fixed_id || (plan->fill & 2) ? 0x4000 : 0, 2); // DF
    put(w, 64, 1);
    put(w, protocol, 1);
    uint8_t *checksum = put(w, 0, 2);
    put(w, 10, 1);
    put_any(w, 3);
    put(w, 10, 1);
    put_any(w, 3);
    if (plan->ip_options > 1) {
        put(w, 0x5E00 + 4 * plan->ip_options, 2);
        put_any(w, 4 * plan->ip_options - 2);
    } else if (plan->ip_options == 1) {
        put(w, 0x01010101, 4);
    }
    struct writer back = {checksum, 0};
    put(&back, (uint16_t)~model_sum(ip, 4 * words, 0), 2);
    return ip;
}

// An extension header: routing of an experimental type with no segments left, or one option, to be skipped
// where it is not known (RFC 8200 sections 4.2 to 4.6).
static void put_extension(struct writer *w, unsigned type, unsigned units, unsigned next)
{
    put(w, next, 1);
    put(w, units - 1, 1);
    if (type == ROUTING)
        put(w, 253 << 8, 2);
    else
        put(w, 0x1E00 + 8 * units - 4, 2);
    put_any(w, 8 * units - 4);
}

// The IPv6 header and its extension headers.
static uint8_t *put_ipv6(struct writer *w, const struct plan *plan, unsigned protocol, size_t l4_length)
{
    size_t extensions = plan_l4_start(plan) - 14 - 4 * plan->tags - 40;
    uint8_t *ip = put(w, 0x60, 1);
    put_any(w, 3);
    put(w, (extensions + l4_length) & 0xFFFF, 2);
    put(w, plan->extensions ? plan->extension[0].type : protocol, 1);
    put(w, 64, 1);
    for (int address = 0; address < 2; address++) {
        put(w, 0xFD, 1);
        put_any(w, 15);
    }
    for (unsigned i = 0; i < plan->extensions; i++) {
        bool last = i + 1 == plan->extensions;
        put_extension(w, plan->extension[i].type, plan->extension[i].units,
                      last ? protocol : plan->extension[i + 1].type);
    }
    put_any(w, plan->odd);
    return ip;
}

static void put_tcp(struct writer *w, const struct plan *plan, unsigned seed)
{
    put_any(w, 4);
    put(w, plan->seq, 4);
    put_any(w, 4);
    put(w, 0x50 + 0x10 * plan->tcp_options + plan->reserved, 1);
    put(w, plan->flags, 1);
    put_any(w, 2);
    put(w, seed, 2);
    put_any(w, 2); // urgent pointer
    put_tcp_options(w, plan->tcp_options);
}

static void put_udp(struct writer *w, size_t length, unsigned seed)
{
    put(w, 0xC001C002, 4);
    put(w, length & 0xFFFF, 2);
    put(w, seed, 2);
}

static void describe(const struct plan *plan, struct record *record)
{
    bool udp = plan->kind == PLAN_UDP || plan->kind == PLAN_USO;
    unsigned tcp_type = (plan->ipv6 ? WEIR_GSO_TCPV6 : WEIR_GSO_TCPV4) | (plan->ecn ? WEIR_GSO_ECN : 0);

    record->flags = (uint8_t)(WEIR_F_NEEDS_CSUM | (plan->fixed_id ? WEIR_F_IP_ID_FIXED : 0));
    record->csum_start = (uint16_t)plan_l4_start(plan);
    record->csum_offset = udp ? 6 : 16;
    if (plan->kind != PLAN_TSO && plan->kind != PLAN_USO)
        return;
    record->gso_type = (uint8_t)(udp ? WEIR_GSO_UDP_L4 : tcp_type);
    record->gso_size = (uint16_t)plan->mss;
    record->hdr_len = (uint8_t)plan_header(plan);
}

static void build_l4(const struct plan *plan, struct superframe *super, struct writer *w)
{
    bool udp = plan->kind == PLAN_UDP || plan->kind == PLAN_USO;
    bool cut = plan->kind == PLAN_TSO || plan->kind == PLAN_USO;
    unsigned protocol = udp ? UDP : TCP;
    size_t l4_length = plan_header(plan) - plan_l4_start(plan) + plan->payload;

    describe(plan, &super->record);
    put_ethernet(w, plan->tags, plan->ipv6 ? 0x86DD : 0x0800);
    uint8_t *ip =
        plan->ipv6 ? put_ipv6(w, plan, protocol, l4_length) : put_ipv4(w, plan, protocol, l4_length);
    const uint8_t *addresses = ip + (plan->ipv6 ? 8 : 12);
    unsigned seed = model_sum(addresses, plan->ipv6 ? 32 : 8, protocol + (cut ? 0 : (uint32_t)l4_length));
    super->ip_start = (size_t)(ip - super->bytes);
    if (udp)
        put_udp(w, l4_length, seed);
    else
        put_tcp(w, plan, seed);
}

// Changes the first two bytes of a segment's payload, or of a frame's part under the checksum, so that the
// checksum comes out as zero.
static void make_zero(const struct plan *plan, struct superframe *super)
{
    static struct frames frames;
    struct counts counts = {0};
    size_t length, n = (size_t)plan->zero_segment, payload = plan_header(plan);
    const struct record *record = &super->record;

    if (plan->kind == PLAN_ANYWHERE && (record->csum_offset < 2 || record->csum_offset % 2 != 0))
        return;
    if (plan->kind == PLAN_ANYWHERE)
        payload = record->csum_start;
    frames.count = 0;
    model_record(record, &frames, &counts);
    if (n >= frames.count)
        return;
    const uint8_t *field = frames_get(&frames, n, &length) + record->csum_start + record->csum_offset;
    uint32_t checksum = (uint32_t)field[0] << 8 | field[1];
    uint8_t *word = super->bytes + payload + n * plan->mss;
    struct writer w = {word, 0};
    put(&w, model_sum(word, 2, checksum), 2);
}

// Puts the checksum in that nobody else is to put in.
static void finish(struct superframe *super)
{
    static struct frames frames;
    struct counts counts = {0};
    size_t length;

    frames.count = 0;
    model_record(&super->record, &frames, &counts);
    memcpy(super->bytes, frames_get(&frames, 0, &length), super->record.length);
    super->record.flags = 0;
    super->record.csum_start = super->record.csum_offset = 0;
}

void plan_build(const struct plan *plan, struct superframe *super)
{
    struct writer w = {super->bytes, plan->fill};
    struct record *record = &super->record;

    *record = (struct record){.frame = super->bytes};
    super->ip_start = 0;
    if (plan->kind == PLAN_ANYWHERE) {
        put_ethernet(&w, 0, 0x88B6);
        record->flags = WEIR_F_NEEDS_CSUM;
        record->csum_start = (uint16_t)plan->csum_start;
        record->csum_offset = (uint16_t)plan->csum_offset;
    } else if (plan->kind == PLAN_BYTES) {
        put_ethernet(&w, 0, 0x88B6);
    } else {
        build_l4(plan, super, &w);
    }
    put_any(&w, plan->payload);
    record->length = record->there = (size_t)(w.at - super->bytes);
    if (plan->zero_segment >= 0)
        make_zero(plan, super);
    if (plan->kind == PLAN_AS_IS)
        finish(super);
}
