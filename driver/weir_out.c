// SPDX-License-Identifier: BSD-2-Clause
//
// Frames to the card: gathered as records in OUT transfers, sent in order, each byte once also after an error
// (card_internal.h says how).
#include "card_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir_record.h"

static struct out_slot *slot_at(struct out_queue *out, unsigned index)
{
    return &out->slot[(out->oldest + index) % OUT_SLOTS];
}

static void drop_done(struct out_queue *out)
{
    while (out->queued > 0 && slot_at(out, 0)->done) {
        out->oldest = (out->oldest + 1) % OUT_SLOTS;
        out->queued--;
    }
}

static void submit(struct weir_card *card, struct weir_transfer *transfer)
{
    if (weir_card_submit(card, transfer)) {
        ((struct out_slot *)transfer)->offered = true;
        card->out.pending++;
        card->stats.tx_transfers++;
        card->stats.tx_bytes += transfer->length;
    } else {
        card->out.failed = true;
    }
}

static void submit_queued(struct weir_card *card)
{
    struct out_queue *out = &card->out;
    unsigned most = out->one_by_one && out->queued > 0 ? 1 : out->queued;

    for (unsigned i = 0; i < most && !out->failed; i++) {
        slot_at(out, i)->transfer.actual = 0;
        submit(card, &slot_at(out, i)->transfer);
    }
}

static void on_out_complete(struct weir_transfer *transfer)
{
    struct weir_card *card = transfer->context;
    struct out_queue *out = &card->out;

    out->pending--;
    if (transfer->status == WEIR_TRANSFER_NO_DEVICE)
        card->gone = true;
    weir_restart_in_step(card, transfer, &out->broken);
    if (transfer->status == WEIR_TRANSFER_OK || transfer->actual > 0)
        card->recoveries = 0;
    out->packets += (uint32_t)(transfer->actual / card->packet);
    if (transfer->status == WEIR_TRANSFER_OK) {
        out->packets++; // the short one
        ((struct out_slot *)transfer)->done = true;
    } else if (transfer->status != WEIR_TRANSFER_CANCELLED || !out->failed) {
        card->stats.transfer_errors++;
        out->failed = true;
    }
    drop_done(out);
    if (out->one_by_one && !out->failed)
        submit_queued(card);
}

bool weir_out_init(struct weir_card *card)
{
    struct out_queue *out = &card->out;
    size_t largest = weir_record_size(card->caps.max_superframe);

    out->capacity = (largest > OUT_AGGREGATE ? largest : OUT_AGGREGATE) + WEIR_RECORD_HEADER;
    for (unsigned i = 0; i < OUT_SLOTS; i++) {
        struct out_slot *slot = &out->slot[i];
        slot->transfer =
            (struct weir_transfer){.endpoint = WEIR_EP_OUT, .complete = on_out_complete, .context = card};
        slot->buffer = weir_card_buffer(card, out->capacity);
        if (!slot->buffer)
            return false;
    }
    return true;
}

// A transfer must end with a short packet, so that the card knows where it ends.
static size_t make_short(uint8_t *buffer, size_t fill, unsigned packet)
{
    if (fill % packet != 0)
        return fill;
    weir_record_emit_pad(buffer + fill);
    return fill + WEIR_RECORD_HEADER;
}

void weir_out_flush(struct weir_card *card)
{
    struct out_queue *out = &card->out;

    if (out->fill == 0)
        return;
    struct out_slot *slot = slot_at(out, out->queued);
    slot->done = slot->offered = false;
    slot->transfer.buffer = slot->buffer;
    slot->transfer.actual = 0;
    slot->transfer.length = make_short(slot->buffer, out->fill, card->packet);
    out->fill = 0;
    out->queued++;
    if (!out->failed && !(out->one_by_one && out->pending > 0)) // else it is sent after those before it
        submit(card, &slot->transfer);
}

// Takes what the card has off the front of a failed transfer: what moved, and `more` bytes.
static void advance(struct out_slot *slot, size_t more)
{
    struct weir_transfer *transfer = &slot->transfer;
    size_t delivered = transfer->actual + more;

    slot->done = delivered >= transfer->length; // the packet in doubt was the short one
    if (slot->done)
        return;
    transfer->buffer += delivered;
    transfer->length -= delivered;
}

