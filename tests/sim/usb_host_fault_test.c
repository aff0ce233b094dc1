// SPDX-License-Identifier: BSD-2-Clause
//
// Faults on the bus, cancelled transfers, and idling.
#include "usb_host_fixture.h"

#include <stdlib.h>
#include <string.h>

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
        bool later = clocks & 1; // or queued behind
        usb_host_submit(fixture.bench.host, &a);
        if (!later)
            usb_host_submit(fixture.bench.host, &b);
        usb_bench_run(&fixture.bench, clocks);
        bool data_sent = fixture.bench.host->phase == USB_PHASE_ANSWER;
        assert_true(usb_host_cancel(fixture.bench.host, &a));
        if (later) {
            usb_bench_run(&fixture.bench, 1000);
            usb_host_submit(fixture.bench.host, &b);
        }
        assert_int_equal(a.status, WEIR_USB_CANCELLED);
        assert_false(usb_host_cancel(fixture.bench.host, &a));
        run_until_done(&fixture, 2);
        assert_int_equal(b.status, WEIR_USB_OK);
        size_t taken = fixture.sunk - sizeof second; // of the first: what was counted, and a packet under way
        assert_true(taken == a.actual || (data_sent && taken == a.actual + 512));
        assert_memory_equal(sink, first, taken);
        assert_memory_equal(sink + taken, second, sizeof second);
        unplug(&fixture);
    }
}

static void a_cancelled_in_transfer_leaves_its_data_to_the_next(void **state)
{
    (void)state;
    uint8_t first[512], second[2048];
    unsigned completed = 0;
    for (unsigned clocks = 0; clocks < 640; clocks += 3) {
        struct fixture fixture;
        plug(&fixture);
        fixture.source_left = 2000;
        struct weir_usb_transfer a = transfer_to(&fixture, ULPI_DEVICE_IN, first, sizeof first);
        struct weir_usb_transfer b = transfer_to(&fixture, ULPI_DEVICE_IN, second, sizeof second);
        bool later = clocks & 1; // or queued behind
        usb_host_submit(fixture.bench.host, &a);
        if (!later)
            usb_host_submit(fixture.bench.host, &b);
        usb_bench_run(&fixture.bench, clocks);
        completed += !usb_host_cancel(fixture.bench.host, &a);
        if (later) {
            usb_bench_run(&fixture.bench, 1000);
            usb_host_submit(fixture.bench.host, &b);
        }
        run_until_done(&fixture, 2);
        assert_int_equal(a.actual + b.actual, 2000);
        for (size_t i = 0; i < 2000; i++)
            assert_int_equal(i < a.actual ? first[i] : second[i - a.actual], source_byte((uint32_t)i));
        unplug(&fixture);
    }
    assert_in_range(completed, 1, 60);
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
    usb_host_cancel(host, &from);
    usb_host_submit(host, &from);
    assert_false(usb_host_idle(host)); // the old answer no longer counts
    usb_bench_run(&fixture.bench, 200);
    assert_true(usb_host_idle(host));
    fixture.done_count = 0;
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
    struct weir_usb_transfer another = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    usb_host_submit(host, &another);
    fixture.source_left = sizeof buffer;
    run_until_done(&fixture, 2);
    usb_bench_run(&fixture.bench, 12);
    assert_false(usb_host_idle(host)); // more may follow the data; ask
    usb_bench_run(&fixture.bench, 200);
    assert_true(usb_host_idle(host));
    usb_host_cancel(host, &another);
    usb_host_submit(host, &from);
    unplug(&fixture);
    assert_int_equal(from.status, WEIR_USB_NO_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"faults lose nothing and double nothing", faults_lose_nothing_and_double_nothing, NULL, NULL, NULL},
        {"a seed repeats its faults", a_seed_repeats_its_faults, NULL, NULL, NULL},
        {"a cancelled OUT transfer keeps the toggle for the next",
         a_cancelled_transfer_costs_the_next_nothing, NULL, NULL, NULL},
        {"a cancelled IN transfer leaves its data to the next",
         a_cancelled_in_transfer_leaves_its_data_to_the_next, NULL, NULL, NULL},
        {"the host is idle when only refused IN transfers wait",
         the_host_is_idle_when_only_refused_in_transfers_wait, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests_name("usb_host_fault", tests, NULL, NULL);
}
