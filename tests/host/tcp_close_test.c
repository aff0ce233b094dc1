// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static void expect_state(enum weir_tcp_state state)
{
    assert_int_equal(weir_tcp_state(s.tcp), state);
}

static void we_close_first(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    weir_tcp_shutdown(s.tcp);
    expect_state(WEIR_TCP_FIN_WAIT_1);
    assert_int_equal(weir_tcp_send(s.tcp, "x", 1), -EPIPE);
    script_out(&s, "FA seq=1 ack=1001");
    script_in(&s, "A seq=1001 ack=2");
    expect_state(WEIR_TCP_FIN_WAIT_2);
    script_in(&s, "A seq=1001 ack=2 len=10"); // the other half is open
    script_read(&s, 1001, 10);
    script_in(&s, "FA seq=1011 ack=2");
    script_out(&s, "A seq=2 ack=1012");
    expect_state(WEIR_TCP_TIME_WAIT);
    script_wait(&s, 60 * WEIR_SECOND);
    script_quiet(&s);
    expect_state(WEIR_TCP_CLOSED);
    assert_int_equal(weir_tcp_error(s.tcp), 0);
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), 0);
    weir_tcp_release(s.tcp);
}

static void the_peer_closes_first(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_in(&s, "FA seq=1001 ack=1 len=10");
    script_out(&s, "A seq=1 ack=1012");
    expect_state(WEIR_TCP_CLOSE_WAIT);
    script_read(&s, 1001, 10);
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), 0);
    script_send(&s, 10); // half closed: we may go on
    script_out(&s, "A seq=1 len=10");
    weir_tcp_shutdown(s.tcp);
    expect_state(WEIR_TCP_LAST_ACK);
    script_out(&s, "FA seq=11 ack=1012");
    script_in(&s, "A seq=1012 ack=12");
    expect_state(WEIR_TCP_CLOSED);
    assert_int_equal(weir_tcp_error(s.tcp), 0);
    weir_tcp_release(s.tcp);
}

static void both_close_at_once(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    weir_tcp_shutdown(s.tcp);
    script_out(&s, "FA seq=1 ack=1001");
    script_in(&s, "FA seq=1001 ack=1");
    expect_state(WEIR_TCP_CLOSING);
    script_out(&s, "A seq=2 ack=1002");
    script_in(&s, "A seq=1002 ack=2");
    expect_state(WEIR_TCP_TIME_WAIT);
}

static void the_fin_follows_the_data(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 1500);
    weir_tcp_shutdown(s.tcp);
    script_out(&s, "A seq=1 len=1000");
    script_out(&s, "FPA seq=1001 len=500");
    script_quiet(&s);
}

static void a_lost_fin_is_sent_again(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 500);
    weir_tcp_shutdown(s.tcp);
    script_out(&s, "FA seq=1 len=500");
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "FA seq=1 len=500");
    script_in(&s, "A seq=1001 ack=501"); // a peer that took the data alone
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "FA seq=501 len=0");
    script_in(&s, "A seq=1001 ack=502");
    expect_state(WEIR_TCP_FIN_WAIT_2);
}

static void a_fin_waits_for_the_data_before_it(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_in(&s, "FA seq=1101 ack=1 len=50");
    script_out(&s, "A ack=1001");
    expect_state(WEIR_TCP_ESTABLISHED);
    script_in(&s, "A seq=1001 ack=1 len=100");
    script_out(&s, "A ack=1152");
    expect_state(WEIR_TCP_CLOSE_WAIT);
    script_read(&s, 1001, 150);
}

static void a_repeated_fin_is_acknowledged_and_restarts_time_wait(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    weir_tcp_shutdown(s.tcp);
    script_out(&s, "FA seq=1");
    script_in(&s, "FA seq=1001 ack=2");
    script_out(&s, "A seq=2 ack=1002");
    script_wait(&s, 59 * WEIR_SECOND);
    script_in(&s, "FA seq=1001 ack=2");
    script_out(&s, "A seq=2 ack=1002");
    script_wait(&s, 59 * WEIR_SECOND);
    script_quiet(&s);
    expect_state(WEIR_TCP_TIME_WAIT);
    script_wait(&s, WEIR_SECOND);
    script_quiet(&s);
    expect_state(WEIR_TCP_CLOSED);
}

