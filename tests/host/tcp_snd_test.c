// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static void begin(const char *options, bool offload)
{
    struct weir_stack_config config = script_config();
    config.tx_csum = config.tso = offload;
    script_end(&s);
    script_start(&s, &config);
    script_connect(&s, options);
}

static void a_long_send_leaves_as_superframes(void **state)
{
    (void)state;
    begin("mss=1460 scale=7", true);
    script_in(&s, "A seq=1001 ack=1 win=65535");
    script_send(&s, 100000);
    script_out(&s, "A seq=1 len=14600 gso=1460"); // the initial window
    script_quiet(&s);
    script_in(&s, "A seq=1001 ack=14601 win=65535");
    script_out(&s, "A seq=14601 len=17520 gso=1460");
}

static void a_superframe_is_at_most_an_ip_packet_long(void **state)
{
    (void)state;
    begin("mss=1460 scale=7", true);
    script_in(&s, "A seq=1001 ack=1 win=65535");
    unsigned acked = 1;
    size_t longest = 0;
    for (int i = 0; i < 60; i++) {
        char text[64];
        static uint8_t bytes[65536];
        weir_tcp_send(s.tcp, bytes, sizeof bytes);
        while (script_frame_out(&s)) {
            acked += (unsigned)s.length - 54;
            longest = s.length > longest ? s.length : longest;
        }
        snprintf(text, sizeof text, "A seq=1001 ack=%u win=65535", acked);
        script_in(&s, text);
    }
    assert_int_equal(longest, 54 + 44 * 1460); // 65,495 bytes hold 44 segments
}

static void time_stamps_leave_less_for_each_segment_of_a_superframe(void **state)
{
    (void)state;
    begin("mss=1460 scale=7 ts=1", true);
    script_send(&s, 20000);
    script_out(&s, "A seq=1 len=14480 gso=1448");
}

static void ip_identification_counts_the_segments_of_a_superframe(void **state)
{
    (void)state;
    begin("mss=1460", true);
    script_send(&s, 14600);
    script_out(&s, "PA seq=1 len=14600 gso=1460");
    const unsigned first = (unsigned)(s.frame[18] << 8 | s.frame[19]);
    script_in(&s, "A seq=1001 ack=14601");
    script_send(&s, 1);
    script_out(&s, "PA seq=14601 len=1 gso=0");
    assert_int_equal((first + 10) & 0xFFFF, (unsigned)(s.frame[18] << 8 | s.frame[19]));
}

static void without_tso_each_frame_is_a_segment(void **state)
{
    (void)state;
    begin("mss=1000", false);
    script_send(&s, 2500);
    script_out(&s, "A seq=1 len=1000");
    script_out(&s, "A seq=1001 len=1000");
    script_out(&s, "PA seq=2001 len=500");
    script_quiet(&s);
}

static void payload_that_wraps_in_the_ring_is_two_pieces(void **state)
{
    (void)state;
    struct weir_stack_config config = script_config();
    config.send_buffer = 3000;
    script_end(&s);
    script_start(&s, &config);
    script_connect(&s, "mss=1460");
    script_send(&s, 2001);
    script_out(&s, "A seq=1 len=1460");
    script_out(&s, "A seq=1461 len=541");
    script_in(&s, "A seq=1001 ack=2002");
    script_send(&s, 1460);
    script_out(&s, "A seq=2002 len=1460"); // the checksum over an odd first piece is looked at, too
    assert_int_equal(s.tx.payload[0].length, 999);
    assert_int_equal(s.tx.payload[1].length, 461);
}

static void the_send_buffer_takes_what_fits(void **state)
{
    (void)state;
    static uint8_t bytes[300000];
    begin("mss=1460", false);
    assert_int_equal(weir_tcp_send(s.tcp, bytes, sizeof bytes), 262144);
    assert_int_equal(weir_tcp_send(s.tcp, bytes, sizeof bytes), 0);
    assert_int_equal(weir_tcp_unacknowledged(s.tcp), 262144);
}

static void nagle_holds_the_second_small_segment(void **state)
{
    (void)state;
    begin("mss=1460", false);
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    script_send(&s, 10);
    script_send(&s, 10);
    script_quiet(&s);
    script_in(&s, "A seq=1001 ack=11");
    script_out(&s, "A seq=11 len=20");
}

static void nodelay_sends_at_once(void **state)
{
    (void)state;
    begin("mss=1460", false);
    weir_tcp_set_nodelay(s.tcp, true);
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    script_send(&s, 10);
    script_out(&s, "A seq=11 len=10");
}

static void a_small_segment_that_was_lost_is_sent_again_in_spite_of_nagle(void **state)
{
    (void)state;
    begin("mss=1460", false);
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    script_send(&s, 10);
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=20");
}

static void the_peers_window_is_a_limit(void **state)
{
    (void)state;
    begin("mss=1000", false);
    script_in(&s, "A seq=1001 ack=1 win=2500");
    script_send(&s, 5000);
    script_out(&s, "A seq=1 len=1000");
    script_out(&s, "A seq=1001 len=1000");
    script_quiet(&s); // no silly 500
    script_in(&s, "A seq=1001 ack=2001 win=2500");
    script_out(&s, "A seq=2001 len=1000");
    script_out(&s, "A seq=3001 len=1000");
}

