// SPDX-License-Identifier: BSD-2-Clause
//
// A queue of transfers, linked through their transport_private: for transports.
#ifndef WEIR_TRANSFER_QUEUE_H
#define WEIR_TRANSFER_QUEUE_H

#include "weir_transport.h"

struct queue {
    struct weir_transfer *first, **last;
};

static inline void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static inline void queue_add(struct queue *queue, struct weir_transfer *transfer)
{
    transfer->transport_private = NULL;
    *queue->last = transfer;
    queue->last = (struct weir_transfer **)&transfer->transport_private;
}

static inline struct weir_transfer *queue_take(struct queue *queue)
{
    struct weir_transfer *transfer = queue->first;

    if (transfer) {
        queue->first = transfer->transport_private;
        if (!queue->first)
            queue->last = &queue->first;
    }
    return transfer;
}

static inline bool queue_remove(struct queue *queue, struct weir_transfer *transfer)
{
    struct queue rest;
    struct weir_transfer *each;
    bool found = false;

    queue_init(&rest);
    while ((each = queue_take(queue)) != NULL) {
        if (each == transfer)
            found = true;
        else
            queue_add(&rest, each);
    }
    while ((each = queue_take(&rest)) != NULL)
        queue_add(queue, each);
    return found;
}

#endif
