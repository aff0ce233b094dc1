// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include "usb_core_card.h"

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
    Card card;
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

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(it_enumerates_at_high_speed_and_tells_its_mac_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
