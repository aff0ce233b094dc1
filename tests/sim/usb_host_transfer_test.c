// SPDX-License-Identifier: BSD-2-Clause
//
// Transfers of the USB host model: schedule, flow control, toggles, faults, cancellation. The device is
// ulpi_device.c.
#include "usb_host_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 64

// A bench with a device whose endpoints do as they are told.
struct fixture {
    struct usb_bench bench;
    // OUT: takes data into `sink`; answers `script` first, one letter a packet or PING: a(ck) n(ak) y(et)
    // s(tall) -(nothing)
    uint8_t *sink;
    size_t sunk, sink_size;
    const char *out_script, *ping_script;
    unsigned out_calls, ping_calls;
    // IN: `source_left` bytes, counting up by byte, in packets of at most `packet_size`; NAK when there are
    // none.
    size_t source_left, packet_size, in_flight;
    uint32_t source_next;
    const char *in_script; // d(ata) n s -
    unsigned in_calls[3];
    uint64_t in_clocks[CALLS_MAX];
    // Completed transfers, in order.
    struct weir_usb_transfer *done[CALLS_MAX];
    unsigned done_count;
};

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
static uint8_t source_byte(uint32_t n)
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

static void plug_with(struct fixture *fixture, const struct weir_usb_faults *faults, uint64_t seed,
                      unsigned packets)
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

static void plug(struct fixture *fixture)
{
    plug_with(fixture, &(struct weir_usb_faults){0}, 1, 0);
}

static void unplug(struct fixture *fixture)
{
    assert_int_equal(fixture->bench.device.wrong_frame_gaps, 0);
    assert_int_equal(fixture->bench.host->unsolicited, 0);
    usb_host_destroy(fixture->bench.host);
}

static struct weir_usb_transfer transfer_to(struct fixture *fixture, uint8_t endpoint, uint8_t *buffer,
                                            size_t length)
{
    return (struct weir_usb_transfer){.endpoint = endpoint,
                                      .buffer = buffer,
                                      .length = length,
                                      .complete = on_complete,
                                      .context = fixture,
                                      .status = WEIR_USB_NO_DEVICE};
}

static void run_until_done(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < 2000 * MICROFRAME && fixture->done_count < count; i++)
        usb_bench_tick(&fixture->bench);
    assert_int_equal(fixture->done_count, count);
}

static void submit_and_run(struct fixture *fixture, struct weir_usb_transfer *transfer)
{
    usb_host_submit(fixture->bench.host, transfer);
    run_until_done(fixture, fixture->done_count + 1);
    usb_bench_run(&fixture->bench, 30); // the last ACK reaches the device
}

static void fill(uint8_t *buffer, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buffer[i] = source_byte((uint32_t)i);
}

// ---- the schedule ----

// Data packets in each of 100 microframes, of a stream that never ends.
static void stream(struct fixture *fixture, uint8_t endpoint, uint8_t byte, double *average, unsigned *most)
{
    static uint8_t buffer[2][64 * 1024];
    struct weir_usb_transfer transfers[2];
    if (byte)
        memset(buffer, byte, sizeof buffer);
    else
        fill(buffer[0], sizeof buffer);
    fixture->source_left = SIZE_MAX / 2;
    for (unsigned i = 0; i < 2; i++) {
        transfers[i] = transfer_to(fixture, endpoint, buffer[i], sizeof buffer[i]);
        usb_host_submit(fixture->bench.host, &transfers[i]);
    }
    usb_bench_run(&fixture->bench, MICROFRAME);
    fixture->done_count = 0;
    struct weir_sim_usb_stats before, after;
    usb_host_stats(fixture->bench.host, &before);
    uint64_t last = before.out_packets + before.in_packets, first = last, frames = before.microframes;
    *most = 0;
    for (unsigned i = 0, next = 0; i < 100 * MICROFRAME; i++) {
        usb_bench_tick(&fixture->bench);
        if (next < fixture->done_count)
            usb_host_submit(fixture->bench.host, &transfers[next++ & 1]);
        usb_host_stats(fixture->bench.host, &after);
        if (after.microframes == frames)
            continue;
        uint64_t now = after.out_packets + after.in_packets;
        if (frames > before.microframes && now - last > *most)
            *most = (unsigned)(now - last);
        last = now;
        frames = after.microframes;
    }
    *average = (double)(last - first) / 100;
    for (unsigned i = 0; i < 2; i++)
        usb_host_cancel(fixture->bench.host, &transfers[i]);
    assert_int_equal(after.retries, 0);
}

