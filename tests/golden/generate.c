// SPDX-License-Identifier: BSD-2-Clause
//
// Plans of superframes and the frames built from them.
//
// TCP options, IP options and flags run through all their values (11 x 11 and 256) by the case's number, the
// rest is drawn.
#include "golden.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "weir_link.h"

enum { TCP = 6, UDP = 17, ACK = 0x10 };

uint64_t golden_random(uint64_t *state) // splitmix64
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static unsigned draw(uint64_t *state, unsigned from, unsigned to)
{
    return from + (unsigned)(golden_random(state) % (to - from + 1));
}

static unsigned draw_mss(uint64_t *state)
{
    static const unsigned common[] = {88, 536, 1000, 1220, 1448, 1460, 4016, 8948, 8960};
    unsigned i = draw(state, 0, 2 * sizeof common / sizeof common[0]);
    return i < sizeof common / sizeof common[0] ? common[i] : draw(state, 88, i % 2 ? 1460 : 8960);
}

// Around a multiple of the MSS mostly: few segments often, the longest superframe now and then.
static unsigned draw_payload(uint64_t *state, unsigned mss, unsigned most)
{
    unsigned whole = most / mss;
    unsigned dice = draw(state, 0, 63);
    unsigned segments = dice == 0  ? whole
                        : dice < 6 ? draw(state, 1, whole)
                                   : draw(state, 1, whole < 6 ? whole : 6);
    unsigned size = dice % 4 == 3 ? draw(state, 0, segments * mss) : segments * mss + draw(state, 0, 6) - 3;
    return size < most ? size : most;
}

static void plan_single(struct plan *plan, uint64_t *state)
{
    unsigned dice = draw(state, 0, 15);
    plan->kind = dice < 5 ? PLAN_TCP : dice < 11 ? PLAN_UDP : dice < 15 ? PLAN_ANYWHERE : PLAN_AS_IS;
    plan->payload = draw(state, 0, 3) == 0 ? draw(state, 2, 8960) : draw(state, 2, 1460);
    if (plan->kind == PLAN_ANYWHERE) {
        plan->payload += 100;
        plan->csum_start = draw(state, 34, 90);
        plan->csum_offset = draw(state, 0, 14 + plan->payload - 2 - plan->csum_start);
    }
}

void plan_make(struct plan *plan, uint64_t seed, uint64_t number)
{
    uint64_t state = seed + number * 0xD1342543DE82EF95;
    memset(plan, 0, sizeof *plan);
    plan->tcp_options = (unsigned)(number % 11);
    plan->ip_options = (unsigned)(number / 11 % 11);
    plan->flags = (uint8_t)(number % 256);
    if (draw(&state, 0, 3) != 0)
        plan->ip_options = 0;
    plan->tags = draw(&state, 0, 7) < 6 ? 0 : draw(&state, 1, 2);
    plan->id = (uint16_t)(draw(&state, 0, 3) ? draw(&state, 0, 0xFFFF) : 0xFFFF - draw(&state, 0, 3));
    plan->seq = (uint32_t)golden_random(&state);
    if (draw(&state, 0, 3) == 0)
        plan->seq |= 0xFFFFF000;
    plan->fill = golden_random(&state) | 1;
    plan->zero_segment = -1;
    if (draw(&state, 0, 7) == 0) {
        plan_single(plan, &state);
    } else {
        plan->ecn = draw(&state, 0, 3) == 0;
        plan->mss = draw_mss(&state);
        plan->payload =
            draw_payload(&state, plan->mss, 65535 - 20 - 20 - 4 * (plan->ip_options + plan->tcp_options));
    }
    if (draw(&state, 0, 3) == 0 && plan->payload >= 2)
        plan->zero_segment =
            plan->kind == PLAN_TSO ? (int)draw(&state, 0, (plan->payload - 2) / plan->mss) : 0;
}

bool plan_simplify(struct plan *plan, unsigned how)
{
    struct plan before = *plan;
    switch (how) {
    case 0:
        plan->fill = 0;
        break;
    case 1:
        plan->tags = 0;
        break;
    case 2:
        plan->ip_options = 0;
        break;
    case 3:
        plan->tcp_options = 0;
        break;
    case 4:
        plan->flags = ACK;
        break;
    case 5:
        plan->ecn = false;
        break;
    case 6:
        plan->id = 0;
        break;
    case 7:
        plan->seq = 0;
        break;
    case 8:
        plan->zero_segment = -1;
        break;
    case 9:
        plan->payload -= plan->payload > plan->mss ? plan->mss : 0;
        break;
    case 10:
        plan->payload /= 2;
        break;
    default:
        plan->payload -= plan->payload > 0;
        break;
    }
    if (plan->kind == PLAN_ANYWHERE || (plan->zero_segment >= 0 && how >= 9))
        plan->payload = before.payload;
    return memcmp(plan, &before, sizeof before) != 0;
}

