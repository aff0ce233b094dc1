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

// The pins of a full-speed front, seen from the cable: what the device does, then what it reads.
struct usb_pin_levels {
    bool oe, dp_o, dn_o, pull_up;
    bool dp_i, dn_i;
};

struct usb_host *usb_host_create(const struct weir_usb_faults *faults, uint64_t seed,
                                 unsigned packets_per_microframe);
void usb_host_destroy(struct usb_host *host);
// One clock. `now` is device time in ns, for nothing but time stamps.
void usb_host_tick(struct usb_host *host, struct ulpi_pins *pins, uint64_t now);

// The same host on D+ and D-, at full speed only; it has a clock of its own, off as `signal` says, and is
// called once per clock of the device, before the edge: the outputs have stood since the call before, the
// inputs are those at `now`, in ps.
struct usb_host *usb_host_create_pins(const struct weir_usb_faults *faults, uint64_t seed,
                                      unsigned packets_per_frame, const struct weir_usb_signal *signal);
void usb_host_pins(struct usb_host *host, struct usb_pin_levels *levels, uint64_t now);
// Writes both lines into a VCD file from now on, which sigrok decodes. False, with errno, when it cannot be
// made.
bool usb_host_trace_pins(struct usb_host *host, const char *path);

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
// The port of a ULPI PHY's host leaves chirps unanswered from now on: full speed.
void usb_host_only_full_speed(struct usb_host *host);

// Lets the bus fall silent as soon as the transaction under way has ended; what is queued stays. False when
// there is no device, or it is suspended already.
bool usb_host_suspend(struct usb_host *host);
// Resumes it, once it is suspended. A device that wakes the host is resumed unasked. False when the bus is
// awake.
bool usb_host_resume(struct usb_host *host);
// From usb_host_suspend until resume has ended.
bool usb_host_suspended(const struct usb_host *host);
// The PHY sleeps, and gives the link no clock. usb_host_tick must be called all the same, with stp as it is
// between clocks.
bool usb_host_clock_stopped(const struct usb_host *host);

// Clocks in which nothing will happen on the bus that the device has not seen yet: the rest of a reset, once
// it is in high speed, or has none; the rest of a resume. They may be spared: the device's clock then stands
// still, and the host is told.
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
// Awake, and with a transfer queued that an interrupt endpoint is polled for.
bool usb_host_polls(const struct usb_host *host);
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
