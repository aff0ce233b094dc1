// SPDX-License-Identifier: BSD-2-Clause
//
// An IN transfer's records made into frames again. Whole frames pass as they are; what the card coalesced is
// either rebuilt, segment by segment, or glued: one large frame for each run of segments, as virtio's
// receive offloads have it.
//
// A run ends, and its frame is given out, with a segment that is shorter than the head's or has PSH or FIN,
// with a record of its flow that does not continue it, with a whole frame of the same connection under
// another number or outside the flows (also with one of which that cannot be told), and with the transfer. So
// nothing of one connection is ever put out of order.
//
// Payload is moved once at most: until a run is given out its segments stay where they arrived. Then, where
// nothing that is still needed stands between them, they move together in place, else into a buffer.
#ifndef WEIR_GLUE_H
#define WEIR_GLUE_H

#include "weir_card.h"
#include "weir_flow.h"
#include "weir_link.h"

#define WEIR_GLUE_PIECES (WEIR_IN_TRANSFER_MAX / 16) // a segment takes at least 16 bytes of a transfer

struct weir_glue_piece {
    uint16_t at, length; // payload in the transfer
    uint16_t next;       // the run's next piece
};

// Segments that follow one another, not given out yet; none when `count` is 0.
struct weir_glue_run {
    unsigned count;
    uint16_t first, last;            // pieces
    bool has_head;                   // the first is the flow's head, its header in front of it
    struct weir_flow_segment header; // of the frame to be
    uint16_t last_id;
    bool id_fixed; // of the second segment on: the identification stays, or is one more each
    bool has_timestamp;
    uint64_t timestamp; // of the first
};

struct weir_glue {
    // The owner's, set before the first transfer; may change between transfers.
    const struct weir_card_receiver *receiver;
    struct weir_card_stats *stats;
    bool whole; // glue; else rebuild each segment

    // Of the transfer at hand.
    uint8_t *transfer;
    struct weir_flow flow[WEIR_FLOWS]; // [0] is flow 1
    struct weir_glue_run run[WEIR_FLOWS];
    struct weir_glue_piece piece[WEIR_GLUE_PIECES];
    unsigned pieces;
    uint8_t gathered[WEIR_FLOW_HEAD_MAX + WEIR_IN_TRANSFER_MAX];
};

// Gives out all frames of a transfer of at most WEIR_IN_TRANSFER_MAX bytes, which it may change. Where a
// record makes no sense it drops the rest and counts rx_bad_transfers.
void weir_glue_transfer(struct weir_glue *glue, uint8_t *transfer, size_t length);

#endif
