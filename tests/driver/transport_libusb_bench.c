// SPDX-License-Identifier: BSD-2-Clause
#include "transport_libusb_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void make_frame(uint8_t *frame, uint32_t number)
{
    memset(frame, 255, 6);
    memcpy(frame + 6, fake_card_mac, 6);
    frame[12] = 0x88, frame[13] = 0xB5; // IEEE 802 local experimental
    for (size_t i = 14; i < FRAME; i++)
        frame[i] = (uint8_t)(number * 7 + i);
    memcpy(frame + 14, &number, 4);
}

bool is_frame(const uint8_t *frame, size_t length, uint32_t number)
{
    uint8_t wanted[FRAME];

    make_frame(wanted, number);
    return length == FRAME && memcmp(frame, wanted, FRAME) == 0;
}

static void on_wire(void *context, const uint8_t *frame, size_t length)
{
    struct bench *bench = context;
    bench->wire_wrong += !is_frame(frame, length, bench->wire_count++);
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct bench *bench = context;
    bench->host_wrong += !is_frame(rx->frame, rx->length, bench->host_count++);
}

void plug(struct bench *bench, struct fake_usb_device *device, uint8_t port, const char *serial)
{
    *device = (struct fake_usb_device){
        .port = port, .serial = serial, .protocol = WEIR_VERSION_MAJOR, .configuration = 1};
    fake_card_init(&device->card);
    device->card.wire_out = on_wire;
    device->card.wire_context = bench;
    fake_usb_plug(device);
}

int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    fake_usb_init();
    plug(bench, &bench->device, 3, "025765697201");
    *state = bench;
    return 0;
}

int teardown(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(fake_usb.contexts, 0);
    assert_int_equal(fake_usb.handles, 0);
    assert_int_equal(fake_usb.transfers, 0);
    assert_int_equal(fake_usb.mapped, 0);
    assert_int_equal(fake_usb.memory_used, 0);
    assert_int_equal(bench->device.references, 0);
    assert_int_equal(bench->other.references, 0);
    free(bench);
    return 0;
}

struct weir_transport *open_transport(struct bench *bench, const char *options)
{
    errno = 0;
    return weir_transport_libusb_open(options, bench->error, sizeof bench->error);
}

bool open_card(struct bench *bench)
{
    struct weir_card_receiver receiver = {.frame = on_frame, .context = bench};
    struct weir_transport *transport = open_transport(bench, "");

    bench->card = transport ? weir_card_open(transport, &receiver, bench->error, sizeof bench->error) : NULL;
    return bench->card != NULL;
}

unsigned wire_count(struct bench *bench)
{
    pthread_mutex_lock(&fake_usb.lock);
    unsigned count = bench->wire_count;
    pthread_mutex_unlock(&fake_usb.lock);
    return count;
}

int exchange(struct bench *bench)
{
    unsigned sent = 0, given = 0, sent_before = wire_count(bench), taken_before = bench->host_count;
    uint8_t frame[FRAME];
    int error = weir_card_set_rx_control(bench->card, WEIR_RX_ENABLE);

    while (!error &&
           (wire_count(bench) < sent_before + FRAMES || bench->host_count < taken_before + FRAMES)) {
        if (given < FRAMES && given <= bench->host_count - taken_before + 100) {
            make_frame(frame, taken_before + given++);
            fake_usb_wire_in(&bench->device, frame, FRAME);
        }
        make_frame(frame, sent_before + sent);
        if (sent < FRAMES && weir_card_send(bench->card, &(struct weir_card_tx){
                                                             .header = frame, .header_length = FRAME}) == 0) {
            sent++;
            if (given < FRAMES)
                continue;
        }
        error = weir_card_poll(bench->card, weir_card_now(bench->card) + 1000000);
    }
    return error;
}

void exchanges_everything(struct bench *bench)
{
    assert_int_equal(exchange(bench), 0);
    assert_int_equal(bench->wire_wrong, 0);
    assert_int_equal(bench->host_wrong, 0);
}
