// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static weir_time measured(weir_time round_trip, int times)
{
    unsigned seq = 1;
    script_connect(&s, "mss=1000");
    for (int i = 0; i < times; i++) {
        char text[64];
        script_send(&s, 100);
        snprintf(text, sizeof text, "A seq=%u len=100", seq);
        script_out(&s, text);
        s.now += round_trip;
        seq += 100;
        snprintf(text, sizeof text, "A seq=1001 ack=%u", seq);
        script_in(&s, text);
    }
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    return info.rto;
}

static void the_first_samples_follow_rfc_6298(void **state)
{
    (void)state;
    // The handshake took no time: SRTT 0, RTTVAR 0. Then 100 ms: RTTVAR 25 ms, SRTT 12.5 ms; RTO 112.5 ms is
    // below the least.
    assert_int_equal(measured(100 * WEIR_MS, 1), 200 * WEIR_MS);
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.srtt, 12500000);
    assert_int_equal(info.rttvar, 25000000);
}

static void a_long_way_has_a_long_timeout(void **state)
{
    (void)state;
    const weir_time rto = measured(400 * WEIR_MS, 40);
    assert_in_range(rto, 395 * WEIR_MS, 480 * WEIR_MS);
}

static void timeouts_double(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    for (weir_time wait = 200 * WEIR_MS; wait < 120 * WEIR_SECOND; wait *= 2) {
        script_wait(&s, wait);
        script_out(&s, "A seq=1 len=10");
    }
    script_wait(&s, 120 * WEIR_SECOND); // the most
    script_out(&s, "A seq=1 len=10");
}

static void a_dead_peer_ends_in_etimedout(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 10);
    const weir_time begin = s.now;
    while (weir_tcp_state(s.tcp) == WEIR_TCP_ESTABLISHED && weir_stack_poll_at(s.stack) != WEIR_TIME_NEVER) {
        while (script_frame_out(&s)) {
        }
        s.now = weir_stack_poll_at(s.stack) != WEIR_TIME_NEVER ? weir_stack_poll_at(s.stack) : s.now;
    }
    assert_int_equal(weir_tcp_error(s.tcp), ETIMEDOUT);
    assert_in_range((s.now - begin) / WEIR_SECOND, 900, 1100);
}

static void retransmitted_segments_are_not_timed(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=10");
    s.now += 50 * WEIR_MS;
    script_in(&s, "A seq=1001 ack=11"); // of the first or of the second? (Karn)
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.srtt, 0);
}

static void time_stamps_time_retransmitted_segments(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000 ts=1");
    script_send(&s, 10);
    script_out(&s, "A seq=1 len=10");
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=10");
    const uint32_t stamp =
        (uint32_t)s.frame[58] << 24 | (uint32_t)s.frame[59] << 16 | (uint32_t)s.frame[60] << 8 | s.frame[61];
    s.now += 80 * WEIR_MS;
    char text[64];
    snprintf(text, sizeof text, "A seq=1001 ack=11 ts=2 echo=%u", stamp);
    script_in(&s, text);
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.srtt, 10 * WEIR_MS); // an eighth of 80
}

static void an_acknowledgement_restarts_the_timer(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    script_send(&s, 2000);
    script_out(&s, "A seq=1 len=1000");
    script_out(&s, "A seq=1001 len=1000");
    script_wait(&s, 150 * WEIR_MS);
    script_in(&s, "A seq=1001 ack=1001");
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    script_wait(&s, info.rto);
    script_out(&s, "A seq=1001 len=1000");
}

static void a_pause_brings_back_the_initial_window(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000");
    unsigned acked = 1;
    for (int i = 0; i < 4; i++) {
        char text[64];
        script_send(&s, 20000);
        while (script_frame_out(&s)) {
            acked += (unsigned)s.length - 54;
        }
        snprintf(text, sizeof text, "A seq=1001 ack=%u", acked);
        script_in(&s, text);
    }
    while (weir_tcp_unacknowledged(s.tcp) > 0) {
        char text[64];
        while (script_frame_out(&s)) {
            acked += (unsigned)s.length - 54;
        }
        snprintf(text, sizeof text, "A seq=1001 ack=%u", acked);
        script_in(&s, text);
    }
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_true(info.cwnd > 12000);
    script_wait(&s, 10 * WEIR_SECOND);
    script_send(&s, 30000);
    unsigned frames = 0;
    while (script_frame_out(&s)) {
        frames++;
    }
    assert_int_equal(frames, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_samples_follow_rfc_6298, start, end),
        cmocka_unit_test_setup_teardown(a_long_way_has_a_long_timeout, start, end),
        cmocka_unit_test_setup_teardown(timeouts_double, start, end),
        cmocka_unit_test_setup_teardown(a_dead_peer_ends_in_etimedout, start, end),
        cmocka_unit_test_setup_teardown(retransmitted_segments_are_not_timed, start, end),
        cmocka_unit_test_setup_teardown(time_stamps_time_retransmitted_segments, start, end),
        cmocka_unit_test_setup_teardown(an_acknowledgement_restarts_the_timer, start, end),
        cmocka_unit_test_setup_teardown(a_pause_brings_back_the_initial_window, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
