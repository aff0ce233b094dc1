// SPDX-License-Identifier: BSD-2-Clause
#include "echo_wire.h"

#include <string.h>

#include "fcs.h"

enum { ETHERNET = 14, L4 = 34, ICMP = 1, UDP = 17 };
#define LONGEST_REST 1000000 // ns

static void swap(uint8_t *a, uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

bool echo_answer(uint8_t *frame, size_t length)
{
    uint8_t *ip = frame + ETHERNET, *l4 = frame + L4;

    if (length < L4 + 8 || frame[12] != 8 || frame[13] != 0 || ip[0] != 0x45)
        return false;
    if (ip[9] == ICMP && l4[0] == 8) {
        l4[0] = 0; // the checksum grows by what the type loses (RFC 1624)
        unsigned sum = ((unsigned)l4[2] << 8 | l4[3]) + 0x0800;
        sum = (sum & 0xFFFF) + (sum >> 16);
        l4[2] = (uint8_t)(sum >> 8);
        l4[3] = (uint8_t)sum;
    } else if (ip[9] == UDP && l4[2] == 0 && l4[3] == ECHO_PORT) {
        swap(l4, l4 + 2, 2);
    } else {
        return false;
    }
    swap(frame, frame + 6, 6); // sums do not change when words change places
    swap(ip + 12, ip + 16, 4);
    return true;
}

static ssize_t to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct echo_wire *self = (struct echo_wire *)wire;

    if (self->tick)
        self->tick(self->context, now);
    if (self->tail == self->head)
        return self->inner->ops->to_card(self->inner, now, frame);
    size_t at = self->tail++ % ECHO_FRAMES;
    memcpy(frame, self->frame[at].bytes, self->frame[at].length);
    return (ssize_t)fcs_pad_append(frame, self->frame[at].length);
}

static int from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct echo_wire *self = (struct echo_wire *)wire;
    size_t at = self->head % ECHO_FRAMES;

    if (length <= sizeof self->frame[at].bytes && fcs_ok(frame, length) &&
        self->head - self->tail < ECHO_FRAMES) {
        memcpy(self->frame[at].bytes, frame, length);
        self->frame[at].length = length - FCS_LENGTH;
        if (echo_answer(self->frame[at].bytes, length - FCS_LENGTH)) {
            self->head++;
            return 0;
        }
    }
    return self->inner->ops->from_card(self->inner, now, frame, length);
}

static uint64_t wake_at(const struct wire *wire)
{
    const struct echo_wire *self = (const struct echo_wire *)wire;
    uint64_t inner = wire_wake_at(self->inner);
    uint64_t own = self->next ? self->next(self->context) : UINT64_MAX;

    return own < inner ? own : inner;
}

// Nothing at this end knows a clock on the wall, also while nothing is due: time jumps to when there is
// something to do, a millisecond at most.
static uint64_t rest(struct wire *wire, uint64_t now)
{
    uint64_t wake = wake_at(wire);

    wake = wake < now + LONGEST_REST ? wake : now + LONGEST_REST;
    return wake > now ? wake : now + 1;
}

static void close_wire(struct wire *wire)
{
    wire_close(((struct echo_wire *)wire)->inner);
}

struct wire *echo_wire_init(struct echo_wire *self)
{
    static const struct wire_ops ops = {
        .to_card = to_card, .from_card = from_card, .wake_at = wake_at, .rest = rest, .close = close_wire};

    self->wire = (struct wire){.ops = &ops, .poll_fd = -1};
    self->head = self->tail = 0;
    return &self->wire;
}
