// SPDX-License-Identifier: BSD-2-Clause
//
// libusb in memory: the functions of it that the driver uses, with models of the card (fake_card.h) plugged
// in. A drop-in for -lusb-1.0. It behaves as libusb on Linux does where that is awkward: callbacks run in the
// thread that handles events, a cancelled transfer may have ended already or moved a part, an unplugged
// device's transfers fail for a while before it is known to be gone. It aborts where the driver does what
// libusb does not allow: closing with transfers under way, freeing their memory, transfers on an interface
// that is not claimed.
#ifndef WEIR_FAKE_LIBUSB_H
#define WEIR_FAKE_LIBUSB_H

#include <libusb-1.0/libusb.h>
#include <pthread.h>
#include <stdbool.h>

#include "fake_card.h"

#define FAKE_USB_DEVICES 4

// What a device at the bus is. The test's to fill in before plugging it in, the fake's while it is.
struct fake_usb_device {
    uint8_t port; // on bus 1
    const char *serial;
    uint8_t protocol;    // of our interface: the link's major version
    bool stranger;       // our vendor and product numbers, but not our interface
    bool denied;         // opening it is not permitted
    bool busy;           // another program has claimed the interface
    int configuration;   // active
    bool kernel;         // a driver of the kernel's has the interfaces; configuration 2 gets it by itself
    bool unconfigurable; // it refuses configuration 1, and is in none then
    bool busy_at_claim;  // another program is quicker to claim the interface
    struct fake_card card;

    unsigned references;
    bool plugged, dying; // dying: pulled out, but the hub has not told yet
    bool claimed;
    unsigned detached, attached, configured; // how often
    bool halted[256]; // by endpoint address: the next transfers STALL until it is cleared
};

// A context's, with hot-plugging: in fake_libusb_hotplug.c.
struct libusb_context {
    struct libusb_context *next;
    int bell; // an eventfd: something to handle
    libusb_hotplug_callback_fn on_arrival;
    void *user_data;
    struct fake_usb_device *arrived; // not told yet; holds a reference
};

// The bus, shared by threads: hold `lock` while touching it or a plugged device.
struct fake_usb {
    pthread_mutex_t lock;
    struct fake_usb_device *device[FAKE_USB_DEVICES];
    struct libusb_context *context;

    // The test's to set while no event thread runs.
    bool no_usb;                       // libusb_init fails
    bool no_hotplug;                   // the system does not tell what is plugged in
    bool no_callback;                  // there is no memory for registering one
    bool hold_out;                     // OUT transfers stay under way
    bool no_mapped_memory;             // libusb_dev_mem_alloc has none
    size_t memory;                     // bytes that transfers under way may have (mapped ones need none)
    unsigned control_errors;           // so many control transfers fail first
    unsigned out_faults, in_faults;    // every so-many-th transfer fails after half of it; 0: none
    enum libusb_transfer_status fault; // how
    unsigned
        behind; // so many transfers move behind one that failed before anybody hears of that, as with usbfs
    bool toggle_lost;     // and the first packet behind it is taken for a repeated one, and dropped
    unsigned unplug_at;   // the first device goes at this call; 0: it stays
    unsigned dying_calls; // so many calls fail with IO before an unplugged device is known to be gone

    // What was seen.
    unsigned calls, out_count, in_count;           // of the driver; transfers that moved
    unsigned contexts, handles, transfers, mapped; // alive
    unsigned out_running, in_running, out_most, in_most;
    size_t memory_used, longest_out;
    unsigned refused; // submissions for want of memory
};

extern struct fake_usb fake_usb;

// Before each test, with nothing plugged in.
void fake_usb_init(void);
void fake_usb_plug(struct fake_usb_device *device);
void fake_usb_unplug(struct fake_usb_device *device);
// A frame comes on the card's wire.
void fake_usb_wire_in(struct fake_usb_device *device, const uint8_t *frame, size_t length);
void fake_usb_hold_out(bool hold);

// fake_libusb_io.c's, with the lock held.
void fake_usb_count_call(void);
bool fake_usb_present(struct fake_usb_device *device);
void fake_usb_die(const char *what);
// fake_libusb_hotplug.c's, likewise.
void fake_usb_tell_arrival(struct fake_usb_device *device);
// Without the lock; true when there was something to tell.
bool fake_usb_handle_hotplug(libusb_context *context);
struct fake_usb_device *fake_usb_device_of(libusb_device_handle *handle);

#endif
