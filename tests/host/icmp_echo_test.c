// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static size_t answered;
static struct weir_icmp_reply last;

static void on_reply(void *context, const struct weir_icmp_reply *reply)
{
    (void)context;
    answered++;
    last = *reply;
}

static void message_in(uint8_t type, size_t length, uint8_t fill)
{
    static uint8_t bytes[65536];
    memset(bytes, fill, length);
    bytes[0] = type;
    bytes[1] = bytes[2] = bytes[3] = 0;
    const uint16_t sum = (uint16_t)~script_sum(bytes, length, 0);
    bytes[2] = (uint8_t)(sum >> 8);
    bytes[3] = (uint8_t)sum;
    script_ip_in(&s, 1, bytes, length);
}

static void every_length_of_request_is_answered_with_its_payload(void **state)
{
    (void)state;
    for (size_t length = 8; length <= 1480; length++) {
        message_in(8, length, (uint8_t)(length * 3));
        assert_true(script_frame_out(&s));
        assert_int_equal(s.length, 34 + length);
        assert_int_equal(s.frame[34], 0);
        assert_int_equal(script_sum(s.frame + 14, 20, 0), 0xFFFF);
        assert_int_equal(script_sum(s.frame + 34, length, 0), 0xFFFF);
        for (size_t i = 4; i < length; i++) {
            assert_int_equal(s.frame[34 + i], (uint8_t)(length * 3));
        }
    }
    script_quiet(&s);
}

static void a_wrong_checksum_is_not_answered(void **state)
{
    (void)state;
    const uint8_t wrong[] = {8, 0, 1, 2, 0, 0, 0, 0};
    script_ip_in(&s, 1, wrong, sizeof wrong);
    script_quiet(&s);
    assert_int_equal(weir_stack_stats(s.stack)->in_errors, 1);
}

static void replies_reach_the_one_who_asks(void **state)
{
    (void)state;
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    answered = 0;
    weir_icmp_on_reply(s.stack, on_reply, NULL);
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &peer, 0x1234, 0x5678, "hello", 5), 0);
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[34], 8);
    assert_int_equal(script_sum(s.frame + 34, 13, 0), 0xFFFF);
    message_in(0, 13, 9);
    assert_int_equal(answered, 1);
    assert_int_equal(last.identifier, 0x0909);
    assert_int_equal(last.length, 5);
    assert_int_equal(last.ttl, 64);
    weir_icmp_on_reply(s.stack, NULL, NULL);
    message_in(0, 13, 9);
    assert_int_equal(answered, 1);
}

static void requests_that_cannot_leave_are_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[1500];
    const struct weir_ip peer = {4, {10, 0, 0, 2}}, everybody = {4, {255, 255, 255, 255}}, next = {6, {0xFD}};
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &peer, 1, 1, bytes, 1473), -EMSGSIZE);
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &peer, 1, 1, bytes, 1472), 0);
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &everybody, 1, 1, bytes, 1), -ENETUNREACH);
    assert_int_equal(weir_icmp_echo(s.stack, s.now, &next, 1, 1, bytes, 1), -ENETUNREACH);
    int result = 0;
    for (int i = 0; i < 100 && result == 0; i++) {
        result = weir_icmp_echo(s.stack, s.now, &peer, 1, 1, bytes, 1);
    }
    assert_int_equal(result, -ENOBUFS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_length_of_request_is_answered_with_its_payload, start, end),
        cmocka_unit_test_setup_teardown(a_wrong_checksum_is_not_answered, start, end),
        cmocka_unit_test_setup_teardown(replies_reach_the_one_who_asks, start, end),
        cmocka_unit_test_setup_teardown(requests_that_cannot_leave_are_refused, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
