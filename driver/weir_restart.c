// SPDX-License-Identifier: BSD-2-Clause
//
// The link starts anew when a failure has left host and card out of step (card_internal.h).
#include "card_internal.h"

#include <errno.h>

bool weir_restart_in_step(struct weir_card *card, const struct weir_transfer *transfer, bool *broken)
{
    bool moved = transfer->status == WEIR_TRANSFER_OK || transfer->actual > 0;

    if (*broken && moved)
        weir_restart_begin(card);
    if (transfer->status != WEIR_TRANSFER_OK && transfer->status != WEIR_TRANSFER_CANCELLED)
        *broken = true;
    return !card->restart;
}

void weir_restart_begin(struct weir_card *card)
{
    struct weir_transport *transport = card->transport;

    if (card->restart)
        return;
    card->restart = true;
    card->stats.restarts++;
    card->out.failed = card->in.failed = true; // nothing is submitted any more
    for (unsigned i = 0; i < OUT_SLOTS; i++)
        transport->ops->cancel(transport, &card->out.slot[i].transfer);
    for (unsigned i = 0; i < IN_SLOTS; i++)
        transport->ops->cancel(transport, &card->in.slot[i]);
    transport->ops->cancel(transport, &card->notify);
}

int weir_restart_finish(struct weir_card *card)
{
    struct weir_transport *transport = card->transport;
    int error = transport->ops->restart ? 0 : -EIO;

    if (card->out.pending > 0 || card->in.pending > 0 || card->notify_pending)
        return 0;
    if (!error)
        error = transport->ops->restart(transport);
    if (!error)
        error = weir_card_read_baseline(card);
    if (!error && card->rx_mode)
        error = weir_card_write_reg(card, WEIR_REG_RX_MODE, card->rx_mode);
    if (error)
        return error;
    card->restart = card->notify_failed = false;
    weir_out_restart(card);
    weir_in_restart(card);
    weir_card_await_notice(card);
    return 0;
}
