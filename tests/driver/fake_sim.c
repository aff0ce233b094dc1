// SPDX-License-Identifier: BSD-2-Clause
//
// weir_sim.h's functions over the model of the card in C (fake_card.h) instead of the Verilog: the same
// calls, transfer for transfer and frame for frame, with rough times and without faults. With it the driver's
// simulation transport and the weir command are tested against a real kernel by themselves.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_card.h"
#include "fcs.h"
#include "weir_sim.h"

#define PACKET 512
#define PACKET_NS 9615 // 13 in a microframe
#define CONTROL_NS 30000
#define BYTE_NS 8   // on the wire
#define OVERHEAD 24 // byte times of preamble, FCS and gap
#define FRAME_MAX 16384

struct waiting_frame {
    struct waiting_frame *next;
    size_t length;
    uint8_t bytes[];
};

struct weir_sim {
    struct weir_sim_config config;
    uint64_t now;
    struct fake_card card;
    struct weir_usb_transfer *first[4]; // control, OUT, IN, notify
    struct waiting_frame *wire;
    size_t wire_queued;
    uint8_t in[WEIR_IN_TRANSFER_MAX];
    size_t in_length, in_at;
    bool in_active;
    unsigned events; // transfers completed and frames sent
    struct weir_sim_usb_stats stats;
};

static void on_wire_out(void *context, const uint8_t *frame, size_t length)
{
    struct weir_sim *sim = context;
    uint8_t with_fcs[FRAME_MAX];

    sim->events++;
    if (!sim->config.wire_out)
        return;
    memcpy(with_fcs, frame, length);
    length = fcs_append(with_fcs, length);
    sim->config.wire_out(sim->config.wire_context, sim->now, with_fcs, length, true);
}

struct weir_sim *weir_sim_create(const struct weir_sim_config *config)
{
    struct weir_sim *sim = calloc(1, sizeof *sim);

    if (!sim)
        return NULL;
    sim->config = *config;
    fake_card_init(&sim->card);
    if (memcmp(config->mac, (uint8_t[6]){0}, 6) != 0)
        fake_card_set_address(&sim->card, config->mac);
    sim->card.wire_out = on_wire_out;
    sim->card.wire_context = sim;
    return sim;
}

static struct weir_usb_transfer **queue_of(struct weir_sim *sim, uint8_t endpoint)
{
    static const uint8_t endpoints[] = {0, WEIR_EP_OUT, WEIR_EP_IN, WEIR_EP_NOTIFY};

    for (size_t i = 0; i < 4; i++) {
        if (endpoints[i] == endpoint)
            return &sim->first[i];
    }
    abort();
}

static void complete(struct weir_sim *sim, struct weir_usb_transfer **queue, enum weir_usb_status status)
{
    struct weir_usb_transfer *transfer = *queue;

    *queue = transfer->next;
    transfer->status = status;
    sim->events++;
    transfer->complete(transfer);
}

void weir_sim_destroy(struct weir_sim *sim)
{
    if (!sim)
        return;
    for (size_t i = 0; i < 4; i++) {
        while (sim->first[i])
            complete(sim, &sim->first[i], WEIR_USB_NO_DEVICE);
    }
    while (sim->wire) {
        struct waiting_frame *next = sim->wire->next;
        free(sim->wire);
        sim->wire = next;
    }
    free(sim);
}

void weir_sim_submit(struct weir_sim *sim, struct weir_usb_transfer *transfer)
{
    struct weir_usb_transfer **end = queue_of(sim, transfer->endpoint);

    while (*end)
        end = &(*end)->next;
    transfer->next = NULL;
    transfer->actual = 0;
    *end = transfer;
}

bool weir_sim_cancel(struct weir_sim *sim, struct weir_usb_transfer *transfer)
{
    struct weir_usb_transfer **at = queue_of(sim, transfer->endpoint);

    while (*at && *at != transfer)
        at = &(*at)->next;
    if (!*at)
        return false;
    complete(sim, at, WEIR_USB_CANCELLED);
    return true;
}

bool weir_sim_wire_in(struct weir_sim *sim, const uint8_t *frame, size_t length)
{
    struct waiting_frame **end = &sim->wire, *added;

    if (sim->wire_queued >= WEIR_SIM_WIRE_QUEUE || !(added = malloc(sizeof *added + length)))
        return false;
    while (*end)
        end = &(*end)->next;
    added->next = NULL;
    added->length = length;
    memcpy(added->bytes, frame, length);
    *end = added;
    sim->wire_queued += length;
    return true;
}

void weir_sim_set_link(struct weir_sim *sim, bool up)
{
    sim->card.link = up ? 1 | 2 << 1 | 1 << 3 : 0; // 1000 Mb/s, full duplex
}

