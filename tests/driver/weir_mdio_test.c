// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_transport.h"
#include "weir_card.h"

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

static struct weir_card *open_card(struct fake_transport **fake, uint32_t features)
{
    static const struct weir_card_receiver receiver = {.frame = on_frame};
    char error[200];

    *fake = fake_transport_create();
    (*fake)->card.features |= features;
    struct weir_card *card = weir_card_open(&(*fake)->base, &receiver, error, sizeof error);
    assert_non_null(card);
    return card;
}

static void registers_of_the_phy_are_read_and_written_however_long_it_takes(void **state)
{
    (void)state;
    for (unsigned looks = 0; looks < 20; looks += 3) {
        struct fake_transport *fake;
        struct weir_card *card = open_card(&fake, WEIR_CAP_MDIO);
        fake->card.mdio_looks = looks;
        for (uint8_t i = 0; i < 32; i++) {
            uint16_t value = 0, wanted = (uint16_t)(i * 2051 + looks);
            fake->card.phy[i] = wanted;
            assert_int_equal(weir_card_mdio_read(card, i, &value), 0);
            assert_int_equal(value, wanted);
            assert_int_equal(weir_card_mdio_write(card, i, (uint16_t)~wanted), 0);
            assert_int_equal(fake->card.phy[i], (uint16_t)~wanted);
        }
        assert_int_equal(fake->card.mdio_writes, 32);
        weir_card_close(card);
    }
}

static void an_access_waits_for_the_one_that_somebody_else_has_begun(void **state)
{
    (void)state;
    struct fake_transport *fake;
    struct weir_card *card = open_card(&fake, WEIR_CAP_MDIO);
    uint16_t value = 0;

    fake->card.phy[2] = 0x0022;
    fake->card.looks_left = 5;
    assert_int_equal(weir_card_mdio_read(card, 2, &value), 0);
    assert_int_equal(value, 0x0022);
    fake->control_errors = 2; // and lost requests are made again
    assert_int_equal(weir_card_mdio_read(card, 2, &value), 0);
    weir_card_close(card);
}

static void what_cannot_be_is_told_apart(void **state)
{
    (void)state;
    struct fake_transport *fake;
    struct weir_card *card = open_card(&fake, 0);
    uint16_t value = 7;

    assert_int_equal(weir_card_mdio_read(card, 2, &value), -EOPNOTSUPP);
    assert_int_equal(weir_card_mdio_write(card, 2, 1), -EOPNOTSUPP);
    weir_card_close(card);
    card = open_card(&fake, WEIR_CAP_MDIO);
    assert_int_equal(weir_card_mdio_read(card, 32, &value), -EINVAL);
    fake->card.no_phy = true;
    assert_int_equal(weir_card_mdio_read(card, 2, &value), -ENXIO);
    assert_int_equal(weir_card_mdio_write(card, 2, 1), -ENXIO);
    fake->card.no_phy = false;
    fake->card.mdio_looks = 1000000;
    assert_int_equal(weir_card_mdio_read(card, 2, &value), -ETIMEDOUT);
    assert_int_equal(value, 7);
    fake->unplugged = true;
    assert_int_equal(weir_card_mdio_read(card, 2, &value), -ENODEV);
    weir_card_close(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registers_of_the_phy_are_read_and_written_however_long_it_takes),
        cmocka_unit_test(an_access_waits_for_the_one_that_somebody_else_has_begun),
        cmocka_unit_test(what_cannot_be_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
