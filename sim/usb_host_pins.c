// SPDX-License-Identifier: BSD-2-Clause
//
// D+ and D- of a full-speed device (USB 2.0 section 7.1), in the place of usb_host_phy.c's ULPI: makes
// signals as bad as the standard allows of the host's packets, and packets of the device's signals.
//
// What section 7.1.15 allows between two edges is 18.5 ns, and 9 ns between two of one kind; part of it is
// the clocks' error. So each edge is off by up to half of the latter, and falling against rising ones by what
// is left.
#include "usb_host_pins.h"

#include <stdlib.h>

#define FS_PER_PS 1000u
#define PERIOD_FS 16666667.0 // 60 MHz
#define CLOCKS_PER_BIT USB_FULL_SPEED_BIT
#define CABLE_FS 26000000u // the longest cable's delay; longer than any edge can be early
#define LONGEST_RUN 7      // bits without an edge

void usb_pins_init(struct usb_pins *pins, const struct weir_usb_signal *signal, uint64_t seed)
{
    *pins = (struct usb_pins){
        .signal = *signal,
        .random = seed | 1,
        .period = (uint64_t)(PERIOD_FS * 1e6 / (1e6 + signal->ppm)),
        .host = USB_PINS_FREE,
        .device = USB_PINS_FREE,
        .shortest_eop = USB_NEVER,
        .earliest_answer = USB_NEVER,
    };
    pins->next_tick = pins->period;
}

void usb_pins_free(struct usb_pins *pins)
{
    if (pins && pins->vcd) {
        fprintf(pins->vcd, "#%llu\n", (unsigned long long)(pins->changed / FS_PER_PS));
        fclose(pins->vcd);
    }
    free(pins);
}

// ---- the bus ----

static void trace(struct usb_pins *pins, uint64_t time)
{
    if (pins->vcd)
        fprintf(pins->vcd, "#%llu\n%u+\n%u-\n", (unsigned long long)(time / FS_PER_PS), pins->bus & 1u,
                pins->bus >> 1 & 1u);
}

static void update_bus(struct usb_pins *pins, uint64_t time)
{
    uint8_t bus = pins->device != USB_PINS_FREE ? pins->device : pins->host;
    if (bus == USB_PINS_FREE)
        bus = pins->pull_up ? USB_PINS_J : USB_PINS_SE0;
    if (bus == pins->bus)
        return;
    pins->bus = bus;
    trace(pins, time);
}

// What the host has let go on the cable until `time`.
static void play(struct usb_pins *pins, uint64_t time)
{
    while (pins->next < pins->count && pins->edges[pins->next].time <= time) {
        const struct usb_pins_edge *edge = &pins->edges[pins->next++];
        pins->host = edge->line;
        if (edge->line != USB_PINS_FREE && pins->device != USB_PINS_FREE && edge->line != pins->device)
            pins->collisions++;
        if (edge->line == USB_PINS_FREE)
            pins->idle_since = edge->time;
        update_bus(pins, edge->time);
    }
}

// ---- host to device ----

static void put(struct usb_pins *pins, uint64_t time, uint8_t line)
{
    if (pins->next == pins->count)
        pins->next = pins->count = 0;
    if (pins->count < USB_PINS_EDGES)
        pins->edges[pins->count++] = (struct usb_pins_edge){.time = time, .line = line};
}

// Uniform in 0 to `most`, but every other time at one of both ends.
static uint64_t draw(struct usb_pins *pins, uint64_t most)
{
    uint64_t number = usb_random(&pins->random);
    if (number & 1)
        return number & 2 ? most : 0;
    return (number >> 2) % (most + 1);
}

// A packet's shape: how its edges lie around their ideal places.
struct shape {
    uint64_t begin, bit;
    uint64_t apart;  // falling against rising edges
    uint64_t loose;  // each edge by itself
    uint64_t skew;   // of D+ against D-
    uint8_t between; // what both lines show meanwhile
};

