// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "tool.h"
#include "up.h"
#include "weir_link.h"
#include "weir_usb.h"

#define TRY_INTERVAL 250 // ms; a card that is plugged in at USB ends it, where the system tells
#define PATIENCE 8       // tries; permission to use a card comes a moment after the card
#define QUEUE_LENGTH 128 // frames that the kernel keeps for us, until we take them into our own queue

struct worker {
    struct up *up;
    int signals;                 // readable when we are to end
    struct weir_usb_watch *plug; // while the card is waited for, or NULL
    struct weir_bridge *bridge;
    struct weir_card *card;
    uint32_t counters[WEIR_COUNTERS]; // the card's at the beginning
    weir_time opened;
    FILE *stats;
};

// ---- The interface's way to the other process ----

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool up_send_tap(int socket, const struct weir_tap *tap)
{
    union control control = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)tap, sizeof *tap};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof tap->fd);
    memcpy(CMSG_DATA(rights), &tap->fd, sizeof tap->fd);
    char taken;
    return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof *tap && recv(socket, &taken, 1, 0) == 1;
}

bool up_receive_tap(int socket, struct weir_tap *tap)
{
    union control control;
    struct iovec part = {tap, sizeof *tap};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    bool whole = recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == sizeof *tap;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

    tap->fd = -1;
    if (!whole || !rights || rights->cmsg_type != SCM_RIGHTS)
        return false;
    memcpy(&tap->fd, CMSG_DATA(rights), sizeof tap->fd);
    return send(socket, "", 1, MSG_NOSIGNAL) == 1;
}

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

static bool told_to_end(const struct worker *worker)
{
    struct pollfd signals = {.fd = worker->signals, .events = POLLIN};

    return poll(&signals, 1, 0) > 0;
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
    worker->opened = weir_card_now(worker->card);
    int failed = weir_card_counters(worker->card, worker->counters);
    return failed ? fail("the card does not tell its counters (%s): plug it in anew", strerror(-failed))
                  : EXIT_FINE;
}

// ---- The interface ----

static bool check_mtu(const struct up *up, const struct weir_card_caps *caps)
{
    const unsigned largest = caps->max_frame - 14u;

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
    if (!check_mtu(up, caps))
        return false;
    if (weir_tap_open(&up->tap, &config, error, sizeof error) != 0) {
        fail("%s", error);
        return false;
    }
    if (up->options->address.version != 0)
        failed = weir_tap_bring_up(&up->tap, number_of(&up->options->address), up->options->prefix_length);
    if (failed)
        fail("cannot give %s its address: %s", up->tap.name, strerror(-failed));
    else if (!up_send_tap(parent, &up->tap))
        fail("cannot hand over the interface: %s", strerror(errno));
    else
        return true;
    return false;
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
    if (options->stats_file && !(worker->stats = fopen(options->stats_file, "we")))
        return fail("cannot write the statistics to %s: %s", options->stats_file, strerror(errno));
    int error = weir_bridge_attach(worker->bridge, worker->card, &up->tap, &offloads);
    if (error)
        return error == -ENODEV ? UP_CARD_GONE
                                : fail("the card takes no settings (%s): plug it in anew", strerror(-error));
    if (is_first)
        fprintf(stderr, "weir: interface %s is there; ^C or `weir down %s` ends it\n", up->tap.name,
                up->tap.name);
    else
        fprintf(stderr, "weir: the card is there\n");
    return EXIT_FINE;
}

// ---- Statistics ----

static void print(const struct worker *worker, const char *name, const char *text, uint64_t value)
{
    if (worker->stats)
        fprintf(worker->stats, "%s %" PRIu64 "\n", name, value);
    else if (value)
        fprintf(stderr, "%14" PRIu64 "  %s\n", value, text);
}

static void print_bridge(const struct worker *worker)
{
    const struct weir_bridge_stats *stats = worker->up->stats;
    const struct {
        const char *name, *text;
        uint64_t value;
    } lines[] = {
        {"bridge_tx_frames", "frames and superframes from the kernel to the card", stats->tx_frames},
        {"bridge_tx_superframes", "of them superframes", stats->tx_superframes},
        {"bridge_tx_cut", "from the kernel, cut or summed in software", stats->tx_cut},
        {"bridge_tx_too_long", "from the kernel, lost: too long for the card", stats->tx_too_long},
        {"bridge_tx_senseless", "from the kernel, lost: made no sense", stats->tx_senseless},
        {"bridge_tx_queue_full", "from the kernel, lost: the queue was full", stats->tx_queue_full},
        {"bridge_rx_frames", "frames and large frames from the card to the kernel", stats->rx_frames},
        {"bridge_rx_superframes", "of them large ones", stats->rx_superframes},
        {"bridge_rx_cut", "large ones that the kernel refused, cut in software", stats->rx_cut},
        {"bridge_rx_refused", "from the card, refused by the kernel", stats->rx_refused},
        {"bridge_filter_writes", "times the card's tables were brought up to date", stats->filter_writes},
        {"run_device_time_ns", "ns of device time", weir_card_now(worker->card) - worker->opened},
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        print(worker, lines[i].name, lines[i].text, lines[i].value);
}

static void tell_stats(struct worker *worker)
{
    uint32_t counters[WEIR_COUNTERS];
    int error = weir_card_counters(worker->card, counters);

    if (error)
        fail("no statistics of the card: it does not tell its counters (%s)", strerror(-error));
    for (size_t i = 0; i < counter_names_count && !error; i++) {
        unsigned index = counter_names[i].index;
        print(worker, counter_names[i].name, counter_names[i].text,
              (uint32_t)(counters[index] - worker->counters[index]));
    }
    print_bridge(worker);
}

// ---- Life ----

static int run(struct worker *worker)
{
    int error = 0;

    while ((error == 0 || error == -EINTR) && !told_to_end(worker))
        error = weir_bridge_step(worker->bridge, worker->signals);
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

static int work(struct worker *worker, int parent, int parent_pid)
{
    int result = open_card(worker);

    weir_usb_watch_close(worker->plug);
    if (result != EXIT_FINE || !worker->card)
        return result;
    result = set_up(worker, parent);
    if (result == EXIT_FINE && !up_drop_privileges(worker->up->user, parent_pid))
        return EXIT_FAILED;
    return result == EXIT_FINE ? run(worker) : result;
}

int up_worker(struct up *up, int parent)
{
    struct worker worker = {.up = up, .bridge = weir_bridge_create(up->stats)};
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
    if (worker.stats && fclose(worker.stats) != 0)
        fail("cannot write the statistics to %s: %s", up->options->stats_file, strerror(errno));
    return result;
}
