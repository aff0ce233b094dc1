// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tcp_script_test.h"

static const char *const OPTIONS = "mss=1460";

static void every_second_full_segment_is_acknowledged_at_once(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=1460");
    script_quiet(&s);
    script_in(&s, "A seq=2461 ack=1 len=1460");
    script_out(&s, "A seq=1 ack=3921 len=0");
    script_read(&s, 1001, 2920);
}

static void a_single_segment_is_acknowledged_after_40_ms(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=10");
    script_wait(&s, 40 * WEIR_MS);
    script_out(&s, "A ack=1011 len=0");
    script_wait(&s, WEIR_SECOND);
    script_quiet(&s);
}

static void an_answer_carries_the_acknowledgement(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=10");
    script_send(&s, 5);
    script_out(&s, "A seq=1 ack=1011 len=5");
    script_wait(&s, 100 * WEIR_MS);
    script_quiet(&s);
}

static void segments_out_of_order_are_put_in_order(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1201 ack=1 len=100");
    script_out(&s, "A ack=1001");
    script_in(&s, "A seq=1101 ack=1 len=100");
    script_out(&s, "A ack=1001");
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), -EAGAIN);
    script_in(&s, "A seq=1001 ack=1 len=100");
    script_out(&s, "A ack=1301"); // the gap is closed: at once
    script_read(&s, 1001, 300);
}

static void each_segment_ahead_of_its_turn_gets_its_own_acknowledgement(void **state)
{
    (void)state;
    script_connect(&s, "mss=1000 scale=7");
    for (unsigned seq = 1001; seq < 10001; seq += 1000) { // what is read would open the window
        char text[64];
        snprintf(text, sizeof text, "A seq=%u ack=1 len=1000", seq);
        script_in(&s, text);
    }
    script_out(&s, "A ack=10001");
    script_in(&s, "A seq=10001 ack=1 len=10");
    script_in(&s, "A seq=11001 ack=1 len=10"); // several before the stack may answer
    script_in(&s, "A seq=12001 ack=1 len=10");
    weir_tcp_consume(s.tcp, 2900);
    script_out(&s, "A ack=10011");
    char text[64];
    snprintf(text, sizeof text, "A ack=10011 len=0 win=%u", (unsigned)(s.frame[48] << 8 | s.frame[49]));
    script_send(&s, 10); // data would not count
    script_out(&s, text);
    script_out(&s, text);
    script_out(&s, "A seq=1 len=10");
    script_quiet(&s);
}

static void overlapping_segments_count_once(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1051 ack=1 len=100");
    script_out(&s, "A ack=1001");
    script_in(&s, "A seq=1001 ack=1 len=80");
    script_out(&s, "A ack=1151");
    script_in(&s, "A seq=1101 ack=1 len=100");
    script_wait(&s, 40 * WEIR_MS);
    script_out(&s, "A ack=1201");
    script_read(&s, 1001, 200);
}

static void an_old_segment_is_acknowledged_again_and_not_taken(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=10");
    script_in(&s, "A seq=1001 ack=1 len=10");
    script_out(&s, "A ack=1011 len=0");
    script_read(&s, 1001, 10);
}

static void what_lies_beyond_the_window_is_cut_off(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=200000 ack=1 len=10");
    script_out(&s, "A ack=1001");
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), -EAGAIN);
}

static void a_full_buffer_closes_the_window_and_a_reader_opens_it(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    char text[64];
    for (unsigned at = 0; at < 65535; at += 1285) { // 51 segments
        snprintf(text, sizeof text, "A seq=%u ack=1 len=1285", 1001 + at);
        script_in(&s, text);
        script_frame_out(&s);
    }
    script_wait(&s, 40 * WEIR_MS);
    script_out(&s, "A ack=66536 win=0");
    script_in(&s, "A seq=66536 ack=1 len=1"); // a probe
    script_out(&s, "A ack=66536 win=0");
    weir_tcp_consume(s.tcp, 1000); // not worth a segment
    script_quiet(&s);
    weir_tcp_consume(s.tcp, 1000);
    script_out(&s, "A ack=66536 win=2000");
    weir_tcp_consume(s.tcp, 2000); // once it is open, each second segment's room is
    script_quiet(&s);
    weir_tcp_consume(s.tcp, 1000);
    script_out(&s, "A ack=66536 win=5000");
    script_in(&s, "A seq=66536 ack=1 len=1460");
    script_read(&s, 1001 + 5000, 65535 - 5000 + 1460);
}

static void what_a_scaled_window_offered_is_taken_though_rounding_moves_it(void **state)
{
    (void)state;
    script_connect(&s, "mss=1460 scale=7");
    unsigned edge = 0;
    unsigned seq = 1001;
    for (unsigned length = 1; length < 60; length += 2) {
        char text[64];
        snprintf(text, sizeof text, "A seq=%u ack=1 len=%u", seq, length);
        script_in(&s, text);
        seq += length;
        s.now += 40 * WEIR_MS;
        snprintf(text, sizeof text, "A ack=%u len=0", seq);
        script_out(&s, text);
        const unsigned window = (unsigned)(s.frame[48] << 8 | s.frame[49]) << 1;
        assert_true(seq + window + 1 >= edge); // less than the scale's unit back
        edge = seq + window > edge ? seq + window : edge;
        assert_true(edge <= 1001 + 65536 + 2);
    }
    while (seq < edge) {
        char text[64];
        const unsigned length = edge - seq < 1400 ? edge - seq : 1400;
        snprintf(text, sizeof text, "A seq=%u ack=1 len=%u", seq, length);
        script_in(&s, text);
        while (script_frame_out(&s)) {
        }
        seq += length;
    }
    script_read(&s, 1001, edge - 1001);
}