static struct shape draw_shape(struct usb_pins *pins)
{
    const struct weir_usb_signal *signal = &pins->signal;
    struct shape shape = {.begin = pins->now + CABLE_FS, .bit = pins->period * CLOCKS_PER_BIT};
    uint64_t drift =
        LONGEST_RUN * shape.bit / 1000000 * (uint64_t)(signal->ppm < 0 ? -signal->ppm : signal->ppm);
    uint64_t paired = (uint64_t)signal->jitter_paired * FS_PER_PS;
    uint64_t next = (uint64_t)signal->jitter_next * FS_PER_PS;
    shape.loose = paired / 2;
    shape.apart = next > paired + drift ? draw(pins, (next - paired - drift) / 2) : 0;
    shape.skew = draw(pins, (uint64_t)signal->skew * FS_PER_PS);
    shape.between = usb_random(&pins->random) & 1 ? USB_PINS_SE0 : USB_PINS_SE1;
    return shape;
}

static void put_edge(struct usb_pins *pins, const struct shape *shape, unsigned bit, uint8_t line)
{
    uint64_t time = shape->begin + bit * shape->bit - shape->loose + draw(pins, 2 * shape->loose);
    time = line == USB_PINS_K ? time + shape->apart : time - shape->apart;
    if (shape->skew > 0)
        put(pins, time - shape->skew / 2, shape->between);
    put(pins, time + shape->skew / 2, line);
}

// One byte's bits, each a change of level or none, and a zero after six ones. Returns the bits so far.
static unsigned put_byte(struct usb_pins *pins, const struct shape *shape, unsigned bit, uint8_t byte,
                         unsigned *ones, uint8_t *line)
{
    for (unsigned i = 0; i < 8; i++, bit++) {
        bool one = byte >> i & 1;
        *ones = one ? *ones + 1 : 0;
        if (!one)
            put_edge(pins, shape, bit, *line ^= USB_PINS_J ^ USB_PINS_K);
        if (*ones < 6)
            continue;
        put_edge(pins, shape, ++bit, *line ^= USB_PINS_J ^ USB_PINS_K);
        *ones = 0;
    }
    return bit;
}

void usb_pins_send(struct usb_pins *pins, const uint8_t *packet, size_t length)
{
    struct shape shape = draw_shape(pins);
    unsigned ones = 0;
    uint8_t line = USB_PINS_J;
    unsigned bit = put_byte(pins, &shape, 0, 0x80, &ones, &line);
    for (size_t i = 0; i < length; i++)
        bit = put_byte(pins, &shape, bit, packet[i], &ones, &line);
    // Hubs may let the last bit last longer, at the expense of SE0.
    uint64_t end = shape.begin + bit * shape.bit;
    put(pins, end + draw(pins, (uint64_t)pins->signal.dribble * FS_PER_PS), USB_PINS_SE0);
    put(pins, end + 2 * shape.bit, USB_PINS_J);
    put(pins, end + 3 * shape.bit, USB_PINS_FREE);
}

void usb_pins_drive(struct usb_pins *pins, enum usb_line hub)
{
    static const uint8_t lines[] = {USB_PINS_SE0, USB_PINS_J, USB_PINS_K, USB_PINS_FREE};
    put(pins, pins->now + CABLE_FS, lines[hub]);
}

// ---- device to host ----

static void begin_receive(struct usb_pins *pins, struct usb_phy *phy, uint64_t clock)
{
    phy->state = USB_PHY_TRANSMIT;
    phy->tx_begin = clock;
    phy->tx_length = 0;
    phy->tx_collided = false;
    pins->receiving = true;
    pins->received = pins->ones = pins->in_byte = 0;
    uint64_t answer = pins->changed - pins->idle_since + pins->period * CLOCKS_PER_BIT; // since SE0 ended
    if (answer < pins->earliest_answer)
        pins->earliest_answer = answer;
}

static void take_bit(struct usb_pins *pins, struct usb_phy *phy, bool one)
{
    bool stuffed = pins->ones == 6;
    pins->ones = one ? pins->ones + 1 : 0;
    if (stuffed) {
        phy->tx_collided |= one;
        return;
    }
    pins->bits = (uint8_t)(pins->bits >> 1 | (one ? 0x80 : 0));
    if (++pins->in_byte < 8)
        return;
    pins->in_byte = 0;
    if (pins->received++ == 0)
        phy->tx_collided |= pins->bits != 0x80;
    else if (phy->tx_length < sizeof phy->tx)
        phy->tx[phy->tx_length++] = pins->bits;
}

