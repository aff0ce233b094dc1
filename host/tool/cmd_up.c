// SPDX-License-Identifier: BSD-2-Clause
//
// weir up: the card as a network interface of the kernel, until a signal or `weir down`. See up.h.
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"
#include "up.h"

#define MTU_SMALLEST 68 // RFC 791
#define MTU_LARGEST 65521
#define MTU 1500

// What the kernel takes; it would say no more than that it does not, and only once there is a card.
static int check_name(const char *name)
{
    if (strlen(name) == 0 || strlen(name) >= IFNAMSIZ)
        return misuse("--name %s: an interface's name has 1 to %d characters", name, IFNAMSIZ - 1);
    if (strpbrk(name, "/: \t\n\v\f\r") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return misuse("--name %s: an interface's name has no slash, colon or space, and is not . or ..",
                      name);
    return EXIT_FINE;
}

static int take_option(struct up *up, int option)
{
    unsigned long number;

    switch (option) {
    case 'n':
        up->name = optarg;
        return check_name(optarg);
    case 'm':
        if (!parse_number(optarg, MTU_SMALLEST, MTU_LARGEST, &number))
            return misuse(
                "--mtu %s: a number of bytes is needed, %d to %d and no more than the card's longest "
                "frame allows (`weir info`), as in 1500",
                optarg, MTU_SMALLEST, MTU_LARGEST);
        up->mtu = (unsigned)number;
        return EXIT_FINE;
    case 'u':
        up->user = getpwnam(optarg);
        return up->user ? EXIT_FINE : misuse("--user %s: there is no such user", optarg);
    case 'a':
        up->arp = false;
        return EXIT_FINE;
    default:
        return misuse("up takes --name NAME, --mtu BYTES, --user USER and --no-arp");
    }
}

static int parse(struct up *up, int argc, char **argv)
{
    static const struct option known[] = {{"name", required_argument, NULL, 'n'},
                                          {"mtu", required_argument, NULL, 'm'},
                                          {"user", required_argument, NULL, 'u'},
                                          {"no-arp", no_argument, NULL, 'a'},
                                          {0}};
    int option, error = EXIT_FINE;

    up->user = getpwnam("nobody");
    while (!error && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        error = take_option(up, option);
    if (!error && optind < argc)
        return misuse("up takes no \"%s\"; --name %s names the interface", argv[optind], argv[optind]);
    if (!error && up->options->gateway.version != 0)
        return misuse("up sets no gateway: once the interface is there, ip route add default via ADDRESS");
    return error;
}

// ---- The worker ----

// Its process; -1 after an error, which it has printed. `socket` becomes our end.
static pid_t start_worker(struct up *up, int *socket)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return fail("no socket for the worker: %s", strerror(errno)), -1;
    pid_t worker = fork();
    if (worker == 0) {
        prctl(PR_SET_NAME, UP_WORKER_NAME); // before it opens a card
        close(ends[0]);
        _exit(up_worker(up, ends[1]));
    }
    close(ends[1]);
    *socket = ends[0];
    if (worker < 0) {
        fail("no process for the worker: %s", strerror(errno));
        close(ends[0]);
    }
    return worker;
}

// False when the kernel cannot be listened to; that is told once, for neither follows then.
static bool can_adjust(struct up *up)
{
    if (up->netlink.events >= 0)
        return true;
    int error = weir_netlink_open(&up->netlink, up->tap.index);
    if (error && !up->told_deaf)
        fprintf(
            stderr,
            "weir: no changes of %s are heard of (%s): ethtool does not show its speed, and an MTU of more "
            "than %u loses frames\n",
            up->tap.name, strerror(-error), up->shared->largest_mtu);
    up->told_deaf = error != 0;
    return error == 0;
}

// Follows what only a privileged process may set: what ethtool shows of the cable, and no MTU that the card
// cannot carry.
static void adjust(struct up *up)
{
    struct up_shared *shared = up->shared;

    if (!can_adjust(up))
        return;
    weir_netlink_drain(&up->netlink);
    if (up->link != shared->counts.bridge.link)
        weir_tap_set_link(&up->tap, (uint32_t)shared->counts.bridge.link);
    up->link = shared->counts.bridge.link;
    unsigned was = shared->largest_mtu > 0 ? weir_tap_limit_mtu(&up->tap, shared->largest_mtu) : 0;
    if (was > 0)
        fprintf(stderr,
                "weir: an MTU of %u on %s is more than the card's longest frame allows: set back to %u\n",
                was, up->tap.name, shared->largest_mtu);
}

// Passes signals on until the worker has ended. Its exit code.
static int look_after(struct up *up, pid_t worker, int signals, int socket)
{
    struct up_stats idle = {.counts = &up->shared->counts};
    struct signalfd_siginfo signal;
    bool asked = false;
    int status = 0;

    while (waitpid(worker, &status, WNOHANG) != worker) {
        // Without a card it is we who tell what was counted: the worker may be busy looking for one.
        const bool tell = up->tap.fd >= 0 && !up->shared->counts.plugged_in;
        struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                               {.fd = up->tap.fd < 0 ? socket : -1, .events = POLLIN},
                               {.fd = up->netlink.events, .events = POLLIN},
                               {.fd = tell ? up->stats_socket : -1, .events = POLLIN}};
        poll(fds, 4, -1);
        // An interface, or the end of a worker that has made none: then it is about to end, too.
        if (fds[1].revents && !up_receive_interface(socket, up)) {
            waitpid(worker, &status, 0);
            break;
        }
        if (fds[1].revents || fds[2].revents)
            adjust(up);
        if (fds[3].revents && !up->shared->counts.plugged_in)
            up_stats_serve(&idle, up->stats_socket, up->options->card, &up->tap);
        if (read(signals, &signal, sizeof signal) <= 0 || signal.ssi_signo == SIGCHLD)
            continue;
        kill(worker, asked ? SIGKILL : SIGTERM); // who is impatient asks twice
        asked = true;
    }
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return asked ? EXIT_FINE : fail("the worker ended by signal %d: start anew", WTERMSIG(status));
}

