// SPDX-License-Identifier: BSD-2-Clause
//
// The device core: suspend, remote wake-up, and the test modes.
#include "usb_core_bench.h"

static void suspend_puts_the_phy_to_sleep_and_resume_brings_high_speed_back(void **)
{
    Card card;
    assert_enumerates(card);
    usb_host *host = card.host.get();
    for (unsigned i = 0; i < 3; i++) {
        assert_true(card.suspend());
        card.run(100000);
        assert_int_equal(host->phy.state, USB_PHY_LOW_POWER);
        assert_true(usb_host_resume(host));
        assert_true(card.awake());
        Bytes data = pattern(300, i);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        card.run(1000);
        assert_true(card.transfers.size() == i + 1 && card.transfers.back() == data);
        assert_true(card.core->configured && card.core->high_speed && !card.core->suspended);
    }
    assert_int_equal(card.flushes, 2);
    assert_int_equal(host->stats.remote_wakeups, 0);
}

// ---- Remote wake-up ----

static void the_card_wakes_a_host_that_allows_it(void **)
{
    Card card;
    assert_enumerates(card);
    usb_host *host = card.host.get();
    for (unsigned i = 0; i < 3; i++) {
        Bytes status(2), data = pattern(300, i);
        assert_int_equal(card.control(0x00, 3, 1, 0), WEIR_USB_OK);
        assert_int_equal(card.control(0x80, 0, 0, 0, status), WEIR_USB_OK);
        assert_int_equal(status[0], 2);
        assert_true(card.suspend());
        card.core->wake_request = 1;
        assert_true(card.run(70000, [&] { return host->phy.device == USB_LINE_K; })); // the PHY takes 1 ms
        const uint64_t begin = card.clock;
        assert_true(card.run(1000000, [&] { return host->phy.device == USB_LINE_FREE; }));
        assert_in_range(card.clock - begin, 60000, 900000);
        assert_true(card.awake());
        assert_int_equal(host->stats.remote_wakeups, i + 1);
        card.core->wake_request = 0;
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        assert_true(card.core->high_speed && !card.core->suspended);
    }
    card.run(1000);
    assert_int_equal(card.transfers.size(), 3);
    assert_int_equal(card.flushes, 2);
}

static void the_card_leaves_a_host_asleep_that_does_not_allow_waking(void **)
{
    Card card;
    assert_enumerates(card);
    usb_host *host = card.host.get();
    for (int i = 0; i < 2; i++) {
        assert_true(card.suspend());
        card.core->wake_request = 1;
        for (int clock = 0; clock < 300000; clock++) {
            card.step();
            assert_int_equal(host->phy.state, USB_PHY_LOW_POWER);
        }
        card.core->wake_request = 0;
        assert_true(usb_host_resume(host));
        assert_true(card.awake());
        assert_int_equal(card.control(0x00, 3, 1, 0), WEIR_USB_OK); // allowed, and forbidden again
        assert_int_equal(card.control(0x00, 1, 1, 0), WEIR_USB_OK);
    }
}

// ---- Test modes (USB 2.0 section 7.1.20) ----

// The card in that test mode, on a bus on which the host has fallen silent.
static void enter_test_mode(Card &card, unsigned mode)
{
    assert_enumerates(card);
    assert_int_equal(card.control(0x00, 3, 2, uint16_t(mode << 8)), WEIR_USB_OK);
    card.host->port = USB_PORT_OFF;
    card.host->event = USB_NEVER;
    card.run(3 * 60000);
}

// The next packet the PHY sends; empty when there is none for 20 us.
static Bytes next_packet(Card &card)
{
    usb_phy &phy = card.host->phy;
    phy.tx_ready = false;
    if (!card.run(1200, [&] { return phy.tx_ready; }))
        return {};
    return Bytes(phy.tx, phy.tx + phy.tx_length);
}