static void out_reaches_13_packets_a_microframe(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    stream(&fixture, ULPI_DEVICE_OUT, 0, &average, &most);
    assert_int_equal(most, 13);
    assert_int_equal(fixture.bench.device.most_bulk_packets, 13);
    assert_true(average > 12.9);
    unplug(&fixture);
}

static void in_reaches_13_packets_a_microframe(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    stream(&fixture, ULPI_DEVICE_IN, 0, &average, &most);
    assert_int_equal(most, 13);
    assert_true(average > 12.9);
    unplug(&fixture);
}

static void the_limit_of_packets_is_kept(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug_with(&fixture, &(struct weir_usb_faults){0}, 1, 10);
    stream(&fixture, ULPI_DEVICE_OUT, 0, &average, &most);
    assert_int_equal(most, 10);
    assert_true(average > 9.9);
    unplug(&fixture);
}

// 4,096 ones take 4,778 bit times: 13 such packets do not fit, and SOF waits for nobody (`unplug` looks).
static void bit_stuffing_takes_bus_time(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    stream(&fixture, ULPI_DEVICE_OUT, 0xFF, &average, &most);
    assert_int_equal(most, 11);
    unplug(&fixture);
}

static void a_slow_device_gets_fewer_packets(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    fixture.bench.device.answer_delay = 60; // far too late, but before the host's time-out
    stream(&fixture, ULPI_DEVICE_OUT, 0, &average, &most);
    assert_in_range(most, 11, 12);
    assert_true(fixture.bench.host->late_answers > 1000);
    unplug(&fixture);
}

static void both_directions_share_the_bus(void **state)
{
    (void)state;
    static uint8_t sent[256 * 1024], received[256 * 1024];
    struct fixture fixture;
    plug(&fixture);
    fixture.source_left = sizeof received;
    fixture.sink = calloc(1, sizeof sent);
    fixture.sink_size = sizeof sent;
    fill(sent, sizeof sent);
    struct weir_usb_transfer to = transfer_to(&fixture, ULPI_DEVICE_OUT, sent, sizeof sent);
    struct weir_usb_transfer from = transfer_to(&fixture, ULPI_DEVICE_IN, received, sizeof received);
    usb_host_submit(fixture.bench.host, &to);
    usb_host_submit(fixture.bench.host, &from);
    for (unsigned i = 0; i < 20 * MICROFRAME; i++)
        usb_bench_tick(&fixture.bench);
    assert_in_range(to.actual, 20 * 6 * 512, 20 * 7 * 512);
    assert_in_range(from.actual, 20 * 6 * 512, 20 * 7 * 512);
    run_until_done(&fixture, 2);
    assert_memory_equal(fixture.sink, sent, sizeof sent);
    assert_memory_equal(received, sent, sizeof sent);
    free(fixture.sink);
    unplug(&fixture);
}

// ---- NAK, PING, NYET ----

static void a_waiting_in_endpoint_is_asked_each_10_us(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    usb_host_submit(fixture.bench.host, &transfer);
    usb_bench_run(&fixture.bench, 4 * MICROFRAME);
    assert_in_range(fixture.in_calls[1], 40, 48);
    for (unsigned i = 1; i < 40; i++) // later only where the answer might run into SOF
        assert_in_range(fixture.in_clocks[i] - fixture.in_clocks[i - 1], 10 * US, 22 * US);
    fixture.source_left = 100;
    usb_bench_run(&fixture.bench, 24 * US);
    assert_int_equal(fixture.done_count, 1);
    assert_int_equal(transfer.actual, 100);
    unplug(&fixture);
}