void plan_print(const struct plan *plan)
{
    static const char *const kinds[] = {"TSO", "TCP", "UDP", "checksum anywhere", "as is"};
    printf("# %s: %u VLAN tags, %u words of IP options, %u of TCP options, MSS %u, %u bytes of payload\n",
           kinds[plan->kind], plan->tags, plan->ip_options, plan->tcp_options, plan->mss, plan->payload);
    printf("# flags %02X%s, IP ID %04X, sequence number %08" PRIX32
           ", csum_start %u, csum_offset %u, fill %" PRIX64 ", zero checksum in segment %d\n",
           plan->flags, plan->ecn ? " with GSO_ECN" : "", plan->id, plan->seq, plan->csum_start,
           plan->csum_offset, plan->fill, plan->zero_segment);
}

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

// An IPv4 header before `l4_length` bytes of `protocol`. Returns its start.
static uint8_t *put_ipv4(struct writer *w, const struct plan *plan, unsigned protocol, size_t l4_length)
{
    size_t words = 5 + plan->ip_options;
    uint8_t *ip = put(w, 0x40 + words, 1);
    put_any(w, 1);
    put(w, 4 * words + l4_length, 2);
    put(w, plan->id, 2);
    put(w, plan->fill & 2 ? 0x4000 : 0, 2); // DF
    put(w, 64, 1);
    put(w, protocol, 1);
    uint8_t *checksum = put(w, 0, 2);
    put(w, 10, 1);
    put_any(w, 3);
    put(w, 10, 1);
    put_any(w, 3);
    for (unsigned i = 0; i < plan->ip_options; i++)
        put(w, 0x01010101, 4); // NOP
    struct writer back = {checksum, 0};
    put(&back, (uint16_t)~model_sum(ip, 4 * words, 0), 2);
    return ip;
}

static void put_tcp(struct writer *w, const struct plan *plan, unsigned seed)
{
    put_any(w, 4);
    put(w, plan->seq, 4);
    put_any(w, 4);
    put(w, 0x50 + 0x10 * plan->tcp_options, 1);
    put(w, plan->flags, 1);
    put_any(w, 2);
    put(w, seed, 2);
    put_any(w, 2);
    put_tcp_options(w, plan->tcp_options);
}

static void put_udp(struct writer *w, size_t length, unsigned seed)
{
    put(w, 0xC001C002, 4);
    put(w, length, 2);
    put(w, seed, 2);
}

static void build_l4(const struct plan *plan, struct superframe *super, struct writer *w)
{
    bool udp = plan->kind == PLAN_UDP;
    unsigned protocol = udp ? UDP : TCP;
    size_t header = udp ? 8 : 20 + 4 * plan->tcp_options;
    size_t l4_length = header + plan->payload;

    put_ethernet(w, plan->tags, 0x0800);
    uint8_t *ip = put_ipv4(w, plan, protocol, l4_length);
    unsigned seed = model_sum(ip + 12, 8, protocol + (uint32_t)l4_length);
    super->ip_start = (uint16_t)(ip - super->bytes);
    super->csum_start = (uint16_t)(w->at - super->bytes);
    super->csum_offset = udp ? 6 : 16;
    super->needs_csum = true;
    super->hdr_len = (uint16_t)(super->csum_start + header);
    if (udp)
        put_udp(w, l4_length, seed);
    else
        put_tcp(w, plan, seed);
    if (plan->kind == PLAN_TSO) {
        super->gso_type = plan->ecn ? WEIR_GSO_TCPV4 | WEIR_GSO_ECN : WEIR_GSO_TCPV4;
        super->gso_size = (uint16_t)plan->mss;
    }
}

// Changes the first two bytes of a segment's payload so that its checksum comes out as zero.
static void make_zero(const struct plan *plan, struct superframe *super)
{
    static struct frames frames;
    size_t length, n = (size_t)plan->zero_segment;
    size_t payload = plan->kind == PLAN_ANYWHERE ? super->csum_start : super->hdr_len;
    uint8_t *word = super->bytes + payload + n * plan->mss;

    if (plan->kind == PLAN_ANYWHERE && plan->csum_offset < 2)
        return;
    model_segment(super, &frames);
    if (n >= frames.count)
        return;
    const uint8_t *field = frames_get(&frames, n, &length) + super->csum_start + super->csum_offset;
    uint32_t checksum = (uint32_t)field[0] << 8 | field[1];
    struct writer w = {word, 0};
    put(&w, model_sum(word, 2, checksum), 2);
}

// Puts the checksum in that nobody else is to put in.
static void finish(struct superframe *super)
{
    static struct frames frames;
    size_t length;

    model_segment(super, &frames);
    memcpy(super->bytes, frames_get(&frames, 0, &length), super->length);
    super->needs_csum = false;
}

void plan_build(const struct plan *plan, struct superframe *super)
{
    struct writer w = {super->bytes, plan->fill};

    memset(super, 0, sizeof *super);
    if (plan->kind == PLAN_ANYWHERE) {
        put_ethernet(&w, 0, 0x88B6);
        super->needs_csum = true;
        super->csum_start = (uint16_t)plan->csum_start;
        super->csum_offset = (uint16_t)plan->csum_offset;
    } else {
        build_l4(plan, super, &w);
    }
    put_any(&w, plan->payload);
    super->length = (size_t)(w.at - super->bytes);
    if (plan->zero_segment >= 0)
        make_zero(plan, super);
    if (plan->kind == PLAN_AS_IS)
        finish(super);
}
