// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_port.h"
#include "usb_bench.h"

enum Line { SE0 = 0, J = 1, K = 2 };
static const uint64_t US = 60, MS = 60000; // clocks

struct Port : Bench<Vusb_port> {
    unsigned resets = 0;

    Port()
    {
        dut->rx_active = dut->wake = dut->test_mode = 0;
        dut->line_state = J;
        dut->tx_ready = 1;
        reset();
    }
    void drive(Line line, uint64_t count)
    {
        dut->line_state = line;
        while (count-- > 0) {
            tick();
            resets += dut->bus_reset;
        }
    }
    // Clocks until `done`.
    template <typename Done> uint64_t until(Line line, uint64_t limit, Done done)
    {
        const uint64_t begin = clocks;
        while (!done()) {
            assert_true(clocks - begin < limit);
            drive(line, 1);
        }
        return clocks - begin;
    }
    bool chirping()
    {
        return dut->chirp && dut->op_mode == 2 && dut->xcvr_select == 0 && dut->term_select;
    }
    bool full_speed()
    {
        return dut->xcvr_select == 1 && dut->term_select && dut->op_mode == 0;
    }
    bool fast()
    {
        return dut->xcvr_select == 0 && !dut->term_select && dut->op_mode == 0;
    }
    // A reset from here to the end of the device's chirp; returns the clocks from SE0 to the begin of the
    // chirp.
    uint64_t chirp()
    {
        const uint64_t delay = until(SE0, 4 * MS, [&] { return chirping(); });
        assert_in_range(until(K, 7 * MS, [&] { return !dut->chirp; }), 1 * MS, 2 * MS);
        return delay;
    }
    void hub_chirps(unsigned pairs, uint64_t length)
    {
        drive(SE0, 20 * US);
        for (unsigned i = 0; i < pairs; i++) {
            drive(K, length);
            drive(J, length);
        }
    }
    void reach_high_speed()
    {
        chirp();
        hub_chirps(3, 50 * US);
        assert_true(fast());
        drive(SE0, 100);
        assert_true(dut->enabled && dut->high_speed);
    }
    void reach_full_speed()
    {
        chirp();
        drive(SE0, 8 * MS);
        drive(J, 100);
        assert_true(full_speed() && dut->enabled && !dut->high_speed);
    }
    void suspend()
    {
        if (dut->high_speed)
            drive(SE0, 181000);
        drive(J, 6 * MS);
        assert_true(!dut->suspend_n && dut->suspended);
    }
    // The card drives K as a resume: full-speed transceiver, neither bit stuffing nor NRZI, zeros.
    bool driving_k()
    {
        return dut->chirp && !dut->chirp_j && dut->op_mode == 2 && dut->xcvr_select == 1 &&
               dut->term_select && dut->suspend_n;
    }
    void end_resume(bool fast)
    {
        drive(SE0, 80);
        if (!fast)
            drive(J, 100);
        assert_true(dut->enabled && !dut->suspended && dut->high_speed == fast);
        assert_true(fast ? this->fast() : full_speed());
        assert_int_equal(resets, 1);
    }
};

static void it_attaches_at_full_speed_and_takes_no_packets_before_a_reset(void **)
{
    Port p;
    p.drive(J, 1 * MS);
    assert_true(p.full_speed() && p.dut->suspend_n && !p.dut->enabled);
}

static void se0_of_2_5_us_is_a_reset_and_less_is_not(void **)
{
    Port p;
    for (int i = 0; i < 20; i++) {
        p.drive(SE0, 148);
        p.drive(J, 10);
    }
    assert_int_equal(p.resets, 0);
    assert_in_range(p.chirp(), 150, 3 * MS);
    assert_int_equal(p.resets, 1);
}

static void three_pairs_of_host_chirps_lead_to_high_speed(void **)
{
    Port p;
    p.reach_high_speed();
    assert_int_equal(p.resets, 1);
    Port two;
    two.chirp();
    two.hub_chirps(2, 50 * US);
    assert_false(two.fast());
}

static void chirps_shorter_than_2_5_us_do_not_count(void **)
{
    Port p;
    p.chirp();
    p.hub_chirps(100, 140);
    assert_false(p.fast());
    p.drive(SE0, 3 * MS);
    assert_true(p.full_speed());
}

static void without_host_chirps_it_falls_back_to_full_speed_within_2_5_ms(void **)
{
    Port p;
    p.chirp();
    assert_in_range(p.until(SE0, 4 * MS, [&] { return p.full_speed(); }), 1 * MS, 5 * MS / 2);
    p.drive(SE0, 8 * MS); // the reset goes on: no second chirp
    assert_true(p.full_speed() && !p.dut->enabled);
    assert_int_equal(p.resets, 1);
    p.drive(J, 10);
    assert_true(p.dut->enabled && !p.dut->high_speed);
}