static void a_reset_ends_only_where_it_is_exactly_right(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "R seq=1002"); // in the window: RFC 5961 section 3.2
    script_out(&s, "A seq=1 ack=1001");
    script_in(&s, "R seq=999"); // outside
    script_quiet(&s);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
    script_in(&s, "R seq=1001");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_CLOSED);
    assert_int_equal(weir_tcp_error(s.tcp), ECONNRESET);
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), -ECONNRESET);
    script_quiet(&s);
}

static void a_syn_in_a_connection_is_challenged(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "S seq=1001");
    script_out(&s, "A seq=1 ack=1001");
    script_in(&s, "S seq=50000000");
    script_out(&s, "A seq=1 ack=1001");
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_ESTABLISHED);
}

static void challenges_are_limited(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    unsigned answers = 0;
    for (int i = 0; i < 100; i++) {
        script_in(&s, "R seq=1002");
        answers += script_frame_out(&s);
    }
    assert_int_equal(answers, 10);
    s.now += 5 * WEIR_SECOND;
    script_in(&s, "R seq=1002");
    script_out(&s, "A seq=1 ack=1001");
}

static void an_acknowledgement_from_the_future_or_the_far_past_is_challenged(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=2 len=10");
    script_out(&s, "A seq=1 ack=1001");
    script_in(&s, "A seq=1001 ack=-1000000 len=10");
    script_out(&s, "A seq=1 ack=1001");
    const uint8_t *data;
    assert_int_equal(weir_tcp_peek(s.tcp, &data), -EAGAIN);
}

static void old_time_stamps_are_rejected(void **state)
{
    (void)state;
    script_connect(&s, "mss=1460 ts=5000");
    script_in(&s, "A seq=1001 ack=1 len=10 ts=5100");
    script_in(&s, "A seq=1011 ack=1 len=10 ts=5099"); // RFC 7323 section 5.3
    script_out(&s, "A ack=1011 echo=5100");
    script_in(&s, "A seq=1011 ack=1 len=10"); // none at all: section 3.2
    script_quiet(&s);
    script_in(&s, "A seq=1011 ack=1 len=10 ts=5100");
    script_wait(&s, 40 * WEIR_MS);
    script_out(&s, "A ack=1021");
    script_read(&s, 1001, 20);
}

static void a_segment_without_acknowledgement_is_dropped(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "P seq=1001 len=10");
    script_wait(&s, WEIR_SECOND);
    script_quiet(&s);
}

static void a_wrong_checksum_is_counted_and_dropped(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    const uint8_t wrong[24] = {0, PEER_PORT, OUR_PORT >> 8, OUR_PORT & 255, 0,   0,  3, 0xE9, 0, 0,
                               0, 0,         0x50,          0x10,           255, 255};
    script_ip_in(&s, 6, wrong, sizeof wrong);
    script_quiet(&s);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_in_errs, 1);
}

static void the_cards_verdict_is_believed(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=10"); // learn what a good frame is like
    script_read(&s, 1001, 10);
    uint8_t frame[14 + 20 + 20 + 4];
    memcpy(frame, script_mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    frame[12] = 8;
    frame[13] = 0;
    const uint8_t ip[20] = {0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0x66, 0xCA, 10, 0, 0, 2, 10, 0, 0, 1};
    memcpy(frame + 14, ip, 20);
    const uint16_t sum = script_sum(ip, 20, 0);
    const uint32_t fixed = (uint32_t)(0x66CA + 0xFFFF - sum) % 0xFFFF;
    frame[24] = (uint8_t)(fixed >> 8);
    frame[25] = (uint8_t)fixed;
    const uint32_t ack = s.iss + 1;
    const uint8_t tcp[24] = {0,
                             PEER_PORT,
                             OUR_PORT >> 8,
                             OUR_PORT & 255,
                             0,
                             0,
                             3,
                             0xF3,
                             (uint8_t)(ack >> 24),
                             (uint8_t)(ack >> 16),
                             (uint8_t)(ack >> 8),
                             (uint8_t)ack,
                             0x50,
                             0x10,
                             255,
                             255,
                             0xBA,
                             0xAD,
                             0,
                             0,
                             'g',
                             'o',
                             'o',
                             'd'};
    memcpy(frame + 34, tcp, 24);
    const uint8_t *data;
    weir_stack_input(s.stack, s.now, frame, sizeof frame, WEIR_RX_CSUM_WRONG);
    weir_stack_input(s.stack, s.now, frame, sizeof frame, WEIR_RX_CSUM_UNKNOWN);
    assert_int_equal(weir_tcp_peek(s.tcp, &data), -EAGAIN);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_in_errs, 2);
    weir_stack_input(s.stack, s.now, frame, sizeof frame, WEIR_RX_CSUM_GOOD);
    assert_int_equal(weir_tcp_peek(s.tcp, &data), 4);
    assert_memory_equal(data, "good", 4);
}

