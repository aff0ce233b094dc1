// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static const uint8_t OURS[4] = {10, 0, 0, 1}, OTHER[4] = {10, 0, 0, 9}, NOBODY[4] = {0, 0, 0, 0};
static const uint8_t OTHER_MAC[6] = {2, 0, 0, 0, 0, 9};
static const struct weir_ip OTHER_IP = {4, {10, 0, 0, 9}};

static bool request_leaves(const uint8_t target[4], bool to_all)
{
    return script_frame_out(&s) && s.length == 42 && s.frame[13] == 6 && s.frame[21] == 1 &&
           memcmp(s.frame + 38, target, 4) == 0 && (s.frame[0] == 0xFF) == to_all;
}

static void ping(const struct weir_ip *host, uint16_t sequence)
{
    assert_int_equal(weir_icmp_echo(s.stack, s.now, host, 1, sequence, "x", 1), 0);
}

static void a_packet_waits_for_the_reply_and_then_leaves(void **state)
{
    (void)state;
    ping(&OTHER_IP, 5);
    assert_true(request_leaves(OTHER, true));
    script_quiet(&s);
    script_arp_in(&s, 2, OTHER_MAC, OTHER, OURS);
    assert_true(script_frame_out(&s));
    assert_memory_equal(s.frame, OTHER_MAC, 6);
    assert_int_equal(s.frame[41], 5);
    script_quiet(&s);
}

static void four_packets_wait_and_the_latest_are_kept(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 10; i++) {
        ping(&OTHER_IP, i);
    }
    assert_true(request_leaves(OTHER, true)); // one question for all
    script_arp_in(&s, 2, OTHER_MAC, OTHER, OURS);
    for (int i = 6; i < 10; i++) {
        assert_true(script_frame_out(&s));
        assert_int_equal(s.frame[41], i);
    }
    script_quiet(&s);
}

static void a_silent_host_is_asked_three_times_a_second_apart(void **state)
{
    (void)state;
    s.tcp = weir_tcp_connect(s.stack, s.now, &OTHER_IP, PEER_PORT, OUR_PORT);
    assert_true(request_leaves(OTHER, true));
    for (int i = 0; i < 2; i++) {
        script_wait(&s, WEIR_SECOND);
        assert_true(request_leaves(OTHER, true));
    }
    script_wait(&s, WEIR_SECOND);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_SYN_SENT);
    script_quiet(&s);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_CLOSED);
    assert_int_equal(weir_tcp_error(s.tcp), EHOSTUNREACH);
    assert_int_equal(weir_stack_stats(s.stack)->arp_failures, 1);
    assert_true(weir_stack_poll_at(s.stack) == WEIR_TIME_NEVER);
}

static void a_silent_host_is_asked_at_most_once_a_second_however_much_is_sent(void **state)
{
    (void)state;
    unsigned requests = 0;
    const weir_time begin = s.now;
    while (s.now - begin < 10 * WEIR_SECOND) {
        ping(&OTHER_IP, 0);
        while (script_frame_out(&s)) {
            requests++;
        }
        s.now += 10 * WEIR_MS;
    }
    assert_in_range(requests, 9, 11);
}

static void dead_hosts_hold_up_nobody(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 100; i++) { // more than there are packets to wait with
        const struct weir_ip dead = {4, {10, 0, 0, (uint8_t)(100 + i)}};
        ping(&dead, 0);
        ping(&dead, 1);
        while (script_frame_out(&s)) {
        }
    }
    script_connect(&s, "mss=1000");
    script_send(&s, 100);
    script_out(&s, "A seq=1 len=100");
    ping(&OTHER_IP, 7);
    assert_true(request_leaves(OTHER, true));
}

static void requests_for_us_are_answered(void **state)
{
    (void)state;
    script_arp_in(&s, 1, OTHER_MAC, OTHER, OURS);
    assert_true(script_frame_out(&s));
    assert_memory_equal(s.frame, OTHER_MAC, 6);
    assert_int_equal(s.frame[21], 2);
    assert_memory_equal(s.frame + 22, script_mac, 6);
    assert_memory_equal(s.frame + 28, OURS, 4);
    assert_memory_equal(s.frame + 38, OTHER, 4);
    ping(&OTHER_IP, 3); // and the asker is known
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[41], 3);
    script_arp_in(&s, 1, OTHER_MAC, OTHER, (const uint8_t[]){10, 0, 0, 2});
    script_quiet(&s);
}

