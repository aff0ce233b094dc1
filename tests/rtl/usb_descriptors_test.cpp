// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_descriptors.h"
#include "usb_bench.h"
#include "weir_link.h"
#include <string>

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
    Bytes read(uint8_t kind, uint8_t index)
    {
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
    std::string text(uint8_t index)
    {
        const Bytes data = read(3, index);
        assert_int_equal(data[0], data.size());
        assert_int_equal(data[1], 3);
        std::string text;
        for (size_t i = 2; i < data.size(); i += 2) {
            assert_int_equal(data[i + 1], 0);
            text += char(data[i]);
        }
        return text;
    }
};

static void the_device_descriptor_is_that_of_a_usb_2_0_card(void **)
{
    Descriptors d;
    const Bytes expected = {18,
                            1,
                            0x00,
                            0x02,
                            0,
                            0,
                            0,
                            64,
                            WEIR_USB_VID & 0xFF,
                            WEIR_USB_VID >> 8,
                            WEIR_USB_PID & 0xFF,
                            WEIR_USB_PID >> 8,
                            WEIR_VERSION_MINOR,
                            WEIR_VERSION_MAJOR,
                            1,
                            2,
                            3,
                            1};
    assert_true(d.read(1, 0) == expected);
    const Bytes qualifier = {10, 6, 0x00, 0x02, 0, 0, 0, 64, 1, 0};
    assert_true(d.read(6, 0) == qualifier);
}

static void configuration_and_other_speed_trade_places_with_the_speed(void **)
{
    Descriptors d;
    const auto configuration = [](uint8_t kind, bool fast) -> Bytes {
        const uint8_t low = fast ? 0x00 : 0x40, high = fast ? 0x02 : 0x00;
        return {9,
                kind,
                39,
                0,
                1,
                1,
                0,
                0x80,
                250,
                9,
                4,
                0,
                0,
                3,
                WEIR_INTERFACE_CLASS,
                WEIR_INTERFACE_SUBCLASS,
                WEIR_VERSION_MAJOR,
                0,
                7,
                5,
                WEIR_EP_OUT,
                2,
                low,
                high,
                0,
                7,
                5,
                WEIR_EP_IN,
                2,
                low,
                high,
                0,
                7,
                5,
                WEIR_EP_NOTIFY,
                3,
                WEIR_NOTIFY_SIZE,
                0,
                uint8_t(fast ? 7 : 8)};
    };
    for (int fast = 0; fast < 2; fast++) {
        d.dut.high_speed = fast;
        assert_true(d.read(2, 0) == configuration(2, fast));
        assert_true(d.read(7, 0) == configuration(7, !fast));
    }
}

static void the_strings_are_names_and_the_mac_address(void **)
{
    Descriptors d;
    assert_true(d.read(3, 0) == Bytes({4, 3, 0x09, 0x04}));
    assert_string_equal(d.text(1).c_str(), "Weir");
    assert_string_equal(d.text(2).c_str(), "Weir network card");
    assert_string_equal(d.text(3).c_str(), "0250C0FFEE19");
    d.dut.mac_address = 0x123456789ABC;
    assert_string_equal(d.text(3).c_str(), "123456789ABC");
}

static void there_is_nothing_else(void **)
{
    Descriptors d;
    for (unsigned kind = 0; kind < 256; kind++)
        for (unsigned index = 0; index < 256; index++) {
            const bool exists =
                kind == 3 ? index < 4 : (kind == 1 || kind == 2 || kind == 6 || kind == 7) && !index;
            d.dut.kind = uint8_t(kind);
            d.dut.index = uint8_t(index);
            d.tick();
            assert_int_equal(d.dut.found, exists);
        }
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(the_device_descriptor_is_that_of_a_usb_2_0_card),
    cmocka_unit_test(configuration_and_other_speed_trade_places_with_the_speed),
    cmocka_unit_test(the_strings_are_names_and_the_mac_address),
    cmocka_unit_test(there_is_nothing_else),
};
RUN_TESTS(tests)
