// SPDX-License-Identifier: BSD-2-Clause
//
// What is plugged in at the far end of the card's cable. Everything here speaks whole Ethernet frames with
// their four FCS bytes, because that is what a wire carries: a broken FCS has to be able to arrive.
//
// A wire is pulled and pushed by whoever owns the card; it has no thread. Once around the owner's loop:
//
//     idle = weir_sim_run(sim, until); // its wire_out hands frames from the card to wire->ops->from_card
//     wire_feed(wire, sim);            // frames for the card, as many as the cable has room for
//     if (idle && nothing was fed) poll wire->poll_fd, and weir_sim_skip what time that took, or up to
//     wire_wake_at
//
// wire_tap.h: a TAP interface or one end of a veth pair. wire_peer.h: another simulated card. wire_impair.h:
// wraps another wire and damages what passes. wire_pcapng.h is no wire; it is fed from the card's callbacks
// and writes down what really was on the cable.
#ifndef WEIR_WIRE_H
#define WEIR_WIRE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "weir_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

// Room that is always enough for a frame with FCS: the longest jumbo frame in use, with VLAN tags.
#define WIRE_FRAME_MAX 16384

struct wire;

struct wire_ops {
    // The next frame towards the card, into `frame` of WIRE_FRAME_MAX bytes. Returns its length, 0 when there
    // is none now, or a negative errno when the wire is of no more use; wire->error then says why. `now` is
    // device time in ns.
    ssize_t (*to_card)(struct wire *wire, uint64_t now, uint8_t *frame);
    // A frame from the card, its first preamble byte at `now`. 0, or a negative errno as above. A frame that
    // the other end will not have (wrong FCS, interface down) is dropped and counted there, as on a real
    // cable: that is not an error.
    int (*from_card)(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length);
    // Device time at which to_card wants to be called though poll_fd is silent; UINT64_MAX for never. May be
    // NULL.
    uint64_t (*wake_at)(const struct wire *wire);
    // Whether there is somebody at the other end, for cables that may come loose: the card's link. May be
    // NULL: always.
    bool (*link)(const struct wire *wire);
    // For another end that has device time of its own; both may be NULL. The card, at `now`, has work: the
    // device time up to which it may run.
    uint64_t (*may_run)(struct wire *wire, uint64_t now);
    // The card, at `now`, sleeps: the device time up to which it may jump, but not beyond; UINT64_MAX: time
    // passes with the clock on the wall.
    uint64_t (*rest)(struct wire *wire, uint64_t now);
    // Frees the wire, and the one inside it.
    void (*close)(struct wire *wire);
};

struct wire {
    const struct wire_ops *ops;
    int poll_fd;     // readable when to_card has something; -1 when there is nothing to wait for
    char error[200]; // a sentence, after a negative return
};

static inline uint64_t wire_wake_at(const struct wire *wire)
{
    return wire->ops->wake_at ? wire->ops->wake_at(wire) : UINT64_MAX;
}

static inline bool wire_link(const struct wire *wire)
{
    return !wire->ops->link || wire->ops->link(wire);
}

static inline uint64_t wire_may_run(struct wire *wire, uint64_t now)
{
    return wire->ops->may_run ? wire->ops->may_run(wire, now) : UINT64_MAX;
}

static inline uint64_t wire_rest(struct wire *wire, uint64_t now)
{
    return wire->ops->rest ? wire->ops->rest(wire, now) : UINT64_MAX;
}

static inline void wire_close(struct wire *wire)
{
    if (wire)
        wire->ops->close(wire);
}

// Bytes waiting on the cable below which wire_feed asks for more. Few, so that what waits does so in the
// peer's queues, where the peer's flow control sees it; enough that the cable does not run dry between two
// calls.
#define WIRE_FEED_LOW 8192

// Moves frames from the wire to the card while the cable has room. The number of frames, or a negative errno.
static inline int wire_feed(struct wire *wire, struct weir_sim *sim)
{
    uint8_t frame[WIRE_FRAME_MAX];
    int frames = 0;

    while (weir_sim_wire_queued(sim) < WIRE_FEED_LOW) {
        ssize_t length = wire->ops->to_card(wire, weir_sim_now(sim), frame);
        if (length < 0)
            return (int)length;
        if (length == 0)
            break;
        if (!weir_sim_wire_in(sim, frame, (size_t)length))
            return -ENOMEM;
        frames++;
    }
    return frames;
}

#ifdef __cplusplus
}
#endif
#endif
