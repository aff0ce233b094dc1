// SPDX-License-Identifier: BSD-2-Clause
//
// Offloads between a TAP's virtio_net_hdr and the card, both ways, against the plain C models of
// tests/golden: what the card is told makes the frames that the kernel asked for, and what is done in
// software instead makes the same ones, byte for byte.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../golden/coalesce_model.h"
#include "../golden/coalesce_traffic.h"
#include "../golden/golden.h"
#include "bridge_segment.h"
#include "weir_glue.h"

#define CASES 6000
#define SEED 20261121

static const struct weir_card_caps everything = {
    .features = WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO | WEIR_CAP_IP_ID_FIXED,
    .max_superframe = MAX_RECORD,
    .max_frame = MAX_FRAME,
};

// What the kernel writes into a TAP for a case, and the frames that it is to become.
struct from_kernel {
    struct weir_vnet vnet;
    uint8_t bytes[SUPERFRAME_ROOM];
    size_t length;
    struct frames wanted;
};

static void add_length(uint8_t *field, size_t length)
{
    uint16_t seed = model_sum(field, 2, (uint32_t)length);
    field[0] = (uint8_t)(seed >> 8);
    field[1] = (uint8_t)seed;
}

// False for what Linux never asks: a gap between headers, the same identification in all segments.
static bool make(struct from_kernel *from, uint64_t number)
{
    static struct superframe super;
    struct record *record = &super.record;
    struct counts counts = {0};
    struct plan plan;

    plan_make(&plan, SEED, number);
    plan.flaw = FLAW_NONE;
    plan.tags %= 3;
    if (plan.odd)
        return false;
    plan_build(&plan, &super);
    if (record->flags & WEIR_F_IP_ID_FIXED)
        return false;
    from->wanted.count = 0;
    model_record(record, &from->wanted, &counts);
    assert_int_equal(counts.bad_records, 0);
    from->vnet = (struct weir_vnet){
        .flags = record->flags & WEIR_F_NEEDS_CSUM,
        .gso_type =
            (uint8_t)((record->gso_type & 7) | (record->gso_type & WEIR_GSO_ECN ? WEIR_VNET_GSO_ECN : 0)),
        .hdr_len = (uint16_t)(number % 300), // a hint
        .gso_size = record->gso_size,
        .csum_start = record->csum_start,
        .csum_offset = record->csum_offset,
    };
    from->length = record->length;
    memcpy(from->bytes, record->frame, record->length);
    if (record->gso_type != WEIR_GSO_NONE)
        add_length(from->bytes + record->csum_start + record->csum_offset,
                   record->length - record->csum_start);
    return true;
}

static void same_frame(const struct frames *wanted, size_t i, const uint8_t *frame, size_t length,
                       uint64_t number)
{
    size_t wanted_length = 0;
    const uint8_t *bytes = i < wanted->count ? frames_get(wanted, i, &wanted_length) : NULL;

    if (!bytes || wanted_length != length || memcmp(bytes, frame, length) != 0)
        fail_msg("seed %d, case %u: frame %zu of %zu differs", SEED, (unsigned)number, i, wanted->count);
}

static void cuts_as_wanted(const struct from_kernel *from, uint64_t number)
{
    static uint8_t out[SUPERFRAME_ROOM];
    struct weir_bridge_cut cut;
    size_t count = 0, length;

    if (!weir_bridge_cut_start(&cut, &from->vnet, from->bytes, from->length))
        fail_msg("seed %d, case %u: not cut", SEED, (unsigned)number);
    for (; (length = weir_bridge_cut_next(&cut, out)) > 0; count++)
        same_frame(&from->wanted, count, out, length, number);
    assert_int_equal(count, from->wanted.count);
}

static void same_frames(const struct frames *wanted, const struct frames *got, uint64_t number)
{
    assert_int_equal(got->count, wanted->count);
    for (size_t i = 0; i < got->count; i++) {
        size_t length;
        const uint8_t *frame = frames_get(got, i, &length);
        same_frame(wanted, i, frame, length, number);
    }
}

// What a card makes of one superframe goes behind what it has made.
static void card_adds(struct frames *got, const struct weir_card_tx *tx, const uint8_t *bytes, size_t length)
{
    struct record record = {
        .flags = tx->needs_csum ? WEIR_F_NEEDS_CSUM : 0,
        .gso_type = tx->gso_type,
        .hdr_len = tx->gso_type ? (uint8_t)tx->header_length : 0,
        .gso_size = tx->gso_size,
        .csum_start = tx->csum_start,
        .csum_offset = tx->csum_offset,
        .frame = bytes,
        .length = length,
        .there = length,
    };
    struct counts counts = {0};

    model_record(&record, got, &counts);
    assert_int_equal(counts.bad_records, 0);
}

