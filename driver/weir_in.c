// SPDX-License-Identifier: BSD-2-Clause
//
// Frames from the card: IN transfers that are always queued, whole again after a failure. weir_glue.c takes
// them apart.
#include "card_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Adds to what arrived before the failure. Too much cannot be a transfer of ours: it is dropped as a whole.
static void keep_partial(struct weir_card *card, const uint8_t *data, size_t length)
{
    struct in_queue *in = &card->in;

    if (length > sizeof in->partial - in->partial_length) {
        card->stats.rx_bad_transfers++;
        in->partial_length = 0;
        return;
    }
    memcpy(in->partial + in->partial_length, data, length);
    in->partial_length += length;
}

static void take_transfer(struct weir_card *card, const struct weir_transfer *transfer)
{
    struct in_queue *in = &card->in;
    uint8_t *data = transfer->buffer;
    size_t length = transfer->actual;
    bool ended = transfer->status == WEIR_TRANSFER_OK;

    // A transfer that has ended did so with a short packet, unless it filled the buffer.
    in->packets += (uint32_t)(length / card->packet);
    if (ended && (length % card->packet != 0 || length < transfer->length))
        in->packets++;
    card->stats.rx_bytes += length;

    if (in->skip && (ended || length > 0)) {
        size_t repeated = length < card->packet ? length : card->packet;
        in->skip = false;
        if (repeated < card->packet) // it was the end of the transfer before, which we have had
            return;
        data += repeated;
        length -= repeated;
    }
    if (ended && in->partial_length == 0) {
        weir_glue_transfer(&card->glue, data, length);
        return;
    }
    keep_partial(card, data, length);
    if (ended) {
        weir_glue_transfer(&card->glue, in->partial, in->partial_length);
        in->partial_length = 0;
    }
}

static void on_in_complete(struct weir_transfer *transfer)
{
    struct weir_card *card = transfer->context;
    struct in_queue *in = &card->in;

    in->pending--;
    if (!weir_restart_in_step(card, transfer, &in->broken))
        return;
    if (transfer->status == WEIR_TRANSFER_OK || transfer->actual > 0)
        card->recoveries = 0;
    if (transfer->status == WEIR_TRANSFER_OK) {
        card->stats.rx_transfers++;
        take_transfer(card, transfer);
        if (!in->failed && weir_card_submit(card, transfer))
            in->pending++;
        else
            in->failed = true;
        return;
    }
    if (transfer->status == WEIR_TRANSFER_NO_DEVICE)
        card->gone = true;
    else if (transfer->status != WEIR_TRANSFER_CANCELLED || !in->failed)
        card->stats.transfer_errors++;
    in->failed = true;
    take_transfer(card, transfer);
}

bool weir_in_init(struct weir_card *card)
{
    card->glue.receiver = &card->receiver;
    card->glue.stats = &card->stats;
    for (unsigned i = 0; i < IN_SLOTS; i++) {
        card->in.slot[i] = (struct weir_transfer){
            .endpoint = WEIR_EP_IN,
            .buffer = weir_card_buffer(card, WEIR_IN_TRANSFER_MAX),
            .length = WEIR_IN_TRANSFER_MAX,
            .complete = on_in_complete,
            .context = card,
        };
        if (!card->in.slot[i].buffer)
            return false;
    }
    return true;
}

void weir_in_start(struct weir_card *card)
{
    for (unsigned i = 0; i < IN_SLOTS; i++) {
        if (weir_card_submit(card, &card->in.slot[i]))
            card->in.pending++;
        else
            card->in.failed = true;
    }
}

int weir_in_recover(struct weir_card *card, uint32_t taken)
{
    struct in_queue *in = &card->in;
    uint32_t doubt = in->packets - taken;

    if (doubt > 1)
        return -ERANGE;
    // A packet that was to be skipped and has not come yet still is.
    in->skip = in->skip || doubt == 1;
    in->packets = taken;
    in->failed = in->broken = false;
    weir_in_start(card);
    return 0;
}

void weir_in_restart(struct weir_card *card)
{
    struct in_queue *in = &card->in;

    in->partial_length = 0;
    in->skip = in->failed = in->broken = false;
    weir_in_start(card);
}
