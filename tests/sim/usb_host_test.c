// SPDX-License-Identifier: BSD-2-Clause
//
// The USB host model against a small device written in C (ulpi_device.c).
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ulpi_device.h"


struct bench {
    struct usb_host *host;
    struct ulpi_device device;
    struct ulpi_pins pins;
};

static void tick(struct bench *bench)
{
    struct ulpi_pins before = bench->pins;
    bench->pins.data_from_link = bench->device.data;
    bench->pins.stp = bench->device.stp;
    ulpi_device_tick(&bench->device, &before);
    usb_host_tick(bench->host, &bench->pins, 0);
}

static void run(struct bench *bench, uint64_t clocks)
{
    while (clocks-- > 0)
        tick(bench);
}

static void run_until_enumerated(struct bench *bench)
{
    for (unsigned i = 0; i < 3000000 && usb_host_state(bench->host) < USB_HOST_CONFIGURED; i++)
        tick(bench);
}

static void enumerates(void **state)
{
    (void)state;
    struct bench bench = {0};
    bench.host = usb_host_create(&(struct weir_usb_faults){0}, 1, 0);
    ulpi_device_init(&bench.device);
    run_until_enumerated(&bench);
    assert_int_equal(usb_host_state(bench.host), USB_HOST_CONFIGURED);
    run(&bench, 100000);
    assert_int_equal(bench.device.wrong_frame_gaps, 0);
    usb_host_destroy(bench.host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a device that chirps is enumerated", enumerates, NULL, NULL, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