// A piece of one segment is a lone frame for the card: its TCP checksum is FFFFh where Linux has 0 in a
// segment's. Both mean the same.
static void make_zero(uint8_t *field)
{
    if (field[0] == 0xFF && field[1] == 0xFF)
        field[0] = field[1] = 0;
}

static void pieces_of_a_superframe_become_the_same_frames(void **state)
{
    static const size_t most[] = {1, 2000, 4096, 20000, SIZE_MAX};
    static struct from_kernel from;
    static uint8_t piece[SUPERFRAME_ROOM];
    static struct frames got;
    unsigned cut_up = 0;

    (void)state;
    for (uint64_t number = 0; number < CASES; number++) {
        struct weir_bridge_cut cut;
        struct weir_card_tx tx;
        size_t length;
        if (!make(&from, number) || from.vnet.gso_type == WEIR_VNET_GSO_NONE ||
            !weir_bridge_cut_start(&cut, &from.vnet, from.bytes, from.length) || cut.header > UINT8_MAX)
            continue;
        weir_bridge_cut_into_pieces(&cut, most[number % 5]);
        got.count = 0;
        while ((length = weir_bridge_cut_next(&cut, piece)) > 0) {
            assert_true(length <= most[number % 5] || length <= cut.header + from.vnet.gso_size);
            if (!weir_bridge_to_card(&everything, &cut.piece, piece, length, &tx))
                fail_msg("seed %d, case %u: the card cannot take the piece", SEED, (unsigned)number);
            card_adds(&got, &tx, piece, length);
            if (cut.piece.gso_type == WEIR_VNET_GSO_NONE && cut.at.protocol == WEIR_PROTOCOL_TCP &&
                from.wanted.count > 1)
                make_zero(got.bytes + got.end[got.count - 1] - length + tx.csum_start + tx.csum_offset);
        }
        same_frames(&from.wanted, &got, number);
        cut_up += got.count > 1;
    }
    assert_true(cut_up > CASES / 10);
}

static void card_makes_what_is_wanted(const struct from_kernel *from, const struct weir_card_tx *tx,
                                      uint64_t number)
{
    static struct frames got;
    assert_ptr_equal(tx->header, from->bytes);
    assert_int_equal(tx->header_length + tx->payload[0].length, from->length);
    if (tx->gso_type) { // the model does not look at the seed
        uint8_t *field = (uint8_t *)(uintptr_t)from->bytes + tx->csum_start + tx->csum_offset;
        uint16_t seed = (uint16_t)(field[0] << 8 | field[1]);
        size_t ip = from->bytes[12] == 0x08 || from->bytes[12] == 0x86 ? 14 : 0;
        if (ip && from->bytes[13] == 0x00 && from->bytes[ip] == 0x45)
            assert_int_equal(seed % 0xFFFF,
                             model_sum(from->bytes + ip + 12, 8, from->bytes[ip + 9]) % 0xFFFF);
    }
    got.count = 0;
    card_adds(&got, tx, from->bytes, from->length);
    same_frames(&from->wanted, &got, number);
}

static void software_cuts_and_sums_as_the_model(void **state)
{
    static struct from_kernel from;
    unsigned superframes = 0;

    (void)state;
    for (uint64_t number = 0; number < CASES; number++) {
        if (!make(&from, number))
            continue;
        superframes += from.vnet.gso_type != WEIR_VNET_GSO_NONE;
        cuts_as_wanted(&from, number);
    }
    assert_in_range(superframes, CASES / 10, CASES);
}

static void a_card_that_can_is_told_all(void **state)
{
    static struct from_kernel from;
    struct weir_card_tx tx;

    (void)state;
    for (uint64_t number = 0; number < CASES; number++) {
        if (!make(&from, number))
            continue;
        if (!weir_bridge_to_card(&everything, &from.vnet, from.bytes, from.length, &tx))
            fail_msg("seed %d, case %u: not for the card", SEED, (unsigned)number);
        card_makes_what_is_wanted(&from, &tx, number);
    }
}

