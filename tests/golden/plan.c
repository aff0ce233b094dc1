// SPDX-License-Identifier: BSD-2-Clause
//
// Plans: drawn by seed and number, made simpler, and printed.
//
// TCP options, IPv4 options and flags run through all their values (11 x 11 and 256) by the case's number,
// the rest is drawn.
#include "golden.h"

#include <inttypes.h>
#include <string.h>

enum {
    ACK = 0x10,
    HEADER_MOST = 255,
    MSS_MOST = 9000,
    PAYLOAD_MOST = 65536,
    SEGMENTS_MOST = 900,
    USO_SEGMENTS = 128
};

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

static bool one_in(uint64_t *state, unsigned n)
{
    return golden_random(state) % n == 0;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned plan_l4_start(const struct plan *plan)
{
    unsigned start = 14 + 4 * plan->tags + (plan->ipv6 ? 40 + plan->odd : 20 + 4 * plan->ip_options);
    for (unsigned i = 0; i < plan->extensions; i++)
        start += 8 * plan->extension[i].units;
    return start;
}

unsigned plan_header(const struct plan *plan)
{
    if (plan->kind == PLAN_ANYWHERE || plan->kind == PLAN_BYTES)
        return 14;
    bool udp = plan->kind == PLAN_UDP || plan->kind == PLAN_USO;
    return plan_l4_start(plan) + (udp ? 8 : 20 + 4 * plan->tcp_options);
}

// Hop-by-hop options only as the first (RFC 8200 section 4.1); the last one is at times as long as a header
// of 255 bytes allows.
static void draw_extensions(struct plan *plan, uint64_t *state)
{
    unsigned count = one_in(state, 2) ? 0 : draw(state, 1, EXTENSIONS_MAX);
    bool stretch = one_in(state, 6);

    for (unsigned i = 0; i < count; i++) {
        unsigned room = (HEADER_MOST - plan_header(plan)) / 8;
        if (room == 0)
            return;
        bool first = i == 0 && one_in(state, 2);
        plan->extension[i].type = first ? HOP_BY_HOP : one_in(state, 2) ? ROUTING : DESTINATION_OPTIONS;
        plan->extension[i].units = stretch && i + 1 == count ? room : least(room, draw(state, 1, 3));
        plan->extensions++;
    }
}

static unsigned draw_mss(uint64_t *state, unsigned most)
{
    static const unsigned common[] = {88, 536, 1000, 1220, 1428, 1440, 1448, 1460, 4016, 8948, 8960, 9000};
    unsigned dice = draw(state, 0, 15), i = draw(state, 0, sizeof common / sizeof common[0] - 1);
    unsigned mss = dice == 0  ? draw(state, 1, 16)
                   : dice < 8 ? common[i]
                              : draw(state, 1, dice < 12 ? 1460 : MSS_MOST);
    return least(mss, most);
}

// Around a multiple of the MSS mostly: few segments often, the longest superframe now and then.
static unsigned draw_payload(struct plan *plan, uint64_t *state)
{
    unsigned limit = plan->kind == PLAN_USO && !one_in(state, 8) ? USO_SEGMENTS : SEGMENTS_MOST;
    unsigned whole = least(PAYLOAD_MOST / plan->mss, limit), dice = draw(state, 0, 63), most = PAYLOAD_MOST;
    if (dice < 2) { // the longest there is, or the longest that the IP header's length can tell
        unsigned ip_header = plan_header(plan) - 14 - 4 * plan->tags - (plan->ipv6 ? 40 : 0);
        return least(dice == 0 ? PAYLOAD_MOST : 65535 - ip_header, limit * plan->mss);
    }
    bool beyond = plan->kind == PLAN_USO && whole > USO_SEGMENTS && one_in(state, 2);
    unsigned segments =
        draw(state, beyond ? USO_SEGMENTS + 1 : 1, beyond || dice < 5 ? whole : least(whole, 6));
    unsigned size =
        dice % 4 == 3 ? draw(state, 0, segments * plan->mss) : segments * plan->mss + draw(state, 0, 6);
    return least(size < 3 ? size : size - 3, least(most, limit * plan->mss));
}

// Any length from 14 bytes up; the place often in the last bytes.
static void draw_anywhere(struct plan *plan, uint64_t *state)
{
    plan->payload = draw(state, 0, one_in(state, 2) ? 80 : one_in(state, 2) ? 1500 : MAX_FRAME - 14);
    unsigned length = 14 + plan->payload, from = one_in(state, 2) && length > 36 ? 34 : 0;
    plan->csum_start = draw(state, from, one_in(state, 4) ? length - 2 : least(length - 2, from + 60));
    unsigned room = length - 2 - plan->csum_start;
    plan->csum_offset = one_in(state, 2) ? draw(state, 0, room) : room - draw(state, 0, least(room, 3));
}

static void draw_kind(struct plan *plan, uint64_t *state)
{
    static const struct {
        enum plan_kind kind;
        bool ipv6;
        unsigned weight;
    } kinds[] = {{PLAN_TSO, 0, 9},      {PLAN_TSO, 1, 8},   {PLAN_USO, 0, 4},  {PLAN_USO, 1, 4},
                 {PLAN_TCP, 0, 1},      {PLAN_TCP, 1, 1},   {PLAN_UDP, 0, 1},  {PLAN_UDP, 1, 1},
                 {PLAN_ANYWHERE, 0, 3}, {PLAN_AS_IS, 0, 1}, {PLAN_BYTES, 0, 1}};
    unsigned dice = draw(state, 0, 33), i = 0;
    while (dice >= kinds[i].weight)
        dice -= kinds[i++].weight;
    plan->kind = kinds[i].kind;
    plan->ipv6 = kinds[i].ipv6;
}

static void draw_sizes(struct plan *plan, uint64_t *state)
{
    if (plan->kind == PLAN_ANYWHERE) {
        draw_anywhere(plan, state);
    } else if (plan->kind == PLAN_TSO || plan->kind == PLAN_USO) {
        plan->mss = draw_mss(state, least(MSS_MOST, MAX_FRAME - plan_header(plan)));
        plan->payload = draw_payload(plan, state);
    } else {
        bool tiny = plan->kind == PLAN_BYTES && one_in(state, 2);
        unsigned most = one_in(state, 12) ? MAX_FRAME - plan_header(plan) : 0; // now and then the longest
        plan->payload = most != 0 ? most
                                  : draw(state, 0,
                                         tiny               ? 60
                                         : one_in(state, 4) ? MAX_FRAME - plan_header(plan)
                                                            : 1460);
    }
    if (!one_in(state, 4) || plan->payload < 2 || plan->kind == PLAN_BYTES)
        return;
    bool cut = plan->mss != 0;
    if (!cut || plan->mss >= 2)
        plan->zero_segment = cut ? (int)draw(state, 0, (plan->payload - 2) / plan->mss) : 0;
}

void plan_make(struct plan *plan, uint64_t seed, uint64_t number)
{
    uint64_t state = seed + number * 0xD1342543DE82EF95;
    memset(plan, 0, sizeof *plan);
    draw_kind(plan, &state);
    bool tcp = plan->kind == PLAN_TSO || plan->kind == PLAN_TCP || plan->kind == PLAN_AS_IS;
    plan->tcp_options = tcp ? (unsigned)(number % 11) : 0;
    plan->flags = tcp ? (uint8_t)number : 0;
    plan->reserved = tcp && one_in(&state, 8) ? (uint8_t)draw(&state, 0, 15) : 0;
    bool ip = plan->kind != PLAN_ANYWHERE && plan->kind != PLAN_BYTES;
    plan->tags = ip && one_in(&state, 4) ? draw(&state, 1, 2) : 0;
    if (plan->ipv6)
        draw_extensions(plan, &state);
    else if (ip)
        plan->ip_options = one_in(&state, 4) ? (unsigned)(number / 11 % 11) : 0;
    plan->odd = plan->ipv6 && plan_header(plan) < HEADER_MOST && one_in(&state, 16);
    plan->id = (uint16_t)(one_in(&state, 4) ? 0xFFFF - draw(&state, 0, 3) : draw(&state, 0, 0xFFFF));
    plan->seq = (uint32_t)golden_random(&state);
    if (one_in(&state, 4))
        plan->seq |= 0xFFFFF000;
    plan->ecn = plan->kind == PLAN_TSO && one_in(&state, 4);
    plan->fixed_id = !plan->ipv6 && (plan->kind == PLAN_TSO || plan->kind == PLAN_USO) && one_in(&state, 6);
    plan->fill = golden_random(&state) | 1;
    plan->zero_segment = -1;
    draw_sizes(plan, &state);
    plan->padding_before = one_in(&state, 4);
    plan->companion = one_in(&state, 4)   ? COMPANION_FRAME
                      : one_in(&state, 3) ? COMPANION_SUPERFRAME
                                          : COMPANION_NONE;
    plan->flaw_value = (uint32_t)golden_random(&state);
    plan->timing = golden_random(&state);
    if (one_in(&state, 12))
        plan->flaw = (enum flaw)draw(&state, 1, FLAWS - 1);
    if (plan->flaw == FLAW_SHORT && ip && !plan->ipv6)
        plan->ip_options = draw(&state, 0, 2);
    if (plan->flaw == FLAW_TAGS && plan_header(plan) + 4 * (3 - plan->tags) <= HEADER_MOST)
        plan->tags = 3;
}

// What stands before TCP or UDP may go away.
static void simplify_layers(struct plan *plan, unsigned how)
{
    switch (how) {
    case 0:
        plan->tags = 0;
        break;
    case 1:
        plan->tags -= plan->tags > 0;
        break;
    case 2:
        plan->ip_options = 0;
        break;
    case 3:
        plan->tcp_options = 0;
        break;
    case 4:
        plan->extensions = 0;
        break;
    case 5:
        plan->extensions -= plan->extensions > 0;
        break;
    case 6:
        for (unsigned i = 0; i < plan->extensions; i++)
            plan->extension[i].units = 1;
        break;
    default:
        plan->ipv6 = false;
        plan->extensions = plan->odd = 0;
    }
}

// What stands around the frame or in its fields may become nothing.
static void simplify_values(struct plan *plan, unsigned how)
{
    switch (how) {
    case 8:
        plan->flaw = FLAW_NONE;
        break;
    case 9:
        plan->padding_before = false;
        break;
    case 10:
        plan->companion = COMPANION_NONE;
        break;
    case 11:
        plan->fill = 0;
        break;
    case 12:
        plan->flags = plan->flags != 0 ? ACK : 0;
        break;
    case 13:
        plan->reserved = 0;
        break;
    case 14:
        plan->ecn = false;
        break;
    case 15:
        plan->fixed_id = false;
        break;
    case 16:
        plan->id = 0;
        break;
    case 17:
        plan->seq = 0;
        break;
    case 18:
        plan->odd = 0;
        break;
    default:
        plan->zero_segment = -1;
    }
}

// The segment whose checksum is to be zero has two bytes of payload.
static bool has_word(const struct plan *plan)
{
    return plan->mss != 1 && (unsigned)plan->zero_segment * plan->mss + 2 <= plan->payload;
}

static void simplify_sizes(struct plan *plan, unsigned how)
{
    bool cut = plan->kind == PLAN_TSO || plan->kind == PLAN_USO;
    const struct plan before = *plan;
    switch (how) {
    case 20:
        plan->payload -= cut && plan->payload > plan->mss ? plan->mss : 0;
        break;
    case 21:
        plan->payload /= 2;
        break;
    case 22:
        plan->payload -= plan->payload / 8;
        break;
    case 23:
        plan->payload -= plan->payload > 0;
        break;
    case 24:
        plan->timing = 0;
        break;
    case 25:
        if (cut && plan->mss > 1) {
            plan->payload -= plan->payload / plan->mss * (plan->mss - plan->mss / 2);
            plan->mss /= 2;
        }
        break;
    default:
        if (plan->flaw == FLAW_CUT)
            plan->flaw_value /= 2;
    }
    if (plan->zero_segment >= 0 && (plan->kind == PLAN_ANYWHERE || !has_word(plan)))
        *plan = before;
    if (plan->kind != PLAN_ANYWHERE)
        return;
    unsigned length = 14 + plan->payload;
    plan->csum_start = least(plan->csum_start, length - 2);
    plan->csum_offset = least(plan->csum_offset, length - 2 - plan->csum_start);
}

bool plan_simplify(struct plan *plan, unsigned how)
{
    struct plan before = *plan;
    if (how < 8)
        simplify_layers(plan, how);
    else if (how < 20)
        simplify_values(plan, how);
    else
        simplify_sizes(plan, how);
    return memcmp(plan, &before, sizeof before) != 0;
}

const char *plan_flaw(enum flaw flaw)
{
    static const char *const flaws[] = {"nothing",           "MSS 0",
                                        "wrong hdr_len",     "wrong csum_start",
                                        "wrong csum_offset", "NEEDS_CSUM off",
                                        "another type",      "other flags",
                                        "wrong magic",       "reserved bit set",
                                        "another length",    "wrong header field",
                                        "header too short",  "a third VLAN tag",
                                        "frames too long",   "frame too short",
                                        "transfer cut off"};
    return flaws[flaw];
}

void plan_print(const struct plan *plan)
{
    static const char *const kinds[] = {"TSO", "USO", "TCP", "UDP", "checksum anywhere", "as is", "bytes"};
    printf("# %s IPv%d: %u VLAN tags, %u words of IPv4 options, %u of TCP options, MSS %u, %u bytes of "
           "payload\n",
           kinds[plan->kind], plan->ipv6 ? 6 : 4, plan->tags, plan->ip_options, plan->tcp_options, plan->mss,
           plan->payload);
    for (unsigned i = 0; i < plan->extensions; i++)
        printf("# extension header %u of %u bytes\n", plan->extension[i].type, 8 * plan->extension[i].units);
    if (plan->odd != 0)
        printf("# a byte behind them that belongs to none\n");
    printf("# flags %02X%s, reserved bits %X, IP ID %04X%s, sequence number %08" PRIX32 "\n", plan->flags,
           plan->ecn ? " with GSO_ECN" : "", plan->reserved, plan->id, plan->fixed_id ? " fixed" : "",
           plan->seq);
    printf("# csum_start %u, csum_offset %u, fill %" PRIX64
           ", zero checksum in segment %d%s%s; wrong: %s (%08" PRIX32 "), timing %" PRIX64 "\n",
           plan->csum_start, plan->csum_offset, plan->fill, plan->zero_segment,
           plan->padding_before ? ", behind padding" : "", plan->companion ? ", before another record" : "",
           plan_flaw(plan->flaw), plan->flaw_value, plan->timing);
}
