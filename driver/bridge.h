// SPDX-License-Identifier: BSD-2-Clause
//
// A card as a network interface of the Linux kernel: frames go between a TAP and the card, with the offloads
// that both know, and the card's tables follow what the kernel says of the interface.
//
//     kernel ─ bridge_tap ─┬→ bridge_queue ─→ bridge_offload ─┬──────────────────→ card
//                          │                                  └ bridge_segment ─→
//                          └← bridge_offload ←────────────────────────────────── card
//            bridge_netlink ─→ bridge_filter ─→ the card's tables
//
// The interface outlives the card: while there is none it has no carrier.
//
//     struct weir_bridge *bridge = weir_bridge_create(&stats);
//     struct weir_card_receiver receiver = weir_bridge_receiver(bridge);
//     struct weir_card *card = weir_card_open(transport, &receiver, ...);
//     weir_tap_open(&tap, ...);
//     int error = weir_bridge_attach(bridge, card, &tap, &options);
//     while (!error) error = weir_bridge_step(bridge, -1);
//     weir_card_close(card); weir_bridge_destroy(bridge); weir_tap_close(&tap);
#ifndef WEIR_BRIDGE_H
#define WEIR_BRIDGE_H

#include "bridge_tap.h"
#include "weir_card.h"

struct weir_bridge;

// What went through, and why what did not. Every frame in `tx_read` is in one of `tx_frames`, `tx_cut`, the
// tx_ reasons below them, or still in `tx_waiting`; every one in `rx_read` in one of `rx_frames`, `rx_cut`
// and `rx_refused`.
struct weir_bridge_stats {
    uint64_t tx_read;        // from the kernel; a superframe at full speed once for each piece made of it
    uint64_t tx_frames;      // as they were to the card
    uint64_t tx_superframes; // of them those that the card cuts
    uint64_t tx_cut;         // cut or summed in software first
    uint64_t tx_too_long;    // longer than the card's longest frame: the interface's MTU is too large
    uint64_t tx_senseless;   // a header that contradicts the frame
    uint64_t tx_queue_full;  // there was no room in the queue
    uint64_t tx_card_gone;   // waited for a card that was pulled out
    uint64_t tx_waiting;     // now, in the queue
    uint64_t rx_read;        // from the card, a large frame once
    uint64_t rx_segments;    // frames on the wire that those stand for
    uint64_t rx_frames;      // as they were to the kernel
    uint64_t rx_superframes; // of them those that stand for several segments
    uint64_t rx_cut;         // large ones that the kernel refused, cut in software
    uint64_t rx_refused;     // the kernel would not have: the interface was down, or had no memory
    uint64_t filter_writes;  // times the card's tables were brought up to date
    uint64_t link;           // the cable now: WEIR_REG_LINK's bits
};

struct weir_bridge_options {
    bool tso, csum, coalesce; // leave it to the card
    bool arp;                 // let the card answer ARP where it may
};

// `stats` stays the caller's. NULL: out of memory.
struct weir_bridge *weir_bridge_create(struct weir_bridge_stats *stats);
// After the card was closed: that may still give frames out. The interface has no carrier then.
void weir_bridge_destroy(struct weir_bridge *bridge);

// What weir_card_open is to be given.
struct weir_card_receiver weir_bridge_receiver(struct weir_bridge *bridge);
// From now on the interface's cable is this card's, with offloads as both can. Card and interface stay the
// caller's. 0, or a negative errno: -ENETDOWN when the interface is not there, else the card's.
int weir_bridge_attach(struct weir_bridge *bridge, struct weir_card *card, struct weir_tap *tap,
                       const struct weir_bridge_options *options);

// Waits until there is something to do, and does it. `wake` (-1: none) is a descriptor that ends the wait,
// too. 0; -ENODEV when the card is gone; -EINTR after a signal; -ENETDOWN when the interface has been taken
// away; or another negative errno of the card.
int weir_bridge_step(struct weir_bridge *bridge, int wake);

#endif
