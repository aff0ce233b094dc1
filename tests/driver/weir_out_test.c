// SPDX-License-Identifier: BSD-2-Clause
//
// What weir_card_send passes on of a frame's offloads, and what it refuses: the card would drop it and only
// count that.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_transport.h"
#include "segment_model.h"
#include "weir_card.h"

#define MAX_FRAMES 64
#define FRAME_ROOM 9100
#define NOT_TAKEN (-22) // EINVAL
#define TOO_LONG (-90)  // EMSGSIZE

struct bench {
    struct fake_transport *fake;
    struct weir_card *card;
    uint8_t frame[MAX_FRAMES][FRAME_ROOM];
    size_t length[MAX_FRAMES], count;
};

// A superframe: header and payload, and what is said of it.
struct superframe {
    uint8_t bytes[70000];
    size_t ip;
    bool ipv6, udp;
    struct weir_card_tx tx;
};

static void on_wire(void *context, const uint8_t *frame, size_t length)
{
    struct bench *bench = context;
    assert_in_range(bench->count, 0, MAX_FRAMES - 1);
    assert_in_range(length, 1, FRAME_ROOM);
    memcpy(bench->frame[bench->count], frame, length);
    bench->length[bench->count++] = length;
}

static void ignore(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

static void open_card(struct bench *bench, uint32_t features)
{
    struct weir_card_receiver receiver = {.frame = ignore, .context = bench};
    char error[200];

    bench->fake = fake_transport_create();
    bench->fake->card.features = features;
    bench->fake->card.wire_out = on_wire;
    bench->fake->card.wire_context = bench;
    bench->card = weir_card_open(&bench->fake->base, &receiver, error, sizeof error);
    assert_non_null(bench->card);
    assert_int_equal(weir_card_poll(bench->card, 1), 0); // tells the link's state
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    open_card(bench, WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO | WEIR_CAP_IP_ID_FIXED);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    weir_card_close(bench->card);
    free(bench);
    return 0;
}

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *in)
{
    return (unsigned)(in[0] << 8 | in[1]);
}

// `options` words in IPv4 and TCP each, or an extension header of 8 bytes each in IPv6.
static void make(struct superframe *super, bool ipv6, bool udp, unsigned tags, unsigned options,
                 size_t payload)
{
    uint8_t *frame = super->bytes;
    size_t ip = 14 + 4 * tags, l4 = ip + (ipv6 ? 40 + 8 * options : 20 + 4 * options);
    size_t end = l4 + (udp ? 8 : 20 + 4 * options);

    for (size_t i = 0; i < sizeof super->bytes; i++)
        frame[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned tag = 0; tag < tags; tag++)
        put16(frame + 12 + 4 * tag, tag ? 0x8100 : 0x88A8);
    put16(frame + ip - 2, ipv6 ? 0x86DD : 0x0800);
    frame[ip] = (uint8_t)(ipv6 ? 0x60 : 0x45 + options);
    if (!ipv6)
        frame[ip + 9] = udp ? 17 : 6;
    if (!udp)
        frame[l4 + 12] = (uint8_t)((5 + options) << 4);
    super->ip = ip;
    super->ipv6 = ipv6;
    super->udp = udp;
    super->tx = (struct weir_card_tx){.header = frame,
                                      .header_length = end,
                                      .payload = {{frame + end, payload}},
                                      .needs_csum = true,
                                      .csum_start = (uint16_t)l4,
                                      .csum_offset = udp ? 6 : 16,
                                      .gso_type = udp    ? WEIR_GSO_UDP_L4
                                                  : ipv6 ? WEIR_GSO_TCPV6
                                                         : WEIR_GSO_TCPV4,
                                      .gso_size = 1400};
    uint64_t sum = model_sum(udp ? 17 : 6, frame + ip + (ipv6 ? 8 : 12), ipv6 ? 32 : 8);
    put16(frame + l4 + super->tx.csum_offset, model_fold(sum));
}

// Calls `check` with superframes of both protocols over both versions of IP, with tags and options or
// without.
static void each_kind(struct bench *bench, void (*check)(struct bench *, struct superframe *))
{
    static struct superframe super;

    for (unsigned kind = 0; kind < 4; kind++)
        for (unsigned tags = 0; tags <= 2; tags++)
            for (unsigned options = 0; options <= 3; options += 3) {
                make(&super, kind & 1, kind & 2, tags, options, 4000);
                check(bench, &super);
            }
}

// weir_card_send's answer. A frame that is taken must leave the card, and none of a frame that is not.
static int send_frame(struct bench *bench, const struct weir_card_tx *tx)
{
    bench->count = 0;
    int result = weir_card_send(bench->card, tx);
    assert_int_equal(weir_card_poll(bench->card, weir_card_now(bench->card) + 1000), 0);
    assert_int_equal(bench->count > 0, result == 0);
    return result;
}

