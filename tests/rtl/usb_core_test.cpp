// SPDX-License-Identifier: BSD-2-Clause
//
// The device core with its ULPI front: enumeration, requests, halts, toggles, resets.
#include "usb_core_bench.h"
#include "usb_descriptor_parser.h"

static void it_enumerates_at_high_speed_and_tells_its_mac_address(void **)
{
    Card card({}, 1, 10);
    assert_enumerates(card);
    assert_true(card.core->high_speed);
    assert_true(card.core->configured);
    assert_int_equal(card.host->late_answers, 0);
    assert_int_equal(card.host->unsolicited, 0);
    assert_int_equal(card.host->phy.otg_control & 0x06, 0);
    Bytes serial(255);
    assert_int_equal(card.control(0x80, 6, 0x0303, 0x0409, serial), WEIR_USB_OK);
    assert_int_equal(serial.size(), 26);
    std::string text;
    for (size_t i = 2; i < serial.size(); i += 2)
        text += char(serial[i]);
    assert_string_equal(text.c_str(), "0250C0FFEE19");
}

// ---- Control ----

// What a host's driver does after SET_CONFIGURATION; the model does it in enumeration alone.
static void host_toggles_begin_anew(Card &card)
{
    for (usb_endpoint &endpoint : card.host->endpoints)
        if (&endpoint != &card.host->endpoints[0])
            endpoint.toggle = endpoint.ping = false;
}

static void wrong_requests_stall_and_the_next_right_one_works(void **)
{
    static const struct {
        uint8_t type, request;
        uint16_t value, index, length;
    } wrong[] = {
        {0x80, 0, 1, 0, 2},           // GET_STATUS with a value
        {0x81, 0, 0, 1, 2},           // of an interface that is not there
        {0x82, 0, 0, 0x03, 2},        // of an endpoint that is not there
        {0x00, 1, 2, 0, 0},           // CLEAR_FEATURE: test mode
        {0x00, 3, 2, 0x0500, 0},      // SET_FEATURE: a test mode for hubs alone
        {0x02, 3, 0, 0x00, 0},        // SET_FEATURE: halt of endpoint 0
        {0x00, 5, 9, 0, 0},           // SET_ADDRESS when configured
        {0x02, 3, 0, 0x83, 0},        // SET_FEATURE: halt of an endpoint that is not there
        {0x02, 3, 1, 0x81, 0},        // an endpoint's feature that does not exist
        {0x00, 5, 128, 0, 0},         // SET_ADDRESS beyond 127
        {0x80, 6, 0x0400, 0, 64},     // GET_DESCRIPTOR: interface
        {0x80, 6, 0x0304, 0x409, 64}, // a string that is not there
        {0x80, 6, 0x0101, 0, 64},     // a second device
        {0x80, 6, 0x0201, 0, 64},     // a second configuration
        {0x00, 7, 0x0100, 0, 18},     // SET_DESCRIPTOR
        {0x00, 9, 2, 0, 0},           // SET_CONFIGURATION of one that is not there
        {0x81, 10, 0, 1, 1},          // GET_INTERFACE
        {0x01, 11, 1, 0, 0},          // SET_INTERFACE: alternate setting
        {0x82, 12, 0, 0x81, 2},       // SYNCH_FRAME
        {0xA1, 1, 0, 0, 4},           // a class request
        {0xE0, 1, 0, 0, 4},           // a request of the reserved type
        {0xC0, 0x20, 0, 8, 64},       // Microsoft's request with another index
        {0xC0, 9, 0, 0, 4},           // a vendor request the link does not accept
        {0x40, 9, 0, 0, 4},           // and one with data
        {0x40, 9, 0, 0, 0},           // and one without
    };
    Card card;
    assert_enumerates(card);
    for (const auto &w : wrong) {
        const weir_usb_status status = card.control(w.type, w.request, w.value, w.index, w.length);
        if (status != WEIR_USB_STALL)
            fail_msg("%02X %02X %04X %04X: status %d", w.type, w.request, w.value, w.index, status);
        Bytes configuration(1);
        assert_int_equal(card.control(0x80, 8, 0, 0, configuration), WEIR_USB_OK);
        assert_int_equal(configuration[0], 1);
    }
    assert_true(card.commits.empty());
}

static void descriptors_of_the_other_speed_differ_in_type_and_packet_size(void **)
{
    Card card;
    assert_enumerates(card);
    Bytes high(255), full(255), qualifier(255), device(255);
    assert_int_equal(card.control(0x80, 6, 0x0200, 0, high), WEIR_USB_OK);
    assert_int_equal(card.control(0x80, 6, 0x0700, 0, full), WEIR_USB_OK);
    assert_int_equal(card.control(0x80, 6, 0x0600, 0, qualifier), WEIR_USB_OK);
    assert_int_equal(card.control(0x80, 6, 0x0100, 0, device), WEIR_USB_OK);
    assert_int_equal(high.size(), high[2]);
    assert_int_equal(full.size(), full[2]);
    assert_int_equal(qualifier.size(), 10);
    assert_int_equal(device.size(), 18);
    assert_int_equal(device[8] | device[9] << 8, WEIR_USB_VID);
    assert_int_equal(device[10] | device[11] << 8, WEIR_USB_PID);
    assert_int_equal(high[1], 2);
    assert_int_equal(full[1], 7);
    const unsigned size_at[2] = {22, 29};
    for (unsigned at : size_at) {
        assert_int_equal(high[at] | high[at + 1] << 8, 512);
        assert_int_equal(full[at] | full[at + 1] << 8, 64);
    }
    for (size_t i = 0; i < high.size(); i++)
        if (i != 1 && !(i >= 22 && i < 24) && !(i >= 29 && i < 31) && i != 38)
            assert_int_equal(high[i], full[i]);
}

