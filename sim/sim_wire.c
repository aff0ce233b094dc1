// SPDX-License-Identifier: BSD-2-Clause
#include "sim_wire.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire_impair.h"
#include "wire_loop.h"
#include "wire_peer.h"
#include "wire_tap.h"

#define SLICE 20000 // ns of device time between two looks at the sockets and the wire
#define SECOND UINT64_C(1000000000)
#define RETRY SECOND // from one look for an interface that is gone to the next

static bool impair(struct sim_wire *wire, const struct sim_options *options)
{
    struct wire_impair_rates rates = {.drop = options->loss,
                                      .reorder = options->reorder,
                                      .duplicate = options->duplicate,
                                      .corrupt = options->corrupt};

    if (!wire->wire || !(rates.drop | rates.reorder | rates.duplicate | rates.corrupt))
        return true;
    struct wire_impair_config config = {.to_card = rates, .from_card = rates, .seed = options->seed};
    wire->wire = wire_impair_create(wire->wire, &config);
    return wire->wire != NULL;
}

static struct wire *open_far_end(const struct sim_options *options, char *error, size_t error_size)
{
    if (*options->tap)
        return wire_tap_open(options->tap, error, error_size);
    if (*options->veth)
        return wire_veth_open(options->veth, error, error_size);
    if (strcmp(options->peer, "loop") != 0)
        return wire_peer_open(options->peer, error, error_size);
    struct wire *loop = wire_loop_open();
    if (!loop)
        snprintf(error, error_size, "out of memory");
    return loop;
}

// Whether the options name something at the other end.
static bool named(const struct sim_options *options)
{
    return *options->tap || *options->veth || *options->peer;
}

static bool connect_cable(struct sim_wire *wire, struct wire *far_end, char *error, size_t error_size)
{
    wire->wire = far_end;
    if (!far_end && named(wire->options)) {
        wire->wire = open_far_end(wire->options, error, error_size);
        if (!wire->wire)
            return false;
    }
    if (impair(wire, wire->options))
        return true;
    snprintf(error, error_size, "out of memory");
    return false;
}

bool sim_wire_open(struct sim_wire *wire, const struct sim_options *options, struct wire *far_end,
                   char *error, size_t error_size)
{
    const char *name = *options->tap ? options->tap : *options->veth ? options->veth : "wire";

    *wire = (struct sim_wire){.options = options};
    if (!connect_cable(wire, far_end, error, error_size))
        return false;
    if (*options->pcap) {
        wire->pcap = wire_pcapng_open(options->pcap, name);
        if (!wire->pcap) {
            snprintf(error, error_size, "cannot write the capture file %s: %s", options->pcap,
                     strerror(errno));
            sim_wire_close(wire);
            return false;
        }
    }
    return true;
}

void sim_wire_close(struct sim_wire *wire)
{
    wire_close(wire->wire);
    wire_pcapng_close(wire->pcap);
    *wire = (struct sim_wire){0};
}

static uint64_t wall_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

// Said once, here where the reason is known; the owner then ends, or is patient.
static void cut(struct sim_wire *wire)
{
    if (!wire->broken)
        fprintf(stderr, "simulated card: the cable is cut: %s%s\n", wire->wire->error,
                wire->patient ? "; make it again, and the card goes on" : "");
    wire->broken = true;
    wire->retry_at = wall_now() + RETRY;
}

// The interface is back under its name.
static void mend(struct sim_wire *wire)
{
    struct wire *cut_off = wire->wire;
    char error[400];

    if (connect_cable(wire, NULL, error, sizeof error)) {
        fprintf(stderr, "simulated card: the cable is in again\n");
        wire_close(cut_off);
        wire->broken = false;
    } else {
        wire->wire = cut_off;
        wire->retry_at = wall_now() + RETRY;
    }
}

static void capture(struct sim_wire *wire, enum wire_direction direction, uint64_t time, const uint8_t *frame,
                    size_t length, bool ok)
{
    if (!wire->pcap)
        return;
    int error = wire_pcapng_frame(wire->pcap, direction, time, frame, length, ok);
    if (error < 0) {
        fprintf(stderr, "simulated card: the capture ends here: %s\n", strerror(-error));
        wire_pcapng_close(wire->pcap);
        wire->pcap = NULL;
    }
}

