// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_transaction.h"
#include "usb_bench.h"

static const int NOTHING = -1;

struct Transactions : Bench<Vusb_transaction> {
    unsigned in_tokens = 0, setup_tokens = 0, commits = 0, sent = 0, acks = 0, naks = 0, nyets = 0, duplicates = 0,
             retries = 0;
    unsigned answer_delay = 0; // clocks from the end of the packet to tx_start

    Transactions()
    {
        dut->high_speed = 1;
        dut->line_is_j = 0;
        dut->rx_active = dut->packet_end = dut->tx_busy = 0;
        dut->out_exists = dut->out_ready = dut->in_exists = dut->in_ready = 1;
        dut->out_stall = dut->in_stall = dut->out_toggle = dut->in_toggle = dut->out_nyet = 0;
        dut->out_max = 512;
        reset();
    }
    void clock()
    {
        tick();
        setup_tokens += dut->setup_token;
        commits += dut->out_commit;
        in_tokens += dut->in_token;
        sent += dut->in_sent;
        acks += dut->in_ack;
        naks += dut->ev_out_nak;
        nyets += dut->ev_out_nyet;
        duplicates += dut->ev_out_duplicate;
        retries += dut->ev_in_retry;
    }
    void idle(unsigned count)
    {
        while (count-- > 0)
            clock();
    }
    // A packet passes; then the answer that leaves within `patience` clocks.
    int packet(Pid pid, unsigned length = 0, bool good = true, bool ours = true, unsigned endpoint = 1,
               unsigned patience = 30)
    {
        dut->rx_active = 1;
        idle(4);
        dut->rx_active = 0;
        dut->packet_end = 1;
        dut->packet_good = good;
        dut->packet_pid = pid;
        dut->packet_length = uint16_t(length);
        dut->token_is_ours = ours;
        dut->token_endpoint = uint8_t(endpoint);
        clock();
        dut->packet_end = dut->packet_good = 0;
        for (answer_delay = 1; patience-- > 0; answer_delay++) {
            dut->eval();
            if (dut->tx_start) {
                const int answer = dut->tx_pid;
                clock();
                dut->tx_busy = 1;
                idle(5);
                dut->tx_busy = 0;
                idle(2);
                return answer;
            }
            clock();
        }
        return NOTHING;
    }
    int out(Pid data, unsigned length = 512)
    {
        assert_int_equal(packet(OUT), NOTHING);
        return packet(data, length);
    }
};

static void out_data_is_acknowledged_and_committed_when_its_toggle_is_right(void **)
{
    Transactions t;
    assert_int_equal(t.out(DATA0), ACK);
    assert_int_equal(t.commits, 1);
    assert_int_equal(t.out(DATA1), ACK);
    assert_true(t.commits == 1 && t.duplicates == 1);
    t.dut->out_toggle = 1;
    assert_int_equal(t.out(DATA1), ACK);
    assert_int_equal(t.commits, 2);
    assert_int_equal(t.naks, 0);
}

static void out_data_is_refused_without_room_and_stalled_when_halted(void **)
{
    Transactions t;
    t.dut->out_ready = 0;
    assert_int_equal(t.out(DATA0), NAK);
    assert_int_equal(t.packet(PING), NAK);
    assert_int_equal(t.naks, 2);
    assert_int_equal(t.out(DATA1), ACK); // a duplicate needs no room
    t.dut->out_stall = 1;
    assert_int_equal(t.out(DATA0), STALL);
    assert_int_equal(t.packet(PING), STALL);
    t.dut->out_ready = 1;
    assert_int_equal(t.out(DATA0), STALL);
    t.dut->out_stall = 0;
    assert_int_equal(t.packet(PING), ACK);
    assert_int_equal(t.commits, 0);
}

static void nyet_says_that_this_packet_was_the_last_for_now(void **)
{
    Transactions t;
    for (int nyet = 0; nyet < 2; nyet++)
        for (int fast = 0; fast < 2; fast++) {
            t.dut->high_speed = fast;
            t.dut->line_is_j = 1;
            t.dut->out_nyet = nyet;
            t.dut->out_ready = 1;
            assert_int_equal(t.packet(OUT), NOTHING);
            t.dut->out_ready = 0; // the packet itself has taken the room
            assert_int_equal(t.packet(DATA0, 512), nyet && fast ? NYET : ACK);
            t.dut->out_ready = 1;
            assert_int_equal(t.out(DATA0), ACK);
        }
    assert_int_equal(t.commits, 8);
    assert_int_equal(t.nyets, 1);
    t.dut->out_nyet = 1;
    assert_int_equal(t.packet(OUT), NOTHING);
    t.dut->out_ready = 0;
    assert_int_equal(t.packet(DATA1, 512), ACK); // a duplicate takes no room in the end
}