static void a_waiting_in_endpoint_leaves_the_bus_to_others(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.in_script =
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    usb_host_submit(fixture.bench.host, &transfer);
    stream(&fixture, ULPI_DEVICE_OUT, 0, &average, &most);
    assert_true(average > 12.8);
    assert_in_range(fixture.in_calls[1], 150, 380);
    unplug(&fixture);
}

static void nyet_and_nak_make_the_host_ask_first(void **state)
{
    (void)state;
    uint8_t buffer[4 * 512], sink[4 * 512];
    struct fixture fixture;
    plug(&fixture);
    fill(buffer, sizeof buffer);
    fixture.sink = sink;
    fixture.sink_size = sizeof sink;
    fixture.out_script = "ynaaa"; // taken; refused; taken ...
    fixture.ping_script = "nnana";
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer, sizeof buffer);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(fixture.out_calls, 5);
    assert_int_equal(fixture.ping_calls, 5);
    assert_int_equal(fixture.sunk, sizeof buffer);
    assert_memory_equal(sink, buffer, sizeof buffer);
    struct weir_sim_usb_stats stats;
    usb_host_stats(fixture.bench.host, &stats);
    assert_int_equal(stats.out_packets, 4);
    assert_int_equal(stats.out_nyets, 1);
    assert_int_equal(stats.out_naks, 4);
    unplug(&fixture);
}

static void interrupt_endpoints_are_polled_by_their_interval(void **state)
{
    (void)state;
    uint8_t buffer[8];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_NOTIFY, buffer, sizeof buffer);
    usb_host_submit(fixture.bench.host, &transfer);
    usb_bench_run(&fixture.bench, 80 * MICROFRAME); // bInterval 4: each 8 microframes
    assert_in_range(fixture.in_calls[2], 10, 11);
    assert_true(usb_host_idle(fixture.bench.host));
    unplug(&fixture);
}

// ---- ends of transfers ----

static void a_short_packet_ends_an_in_transfer(void **state)
{
    (void)state;
    uint8_t buffer[4096];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.source_left = 512 + 100;
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(transfer.actual, 612);
    for (unsigned i = 0; i < 612; i++)
        assert_int_equal(buffer[i], source_byte(i));
    fixture.source_left = 512; // then a packet of nothing
    fixture.in_script = "dd";
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.actual, 512);
    fixture.source_left = 2 * sizeof buffer; // a full buffer needs none
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.actual, sizeof buffer);
    assert_int_equal(fixture.source_left, sizeof buffer);
    unplug(&fixture);
}

static void out_sends_no_packet_that_was_not_asked_for(void **state)
{
    (void)state;
    uint8_t buffer[1024];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer whole = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer, sizeof buffer);
    struct weir_usb_transfer nothing = transfer_to(&fixture, ULPI_DEVICE_OUT, NULL, 0);
    fill(buffer, sizeof buffer);
    submit_and_run(&fixture, &whole);
    usb_bench_run(&fixture.bench, MICROFRAME);
    assert_int_equal(fixture.out_calls, 2);
    submit_and_run(&fixture, &nothing);
    assert_int_equal(nothing.status, WEIR_USB_OK);
    assert_int_equal(fixture.out_calls, 3);
    assert_int_equal(fixture.sunk, sizeof buffer);
    unplug(&fixture);
}