static void every_descriptor_that_comes_over_the_bus_can_be_parsed(void **)
{
    Card card;
    assert_enumerates(card);
    const auto get = [&](uint8_t kind, uint8_t index, uint16_t language = 0) {
        Bytes data(255);
        assert_int_equal(card.control(0x80, 6, uint16_t(kind << 8 | index), language, data), WEIR_USB_OK);
        return data;
    };
    try {
        const usb::Device device = usb::parse_device(get(1, 0));
        assert_true(device.usb == 0x0201 && device.configurations == 1);
        assert_int_equal(usb::parse_qualifier(get(6, 0)).configurations, 1);
        const usb::Configuration configuration = usb::parse_configuration(get(2, 0));
        assert_true(configuration.attributes == 0xA0 && configuration.max_power == 250); // by the bus, 500 mA
        assert_int_equal(usb::parse_configuration(get(7, 0), 7).value, 1);
        for (uint8_t index : {device.manufacturer_string, device.product_string, device.serial_string})
            assert_false(usb::parse_string(get(3, index, 0x0409)).empty());
        const usb::Bos bos = usb::parse_bos(get(15, 0));
        Bytes set(4096);
        assert_int_equal(card.control(0xC0, bos.microsoft.vendor_code, 0, 7, set), WEIR_USB_OK);
        assert_int_equal(set.size(), bos.microsoft.set_length);
        assert_string_equal(usb::parse_microsoft_set(set).compatible.c_str(), "WINUSB");
        // A host asks for the beginning first, and may end anywhere.
        for (uint16_t length = 1; length <= set.size(); length++) {
            Bytes part(length);
            assert_int_equal(card.control(0xC0, bos.microsoft.vendor_code, 0, 7, part), WEIR_USB_OK);
            assert_true(part == Bytes(set.begin(), set.begin() + length));
        }
    } catch (const std::exception &error) {
        fail_msg("%s", error.what());
    }
    assert_true(card.commits.empty()); // none of that is the link's business
}

static void set_configuration_0_goes_back_to_the_address_state_and_1_configures_again(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned i = 0; i < 3; i++) {
        Bytes data = pattern(100, i), configuration(1);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        assert_int_equal(card.control(0x00, 9, 0, 0), WEIR_USB_OK);
        assert_true(card.core->configuration == 0 && !card.core->configured);
        assert_int_equal(card.control(0x80, 8, 0, 0, configuration), WEIR_USB_OK);
        assert_int_equal(configuration[0], 0);
        assert_int_equal(card.control(0x82, 0, 0, WEIR_EP_IN, 2), WEIR_USB_STALL);
        assert_int_equal(card.control(0x81, 10, 0, 0, 1), WEIR_USB_STALL);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_ERROR); // nobody answers
        assert_int_equal(card.control(0x00, 9, 2, 0), WEIR_USB_STALL);      // left out
        assert_int_equal(card.control(0x00, 9, 1, 0), WEIR_USB_OK);
        assert_int_equal(card.core->configuration, 1);
        host_toggles_begin_anew(card);
    }
    assert_int_equal(card.flushes, 2 + 6);
}

static void vendor_requests_of_all_lengths_carry_their_bytes(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned length = 0; length <= 130; length++) {
        Bytes read(130);
        assert_int_equal(card.control(0xC0, 1, 0, uint16_t(length), read), WEIR_USB_OK);
        assert_int_equal(read.size(), length);
        for (unsigned i = 0; i < length; i++)
            assert_int_equal(read[i], i ^ 0x5A);
        Bytes write = pattern(length, length);
        assert_int_equal(card.control(0x40, 2, 7, 9, write), WEIR_USB_OK);
        assert_int_equal(card.commits.size(), 2 * length + 2);
        assert_true(card.commits.back().data == write);
        assert_int_equal(card.commits.back().setup >> 16 & 0xFFFFFFFF, 9 << 16 | 7);
    }
}

// ---- Halt, interrupt, reset ----