static void broken_long_and_strange_data_gets_no_answer(void **)
{
    Transactions t;
    t.packet(OUT);
    assert_int_equal(t.packet(DATA0, 10, false), NOTHING);
    assert_int_equal(t.out(DATA0, 513), NOTHING);
    assert_int_equal(t.out(DATA2), NOTHING);
    assert_int_equal(t.out(MDATA), NOTHING);
    assert_int_equal(t.out(ACK), NOTHING);
    assert_int_equal(t.packet(DATA0, 10), NOTHING); // data without a token
    assert_int_equal(t.commits, 0);
    assert_false(t.dut->out_taking);
}

static void tokens_for_others_and_for_endpoints_that_are_not_there_get_no_answer(void **)
{
    Transactions t;
    assert_int_equal(t.packet(IN, 0, true, false), NOTHING);
    assert_int_equal(t.packet(PING, 0, true, false), NOTHING);
    assert_int_equal(t.packet(OUT, 0, true, false), NOTHING);
    assert_int_equal(t.packet(DATA0, 8), NOTHING);
    assert_int_equal(t.packet(IN, 0, false), NOTHING);
    assert_int_equal(t.packet(SETUP, 0, true, true, 1), NOTHING); // only endpoint 0 takes SETUP
    assert_int_equal(t.packet(DATA0, 8), NOTHING);
    t.dut->out_exists = t.dut->in_exists = 0;
    assert_int_equal(t.packet(IN), NOTHING);
    assert_int_equal(t.packet(PING), NOTHING);
    assert_int_equal(t.out(DATA0), NOTHING);
    assert_int_equal(t.commits + t.naks + t.setup_tokens, 0);
}

static void data_for_others_is_not_taken_after_a_broken_packet_of_ours(void **)
{
    Transactions t;
    t.packet(OUT);
    assert_true(t.dut->out_taking);
    t.packet(DATA0, 5, false);
    t.packet(OUT, 0, true, false);
    assert_false(t.dut->out_taking);
    assert_int_equal(t.packet(DATA0, 5), NOTHING);
    assert_int_equal(t.commits, 0);
}

static void setup_is_always_taken_but_only_eight_bytes_of_data0(void **)
{
    Transactions t;
    t.dut->out_ready = 0;
    t.dut->out_stall = 1;
    t.dut->out_toggle = 1;
    assert_int_equal(t.packet(SETUP, 0, true, true, 0), NOTHING);
    assert_int_equal(t.setup_tokens, 1);
    assert_int_equal(t.packet(DATA0, 8), ACK);
    assert_int_equal(t.commits, 1);
    const struct {
        Pid pid;
        unsigned length;
        bool good;
    } wrong[] = {{DATA1, 8, true}, {DATA0, 7, true}, {DATA0, 9, true}, {DATA0, 8, false}};
    for (const auto &w : wrong) {
        t.packet(SETUP, 0, true, true, 0);
        assert_int_equal(t.packet(w.pid, w.length, w.good), NOTHING);
    }
    assert_int_equal(t.commits, 1);
}

static void in_data_is_over_only_with_the_acknowledgement(void **)
{
    Transactions t;
    assert_int_equal(t.packet(IN), DATA0);
    assert_int_equal(t.packet(ACK), NOTHING);
    assert_true(t.sent == 1 && t.acks == 1 && t.retries == 0);
    t.dut->in_toggle = 1;
    assert_int_equal(t.packet(IN), DATA1);
    t.idle(150); // nothing comes
    assert_true(t.acks == 1 && t.retries == 1);
    assert_int_equal(t.packet(ACK), NOTHING); // too late: it is for somebody else
    assert_int_equal(t.acks, 1);
    assert_int_equal(t.packet(IN), DATA1);
    assert_int_equal(t.packet(ACK, 0, false), NOTHING);
    assert_true(t.acks == 1 && t.retries == 2);
    assert_int_equal(t.packet(IN), DATA1);
    assert_int_equal(t.packet(IN), DATA1); // the host asks again at once
    assert_int_equal(t.retries, 3);
    t.packet(ACK);
    assert_int_equal(t.acks, 2);
    t.dut->in_ready = 0;
    assert_int_equal(t.packet(IN), NAK);
    t.dut->in_stall = 1;
    assert_int_equal(t.packet(IN), STALL);
    assert_int_equal(t.packet(ACK), NOTHING);
    assert_int_equal(t.acks, 2);
    assert_int_equal(t.in_tokens, 7); // each was told, whatever the answer
    assert_int_equal(t.packet(IN, 0, true, false), NOTHING);
    assert_int_equal(t.packet(OUT), NOTHING);
    assert_int_equal(t.in_tokens, 7);
}