int weir_out_recover(struct weir_card *card, uint32_t taken)
{
    struct out_queue *out = &card->out;
    uint32_t doubt = taken - out->packets;

    if (doubt > 1 || (doubt == 1 && out->queued == 0))
        return -ERANGE;
    out->packets = taken;
    out->failed = out->broken = false;
    if (out->queued > 0)
        advance(slot_at(out, 0), doubt * card->packet);
    drop_done(out);
    submit_queued(card);
    return 0;
}

void weir_out_restart(struct weir_card *card)
{
    struct out_queue *out = &card->out;

    for (unsigned i = 0; i < out->queued; i++) {
        struct out_slot *slot = slot_at(out, i);
        card->stats.tx_lost += slot->offered && !slot->done ? slot->frames : 0;
        slot->done |= slot->offered;
    }
    out->failed = out->broken = false;
    out->one_by_one = true;
    drop_done(out);
    submit_queued(card);
}

void weir_out_count_lost(struct weir_card *card)
{
    struct out_queue *out = &card->out;

    for (unsigned i = 0; i < out->queued; i++)
        card->stats.tx_lost += slot_at(out, i)->done ? 0 : slot_at(out, i)->frames;
    if (out->fill > 0)
        card->stats.tx_lost += slot_at(out, out->queued)->frames;
}

bool weir_card_can_send(const struct weir_card *card)
{
    // The transfer being filled may have no room for the frame and need another behind it.
    return card->out.queued + (card->out.fill > 0) < OUT_SLOTS && !card->gone;
}

size_t weir_card_queued(const struct weir_card *card)
{
    const struct out_queue *out = &card->out;
    size_t bytes = out->fill;

    for (unsigned i = 0; i < out->queued; i++) {
        const struct out_slot *slot = &out->slot[(out->oldest + i) % OUT_SLOTS];
        bytes += slot->done ? 0 : slot->transfer.length;
    }
    return bytes;
}

// At high speed a superframe under way and one behind it: 1.6 ms, and 2.8 ms for what comes after. At full
// speed two frames, 3.4 ms, for there one alone takes 1.3 ms.
size_t weir_card_enough(const struct weir_card *card)
{
    return weir_card_high_speed(card) ? 80 * 1024 : 4 * 1024;
}

bool weir_card_high_speed(const struct weir_card *card)
{
    return card->packet == HIGH_SPEED_PACKET;
}

static void append(uint8_t *out, const struct weir_card_tx *tx, size_t length)
{
    bool gso = tx->gso_type != WEIR_GSO_NONE;
    unsigned flags = (tx->needs_csum ? WEIR_F_NEEDS_CSUM : 0) | (tx->fixed_id ? WEIR_F_IP_ID_FIXED : 0);

    weir_record_emit_header(out, &(struct weir_record){
                                     .flags = (uint8_t)flags,
                                     .csum_start = tx->needs_csum ? tx->csum_start : 0,
                                     .csum_offset = tx->needs_csum ? tx->csum_offset : 0,
                                     .gso_type = tx->gso_type,
                                     .gso_size = gso ? tx->gso_size : 0,
                                     .hdr_len = gso ? (uint8_t)tx->header_length : 0,
                                     .length = (uint32_t)length,
                                 });
    uint8_t *next = out + WEIR_RECORD_HEADER;
    memcpy(next, tx->header, tx->header_length);
    next += tx->header_length;
    for (unsigned i = 0; i < 2; i++) {
        if (tx->payload[i].length > 0)
            memcpy(next, tx->payload[i].data, tx->payload[i].length);
        next += tx->payload[i].length;
    }
    memset(next, 0, weir_record_size(length) - WEIR_RECORD_HEADER - length);
}

int weir_card_send(struct weir_card *card, const struct weir_card_tx *tx)
{
    struct out_queue *out = &card->out;
    size_t length = tx->header_length + tx->payload[0].length + tx->payload[1].length;
    size_t size = weir_record_size(length);
    int error = weir_offload_check(&card->caps, tx, length);

    if (error)
        return error;
    if (out->fill > 0 && out->fill + size > OUT_AGGREGATE)
        weir_out_flush(card);
    if (out->queued == OUT_SLOTS || card->gone)
        return -EAGAIN;
    struct out_slot *slot = slot_at(out, out->queued);
    append(slot->buffer + out->fill, tx, length);
    slot->frames = out->fill > 0 ? slot->frames + 1 : 1;
    out->fill += size;
    card->stats.tx_frames++;
    if (out->fill >= OUT_AGGREGATE)
        weir_out_flush(card);
    return 0;
}
