// SPDX-License-Identifier: BSD-2-Clause
//
// How transfers of the USB host model end, well and badly.
#include "usb_host_fixture.h"

#include <stdlib.h>
#include <string.h>

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

static void a_packet_broken_off_by_the_link_is_asked_for_again(void **state)
{
    (void)state;
    uint8_t buffer[512] = {0};
    struct fixture fixture;
    plug(&fixture);
    struct weir_usb_transfer transfer = transfer_to(&fixture, ULPI_DEVICE_IN, buffer, sizeof buffer);
    fixture.source_left = sizeof buffer;
    fixture.bench.device.aborts = 2;
    submit_and_run(&fixture, &transfer);
    assert_int_equal(transfer.status, WEIR_USB_OK);
    assert_int_equal(fixture.in_calls[1], 3);
    assert_int_equal(fixture.bench.host->stats.retries, 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a short packet or a full buffer ends an IN transfer", a_short_packet_ends_an_in_transfer, NULL,
         NULL, NULL},
        {"an empty OUT transfer is an empty packet, a full one ends without",
         out_sends_no_packet_that_was_not_asked_for, NULL, NULL, NULL},
        {"transfers of an endpoint are done in order", transfers_of_an_endpoint_are_done_in_order, NULL, NULL,
         NULL},
        {"three silences in a row, and no fewer, are an error", three_silences_in_a_row_are_an_error, NULL,
         NULL, NULL},
        {"a packet that the link breaks off is asked for again",
         a_packet_broken_off_by_the_link_is_asked_for_again, NULL, NULL, NULL},
        {"STALL ends a transfer, and CLEAR_FEATURE resets the toggle",
         stall_ends_a_transfer_and_clearing_it_resets_the_toggle, NULL, NULL, NULL},
        {"a packet too long for endpoint or buffer is an overflow", babble_is_an_overflow, NULL, NULL, NULL},
        {"control transfers carry data both ways", control_transfers_carry_data_both_ways, NULL, NULL, NULL},
        {"a device that leaves high speed ends every transfer",
         a_device_that_leaves_high_speed_ends_everything, NULL, NULL, NULL},
        {"an endpoint that does not exist is an error", an_endpoint_that_does_not_exist_is_an_error, NULL,
         NULL, NULL},
    };
    return cmocka_run_group_tests_name("usb_host_transfer", tests, NULL, NULL);
}
