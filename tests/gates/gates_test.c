// SPDX-License-Identifier: BSD-2-Clause
//
// A card's gates do what its Verilog does: enumeration, ARP, segmentation, the receive path and the counters,
// from the USB pins to the wire's. Linked with the gates of one card or another; nothing here knows which,
// but by what the card says of itself.
//
// Each test plugs in two cards, whose flip-flops hold different things at power-up.
#include "cmocka_test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "card_bench.h"
#include "fcs.h"
#include "golden.h"

#define MS 1000000ull
#define GOT_MAX 40
#define FRAME_ROOM 1600
#define SEEDS 2

static const uint8_t station[6] = {0x02, 'W', 'E', 'I', 'R', 0x01}; // the simulation's default

struct seen {
    uint8_t data[FRAME_ROOM];
    size_t length;
    uint8_t flags;
};

struct card_ends {
    struct weir_sim *sim;
    struct card_in in;
    struct seen up[GOT_MAX], out[GOT_MAX]; // to the host; on the wire, without FCS
    size_t up_count, out_count;
};

static void on_wire(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct card_ends *card = context;
    (void)time;
    assert_true(preamble_ok && fcs_ok(frame, length));
    assert_true(card->out_count < GOT_MAX && length <= FRAME_ROOM);
    struct seen *seen = &card->out[card->out_count++];
    seen->length = length - FCS_LENGTH;
    memcpy(seen->data, frame, seen->length);
}

static void on_record(void *context, const uint8_t *record, const uint8_t *frame, size_t length)
{
    struct card_ends *card = context;
    assert_true(card->up_count < GOT_MAX && length <= FRAME_ROOM);
    struct seen *seen = &card->up[card->up_count++];
    seen->flags = record[WEIR_REC_FLAGS];
    seen->length = length;
    memcpy(seen->data, frame, length);
}

static void on_in(struct weir_usb_transfer *transfer)
{
    struct card_ends *card = transfer->context;
    if (transfer->status == WEIR_USB_NO_DEVICE)
        return;
    assert_int_equal(transfer->status, WEIR_USB_OK);
    card_each_record(transfer, on_record);
    weir_sim_submit(card->sim, transfer);
}

static struct card_ends *plug_in(uint64_t seed)
{
    struct card_ends *card = calloc(1, sizeof *card);
    char error[200] = "";
    struct weir_sim_config config = {
        .seed = seed, .wire_out = on_wire, .wire_context = card, .error = error, .error_size = sizeof error};
    card->sim = weir_sim_create(&config);
    if (!card->sim)
        fail_msg("%s", error);
    card_write_table(card->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    card_listen(card->sim, &card->in, on_in, card);
    return card;
}

static void unplug(struct card_ends *card)
{
    weir_sim_destroy(card->sim);
    free(card);
}

// Lets time pass until so many frames have gone up and out, and then some, in which no more may come.
static void expect(struct card_ends *card, size_t up, size_t out)
{
    for (int i = 0; (card->up_count < up || card->out_count < out) && i < 1000; i++)
        weir_sim_run(card->sim, weir_sim_now(card->sim) + MS / 10);
    weir_sim_run(card->sim, weir_sim_now(card->sim) + MS / 5);
    assert_int_equal(card->up_count, up);
    assert_int_equal(card->out_count, out);
}

static void arrive(struct card_ends *card, const uint8_t *frame, size_t length, bool good)
{
    uint8_t bytes[FRAME_ROOM + FCS_LENGTH];
    memcpy(bytes, frame, length);
    length = fcs_pad_append(bytes, length);
    bytes[length - 1] ^= good ? 0 : 0x10;
    assert_true(weir_sim_wire_in(card->sim, bytes, length));
}

static void the_card_enumerates_and_tells_what_it_is(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct card_ends *card = plug_in(seed);
        uint8_t id[4], caps[WEIR_CAPS_SIZE];

        assert_true(weir_sim_high_speed(card->sim));
        assert_int_equal(card_control(card->sim, 0xC0, WEIR_REQ_READ_REG, 0, WEIR_REG_ID, id, 4),
                         WEIR_USB_OK);
        assert_int_equal(card_get32(id), 0x52494557);
        assert_int_equal(card_control(card->sim, 0xC0, WEIR_REQ_GET_CAPS, 0, 0, caps, sizeof caps),
                         WEIR_USB_OK);
        const uint32_t base =
            WEIR_CAP_TX_CSUM | WEIR_CAP_RX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO | WEIR_CAP_ARP;
        assert_int_equal(card_get32(caps + WEIR_CAPS_FEATURES) & base, base);
        assert_memory_equal(caps + WEIR_CAPS_MAC, station, 6);
        unplug(card);
    }
}