static void transfers_of_an_endpoint_are_done_in_order(void **state)
{
    (void)state;
    uint8_t buffer[8][700], sink[8 * 700];
    struct fixture fixture;
    struct weir_usb_transfer transfers[8];
    plug(&fixture);
    fill(buffer[0], sizeof buffer);
    fixture.sink = sink;
    fixture.sink_size = sizeof sink;
    for (unsigned i = 0; i < 8; i++) {
        transfers[i] = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer[i], sizeof buffer[i]);
        usb_host_submit(fixture.bench.host, &transfers[i]);
    }
    run_until_done(&fixture, 8);
    for (unsigned i = 0; i < 8; i++)
        assert_ptr_equal(fixture.done[i], &transfers[i]);
    assert_memory_equal(sink, buffer, sizeof sink);
    assert_int_equal(usb_host_completed(fixture.bench.host) >= 8, 1);
    unplug(&fixture);
}

// ---- errors ----

static void three_silences_in_a_row_are_an_error(void **state)
{
    (void)state;
    uint8_t buffer[512] = {0};
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.source_left = 1000;
    fixture.in_script = "--d---";
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_ERROR);
    assert_int_equal(fixture.in_calls[1], 6);
    uint64_t apart = fixture.in_clocks[1] - fixture.in_clocks[0]; // token, and 736 to 816 bit times
    assert_in_range(apart, 8 + 92, 8 + 102);
    unplug(&fixture);
}

static void request(struct fixture *fixture, struct weir_usb_transfer *transfer, const uint8_t setup[8],
                    uint8_t *buffer)
{
    *transfer = transfer_to(fixture, 0, buffer, (size_t)(setup[6] | setup[7] << 8));
    memcpy(transfer->setup, setup, 8);
    submit_and_run(fixture, transfer);
}

static void stall_ends_a_transfer_and_clearing_it_resets_the_toggle(void **state)
{
    (void)state;
    uint8_t buffer[512] = {0};
    struct fixture fixture;
    struct weir_usb_transfer control, transfer;
    plug(&fixture);
    transfer = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer, sizeof buffer);
    fixture.out_script = "as";
    submit_and_run(&fixture, &transfer);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_STALL);
    assert_true(fixture.bench.device.out_toggle);
    request(&fixture, &control, (const uint8_t[]){0x02, 1, 0, 0, ULPI_DEVICE_OUT, 0, 0, 0}, NULL);
    assert_int_equal(control.status, WEIR_USB_OK);
    assert_false(fixture.bench.device.out_toggle);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(fixture.sunk, 2 * sizeof buffer); // not taken for a repetition

    transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.source_left = 1024;
    fixture.in_script = "ds";
    submit_and_run(&fixture, &transfer);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_STALL);
    request(&fixture, &control, (const uint8_t[]){0x02, 1, 0, 0, ULPI_DEVICE_IN, 0, 0, 0}, NULL);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(transfer.actual, 512);
    assert_int_equal(fixture.bench.host->stats.in_packets, 2);
    request(&fixture, &control, (const uint8_t[]){0x00, 9, 1, 0, 0, 0, 0, 0}, NULL); // SET_CONFIGURATION, too
    assert_false(fixture.bench.host->endpoints[1].toggle || fixture.bench.host->endpoints[17].toggle);
    unplug(&fixture);
}

static void babble_is_an_overflow(void **state)
{
    (void)state;
    uint8_t buffer[1024];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.source_left = 1400;
    for (size_t size = 513; size <= 1400; size += 887) { // one byte too many; longer than any packet
        fixture.packet_size = size;
        submit_and_run(&fixture, &transfer);
        assert_int_equal(transfer.status, WEIR_USB_OVERFLOW);
        assert_int_equal(transfer.actual, 0);
    }
    fixture.packet_size = 512;
    transfer.length = 100;
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OVERFLOW);
    unplug(&fixture);
}

