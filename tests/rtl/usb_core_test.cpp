// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include "usb_core_card.h"
#include "usb_descriptor_parser.h"

static Bytes pattern(size_t length, unsigned seed)
{
    Bytes data(length);
    for (size_t i = 0; i < length; i++)
        data[i] = uint8_t((i * 167 + (i >> 8) * 13 + seed * 31) >> 1);
    return data;
}

static void assert_enumerates(Card &card)
{
    if (!card.enumerate())
        fail_msg("%s", usb_host_error(card.host.get()));
}

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

// ---- Bulk ----

static void out_transfers_of_all_lengths_arrive_with_their_ends(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned length = 0; length <= 1030; length++) {
        Bytes data = pattern(length, length), none;
        assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
        if (length && length % 512 == 0)
            assert_int_equal(card.transfer(WEIR_EP_OUT, none), WEIR_USB_OK);
        assert_true(card.run(5000, [&] { return card.transfers.size() == length + 1; }));
        assert_true(card.transfers.back() == data);
    }
    assert_int_equal(card.events.out_transfer, 1031);
    assert_int_equal(card.events.out_nak + card.events.out_nyet + card.events.out_duplicate, 0);
}

static void in_transfers_of_all_lengths_end_with_a_short_packet(void **)
{
    Card card;
    assert_enumerates(card);
    for (unsigned length = 1; length <= 1030; length++) {
        const Bytes data = pattern(length, length);
        Bytes got(2048);
        card.write_in(data);
        assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
        assert_true(got == data);
    }
    card.run(20);
    assert_true(card.core->in_drained);
    assert_int_equal(card.events.in_transfer, 1030);
}

static void a_stream_out_takes_13_packets_a_microframe_without_a_single_nak_or_nyet(void **)
{
    Card card;
    assert_enumerates(card);
    Bytes data = pattern(13 * 512 * 64, 5);
    const uint64_t begin = card.clock;
    assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
    assert_in_range(card.clock - begin, 1, 66 * MICROFRAME);
    card.run(1000);
    assert_true(card.received == data);
    assert_int_equal(card.events.out_nak + card.events.out_nyet + card.events.crc_error, 0);
    assert_int_equal(card.host->late_answers, 0);
}

static void a_stream_in_gives_13_packets_a_microframe(void **)
{
    Card card;
    assert_enumerates(card);
    const Bytes data = pattern(13 * 512 * 64, 6);
    card.write_in(data);
    card.run(2000);
    Bytes got(data.size());
    const uint64_t begin = card.clock;
    assert_int_equal(card.transfer(WEIR_EP_IN, got), WEIR_USB_OK);
    assert_in_range(card.clock - begin, 1, 66 * MICROFRAME);
    assert_true(got == data);
    assert_int_equal(card.host->late_answers, 0);
}

static void a_slow_reader_holds_the_host_back_and_loses_nothing(void **)
{
    Card card;
    assert_enumerates(card);
    card.slow_reader = 7;
    Bytes data = pattern(40 * 512 + 100, 8);
    assert_int_equal(card.transfer(WEIR_EP_OUT, data), WEIR_USB_OK);
    assert_true(card.run(40000, [&] { return !card.transfers.empty(); }));
    assert_true(card.transfers[0] == data);
    assert_true(card.events.out_nyet > 10);
    assert_int_equal(card.events.out_duplicate, 0);
}

// ---- A bad cable ----

