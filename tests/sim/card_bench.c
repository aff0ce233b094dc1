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

static void on_done(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

enum weir_usb_status card_transfer(struct weir_sim *sim, struct weir_usb_transfer *transfer)
{
    bool done = false;
    transfer->complete = on_done;
    transfer->context = &done;
    weir_sim_submit(sim, transfer);
    for (int i = 0; !done && i < 100000; i++)
        weir_sim_run(sim, weir_sim_now(sim) + MS);
    assert_true(done);
    return transfer->status;
}

enum weir_usb_status card_control(struct weir_sim *sim, uint8_t type, uint8_t request, uint16_t value,
                                  uint16_t index, uint8_t *data, uint16_t length)
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
    assert_int_equal(card_control(sim, 0x40, WEIR_REQ_WRITE_TABLE, 0, (uint16_t)(table << 8 | entry), data, 8),
                     WEIR_USB_OK);
}

uint32_t card_counter(struct weir_sim *sim, unsigned index)
{
    uint8_t data[4 * WEIR_COUNTERS];
    assert_int_equal(card_control(sim, 0xC0, WEIR_REQ_GET_COUNTERS, 0, 0, data, sizeof data), WEIR_USB_OK);
    return card_get32(data + 4 * index);
}
