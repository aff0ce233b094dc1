// SPDX-License-Identifier: BSD-2-Clause
#include "cmocka_test.h"

#include <string.h>

#include "ethernet_phy.h"
#include "weir_link.h"

static const uint8_t UP_1000 = 1 | 2 << 1 | 8;

// An access as the card makes it: {answered, data}.
static uint32_t ask(struct ethernet_phy *phy, uint32_t request)
{
    uint32_t answer = 0;
    unsigned clocks = 1;

    while (!ethernet_phy_clock(phy, true, request, &answer))
        clocks++;
    assert_int_equal(clocks, 3200); // 64 bits of 400 ns
    assert_false(ethernet_phy_clock(phy, false, 0, &answer));
    return answer;
}

static uint32_t reg(unsigned number)
{
    return number << WEIR_MDIO_REGISTER_SHIFT;
}

static void write_reg(struct ethernet_phy *phy, unsigned number, uint16_t value)
{
    uint32_t answer;

    assert_true(ask(phy, WEIR_MDIO_WRITE | reg(number) | value) & WEIR_MDIO_ANSWERED);
    while (phy->link_left) // until the card has been told
        ethernet_phy_clock(phy, false, 0, &answer);
}

static void its_registers_tell_what_it_is_and_of_its_link(void **state)
{
    struct ethernet_phy phy;

    (void)state;
    ethernet_phy_init(&phy, WEIR_SIM_PHY_SOUND);
    assert_int_equal(phy.link, UP_1000);
    assert_int_equal(ask(&phy, reg(2)), WEIR_MDIO_ANSWERED | 0x0022);
    assert_int_equal(ask(&phy, reg(3)), WEIR_MDIO_ANSWERED | 0x1622);
    assert_int_equal(ask(&phy, reg(1)) & 0x0024, 0x0024);
    ethernet_phy_plug(&phy, false);
    assert_int_equal(phy.link, 0);
    assert_int_equal(ask(&phy, reg(1)) & 0x0024, 0);
    write_reg(&phy, 2, 0xABCD); // read-only
    assert_int_equal(ask(&phy, reg(2)), WEIR_MDIO_ANSWERED | 0x0022);
}

static void it_loops_back_at_1000_as_a_slave_and_nothing_otherwise(void **state)
{
    struct ethernet_phy phy;

    (void)state;
    ethernet_phy_init(&phy, WEIR_SIM_PHY_SOUND);
    ethernet_phy_plug(&phy, false);
    write_reg(&phy, 0, 0x4140);
    assert_int_equal(phy.path, ETHERNET_PHY_NOWHERE);
    write_reg(&phy, 9, 0x1200);
    assert_int_equal(phy.path, ETHERNET_PHY_LOOP);
    assert_int_equal(phy.link, UP_1000);
    write_reg(&phy, 0, 0x6100);
    assert_int_equal(phy.path, ETHERNET_PHY_NOWHERE);
    assert_int_equal(phy.link, 1 | 1 << 1 | 8);
    write_reg(&phy, 0, 0x1340);
    assert_int_equal(phy.path, ETHERNET_PHY_CABLE);
    assert_int_equal(ask(&phy, reg(0)), WEIR_MDIO_ANSWERED | 0x1140);
    assert_int_equal(phy.link, 0);
}

static void it_is_set_up_anew_when_the_card_asks_for_that(void **state)
{
    struct ethernet_phy phy;

    (void)state;
    ethernet_phy_init(&phy, WEIR_SIM_PHY_SOUND);
    write_reg(&phy, 9, 0x1200);
    write_reg(&phy, 0, 0x4140);
    ask(&phy, WEIR_MDIO_WRITE << 1);
    assert_int_equal(phy.path, ETHERNET_PHY_CABLE);
    assert_int_equal(ask(&phy, reg(9)), WEIR_MDIO_ANSWERED | 0x0200);
}

static void one_that_is_not_there_answers_nothing_and_passes_nothing(void **state)
{
    struct ethernet_phy phy;

    (void)state;
    ethernet_phy_init(&phy, WEIR_SIM_PHY_NONE);
    assert_int_equal(phy.link, 0);
    assert_int_equal(ask(&phy, reg(2)) & WEIR_MDIO_ANSWERED, 0);
    assert_int_equal(ask(&phy, WEIR_MDIO_WRITE | 0x4140) & WEIR_MDIO_ANSWERED, 0);
    ethernet_phy_plug(&phy, false);
    ethernet_phy_plug(&phy, true);
    assert_int_equal(phy.link, 0);
    assert_int_equal(phy.path, ETHERNET_PHY_NOWHERE);
}

static void a_noisy_one_damages_a_bit_of_each_sixteenth_frame(void **state)
{
    (void)state;
    for (unsigned noisy = 0; noisy < 2; noisy++) {
        struct ethernet_phy phy;
        unsigned damaged = 0;
        ethernet_phy_init(&phy, noisy ? WEIR_SIM_PHY_NOISY : WEIR_SIM_PHY_SOUND);
        for (unsigned frame = 0; frame < 64; frame++) {
            for (unsigned i = 0; i < 84; i++) {
                struct gmii_pins sent = {.data = (uint8_t)(i + frame), .valid = i < 72};
                ethernet_phy_loop(&phy, sent);
                assert_int_equal(phy.loop.valid, sent.valid);
                damaged += phy.loop.data != sent.data;
            }
        }
        assert_int_equal(damaged, noisy ? 4 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_registers_tell_what_it_is_and_of_its_link),
        cmocka_unit_test(it_loops_back_at_1000_as_a_slave_and_nothing_otherwise),
        cmocka_unit_test(it_is_set_up_anew_when_the_card_asks_for_that),
        cmocka_unit_test(one_that_is_not_there_answers_nothing_and_passes_nothing),
        cmocka_unit_test(a_noisy_one_damages_a_bit_of_each_sixteenth_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
