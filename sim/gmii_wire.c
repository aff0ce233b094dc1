// SPDX-License-Identifier: BSD-2-Clause
#include "gmii_wire.h"

#include <stdlib.h>
#include <string.h>

struct gmii_frame {
    struct gmii_frame *next;
    size_t length; // preamble included
    uint8_t bytes[];
};

void gmii_source_init(struct gmii_source *source, gmii_sent sent, void *context)
{
    *source = (struct gmii_source){.sent = sent, .context = context};
    source->last = &source->first;
}

void gmii_source_free(struct gmii_source *source)
{
    free(source->frame);
    while (source->first) {
        struct gmii_frame *next = source->first->next;
        free(source->first);
        source->first = next;
    }
    gmii_source_init(source, source->sent, source->context);
}

bool gmii_source_queue(struct gmii_source *source, const uint8_t *frame, size_t length)
{
    struct gmii_frame *entry = malloc(sizeof *entry + GMII_PREAMBLE + length);

    if (!entry)
        return false;
    entry->next = NULL;
    entry->length = GMII_PREAMBLE + length;
    memset(entry->bytes, 0x55, GMII_PREAMBLE - 1);
    entry->bytes[GMII_PREAMBLE - 1] = GMII_SFD;
    memcpy(entry->bytes + GMII_PREAMBLE, frame, length);

    *source->last = entry;
    source->last = &entry->next;
    source->queued += length;
    return true;
}

static void source_next_frame(struct gmii_source *source, uint64_t now)
{
    struct gmii_frame *frame = source->first;

    if (!frame)
        return;
    source->first = frame->next;
    if (!source->first)
        source->last = &source->first;
    source->queued -= frame->length - GMII_PREAMBLE;
    source->frame = frame;
    source->position = 0;
    if (source->sent)
        source->sent(source->context, now, frame->bytes + GMII_PREAMBLE, frame->length - GMII_PREAMBLE);
}

void gmii_source_step(struct gmii_source *source, uint64_t now, struct gmii_pins *pins)
{
    if (source->gap)
        source->gap--;
    else if (!source->frame)
        source_next_frame(source, now);

    if (!source->frame) {
        *pins = (struct gmii_pins){0};
        return;
    }
    *pins = (struct gmii_pins){.data = source->frame->bytes[source->position++], .valid = true};
    if (source->position == source->frame->length) {
        free(source->frame);
        source->frame = NULL;
        source->gap = GMII_GAP;
    }
}

bool gmii_sink_init(struct gmii_sink *sink, gmii_received received, void *context)
{
    *sink = (struct gmii_sink){.received = received, .context = context};
    sink->buffer = malloc(GMII_FRAME_MAX);
    return sink->buffer != NULL;
}

void gmii_sink_free(struct gmii_sink *sink)
{
    free(sink->buffer);
    sink->buffer = NULL;
}

static void sink_begin(struct gmii_sink *sink, uint64_t now)
{
    sink->ok = !sink->error_in_gap && (!sink->seen || now - sink->ended >= GMII_GAP_NS);
    sink->error_in_gap = false;
    sink->started = now;
    sink->preamble = 0;
    sink->length = 0;
    sink->state = GMII_IN_PREAMBLE;
}

static void sink_end(struct gmii_sink *sink, uint64_t now)
{
    if (sink->state == GMII_IN_PREAMBLE)
        sink->ok = false; // no SFD ever came
    sink->state = GMII_IDLE;
    sink->ended = now;
    sink->seen = true;
    if (sink->received)
        sink->received(sink->context, sink->started, sink->buffer, sink->length, sink->ok);
}

// Any byte but 55h ends the preamble, so that a frame with a wrong one is still shown from there on.
static void sink_preamble(struct gmii_sink *sink, uint8_t data)
{
    sink->preamble++;
    if (data == 0x55)
        return;
    if (data != GMII_SFD || sink->preamble != GMII_PREAMBLE)
        sink->ok = false;
    sink->state = GMII_IN_FRAME;
}

void gmii_sink_step(struct gmii_sink *sink, uint64_t now, struct gmii_pins pins)
{
    if (!pins.valid) {
        if (sink->state != GMII_IDLE)
            sink_end(sink, now);
        if (pins.error)
            sink->error_in_gap = true; // carrier extension: not at full duplex (clause 35.2.2.5)
        return;
    }
    if (sink->state == GMII_IDLE)
        sink_begin(sink, now);
    if (pins.error)
        sink->ok = false;

    if (sink->state == GMII_IN_PREAMBLE)
        sink_preamble(sink, pins.data);
    else if (sink->length < GMII_FRAME_MAX)
        sink->buffer[sink->length++] = pins.data;
    else
        sink->ok = false;
}
