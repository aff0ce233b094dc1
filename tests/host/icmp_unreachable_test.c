// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static void unreachable_in(uint8_t code, uint32_t seq, uint16_t local_port)
{
    uint8_t bytes[8 + 28] = {3, code, 0,  0, 0, 0, 0,  0, 0x45, 0, 0,  40, 0, 0,
                             0, 0,    64, 6, 0, 0, 10, 0, 0,    1, 10, 0,  0, 2};
    bytes[28] = (uint8_t)(local_port >> 8);
    bytes[29] = (uint8_t)local_port;
    bytes[31] = PEER_PORT;
    seq += s.iss;
    for (int i = 0; i < 4; i++) {
        bytes[32 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
    const uint16_t sum = (uint16_t)~script_sum(bytes, sizeof bytes, 0);
    bytes[2] = (uint8_t)(sum >> 8);
    bytes[3] = (uint8_t)sum;
    script_ip_in(&s, 1, bytes, sizeof bytes);
}

static void begin_connect(void)
{
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    s.tcp = weir_tcp_connect(s.stack, s.now, &peer, PEER_PORT, OUR_PORT);
    script_out(&s, "S seq=0");
}

static void a_hard_error_ends_a_connection_that_is_being_made(void **state)
{
    (void)state;
    begin_connect();
    unreachable_in(3, 0, OUR_PORT);
    assert_int_equal(weir_tcp_error(s.tcp), ECONNREFUSED);
}

static void a_soft_error_does_not(void **state)
{
    (void)state;
    begin_connect();
    unreachable_in(1, 0, OUR_PORT);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
    while (weir_tcp_state(s.tcp) == WEIR_TCP_SYN_SENT) { // but it is told in the end
        while (script_frame_out(&s)) {
        }
        s.now = weir_tcp_state(s.tcp) == WEIR_TCP_SYN_SENT ? weir_stack_poll_at(s.stack) : s.now;
    }
    assert_int_equal(weir_tcp_error(s.tcp), EHOSTUNREACH);
}

static void an_established_connection_takes_no_harm(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    unreachable_in(3, 1, OUR_PORT);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
}

static void an_error_about_what_was_not_sent_is_ignored(void **state)
{
    (void)state;
    begin_connect();
    unreachable_in(3, 1, OUR_PORT);
    unreachable_in(3, 0, OUR_PORT + 1);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
}

static void a_datagram_to_us_is_answered_by_port_unreachable(void **state)
{
    (void)state;
    const uint8_t datagram[] = {0, 7, 0, 9, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};
    script_ip_in(&s, 17, datagram, sizeof datagram);
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[23], 1);
    assert_int_equal(s.frame[34], 3);
    assert_int_equal(s.frame[35], 3);
    assert_int_equal(script_sum(s.frame + 34, s.length - 34, 0), 0xFFFF);
    assert_memory_equal(s.frame + 62, datagram, sizeof datagram);
}

static void a_broken_datagram_is_not(void **state)
{
    (void)state;
    const uint8_t wrong_sum[] = {0, 7, 0, 9, 0, 12, 1, 2, 'a', 'b', 'c', 'd'};
    const uint8_t too_long[] = {0, 7, 0, 9, 0, 13, 0, 0, 'a', 'b', 'c', 'd'};
    script_ip_in(&s, 17, wrong_sum, sizeof wrong_sum);
    script_ip_in(&s, 17, too_long, sizeof too_long);
    script_quiet(&s);
}

static void an_unknown_protocol_is_unreachable_and_answers_are_limited(void **state)
{
    (void)state;
    const uint8_t nothing[8] = {0};
    unsigned answers = 0;
    for (int i = 0; i < 300; i++) {
        script_ip_in(&s, 99, nothing, sizeof nothing);
        while (script_frame_out(&s)) {
            assert_int_equal(s.frame[35], 2);
            answers++;
        }
    }
    assert_int_equal(answers, 100);
    s.now += WEIR_SECOND;
    script_ip_in(&s, 99, nothing, sizeof nothing);
    assert_true(script_frame_out(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hard_error_ends_a_connection_that_is_being_made, start, end),
        cmocka_unit_test_setup_teardown(a_soft_error_does_not, start, end),
        cmocka_unit_test_setup_teardown(an_established_connection_takes_no_harm, start, end),
        cmocka_unit_test_setup_teardown(an_error_about_what_was_not_sent_is_ignored, start, end),
        cmocka_unit_test_setup_teardown(a_datagram_to_us_is_answered_by_port_unreachable, start, end),
        cmocka_unit_test_setup_teardown(a_broken_datagram_is_not, start, end),
        cmocka_unit_test_setup_teardown(an_unknown_protocol_is_unreachable_and_answers_are_limited, start,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
