// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "tool.h"
#include "up.h"
#include "weir_link.h"
#include "weir_usb.h"

#define TRY_INTERVAL 250 // ms; a card that is plugged in at USB ends it, where the system tells
#define PATIENCE 8       // tries; permission to use a card comes a moment after the card
#define ETHERNET_HEADER 14u
#define QUEUE_LENGTH 128 // frames that the kernel keeps for us, until we take them into our own queue

struct worker {
    struct up *up;
    int signals;                 // readable when we are to end
    int wake;                    // readable when look_up has something to do
    struct weir_usb_watch *plug; // while the card is waited for, or NULL
    struct weir_bridge *bridge;
    struct weir_card *card;
    struct up_stats stats;
    FILE *stats_file;
};

// ---- The card ----

// 0, or an errno; then `error` says what to do.
static int try_open(struct worker *worker, char *error, size_t error_size)
{
    struct weir_card_receiver receiver = weir_bridge_receiver(worker->bridge);

    errno = 0;
    struct weir_transport *transport = weir_transport_open(worker->up->options->card, error, error_size);
    if (!transport)
        return errno ? errno : EIO;
    worker->card = weir_card_open(transport, &receiver, error, error_size);
    return worker->card ? 0 : EIO;
}

// Until it is time to look for the card again. True: to end instead.
static bool told_to_end_meanwhile(struct worker *worker)
{
    struct pollfd fds[] = {{.fd = worker->signals, .events = POLLIN},
                           {.fd = weir_usb_watch_fd(worker->plug), .events = POLLIN}};
    int ready = poll(fds, 2, TRY_INTERVAL);

    weir_usb_watch_arrived(worker->plug);
    return ready > 0 && fds[0].revents;
}

// An exit code; EXIT_FINE with no card: a signal came first.
static int open_card(struct worker *worker)
{
    bool wait = worker->up->wait, told = false;
    char error[1200];
    int reason;

    for (unsigned tries = 1; (reason = try_open(worker, error, sizeof error)) != 0; tries++) {
        if (!wait || (reason != ENODEV && reason != EACCES && worker->up->tap.fd < 0)) {
            fail("%s", error);
            return exit_code_without_card(reason);
        }
        if (!told && (worker->up->tap.fd < 0 || (reason != ENODEV && tries >= PATIENCE))) {
            fprintf(stderr, "weir: %s\nweir: waiting for the card; ^C ends it\n", error);
            told = true;
        }
        if (tries == 1)
            worker->plug = weir_usb_watch_open(worker->up->options->card);
        if (told_to_end_meanwhile(worker))
            return EXIT_FINE;
    }
    worker->up->shared->largest_mtu = weir_card_caps(worker->card)->max_frame - ETHERNET_HEADER;
    int failed = up_stats_begin(&worker->stats, worker->card);
    return failed ? fail("the card does not tell its counters (%s): plug it in anew", strerror(-failed))
                  : EXIT_FINE;
}

// ---- The interface ----

static bool check_mtu(const struct up *up)
{
    const unsigned largest = up->shared->largest_mtu;

    if (up->mtu <= largest)
        return true;
    fail("--mtu %u: the card's longest frame allows %u", up->mtu, largest);
    return false;
}