static void a_closed_window_is_probed_ever_more_slowly(void **state)
{
    (void)state;
    begin("mss=1000", false);
    script_in(&s, "A seq=1001 ack=1 win=0");
    script_send(&s, 100);
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=1");
    script_in(&s, "A seq=1001 ack=1 win=0");
    script_wait(&s, 400 * WEIR_MS);
    script_out(&s, "A seq=1 len=1");
    script_in(&s, "A seq=1001 ack=1 win=0");
    script_wait(&s, 800 * WEIR_MS);
    script_out(&s, "A seq=1 len=1");
    script_in(&s, "A seq=1001 ack=1 win=1000");
    script_out(&s, "A seq=1 len=100");
    assert_int_equal(weir_stack_stats(s.stack)->tcp_timeouts, 0);
}

static void a_probe_that_is_taken_counts(void **state)
{
    (void)state;
    begin("mss=1000", false);
    script_in(&s, "A seq=1001 ack=1 win=0");
    script_send(&s, 100);
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=1");
    script_in(&s, "A seq=1001 ack=2 win=0");
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=2 len=1");
    script_in(&s, "A seq=1001 ack=2 win=5000");
    script_out(&s, "A seq=2 len=99");
}

static void a_peer_that_answers_probes_is_never_given_up(void **state)
{
    (void)state;
    begin("mss=1000", false);
    script_in(&s, "A seq=1001 ack=1 win=0");
    script_send(&s, 100);
    const weir_time until = s.now + 3600 * WEIR_SECOND;
    while (s.now < until) {
        if (script_frame_out(&s)) {
            script_in(&s, "A seq=1001 ack=1 win=0");
        } else {
            s.now = weir_stack_poll_at(s.stack);
        }
    }
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
}

static void a_window_smaller_than_a_segment_is_used_in_the_end(void **state)
{
    (void)state;
    begin("mss=1460", false);
    script_in(&s, "A seq=1001 ack=1 win=300");
    script_send(&s, 2000);
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=300");
}

static void segments_shrink_when_a_router_says_so(void **state)
{
    (void)state;
    begin("mss=1460", false);
    script_send(&s, 1460);
    script_out(&s, "A seq=1 len=1460");
    uint8_t message[8 + 28] = {3, 4, 0, 0, 0, 0, 1000 >> 8, 1000 & 255};
    memcpy(message + 8, s.frame + 14, 28);
    const uint16_t sum = (uint16_t)~script_sum(message, sizeof message, 0);
    message[2] = (uint8_t)(sum >> 8);
    message[3] = (uint8_t)sum;
    script_ip_in(&s, 1, message, sizeof message);
    script_out(&s, "A seq=1 len=960"); // RFC 1191
    script_out(&s, "A seq=961 len=500");
}

static void connections_take_turns(void **state)
{
    (void)state;
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    static uint8_t bytes[20000];
    begin("mss=1000", false);
    struct weir_tcp *first = s.tcp;
    struct weir_tcp *second = weir_tcp_connect(s.stack, s.now, &peer, PEER_PORT, OUR_PORT + 1);
    assert_true(script_frame_out(&s)); // its SYN; it never opens, and holds up nobody
    weir_tcp_send(first, bytes, sizeof bytes);
    script_out(&s, "A seq=1 len=1000");
    s.now += WEIR_SECOND;
    unsigned ports = 0;
    while (script_frame_out(&s)) {
        ports |= 1u << (s.frame[35] - (OUR_PORT & 255));
    }
    assert_int_equal(ports, 3);
    assert_int_equal(weir_tcp_state(second), WEIR_TCP_SYN_SENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_long_send_leaves_as_superframes, start, end),
        cmocka_unit_test_setup_teardown(a_superframe_is_at_most_an_ip_packet_long, start, end),
        cmocka_unit_test_setup_teardown(time_stamps_leave_less_for_each_segment_of_a_superframe, start, end),
        cmocka_unit_test_setup_teardown(ip_identification_counts_the_segments_of_a_superframe, start, end),
        cmocka_unit_test_setup_teardown(without_tso_each_frame_is_a_segment, start, end),
        cmocka_unit_test_setup_teardown(payload_that_wraps_in_the_ring_is_two_pieces, start, end),
        cmocka_unit_test_setup_teardown(the_send_buffer_takes_what_fits, start, end),
        cmocka_unit_test_setup_teardown(nagle_holds_the_second_small_segment, start, end),
        cmocka_unit_test_setup_teardown(nodelay_sends_at_once, start, end),
        cmocka_unit_test_setup_teardown(a_small_segment_that_was_lost_is_sent_again_in_spite_of_nagle, start,
                                        end),
        cmocka_unit_test_setup_teardown(the_peers_window_is_a_limit, start, end),
        cmocka_unit_test_setup_teardown(a_closed_window_is_probed_ever_more_slowly, start, end),
        cmocka_unit_test_setup_teardown(a_probe_that_is_taken_counts, start, end),
        cmocka_unit_test_setup_teardown(a_peer_that_answers_probes_is_never_given_up, start, end),
        cmocka_unit_test_setup_teardown(a_window_smaller_than_a_segment_is_used_in_the_end, start, end),
        cmocka_unit_test_setup_teardown(segments_shrink_when_a_router_says_so, start, end),
        cmocka_unit_test_setup_teardown(connections_take_turns, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
