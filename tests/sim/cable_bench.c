// SPDX-License-Identifier: BSD-2-Clause
#include "cable_bench.h"

#include "cmocka_test.h"

#include <stdlib.h>
#include <string.h>

// ---- The card's ends ----
static void on_wire(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct bench *b = context;
    (void)time;
    assert_true(preamble_ok);
    assert_true(weir_sim_wire_in(b->sim, frame, length));
}

static void on_record(void *context, const uint8_t *record, const uint8_t *data, size_t length)
{
    struct bench *b = context;
    assert_true(b->got_count < FRAMES_MAX && length <= FRAME_MAX);
    struct frame *frame = &b->got[b->got_count++];
    frame->flags = record[WEIR_REC_FLAGS];
    frame->length = length;
    memcpy(frame->data, data, length);
}

static void on_in(struct weir_usb_transfer *transfer)
{
    struct bench *b = transfer->context;
    if (transfer->status == WEIR_USB_NO_DEVICE || transfer->status == WEIR_USB_CANCELLED)
        return;
    assert_int_equal(transfer->status, WEIR_USB_OK);
    assert_int_not_equal(transfer->actual % b->packet, 0);
    card_each_record(transfer, on_record);
    weir_sim_submit(b->sim, transfer);
}

struct bench *cable_plug_in_deaf(struct weir_sim_config config)
{
    struct bench *b = calloc(1, sizeof *b);
    char error[200] = "";
    b->random = 5;
    b->packet = config.full_speed || config.full_speed_port ? 64 : 512;
    config.wire_out = on_wire;
    config.wire_context = b;
    config.error = error;
    config.error_size = sizeof error;
    b->sim = weir_sim_create(&config);
    if (!b->sim)
        fail_msg("%s", error);
    card_listen(b->sim, &b->in, on_in, b);
    return b;
}

struct bench *cable_plug_in_as(struct weir_sim_config config)
{
    struct bench *b = cable_plug_in_deaf(config);
    card_write_table(b->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS);
    return b;
}

struct bench *cable_plug_in(struct weir_usb_faults faults)
{
    return cable_plug_in_as((struct weir_sim_config){.seed = 9, .faults = faults});
}

void cable_unplug(struct bench *b)
{
    weir_sim_destroy(b->sim);
    free(b);
}

// ---- Sending ----
uint8_t *cable_add_record(struct bench *b, size_t length)
{
    uint8_t *record = b->out_data + b->out_length;
    assert_true(b->out_length + WEIR_RECORD_HEADER + length + 3 < sizeof b->out_data);
    memset(record, 0, WEIR_RECORD_HEADER + length + 3);
    record[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
    record[WEIR_REC_LENGTH] = (uint8_t)length;
    record[WEIR_REC_LENGTH + 1] = (uint8_t)(length >> 8);
    record[WEIR_REC_LENGTH + 2] = (uint8_t)(length >> 16);
    b->out_length += WEIR_RECORD_HEADER + (length + 3) / 4 * 4;
    return record + WEIR_RECORD_HEADER;
}

void cable_add_random_frame(struct bench *b, size_t length)
{
    struct frame *frame = &b->sent[b->sent_count++];
    frame->length = length;
    for (size_t i = 0; i < length; i++)
        frame->data[i] = (uint8_t)card_random(&b->random);
    frame->data[0] &= 0xFE;                         // to one station
    frame->data[12] = 0x88, frame->data[13] = 0xB5; // a type without meaning
    memcpy(cable_add_record(b, length), frame->data, length);
}

void cable_send(struct bench *b, size_t expected)
{
    if (b->out_length % b->packet == 0)
        cable_add_record(b, 0)[WEIR_REC_FLAGS - WEIR_RECORD_HEADER] = WEIR_F_PAD;
    struct weir_usb_transfer out = {.endpoint = WEIR_EP_OUT, .buffer = b->out_data, .length = b->out_length};
    assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
    for (int i = 0; b->got_count < expected && i < 1000; i++)
        weir_sim_run(b->sim, weir_sim_now(b->sim) + MS / 10);
    weir_sim_run(b->sim, weir_sim_now(b->sim) + MS / 5); // and no more than those
    assert_int_equal(b->got_count, expected);
    b->out_length = 0;
}

void cable_random_frames_come_back(struct bench *b, unsigned transfers)
{
    for (unsigned n = 0; n < transfers; n++) {
        size_t room = 30000;
        b->got_count = b->sent_count = 0;
        while (b->sent_count < FRAMES_MAX) {
            size_t length =
                60 + card_random(&b->random) % (card_random(&b->random) % 4 ? 200 : FRAME_MAX - 60);
            if (length > room)
                break;
            room -= length;
            cable_add_random_frame(b, length);
        }
        cable_send(b, b->sent_count);
        for (size_t i = 0; i < b->sent_count; i++) {
            assert_int_equal(b->got[i].length, b->sent[i].length);
            assert_int_equal(b->got[i].flags, 0);
            assert_memory_equal(b->got[i].data, b->sent[i].data, b->sent[i].length);
        }
    }
}
