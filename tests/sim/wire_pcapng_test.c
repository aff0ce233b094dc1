// SPDX-License-Identifier: BSD-2-Clause
//
// tshark reads back what was written: it knows the format, and it checks the FCS.
#include "cmocka_test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcs.h"
#include "wire_pcapng.h"

static char path[64];

static int setup(void **state)
{
    (void)state;
    strcpy(path, "/tmp/wire_pcapng_test.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

// tshark's output for the file, its fields separated by blanks.
static void read_back(const char *fields, char *text, size_t size)
{
    char command[400];

    snprintf(command, sizeof command,
             "tshark -n -r %s -o eth.check_fcs:TRUE -T fields -E 'separator= ' %s 2>/dev/null", path, fields);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    text[fread(text, 1, size - 1, pipe)] = 0;
    assert_int_equal(pclose(pipe), 0);
}

// An ARP request, padded, with its FCS: 64 bytes. A length above 60 makes it longer.
static size_t make_frame(uint8_t *frame, size_t length)
{
    static const uint8_t arp[42] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0,  1, 8, 6,
                                    0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0, 0, 1,
                                    10,   0,    0,    1,    0,    0,    0, 0, 0, 0, 10, 0, 0, 2};

    memset(frame, 0, length);
    memcpy(frame, arp, sizeof arp);
    return fcs_append(frame, length);
}

static void time_direction_interface_and_fcs_are_read_back(void **state)
{
    struct wire_pcapng *file = wire_pcapng_open(path, "cable0");
    uint8_t frame[128];
    size_t length = make_frame(frame, 60);
    char text[2000];

    (void)state;
    assert_non_null(file);
    assert_int_equal(wire_pcapng_frame(file, WIRE_TO_CARD, 8, frame, length, true), 0);
    assert_int_equal(wire_pcapng_frame(file, WIRE_FROM_CARD, 5000000123, frame, length, true), 0);
    read_back("-e frame.time_epoch -e frame.interface_name -e frame.packet_flags_direction "
              "-e frame.packet_flags_fcs_length -e frame.len -e arp.dst.proto_ipv4 -e eth.fcs.status",
              text, sizeof text);
    assert_string_equal(text, "0.000000008 cable0 0x00000001 4 64 10.0.0.2 1\n"
                              "5.000000123 cable0 0x00000002 4 64 10.0.0.2 1\n");
    wire_pcapng_close(file);
}

static void frames_of_all_lengths_modulo_four_stay_whole(void **state)
{
    struct wire_pcapng *file = wire_pcapng_open(path, "w");
    uint8_t frame[9100];
    char text[2000], expected[2000] = "";

    (void)state;
    for (size_t length = 60; length < 9000; length = length < 68 ? length + 1 : length * 4) {
        size_t n = strlen(expected);
        assert_int_equal(wire_pcapng_frame(file, WIRE_TO_CARD, 0, frame, make_frame(frame, length), true), 0);
        snprintf(expected + n, sizeof expected - n, "%zu 1\n", length + 4);
    }
    wire_pcapng_close(file);
    read_back("-e frame.len -e eth.fcs.status", text, sizeof text);
    assert_string_equal(text, expected);
}

static void a_wrong_fcs_and_a_wrong_preamble_are_marked(void **state)
{
    struct wire_pcapng *file = wire_pcapng_open(path, "w");
    uint8_t frame[128];
    size_t length = make_frame(frame, 60);
    char text[2000];

    (void)state;
    wire_pcapng_frame(file, WIRE_FROM_CARD, 0, frame, length, false);
    frame[30] ^= 1;
    wire_pcapng_frame(file, WIRE_FROM_CARD, 0, frame, length, true);
    wire_pcapng_close(file);
    read_back("-e frame.number -Y frame.packet_flags_preamble_error==1", text, sizeof text);
    assert_string_equal(text, "1\n");
    read_back("-e frame.number -Y frame.packet_flags_crc_error==1", text, sizeof text);
    assert_string_equal(text, "2\n");
    read_back("-e frame.number -Y eth.fcs.status==0", text, sizeof text);
    assert_string_equal(text, "2\n");
}

static void a_frame_without_a_byte_can_be_written(void **state)
{
    struct wire_pcapng *file = wire_pcapng_open(path, "w");
    char text[200];

    (void)state;
    assert_int_equal(wire_pcapng_frame(file, WIRE_FROM_CARD, 0, (const uint8_t *)"", 0, false), 0);
    read_back("-e frame.len", text, sizeof text);
    assert_string_equal(text, "0\n");
    wire_pcapng_close(file);
}

static void the_file_is_whole_after_kill_9(void **state)
{
    uint8_t frame[1600];
    size_t length = make_frame(frame, 1514);
    char text[2000];
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct wire_pcapng *file = wire_pcapng_open(path, "w");
        for (int i = 0; i < 5; i++)
            wire_pcapng_frame(file, WIRE_TO_CARD, 0, frame, length, true);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    read_back("-e frame.len -e eth.fcs.status", text, sizeof text);
    assert_string_equal(text, "1518 1\n1518 1\n1518 1\n1518 1\n1518 1\n");
}

static void a_file_that_cannot_be_written_is_told_at_opening(void **state)
{
    (void)state;
    assert_null(wire_pcapng_open("/nonexistent/file", "w"));
    assert_int_equal(errno, ENOENT);
    assert_null(wire_pcapng_open("/dev/full", "w"));
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_direction_interface_and_fcs_are_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(frames_of_all_lengths_modulo_four_stay_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_wrong_fcs_and_a_wrong_preamble_are_marked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_without_a_byte_can_be_written, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_whole_after_kill_9, setup, teardown),
        cmocka_unit_test(a_file_that_cannot_be_written_is_told_at_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
