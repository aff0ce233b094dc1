// SPDX-License-Identifier: BSD-2-Clause
//
// What `weir selftest --phy` does to the PHY, and that it puts it back. The runner is a few lines here, for
// it is the card's answers that matter.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "fake_transport.h"
#include "selftest_phy.h"
#undef fail // cmocka's; here it is the tool's
#include "tool.h"

enum { CONTROL, STATUS, CONTROL_1000 = 9, EXTENDED_STATUS = 15 };
static const uint16_t LOOPBACK = 0x4000, AT_START = 0x1140, AT_START_1000 = 0x0200;

struct bench {
    struct runner runner;
    struct fake_transport *fake;
    struct selftest_phy phy;
    bool deaf; // the card is never told of the PHY's speed
};
static struct bench *bench;
static char said[500];

int fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    return EXIT_FAILED;
}

weir_time runner_now(const struct runner *runner)
{
    return weir_card_now(runner->card);
}

// Time passes, and phy_link looks at the PHY.
bool runner_step(struct runner *runner, weir_time deadline)
{
    struct fake_card *card = &bench->fake->card;
    unsigned control = card->phy[CONTROL];

    assert_int_equal(weir_card_poll(runner->card, deadline), 0);
    if (!bench->deaf && control & LOOPBACK)
        card->link = 1u |
                     (control & 0x40     ? 2u << 1
                      : control & 0x2000 ? 1u << 1
                                         : 0u) |
                     (control & 0x100 ? 8u : 0u);
    return !runner->interrupted;
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

static void plug(struct bench *b, bool gigabit)
{
    static const struct weir_card_receiver receiver = {.frame = on_frame};
    char error[200];

    *b = (struct bench){.fake = fake_transport_create()};
    bench = b;
    *said = '\0';
    struct fake_card *card = &b->fake->card;
    card->features |= WEIR_CAP_MDIO;
    card->link = 0;
    card->phy[CONTROL] = gigabit ? AT_START : 0x3100;
    card->phy[STATUS] = gigabit ? 0x7949 : 0x7809;
    card->phy[CONTROL_1000] = AT_START_1000;
    card->phy[EXTENDED_STATUS] = gigabit ? 0x3000 : 0xFFFF; // which such a PHY does not have
    b->runner.card = weir_card_open(&b->fake->base, &receiver, error, sizeof error);
    assert_non_null(b->runner.card);
}

static void the_phy_loops_back_at_its_best_and_is_as_it_was_behind_it(void **state)
{
    (void)state;
    for (int gigabit = 0; gigabit < 2; gigabit++) {
        struct bench b;
        plug(&b, gigabit);
        const uint16_t *phy = b.fake->card.phy;
        const uint16_t before = phy[CONTROL];
        assert_int_equal(selftest_phy_begin(&b.phy, &b.runner), EXIT_FINE);
        assert_int_equal(phy[CONTROL], gigabit ? 0x4140 : 0x6100);
        assert_int_equal(phy[CONTROL_1000], gigabit ? 0x1200 : AT_START_1000);
        assert_int_equal(b.fake->card.link, gigabit ? 0xD : 0xB);
        assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FINE), EXIT_FINE);
        assert_int_equal(phy[CONTROL], before | 0x0200); // it negotiates anew
        assert_int_equal(phy[CONTROL_1000], AT_START_1000);
        unsigned writes = b.fake->card.mdio_writes;
        assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FAILED), EXIT_FAILED);
        assert_int_equal(b.fake->card.mdio_writes, writes);
        weir_card_close(b.runner.card);
    }
}

static void a_signal_or_a_phy_without_loopback_leaves_it_as_it_was(void **state)
{
    (void)state;
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        struct bench b;
        plug(&b, true);
        b.runner.interrupted = interrupted;
        b.deaf = true;
        assert_int_equal(selftest_phy_begin(&b.phy, &b.runner), EXIT_FAILED);
        assert_int_equal(!strstr(said, "does not take loopback"), interrupted);
        assert_int_equal(b.fake->card.phy[CONTROL] & LOOPBACK, LOOPBACK);
        assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FAILED), EXIT_FAILED);
        assert_int_equal(b.fake->card.phy[CONTROL], AT_START | 0x0200);
        assert_int_equal(b.fake->card.phy[CONTROL_1000], AT_START_1000);
        weir_card_close(b.runner.card);
    }
}

static void a_phy_that_was_left_in_loopback_is_put_right(void **state)
{
    (void)state;
    struct bench b;

    plug(&b, true);
    b.fake->card.phy[CONTROL] = 0x4140;
    b.fake->card.phy[CONTROL_1000] = 0x1200;
    assert_int_equal(selftest_phy_begin(&b.phy, &b.runner), EXIT_FINE);
    assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FINE), EXIT_FINE);
    assert_int_equal(b.fake->card.phy[CONTROL], 0x1200);
    assert_int_equal(b.fake->card.phy[CONTROL_1000], AT_START_1000);
    weir_card_close(b.runner.card);
}

static void what_is_in_the_way_is_told_with_what_to_measure(void **state)
{
    (void)state;
    struct bench b;

    plug(&b, true);
    b.fake->card.no_phy = true;
    assert_int_equal(selftest_phy_begin(&b.phy, &b.runner), EXIT_FAILED);
    assert_non_null(strstr(said, "MDC"));
    assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FAILED), EXIT_FAILED);
    assert_int_equal(b.fake->card.mdio_writes, 0);
    b.fake->card.no_phy = false;
    assert_int_equal(selftest_phy_begin(&b.phy, &b.runner), EXIT_FINE);
    b.fake->card.no_phy = true; // it goes in the middle of it
    assert_int_equal(selftest_phy_end(&b.phy, &b.runner, EXIT_FINE), EXIT_FAILED);
    assert_non_null(strstr(said, "may still loop back"));
    weir_card_close(b.runner.card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phy_loops_back_at_its_best_and_is_as_it_was_behind_it),
        cmocka_unit_test(a_signal_or_a_phy_without_loopback_leaves_it_as_it_was),
        cmocka_unit_test(a_phy_that_was_left_in_loopback_is_put_right),
        cmocka_unit_test(what_is_in_the_way_is_told_with_what_to_measure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