static void control_transfers_carry_data_both_ways(void **state)
{
    (void)state;
    uint8_t sent[64], received[64], more[64];
    struct fixture fixture;
    struct weir_usb_transfer transfer;
    plug(&fixture);
    fill(sent, sizeof sent);
    request(&fixture, &transfer, (const uint8_t[]){0x40, 0x77, 0, 0, 0, 0, 64, 0}, sent);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(transfer.actual, 64);
    assert_memory_equal(fixture.bench.device.request, sent, sizeof sent);
    request(&fixture, &transfer, (const uint8_t[]){0xC0, 0x77, 0, 0, 0, 0, 64, 0}, received);
    assert_int_equal(transfer.actual, 64);
    assert_memory_equal(received, sent, sizeof sent);
    request(&fixture, &transfer, (const uint8_t[]){0x80, 0x77, 0, 0, 0, 0, 2, 0}, more); // not known
    assert_int_equal(transfer.status, WEIR_USB_STALL);
    request(&fixture, &transfer, (const uint8_t[]){0xC0, 0x77, 0, 0, 0, 0, 3, 0}, more);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(transfer.actual, 3);
    unplug(&fixture);
}

static void a_device_that_leaves_high_speed_ends_everything(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    usb_host_submit(fixture.bench.host, &transfer);
    ulpi_device_write_register(&fixture.bench.device, 0x04, 0x48);
    usb_bench_run(&fixture.bench, 2 * MICROFRAME);
    assert_int_equal(fixture.done_count, 1);
    assert_int_equal(transfer.status, WEIR_USB_NO_DEVICE);
    assert_int_equal(usb_host_state(fixture.bench.host), USB_HOST_FAILED);
    assert_non_null(strstr(usb_host_error(fixture.bench.host), "left high speed"));
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_NO_DEVICE);
    usb_host_destroy(fixture.bench.host);
}

static void an_endpoint_that_does_not_exist_is_an_error(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, 0x85, buffer, sizeof buffer);
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_ERROR);
    unplug(&fixture);
}

// ---- faults ----

#define FAULTY_BYTES (1024u * 1024)

// Goes on where a transfer that ended with an error stopped.
static void carry(struct fixture *fixture, struct weir_usb_transfer *transfer, size_t *moved)
{
    *moved += transfer->actual;
    assert_true(transfer->status == WEIR_USB_OK || transfer->status == WEIR_USB_ERROR);
    if (*moved == FAULTY_BYTES)
        return;
    transfer->buffer += transfer->actual;
    transfer->length = FAULTY_BYTES - *moved < 16384 ? FAULTY_BYTES - *moved : 16384;
    usb_host_submit(fixture->bench.host, transfer);
}

static void run_with_faults(uint64_t seed, struct weir_sim_usb_stats *stats)
{
    static uint8_t sent[FAULTY_BYTES], received[FAULTY_BYTES], sink[FAULTY_BYTES];
    const struct weir_usb_faults faults = {
        .out_corrupt = 20000, .in_corrupt = 20000, .handshake_lost = 20000};
    struct fixture fixture;
    memset(received, 0, sizeof received);
    memset(sink, 0, sizeof sink);
    fill(sent, sizeof sent);
    plug_with(&fixture, &faults, seed, 0);
    fixture.sink = sink;
    fixture.sink_size = sizeof sink;
    fixture.source_left = sizeof received;
    struct weir_usb_transfer to = transfer_to(&fixture, ULPI_DEVICE_OUT, sent, 16384);
    struct weir_usb_transfer from = transfer_to(&fixture, ULPI_DEVICE_IN, received, 16384);
    size_t moved[2] = {0, 0};
    usb_host_submit(fixture.bench.host, &to);
    usb_host_submit(fixture.bench.host, &from);
    while (moved[0] < FAULTY_BYTES || moved[1] < FAULTY_BYTES) {
        fixture.done_count = 0;
        run_until_done(&fixture, 1);
        carry(&fixture, fixture.done[0], &moved[fixture.done[0] == &from]);
    }
    usb_host_stats(fixture.bench.host, stats);
    assert_int_equal(fixture.sunk, sizeof sent);
    assert_memory_equal(sink, sent, sizeof sent);
    assert_memory_equal(received, sent, sizeof sent);
    usb_host_destroy(fixture.bench.host);
}

