// SPDX-License-Identifier: BSD-2-Clause
#include "bridge.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bridge_filter.h"
#include "bridge_netlink.h"
#include "bridge_queue.h"
#include "bridge_segment.h"
#include "weir_link.h"

// Bytes that wait in front of what the card has (weir_card_enough); 40 and 200 ms for a flow that has all of
// it to itself.
#define WAITING (2 * 1024 * 1024)
#define WAITING_FULL_SPEED (256 * 1024)
#define READ_AT_ONCE 64 // frames off the TAP before the card has its turn again

enum { FD_TAP, FD_EVENTS, FD_TIMER, FD_WAKE, FDS };

struct weir_bridge {
    struct weir_tap *tap;
    struct weir_bridge_stats *stats;
    struct weir_bridge_options options;
    struct weir_card *card;
    struct weir_card_caps caps; // without what the options leave out
    struct weir_netlink netlink;
    struct weir_filter filter; // what the card has
    struct weir_queue *queue;
    uint64_t dropped_before;        // by the queue, as counted so far
    struct weir_queue_frame *frame; // being cut
    struct weir_bridge_cut cut;
    size_t segment; // bytes of its next segment, which the card had no room for
    bool ask;       // the kernel what it wants
    bool cleared;   // the card's tables have nothing that another program left there
    bool told_too_long, told_refused;
    struct pollfd fds[FDS];
    uint8_t to_card[WEIR_TAP_FRAME_MAX], to_kernel[WEIR_TAP_FRAME_MAX]; // segments cut in software
};

struct weir_bridge *weir_bridge_create(struct weir_bridge_stats *stats)
{
    struct weir_bridge *bridge = calloc(1, sizeof *bridge);

    if (!bridge || !(bridge->queue = weir_queue_create(WAITING))) {
        free(bridge);
        return NULL;
    }
    bridge->stats = stats;
    bridge->netlink = (struct weir_netlink){.events = -1, .query = -1};
    for (unsigned i = 0; i < FDS; i++)
        bridge->fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    return bridge;
}

void weir_bridge_destroy(struct weir_bridge *bridge)
{
    if (bridge->tap)
        weir_tap_set_carrier(bridge->tap, false);
    // The card was pulled out, or the interface ends.
    bridge->stats->tx_card_gone += weir_queue_waiting(bridge->queue) + (bridge->frame != NULL);
    bridge->stats->tx_waiting = 0;
    if (bridge->fds[FD_TIMER].fd >= 0)
        close(bridge->fds[FD_TIMER].fd);
    weir_netlink_close(&bridge->netlink);
    weir_queue_destroy(bridge->queue);
    free(bridge);
}

// ---- From the card ----

static void count_written(struct weir_bridge *bridge, int error, uint64_t *counter)
{
    if (error)
        bridge->stats->rx_refused++;
    else
        ++*counter;
}

// Some kernels refuse large frames that are right. What they would have cut is cut here.
static void give_cut(struct weir_bridge *bridge, const struct weir_card_rx *rx, const struct weir_vnet *vnet)
{
    static const struct weir_vnet verified = {.flags = WEIR_F_DATA_VALID};
    struct weir_bridge_cut cut;
    size_t length;
    int error = 0;

    if (!weir_bridge_cut_start(&cut, vnet, rx->frame, rx->length)) {
        bridge->stats->rx_refused++;
        return;
    }
    cut.fixed_id = rx->ip_id_fixed;
    while ((length = weir_bridge_cut_next(&cut, bridge->to_kernel)) > 0 && !error)
        error = weir_tap_write(bridge->tap, &verified, bridge->to_kernel, length);
    count_written(bridge, error, &bridge->stats->rx_cut);
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct weir_bridge *bridge = context;
    struct weir_vnet vnet = weir_bridge_to_kernel(rx);

    bridge->stats->rx_read++;
    bridge->stats->rx_segments += rx->segments;
    if (!bridge->tap) {
        bridge->stats->rx_refused++;
        return;
    }
    int error = weir_tap_write(bridge->tap, &vnet, rx->frame, rx->length);

    if (error == -EINVAL && rx->gso_type != WEIR_GSO_NONE) {
        give_cut(bridge, rx, &vnet);
        return;
    }
    bridge->stats->rx_superframes += !error && rx->gso_type != WEIR_GSO_NONE;
    count_written(bridge, error, &bridge->stats->rx_frames);
}

static void on_link(void *context, uint32_t link)
{
    struct weir_bridge *bridge = context;
    const bool was_up = (bridge->stats->link & 1) != 0;

    if (!bridge->tap)
        return;
    // One that is up at another speed has been down between, whether we saw it or not; who watches the
    // interface is told by that.
    if (was_up && bridge->stats->link != link)
        weir_tap_set_carrier(bridge->tap, false);
    bridge->stats->link = link;
    weir_tap_set_carrier(bridge->tap, (link & 1) != 0);
}

