// SPDX-License-Identifier: BSD-2-Clause
#include "stack_wire.h"

#include <stdlib.h>
#include <string.h>

#include "fcs.h"

struct stack_wire {
    struct wire wire;
    struct weir_stack *stack;
    void (*after_input)(void *context, weir_time now);
    void *context;
};

static ssize_t to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct stack_wire *self = (struct stack_wire *)wire;
    struct weir_tx tx;
    size_t length = 0;

    if (!weir_stack_output(self->stack, now, &tx))
        return 0;
    memcpy(frame, tx.header, tx.header_length);
    length = tx.header_length;
    for (int i = 0; i < 2; i++) {
        if (tx.payload[i].length > 0)
            memcpy(frame + length, tx.payload[i].data, tx.payload[i].length);
        length += tx.payload[i].length;
    }
    return (ssize_t)fcs_pad_append(frame, length);
}

static int from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct stack_wire *self = (struct stack_wire *)wire;

    if (!fcs_ok(frame, length))
        return 0;
    weir_stack_input(self->stack, now, frame, length - FCS_LENGTH, WEIR_RX_CSUM_UNKNOWN);
    if (self->after_input)
        self->after_input(self->context, now);
    return 0;
}

static uint64_t wake_at(const struct wire *wire)
{
    return weir_stack_poll_at(((const struct stack_wire *)wire)->stack);
}

static void close_wire(struct wire *wire)
{
    free(wire);
}

struct wire *stack_wire_create(struct weir_stack *stack, void (*after_input)(void *context, weir_time now),
                               void *context)
{
    static const struct wire_ops ops = {
        .to_card = to_card, .from_card = from_card, .wake_at = wake_at, .close = close_wire};
    struct stack_wire *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->wire.ops = &ops;
    self->wire.poll_fd = -1;
    self->stack = stack;
    self->after_input = after_input;
    self->context = context;
    return &self->wire;
}
