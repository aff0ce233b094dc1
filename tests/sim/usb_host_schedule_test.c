// SPDX-License-Identifier: BSD-2-Clause
//
// Who uses the bus, and when: packets a microframe, NAK, PING and NYET, polling.
#include "usb_host_fixture.h"

#include <stdlib.h>
#include <string.h>

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
    fixture.in_script = "nn"; // having waited makes no difference
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

// ULPI lets a link take 14 clocks; section 5.8.4's 13 packets leave 10 with the PHY's own delays.
static void a_link_may_take_10_clocks_to_answer(void **state)
{
    (void)state;
    struct fixture fixture;
    double average;
    unsigned most;
    plug(&fixture);
    fixture.bench.device.answer_delay = 10;
    stream(&fixture, ULPI_DEVICE_OUT, 0, &average, &most);
    assert_true(average > 12.9);
    assert_int_equal(fixture.bench.host->late_answers, 0);
    unplug(&fixture);
}

// Section 7.1.18.2, at the bus: 88 bit times after a packet of the host, 8 after one of the device; at most
// 192.
static void gaps_are_those_of_the_standard(void **state)
{
    (void)state;
    static uint8_t buffer[2][256 * 1024];
    struct fixture fixture;
    plug(&fixture);
    fixture.source_left = SIZE_MAX / 2;
    struct weir_usb_transfer to = transfer_to(&fixture, ULPI_DEVICE_OUT, buffer[0], sizeof buffer[0]);
    struct weir_usb_transfer from = transfer_to(&fixture, ULPI_DEVICE_IN, buffer[1], sizeof buffer[1]);
    usb_host_submit(fixture.bench.host, &to);
    usb_host_submit(fixture.bench.host, &from);
    struct usb_phy *phy = &fixture.bench.host->phy;
    uint64_t end = 0;
    unsigned packets = 0;
    for (unsigned i = 0; i < 20 * MICROFRAME; i++) {
        bool waiting = phy->rx_at != USB_NEVER;
        usb_bench_tick(&fixture.bench);
        if (waiting || phy->rx_at == USB_NEVER)
            continue;
        uint64_t begin = fixture.bench.host->clock;
        bool data = (phy->rx[0] & 3) == 3, ack = phy->rx[0] == USB_PID_ACK;
        assert_true(phy->tx_end < begin);
        if (phy->tx_end > end) {
            assert_true(begin - phy->tx_end >= 1);
            if (ack)
                assert_in_range(begin - phy->tx_end, 1, 24);
        } else if (end > 0) {
            assert_in_range(begin - end, 11, data ? 24 : 7500);
        }
        end = begin + usb_packet_clocks(phy->rx, phy->rx_length);
        packets++;
    }
    assert_true(packets > 500);
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
        {"a link may take 10 clocks to answer and still gets 13 packets", a_link_may_take_10_clocks_to_answer,
         NULL, NULL, NULL},
        {"gaps between packets are those of section 7.1.18", gaps_are_those_of_the_standard, NULL, NULL,
         NULL},
        {"OUT and IN share the bus evenly", both_directions_share_the_bus, NULL, NULL, NULL},
        {"a waiting IN endpoint is asked each 10 us", a_waiting_in_endpoint_is_asked_each_10_us, NULL, NULL,
         NULL},
        {"a waiting IN endpoint costs a stream of OUT packets little",
         a_waiting_in_endpoint_leaves_the_bus_to_others, NULL, NULL, NULL},
        {"after NYET and NAK the host asks with PING", nyet_and_nak_make_the_host_ask_first, NULL, NULL,
         NULL},
        {"an interrupt endpoint is polled by bInterval", interrupt_endpoints_are_polled_by_their_interval,
         NULL, NULL, NULL},
    };
    return cmocka_run_group_tests_name("usb_host_schedule", tests, NULL, NULL);
}