static void a_glued_frame_is_taken_whole_and_acknowledged_at_once(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    const uint64_t before = weir_stack_stats(s.stack)->tcp_in_segs;
    script_in(&s, "A seq=1001 ack=1 len=14600 gso=1460");
    script_out(&s, "A seq=1 ack=15601 len=0");
    script_quiet(&s);
    script_read(&s, 1001, 14600);
    script_in(&s, "PA seq=15601 ack=1 len=5000 gso=1460");
    script_out(&s, "A seq=1 ack=20601 len=0");
    script_read(&s, 15601, 5000);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_in_segs - before, 10 + 4);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_in_glued, 2);
}

// Where segments are small, two of them are still two (RFC 5681 section 4.2), and one is one.
static void a_glued_frame_of_small_segments_is_acknowledged_by_their_size(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=1072 gso=536");
    script_out(&s, "A seq=1 ack=2073 len=0");
    script_in(&s, "A seq=2073 ack=1 len=536");
    script_quiet(&s);
    script_in(&s, "A seq=2609 ack=1 len=1 gso=536");
    script_out(&s, "A seq=1 ack=2610 len=0");
}

static void each_segment_of_a_glued_frame_ahead_of_its_turn_is_answered(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=2461 ack=1 len=4380 gso=1460");
    for (int i = 0; i < 3; i++) {
        script_out(&s, "A seq=1 ack=1001 len=0");
    }
    script_quiet(&s);
    assert_int_equal(weir_stack_stats(s.stack)->tcp_out_of_order, 3);
    script_in(&s, "A seq=1001 ack=1 len=1460");
    script_out(&s, "A seq=1 ack=6841 len=0");
    script_read(&s, 1001, 5840);
}

static void a_glued_frame_that_overlaps_and_ends_the_stream_counts_its_new_bytes(void **state)
{
    (void)state;
    script_connect(&s, OPTIONS);
    script_in(&s, "A seq=1001 ack=1 len=1000");
    script_in(&s, "FPA seq=1001 ack=1 len=2500 gso=1000");
    script_out(&s, "A seq=1 ack=3502 len=0"); // 2,500 bytes and the FIN
    script_read(&s, 1001, 2500);
    assert_int_equal(weir_tcp_state(s.tcp), WEIR_TCP_CLOSE_WAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_second_full_segment_is_acknowledged_at_once, start, end),
        cmocka_unit_test_setup_teardown(a_single_segment_is_acknowledged_after_40_ms, start, end),
        cmocka_unit_test_setup_teardown(an_answer_carries_the_acknowledgement, start, end),
        cmocka_unit_test_setup_teardown(segments_out_of_order_are_put_in_order, start, end),
        cmocka_unit_test_setup_teardown(each_segment_ahead_of_its_turn_gets_its_own_acknowledgement, start,
                                        end),
        cmocka_unit_test_setup_teardown(overlapping_segments_count_once, start, end),
        cmocka_unit_test_setup_teardown(an_old_segment_is_acknowledged_again_and_not_taken, start, end),
        cmocka_unit_test_setup_teardown(what_lies_beyond_the_window_is_cut_off, start, end),
        cmocka_unit_test_setup_teardown(a_full_buffer_closes_the_window_and_a_reader_opens_it, start, end),
        cmocka_unit_test_setup_teardown(what_a_scaled_window_offered_is_taken_though_rounding_moves_it, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_reset_ends_only_where_it_is_exactly_right, start, end),
        cmocka_unit_test_setup_teardown(a_syn_in_a_connection_is_challenged, start, end),
        cmocka_unit_test_setup_teardown(challenges_are_limited, start, end),
        cmocka_unit_test_setup_teardown(an_acknowledgement_from_the_future_or_the_far_past_is_challenged,
                                        start, end),
        cmocka_unit_test_setup_teardown(old_time_stamps_are_rejected, start, end),
        cmocka_unit_test_setup_teardown(a_segment_without_acknowledgement_is_dropped, start, end),
        cmocka_unit_test_setup_teardown(a_wrong_checksum_is_counted_and_dropped, start, end),
        cmocka_unit_test_setup_teardown(the_cards_verdict_is_believed, start, end),
        cmocka_unit_test_setup_teardown(a_glued_frame_is_taken_whole_and_acknowledged_at_once, start, end),
        cmocka_unit_test_setup_teardown(a_glued_frame_of_small_segments_is_acknowledged_by_their_size, start,
                                        end),
        cmocka_unit_test_setup_teardown(each_segment_of_a_glued_frame_ahead_of_its_turn_is_answered, start,
                                        end),
        cmocka_unit_test_setup_teardown(a_glued_frame_that_overlaps_and_ends_the_stream_counts_its_new_bytes,
                                        start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
