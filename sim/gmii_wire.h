// SPDX-License-Identifier: BSD-2-Clause
//
// The cable at the card's GMII pins (IEEE 802.3-2018 clause 35), one call a wire clock: a source that drives
// frames towards the card, and a sink that takes apart what the card drives. At 1000 Mb/s a clock is a byte
// time of 8 ns.
//
// The calls of an idle cable are inline and cost a compare, for the simulation makes 250 million of them a
// device second.
#ifndef WEIR_GMII_WIRE_H
#define WEIR_GMII_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GMII_BYTE_NS 8
#define GMII_GAP 12 // byte times between frames (clause 4.4.2)
#define GMII_GAP_NS ((uint64_t)GMII_GAP * GMII_BYTE_NS)
#define GMII_PREAMBLE 8 // seven bytes 55h and the SFD
#define GMII_SFD 0xD5
// The sink keeps no more of a frame than this; a longer one is reported as not ok.
#define GMII_FRAME_MAX 65536

struct gmii_pins {
    uint8_t data;
    bool valid, error; // RX_DV and RX_ER towards the card, TX_EN and TX_ER from it
};

// ---- Towards the card ----

struct gmii_frame; // a queued frame with its preamble
// A frame's first preamble byte goes on the wire at `time` (ns). `frame` is without preamble, valid during
// the call.
typedef void (*gmii_sent)(void *context, uint64_t time, const uint8_t *frame, size_t length);

struct gmii_source {
    struct gmii_frame *first, **last;
    size_t queued;            // bytes of frames that wait; that under way is no longer counted
    struct gmii_frame *frame; // under way, or NULL
    size_t position;          // next byte of it, preamble included
    unsigned gap;             // byte times still to keep free
    gmii_sent sent;
    void *context;
};

void gmii_source_init(struct gmii_source *source, gmii_sent sent, void *context);
void gmii_source_free(struct gmii_source *source);
// Queues a copy of a frame, which is sent as it is behind a preamble and the gap. False when memory is short.
bool gmii_source_queue(struct gmii_source *source, const uint8_t *frame, size_t length);
// Use gmii_source_clock.
void gmii_source_step(struct gmii_source *source, uint64_t now, struct gmii_pins *pins);

// True when no frame is under way or waits, and the last one's gap is over.
static inline bool gmii_source_idle(const struct gmii_source *source)
{
    return !source->frame && !source->first && source->gap == 0;
}

// One clock: what the pins carry from time `now` (ns) on.
static inline void gmii_source_clock(struct gmii_source *source, uint64_t now, struct gmii_pins *pins)
{
    if (!gmii_source_idle(source))
        gmii_source_step(source, now, pins);
}

// ---- From the card ----

// As weir_sim_wire_out.
typedef void (*gmii_received)(void *context, uint64_t time, const uint8_t *frame, size_t length,
                              bool preamble_ok);

enum gmii_sink_state { GMII_IDLE, GMII_IN_PREAMBLE, GMII_IN_FRAME };

struct gmii_sink {
    enum gmii_sink_state state;
    bool ok;           // of the frame under way, so far
    bool error_in_gap; // TX_ER was seen since the last frame
    unsigned preamble; // bytes of it so far
    uint64_t started;  // ns, first preamble byte
    uint64_t ended;    // ns, first free byte time after the last frame
    bool seen;         // there was a frame before, so the gap counts
    size_t length;
    uint8_t *buffer; // GMII_FRAME_MAX bytes
    gmii_received received;
    void *context;
};

// False when memory is short.
bool gmii_sink_init(struct gmii_sink *sink, gmii_received received, void *context);
void gmii_sink_free(struct gmii_sink *sink);
// Use gmii_sink_clock.
void gmii_sink_step(struct gmii_sink *sink, uint64_t now, struct gmii_pins pins);

static inline bool gmii_sink_idle(const struct gmii_sink *sink)
{
    return sink->state == GMII_IDLE;
}

// One clock: the pins carry this from time `now` (ns) on.
static inline void gmii_sink_clock(struct gmii_sink *sink, uint64_t now, struct gmii_pins pins)
{
    if (pins.valid || pins.error || !gmii_sink_idle(sink))
        gmii_sink_step(sink, now, pins);
}

#ifdef __cplusplus
}
#endif
#endif
