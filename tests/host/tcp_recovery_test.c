// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static void dup(int times)
{
    for (int i = 0; i < times; i++) {
        script_in(&s, "A seq=1001 ack=1");
    }
}

static void send_ten(void)
{
    script_connect(&s, "mss=1000");
    script_send(&s, 20000);
    for (unsigned i = 0; i < 10; i++) {
        char text[64];
        snprintf(text, sizeof text, "A seq=%u len=1000", 1 + 1000 * i);
        script_out(&s, text);
    }
    script_quiet(&s); // RFC 6928
}

static void duplicates_release_new_segments_then_the_lost_one(void **state)
{
    (void)state;
    send_ten();
    dup(1);
    script_out(&s, "A seq=10001 len=1000"); // limited transmit: RFC 3042
    dup(1);
    script_out(&s, "A seq=11001 len=1000");
    dup(1);
    script_out(&s, "A seq=1 len=1000"); // fast retransmit
    script_quiet(&s);
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.ssthresh, 5000); // half of the flight, without limited transmit
    assert_int_equal(info.cwnd, 8000);
    assert_int_equal(info.retransmitted, 1000);
    dup(5);
    script_out(&s, "A seq=12001 len=1000"); // 13 segments are allowed, 12 are under way
    script_in(&s, "A seq=1001 ack=12001");
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.cwnd, 2000); // min(ssthresh, flight + mss): RFC 6582 section 3.2
    script_out(&s, "A seq=13001 len=1000");
    script_quiet(&s);
}

static void a_partial_acknowledgement_brings_the_next_hole(void **state)
{
    (void)state;
    send_ten();
    dup(3);
    script_out(&s, "A seq=1 len=1000");
    script_quiet(&s);
    script_in(&s, "A seq=1001 ack=4001");
    script_out(&s, "A seq=4001 len=1000");
    script_in(&s, "A seq=1001 ack=10001");
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.retransmitted, 2000);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_fast_retransmits, 1);
}

static void duplicates_of_one_loss_do_not_start_recovery_twice(void **state)
{
    (void)state;
    send_ten();
    dup(3);
    script_out(&s, "A seq=1 len=1000");
    while (script_frame_out(&s)) {
    }
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=1000"); // a timeout in between
    dup(5);
    script_quiet(&s);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_fast_retransmits, 1);
}

static void segments_with_data_or_a_new_window_are_no_duplicates(void **state)
{
    (void)state;
    send_ten();
    script_in(&s, "A seq=1001 ack=1 len=10");
    script_in(&s, "A seq=1011 ack=1 len=10");
    script_in(&s, "A seq=1021 ack=1 len=10");
    script_in(&s, "A seq=1031 ack=1 win=60000");
    script_in(&s, "A seq=1031 ack=1 win=61000");
    script_in(&s, "A seq=1031 ack=1 win=62000");
    while (script_frame_out(&s)) {
        assert_int_equal(s.length, 54);
    }
    assert_int_equal(weir_stack_stats(s.stack)->tcp_fast_retransmits, 0);
}

static void a_timeout_goes_back_to_one_segment(void **state)
{
    (void)state;
    send_ten();
    script_wait(&s, 200 * WEIR_MS);
    script_out(&s, "A seq=1 len=1000");
    script_quiet(&s);
    struct weir_tcp_info info;
    weir_tcp_info(s.tcp, &info);
    assert_int_equal(info.cwnd, 1000);
    assert_int_equal(info.ssthresh, 5000);
    script_in(&s, "A seq=1001 ack=1001");
    script_out(&s, "A seq=1001 len=1000"); // slow start over what was under way
    script_out(&s, "A seq=2001 len=1000");
    script_quiet(&s);
    script_in(&s, "A seq=1001 ack=10001"); // the peer had the rest
    script_out(&s, "A seq=10001 len=1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(duplicates_release_new_segments_then_the_lost_one, start, end),
        cmocka_unit_test_setup_teardown(a_partial_acknowledgement_brings_the_next_hole, start, end),
        cmocka_unit_test_setup_teardown(duplicates_of_one_loss_do_not_start_recovery_twice, start, end),
        cmocka_unit_test_setup_teardown(segments_with_data_or_a_new_window_are_no_duplicates, start, end),
        cmocka_unit_test_setup_teardown(a_timeout_goes_back_to_one_segment, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
