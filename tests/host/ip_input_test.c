// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

// An echo request whose header may be changed; the checksum is made right afterwards unless `keep`.
static bool answered(void (*change)(uint8_t *ip), bool keep)
{
    uint8_t frame[14 + 24 + 8] = {0};
    memcpy(frame, script_mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    frame[12] = 8;
    uint8_t *ip = frame + 14;
    const uint8_t header[20] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1};
    memcpy(ip, header, 20);
    const uint8_t echo[8] = {8, 0, 0xF7, 0xFF, 0, 0, 0, 0};
    memcpy(ip + 20, echo, 8);
    change(ip);
    if (!keep) {
        const size_t length = (size_t)(ip[0] & 15) * 4;
        const uint16_t sum = (uint16_t)~script_sum(ip, length < 20 ? 20 : length, 0);
        ip[10] = (uint8_t)(sum >> 8);
        ip[11] = (uint8_t)sum;
    }
    script_frame_in(&s, frame, sizeof frame);
    return script_frame_out(&s);
}

static void as_it_is(uint8_t *ip)
{
    (void)ip;
}
static void options(uint8_t *ip)
{
    ip[0] = 0x46;
    ip[3] = 32;
    memmove(ip + 24, ip + 20, 8);
    memset(ip + 20, 1, 4);
}
static void version_6(uint8_t *ip)
{
    ip[0] = 0x65;
}
static void short_header(uint8_t *ip)
{
    ip[0] = 0x44;
}
static void too_long(uint8_t *ip)
{
    ip[3] = 40;
}
static void too_short(uint8_t *ip)
{
    ip[3] = 19;
}
static void first_fragment(uint8_t *ip)
{
    ip[6] = 0x20;
}
static void last_fragment(uint8_t *ip)
{
    ip[7] = 1;
}
static void for_another(uint8_t *ip)
{
    ip[19] = 3;
}
static void for_all(uint8_t *ip)
{
    memset(ip + 16, 255, 4);
}
static void from_all(uint8_t *ip)
{
    memset(ip + 12, 255, 4);
}
static void from_group(uint8_t *ip)
{
    ip[12] = 224;
}
static void from_loopback(uint8_t *ip)
{
    ip[12] = 127;
}
static void from_us(uint8_t *ip)
{
    ip[15] = 1;
}
static void from_directed_broadcast(uint8_t *ip)
{
    ip[15] = 255;
}

static void a_good_packet_is_delivered_with_or_without_options(void **state)
{
    (void)state;
    assert_true(answered(as_it_is, false));
    assert_true(answered(options, false));
    assert_int_equal(weir_stack_stats(s.stack)->ip_in_delivers, 2);
}

static void broken_headers_are_counted_and_dropped(void **state)
{
    (void)state;
    assert_false(answered(as_it_is, true)); // checksum 0
    assert_false(answered(version_6, false));
    assert_false(answered(short_header, false));
    assert_false(answered(too_long, false));
    assert_false(answered(too_short, false));
    assert_int_equal(weir_stack_stats(s.stack)->ip_in_hdr_errors, 5);
}

static void fragments_are_counted_and_dropped(void **state)
{
    (void)state;
    assert_false(answered(first_fragment, false));
    assert_false(answered(last_fragment, false));
    assert_int_equal(weir_stack_stats(s.stack)->ip_reasm_fails, 2);
}

static void only_sane_addresses_are_answered(void **state)
{
    (void)state;
    assert_false(answered(for_another, false));
    assert_false(answered(for_all, false));
    assert_false(answered(from_all, false));
    assert_false(answered(from_group, false));
    assert_false(answered(from_loopback, false));
    assert_false(answered(from_us, false));
    assert_false(answered(from_directed_broadcast, false));
    assert_int_equal(weir_stack_stats(s.stack)->ip_in_addr_errors, 6);
}

static void frames_for_other_macs_and_other_types_are_discarded(void **state)
{
    (void)state;
    uint8_t frame[60] = {2, 9, 9, 9, 9, 9, 2, 0, 0, 0, 0, 2, 8, 0};
    script_frame_in(&s, frame, sizeof frame);
    memcpy(frame, script_mac, 6);
    frame[12] = 0x86;
    frame[13] = 0xDD;
    script_frame_in(&s, frame, sizeof frame);
    assert_int_equal(weir_stack_stats(s.stack)->in_discards, 2);
    script_frame_in(&s, frame, 13);
    assert_int_equal(weir_stack_stats(s.stack)->in_errors, 1);
}

static void what_is_not_on_our_network_goes_to_the_gateway(void **state)
{
    (void)state;
    const struct weir_ip far_away = {4, {192, 0, 2, 1}};
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &far_away, 1, 1, "", 0), 0);
    assert_true(script_frame_out(&s));
    assert_memory_equal(s.frame + 38, ((const uint8_t[]){10, 0, 0, 254}), 4);
}

static void a_configuration_without_sense_is_refused(void **state)
{
    (void)state;
    struct weir_stack_config config = script_config();
    config.tso = true;
    assert_null(weir_stack_create(&config, 0));
    config = script_config();
    config.address.bytes[0] = 230;
    assert_null(weir_stack_create(&config, 0));
    config = script_config();
    config.gateway.bytes[2] = 9;
    assert_null(weir_stack_create(&config, 0));
    assert_int_equal(errno, EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_packet_is_delivered_with_or_without_options, start, end),
        cmocka_unit_test_setup_teardown(broken_headers_are_counted_and_dropped, start, end),
        cmocka_unit_test_setup_teardown(fragments_are_counted_and_dropped, start, end),
        cmocka_unit_test_setup_teardown(only_sane_addresses_are_answered, start, end),
        cmocka_unit_test_setup_teardown(frames_for_other_macs_and_other_types_are_discarded, start, end),
        cmocka_unit_test_setup_teardown(what_is_not_on_our_network_goes_to_the_gateway, start, end),
        cmocka_unit_test_setup_teardown(a_configuration_without_sense_is_refused, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