static uint32_t number_of(const struct weir_ip *ip)
{
    const uint8_t *bytes = ip->bytes;

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool make_interface(struct up *up, const struct weir_card_caps *caps, int parent)
{
    struct weir_tap_config config = {.name = up->name, .mtu = up->mtu, .queue_length = QUEUE_LENGTH};
    char error[300];
    int failed = 0;

    memcpy(config.mac, caps->mac, sizeof config.mac);
    if (!check_mtu(up))
        return false;
    if (weir_tap_open(&up->tap, &config, error, sizeof error) != 0) {
        fail("%s", error);
        return false;
    }
    if (up->options->address.version != 0)
        failed = weir_tap_bring_up(&up->tap, number_of(&up->options->address), up->options->prefix_length);
    up->stats_socket = up_stats_listen(up->tap.index);
    if (up->stats_socket < 0)
        fprintf(stderr, "weir: no `weir stats` of %s: another program has the socket's name\n", up->tap.name);
    if (failed)
        fail("cannot give %s its address: %s", up->tap.name, strerror(-failed));
    else if (!up_send_interface(parent, up))
        fail("cannot hand over the interface: %s", strerror(errno));
    else
        return true;
    return false;
}

static void tell_interface(const struct up *up)
{
    const char *name = up->tap.name;

    fprintf(stderr, "weir: interface %s is there; ^C or `weir down %s` ends it\n", name, name);
    if (up->options->address.version == 0)
        fprintf(stderr, "weir: give it an address: ip addr add ADDRESS/LENGTH dev %s; ip link set %s up\n",
                name, name);
}

static int set_up(struct worker *worker, int parent)
{
    struct up *up = worker->up;
    const struct options *options = up->options;
    struct weir_bridge_options offloads = {
        .tso = options->tso, .csum = options->csum, .coalesce = options->coalesce, .arp = up->arp};
    bool is_first = up->tap.fd < 0;

    if (is_first && !make_interface(up, weir_card_caps(worker->card), parent))
        return EXIT_FAILED;
    if (options->stats_file && !(worker->stats_file = fopen(options->stats_file, "we")))
        return fail("cannot write the statistics to %s: %s", options->stats_file, strerror(errno));
    int error = weir_bridge_attach(worker->bridge, worker->card, &up->tap, &offloads);
    if (error)
        return error == -ENODEV ? UP_CARD_GONE
                                : fail("the card takes no settings (%s): plug it in anew", strerror(-error));
    if (is_first)
        tell_interface(up);
    else
        fprintf(stderr, "weir: the card is there\n");
    return EXIT_FINE;
}

// ---- Life ----

static void tell_stats(struct worker *worker)
{
    int error = up_stats_refresh(&worker->stats);

    if (error)
        fail("no statistics of the card: it does not tell its counters (%s)", strerror(-error));
    up_stats_print(&worker->stats, worker->stats_file ? worker->stats_file : stderr, !worker->stats_file);
}

// True: it is time to end.
static bool look_up(struct worker *worker)
{
    struct up *up = worker->up;
    struct pollfd fds[] = {{.fd = worker->signals, .events = POLLIN},
                           {.fd = up->stats_socket, .events = POLLIN}};

    up_stats_keep(&worker->stats);
    if (poll(fds, 2, 0) <= 0)
        return false;
    if (fds[1].revents)
        up_stats_serve(&worker->stats, up->stats_socket, up->options->card, &up->tap);
    return fds[0].revents != 0;
}

static int run(struct worker *worker)
{
    int error = 0;

    while ((error == 0 || error == -EINTR) && !look_up(worker))
        error = weir_bridge_step(worker->bridge, worker->wake);
    up_stats_refresh(&worker->stats);
    switch (error) {
    case 0:
    case -EINTR:
        if (worker->up->options->stats)
            tell_stats(worker);
        return EXIT_FINE;
    case -ENODEV:
        return UP_CARD_GONE;
    case -ENETDOWN:
        return fail("interface %s has been taken away: start anew", worker->up->tap.name);
    case -ENOLINK:
        return fail("nothing is at the other end of the cable any more: make its interface anew");
    default:
        return fail("the card does not work any more (%s): plug it in anew", strerror(-error));
    }
}

// One descriptor for all that ends the bridge's wait.
static bool watch(struct worker *worker)
{
    struct epoll_event event = {.events = EPOLLIN};
    const int stats = worker->up->stats_socket;

    worker->wake = epoll_create1(EPOLL_CLOEXEC);
    return worker->wake >= 0 && epoll_ctl(worker->wake, EPOLL_CTL_ADD, worker->signals, &event) == 0 &&
           (stats < 0 || epoll_ctl(worker->wake, EPOLL_CTL_ADD, stats, &event) == 0);
}

static int work(struct worker *worker, int parent, int parent_pid)
{
    int result = open_card(worker);

    weir_usb_watch_close(worker->plug);
    if (result != EXIT_FINE || !worker->card)
        return result;
    result = set_up(worker, parent);
    if (result == EXIT_FINE && !watch(worker))
        return fail("no epoll from the system: %s", strerror(errno));
    if (result == EXIT_FINE && !up_drop_privileges(worker->up->user, parent_pid))
        return EXIT_FAILED;
    return result == EXIT_FINE ? run(worker) : result;
}

int up_worker(struct up *up, int parent)
{
    struct up_counts *counts = &up->shared->counts;
    struct worker worker = {
        .up = up, .bridge = weir_bridge_create(&counts->bridge), .stats = {.counts = counts}};
    int parent_pid = getppid();
    sigset_t signals;

    if (!worker.bridge)
        return fail("out of memory");
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    worker.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (worker.signals < 0)
        return fail("no signals from the system: %s", strerror(errno));
    int result = work(&worker, parent, parent_pid);
    if (worker.card)
        weir_card_close(worker.card);
    weir_bridge_destroy(worker.bridge);
    if (worker.stats_file && fclose(worker.stats_file) != 0)
        fail("cannot write the statistics to %s: %s", up->options->stats_file, strerror(errno));
    return result;
}