struct weir_card_receiver weir_bridge_receiver(struct weir_bridge *bridge)
{
    return (struct weir_card_receiver){.frame = on_frame, .link = on_link, .context = bridge};
}

// ---- To the card ----

// Puts a frame into the queue; at full speed a superframe, which would keep USB busy for 54 ms, in pieces of
// what the card should have at most, so that others get their turn between them.
static void put(struct weir_bridge *bridge, struct weir_queue_frame *frame)
{
    struct weir_bridge_cut cut;
    size_t most = weir_card_enough(bridge->card);

    if (weir_card_high_speed(bridge->card) || frame->length <= most ||
        frame->vnet.gso_type == WEIR_VNET_GSO_NONE ||
        !weir_bridge_cut_start(&cut, &frame->vnet, frame->bytes, frame->length)) {
        weir_queue_put(bridge->queue, frame);
        return;
    }
    weir_bridge_cut_into_pieces(&cut, most);
    while (!cut.over) {
        struct weir_queue_frame *piece = weir_queue_new(bridge->queue);
        piece->length = weir_bridge_cut_next(&cut, piece->bytes);
        piece->vnet = cut.piece;
        bridge->stats->tx_read++;
        weir_queue_put(bridge->queue, piece);
    }
    bridge->stats->tx_read--; // the frame is its pieces now
    weir_queue_free(bridge->queue, frame);
}

// All that the kernel has; what does not fit the queue drops.
static int read_tap(struct weir_bridge *bridge)
{
    for (unsigned i = 0; i < READ_AT_ONCE; i++) {
        struct weir_queue_frame *frame = weir_queue_new(bridge->queue);
        if (!frame)
            return 0;
        ssize_t length = weir_tap_read(bridge->tap, &frame->vnet, frame->bytes);
        if (length < 0) {
            weir_queue_free(bridge->queue, frame);
            return length == -EAGAIN ? 0 : -ENETDOWN;
        }
        bridge->stats->tx_read++;
        frame->length = (size_t)length;
        bridge->ask |= weir_bridge_tells_groups(frame->bytes, frame->length);
        put(bridge, frame);
    }
    return 0;
}

static void tell_too_long(struct weir_bridge *bridge, size_t length)
{
    bridge->stats->tx_too_long++;
    if (bridge->told_too_long)
        return;
    bridge->told_too_long = true;
    fprintf(stderr,
            "weir: a frame of %zu bytes does not fit the card, which sends %u at most; such frames are lost: "
            "ip link set %s mtu %u\n",
            length, bridge->caps.max_frame, bridge->tap->name, bridge->caps.max_frame - WEIR_ETHERNET_HEADER);
}

static void finish_cut(struct weir_bridge *bridge, uint64_t *counter)
{
    ++*counter;
    weir_queue_free(bridge->queue, bridge->frame);
    bridge->frame = NULL;
    bridge->segment = 0;
}

// The rest of a frame that is cut in software. False when the card has no room.
static bool send_cut(struct weir_bridge *bridge)
{
    for (;;) {
        if (bridge->segment == 0)
            bridge->segment = weir_bridge_cut_next(&bridge->cut, bridge->to_card);
        if (bridge->segment == 0)
            break;
        struct weir_card_tx tx = {.header = bridge->to_card, .header_length = bridge->segment};
        int error = weir_card_send(bridge->card, &tx);
        if (error == -EAGAIN)
            return false;
        if (error) { // one segment is as long as the next
            tell_too_long(bridge, bridge->segment);
            weir_queue_free(bridge->queue, bridge->frame);
            bridge->frame = NULL;
            bridge->segment = 0;
            return true;
        }
        bridge->segment = 0;
    }
    finish_cut(bridge, &bridge->stats->tx_cut);
    return true;
}

static void send_frame(struct weir_bridge *bridge, struct weir_queue_frame *frame)
{
    struct weir_card_tx tx;

    if (weir_bridge_to_card(&bridge->caps, &frame->vnet, frame->bytes, frame->length, &tx)) {
        // There was room, and the card can do it: so it takes it.
        if (weir_card_send(bridge->card, &tx) == 0) {
            bridge->stats->tx_frames++;
            bridge->stats->tx_superframes += tx.gso_type != WEIR_GSO_NONE;
        } else {
            bridge->stats->tx_senseless++;
        }
        weir_queue_free(bridge->queue, frame);
        return;
    }
    bridge->frame = frame;
    bridge->segment = 0;
    if (weir_bridge_cut_start(&bridge->cut, &frame->vnet, frame->bytes, frame->length))
        return;
    finish_cut(bridge, &bridge->stats->tx_senseless);
}

static void send_due(struct weir_bridge *bridge)
{
    while (weir_card_can_send(bridge->card) &&
           weir_card_queued(bridge->card) < weir_card_enough(bridge->card)) {
        if (bridge->frame) {
            if (!send_cut(bridge))
                return;
            continue;
        }
        struct weir_queue_frame *frame = weir_queue_take(bridge->queue);
        if (!frame)
            return;
        send_frame(bridge, frame);
    }
}

