// SPDX-License-Identifier: BSD-2-Clause
#include "segment_wire.h"

#include "fcs.h"

#define ACKS (sizeof((struct segment_wire *)0)->acks / sizeof(uint32_t))

uint8_t segment_byte(size_t at)
{
    return (uint8_t)((at * 2654435761u) >> 24 ^ at);
}

static ssize_t emit(struct segment_wire *self, uint64_t now, uint32_t ack, size_t payload, uint8_t *frame)
{
    bool last = payload > 0 && self->sent + payload == self->total;
    struct segment segment = {
        .to_card = true,
        .seq = (uint32_t)self->sent,
        .ack = ack,
        .id = self->id++,
        .flags = SEGMENT_ACK | (last ? SEGMENT_PSH : 0),
        .milliseconds = (uint32_t)(now / 1000000),
    };
    size_t header = segment_header_length(&self->flow);

    segment_emit(&self->flow, &segment, payload, frame);
    for (size_t i = 0; i < payload; i++)
        frame[header + i] = segment_byte(self->sent + i);
    self->sent += payload;
    segment_checksum(&self->flow, frame, header + payload);
    return (ssize_t)fcs_pad_append(frame, header + payload);
}

static ssize_t to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct segment_wire *self = (struct segment_wire *)wire;

    if (self->ack_tail != self->ack_head)
        return emit(self, now, self->acks[self->ack_tail++ % ACKS], 0, frame);
    size_t payload = segment_mss(&self->flow);
    if (payload > self->total - self->sent)
        payload = self->total - self->sent;
    if (payload == 0 || self->sent + payload - self->acked > self->window)
        return 0;
    return emit(self, now, (uint32_t)self->received, payload, frame);
}

static int from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct segment_wire *self = (struct segment_wire *)wire;
    struct segment segment;
    size_t payload, header = segment_header_length(&self->flow);

    (void)now;
    if (!fcs_ok(frame, length) ||
        !segment_parse(&self->flow, frame, length - FCS_LENGTH, true, &segment, &payload) ||
        segment.seq != (uint32_t)self->received) {
        self->damaged = true;
        return 0;
    }
    self->acked += segment.ack - (uint32_t)self->acked;
    if (payload == 0)
        return 0;
    for (size_t i = 0; i < payload; i++)
        self->damaged |= frame[header + i] != segment_byte(self->received + i);
    self->received += payload;
    self->unacked++;
    if ((self->unacked >= self->ack_every || segment.flags & SEGMENT_PSH) &&
        self->ack_head - self->ack_tail < ACKS) {
        self->acks[self->ack_head++ % ACKS] = (uint32_t)self->received;
        self->unacked = 0;
    }
    return 0;
}

static void close_wire(struct wire *wire)
{
    (void)wire; // the caller's
}

struct wire *segment_wire_init(struct segment_wire *self)
{
    static const struct wire_ops ops = {.to_card = to_card, .from_card = from_card, .close = close_wire};

    self->wire.ops = &ops;
    self->wire.poll_fd = -1;
    self->received = self->sent = self->acked = 0;
    self->damaged = false;
    self->unacked = 0;
    self->ack_head = self->ack_tail = 0;
    return &self->wire;
}
