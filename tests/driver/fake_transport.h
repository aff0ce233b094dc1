// SPDX-License-Identifier: BSD-2-Clause
//
// A USB bus in memory, one transaction at a time, between the driver and a fake_card: data toggles, short
// packets, lost handshakes, transfers that fail. Time stands still while something moves and jumps to the
// deadline when nothing does.
#ifndef WEIR_FAKE_TRANSPORT_H
#define WEIR_FAKE_TRANSPORT_H

#include "fake_card.h"
#include "weir_transport.h"

// What happens to one transaction.
enum fake_fault {
    FAKE_FINE,
    FAKE_HANDSHAKE_LOST, // the data arrived, the sender does not know
    FAKE_DEAD,           // three errors in a row: the transfer ends with ERROR
    FAKE_STALL,          // the transfer ends with STALL
};

struct fake_endpoint {
    struct weir_transfer *first, **last;
    bool halted;
    bool host_toggle, card_toggle;
};

struct fake_transport {
    struct weir_transport base;
    struct fake_card card;

    // The test's to change at any time.
    uint8_t id[3];
    bool hold_out; // OUT transfers stay queued
    bool unplugged;
    int control_errors; // so many control transfers fail with -EIO first
    enum fake_fault (*fault)(void *context, uint8_t endpoint); // NULL: all fine
    void *fault_context;
    unsigned *closed; // counts closes, or NULL

    // State.
    struct fake_endpoint out, in, notify;
    uint8_t in_transfer[WEIR_IN_TRANSFER_MAX]; // the card's side of the IN endpoint
    size_t in_length, in_at;
    bool in_active;
    uint8_t notify_link;
    unsigned completions; // within this poll
    weir_time now;
    struct pollfd *watched;
    size_t watched_count;
};

// Allocated; weir_card_close or ops->close frees it.
struct fake_transport *fake_transport_create(void);
#endif