static void faults_lose_nothing_and_double_nothing(void **state)
{
    (void)state;
    struct weir_sim_usb_stats stats;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        print_message("# seed %u\n", (unsigned)seed);
        run_with_faults(seed, &stats);
        assert_in_range(stats.faults_injected, 300, 2000);
        assert_in_range(stats.retries, 250, 2000);
    }
}

static void a_seed_repeats_its_faults(void **state)
{
    (void)state;
    struct weir_sim_usb_stats first, again, other;
    run_with_faults(7, &first);
    run_with_faults(7, &again);
    run_with_faults(8, &other);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(&first, &other, sizeof first);
}

// ---- cancelling, idling ----

static void a_cancelled_transfer_costs_the_next_nothing(void **state)
{
    (void)state;
    static uint8_t first[4096], second[4096], sink[16384];
    fill(first, sizeof first);
    memset(second, 0xAB, sizeof second);
    for (unsigned clocks = 0; clocks < 1300; clocks += 7) { // at every stage of two transactions
        struct fixture fixture;
        plug(&fixture);
        fixture.sink = sink;
        fixture.sink_size = sizeof sink;
        struct weir_usb_transfer a = transfer_to(&fixture, ULPI_DEVICE_OUT, first, sizeof first);
        struct weir_usb_transfer b = transfer_to(&fixture, ULPI_DEVICE_OUT, second, sizeof second);
        usb_host_submit(fixture.bench.host, &a);
        usb_host_submit(fixture.bench.host, &b);
        usb_bench_run(&fixture.bench, clocks);
        assert_true(usb_host_cancel(fixture.bench.host, &a));
        assert_int_equal(a.status, WEIR_USB_CANCELLED);
        assert_false(usb_host_cancel(fixture.bench.host, &a));
        run_until_done(&fixture, 2);
        assert_int_equal(b.status, WEIR_USB_OK);
        size_t taken = fixture.sunk - sizeof second; // of the first: what was counted, and a packet under way
        assert_true(taken == a.actual || taken == a.actual + 512);
        assert_memory_equal(sink, first, taken);
        assert_memory_equal(sink + taken, second, sizeof second);
        unplug(&fixture);
    }
}

static void a_cancelled_in_transfer_leaves_its_data_to_the_next(void **state)
{
    (void)state;
    uint8_t first[2048], second[2048];
    for (unsigned clocks = 0; clocks < 1300; clocks += 7) {
        struct fixture fixture;
        plug(&fixture);
        fixture.source_left = 2000;
        struct weir_usb_transfer a = transfer_to(&fixture, ULPI_DEVICE_IN, first, sizeof first);
        struct weir_usb_transfer b = transfer_to(&fixture, ULPI_DEVICE_IN, second, sizeof second);
        usb_host_submit(fixture.bench.host, &a);
        usb_host_submit(fixture.bench.host, &b);
        usb_bench_run(&fixture.bench, clocks);
        assert_true(usb_host_cancel(fixture.bench.host, &a));
        run_until_done(&fixture, 2);
        assert_int_equal(a.actual + b.actual, 2000);
        for (size_t i = 0; i < 2000; i++)
            assert_int_equal(i < a.actual ? first[i] : second[i - a.actual], source_byte((uint32_t)i));
        unplug(&fixture);
    }
}