static void a_probe_is_answered_and_not_remembered(void **state)
{
    (void)state;
    script_arp_in(&s, 1, OTHER_MAC, NOBODY, OURS); // RFC 5227
    assert_true(script_frame_out(&s));
    ping(&OTHER_IP, 3);
    assert_true(request_leaves(OTHER, true));
}

static void gratuitous_arp_changes_what_is_known_and_adds_nothing(void **state)
{
    (void)state;
    const uint8_t new_mac[6] = {2, 0, 0, 0, 0, 77};
    script_arp_in(&s, 1, new_mac, (const uint8_t[]){10, 0, 0, 2}, (const uint8_t[]){10, 0, 0, 2});
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    ping(&peer, 1);
    assert_true(script_frame_out(&s));
    assert_memory_equal(s.frame, new_mac, 6);
    script_arp_in(&s, 2, OTHER_MAC, OTHER, OURS); // nobody asked
    ping(&OTHER_IP, 1);
    assert_true(request_leaves(OTHER, true));
}

static void an_old_entry_is_used_while_it_is_confirmed_by_unicast(void **state)
{
    (void)state;
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    s.arp_answered = false;
    script_wait(&s, 61 * WEIR_SECOND);
    ping(&peer, 1);
    assert_true(request_leaves(peer.bytes, false));
    assert_true(script_frame_out(&s));
    assert_int_equal(s.frame[41], 1);
    for (int i = 0; i < 2; i++) {
        script_wait(&s, WEIR_SECOND);
        assert_true(request_leaves(peer.bytes, false));
    }
    script_wait(&s, WEIR_SECOND);
    script_quiet(&s);
    ping(&peer, 2); // gone: from the start
    assert_true(request_leaves(peer.bytes, true));
    script_quiet(&s);
}

static void a_connection_survives_a_neighbour_that_was_away(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    s.arp_answered = false;
    script_wait(&s, 700 * WEIR_SECOND); // forgotten
    script_send(&s, 100);
    for (int i = 0; i < 20; i++) {
        while (script_frame_out(&s)) {
        }
        s.now = weir_stack_poll_at(s.stack);
    }
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
    s.arp_answered = true;
    while (!script_frame_out(&s)) {
        s.now = weir_stack_poll_at(s.stack);
    }
    assert_int_equal(s.length, 54 + 100);
}

static void who_uses_our_address_is_not_believed(void **state)
{
    (void)state;
    script_arp_in(&s, 1, OTHER_MAC, OURS, OURS);
    script_quiet(&s);
    assert_int_equal(weir_stack_stats(s.stack)->in_discards, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_packet_waits_for_the_reply_and_then_leaves, start, end),
        cmocka_unit_test_setup_teardown(four_packets_wait_and_the_latest_are_kept, start, end),
        cmocka_unit_test_setup_teardown(a_silent_host_is_asked_three_times_a_second_apart, start, end),
        cmocka_unit_test_setup_teardown(a_silent_host_is_asked_at_most_once_a_second_however_much_is_sent,
                                        start, end),
        cmocka_unit_test_setup_teardown(dead_hosts_hold_up_nobody, start, end),
        cmocka_unit_test_setup_teardown(requests_for_us_are_answered, start, end),
        cmocka_unit_test_setup_teardown(a_probe_is_answered_and_not_remembered, start, end),
        cmocka_unit_test_setup_teardown(gratuitous_arp_changes_what_is_known_and_adds_nothing, start, end),
        cmocka_unit_test_setup_teardown(an_old_entry_is_used_while_it_is_confirmed_by_unicast, start, end),
        cmocka_unit_test_setup_teardown(a_connection_survives_a_neighbour_that_was_away, start, end),
        cmocka_unit_test_setup_teardown(who_uses_our_address_is_not_believed, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
