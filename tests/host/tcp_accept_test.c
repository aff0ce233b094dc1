// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script.h"

static struct script s;

static int start(void **state)
{
    const struct weir_stack_config config = script_config();
    (void)state;
    script_start(&s, &config);
    return 0;
}

static int end(void **state)
{
    (void)state;
    script_end(&s);
    return 0;
}

static void a_client_is_accepted_in_three_segments(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000 mss=1460 scale=7 ts=77");
    script_out(&s, "SA seq=0 ack=1001 mss=1460 scale=1 echo=77");
    assert_null(weir_tcp_accept(s.listener));
    script_in(&s, "A seq=1001 ack=1 ts=78");
    s.tcp = weir_tcp_accept(s.listener);
    assert_non_null(s.tcp);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
    assert_null(weir_tcp_accept(s.listener));
    struct weir_ip from;
    uint16_t port;
    weir_tcp_remote(s.tcp, &from, &port);
    assert_int_equal(port, PEER_PORT);
    assert_int_equal(from.bytes[3], 2);
}

static void only_options_that_the_client_offers_are_answered(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001 mss=1460");
    const size_t header = (size_t)(s.frame[46] >> 4) * 4;
    assert_int_equal(header, 24);
}

static void syns_beyond_the_backlog_are_dropped(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    // The same SYN again is the same client.
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    uint8_t other[20] = {0, 81, OUR_PORT >> 8, OUR_PORT & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 16, 0, 0, 0,
                         0, 0};
    const uint8_t pseudo[12] = {10, 0, 0, 2, 10, 0, 0, 1, 0, 6, 0, 20};
    const uint16_t sum = (uint16_t)~script_sum(other, 20, script_sum(pseudo, 12, 0));
    other[16] = (uint8_t)(sum >> 8);
    other[17] = (uint8_t)sum;
    script_ip_in(&s, 6, other, 20);
    script_quiet(&s);
    script_in(&s, "A seq=1001 ack=1");
    script_ip_in(&s, 6, other, 20); // one waits to be accepted: still full
    script_quiet(&s);
    assert_non_null(weir_tcp_accept(s.listener));
    script_ip_in(&s, 6, other, 20);
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[47], 0x12);
}

static void a_half_open_connection_is_given_up(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    unsigned repeats = 0;
    while (weir_stack_poll_at(s.stack) != WEIR_TIME_NEVER) {
        s.now = weir_stack_poll_at(s.stack);
        while (script_frame_out(&s)) {
            repeats++;
        }
    }
    assert_in_range(repeats, 3, 10);
    script_in(&s, "A seq=1001 ack=1");
    script_out(&s, "R seq=1");
}

static void data_with_the_last_segment_of_the_handshake_counts(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000 mss=1460");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=1 len=5");
    s.tcp = weir_tcp_accept(s.listener);
    script_read(&s, 1001, 5);
}

static void a_wrong_acknowledgement_does_not_open(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=2");
    script_out(&s, "R seq=2");
    assert_null(weir_tcp_accept(s.listener));
}

static void a_port_without_listener_resets(void **state)
{
    (void)state;
    script_in(&s, "S seq=1000 len=10");
    script_out(&s, "RA ack=1011 len=0");
    script_in(&s, "A seq=1000 ack=5");
    script_out(&s, "R seq=5");
    script_in(&s, "R seq=1000");
    script_in(&s, "RA seq=1000 ack=5");
    script_quiet(&s);
}

static void closing_a_listener_resets_who_was_not_accepted(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 4);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=1");
    weir_tcp_listener_close(s.listener);
    script_out(&s, "RA seq=1 ack=1001");
    script_quiet(&s);
}

static void a_client_that_resets_leaves_the_queue(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "R seq=1001");
    script_in(&s, "S seq=9000");
    s.has_iss = false;
    script_out(&s, "SA seq=0 ack=9001");
}

static void a_port_is_listened_on_once(void **state)
{
    (void)state;
    assert_non_null(weir_tcp_listen(s.stack, 7, 1));
    assert_null(weir_tcp_listen(s.stack, 7, 1));
    assert_int_equal(errno, EADDRINUSE);
}

static void time_wait_gives_way_to_a_newer_syn_only(void **state)
{
    (void)state;
    script_accept(&s, "");
    weir_tcp_shutdown(s.tcp);
    script_out(&s, "FA seq=1");
    script_in(&s, "FA seq=1001 ack=2");
    script_out(&s, "A seq=2 ack=1002");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_TIME_WAIT);
    weir_tcp_release(s.tcp);
    script_in(&s, "S seq=900"); // old
    script_out(&s, "A seq=2 ack=1002");
    script_in(&s, "S seq=90000");
    const uint32_t before = s.iss;
    s.has_iss = false;
    script_out(&s, "SA seq=0 ack=90001");
    assert_true((int32_t)(s.iss - before) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_is_accepted_in_three_segments, start, end),
        cmocka_unit_test_setup_teardown(only_options_that_the_client_offers_are_answered, start, end),
        cmocka_unit_test_setup_teardown(syns_beyond_the_backlog_are_dropped, start, end),
        cmocka_unit_test_setup_teardown(a_half_open_connection_is_given_up, start, end),
        cmocka_unit_test_setup_teardown(data_with_the_last_segment_of_the_handshake_counts, start, end),
        cmocka_unit_test_setup_teardown(a_wrong_acknowledgement_does_not_open, start, end),
        cmocka_unit_test_setup_teardown(a_port_without_listener_resets, start, end),
        cmocka_unit_test_setup_teardown(closing_a_listener_resets_who_was_not_accepted, start, end),
        cmocka_unit_test_setup_teardown(a_client_that_resets_leaves_the_queue, start, end),
        cmocka_unit_test_setup_teardown(a_port_is_listened_on_once, start, end),
        cmocka_unit_test_setup_teardown(time_wait_gives_way_to_a_newer_syn_only, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
