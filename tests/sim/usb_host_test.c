// SPDX-License-Identifier: BSD-2-Clause
//
// The USB host model below its transfers: packets, ULPI, chirp, start of frame, enumeration. The device is
// ulpi_device.c.
#include "usb_host_bench.h"

#include <string.h>

// ---- packets ----

// Vectors of USB-IF's "Cyclic Redundancy Checks in USB"; there the bit sent first stands first.
static void crc5_matches(void **state)
{
    (void)state;
    assert_int_equal(usb_crc5(0x15 | 0xE << 7), 0x1D); // 10111
    assert_int_equal(usb_crc5(0x3A | 0xA << 7), 0x07); // 11100
    assert_int_equal(usb_crc5(0x70 | 0x4 << 7), 0x0E); // 01110
    assert_int_equal(usb_crc5(0x001), 0x1D);           // 10111: SOF of frame 1
}

static void crc16_matches(void **state)
{
    (void)state;
    assert_int_equal(usb_crc16((const uint8_t[]){0x00, 0x01, 0x02, 0x03}, 4), 0x7AEF); // f7 5e
    assert_int_equal(usb_crc16((const uint8_t[]){0x23, 0x45, 0x67, 0x89}, 4), 0x1C0E); // 70 38
    assert_int_equal(usb_crc16(NULL, 0), 0x0000);
}

