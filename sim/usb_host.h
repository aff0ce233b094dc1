// SPDX-License-Identifier: BSD-2-Clause
//
// A USB 2.0 high-speed host, hub port and ULPI PHY in one, at the level of ULPI pins: what a device core sees
// when it is plugged in. It knows nothing of Verilator: it is ticked once per rising edge of the 60 MHz
// clock.
//
// It schedules as USB 2.0 section 5.8 allows: SOF each 125 us, control and interrupt transfers first, bulk
// within the bus time of section 5.8.4 (at most 13 packets of 512 bytes a microframe, or fewer if told so);
// PING flow control for OUT; data toggles; three errors in a row end a transfer.
#ifndef WEIR_USB_HOST_H
#define WEIR_USB_HOST_H

#include "weir_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

// The ULPI pins, seen from the PHY. Before a rising edge the caller copies the link's outputs in;
// usb_host_tick then computes what the PHY drives after the edge.
struct ulpi_pins {
    uint8_t data_from_link;
    bool stp;
    uint8_t data_to_link;
    bool dir, nxt;
};

struct usb_host *usb_host_create(const struct weir_usb_faults *faults, uint64_t seed,
                                 unsigned packets_per_microframe);
void usb_host_destroy(struct usb_host *host);
// One clock. `now` is device time in ns, for nothing but time stamps.
void usb_host_tick(struct usb_host *host, struct ulpi_pins *pins, uint64_t now);

void usb_host_submit(struct usb_host *host, struct weir_usb_transfer *transfer);
bool usb_host_cancel(struct usb_host *host, struct weir_usb_transfer *transfer);
// Everything ends with WEIR_USB_NO_DEVICE.
void usb_host_fail_all(struct usb_host *host);

// Which configuration enumeration chooses at its end: bConfigurationValue, 1 unless told; 0 for none.
void usb_host_want_configuration(struct usb_host *host, uint8_t value);
// Resets the bus and enumerates anew. What is queued ends with WEIR_USB_CANCELLED.
void usb_host_reset(struct usb_host *host);
// Takes the device off the bus, as usb_host_fail_all; plugs it in again and enumerates.
void usb_host_unplug(struct usb_host *host);
void usb_host_plug(struct usb_host *host);
// Clocks in which nothing will happen on the bus that the device has not seen yet: the rest of a reset, once
// it is in high speed. They may be spared: the device's clock then stands still, and the host is told.
uint64_t usb_host_standstill(const struct usb_host *host);
void usb_host_skip(struct usb_host *host, uint64_t clocks);

enum usb_host_state {
    USB_HOST_RESETTING,
    USB_HOST_ENUMERATING,
    USB_HOST_ADDRESSED, // enumerated, in no configuration: control transfers alone
    USB_HOST_CONFIGURED,
    USB_HOST_FAILED
};
enum usb_host_state usb_host_state(const struct usb_host *host);
bool usb_host_high_speed(const struct usb_host *host);
// Why enumeration failed, as a sentence.
const char *usb_host_error(const struct usb_host *host);
// Nothing under way on the bus, and nothing queued but IN transfers to which the device answered NAK last
// time round.
bool usb_host_idle(const struct usb_host *host);
// Transfers completed since creation; a change tells the caller to look.
uint64_t usb_host_completed(const struct usb_host *host);
void usb_host_stats(const struct usb_host *host, struct weir_sim_usb_stats *stats);
const uint8_t *usb_host_device_descriptor(const struct usb_host *host);
// Of the configuration the device is in, or the first.
const uint8_t *usb_host_config_descriptor(struct usb_host *host, size_t *length);

#ifdef __cplusplus
}
#endif
#endif
