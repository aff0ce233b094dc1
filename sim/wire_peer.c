// SPDX-License-Identifier: BSD-2-Clause
#include "wire_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "socket_address.h"
#include "wire_peer_internal.h"

#define BYTE_TIME 8 // ns, at 1 Gb/s
#define PREAMBLE 8  // byte times

static struct peer *peer_of(struct wire *wire)
{
    return (struct peer *)wire;
}

static ssize_t peer_to_card(struct wire *wire, uint64_t now, uint8_t *out)
{
    struct peer *peer = peer_of(wire);
    struct waiting *frame;

    peer_attend(peer, now);
    frame = peer->first;
    if (!frame || frame->due > now)
        return 0;
    peer->first = frame->next;
    if (!peer->first)
        peer->last = &peer->first;
    size_t length = frame->length;
    memcpy(out, frame->bytes, length);
    peer->waiting_bytes -= length;
    peer->stats.to_card++;
    free(frame);
    return (ssize_t)length;
}

static int peer_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct peer *peer = peer_of(wire);
    uint64_t left = now + (PREAMBLE + length) * BYTE_TIME - peer->epoch;

    if (!peer->joined || length < PEER_FRAME_MIN || length > WIRE_FRAME_MAX || now < peer->epoch) {
        peer->stats.unplugged++;
        return 0;
    }
    if (left < peer->told_time) // the other end knows already that nothing came before
        left = peer->told_time;
    peer->told_time = left;
    peer->told = BUSY;
    if (peer_tell(peer, &(struct peer_message){PEER_FRAME, length, left}, frame))
        peer->stats.from_card++;
    else
        peer->stats.overflow++;
    return 0;
}

static void tell_state(struct peer *peer, enum told told, uint64_t time)
{
    if (time < peer->told_time)
        time = peer->told_time;
    if (peer_tell(peer, &(struct peer_message){told == BUSY ? PEER_BUSY : PEER_IDLE, 0, time}, NULL)) {
        peer->told = told;
        peer->told_time = time;
    }
}

static uint64_t peer_may_run(struct wire *wire, uint64_t now)
{
    struct peer *peer = peer_of(wire);
    uint64_t limit = UINT64_MAX;

    if (!peer->joined)
        return limit;
    if (!peer->peer_idle)
        limit = peer->epoch + peer->peer_time + WIRE_PEER_LATENCY;
    if (peer->told != BUSY || now - peer->epoch >= peer->told_time + WIRE_PEER_LATENCY / 2 ||
        (now >= limit && now - peer->epoch > peer->told_time))
        tell_state(peer, BUSY, now - peer->epoch);
    if (peer->first && peer->first->due > now && peer->first->due < limit)
        limit = peer->first->due;
    return limit;
}

static uint64_t peer_rest(struct wire *wire, uint64_t now)
{
    struct peer *peer = peer_of(wire);

    peer_attend(peer, now);
    if (!peer->joined)
        return UINT64_MAX;
    if (peer->told != IDLE)
        tell_state(peer, IDLE, now - peer->epoch);
    return peer->peer_idle ? UINT64_MAX : peer->epoch + peer->peer_time;
}

static uint64_t peer_wake_at(const struct wire *wire)
{
    const struct peer *peer = (const struct peer *)wire;
    uint64_t at = peer->first ? peer->first->due : UINT64_MAX;

    if (peer->fd < 0 && peer->listener < 0) {
        uint64_t wall = peer_wall_now(),
                 retry = peer->now + (peer->retry_at > wall ? peer->retry_at - wall : 0);
        at = retry < at ? retry : at;
    }
    return at;
}

static bool peer_link(const struct wire *wire)
{
    return ((const struct peer *)wire)->joined;
}

static void peer_close(struct wire *wire)
{
    struct peer *peer = peer_of(wire);

    while (peer->first) {
        struct waiting *next = peer->first->next;
        free(peer->first);
        peer->first = next;
    }
    if (peer->fd >= 0)
        close(peer->fd);
    if (peer->listener >= 0)
        socket_address_unlisten(peer->address, peer->listener);
    if (wire->poll_fd >= 0)
        close(wire->poll_fd);
    free(peer->out);
    free(peer);
}

struct wire *wire_peer_open(const char *address, char *error, size_t error_size)
{
    static const struct wire_ops ops = {.to_card = peer_to_card,
                                        .from_card = peer_from_card,
                                        .wake_at = peer_wake_at,
                                        .link = peer_link,
                                        .may_run = peer_may_run,
                                        .rest = peer_rest,
                                        .close = peer_close};
    struct peer *peer = calloc(1, sizeof *peer);

    if (!peer) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    peer->wire.ops = &ops;
    peer->listener = peer->fd = -1;
    peer->last = &peer->first;
    peer->wire.poll_fd = epoll_create1(EPOLL_CLOEXEC);
    peer->out = malloc(PEER_OUT_MAX);
    snprintf(peer->address, sizeof peer->address, "%s", address);
    if (peer->wire.poll_fd < 0 || !peer->out)
        snprintf(error, error_size, "no memory for the cable to %s", address);
    else if (peer_join(peer, error, error_size))
        return &peer->wire;
    peer_close(&peer->wire);
    return NULL;
}

void wire_peer_stats(const struct wire *wire, struct wire_peer_stats *stats)
{
    *stats = ((const struct peer *)wire)->stats;
}