// Cards of all kinds: the frames are the same, whoever makes them; and a card is not asked for what it lacks.
static void what_a_card_lacks_is_done_in_software(void **state)
{
    static struct from_kernel from;
    uint64_t random = SEED;
    unsigned by_card = 0, in_software = 0;
    struct weir_card_tx tx;

    (void)state;
    for (uint64_t number = 0; number < CASES; number++) {
        struct weir_card_caps caps = everything;
        caps.features &= (uint32_t)golden_random(&random);
        caps.max_frame = golden_random(&random) % 2 ? 1514 : MAX_FRAME;
        if (!make(&from, number))
            continue;
        bool for_card = weir_bridge_to_card(&caps, &from.vnet, from.bytes, from.length, &tx);
        if (for_card)
            card_makes_what_is_wanted(&from, &tx, number);
        else
            cuts_as_wanted(&from, number);
        by_card += for_card && from.vnet.flags;
        in_software += !for_card;
        if (for_card && tx.needs_csum)
            assert_true(caps.features & WEIR_CAP_TX_CSUM);
    }
    assert_in_range(by_card, CASES / 20, CASES);
    assert_in_range(in_software, CASES / 20, CASES);
}

// ---- Headers longer than a record's hdr_len can say ----

static void put16(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

// IPv6 with 280 bytes of destination options, TCP, `payload` bytes.
static size_t long_headers(uint8_t *frame, size_t payload)
{
    const size_t options = 280, l4 = 14 + 40 + options, length = l4 + 20 + payload;

    for (size_t i = 0; i < length; i++)
        frame[i] = (uint8_t)(i * 7);
    put16(frame + 12, 0x86DD);
    frame[14] = 0x60;
    put16(frame + 18, length - 54);
    frame[20] = 60; // destination options
    frame[54] = 6;
    frame[55] = (uint8_t)(options / 8 - 1);
    frame[l4 + 12] = 0x50;
    frame[l4 + 13] = 0x19; // ACK, PSH, FIN
    put16(frame + l4 + 16, model_sum(frame + 22, 32, (uint32_t)(6 + length - l4)));
    return length;
}

static void headers_too_long_for_a_record_are_cut_in_software(void **state)
{
    static uint8_t frame[8000], out[8000];
    size_t length = long_headers(frame, 5000), l4 = 334, at = 0, segment;
    struct weir_vnet vnet = {.flags = WEIR_F_NEEDS_CSUM,
                             .gso_type = WEIR_VNET_GSO_TCPV6,
                             .gso_size = 1100,
                             .csum_start = (uint16_t)l4,
                             .csum_offset = 16};
    struct weir_bridge_cut cut;
    struct weir_card_tx tx;

    (void)state;
    assert_false(weir_bridge_to_card(&everything, &vnet, frame, length, &tx));
    assert_true(weir_bridge_cut_start(&cut, &vnet, frame, length));
    while ((segment = weir_bridge_cut_next(&cut, out)) > 0) {
        size_t payload = segment - l4 - 20;
        assert_int_equal(payload, at + 1100 < 5000 ? 1100 : 5000 - at);
        assert_memory_equal(out + l4 + 20, frame + l4 + 20 + at, payload);
        assert_int_equal(model_sum(out + l4, segment - l4, model_sum(out + 22, 32, (uint32_t)(26 + payload))),
                         0xFFFF);
        at += payload;
        assert_int_equal(out[l4 + 13], at == 5000 ? 0x19 : 0x10);
    }
    assert_int_equal(at, 5000);
}

// ---- Nonsense ----

static void nonsense_is_refused_and_read_within_its_bytes(void **state)
{
    static struct from_kernel from;
    static uint8_t out[SUPERFRAME_ROOM];
    uint64_t random = SEED;
    unsigned refused = 0;

    (void)state;
    for (uint64_t number = 0; number < CASES; number++) {
        struct weir_bridge_cut cut;
        struct weir_card_tx tx;
        if (!make(&from, number))
            continue;
        size_t length = golden_random(&random) % (from.length < 200 ? from.length : 200);
        uint8_t *bytes = malloc(length + !length); // a sanitizer sees what is read behind
        assert_non_null(bytes);
        memcpy(bytes, from.bytes, length);
        for (unsigned i = 0; i < 3 && length > 0; i++)
            bytes[golden_random(&random) % length] = (uint8_t)golden_random(&random);
        if (golden_random(&random) % 2)
            from.vnet.csum_start = (uint16_t)golden_random(&random);
        if (weir_bridge_cut_start(&cut, &from.vnet, bytes, length))
            while (weir_bridge_cut_next(&cut, out) > 0) {
            }
        else
            refused++;
        weir_bridge_to_card(&everything, &from.vnet, bytes, length, &tx);
        weir_bridge_tells_groups(bytes, length);
        free(bytes);
    }
    assert_in_range(refused, CASES / 10, CASES);
}

// ---- From the card ----

struct receiver {
    struct traffic traffic;
    unsigned large;
    const char *wrong;
};

// As the kernel would cut it, or it is cut for a kernel that refuses it.
static void on_frame(void *context, const struct weir_card_rx *rx)
{
    static uint8_t out[TRAFFIC_ROOM];
    struct receiver *receiver = context;
    struct weir_vnet vnet = weir_bridge_to_kernel(rx);
    struct weir_bridge_cut cut;
    size_t length;

    if (receiver->wrong)
        return;
    receiver->large += vnet.gso_type != WEIR_VNET_GSO_NONE;
    if (vnet.gso_type == WEIR_VNET_GSO_NONE && vnet.flags != (rx->flags & WEIR_F_DATA_VALID)) {
        receiver->wrong = "a plain frame's verdict is another";
    } else if (!weir_bridge_cut_start(&cut, &vnet, rx->frame, rx->length)) {
        receiver->wrong = "a frame cannot be cut";
    } else {
        cut.fixed_id = rx->ip_id_fixed;
        while (!receiver->wrong && (length = weir_bridge_cut_next(&cut, out)) > 0)
            receiver->wrong = traffic_match(&receiver->traffic, out, length);
    }
}

static void large_frames_from_the_card_are_the_wires_frames_when_cut(void **state)
{
    static struct receiver receiver;
    static struct coalesce_model model;
    static struct weir_glue glue;
    static uint8_t records[WEIR_IN_TRANSFER_MAX + COALESCE_RECORD_ROOM];
    struct weir_card_stats stats = {0};
    struct weir_card_receiver callbacks = {.frame = on_frame, .context = &receiver};

    (void)state;
    glue = (struct weir_glue){.receiver = &callbacks, .stats = &stats, .whole = true};
    for (unsigned seed = 1; seed <= 10; seed++) {
        traffic_start(&receiver.traffic, seed);
        while (receiver.traffic.frames < 400) {
            size_t length = 0;
            coalesce_begin_transfer(&model);
            while (length < WEIR_IN_TRANSFER_MAX - TRAFFIC_ROOM) {
                const struct traffic_frame *frame = traffic_next(&receiver.traffic);
                length +=
                    coalesce_frame(&model, frame->bytes, frame->length, frame->flags, NULL, records + length);
            }
            weir_glue_transfer(&glue, records, length);
            if (receiver.wrong || traffic_missing(&receiver.traffic) > 0)
                fail_msg("seed %u: %s", seed, receiver.wrong ? receiver.wrong : "a frame is missing");
        }
        traffic_end(&receiver.traffic);
    }
    assert_in_range(receiver.large, 50, 4000);
}

static void what_the_card_found_wrong_goes_up_as_not_looked_at(void **state)
{
    struct weir_card_rx rx = {.flags = WEIR_F_CSUM_BAD | WEIR_F_CONFLICT, .segments = 1};

    (void)state;
    assert_int_equal(weir_bridge_to_kernel(&rx).flags, 0);
    rx.flags = WEIR_F_DATA_VALID;
    assert_int_equal(weir_bridge_to_kernel(&rx).flags, WEIR_F_DATA_VALID);
}

static void the_header_is_little_endian(void **state)
{
    static const uint8_t bytes[WEIR_VNET_SIZE] = {1, 0x81, 0x36, 0, 0xB4, 5, 0x22, 0, 0x10, 0};
    uint8_t out[WEIR_VNET_SIZE];
    struct weir_vnet vnet;

    (void)state;
    weir_vnet_parse(&vnet, bytes);
    assert_int_equal(vnet.gso_size, 1460);
    assert_int_equal(vnet.csum_start, 34);
    assert_int_equal(vnet.gso_type, WEIR_VNET_GSO_TCPV4 | WEIR_VNET_GSO_ECN);
    weir_vnet_emit(&vnet, out);
    assert_memory_equal(out, bytes, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_a_superframe_become_the_same_frames),
        cmocka_unit_test(software_cuts_and_sums_as_the_model),
        cmocka_unit_test(a_card_that_can_is_told_all),
        cmocka_unit_test(what_a_card_lacks_is_done_in_software),
        cmocka_unit_test(headers_too_long_for_a_record_are_cut_in_software),
        cmocka_unit_test(nonsense_is_refused_and_read_within_its_bytes),
        cmocka_unit_test(large_frames_from_the_card_are_the_wires_frames_when_cut),
        cmocka_unit_test(what_the_card_found_wrong_goes_up_as_not_looked_at),
        cmocka_unit_test(the_header_is_little_endian),
    };

    return cmocka_run_group_tests_name("bridge_segment", tests, NULL, NULL);
}