static void full_speed_suspends_after_3_ms_of_j_but_not_with_traffic(void **)
{
    Port p;
    p.reach_full_speed();
    for (int i = 0; i < 5; i++) {
        p.drive(J, 1 * MS);
        p.drive(K, 5);
    }
    assert_false(p.dut->suspended);
    assert_in_range(p.until(J, 4 * MS, [&] { return p.dut->suspended; }), 3 * MS, 4 * MS);
    assert_true(p.dut->enabled && p.dut->suspend_n);
    assert_in_range(p.until(J, 4 * MS, [&] { return !p.dut->suspend_n; }), 2 * MS, 7 * MS);
}

static void in_high_speed_3_ms_of_silence_and_then_j_is_suspend(void **)
{
    Port p;
    p.reach_high_speed();
    const uint64_t silence = p.until(SE0, 4 * MS, [&] { return p.full_speed(); });
    assert_in_range(silence + 100, 3 * MS, 3 * MS + 125 * US);
    assert_false(p.dut->enabled);
    p.drive(SE0, 10); // the pull-up needs a moment
    assert_in_range(p.until(J, 1 * MS, [&] { return p.dut->suspended; }), 90 * US, 875 * US);
    assert_in_range(p.until(J, 4 * MS, [&] { return !p.dut->suspend_n; }), 2 * MS, 6 * MS);
    assert_int_equal(p.resets, 1);
}

static void in_high_speed_3_ms_of_silence_and_then_se0_is_reset(void **)
{
    Port p;
    p.reach_high_speed();
    const uint64_t delay = p.chirp();
    assert_in_range(delay, 3 * MS + 100 * US, 4 * MS);
    assert_int_equal(p.resets, 2);
    assert_false(p.dut->enabled);
    p.hub_chirps(3, 50 * US);
    assert_true(p.fast() && p.dut->enabled);
}

static void in_high_speed_packets_and_a_line_in_use_are_no_silence(void **)
{
    Port p;
    p.reach_high_speed();
    for (int i = 0; i < 10; i++) {
        p.drive(SE0, 1 * MS);
        p.dut->rx_active = 1; // a PHY need not tell of each change of the line
        p.drive(SE0, 1);
        p.dut->rx_active = 0;
    }
    p.drive(J, 4 * MS); // the host still chirps
    assert_true(p.fast() && p.dut->enabled);
}

static void a_resume_goes_back_to_the_speed_of_before(void **)
{
    for (int fast = 0; fast < 2; fast++) {
        Port p;
        if (fast)
            p.reach_high_speed();
        else
            p.reach_full_speed();
        p.suspend();
        p.drive(K, 20 * MS);
        assert_true(p.dut->suspend_n && p.full_speed());
        p.end_resume(fast);
    }
}

static void the_card_wakes_the_host_with_2_ms_of_k_and_the_host_takes_over(void **)
{
    for (int fast = 0; fast < 2; fast++) {
        Port p;
        if (fast)
            p.reach_high_speed();
        else
            p.reach_full_speed();
        p.suspend();
        p.dut->wake = 1;
        p.dut->eval();
        assert_true(p.dut->suspend_n); // with no clock, which the PHY may have stopped
        p.until(J, 20, [&] { return p.driving_k(); });
        assert_in_range(p.until(K, 15 * MS, [&] { return !p.dut->chirp; }), 1 * MS, 15 * MS);
        p.drive(K, 20 * MS);
        assert_true(p.full_speed() && p.dut->suspended);
        p.end_resume(fast);
    }
}

static void the_card_wakes_nobody_before_5_ms_of_idle_bus(void **)
{
    Port p;
    p.reach_full_speed();
    p.dut->wake = 1;
    p.drive(K, 5); // the last traffic
    const uint64_t idle = p.until(J, 10 * MS, [&] { return p.dut->chirp; });
    assert_in_range(idle, 5 * MS, 6 * MS);

    Port awake;
    awake.reach_high_speed();
    awake.dut->wake = 1;
    for (int i = 0; i < 20; i++) {
        awake.drive(SE0, 1 * MS);
        awake.drive(J, 10);
        assert_false(awake.dut->chirp);
    }
}

static void a_host_that_does_not_answer_is_asked_once_for_each_request(void **)
{
    Port p;
    p.reach_full_speed();
    p.suspend();
    for (int i = 0; i < 3; i++) {
        p.dut->wake = 1;
        p.until(J, 20, [&] { return p.driving_k(); });
        p.until(K, 15 * MS, [&] { return !p.dut->chirp; });
        for (int quiet = 0; quiet < 10 * MS; quiet += 10) {
            p.drive(J, 10);
            assert_false(p.dut->chirp);
        }
        assert_true(p.dut->suspended && !p.dut->suspend_n);
        p.dut->wake = 0;
        p.drive(J, 10);
    }
    p.drive(K, 20 * MS); // and then the host resumes by itself
    p.end_resume(false);
}

