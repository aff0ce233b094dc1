// SPDX-License-Identifier: BSD-2-Clause
#include "sim_wire.h"

#include <stdio.h>
#include <string.h>

#include "wire_impair.h"
#include "wire_tap.h"

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

bool sim_wire_open(struct sim_wire *wire, const struct sim_options *options, struct wire *far_end,
                   char *error, size_t error_size)
{
    const char *name = *options->tap ? options->tap : options->veth;

    *wire = (struct sim_wire){.wire = far_end};
    if (!far_end && *name) {
        wire->wire =
            *options->tap ? wire_tap_open(name, error, error_size) : wire_veth_open(name, error, error_size);
        if (!wire->wire)
            return false;
    }
    if (!impair(wire, options)) {
        snprintf(error, error_size, "out of memory");
        return false;
    }
    if (*options->pcap) {
        wire->pcap = wire_pcapng_open(options->pcap, *name ? name : "wire");
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

// Said once, here where the reason is known; the transport then tells its caller that it is over.
static void cut(struct sim_wire *wire)
{
    if (!wire->broken)
        fprintf(stderr, "simulated card: the cable is cut: %s\n", wire->wire->error);
    wire->broken = true;
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

void sim_wire_feed(struct sim_wire *wire, struct weir_sim *sim)
{
    if (wire->wire && !wire->broken && wire_feed(wire->wire, sim) < 0)
        cut(wire);
}

bool sim_wire_broken(const struct sim_wire *wire)
{
    return wire->broken;
}

int sim_wire_fd(const struct sim_wire *wire)
{
    return wire->wire && !wire->broken ? wire->wire->poll_fd : -1;
}

uint64_t sim_wire_wake_at(const struct sim_wire *wire)
{
    return wire->wire && !wire->broken ? wire_wake_at(wire->wire) : UINT64_MAX;
}
