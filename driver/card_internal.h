// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the card share: weir_card.c (open, poll, recovery), weir_out.c (frames to the card),
// weir_in.c (transfers from it), weir_glue.c (their frames), weir_control.c (registers, tables, counters).
//
// Failed transfers. A bulk transfer that ends with STALL or ERROR leaves its endpoint halted, and everything
// queued behind it comes back CANCELLED (weir_transport.h). CLEAR_FEATURE(ENDPOINT_HALT) sets both sides'
// toggles back to DATA0 and does nothing else: the card keeps the bytes that it has taken of an OUT transfer,
// and the IN packets that it does not know us to have. So either stream goes on where it stood, in the middle
// of a record if need be, and no frame is lost or comes twice.
//
// One packet is in doubt: it was repeated without an answer, but may have arrived, and after the clearing its
// toggle can no longer tell. What tells is the card: it counts each packet once (USB_OUT_PACKETS when it
// takes one, USB_IN_PACKETS when it knows that we have one), and we count the same. The difference is 0 or 1:
//   OUT  1: the card has one packet more than the failed transfer says. We go on behind it.
//   IN   1: the card does not know that we have the last one. It comes a second time and is skipped.
//
// Where a transfer moved behind one that failed (Linux' usbfs lets that happen), or the counts differ by
// more, nobody can tell any more what the other side has. Then the link starts anew (weir_restart.c):
// everything is called back, the configuration is chosen again, upon which the card drops what it has, and
// what had been handed to the transport is lost, as on a bad cable. Nothing is sent or delivered twice. What
// the card was in the middle of it may have completed with the bytes of the next transfer, and sent. So that
// this happens once and not with every error, a system that has shown to do so gets one OUT transfer at a
// time from then on: what fails has nothing behind it, and recovery is exact.
#ifndef WEIR_CARD_INTERNAL_H
#define WEIR_CARD_INTERNAL_H

#include "weir_card.h"
#include "weir_glue.h"
#include "weir_link.h"

#define HIGH_SPEED_PACKET 512 // bytes (USB 2.0 section 5.8.3)
#define OUT_SLOTS 6           // OUT transfers; more only adds queueing delay
#define OUT_AGGREGATE 16384   // bytes: records share a transfer up to this size
#define IN_SLOTS 8            // IN transfers, always queued
#define RECOVERY_LIMIT 16     // recoveries in a row that moved nothing before we give up

// An OUT transfer. Slots form a ring: `oldest`, then those queued, then the one that records are gathered in.
struct out_slot {
    struct weir_transfer transfer; // what is still to be sent
    uint8_t *buffer;
    bool done;
    bool offered; // the transport has had it
    unsigned frames;
};

struct out_queue {
    struct out_slot slot[OUT_SLOTS];
    unsigned oldest, queued; // slots
    unsigned pending;        // slots that the transport has
    size_t fill;             // bytes of records gathered so far
    size_t capacity;         // bytes of a slot's buffer
    bool failed;             // recovery is due once nothing is pending
    bool broken;             // a transfer ended badly since the last recovery
    bool one_by_one;         // the transport has one transfer at a time: the link has started anew once
    uint32_t packets;        // packets the card must have taken, modulo 2^32
};

struct in_queue {
    struct weir_transfer slot[IN_SLOTS];
    unsigned pending;
    bool failed, broken;                               // as above
    _Alignas(8) uint8_t partial[WEIR_IN_TRANSFER_MAX]; // what arrived of a transfer that failed half way
    size_t partial_length;
    bool skip;        // the next packet is one that we have already
    uint32_t packets; // packets we have taken, modulo 2^32
};

struct weir_card {
    struct weir_transport *transport;
    unsigned packet; // bytes of a full bulk packet
    struct weir_card_receiver receiver;
    struct weir_card_caps caps;
    struct weir_card_stats stats;
    struct out_queue out;
    struct in_queue in;
    struct weir_glue glue;
    uint32_t rx_mode; // what we have written into the register
    struct weir_transfer notify;
    uint8_t notify_buffer[WEIR_NOTIFY_SIZE];
    bool notify_pending, notify_failed;
    bool restart;                          // of the link is due once nothing is pending
    uint8_t *buffer[OUT_SLOTS + IN_SLOTS]; // those that are not the transport's
    unsigned buffers;
    uint32_t link;       // last known
    bool link_changed;   // to be told at the next poll
    bool gone;           // the device
    bool lost_counted;   // what it did not get
    unsigned recoveries; // in a row, nothing moved
};

// weir_offload.c
// 0 when the card can take such a frame of `length` bytes in all; -EMSGSIZE, or -EINVAL.
int weir_offload_check(const struct weir_card_caps *caps, const struct weir_card_tx *tx, size_t length);

// weir_card.c
// Reads what later packet counts are compared with, and the link's state.
int weir_card_read_baseline(struct weir_card *card);
// Has the notify transfer under way.
void weir_card_await_notice(struct weir_card *card);

// weir_restart.c
// Looks at a transfer that came back; `broken` is its queue's. False when it, or one before it, shows that
// the two sides are out of step: then it is not to be used.
bool weir_restart_in_step(struct weir_card *card, const struct weir_transfer *transfer, bool *broken);
// Recovery cannot be exact: the link is to start anew.
void weir_restart_begin(struct weir_card *card);
// Does so once nothing is pending, and sets what the card forgets with its configuration. 0, or a negative
// errno.
int weir_restart_finish(struct weir_card *card);

// weir_out.c
bool weir_out_init(struct weir_card *card);
void weir_out_flush(struct weir_card *card);
// Go on after a failure, the endpoint cleared; `taken` is the card's count of packets. 0, or -ERANGE when
// nobody can tell where.
int weir_out_recover(struct weir_card *card, uint32_t taken);
// Goes on behind what the transport has had.
void weir_out_restart(struct weir_card *card);
// Counts what waits or is under way as lost: the card is gone.
void weir_out_count_lost(struct weir_card *card);

// weir_in.c
bool weir_in_init(struct weir_card *card);
void weir_in_start(struct weir_card *card);
int weir_in_recover(struct weir_card *card, uint32_t taken);
void weir_in_restart(struct weir_card *card);

// weir_control.c
int weir_control_read_caps(struct weir_card *card);
int weir_control_clear_halt(struct weir_card *card, uint8_t endpoint);

// Memory for a transfer's buffer, the transport's own where it has any; freed with the card. NULL: there is
// none.
uint8_t *weir_card_buffer(struct weir_card *card, size_t size);

// Hands a transfer to the transport; remembers when the device is gone. False when the transport did not take
// it.
bool weir_card_submit(struct weir_card *card, struct weir_transfer *transfer);

#endif