// ---- The card's settings ----

static struct weir_card_caps usable(const struct weir_card_caps *caps,
                                    const struct weir_bridge_options *options)
{
    struct weir_card_caps used = *caps;
    uint32_t tso = WEIR_CAP_TSO4 | WEIR_CAP_TSO6 | WEIR_CAP_USO;

    if (!options->csum)
        used.features &= ~(uint32_t)WEIR_CAP_TX_CSUM;
    if (!options->csum || !options->tso)
        used.features &= ~tso;
    return used;
}

// The card is as after weir_card_open: its tables may still have what another program left there.
static int clear_tables(struct weir_bridge *bridge)
{
    int error = weir_card_set_rx_control(bridge->card, 0);

    for (unsigned i = 1; i < bridge->caps.mac_entries && !error; i++)
        error = weir_card_set_mac(bridge->card, (uint8_t)i, NULL);
    for (unsigned i = 0; i < bridge->caps.arp_entries && !error; i++)
        error = weir_card_set_arp(bridge->card, (uint8_t)i, 0);
    bridge->cleared = !error;
    return error;
}

// A card may refuse (STALL) to take entries of its tables while its wire has no clock; then the next look at
// what the kernel wants, in a second at most, tries again.
static int program(struct weir_bridge *bridge, const struct weir_filter *wanted)
{
    int error = bridge->cleared ? 0 : clear_tables(bridge);

    error = error ? error : weir_filter_program(bridge->card, &bridge->filter, wanted);
    if (error != -EPIPE)
        return error;
    if (!bridge->told_refused)
        fprintf(stderr,
                "weir: the card takes no addresses yet, for its Ethernet PHY gives no clock; trying on\n");
    bridge->told_refused = true;
    return 0;
}

static int follow_kernel(struct weir_bridge *bridge)
{
    struct weir_wants wants;
    struct weir_filter wanted;

    bridge->ask = false;
    int error = weir_netlink_ask(&bridge->netlink, &wants);
    if (error == -ENODEV)
        return -ENETDOWN;
    if (error) // no memory at the moment: next second
        return 0;
    weir_filter_plan(&wanted, &bridge->caps, &wants, bridge->options.arp);
    if (bridge->cleared && memcmp(&wanted, &bridge->filter, sizeof wanted) == 0)
        return 0;
    bridge->stats->filter_writes++;
    return program(bridge, &wanted);
}

static int watch(struct weir_bridge *bridge)
{
    struct itimerspec second = {.it_value = {.tv_sec = 1}, .it_interval = {.tv_sec = 1}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    int error = timer < 0 ? -errno : weir_netlink_open(&bridge->netlink, bridge->tap->index);

    bridge->fds[FD_TIMER].fd = timer;
    bridge->fds[FD_TAP].fd = bridge->tap->fd;
    bridge->fds[FD_EVENTS].fd = bridge->netlink.events;
    if (timer >= 0)
        timerfd_settime(timer, 0, &second, NULL);
    weir_card_watch(bridge->card, bridge->fds, FDS);
    return error;
}

int weir_bridge_attach(struct weir_bridge *bridge, struct weir_card *card, struct weir_tap *tap,
                       const struct weir_bridge_options *options)
{
    const struct weir_card_caps *caps = weir_card_caps(card);
    bool high_speed = weir_card_high_speed(card);
    bool coalesce = options->coalesce && options->csum && caps->features & WEIR_CAP_COALESCE;

    bridge->card = card;
    bridge->tap = tap;
    bridge->options = *options;
    bridge->caps = usable(caps, options);
    weir_queue_set_limit(bridge->queue, high_speed ? WAITING : WAITING_FULL_SPEED);
    weir_tap_set_offloads(bridge->tap, bridge->caps.features);
    int error = watch(bridge);
    if (!error && coalesce)
        error = weir_card_set_rx_mode(card, WEIR_CARD_RX_GLUED, false);
    return error ? error : follow_kernel(bridge);
}

int weir_bridge_step(struct weir_bridge *bridge, int wake)
{
    uint64_t ticks;

    bridge->fds[FD_WAKE].fd = wake;
    int error = read_tap(bridge);
    if (error)
        return error;
    send_due(bridge);
    bridge->stats->tx_queue_full += weir_queue_dropped(bridge->queue) - bridge->dropped_before;
    bridge->dropped_before = weir_queue_dropped(bridge->queue);
    bridge->stats->tx_waiting = weir_queue_waiting(bridge->queue) + (bridge->frame != NULL);
    error = weir_card_poll(bridge->card, WEIR_TIME_NEVER);
    if (error && error != -EINTR)
        return error;
    if (bridge->fds[FD_EVENTS].revents) {
        weir_netlink_drain(&bridge->netlink);
        bridge->ask = true;
    }
    if (read(bridge->fds[FD_TIMER].fd, &ticks, sizeof ticks) > 0)
        bridge->ask = true;
    return bridge->ask ? follow_kernel(bridge) : 0;
}
