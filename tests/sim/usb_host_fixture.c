// SPDX-License-Identifier: BSD-2-Clause
#include "usb_host_fixture.h"

#include <string.h>

static uint8_t scripted(const char **script, uint8_t otherwise)
{
    char letter = *script && **script ? *(*script)++ : 'x';
    switch (letter) {
    case 'a':
        return USB_PID_ACK;
    case 'd':
        return USB_PID_DATA0;
    case 'n':
        return USB_PID_NAK;
    case 'y':
        return USB_PID_NYET;
    case 's':
        return USB_PID_STALL;
    case '-':
        return 0;
    default:
        return otherwise;
    }
}

static struct fixture *fixture_of(struct ulpi_device *device)
{
    return device->context;
}

static uint8_t out(struct ulpi_device *device, const uint8_t *data, size_t length)
{
    struct fixture *fixture = fixture_of(device);
    fixture->out_calls++;
    uint8_t pid = scripted(&fixture->out_script, USB_PID_ACK);
    if (pid == USB_PID_ACK || pid == USB_PID_NYET) {
        if (fixture->sink && fixture->sunk + length <= fixture->sink_size)
            memcpy(fixture->sink + fixture->sunk, data, length);
        fixture->sunk += length;
    }
    return pid;
}

static uint8_t ping(struct ulpi_device *device)
{
    struct fixture *fixture = fixture_of(device);
    fixture->ping_calls++;
    return scripted(&fixture->ping_script, USB_PID_ACK);
}

// The byte at place `n` of everything the device sends.
uint8_t source_byte(uint32_t n)
{
    return (uint8_t)(n * 2654435761u >> 24);
}

static uint8_t in(struct ulpi_device *device, uint8_t endpoint, uint8_t *data, size_t *length)
{
    struct fixture *fixture = fixture_of(device);
    unsigned call = fixture->in_calls[endpoint]++;
    if (endpoint == 1 && call < CALLS_MAX)
        fixture->in_clocks[call] = device->clock;
    if (endpoint == 2)
        return USB_PID_NAK;
    uint8_t pid = scripted(&fixture->in_script, fixture->source_left > 0 ? USB_PID_DATA0 : USB_PID_NAK);
    *length = fixture->source_left < fixture->packet_size ? fixture->source_left : fixture->packet_size;
    for (size_t i = 0; i < *length; i++)
        data[i] = source_byte((uint32_t)(fixture->source_next + i));
    fixture->in_flight = *length;
    return pid;
}

static void in_acknowledged(struct ulpi_device *device, uint8_t endpoint)
{
    struct fixture *fixture = fixture_of(device);
    if (endpoint != 1)
        return;
    fixture->source_next += (uint32_t)fixture->in_flight;
    fixture->source_left -= fixture->in_flight;
}

static void on_complete(struct weir_usb_transfer *transfer)
{
    struct fixture *fixture = transfer->context;
    if (fixture->done_count < CALLS_MAX)
        fixture->done[fixture->done_count] = transfer;
    fixture->done_count++;
}

void plug_with(struct fixture *fixture, const struct weir_usb_faults *faults, uint64_t seed, unsigned packets)
{
    *fixture = (struct fixture){.packet_size = 512};
    usb_bench_init(&fixture->bench, faults, seed, packets);
    struct ulpi_device *device = &fixture->bench.device;
    device->context = fixture;
    device->out = out;
    device->ping = ping;
    device->in = in;
    device->in_acknowledged = in_acknowledged;
    assert_int_equal(usb_bench_enumerate(&fixture->bench), USB_HOST_CONFIGURED);
}

void plug(struct fixture *fixture)
{
    plug_with(fixture, &(struct weir_usb_faults){0}, 1, 0);
}

void unplug(struct fixture *fixture)
{
    assert_int_equal(fixture->bench.device.wrong_frame_gaps, 0);
    assert_int_equal(fixture->bench.host->unsolicited, 0);
    usb_host_destroy(fixture->bench.host);
}

struct weir_usb_transfer transfer_to(struct fixture *fixture, uint8_t endpoint, uint8_t *buffer,
                                     size_t length)
{
    return (struct weir_usb_transfer){.endpoint = endpoint,
                                      .buffer = buffer,
                                      .length = length,
                                      .complete = on_complete,
                                      .context = fixture,
                                      .status = WEIR_USB_NO_DEVICE};
}

void run_until_done(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < 2000 * MICROFRAME && fixture->done_count < count; i++)
        usb_bench_tick(&fixture->bench);
    assert_int_equal(fixture->done_count, count);
}

void submit_and_run(struct fixture *fixture, struct weir_usb_transfer *transfer)
{
    usb_host_submit(fixture->bench.host, transfer);
    run_until_done(fixture, fixture->done_count + 1);
    usb_bench_run(&fixture->bench, 30); // the last ACK reaches the device
}

void fill(uint8_t *buffer, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer[i] = source_byte((uint32_t)i);
}