static void abort_resets(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    weir_tcp_abort(s.tcp);
    script_out(&s, "RA seq=11 ack=1001");
    expect_state(WEIR_TCP_CLOSED);
    script_in(&s, "A seq=1001 ack=11");
    script_out(&s, "R seq=11"); // nobody there any more
    weir_tcp_release(s.tcp);
}

static void releasing_with_unread_data_resets(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_in(&s, "A seq=1001 ack=1 len=10");
    weir_tcp_release(s.tcp); // RFC 2525 section 2.17
    script_out(&s, "RA seq=1 ack=1011");
    script_quiet(&s);
}

static void data_for_a_released_connection_resets_it(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    weir_tcp_release(s.tcp);
    script_out(&s, "FA seq=1 ack=1001");
    script_in(&s, "A seq=1001 ack=2 len=10");
    script_out(&s, "RA seq=2 ack=1001");
    script_quiet(&s);
}

static void a_released_connection_finishes_by_itself(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 3000);
    weir_tcp_release(s.tcp);
    script_out(&s, "A seq=1 len=1000");
    script_out(&s, "A seq=1001 len=1000");
    script_out(&s, "FA seq=2001 len=1000");
    script_in(&s, "FA seq=1001 ack=3002");
    script_out(&s, "A seq=3002 ack=1002");
    script_wait(&s, 60 * WEIR_SECOND);
    script_quiet(&s);
    script_in(&s, "A seq=1002 ack=3002");
    script_out(&s, "R seq=3002");
}

static void a_peer_that_never_closes_does_not_keep_a_released_connection(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    weir_tcp_release(s.tcp);
    script_out(&s, "FA seq=1");
    script_in(&s, "A seq=1001 ack=2");
    script_wait(&s, 60 * WEIR_SECOND);
    script_quiet(&s);
    assert_true(weir_stack_poll_at(s.stack) == WEIR_TIME_NEVER);
    script_in(&s, "A seq=1001 ack=2");
    script_out(&s, "R seq=2");
}

static void the_counters_follow_the_connections(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    const struct weir_stack_stats *stats = weir_stack_stats(s.stack);
    assert_int_equal(stats->tcp_active_opens, 1);
    assert_int_equal(stats->tcp_curr_estab, 1);
    script_in(&s, "R seq=1001");
    assert_int_equal(stats->tcp_curr_estab, 0);
    assert_int_equal(stats->tcp_estab_resets, 1);
    weir_tcp_release(s.tcp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(we_close_first, start, end),
        cmocka_unit_test_setup_teardown(the_peer_closes_first, start, end),
        cmocka_unit_test_setup_teardown(both_close_at_once, start, end),
        cmocka_unit_test_setup_teardown(the_fin_follows_the_data, start, end),
        cmocka_unit_test_setup_teardown(a_lost_fin_is_sent_again, start, end),
        cmocka_unit_test_setup_teardown(a_fin_waits_for_the_data_before_it, start, end),
        cmocka_unit_test_setup_teardown(a_repeated_fin_is_acknowledged_and_restarts_time_wait, start, end),
        cmocka_unit_test_setup_teardown(abort_resets, start, end),
        cmocka_unit_test_setup_teardown(releasing_with_unread_data_resets, start, end),
        cmocka_unit_test_setup_teardown(data_for_a_released_connection_resets_it, start, end),
        cmocka_unit_test_setup_teardown(a_released_connection_finishes_by_itself, start, end),
        cmocka_unit_test_setup_teardown(a_peer_that_never_closes_does_not_keep_a_released_connection, start,
                                        end),
        cmocka_unit_test_setup_teardown(the_counters_follow_the_connections, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
