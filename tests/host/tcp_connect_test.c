// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tcp_script.h"

static struct script s;
static const struct weir_ip PEER = {4, {10, 0, 0, 2}};

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

static void begin_connect(void)
{
    s.tcp = weir_tcp_connect(s.stack, s.now, &PEER, PEER_PORT, OUR_PORT);
    assert_non_null(s.tcp);
}

static void a_connection_is_opened_in_three_segments(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0 mss=1460 scale=1 echo=0 win=65535");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
    assert_int_equal(weir_tcp_send(s.tcp, "x", 1), -ENOTCONN);
    script_in(&s, "SA seq=1000 ack=1 mss=1460");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
    script_out(&s, "A seq=1 ack=1001 len=0");
    script_quiet(&s);
}

static void the_syn_is_repeated_after_one_two_and_four_seconds(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_wait(&s, 1 * WEIR_SECOND);
    script_out(&s, "S seq=0");
    script_wait(&s, 2 * WEIR_SECOND);
    script_out(&s, "S seq=0");
    script_wait(&s, 4 * WEIR_SECOND);
    script_out(&s, "S seq=0");
}

static void a_silent_peer_ends_in_etimedout_after_three_minutes(void **state)
{
    (void)state;
    begin_connect();
    const weir_time begin = s.now;
    while (weir_tcp_state(s.tcp) == WEIR_TCP_SYN_SENT) {
        while (script_frame_out(&s)) {
        }
        if (weir_stack_poll_at(s.stack) == WEIR_TIME_NEVER) {
            break;
        }
        s.now = weir_stack_poll_at(s.stack);
    }
    assert_int_equal(weir_tcp_error(s.tcp), ETIMEDOUT);
    assert_true(s.now - begin >= 180 * WEIR_SECOND);
}

static void a_reset_refuses_the_connection(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_in(&s, "RA seq=0 ack=1");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_CLOSED);
    assert_int_equal(weir_tcp_error(s.tcp), ECONNREFUSED);
    assert_int_equal(weir_tcp_send(s.tcp, "x", 1), -ECONNREFUSED);
    script_quiet(&s);
    weir_tcp_release(s.tcp);
}

static void a_reset_that_acknowledges_nothing_is_ignored(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_in(&s, "R seq=0");
    script_in(&s, "RA seq=0 ack=7");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
    script_quiet(&s);
}

static void an_acknowledgement_of_what_was_not_sent_is_reset(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_in(&s, "A seq=300 ack=77");
    script_out(&s, "R seq=77 len=0");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
}

static void both_sides_may_open_at_once(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_in(&s, "S seq=1000 mss=1460");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_RECEIVED);
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "SA seq=1000 ack=1");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
    script_out(&s, "A seq=1 ack=1001");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
}

static void what_the_peer_does_not_offer_is_not_used(void **state)
{
    (void)state;
    script_connect(&s, "");
    script_send(&s, 2000);
    script_out(&s, "A seq=1 len=536 ts=-1"); // RFC 9293 section 3.7.1
    script_in(&s, "A seq=1001 ack=537 win=1000");
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.mss, 536);
    assert_int_equal(info.snd_wnd, 1000); // not scaled
}

static void time_stamps_are_echoed_and_take_room(void **state)
{
    (void)state;
    script_connect(&s, "mss=1460 scale=7 ts=5000");
    script_in(&s, "A seq=1001 ack=1 len=100 ts=5010");
    script_wait(&s, 40 * WEIR_MS);
    script_out(&s, "A seq=1 ack=1101 echo=5010");
    script_send(&s, 5000);
    script_out(&s, "A seq=1 len=1448 echo=5010");
}

static void a_lost_handshake_segment_starts_with_one_segment(void **state)
{
    (void)state;
    begin_connect();
    script_out(&s, "S seq=0");
    script_wait(&s, WEIR_SECOND);
    script_out(&s, "S seq=0");
    script_in(&s, "SA seq=1000 ack=1 mss=1460");
    script_out(&s, "A seq=1 ack=1001 len=0");
    script_send(&s, 10000);
    script_out(&s, "A seq=1 len=1460"); // RFC 5681 section 3.1
    script_quiet(&s);
    script_wait(&s, 3 * WEIR_SECOND); // RFC 6298 section 5.7
    script_out(&s, "A seq=1 len=1460");
}

static void ports_and_sequence_numbers_differ_between_connections(void **state)
{
    (void)state;
    uint32_t sequences[3];
    uint16_t ports[3];
    for (int i = 0; i < 3; i++) {
        assert_non_null(weir_tcp_connect(s.stack, s.now, &PEER, PEER_PORT, 0));
        s.has_iss = false;
        script_out(&s, "S");
        sequences[i] = s.iss;
        ports[i] = (uint16_t)(s.frame[34] << 8 | s.frame[35]);
        assert_true(ports[i] >= 32768);
    }
    assert_true(ports[0] != ports[1] && ports[1] != ports[2] && ports[0] != ports[2]);
    assert_true(sequences[1] - sequences[0] != sequences[2] - sequences[1]);
}

static void senseless_connections_are_refused_at_once(void **state)
{
    (void)state;
    const struct weir_ip everybody = {4, {255, 255, 255, 255}};
    begin_connect();
    assert_null(weir_tcp_connect(s.stack, s.now, &PEER, PEER_PORT, OUR_PORT));
    assert_int_equal(errno, EADDRINUSE);
    assert_null(weir_tcp_connect(s.stack, s.now, &PEER, 0, 0));
    assert_int_equal(errno, EADDRNOTAVAIL);
    assert_null(weir_tcp_connect(s.stack, s.now, &everybody, 80, 0));
    assert_int_equal(errno, ENETUNREACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_connection_is_opened_in_three_segments, start, end),
        cmocka_unit_test_setup_teardown(the_syn_is_repeated_after_one_two_and_four_seconds, start, end),
        cmocka_unit_test_setup_teardown(a_silent_peer_ends_in_etimedout_after_three_minutes, start, end),
        cmocka_unit_test_setup_teardown(a_reset_refuses_the_connection, start, end),
        cmocka_unit_test_setup_teardown(a_reset_that_acknowledges_nothing_is_ignored, start, end),
        cmocka_unit_test_setup_teardown(an_acknowledgement_of_what_was_not_sent_is_reset, start, end),
        cmocka_unit_test_setup_teardown(both_sides_may_open_at_once, start, end),
        cmocka_unit_test_setup_teardown(what_the_peer_does_not_offer_is_not_used, start, end),
        cmocka_unit_test_setup_teardown(time_stamps_are_echoed_and_take_room, start, end),
        cmocka_unit_test_setup_teardown(a_lost_handshake_segment_starts_with_one_segment, start, end),
        cmocka_unit_test_setup_teardown(ports_and_sequence_numbers_differ_between_connections, start, end),
        cmocka_unit_test_setup_teardown(senseless_connections_are_refused_at_once, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
