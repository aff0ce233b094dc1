// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_filter.h"
#include "fake_transport.h"

#define IN_USE (UINT64_C(1) << 63)

static const struct weir_card_caps caps = {.features = WEIR_CAP_ARP, .mac_entries = 20, .arp_entries = 4};

static struct weir_wants interface(void)
{
    return (struct weir_wants){
        .up = true, .mac = {2, 0, 0, 0, 0, 9}, .ipv4 = {0x0A000001, 0x0A000002}, .ipv4_count = 2};
}

static void add(struct weir_wants *wants, uint8_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (wants->hw_count < WEIR_WANTS_HW)
            memcpy(wants->hw[wants->hw_count], (uint8_t[]){first, 0, 0x5E, 0, 0, (uint8_t)i}, 6);
        wants->hw_count++;
        wants->hw_unicast += !(first & 1);
    }
}

static uint32_t control_of(const struct weir_wants *wants)
{
    struct weir_filter filter;

    weir_filter_plan(&filter, &caps, wants, true);
    return filter.control;
}

static void the_interfaces_addresses_are_the_cards(void **state)
{
    struct weir_wants wants = interface();
    struct weir_filter filter;

    (void)state;
    add(&wants, 1, 2);
    weir_filter_plan(&filter, &caps, &wants, true);
    assert_int_equal(filter.control, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    assert_memory_equal(filter.mac[0].address, wants.mac, 6);
    assert_memory_equal(filter.mac[2].address, wants.hw[1], 6);
    assert_false(filter.mac[3].used);
    assert_int_equal(filter.arp[1], 0x0A000002);
    assert_int_equal(filter.arp[2], 0);
}

static void an_interface_that_is_down_hears_nothing(void **state)
{
    struct weir_wants wants = interface();

    (void)state;
    wants.up = false;
    assert_int_equal(control_of(&wants), 0);
}

static void more_groups_than_entries_mean_all_groups(void **state)
{
    struct weir_wants wants = interface();

    (void)state;
    add(&wants, 1, 19);
    assert_int_equal(control_of(&wants) & WEIR_RX_ALL_MULTICAST, 0);
    add(&wants, 1, 1);
    assert_int_equal(control_of(&wants), WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY | WEIR_RX_ALL_MULTICAST);
    add(&wants, 1, 1000);
    assert_int_equal(control_of(&wants), WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY | WEIR_RX_ALL_MULTICAST);
}

static void unicast_addresses_have_their_entries_before_groups(void **state)
{
    struct weir_wants wants = interface();
    struct weir_filter filter;

    (void)state;
    add(&wants, 1, 30);
    add(&wants, 2, 19);
    weir_filter_plan(&filter, &caps, &wants, true);
    for (unsigned i = 1; i < 20; i++)
        assert_int_equal(filter.mac[i].address[0], 2);
    assert_int_equal(filter.control, WEIR_RX_ENABLE | WEIR_RX_ALL_MULTICAST);
    add(&wants, 2, 1);
    assert_true(control_of(&wants) & WEIR_RX_PROMISCUOUS);
}

static void promiscuous_and_all_multicast_are_passed_on(void **state)
{
    struct weir_wants wants = interface();

    (void)state;
    wants.all_multicast = true;
    assert_true(control_of(&wants) & WEIR_RX_ALL_MULTICAST);
    wants.promiscuous = true;
    assert_true(control_of(&wants) & WEIR_RX_PROMISCUOUS);
}

// The card keeps requests for addresses that are not in its table from the host.
static void where_the_card_would_keep_a_request_from_the_kernel_the_kernel_answers(void **state)
{
    struct weir_wants none = interface(), many = interface(), stacked = interface(), listening = interface();
    struct weir_wants proxy = interface(), silent = interface();
    struct weir_wants *cases[] = {&none, &many, &stacked, &listening, &proxy, &silent};
    struct weir_filter filter;

    (void)state;
    none.ipv4_count = 0;
    many.ipv4_count = 5;
    add(&stacked, 2, 1);
    listening.promiscuous = proxy.proxy_arp = silent.no_arp = true;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_filter_plan(&filter, &caps, cases[i], true);
        assert_int_equal(filter.control & WEIR_RX_ARP_REPLY, 0);
        assert_int_equal(filter.arp[0], 0);
    }
    struct weir_wants wants = interface();
    weir_filter_plan(&filter, &caps, &wants, false);
    assert_int_equal(filter.control & WEIR_RX_ARP_REPLY, 0);
}

static void ignore(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

static void a_card_is_brought_up_to_date_also_after_an_error(void **state)
{
    struct fake_transport *fake = fake_transport_create();
    struct weir_card_receiver receiver = {.frame = ignore};
    char error[200];
    struct weir_card *card = weir_card_open(&fake->base, &receiver, error, sizeof error);
    struct weir_wants wants = interface();
    struct weir_filter wanted, now = {0};

    (void)state;
    assert_non_null(card);
    add(&wants, 1, 2);
    weir_filter_plan(&wanted, weir_card_caps(card), &wants, true);
    fake->control_errors = 10; // more than are made good
    assert_int_not_equal(weir_filter_program(card, &now, &wanted), 0);
    fake->control_errors = 0;
    assert_int_equal(weir_filter_program(card, &now, &wanted), 0);
    assert_true(fake->card.mac[0] == (IN_USE | UINT64_C(0x020000000009)));
    assert_true(fake->card.mac[2] == (IN_USE | UINT64_C(0x01005E000001)));
    assert_true(fake->card.arp[1] == (IN_USE | 0x0A000002));
    assert_int_equal(fake->card.rx_control & 0xFF, wanted.control);

    // One address less, and the groups are left.
    wants.ipv4_count = 1;
    wants.ipv4[1] = 0;
    wants.hw_count = 0;
    weir_filter_plan(&wanted, weir_card_caps(card), &wants, true);
    assert_int_equal(weir_filter_program(card, &now, &wanted), 0);
    assert_true(fake->card.arp[1] == 0 && fake->card.mac[1] == 0 && fake->card.mac[2] == 0);
    assert_true(fake->card.arp[0] == (IN_USE | 0x0A000001));
    fake->control_errors = 1000; // nothing is written when nothing has changed
    assert_int_equal(weir_filter_program(card, &now, &wanted), 0);
    fake->control_errors = 0;
    weir_card_close(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interfaces_addresses_are_the_cards),
        cmocka_unit_test(an_interface_that_is_down_hears_nothing),
        cmocka_unit_test(more_groups_than_entries_mean_all_groups),
        cmocka_unit_test(unicast_addresses_have_their_entries_before_groups),
        cmocka_unit_test(promiscuous_and_all_multicast_are_passed_on),
        cmocka_unit_test(where_the_card_would_keep_a_request_from_the_kernel_the_kernel_answers),
        cmocka_unit_test(a_card_is_brought_up_to_date_also_after_an_error),
    };
    return cmocka_run_group_tests_name("bridge_filter", tests, NULL, NULL);
}