static void a_halted_endpoint_stalls_until_the_halt_is_cleared(void **)
{
    Card card;
    assert_enumerates(card);
    const uint8_t endpoints[3] = {WEIR_EP_OUT, WEIR_EP_IN, WEIR_EP_NOTIFY};
    for (uint8_t endpoint : endpoints) {
        Bytes data = pattern(100, endpoint), got(endpoint == WEIR_EP_NOTIFY ? 8 : 512), status(2);
        card.write_in(data);
        card.core->s_notify_valid = 1;
        card.core->s_notify_data = 0x0807060504030201;
        assert_int_equal(card.control(0x02, 3, 0, endpoint), WEIR_USB_OK);
        assert_int_equal(card.control(0x82, 0, 0, endpoint, status), WEIR_USB_OK);
        assert_int_equal(status[0], 1);
        const bool in = endpoint & 0x80;
        Bytes stalled = in ? got : data;
        assert_int_equal(card.transfer(endpoint, stalled), WEIR_USB_STALL);
        assert_int_equal(card.control(0x02, 1, 0, endpoint), WEIR_USB_OK);
        assert_int_equal(card.control(0x82, 0, 0, endpoint, status), WEIR_USB_OK);
        assert_int_equal(status[0], 0);
        assert_int_equal(card.transfer(endpoint, in ? got : data), WEIR_USB_OK);
    }
    card.run(1000);
    assert_int_equal(card.transfers.size(), 1);
    assert_true(card.transfers[0] == pattern(100, WEIR_EP_OUT));
}

static void clearing_a_halt_starts_again_at_data0(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned i = 0; i < 6; i++) {
        Bytes data = pattern(10, i), got(512);
        card.write_in(data);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
        assert_true(got == data);
        if (i & 1)
            assert_int_equal(card.control(0x02, 1, 0, WEIR_EP_OUT), WEIR_USB_OK);
        else
            assert_int_equal(card.control(0x02, 1, 0, WEIR_EP_IN), WEIR_USB_OK);
    }
    card.run(100);
    assert_int_equal(card.transfers.size(), 6);
    assert_int_equal(card.events.out_duplicate, 0);
}

// The host's toggles begin anew with either request (USB 2.0 sections 9.1.1.5 and 9.4.10); were the card's
// not, a packet would be taken for one that came before.
static void set_configuration_and_set_interface_start_again_at_data0(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned i = 0; i < 6; i++) {
        Bytes data = pattern(10, i), got(512);
        card.write_in(data);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
        assert_true(got == data);
        card.run(100);
        assert_int_equal(card.transfers.size(), i + 1);
        assert_int_equal(i & 1 ? card.control(0x01, 11, 0, 0) : card.control(0x00, 9, 1, 0), WEIR_USB_OK);
        for (uint8_t endpoint : {WEIR_EP_OUT, WEIR_EP_IN})
            assert_false(card.host->endpoints[(endpoint & 15) | (endpoint & 0x80) >> 3].toggle);
    }
    assert_int_equal(card.events.out_duplicate, 0);
}

static void each_notification_is_sent_once(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    Card card(faults, 9);
    assert_enumerates(card);
    for (unsigned i = 0; i < 30; i++) {
        card.core->s_notify_data = 0x1122334455667700 + i;
        card.core->s_notify_valid = 1;
        Bytes got(8);
        assert_int_equal(card.transfer(WEIR_EP_NOTIFY, got), WEIR_USB_OK);
        assert_int_equal(got.size(), 8);
        assert_int_equal(got[0], i);
        assert_int_equal(got[7], 0x11);
        assert_false(card.core->s_notify_valid);
    }
    Bytes more(8);
    assert_int_equal(card.transfer(WEIR_EP_NOTIFY, more, nullptr, 200 * MICROFRAME), WEIR_USB_CANCELLED);
}

static void a_reset_in_the_middle_of_transfers_starts_everything_anew(void **)
{
    Card card;
    for (unsigned i = 0; i < 3; i++) {
        if (i > 0)
            card.reset();
        assert_enumerates(card);
        assert_int_equal(card.flushes, 2 * (i + 1)); // reset and SET_CONFIGURATION
        Bytes data = pattern(700, i), got(2048);
        card.write_in(data);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
        assert_true(got == data);
        card.run(1000);
        assert_true(card.transfers.size() == 1 && card.transfers[0] == data);
        card.transfers.clear();

        // Left behind: a slow reader with half a transfer, and packets nobody fetched.
        card.slow_reader = 50;
        data.resize(1024);
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        card.write_in(pattern(600, 99));
        assert_true(card.run(10000, [&] { return card.in_queue.empty(); }));
        card.slow_reader = 1;
        card.core->m_out_ready = 1;
    }
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(it_enumerates_at_high_speed_and_tells_its_mac_address),
        cmocka_unit_test(wrong_requests_stall_and_the_next_right_one_works),
        cmocka_unit_test(descriptors_of_the_other_speed_differ_in_type_and_packet_size),
        cmocka_unit_test(every_descriptor_that_comes_over_the_bus_can_be_parsed),
        cmocka_unit_test(set_configuration_0_goes_back_to_the_address_state_and_1_configures_again),
        cmocka_unit_test(vendor_requests_of_all_lengths_carry_their_bytes),
        cmocka_unit_test(a_halted_endpoint_stalls_until_the_halt_is_cleared),
        cmocka_unit_test(clearing_a_halt_starts_again_at_data0),
        cmocka_unit_test(set_configuration_and_set_interface_start_again_at_data0),
        cmocka_unit_test(each_notification_is_sent_once),
        cmocka_unit_test(a_reset_in_the_middle_of_transfers_starts_everything_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
