// SPDX-License-Identifier: BSD-2-Clause
//
// What the tests of the device core and the USB host model (usb_core_card.h) have in common.
#ifndef USB_CORE_BENCH_H
#define USB_CORE_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include "usb_core_card.h"

static inline Bytes pattern(size_t length, unsigned seed)
{
    Bytes data(length);
    for (size_t i = 0; i < length; i++)
        data[i] = uint8_t((i * 167 + (i >> 8) * 13 + seed * 31) >> 1);
    return data;
}

static inline void assert_enumerates(Card &card)
{
    if (!card.enumerate())
        fail_msg("%s", usb_host_error(card.host.get()));
}

#endif
