// SPDX-License-Identifier: BSD-2-Clause
//
// The module has both configurations and its own supply (usb_params.mk).
#include <regex> // before cmocka, whose fail() is a macro

#include "Vusb_descriptors.h"
#include "usb_bench.h"
#include "usb_descriptor_parser.h"
#include "weir_link.h"

enum What { DESCRIPTOR, MICROSOFT, TEST_PACKET };

struct Descriptors {
    Vusb_descriptors dut;

    Descriptors()
    {
        dut.mac_address = 0x0250C0FFEE19;
        dut.high_speed = 1;
        dut.eval();
    }
    void tick()
    {
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
    }
    Bytes read(uint8_t kind, uint8_t index, What what = DESCRIPTOR)
    {
        dut.what = what;
        dut.kind = kind;
        dut.index = index;
        tick();
        if (!dut.found)
            return {};
        Bytes data;
        for (unsigned i = 0; i < dut.length; i++) {
            dut.offset = uint8_t(i);
            tick();
            data.push_back(dut.data);
        }
        return data;
    }
};

// What the parser throws fails the test.
template <typename Check> static void checked(Check check)
{
    try {
        check();
    } catch (const std::exception &error) {
        fail_msg("%s", error.what());
    }
}

static void the_device_descriptor_is_that_of_a_usb_2_1_card_with_two_configurations(void **)
{
    checked([] {
        Descriptors d;
        const usb::Device device = usb::parse_device(d.read(1, 0)),
                          qualifier = usb::parse_qualifier(d.read(6, 0));
        assert_int_equal(device.usb, 0x0201);
        assert_true(device.device_class == 0 && device.subclass == 0 && device.protocol == 0);
        assert_int_equal(device.max_packet, 64);
        assert_int_equal(device.vendor, WEIR_USB_VID);
        assert_int_equal(device.product, WEIR_USB_PID);
        assert_int_equal(device.version, WEIR_VERSION_MAJOR << 8 | WEIR_VERSION_MINOR);
        assert_true(device.manufacturer_string == 1 && device.product_string == 2 &&
                    device.serial_string == 3);
        assert_int_equal(device.configurations, 2);
        assert_true(qualifier.usb == 0x0201 && qualifier.device_class == 0 && qualifier.max_packet == 64 &&
                    qualifier.configurations == 2);
    });
}

static usb::Endpoint bulk(uint8_t address, bool fast)
{
    return {address, 2, uint16_t(fast ? 512 : 64), 0};
}

// Every 8 ms: frames, or 2^(n-1) microframes (9.6.6).
static usb::Endpoint notify(uint16_t max_packet, bool fast)
{
    return {WEIR_EP_NOTIFY, 3, max_packet, uint8_t(fast ? 7 : 8)};
}

// As one that speaks `fast` has it, from the configuration at that speed or the other-speed configuration at
// the other.
template <typename Check> static void in_both_places(uint8_t index, Check check)
{
    checked([&] {
        Descriptors d;
        for (int now = 0; now < 2; now++) {
            d.dut.high_speed = now;
            check(usb::parse_configuration(d.read(2, index), 2), now);
            check(usb::parse_configuration(d.read(7, index), 7), !now);
        }
    });
}

static void configuration_1_is_the_vendor_interface_at_either_speed(void **)
{
    in_both_places(0, [](const usb::Configuration &c, bool fast) {
        assert_true(c.value == 1 && c.string == 0 && c.interfaces == 1 && c.settings.size() == 1);
        assert_int_equal(c.attributes, 0xE0); // own supply, remote wake-up
        assert_int_equal(c.max_power, 1);
        const usb::Interface &i = c.settings[0];
        assert_int_equal(i.interface_class, WEIR_INTERFACE_CLASS);
        assert_int_equal(i.subclass, WEIR_INTERFACE_SUBCLASS);
        assert_int_equal(i.protocol, WEIR_VERSION_MAJOR);
        assert_true(i.string == 0 && i.functional.empty());
        assert_true(i.endpoints ==
                    std::vector<usb::Endpoint>(
                        {bulk(WEIR_EP_OUT, fast), bulk(WEIR_EP_IN, fast), notify(WEIR_NOTIFY_SIZE, fast)}));
    });
}

static void configuration_2_is_a_cdc_ncm_function_at_either_speed(void **)
{
    in_both_places(1, [](const usb::Configuration &c, bool fast) {
        assert_true(c.value == 2 && c.string == 0 && c.interfaces == 2 && c.settings.size() == 3);
        assert_true(c.attributes == 0xE0 && c.max_power == 1);
        const usb::Interface &control = c.settings[0], &idle = c.settings[1], &data = c.settings[2];
        assert_true(control.interface_class == 2 && control.subclass == 0x0D && control.protocol == 0);
        assert_true(control.endpoints.size() == 1 && control.endpoints[0] == notify(16, fast));
        assert_int_equal(control.functional.size(), 4);
        assert_true(control.functional[0] == Bytes({0x00, 0x10, 0x01})); // CDC 1.10
        assert_true(control.functional[1] == Bytes({0x06, 0, 1}));       // union: 0 controls 1
        const Bytes &ethernet = control.functional[2];
        assert_true(ethernet.size() == 11 && ethernet[0] == 0x0F);
        assert_int_equal(ethernet[1], 3); // iMACAddress: the serial number
        assert_int_equal(ethernet[6] | ethernet[7] << 8, 1514);
        const Bytes &ncm = control.functional[3];
        assert_true(ncm.size() == 4 && ncm[0] == 0x1A && ncm[1] == 0x00 && ncm[2] == 0x01);
        assert_true(idle.number == 1 && idle.interface_class == 0x0A && idle.subclass == 0 &&
                    idle.protocol == 1);
        assert_true(idle.endpoints.empty());
        assert_true(data.number == 1 && data.alternate == 1 && data.interface_class == 0x0A &&
                    data.protocol == 1);
        assert_int_equal(data.endpoints.size(), 2);
        for (uint8_t address : {WEIR_EP_OUT, WEIR_EP_IN})
            assert_true(data.endpoints[0] == bulk(address, fast) || data.endpoints[1] == bulk(address, fast));
    });
}