// A level of the device has ended: after an edge stand as many ones as it lasted further bits.
static void take_level(struct usb_pins *pins, struct usb_phy *phy, uint64_t time)
{
    uint64_t bit = pins->period * CLOCKS_PER_BIT, lasted = time - pins->since;
    uint64_t count = (lasted + bit / 2) / bit;
    uint64_t off = lasted > count * bit ? lasted - count * bit : count * bit - lasted;
    if (off > pins->worst_edge)
        pins->worst_edge = off;
    for (uint64_t i = 0; i < count && i <= LONGEST_RUN; i++)
        take_bit(pins, phy, i > 0);
}

static void take_eop(struct usb_pins *pins, struct usb_phy *phy, uint64_t time, uint64_t clock)
{
    uint64_t lasted = time - pins->since;
    if (lasted < pins->shortest_eop)
        pins->shortest_eop = lasted;
    if (lasted > pins->longest_eop)
        pins->longest_eop = lasted;
    if (pins->in_byte != 0 || pins->ones == 6)
        phy->tx_collided = true;
    if (phy->tx_collided)
        pins->bad_packets++;
    phy->tx_end = clock;
    phy->tx_ready = true;
    pins->receiving = false;
}

static void device_changes(struct usb_pins *pins, struct usb_phy *phy, uint8_t line, uint64_t clock)
{
    uint64_t time = pins->changed;
    if (pins->device == USB_PINS_FREE)
        begin_receive(pins, phy, clock);
    else if (pins->receiving && pins->device == USB_PINS_SE0)
        take_eop(pins, phy, time, clock);
    else if (pins->receiving)
        take_level(pins, phy, time);
    if (line == USB_PINS_FREE)
        phy->state = USB_PHY_IDLE;
    else if (pins->host != USB_PINS_FREE && pins->host != line)
        pins->collisions++;
    phy->device = USB_LINE_FREE;
    pins->device = line;
    pins->since = time;
    update_bus(pins, time);
}

// ---- the clock ----

// A level no packet holds: the device resumes the bus.
static void look_for_resume(const struct usb_pins *pins, struct usb_phy *phy)
{
    if (pins->device == USB_PINS_K &&
        pins->now - pins->since > 2 * LONGEST_RUN * CLOCKS_PER_BIT * pins->period)
        phy->device = USB_LINE_K;
}

void usb_host_pins(struct usb_host *host, struct usb_pin_levels *levels, uint64_t now)
{
    struct usb_pins *pins = host->phy.pins;
    uint64_t time = now * FS_PER_PS;
    uint8_t line = levels->oe ? (uint8_t)(levels->dp_o | levels->dn_o << 1) : (uint8_t)USB_PINS_FREE;

    play(pins, pins->changed);
    if (levels->pull_up != pins->pull_up) {
        pins->pull_up = levels->pull_up;
        update_bus(pins, pins->changed);
    }
    if (line != pins->device)
        device_changes(pins, &host->phy, line, host->clock);
    for (; pins->next_tick <= time; pins->next_tick += pins->period) {
        pins->now = pins->next_tick;
        look_for_resume(pins, &host->phy);
        usb_host_clock(host);
    }
    play(pins, time);
    pins->changed = time;
    levels->dp_i = pins->bus & 1;
    levels->dn_i = pins->bus >> 1 & 1;
}

bool usb_host_trace_pins(struct usb_host *host, const char *path)
{
    FILE *vcd = fopen(path, "w");
    if (!vcd)
        return false;
    host->phy.pins->vcd = vcd;
    fputs("$timescale 1 ps $end\n$scope module usb $end\n$var wire 1 + dp $end\n$var wire 1 - dn $end\n"
          "$upscope $end\n$enddefinitions $end\n",
          vcd);
    trace(host->phy.pins, 0);
    return true;
}