static void the_host_is_idle_when_only_refused_in_transfers_wait(void **state)
{
    (void)state;
    uint8_t buffer[512] = {0};
    struct fixture fixture;
    plug(&fixture);
    usb_bench_run(&fixture.bench, 200);
    struct usb_host *host = fixture.bench.host;
    assert_true(usb_host_idle(host));
    struct weir_usb_transfer from = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    usb_host_submit(host, &from);
    assert_false(usb_host_idle(host)); // not asked yet
    usb_bench_run(&fixture.bench, 200);
    assert_int_equal(host->stats.in_naks, 1);
    assert_true(usb_host_idle(host));
    struct weir_usb_transfer to = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer, sizeof buffer);
    fixture.ping_script = "nnnnnnnn";
    fixture.out_script = "n";
    usb_host_submit(host, &to);
    while (fixture.ping_calls < 8) {
        usb_bench_tick(&fixture.bench);
        assert_false(usb_host_idle(host));
    }
    run_until_done(&fixture, 1);
    usb_bench_run(&fixture.bench, 700);
    assert_true(usb_host_idle(host));
    unplug(&fixture);
    assert_int_equal(from.status, WEIR_USB_NO_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"OUT reaches 13 packets a microframe and never more", out_reaches_13_packets_a_microframe, NULL,
         NULL, NULL},
        {"IN reaches 13 packets a microframe and never more", in_reaches_13_packets_a_microframe, NULL, NULL,
         NULL},
        {"a lower limit of packets a microframe is kept", the_limit_of_packets_is_kept, NULL, NULL, NULL},
        {"stuffed bits take bus time and SOF stays on time", bit_stuffing_takes_bus_time, NULL, NULL, NULL},
        {"a slow device gets fewer packets and SOF stays on time", a_slow_device_gets_fewer_packets, NULL,
         NULL, NULL},
        {"OUT and IN share the bus evenly", both_directions_share_the_bus, NULL, NULL, NULL},
        {"a waiting IN endpoint is asked each 10 us", a_waiting_in_endpoint_is_asked_each_10_us, NULL, NULL,
         NULL},
        {"a waiting IN endpoint costs a stream of OUT packets little",
         a_waiting_in_endpoint_leaves_the_bus_to_others, NULL, NULL, NULL},
        {"after NYET and NAK the host asks with PING", nyet_and_nak_make_the_host_ask_first, NULL, NULL,
         NULL},
        {"an interrupt endpoint is polled by bInterval", interrupt_endpoints_are_polled_by_their_interval,
         NULL, NULL, NULL},
        {"a short packet or a full buffer ends an IN transfer", a_short_packet_ends_an_in_transfer, NULL,
         NULL, NULL},
        {"an empty OUT transfer is an empty packet, a full one ends without",
         out_sends_no_packet_that_was_not_asked_for, NULL, NULL, NULL},
        {"transfers of an endpoint are done in order", transfers_of_an_endpoint_are_done_in_order, NULL, NULL,
         NULL},
        {"three silences in a row, and no fewer, are an error", three_silences_in_a_row_are_an_error, NULL,
         NULL, NULL},
        {"STALL ends a transfer, and CLEAR_FEATURE resets the toggle",
         stall_ends_a_transfer_and_clearing_it_resets_the_toggle, NULL, NULL, NULL},
        {"a packet too long for endpoint or buffer is an overflow", babble_is_an_overflow, NULL, NULL, NULL},
        {"control transfers carry data both ways", control_transfers_carry_data_both_ways, NULL, NULL, NULL},
        {"a device that leaves high speed ends every transfer",
         a_device_that_leaves_high_speed_ends_everything, NULL, NULL, NULL},
        {"an endpoint that does not exist is an error", an_endpoint_that_does_not_exist_is_an_error, NULL,
         NULL, NULL},
        {"faults lose nothing and double nothing", faults_lose_nothing_and_double_nothing, NULL, NULL, NULL},
        {"a seed repeats its faults", a_seed_repeats_its_faults, NULL, NULL, NULL},
        {"a cancelled OUT transfer keeps the toggle for the next",
         a_cancelled_transfer_costs_the_next_nothing, NULL, NULL, NULL},
        {"a cancelled IN transfer leaves its data to the next",
         a_cancelled_in_transfer_leaves_its_data_to_the_next, NULL, NULL, NULL},
        {"the host is idle when only refused IN transfers wait",
         the_host_is_idle_when_only_refused_in_transfers_wait, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests_name("usb_host_transfer", tests, NULL, NULL);
}
