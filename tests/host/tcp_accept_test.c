// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

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

// A segment without options or payload from the peer, with another port.
static void other_in(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack)
{
    const uint8_t pseudo[12] = {10, 0, 0, 2, 10, 0, 0, 1, 0, 6, 0, 20};
    uint8_t segment[20] = {(uint8_t)(port >> 8), (uint8_t)port, OUR_PORT >> 8, OUR_PORT & 255};
    for (int i = 0; i < 4; i++) {
        segment[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        segment[8 + i] = (uint8_t)(ack >> (24 - 8 * i));
    }
    segment[12] = 0x50;
    segment[13] = flags;
    segment[14] = 16;
    const uint16_t sum = (uint16_t)~script_sum(segment, 20, script_sum(pseudo, 12, 0));
    segment[16] = (uint8_t)(sum >> 8);
    segment[17] = (uint8_t)sum;
    script_ip_in(&s, 6, segment, 20);
}

// The SYN-ACK's acknowledgement for it.
static uint32_t syn_ack_out(uint16_t port)
{
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[36] << 8 | s.frame[37], port);
    assert_int_equal(s.frame[47], 0x12);
    return ((uint32_t)s.frame[38] << 24 | (uint32_t)s.frame[39] << 16 | (uint32_t)s.frame[40] << 8 |
            s.frame[41]) +
           1;
}

static void syns_are_dropped_while_the_backlog_waits_to_be_accepted(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    // The same SYN again is the same client.
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=1");
    other_in(81, 2, 1, 0); // one waits to be accepted: full
    script_quiet(&s);
    assert_non_null(weir_tcp_accept(s.listener));
    other_in(81, 2, 1, 0);
    syn_ack_out(81);
}

static void half_open_connections_do_not_count_for_the_backlog(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    other_in(81, 2, 1, 0); // and nothing more of it
    syn_ack_out(81);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=1");
    s.tcp = weir_tcp_accept(s.listener);
    assert_non_null(s.tcp);
}

static void a_handshake_that_ends_while_the_backlog_is_full_ends_later(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    other_in(81, 2, 1, 0);
    const uint32_t ack = syn_ack_out(81);
    script_in(&s, "S seq=1000");
    script_out(&s, "SA seq=0 ack=1001");
    script_in(&s, "A seq=1001 ack=1");
    other_in(81, 16, 2, ack); // no room
    s.tcp = weir_tcp_accept(s.listener);
    assert_null(weir_tcp_accept(s.listener));
    s.now += WEIR_SECOND;
    syn_ack_out(81); // once more
    other_in(81, 16, 2, ack);
    struct weir_tcp *other = weir_tcp_accept(s.listener);
    assert_non_null(other);
    weir_tcp_release(other);
}

static void a_flood_of_syns_displaces_the_oldest(void **state)
{
    (void)state;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    uint32_t first = 0, last = 0;
    for (uint16_t port = 1000; port < 2000; port++) {
        other_in(port, 2, 1, 0);
        last = syn_ack_out(port);
        first = port == 1000 ? last : first;
    }
    other_in(1000, 16, 2, first);
    assert_null(weir_tcp_accept(s.listener));
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[47], 4); // a reset: no longer known
    other_in(1999, 16, 2, last);
    s.tcp = weir_tcp_accept(s.listener);
    assert_non_null(s.tcp);
}

static void a_client_that_cannot_be_reached_is_given_up_at_once(void **state)
{
    (void)state;
    uint8_t frame[54] = {[12] = 8, [14] = 0x45, [17] = 40, [22] = 64, [23] = 6, [26] = 10, [29] = 77};
    const uint8_t tcp[20] = {0, 81, OUR_PORT >> 8, OUR_PORT & 255, [7] = 1, [12] = 0x50, [13] = 2, [14] = 16};
    const uint8_t pseudo[12] = {10, 0, 0, 77, 10, 0, 0, 1, 0, 6, 0, 20};
    memcpy(frame, script_mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    memcpy(frame + 30, (uint8_t[]){10, 0, 0, 1}, 4);
    memcpy(frame + 34, tcp, 20);
    const uint16_t ip_sum = (uint16_t)~script_sum(frame + 14, 20, 0);
    const uint16_t sum = (uint16_t)~script_sum(tcp, 20, script_sum(pseudo, 12, 0));
    memcpy(frame + 24, (uint8_t[]){(uint8_t)(ip_sum >> 8), (uint8_t)ip_sum}, 2);
    memcpy(frame + 50, (uint8_t[]){(uint8_t)(sum >> 8), (uint8_t)sum}, 2);
    s.arp_answered = false;
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 1);
    script_frame_in(&s, frame, sizeof frame);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_passive_opens, 1);
    const weir_time start_of_search = s.now;
    while (weir_stack_stats(s.stack)->arp_failures == 0) {
        s.now = weir_stack_poll_at(s.stack);
        while (script_frame_out(&s)) {
            assert_int_equal(s.frame[13], 6); // questions for its MAC address
        }
    }
    assert_in_range(s.now - start_of_search, 0, 10 * WEIR_SECOND);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_attempt_fails, 1);
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
        cmocka_unit_test_setup_teardown(syns_are_dropped_while_the_backlog_waits_to_be_accepted, start, end),
        cmocka_unit_test_setup_teardown(half_open_connections_do_not_count_for_the_backlog, start, end),
        cmocka_unit_test_setup_teardown(a_handshake_that_ends_while_the_backlog_is_full_ends_later, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_flood_of_syns_displaces_the_oldest, start, end),
        cmocka_unit_test_setup_teardown(a_client_that_cannot_be_reached_is_given_up_at_once, start, end),
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
