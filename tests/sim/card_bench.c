// SPDX-License-Identifier: BSD-2-Clause
#include "card_bench.h"

#include "cmocka_test.h"

#include <stdbool.h>

#define MS 1000000ull

uint32_t card_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

uint16_t card_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t card_get32(const uint8_t *at)
{
    return card_get16(at) | (uint32_t)card_get16(at + 2) << 16;
}

void card_done(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

enum weir_usb_status card_transfer(struct weir_sim *sim, struct weir_usb_transfer *transfer)
{
    bool done = false;
    transfer->complete = card_done;
    transfer->context = &done;
    weir_sim_submit(sim, transfer);
    for (int i = 0; !done && i < 2000; i++)
        weir_sim_run(sim, weir_sim_now(sim) + MS);
    assert_true(done);
    return transfer->status;
}

enum weir_usb_status card_control(struct weir_sim *sim, uint8_t type, uint8_t request, uint16_t value,
                                  uint16_t index, void *data, uint16_t length)
{
    struct weir_usb_transfer transfer = {.setup = {type, request, (uint8_t)value, (uint8_t)(value >> 8),
                                                   (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)length,
                                                   (uint8_t)(length >> 8)},
                                         .buffer = data,
                                         .length = length};
    return card_transfer(sim, &transfer);
}

void card_write_table(struct weir_sim *sim, uint8_t table, uint8_t entry, uint64_t value)
{
    uint8_t data[8];
    for (int i = 0; i < 8; i++)
        data[i] = (uint8_t)(value >> 8 * i);
    assert_int_equal(
        card_control(sim, 0x40, WEIR_REQ_WRITE_TABLE, 0, (uint16_t)(table << 8 | entry), data, 8),
        WEIR_USB_OK);
}

uint32_t card_counter(struct weir_sim *sim, unsigned index)
{
    uint8_t data[4 * WEIR_COUNTERS];
    assert_int_equal(card_control(sim, 0xC0, WEIR_REQ_GET_COUNTERS, 0, 0, data, sizeof data), WEIR_USB_OK);
    return card_get32(data + 4 * index);
}

void card_listen(struct weir_sim *sim, struct card_in *in, void (*complete)(struct weir_usb_transfer *),
                 void *context)
{
    for (int i = 0; i < CARD_IN_TRANSFERS; i++) {
        in->transfer[i] = (struct weir_usb_transfer){.endpoint = WEIR_EP_IN,
                                                     .buffer = in->data[i],
                                                     .length = WEIR_IN_TRANSFER_MAX,
                                                     .complete = complete,
                                                     .context = context};
        weir_sim_submit(sim, &in->transfer[i]);
    }
}

void card_each_record(const struct weir_usb_transfer *transfer, card_record each)
{
    for (size_t at = 0; at < transfer->actual;) {
        const uint8_t *record = transfer->buffer + at;
        assert_true(at + WEIR_RECORD_HEADER <= transfer->actual);
        size_t length = card_get32(record + WEIR_REC_LENGTH - 1) >> 8;
        assert_int_equal(record[WEIR_REC_MAGIC], WEIR_RECORD_MAGIC);
        at += WEIR_RECORD_HEADER + (length + 3) / 4 * 4;
        assert_true(at <= transfer->actual);
        if (record[WEIR_REC_FLAGS] != WEIR_F_PAD)
            each(transfer->context, record, record + WEIR_RECORD_HEADER, length);
    }
}