void sim_wire_out(void *context, uint64_t time, const uint8_t *frame, size_t length, bool preamble_ok)
{
    struct sim_wire *wire = context;

    capture(wire, WIRE_FROM_CARD, time, frame, length, preamble_ok);
    if (wire->wire && !wire->broken && wire->wire->ops->from_card(wire->wire, time, frame, length) < 0)
        cut(wire);
}

void sim_wire_sent(void *context, uint64_t time, const uint8_t *frame, size_t length)
{
    capture(context, WIRE_TO_CARD, time, frame, length, true);
}

// ---- Running and sleeping ----

bool sim_wire_broken(const struct sim_wire *wire)
{
    return wire->broken && !wire->patient;
}

// The other end, while it is there.
static struct wire *end_of(const struct sim_wire *wire)
{
    return wire->broken ? NULL : wire->wire;
}

static void feed(struct sim_wire *wire, struct weir_sim *sim)
{
    if (wire->broken && wire->patient && wall_now() >= wire->retry_at)
        mend(wire);
    if (end_of(wire) && wire_feed(wire->wire, sim) < 0)
        cut(wire);
    weir_sim_set_link(sim, wire->wire ? !wire->broken && wire_link(wire->wire) : true);
}

bool sim_wire_run(struct sim_wire *wire, struct weir_sim *sim, uint64_t until)
{
    uint64_t now, limit;

    feed(wire, sim);
    now = weir_sim_now(sim);
    if (until > now + SLICE)
        until = now + SLICE;
    if (end_of(wire) && wire->wire->ops->may_run) {
        if (weir_sim_run(sim, now)) // it is idle
            return true;
        limit = wire_may_run(wire->wire, now);
        if (limit <= now)
            return true;
        until = limit < until ? limit : until;
    }
    return weir_sim_run(sim, until);
}

// Until when to sleep, in device time, `now` being that.
static uint64_t wake_at(const struct sim_wire *wire, uint64_t now, uint64_t until)
{
    uint64_t wake = end_of(wire) ? wire_wake_at(wire->wire) : UINT64_MAX;

    if (wire->broken && wire->patient)
        wake = now + RETRY;
    wake = wake < until ? wake : until;
    return wake > now ? wake : now;
}

static int poll_all(const struct sim_wire *wire, struct pollfd *fds, size_t count, uint64_t wait)
{
    struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};

    fds[count] = (struct pollfd){.fd = end_of(wire) ? wire->wire->poll_fd : -1, .events = POLLIN};
    int ready = ppoll(fds, count + 1, wait == UINT64_MAX ? NULL : &timeout, NULL);
    if (ready < 0)
        return -errno;
    return ready - (fds[count].revents != 0);
}

int sim_wire_sleep(struct sim_wire *wire, struct weir_sim *sim, struct pollfd *fds, size_t count,
                   uint64_t until)
{
    bool idle = weir_sim_run(sim, weir_sim_now(sim));
    uint64_t now = weir_sim_now(sim), wake = wake_at(wire, now, until), bound = UINT64_MAX;

    if (!idle) // it waits for the other end; time stands still
        bound = 0;
    else if (end_of(wire))
        bound = wire_rest(wire->wire, now);
    if (bound == UINT64_MAX) {
        uint64_t before = wall_now();
        int ready = poll_all(wire, fds, count, wake == UINT64_MAX ? UINT64_MAX : wake - now);
        uint64_t slept = wall_now() - before;
        wake = slept < wake - now ? now + slept : wake;
        bound = end_of(wire) ? wire_rest(wire->wire, wake) : UINT64_MAX; // the other may have got up
        wake = bound < wake ? bound : wake;
        weir_sim_skip(sim, wake > now ? wake - now : 0);
        return ready;
    }
    wake = bound < wake ? bound : wake;
    if (wake > now)
        weir_sim_skip(sim, wake - now);
    return poll_all(wire, fds, count, wake > now ? 0 : UINT64_MAX);
}