static void a_reset_may_come_while_the_card_wakes_the_host(void **)
{
    Port p;
    p.reach_high_speed();
    p.suspend();
    p.dut->wake = 1;
    p.until(J, 20, [&] { return p.driving_k(); });
    p.until(K, 15 * MS, [&] { return !p.dut->chirp; });
    assert_in_range(p.chirp(), 150, 3 * MS);
    assert_int_equal(p.resets, 2);
}

// ---- Test modes ----

static void a_test_mode_begins_after_the_status_stage_and_never_ends(void **)
{
    for (int mode = 1; mode <= 4; mode++) {
        Port p;
        p.reach_high_speed();
        p.dut->test_mode = uint8_t(mode);
        for (int i = 0; i < 10; i++) { // the bus still works, and carries the status stage
            p.drive(SE0, 6000);
            assert_true(p.fast() && p.dut->enabled && !p.dut->testing && !p.dut->chirp);
        }
        assert_in_range(p.until(SE0, 3 * MS, [&] { return p.dut->testing; }), 1, 2 * MS);
        p.drive(SE0, 10);
        const bool drives = mode <= 2; // J, K
        for (int i = 0; i < 30; i++) {
            p.drive(i & 1 ? SE0 : J, 1 * MS); // neither reset nor suspend
            assert_true(p.dut->testing && p.dut->chirp == drives && p.dut->op_mode == (drives ? 2 : 0));
            assert_true(p.dut->xcvr_select == 0 && !p.dut->term_select && p.dut->suspend_n);
            if (drives)
                assert_int_equal(p.dut->chirp_j, mode == 1);
        }
        assert_int_equal(p.resets, 1);
        p.dut->test_mode = 0;
        p.reset(); // power cycle
        assert_true(!p.dut->testing && !p.dut->chirp);
    }
}

static void a_glitch_does_not_end_suspend_for_good(void **)
{
    Port p;
    p.reach_high_speed();
    p.suspend();
    p.drive(K, 20);
    p.drive(J, 100);
    assert_true(!p.dut->suspend_n && !p.dut->enabled);
    p.drive(SE0, 20);
    p.drive(J, 100);
    assert_true(!p.dut->suspend_n && !p.dut->enabled);
    assert_int_equal(p.resets, 1);
}

static void a_reset_wakes_from_suspend(void **)
{
    Port p;
    p.reach_high_speed();
    p.suspend();
    assert_in_range(p.chirp(), 150, 3 * MS);
    assert_int_equal(p.resets, 2);
    assert_true(p.dut->suspend_n);
}

// A PHY whose clock goes on in low power needs a millisecond to wake, in which it takes nothing.
static void a_k_lasts_a_millisecond_from_when_the_transceiver_takes_it(void **)
{
    Port p;
    p.dut->tx_ready = 0;
    p.until(SE0, 4 * MS, [&] { return p.chirping(); });
    p.drive(SE0, 2 * MS);
    assert_true(p.chirping());
    p.dut->tx_ready = 1;
    p.drive(K, 1);
    p.dut->tx_ready = 0; // one byte is enough
    assert_in_range(p.until(K, 7 * MS, [&] { return !p.dut->chirp; }), 1 * MS, 2 * MS);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(a_k_lasts_a_millisecond_from_when_the_transceiver_takes_it),
    cmocka_unit_test(it_attaches_at_full_speed_and_takes_no_packets_before_a_reset),
    cmocka_unit_test(se0_of_2_5_us_is_a_reset_and_less_is_not),
    cmocka_unit_test(three_pairs_of_host_chirps_lead_to_high_speed),
    cmocka_unit_test(chirps_shorter_than_2_5_us_do_not_count),
    cmocka_unit_test(without_host_chirps_it_falls_back_to_full_speed_within_2_5_ms),
    cmocka_unit_test(full_speed_suspends_after_3_ms_of_j_but_not_with_traffic),
    cmocka_unit_test(in_high_speed_3_ms_of_silence_and_then_j_is_suspend),
    cmocka_unit_test(in_high_speed_3_ms_of_silence_and_then_se0_is_reset),
    cmocka_unit_test(in_high_speed_packets_and_a_line_in_use_are_no_silence),
    cmocka_unit_test(a_resume_goes_back_to_the_speed_of_before),
    cmocka_unit_test(the_card_wakes_the_host_with_2_ms_of_k_and_the_host_takes_over),
    cmocka_unit_test(the_card_wakes_nobody_before_5_ms_of_idle_bus),
    cmocka_unit_test(a_host_that_does_not_answer_is_asked_once_for_each_request),
    cmocka_unit_test(a_reset_may_come_while_the_card_wakes_the_host),
    cmocka_unit_test(a_test_mode_begins_after_the_status_stage_and_never_ends),
    cmocka_unit_test(a_glitch_does_not_end_suspend_for_good),
    cmocka_unit_test(a_reset_wakes_from_suspend),
};
RUN_TESTS(tests)