static void the_strings_are_names_and_the_mac_address(void **)
{
    checked([] {
        Descriptors d;
        assert_true(d.read(3, 0) == Bytes({4, 3, 0x09, 0x04}));
        assert_string_equal(usb::parse_string(d.read(3, 1)).c_str(), "Weir");
        assert_string_equal(usb::parse_string(d.read(3, 2)).c_str(), "Weir network card");
        assert_string_equal(usb::parse_string(d.read(3, 3)).c_str(), "0250C0FFEE19");
        d.dut.mac_address = 0x3456789ABCDE;
        assert_string_equal(usb::parse_string(d.read(3, 3)).c_str(), "3456789ABCDE");
    });
}

static void the_bos_promises_no_link_power_management_and_leads_to_microsofts_set(void **)
{
    checked([] {
        Descriptors d;
        const usb::Bos bos = usb::parse_bos(d.read(15, 0));
        assert_true(bos.extensions == 0 && bos.platforms == 1);
        assert_int_equal(bos.microsoft.windows, 0x06030000);
        assert_int_equal(bos.microsoft.vendor_code, WEIR_REQ_MS_OS_20);
        assert_int_equal(bos.microsoft.alternate_enumeration, 0);
        assert_int_equal(bos.microsoft.set_length, d.read(0, 0, MICROSOFT).size());
    });
}

static void microsofts_set_binds_winusb_with_an_interface_guid(void **)
{
    checked([] {
        Descriptors d;
        const usb::MicrosoftSet set = usb::parse_microsoft_set(d.read(0, 0, MICROSOFT));
        assert_int_equal(set.windows, 0x06030000);
        assert_string_equal(set.compatible.c_str(), "WINUSB");
        assert_string_equal(set.sub_compatible.c_str(), "");
        assert_string_equal(set.property_name.c_str(), "DeviceInterfaceGUIDs");
        assert_int_equal(set.property_type, 7); // REG_MULTI_SZ
        assert_int_equal(set.property.size(), 1);
        assert_true(
            std::regex_match(set.property[0], std::regex("\\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\\}")));
    });
}

static void the_test_packet_is_that_of_section_7_1_20(void **)
{
    // The bits as the section describes them: runs on the wire after NRZI and bit stuffing.
    Descriptors d;
    Bytes expected(9, 0x00);
    expected.insert(expected.end(), 8, 0xAA);
    expected.insert(expected.end(), 8, 0xEE);
    expected.push_back(0xFE);
    expected.insert(expected.end(), 11, 0xFF);
    for (uint8_t byte :
         {0x7F, 0xBF, 0xDF, 0xEF, 0xF7, 0xFB, 0xFD, 0xFC, 0x7E, 0xBF, 0xDF, 0xEF, 0xF7, 0xFB, 0xFD, 0x7E})
        expected.push_back(byte);
    assert_true(d.read(0, 0, TEST_PACKET) == expected);
    assert_int_equal(crc16(expected), 0xCEB6); // as published: B6h, CEh on the bus
}

static void there_is_nothing_else(void **)
{
    Descriptors d;
    d.dut.what = DESCRIPTOR;
    for (unsigned kind = 0; kind < 256; kind++)
        for (unsigned index = 0; index < 256; index++) {
            const unsigned count = kind == 3                              ? 4
                                   : kind == 2 || kind == 7               ? 2
                                   : kind == 1 || kind == 6 || kind == 15 ? 1
                                                                          : 0;
            d.dut.kind = uint8_t(kind);
            d.dut.index = uint8_t(index);
            d.tick();
            assert_int_equal(d.dut.found, index < count);
        }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(the_device_descriptor_is_that_of_a_usb_2_1_card_with_two_configurations),
    cmocka_unit_test(configuration_1_is_the_vendor_interface_at_either_speed),
    cmocka_unit_test(configuration_2_is_a_cdc_ncm_function_at_either_speed),
    cmocka_unit_test(the_strings_are_names_and_the_mac_address),
    cmocka_unit_test(the_bos_promises_no_link_power_management_and_leads_to_microsofts_set),
    cmocka_unit_test(microsofts_set_binds_winusb_with_an_interface_guid),
    cmocka_unit_test(the_test_packet_is_that_of_section_7_1_20),
    cmocka_unit_test(there_is_nothing_else),
};
RUN_TESTS(tests)