static void assert_sum_is_right(const struct superframe *super, const uint8_t *frame, size_t length)
{
    const size_t l4 = super->tx.csum_start;
    const uint8_t *addresses = frame + super->ip + (super->ipv6 ? 8 : 12);
    uint64_t sum = model_sum((super->udp ? 17 : 6) + length - l4, addresses, super->ipv6 ? 32 : 8);
    assert_int_equal(model_fold(model_sum(sum, frame + l4, length - l4)), 0xFFFF);
}

static void check_segments(struct bench *bench, struct superframe *super)
{
    const struct weir_card_tx *tx = &super->tx;

    assert_int_equal(send_frame(bench, tx), 0);
    assert_int_equal(bench->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *frame = bench->frame[i], *ip = frame + super->ip;
        size_t length = bench->length[i], part = i < 2 ? 1400 : 1200;
        assert_int_equal(length, tx->header_length + part);
        assert_memory_equal(frame + tx->header_length, super->bytes + tx->header_length + 1400 * i, part);
        assert_int_equal(get16(ip + (super->ipv6 ? 4 : 2)), length - super->ip - (super->ipv6 ? 40 : 0));
        if (!super->ipv6)
            assert_int_equal(get16(ip + 4),
                             (get16(super->bytes + super->ip + 4) + (tx->fixed_id ? 0 : i)) & 0xFFFF);
        assert_sum_is_right(super, frame, length);
    }
}

static void superframes_of_tcp_and_udp_over_both_ip_versions_reach_the_card_as_described(void **state)
{
    each_kind(*state, check_segments);
}

static void check_fixed_id(struct bench *bench, struct superframe *super)
{
    super->tx.fixed_id = true;
    if (super->ipv6)
        assert_int_equal(send_frame(bench, &super->tx), NOT_TAKEN);
    else
        check_segments(bench, super);
    super->tx.gso_type = WEIR_GSO_NONE;
    assert_int_equal(send_frame(bench, &super->tx), NOT_TAKEN);
}

static void a_fixed_identification_is_passed_on_for_ipv4_superframes_and_refused_otherwise(void **state)
{
    each_kind(*state, check_fixed_id);
}

// Sends it with each bit of each byte of the header changed that decides where things are.
static void check_contradictions(struct bench *bench, struct superframe *super)
{
    const size_t l4 = super->tx.csum_start;
    const size_t bytes[] = {super->ip - 2, super->ip - 1, super->ip, super->ip + 9, l4 + 12};
    const uint8_t masks[] = {0xFF, 0xFF, super->ipv6 ? 0xF0 : 0xFF, super->ipv6 ? 0 : 0xFF,
                             super->udp ? 0 : 0xF0};
    const struct weir_card_tx good = super->tx;

    for (size_t i = 0; i < sizeof masks; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            super->bytes[bytes[i]] ^= (uint8_t)bit & masks[i];
            assert_int_equal(send_frame(bench, &super->tx), bit & masks[i] ? NOT_TAKEN : 0);
            super->bytes[bytes[i]] ^= (uint8_t)bit & masks[i];
        }
    for (uint16_t start = 0; start < 300; start++) {
        super->tx.csum_start = start;
        bool outside = start + (super->udp ? 8u : 20u) > good.header_length || start < super->ip + 40;
        if (start != good.csum_start && (!super->ipv6 || outside))
            assert_int_equal(send_frame(bench, &super->tx), NOT_TAKEN);
    }
    super->tx = good;
    for (size_t length = 0; length < good.header_length + 20; length++) {
        super->tx.header_length = length;
        assert_int_equal(send_frame(bench, &super->tx), length == good.header_length ? 0 : NOT_TAKEN);
    }
    super->tx = good;
    for (uint16_t offset = 0; offset < 32; offset++) {
        super->tx.csum_offset = offset;
        assert_int_equal(send_frame(bench, &super->tx), offset == good.csum_offset ? 0 : NOT_TAKEN);
    }
}

static void a_header_that_contradicts_what_is_said_of_it_is_refused(void **state)
{
    each_kind(*state, check_contradictions);
}

static void check_type(struct bench *bench, struct superframe *super)
{
    const uint8_t right = super->tx.gso_type;

    for (unsigned type = 1; type < 256; type++) {
        super->tx.gso_type = (uint8_t)type;
        bool ecn = !super->udp && type == (right | (unsigned)WEIR_GSO_ECN);
        assert_int_equal(send_frame(bench, &super->tx), type == right || ecn ? 0 : NOT_TAKEN);
    }
    super->tx.gso_type = right;
    super->tx.needs_csum = false;
    assert_int_equal(send_frame(bench, &super->tx), NOT_TAKEN);
    super->tx.needs_csum = true;
    super->tx.gso_size = 0;
    assert_int_equal(send_frame(bench, &super->tx), NOT_TAKEN);
}