// RFC 826: whoever asks for our address gets it; the host sees nothing of it.
static void an_arp_request_is_answered_by_the_card_alone(void **state)
{
    (void)state;
    uint8_t request[60] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                           1,    2,    0,    0,    0,    0,    9, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1};
    const uint8_t fixed[8] = {0, 1, 8, 0, 6, 4, 0, 2};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct card_ends *card = plug_in(seed);

        card_write_table(card->sim, WEIR_TABLE_ARP, 1, 1ull << 63 | 0x0A000001);
        request[41] = 1;
        arrive(card, request, sizeof request, true);
        expect(card, 0, 1);
        const uint8_t *reply = card->out[0].data;
        assert_int_equal(card->out[0].length, 60);
        assert_memory_equal(reply, request + 6, 6);
        assert_memory_equal(reply + 6, station, 6);
        assert_memory_equal(reply + 14, fixed, sizeof fixed);
        assert_memory_equal(reply + 22, station, 6);
        assert_memory_equal(reply + 28, request + 38, 4);
        assert_memory_equal(reply + 32, request + 22, 10);

        request[41] = 2; // not ours
        arrive(card, request, sizeof request, true);
        expect(card, 0, 1);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_ARP_ANSWERED), 1);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_ARP_FILTERED), 1);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_TX_ARP_REPLIES), 1);
        unplug(card);
    }
}

static const struct plan superframes[] = {
    {.kind = PLAN_TSO,
     .mss = 1460,
     .payload = 30000,
     .flags = 0x18,
     .id = 0xFFFA,
     .seq = 0xFFFFF000,
     .zero_segment = 3,
     .fill = 1},
    {.kind = PLAN_TSO,
     .ipv6 = true,
     .tags = 1,
     .tcp_options = 3,
     .mss = 1001,
     .payload = 20020,
     .flags = 0x19,
     .zero_segment = -1,
     .fill = 2},
    {.kind = PLAN_USO, .mss = 700, .payload = 8001, .zero_segment = -1, .fill = 3},
    {.kind = PLAN_TCP,
     .ip_options = 2,
     .mss = 1400,
     .payload = 777,
     .flags = 0x10,
     .zero_segment = -1,
     .fill = 4},
};

static void superframes_are_cut_as_the_golden_model_cuts_them(void **state)
{
    (void)state;
    static struct superframe super;
    static struct transfer transfer;
    static struct frames frames;
    struct counts sum = {0}, counts;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct card_ends *card = plug_in(seed);
        sum = (struct counts){0};
        for (size_t i = 0; i < sizeof superframes / sizeof *superframes; i++) {
            plan_build(&superframes[i], &super);
            transfer_make(&superframes[i], &super, &transfer);
            model_transfer(&transfer, &frames, &counts);
            struct weir_usb_transfer usb = {
                .endpoint = WEIR_EP_OUT, .buffer = transfer.bytes, .length = transfer.length};
            assert_int_not_equal(transfer.length % 64, 0); // so that it ends
            card->out_count = 0;
            assert_int_equal(card_transfer(card->sim, &usb), WEIR_USB_OK);
            expect(card, 0, frames.count);
            for (size_t n = 0; n < frames.count; n++) {
                size_t length;
                const uint8_t *wanted = frames_get(&frames, n, &length);
                assert_int_equal(card->out[n].length, length);
                assert_memory_equal(card->out[n].data, wanted, length);
            }
            sum.superframes += counts.superframes;
            sum.segments += counts.segments;
            sum.checksums += counts.checksums;
        }
        assert_in_range(sum.segments, 50, 100);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_TX_SUPERFRAMES), sum.superframes);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_TX_SEGMENTS), sum.segments);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_TX_CSUM_INSERTED), sum.checksums);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_TX_BAD_RECORD), 0);
        unplug(card);
    }
}

// A superframe's segments, as the model has them, are frames with right checksums. The `bad`th gets a wrong
// byte.
static void received_frames_come_with_a_checksum_verdict_and_are_counted(void **state)
{
    (void)state;
    enum { BAD = 2, FRAMES = 6 };
    static struct superframe super;
    static struct transfer transfer;
    static struct frames frames;
    struct counts counts;
    struct plan plan = {
        .kind = PLAN_TSO, .mss = 400, .payload = 2400, .flags = 0x10, .zero_segment = -1, .fill = 5};

    plan_build(&plan, &super);
    transfer_make(&plan, &super, &transfer);
    model_transfer(&transfer, &frames, &counts);
    assert_int_equal(frames.count, FRAMES);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct card_ends *card = plug_in(seed);
        uint8_t sent[FRAMES][FRAME_ROOM];
        for (size_t i = 0; i < FRAMES; i++) {
            size_t length;
            const uint8_t *frame = frames_get(&frames, i, &length);
            memcpy(sent[i], frame, length);
            memcpy(sent[i], station, 6);
            sent[i][200] ^= i == BAD ? 0x40 : 0;
            arrive(card, sent[i], length, true);
            arrive(card, sent[i], length, false); // a wrong FCS
        }
        expect(card, FRAMES, 0);
        for (size_t i = 0; i < FRAMES; i++) {
            assert_int_equal(card->up[i].flags, i == BAD ? WEIR_F_CSUM_BAD : WEIR_F_DATA_VALID);
            assert_memory_equal(card->up[i].data, sent[i], card->up[i].length);
        }
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_FRAMES), FRAMES);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_FCS_ERROR), FRAMES);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_CSUM_GOOD), FRAMES - 1);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_CSUM_BAD), 1);
        assert_int_equal(card_counter(card->sim, WEIR_CNT_RX_RECORDS), FRAMES);
        unplug(card);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_card_enumerates_and_tells_what_it_is),
        cmocka_unit_test(an_arp_request_is_answered_by_the_card_alone),
        cmocka_unit_test(superframes_are_cut_as_the_golden_model_cuts_them),
        cmocka_unit_test(received_frames_come_with_a_checksum_verdict_and_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