static void any_single_bit_error_is_found(void **state)
{
    (void)state;
    uint8_t data[64], packet[USB_PACKET_MAX];
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37 + 11);
    size_t length = usb_data_packet(packet, true, data, sizeof data);
    assert_true(usb_data_packet_valid(packet, length));
    for (size_t bit = 0; bit < length * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(usb_data_packet_valid(packet, length));
        packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void stuffing_costs_a_bit_after_six_ones(void **state)
{
    (void)state;
    unsigned run = 0;
    assert_int_equal(usb_stuffed_bits(&run, 0x3F), 1);
    run = 0;
    assert_int_equal(usb_stuffed_bits(&run, 0x1F), 0);
    run = 0;
    assert_int_equal(usb_stuffed_bits(&run, 0xFC), 1);
    run = 1; // after SYNC
    assert_int_equal(usb_stuffed_bits(&run, 0x1F), 1);
    run = 0;
    unsigned stuffed = 0;
    for (unsigned i = 0; i < 6; i++)
        stuffed += usb_stuffed_bits(&run, 0xFF);
    assert_int_equal(stuffed, 8);
}

// ---- reset and chirp ----

static void chirp_keeps_the_standards_times(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    const struct ulpi_device *device = &bench.device;
    assert_in_range(device->hub_chirp_begun - device->chirp_ended, 0, 100 * US);
    assert_in_range(device->shortest_hub_chirp, 40 * US, 60 * US);
    assert_in_range(device->longest_hub_chirp, 40 * US, 60 * US);
    assert_true(device->hub_chirp_bits >= 6);
    assert_in_range(device->first_frame - device->hub_chirp_ended, 100 * US, 500 * US);
    assert_in_range(device->first_frame - device->reset_seen, 10000 * US, 20000 * US);
    assert_true(usb_host_high_speed(bench.host));
    usb_host_destroy(bench.host);
}

static void the_hub_chirps_three_pairs_however_late(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.host->times.reset = 1300 * US; // over before the pairs are
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    assert_int_equal(bench.device.hub_chirp_bits, 6);
    usb_host_destroy(bench.host);
}

static void expect_failure(struct usb_bench *bench, const char *words)
{
    assert_int_equal(usb_bench_enumerate(bench), USB_HOST_FAILED);
    if (!strstr(usb_host_error(bench->host), words))
        fail_msg("\"%s\" does not say \"%s\"", usb_host_error(bench->host), words);
    assert_true(usb_host_idle(bench->host));
    usb_host_destroy(bench->host);
}

// The test device answers at full speed, too, but its descriptors are those of high speed.
static void a_device_without_chirp_is_met_at_full_speed(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.chirp_length = 0;
    expect_failure(&bench, "has wMaxPacketSize 512; at full speed it is 64");
}

static void a_wrong_chirp_is_named(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.chirp_length = 980 * US;
    expect_failure(&bench, "at least 1000");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.chirp_length = 8000 * US;
    expect_failure(&bench, "still drove chirp K");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.chirp_after = US;
    expect_failure(&bench, "before it could know");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.chirp_after = 3100 * US;
    expect_failure(&bench, "3000 are allowed");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.deaf_to_hub_chirp = true;
    expect_failure(&bench, "had not entered high speed");
}

static void an_empty_port_is_named_so(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.stage = STAGE_HIGH_SPEED; // never pulls up
    expect_failure(&bench, "No device");
}

// ---- start of frame ----

static void frames_start_each_125_us_and_count(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    uint64_t frames = bench.device.frames;
    usb_bench_run(&bench, 2000 * MICROFRAME);
    assert_int_equal(bench.device.frames - frames, 2000);
    assert_int_equal(bench.device.wrong_frame_gaps, 0);
    assert_int_equal(bench.device.wrong_frame_numbers, 0);
    assert_int_equal(bench.device.bad_packets, 0);
    bench.host->microframe = bench.host->microframe % 8 + 2046 * 8; // shortly before the number wraps
    bench.device.frames = 0;
    usb_bench_run(&bench, 40 * MICROFRAME);
    assert_int_equal(bench.device.frames, 40);
    assert_int_equal(bench.device.wrong_frame_numbers, 0);
    assert_in_range(bench.device.frame_number, 2, 4);
    usb_host_destroy(bench.host);
}

// ---- ULPI registers ----

static uint8_t read_register(struct usb_bench *bench, uint8_t address)
{
    ulpi_device_read_register(&bench->device, address);
    for (unsigned i = 0; i < 10000 && !bench->device.register_ready; i++)
        usb_bench_tick(bench);
    assert_true(bench->device.register_ready);
    return bench->device.register_read;
}

static void write_register(struct usb_bench *bench, uint8_t address, uint8_t value)
{
    ulpi_device_write_register(&bench->device, address, value);
    for (unsigned i = 0; i < 10000 && bench->device.write_wanted; i++)
        usb_bench_tick(bench);
    assert_false(bench->device.write_wanted);
    usb_bench_run(bench, 4);
}

static void registers_are_those_of_ulpi(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    assert_int_equal(read_register(&bench, 0) | read_register(&bench, 1) << 8, 0x0424);
    assert_int_equal(read_register(&bench, 2) | read_register(&bench, 3) << 8, 0x0007);
    assert_int_equal(read_register(&bench, 0x04), 0x40); // as the device set it
    assert_int_equal(read_register(&bench, 0x0A), 0x06); // reset value
    write_register(&bench, 0x16, 0xA5);
    assert_int_equal(read_register(&bench, 0x16), 0xA5);
    write_register(&bench, 0x17, 0x5A); // set
    assert_int_equal(read_register(&bench, 0x17), 0xFF);
    write_register(&bench, 0x18, 0x0F); // clear
    assert_int_equal(read_register(&bench, 0x18), 0xF0);
    write_register(&bench, 0x00, 0x12); // read only
    assert_int_equal(read_register(&bench, 0), 0x24);
    usb_host_destroy(bench.host);
}

static uint8_t take(struct ulpi_device *device, const uint8_t *data, size_t length)
{
    (void)device, (void)data, (void)length;
    return USB_PID_ACK;
}

static void nothing(struct weir_usb_transfer *transfer)
{
    (void)transfer;
}

// The PHY gives packets precedence: a link must try again, and then the register is right.
static void packets_interrupt_register_commands(void **state)
{
    (void)state;
    static uint8_t buffer[64 * 1024];
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.out = take;
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    struct weir_usb_transfer transfer = {
        .endpoint = ULPI_DEVICE_OUT, .buffer = buffer, .length = sizeof buffer, .complete = nothing};
    usb_host_submit(bench.host, &transfer);
    for (unsigned i = 0; i < 2000; i++) {
        write_register(&bench, 0x16, (uint8_t)(i * 7));
        assert_int_equal(read_register(&bench, 0x16), (uint8_t)(i * 7));
    }
    assert_true(bench.device.interrupted_commands > 10);
    assert_int_equal(transfer.actual, sizeof buffer);
    assert_int_equal(bench.host->stats.retries, 0);
    usb_host_destroy(bench.host);
}

static void a_reset_phy_reports_the_line_again(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    usb_bench_run(&bench, 100);
    bench.device.line = 0xFF;
    write_register(&bench, 0x05, 0x20);
    usb_bench_run(&bench, 100);
    assert_int_equal(bench.device.line, USB_LINE_J);
    assert_int_equal(read_register(&bench, 0x04), 0x45); // the bit has cleared itself
    usb_host_destroy(bench.host);
}

// ---- pins, driven by hand ----

static void drive(struct usb_bench *bench, uint8_t data, bool stp)
{
    bench->pins.data_from_link = data;
    bench->pins.stp = stp;
    usb_host_tick(bench->host, &bench->pins, 0);
}

// Holds `data` until the PHY has taken it.
static void drive_until_taken(struct usb_bench *bench, uint8_t data)
{
    bool taken = false;
    for (unsigned i = 0; i < 100 && !taken; i++) {
        taken = bench->pins.nxt && !bench->pins.dir;
        drive(bench, data, false);
    }
    assert_true(taken);
}

static void settle_by_hand(struct usb_bench *bench)
{
    usb_bench_init(bench, &(struct weir_usb_faults){0}, 1, 0);
    drive(bench, 0, false);
    assert_true(bench->pins.dir); // the PHY is not ready yet
    for (unsigned i = 0; i < 100; i++)
        drive(bench, 0, false);
    assert_false(bench->pins.dir);
}

static void the_extended_register_set_is_reached(void **state)
{
    (void)state;
    struct usb_bench bench;
    settle_by_hand(&bench);
    drive_until_taken(&bench, 0xAF); // write
    drive_until_taken(&bench, 0x16);
    drive_until_taken(&bench, 0x3C);
    drive(&bench, 0, true);
    drive_until_taken(&bench, 0xEF); // read
    drive_until_taken(&bench, 0x16);
    assert_true(bench.pins.dir);
    drive(&bench, 0, false);
    assert_true(bench.pins.dir && !bench.pins.nxt);
    assert_int_equal(bench.pins.data_to_link, 0x3C);
    drive(&bench, 0, false);
    assert_false(bench.pins.dir);
    usb_host_destroy(bench.host);
}

static void stp_wakes_the_phy_from_low_power(void **state)
{
    (void)state;
    struct usb_bench bench;
    settle_by_hand(&bench);
    drive_until_taken(&bench, 0x84);
    drive_until_taken(&bench, 0x05); // pull-up, SuspendM = 0
    drive(&bench, 0, true);
    for (unsigned i = 0; i < 50; i++)
        drive(&bench, 0, false);
    assert_true(bench.pins.dir);
    assert_int_equal(bench.pins.data_to_link & 3, USB_LINE_J);
    assert_true(usb_host_clock_stopped(bench.host));
    drive(&bench, 0, true);
    for (unsigned i = 0; bench.pins.dir && i < 2000 * US; i++) {
        assert_true(usb_host_clock_stopped(bench.host) || i > 900 * US); // steady before dir falls
        drive(&bench, 0, false);
    }
    assert_false(usb_host_clock_stopped(bench.host));
    assert_false(bench.pins.dir);
    for (unsigned i = 0; i < 3; i++)
        drive(&bench, 0, false);
    assert_true(bench.pins.dir); // and tells the line state
    drive(&bench, 0, false);
    assert_int_equal(bench.pins.data_to_link, 0x4C | bench.host->phy.line); // by now the hub resets
    usb_host_destroy(bench.host);
}

// ---- enumeration ----

static void the_descriptors_are_handed_on(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    size_t length = 0;
    const uint8_t *config = usb_host_config_descriptor(bench.host, &length);
    assert_int_equal(length, bench.device.config_length);
    assert_memory_equal(config, bench.device.config_descriptor, length);
    assert_memory_equal(usb_host_device_descriptor(bench.host), bench.device.device_descriptor, 18);
    assert_int_equal(bench.device.address, 1);
    assert_true(bench.device.configured);
    usb_host_destroy(bench.host);
}

static void a_device_may_be_silent_for_10_ms_after_reset(void **state)
{
    (void)state;
    struct usb_bench bench;
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.silent_until = 20000 * US;
    assert_int_equal(usb_bench_enumerate(&bench), USB_HOST_CONFIGURED);
    usb_host_destroy(bench.host);
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    bench.device.silent_until = USB_NEVER;
    expect_failure(&bench, "got no valid answer");
}

static void wrong_descriptors_are_named(void **state)
{
    (void)state;
    struct usb_bench bench;
    uint8_t device[18], config[39];
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    memcpy(device, bench.device.device_descriptor, sizeof device);
    memcpy(config, bench.device.config_descriptor, sizeof config);
    device[7] = 8;
    bench.device.device_descriptor = device;
    expect_failure(&bench, "bMaxPacketSize0 is 8");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    config[22] = 64, config[23] = 0;
    bench.device.config_descriptor = config;
    expect_failure(&bench, "Bulk endpoint 01h has wMaxPacketSize 64");
    usb_bench_init(&bench, &(struct weir_usb_faults){0}, 1, 0);
    config[9] = 0;
    bench.device.config_descriptor = config;
    expect_failure(&bench, "impossible length");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"CRC5 gives the USB-IF's vectors", crc5_matches, NULL, NULL, NULL},
        {"CRC16 gives the USB-IF's vectors", crc16_matches, NULL, NULL, NULL},
        {"any single wrong bit in a data packet is found", any_single_bit_error_is_found, NULL, NULL, NULL},
        {"a bit is stuffed after six ones", stuffing_costs_a_bit_after_six_ones, NULL, NULL, NULL},
        {"reset and chirp keep the times of USB 2.0", chirp_keeps_the_standards_times, NULL, NULL, NULL},
        {"the hub chirps three pairs however late", the_hub_chirps_three_pairs_however_late, NULL, NULL,
         NULL},
        {"a device without chirp is met at full speed", a_device_without_chirp_is_met_at_full_speed, NULL,
         NULL, NULL},
        {"a chirp too short, long, early, late or unanswered is reported", a_wrong_chirp_is_named, NULL, NULL,
         NULL},
        {"an empty port is reported", an_empty_port_is_named_so, NULL, NULL, NULL},
        {"SOF comes each 7,500 clocks and counts frames", frames_start_each_125_us_and_count, NULL, NULL,
         NULL},
        {"the PHY has ULPI's registers", registers_are_those_of_ulpi, NULL, NULL, NULL},
        {"packets interrupt register commands without harm", packets_interrupt_register_commands, NULL, NULL,
         NULL},
        {"a reset PHY reports the line state again", a_reset_phy_reports_the_line_again, NULL, NULL, NULL},
        {"the extended register set is reached through 2Fh", the_extended_register_set_is_reached, NULL, NULL,
         NULL},
        {"stp wakes the PHY from low power", stp_wakes_the_phy_from_low_power, NULL, NULL, NULL},
        {"the descriptors are handed on as the device sent them", the_descriptors_are_handed_on, NULL, NULL,
         NULL},
        {"a device may be silent for 10 ms after reset, not for ever",
         a_device_may_be_silent_for_10_ms_after_reset, NULL, NULL, NULL},
        {"wrong descriptors are reported", wrong_descriptors_are_named, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests_name("usb_host", tests, NULL, NULL);
}