static void a_type_that_is_not_the_headers_is_refused(void **state)
{
    each_kind(*state, check_type);
}

static void an_offload_that_the_card_lacks_is_refused(void **state)
{
    static const struct {
        uint32_t features;
        bool ipv4_tcp, ipv4_udp, ipv6_tcp, ipv6_udp, fixed;
    } cards[] = {
        {WEIR_CAP_TX_CSUM, false, false, false, false, false},
        {WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4, true, false, false, false, false},
        {WEIR_CAP_TX_CSUM | WEIR_CAP_TSO6, false, false, true, false, false},
        {WEIR_CAP_TX_CSUM | WEIR_CAP_USO, false, true, false, true, false},
        {WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_IP_ID_FIXED, true, false, false, false, true},
        {WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO, false, false, false, false, false},
    };
    static struct superframe super;
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        const bool takes[] = {cards[i].ipv4_tcp, cards[i].ipv6_tcp, cards[i].ipv4_udp, cards[i].ipv6_udp};
        weir_card_close(bench->card);
        open_card(bench, cards[i].features);
        for (unsigned kind = 0; kind < 4; kind++) {
            make(&super, kind & 1, kind & 2, 0, 0, 4000);
            assert_int_equal(send_frame(bench, &super.tx), takes[kind] ? 0 : NOT_TAKEN);
        }
        make(&super, false, false, 0, 0, 4000);
        super.tx.fixed_id = true;
        assert_int_equal(send_frame(bench, &super.tx), cards[i].fixed ? 0 : NOT_TAKEN);
    }
}

static void frames_and_segments_too_long_for_the_card_are_refused(void **state)
{
    static struct superframe super;
    struct bench *bench = *state;
    const struct weir_card_caps *caps = weir_card_caps(bench->card);

    make(&super, false, false, 0, 0, 4000);
    super.tx.gso_type = WEIR_GSO_NONE;
    super.tx.payload[0].length = caps->max_frame - 54u;
    assert_int_equal(send_frame(bench, &super.tx), 0);
    super.tx.payload[0].length++;
    assert_int_equal(send_frame(bench, &super.tx), TOO_LONG);
    super.tx.gso_type = WEIR_GSO_TCPV4;
    super.tx.gso_size = (uint16_t)(caps->max_frame - 54);
    assert_int_equal(send_frame(bench, &super.tx), 0);
    super.tx.gso_size++;
    assert_int_equal(send_frame(bench, &super.tx), TOO_LONG);
    super.tx.payload[0].length--; // its one segment is no longer than a frame
    assert_int_equal(send_frame(bench, &super.tx), 0);
    super.tx.gso_size = 1460;
    super.tx.payload[0].length = caps->max_superframe - 54;
    assert_int_equal(send_frame(bench, &super.tx), 0);
    super.tx.payload[0].length++;
    assert_int_equal(send_frame(bench, &super.tx), TOO_LONG);
}

static void plain_frames_too_short_or_with_a_checksum_past_their_end_are_refused(void **state)
{
    struct bench *bench = *state;
    uint8_t bytes[64] = {0};
    struct weir_card_tx tx = {
        .header = bytes, .header_length = 54, .payload = {{bytes, 10}}, .needs_csum = true};

    for (unsigned start = 0; start < 0x10000; start = start * 2 + 1)
        for (unsigned offset = 0; offset < 0x10000; offset = offset < 70 ? offset + 1 : offset * 2 + 1) {
            tx.csum_start = (uint16_t)start, tx.csum_offset = (uint16_t)offset;
            assert_int_equal(send_frame(bench, &tx), start + offset + 2 > 64 ? NOT_TAKEN : 0);
        }
    tx = (struct weir_card_tx){.header = bytes, .header_length = 3, .payload = {{bytes, 10}}};
    assert_int_equal(send_frame(bench, &tx), NOT_TAKEN); // no whole Ethernet header
    tx.payload[0].length++;
    assert_int_equal(send_frame(bench, &tx), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(superframes_of_tcp_and_udp_over_both_ip_versions_reach_the_card_as_described),
        TEST(a_fixed_identification_is_passed_on_for_ipv4_superframes_and_refused_otherwise),
        TEST(a_header_that_contradicts_what_is_said_of_it_is_refused),
        TEST(a_type_that_is_not_the_headers_is_refused),
        TEST(an_offload_that_the_card_lacks_is_refused),
        TEST(frames_and_segments_too_long_for_the_card_are_refused),
        TEST(plain_frames_too_short_or_with_a_checksum_past_their_end_are_refused),
    };
    return cmocka_run_group_tests_name("weir_out", tests, NULL, NULL);
}