size_t weir_sim_wire_queued(const struct weir_sim *sim)
{
    return sim->wire_queued;
}

static bool step_control(struct weir_sim *sim)
{
    struct weir_usb_transfer *transfer = sim->first[0];

    if (!transfer)
        return false;
    const uint8_t *setup = transfer->setup;
    int moved = fake_card_control(&sim->card, setup[0], setup[1], (uint16_t)(setup[4] | setup[5] << 8),
                                  transfer->buffer, (uint16_t)transfer->length);
    transfer->actual = moved < 0 ? 0 : (size_t)moved;
    sim->now += CONTROL_NS;
    complete(sim, &sim->first[0], moved < 0 ? WEIR_USB_STALL : WEIR_USB_OK);
    return true;
}

static bool step_out(struct weir_sim *sim)
{
    struct weir_usb_transfer *transfer = sim->first[1];

    if (!transfer)
        return false;
    size_t rest = transfer->length - transfer->actual, size = rest < PACKET ? rest : PACKET;
    sim->now += PACKET_NS;
    sim->stats.out_packets++;
    fake_card_out_packet(&sim->card, size ? transfer->buffer + transfer->actual : NULL, size);
    transfer->actual += size;
    if (transfer->actual == transfer->length)
        complete(sim, &sim->first[1], WEIR_USB_OK);
    return true;
}

static bool step_in(struct weir_sim *sim)
{
    struct weir_usb_transfer *transfer = sim->first[2];

    if (!transfer)
        return false;
    if (!sim->in_active) {
        sim->in_length = fake_card_in_transfer(&sim->card, sim->in);
        sim->in_at = 0;
        sim->in_active = sim->in_length > 0;
        if (!sim->in_active)
            return false;
    }
    size_t rest = sim->in_length - sim->in_at, size = rest < PACKET ? rest : PACKET;
    sim->now += PACKET_NS;
    sim->stats.in_packets++;
    sim->card.counters[WEIR_CNT_USB_IN_PACKETS]++;
    memcpy(transfer->buffer + transfer->actual, sim->in + sim->in_at, size);
    transfer->actual += size;
    sim->in_at += size;
    sim->in_active = size == PACKET;
    if (!sim->in_active || transfer->actual == transfer->length)
        complete(sim, &sim->first[2], WEIR_USB_OK);
    return true;
}

static bool step_wire(struct weir_sim *sim)
{
    struct waiting_frame *frame = sim->wire;

    if (!frame)
        return false;
    sim->wire = frame->next;
    sim->wire_queued -= frame->length;
    if (sim->config.wire_sent)
        sim->config.wire_sent(sim->config.wire_context, sim->now, frame->bytes, frame->length);
    sim->now += (frame->length + OVERHEAD) * BYTE_NS;
    if (fcs_ok(frame->bytes, frame->length))
        fake_card_wire_in(&sim->card, frame->bytes, frame->length - FCS_LENGTH);
    else
        sim->card.counters[WEIR_CNT_RX_FCS_ERROR]++;
    free(frame);
    return true;
}

bool weir_sim_run(struct weir_sim *sim, uint64_t until)
{
    sim->events = 0;
    do {
        bool moved = step_control(sim) | step_out(sim) | step_in(sim) | step_wire(sim);
        if (!moved)
            return true;
    } while (sim->now < until && sim->events == 0);
    return false;
}

void weir_sim_skip(struct weir_sim *sim, uint64_t nanoseconds)
{
    sim->now += nanoseconds;
}

bool weir_sim_high_speed(const struct weir_sim *sim)
{
    (void)sim;
    return true;
}

uint64_t weir_sim_now(const struct weir_sim *sim)
{
    return sim->now;
}

void weir_sim_usb_stats(const struct weir_sim *sim, struct weir_sim_usb_stats *stats)
{
    *stats = sim->stats;
}

const uint8_t *weir_sim_device_descriptor(const struct weir_sim *sim)
{
    static const uint8_t device[18] = {18, 1, 0, 2};

    (void)sim;
    return device;
}

const uint8_t *weir_sim_config_descriptor(const struct weir_sim *sim, size_t *length)
{
    static const uint8_t config[18] = {9,
                                       2,
                                       18,
                                       0,
                                       1,
                                       1,
                                       0,
                                       0x80,
                                       50,
                                       9,
                                       4,
                                       0,
                                       0,
                                       3,
                                       WEIR_INTERFACE_CLASS,
                                       WEIR_INTERFACE_SUBCLASS,
                                       WEIR_VERSION_MAJOR,
                                       0};

    (void)sim;
    *length = sizeof config;
    return config;
}
