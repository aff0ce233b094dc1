// SPDX-License-Identifier: BSD-2-Clause
//
// full_speed_trace FILE.vcd PPM: the trace of D+ and D- from plugging in to bulk transfers both ways, for
// sigrok to decode (tests/sim/sigrok_test), with the host's clock off by PPM and its edges by as much as they
// may. Prints what sigrok should find. The two lines change together: sigrok takes a crossing that looks like
// SE0 for one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir_link.h"
#include "weir_sim.h"

#define MS 1000000ull
#define FRAMES 12u
#define LONGEST 400u

static struct weir_sim *sim;

// The cable leads back into the card.
static void on_wire(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    (void)context, (void)time, (void)preamble_ok;
    weir_sim_wire_in(sim, frame, length);
}

static void on_done(struct weir_usb_transfer *transfer)
{
    *(bool *)transfer->context = true;
}

static bool transfer_now(struct weir_usb_transfer transfer, size_t *actual)
{
    bool done = false;
    transfer.complete = on_done;
    transfer.context = &done;
    weir_sim_submit(sim, &transfer);
    for (int i = 0; !done && i < 100; i++)
        weir_sim_run(sim, weir_sim_now(sim) + MS);
    if (!done)
        weir_sim_cancel(sim, &transfer);
    *actual = transfer.actual;
    return transfer.status == WEIR_USB_OK;
}

static bool accept_all_frames(void)
{
    uint8_t value[8] = {WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS};
    size_t actual;
    struct weir_usb_transfer write = {
        .setup = {0x40, WEIR_REQ_WRITE_TABLE, 0, 0, 0, WEIR_TABLE_RX_CONTROL, sizeof value, 0},
        .buffer = value,
        .length = sizeof value};
    return transfer_now(write, &actual);
}

// Every bit pattern that is stuffed: the bytes are ones, with a zero here and there.
static bool send_and_receive(uint8_t length)
{
    uint8_t out[WEIR_RECORD_HEADER + LONGEST] = {0}, in[WEIR_RECORD_HEADER + LONGEST + 64];
    uint8_t *frame = out + WEIR_RECORD_HEADER;
    size_t size = (size_t)length * 2, actual;
    out[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
    out[WEIR_REC_LENGTH] = (uint8_t)size;
    out[WEIR_REC_LENGTH + 1] = (uint8_t)(size >> 8);
    for (size_t i = 0; i < size; i++)
        frame[i] = (uint8_t)(i % 3 ? 0xFF : ~(1u << i / 3 % 8));
    frame[0] = 2;
    struct weir_usb_transfer send = {
        .endpoint = WEIR_EP_OUT, .buffer = out, .length = WEIR_RECORD_HEADER + (size + 3) / 4 * 4};
    struct weir_usb_transfer receive = {.endpoint = WEIR_EP_IN, .buffer = in, .length = sizeof in / 64 * 64};
    if (!transfer_now(send, &actual) || !transfer_now(receive, &actual))
        return false;
    return actual >= WEIR_RECORD_HEADER + size && memcmp(in + WEIR_RECORD_HEADER, frame, size) == 0;
}

int main(int argc, char **argv)
{
    char error[200] = "";
    struct weir_sim_config config = {
        .full_speed = true,
        .usb_signal = {.jitter_next = 18500, .jitter_paired = 9000},
        .seed = 3,
        .wire_out = on_wire,
        .error = error,
        .error_size = sizeof error,
    };
    if (argc != 3) {
        fputs("usage: full_speed_trace FILE.vcd PPM\n", stderr);
        return 2;
    }
    config.usb_trace_path = argv[1];
    config.usb_signal.ppm = atoi(argv[2]);
    sim = weir_sim_create(&config);
    if (!sim) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    bool good = accept_all_frames();
    for (unsigned i = 0; good && i < FRAMES; i++)
        good = send_and_receive((uint8_t)(30 + i * 14));
    weir_sim_run(sim, weir_sim_now(sim) + MS / 20); // the last ACK is on its way
    struct weir_sim_usb_stats stats;
    weir_sim_usb_stats(sim, &stats);
    printf("SOF %llu\nOUT %llu\nIN %llu\n", (unsigned long long)stats.microframes,
           (unsigned long long)stats.out_packets, (unsigned long long)stats.in_packets);
    good = good && stats.retries == 0;
    weir_sim_destroy(sim);
    return good ? 0 : 1;
}
