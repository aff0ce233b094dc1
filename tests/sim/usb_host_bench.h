// SPDX-License-Identifier: BSD-2-Clause
//
// A USB host model with the test device plugged in, and what both suites of tests do with them.
#ifndef USB_HOST_BENCH_H
#define USB_HOST_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ulpi_device.h"

#define US USB_CLOCKS_PER_US
#define MICROFRAME (125u * US)

struct usb_bench {
    struct usb_host *host;
    struct ulpi_device device;
    struct ulpi_pins pins;
    uint64_t clock;
};

static inline void usb_bench_init(struct usb_bench *bench, const struct weir_usb_faults *faults,
                                  uint64_t seed, unsigned packets_per_microframe)
{
    *bench = (struct usb_bench){0};
    bench->host = usb_host_create(faults, seed, packets_per_microframe);
    assert_non_null(bench->host);
    ulpi_device_init(&bench->device);
}

// Both sides see the pins as they were before the edge.
static inline void usb_bench_tick(struct usb_bench *bench)
{
    struct ulpi_pins before = bench->pins;
    bench->pins.data_from_link = bench->device.data;
    bench->pins.stp = bench->device.stp;
    ulpi_device_tick(&bench->device, &before);
    usb_host_tick(bench->host, &bench->pins, bench->clock++ * 50 / 3);
}

static inline void usb_bench_run(struct usb_bench *bench, uint64_t clocks)
{
    while (clocks-- > 0)
        usb_bench_tick(bench);
}

// Until the device is configured or was given up, within 200 ms.
static inline enum usb_host_state usb_bench_enumerate(struct usb_bench *bench)
{
    for (unsigned i = 0; i < 200000 * US && usb_host_state(bench->host) < USB_HOST_CONFIGURED; i++)
        usb_bench_tick(bench);
    return usb_host_state(bench->host);
}

#endif