static void test_j_and_test_k_drive_the_line_for_good(void **)
{
    for (unsigned mode = 1; mode <= 2; mode++) {
        Card card;
        enter_test_mode(card, mode);
        const usb_phy &phy = card.host->phy;
        for (int i = 0; i < 600000; i++) { // 10 ms: neither suspend nor reset ends it
            card.step();
            assert_int_equal(phy.device, mode == 1 ? USB_LINE_J : USB_LINE_K);
            assert_int_equal(phy.function_control & (USB_XCVR_SELECT | USB_TERM_SELECT), USB_XCVR_HIGH_SPEED);
        }
    }
}

static void test_se0_nak_answers_each_in_token_with_nak_and_nothing_else(void **)
{
    Card card;
    enter_test_mode(card, 3);
    usb_phy &phy = card.host->phy;
    card.write_in(pattern(600, 1));
    uint8_t packet[USB_PACKET_MAX];
    for (uint8_t address = 0; address < 4; address++)
        for (uint8_t endpoint = 0; endpoint < 4; endpoint++) {
            usb_phy_send(&phy, packet, usb_token(packet, USB_PID_IN, address, endpoint), card.host->clock);
            assert_true(next_packet(card) == Bytes{USB_PID_NAK});
            usb_phy_send(&phy, packet, usb_token(packet, USB_PID_PING, address, endpoint), card.host->clock);
            assert_true(next_packet(card).empty());
            usb_phy_send(&phy, packet, usb_token(packet, USB_PID_SETUP, address, endpoint), card.host->clock);
            card.run(30);
            const uint8_t request[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
            usb_phy_send(&phy, packet, usb_data_packet(packet, false, request, 8), card.host->clock);
            assert_true(next_packet(card).empty());
        }
    usb_token(packet, USB_PID_IN, 1, 0);
    packet[2] ^= 0x80; // a wrong CRC
    usb_phy_send(&phy, packet, 3, card.host->clock);
    assert_true(next_packet(card).empty());
    card.run(600000); // 10 ms of silence are neither reset nor suspend
    assert_true(usb_phy_high_speed(&phy));
    usb_phy_send(&phy, packet, usb_token(packet, USB_PID_IN, 1, 0), card.host->clock);
    assert_true(next_packet(card) == Bytes{USB_PID_NAK});
}

static void test_packet_is_sent_over_and_over(void **)
{
    Card card;
    enter_test_mode(card, 4);
    next_packet(card); // one that was under way
    uint64_t last_end = 0;
    for (int i = 0; i < 1000; i++) {
        const Bytes packet = next_packet(card);
        assert_int_equal(packet.size(), 56);
        assert_int_equal(packet[0], USB_PID_DATA0);
        assert_true(usb_data_packet_valid(packet.data(), packet.size()));
        assert_true(packet[10] == 0xAA && packet[26] == 0xFE && packet[53] == 0x7E);
        assert_true(packet[54] == 0xB6 && packet[55] == 0xCE);
        if (last_end) // at least 88 bit times between two packets (7.1.18.2)
            assert_in_range(card.host->phy.tx_begin - last_end, 11, 200);
        last_end = card.host->phy.tx_end;
    }
}

static void the_status_stage_of_a_test_mode_may_be_repeated_on_a_bad_cable(void **)
{
    const weir_usb_faults faults = {0, 0, 300000}; // the host loses handshakes, or data, of the card
    for (uint64_t seed = 1; seed <= 8; seed++) {
        Card card({}, seed);
        assert_enumerates(card);
        card.host->faults = faults;
        weir_usb_status status = WEIR_USB_ERROR;
        for (int tries = 0; tries < 5 && status != WEIR_USB_OK; tries++)
            status = card.control(0x00, 3, 2, 0x0300);
        assert_int_equal(status, WEIR_USB_OK);
    }
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(suspend_puts_the_phy_to_sleep_and_resume_brings_high_speed_back),
        cmocka_unit_test(the_card_wakes_a_host_that_allows_it),
        cmocka_unit_test(the_card_leaves_a_host_asleep_that_does_not_allow_waking),
        cmocka_unit_test(test_j_and_test_k_drive_the_line_for_good),
        cmocka_unit_test(test_se0_nak_answers_each_in_token_with_nak_and_nothing_else),
        cmocka_unit_test(test_packet_is_sent_over_and_over),
        cmocka_unit_test(the_status_stage_of_a_test_mode_may_be_repeated_on_a_bad_cable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