static void it_waits_for_the_host_as_long_as_section_7_1_19_says(void **)
{
    for (int fast = 0; fast < 2; fast++) {
        Transactions t;
        t.dut->high_speed = fast;
        t.dut->line_is_j = 1;
        assert_int_equal(t.packet(IN), DATA0);
        unsigned waited = 2;
        if (!fast) { // the PHY has the last two bytes yet to send, and shows J meanwhile
            for (int i = 0; i < 110; i++)
                t.clock();
            assert_int_equal(t.retries, 0);
            t.dut->line_is_j = 0;
            for (int i = 0; i < 10; i++)
                t.clock();
            t.dut->line_is_j = 1;
        }
        while (t.retries == 0 && waited < 200) {
            t.clock();
            waited++;
        }
        if (fast)
            assert_in_range(waited, 92, 102); // 736 to 816 bit times
        else
            assert_in_range(waited, 80, 90); // 16 to 18
    }
}

static void high_speed_answers_at_once_and_full_speed_after_two_bit_times_of_j(void **)
{
    Transactions t;
    assert_int_equal(t.packet(IN), DATA0);
    assert_in_range(t.answer_delay, 1, 4);
    t.packet(ACK);
    t.packet(OUT);
    assert_int_equal(t.packet(DATA0, 512), ACK);
    assert_in_range(t.answer_delay, 1, 4);
    t.dut->high_speed = 0;
    t.dut->line_is_j = 0;
    assert_int_equal(t.packet(IN), NOTHING); // still SE0
    t.dut->line_is_j = 1;
    unsigned delay = 0;
    for (t.dut->eval(); !t.dut->tx_start; t.dut->eval()) {
        t.clock();
        assert_true(++delay < 20);
    }
    assert_in_range(delay, 4, 10);
}

static void ping_is_not_for_full_speed(void **)
{
    Transactions t;
    t.dut->high_speed = 0;
    t.dut->line_is_j = 1;
    assert_int_equal(t.packet(PING), NOTHING);
}

static void a_token_instead_of_data_begins_a_new_transaction(void **)
{
    Transactions t;
    t.packet(OUT);
    assert_int_equal(t.packet(IN), DATA0);
    t.packet(ACK);
    t.packet(OUT);
    t.idle(150);
    assert_int_equal(t.packet(DATA0, 4), NOTHING); // too late
    assert_int_equal(t.out(DATA0), ACK);
    assert_int_equal(t.commits, 1);
}

static void an_answer_that_another_packet_overtakes_is_not_given(void **)
{
    for (unsigned fast = 0; fast < 2; fast++) {
        Transactions t;
        t.dut->high_speed = uint8_t(fast);
        t.dut->line_is_j = !fast;
        for (bool ours : {false, true}) {
            assert_int_equal(t.packet(IN, 0, true, true, 1, 1), NOTHING); // not yet
            const int answer = t.packet(IN, 0, true, ours, 2);
            assert_int_equal(answer, ours ? DATA0 : NOTHING);
            if (ours)
                assert_int_equal(t.dut->endpoint, 2);
            t.packet(ACK);
        }
    }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(out_data_is_acknowledged_and_committed_when_its_toggle_is_right),
    cmocka_unit_test(out_data_is_refused_without_room_and_stalled_when_halted),
    cmocka_unit_test(nyet_says_that_this_packet_was_the_last_for_now),
    cmocka_unit_test(broken_long_and_strange_data_gets_no_answer),
    cmocka_unit_test(tokens_for_others_and_for_endpoints_that_are_not_there_get_no_answer),
    cmocka_unit_test(data_for_others_is_not_taken_after_a_broken_packet_of_ours),
    cmocka_unit_test(setup_is_always_taken_but_only_eight_bytes_of_data0),
    cmocka_unit_test(in_data_is_over_only_with_the_acknowledgement),
    cmocka_unit_test(it_waits_for_the_host_as_long_as_section_7_1_19_says),
    cmocka_unit_test(high_speed_answers_at_once_and_full_speed_after_two_bit_times_of_j),
    cmocka_unit_test(ping_is_not_for_full_speed),
    cmocka_unit_test(a_token_instead_of_data_begins_a_new_transaction),
    cmocka_unit_test(an_answer_that_another_packet_overtakes_is_not_given),
};
RUN_TESTS(tests)