static void with_1_percent_of_faults_each_byte_arrives_exactly_once(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Card card(faults, seed);
        assert_enumerates(card);
        for (unsigned i = 0; i < 60; i++) {
            const Bytes sent = pattern(i * 257 + 1, i), in = pattern(i * 173 % 9000 + 1, i + 1);
            Bytes out = sent, got(16384);
            card.write_in(in);
            if (card.transfer(WEIR_EP_OUT, out) != WEIR_USB_OK ||
                card.transfer(WEIR_EP_IN, got) != WEIR_USB_OK)
                fail_msg("seed %u, round %u: three faults in a row", unsigned(seed), i);
            card.run(5000);
            if (sent.size() % 512 == 0 || card.transfers.size() != 1 || card.transfers[0] != sent ||
                got != in)
                fail_msg("seed %u, round %u: data differs", unsigned(seed), i);
            card.transfers.clear();
            Bytes write = pattern(i + 1, i), read(64);
            if (card.control(0x40, 2, uint16_t(i), 0, write) == WEIR_USB_OK)
                assert_true(card.commits.back().data == write &&
                            uint16_t(card.commits.back().setup >> 16) == i);
            if (card.control(0xC0, 1, 0, 64, read) == WEIR_USB_OK)
                assert_true(read.size() == 64 && read[63] == (63 ^ 0x5A));
        }
        assert_true(card.events.crc_error > 0 && card.events.in_retry > 0);
        assert_true(card.events.out_duplicate > 0);
        assert_int_equal(card.host->unsolicited, 0);
    }
}

static void both_directions_at_once_on_a_bad_cable_lose_nothing(void **)
{
    const weir_usb_faults faults = {10000, 10000, 10000};
    Card card(faults, 77);
    assert_enumerates(card);
    Bytes out = pattern(100 * 512 + 17, 1), got(200 * 512);
    const Bytes in = pattern(150 * 512 + 3, 2);
    card.write_in(in);
    unsigned done = 0;
    weir_usb_transfer transfers[2] = {};
    for (int i = 0; i < 2; i++) {
        transfers[i].endpoint = i ? WEIR_EP_IN : WEIR_EP_OUT;
        transfers[i].buffer = i ? got.data() : out.data();
        transfers[i].length = i ? got.size() : out.size();
        transfers[i].context = &done;
        transfers[i].complete = [](weir_usb_transfer *t) { ++*static_cast<unsigned *>(t->context); };
        usb_host_submit(card.host.get(), &transfers[i]);
    }
    unsigned requests = 0;
    for (; done < 2; requests++) {
        Bytes read(64);
        if (card.control(0xC0, 1, 0, 64, read) == WEIR_USB_OK)
            assert_true(read.size() == 64 && read[63] == (63 ^ 0x5A));
        card.run(2000); // control goes first on this host; leave some of the bus to bulk
        assert_true(requests < 1000);
    }
    card.run(1000);
    assert_true(requests > 10);
    assert_true(transfers[0].status == WEIR_USB_OK && transfers[1].status == WEIR_USB_OK);
    got.resize(transfers[1].actual);
    assert_true(got == in);
    assert_true(card.transfers.size() == 1 && card.transfers[0] == out);
}

// ---- Halt, interrupt, reset, suspend ----

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
        cmocka_unit_test(it_enumerates_at_high_speed_and_tells_its_mac_address),
        cmocka_unit_test(wrong_requests_stall_and_the_next_right_one_works),
        cmocka_unit_test(descriptors_of_the_other_speed_differ_in_type_and_packet_size),
        cmocka_unit_test(every_descriptor_that_comes_over_the_bus_can_be_parsed),
        cmocka_unit_test(set_configuration_0_goes_back_to_the_address_state_and_1_configures_again),
        cmocka_unit_test(vendor_requests_of_all_lengths_carry_their_bytes),
        cmocka_unit_test(out_transfers_of_all_lengths_arrive_with_their_ends),
        cmocka_unit_test(in_transfers_of_all_lengths_end_with_a_short_packet),
        cmocka_unit_test(a_stream_out_takes_13_packets_a_microframe_without_a_single_nak_or_nyet),
        cmocka_unit_test(a_stream_in_gives_13_packets_a_microframe),
        cmocka_unit_test(a_slow_reader_holds_the_host_back_and_loses_nothing),
        cmocka_unit_test(with_1_percent_of_faults_each_byte_arrives_exactly_once),
        cmocka_unit_test(both_directions_at_once_on_a_bad_cable_lose_nothing),
        cmocka_unit_test(a_halted_endpoint_stalls_until_the_halt_is_cleared),
        cmocka_unit_test(clearing_a_halt_starts_again_at_data0),
        cmocka_unit_test(each_notification_is_sent_once),
        cmocka_unit_test(a_reset_in_the_middle_of_transfers_starts_everything_anew),
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