static int supervise(struct up *up, int signals)
{
    int result = UP_CARD_GONE, socket;

    while (result == UP_CARD_GONE) {
        pid_t worker = start_worker(up, &socket);
        if (worker < 0)
            return EXIT_FAILED;
        result = look_after(up, worker, signals, socket);
        close(socket);
        if (up->tap.fd >= 0)
            weir_tap_set_carrier(&up->tap, false);
        up->shared->counts.bridge.link = 0;
        up->shared->counts.plugged_in = false;
        if (up->tap.fd >= 0)
            adjust(up); // the kernel's word of the lost carrier may have come while the link still stood
        up->wait = true;
        if (result == UP_CARD_GONE)
            fprintf(stderr, "weir: the card is gone: plug it in again, or end with ^C\n");
    }
    return result;
}

static int block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int cmd_up(const struct options *options, int argc, char **argv)
{
    struct up up = {.options = options,
                    .name = "weir%d",
                    .mtu = MTU,
                    .arp = true,
                    .tap = {.fd = -1},
                    .stats_socket = -1,
                    .netlink = {.events = -1, .query = -1},
                    .wait = options->wait};
    int error = parse(&up, argc, argv);

    if (error)
        return error;
    up.shared = mmap(NULL, sizeof *up.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int signals = block_signals();
    if (up.shared == MAP_FAILED || signals < 0)
        return fail("no memory or signals from the system: %s", strerror(errno));
    prctl(PR_SET_NAME, UP_PROCESS_NAME); // weir down finds us by it
    error = supervise(&up, signals);
    weir_tap_close(&up.tap);
    weir_netlink_close(&up.netlink);
    return error;
}
