// SPDX-License-Identifier: BSD-2-Clause
//
// weir stats: what has been counted so far, of a running weir up or of a card that nobody uses, once or again
// and again.
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"
#include "stats_report.h"
#include "tool.h"
#include "up_stats.h"

#define BRIDGES_MAX 64
#define TEXT_MAX (64 * 1024) // bytes; a bridge tells less than a tenth of it
#define PATIENCE 30          // s for a bridge to answer; a simulated card may be slow
#define INTERVAL 1           // s

struct request {
    const struct options *options;
    const char *name; // of the interface; NULL: not given
    struct report_style style;
    bool watch;
    weir_time interval; // ns
    unsigned bridge[BRIDGES_MAX];
    size_t bridges;
};

static int parse(struct request *request, int argc, char **argv)
{
    static const struct option known[] = {{"name", required_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"watch", optional_argument, NULL, 'w'},
                                          {"all", no_argument, NULL, 'a'},
                                          {0}};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'n':
            request->name = optarg;
            break;
        case 'j':
            request->style.json = true;
            break;
        case 'a':
            request->style.all = true;
            break;
        case 'w':
            request->watch = true;
            if (optarg && (!parse_seconds(optarg, &request->interval) || request->interval == 0))
                return misuse("--watch=%s: a number of seconds is needed, as in 0.5", optarg);
            break;
        default:
            return misuse("stats takes --name NAME, --all, --json and --watch[=SECONDS]");
        }
    }
    if (optind < argc)
        return misuse("stats takes no \"%s\"; --name %s names an interface", argv[optind], argv[optind]);
    return EXIT_FINE;
}

// ---- Bridges ----

// Any process may take the socket's name, and would be believed: root listens there, or who asks has made the
// interface (in a user namespace of its own).
static bool is_trusted(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

// Connects, to one that may be believed, with a limit to waiting for it. 0, or an errno.
static int connect_bridge(int fd, unsigned interface)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    struct sockaddr_un address;
    size_t length = up_stats_address(interface, &address, sizeof address);

    // The sender's limit is connect's, too, where the listener's queue is full.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, (struct sockaddr *)&address, (socklen_t)length) != 0)
        return errno;
    return is_trusted(fd) ? 0 : EPERM;
}

// The text of one, to be freed; NULL, with errno: EPERM when it is none to be believed.
static char *ask_bridge(unsigned interface)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char *text = malloc(TEXT_MAX);
    size_t size = 0;
    ssize_t got = 1;
    int error = fd < 0 || !text ? errno : connect_bridge(fd, interface);

    while (!error && got > 0 && size < TEXT_MAX - 1) {
        got = read(fd, text + size, TEXT_MAX - 1 - size);
        if (got < 0)
            error = errno == EAGAIN ? ETIMEDOUT : errno;
        else
            size += (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    if (!error && got != 0)
        error = EMSGSIZE;
    if (!error && size == 0)
        error = ECONNRESET;
    if (!error) {
        text[size] = '\0';
        return text;
    }
    free(text);
    errno = error;
    return NULL;
}

static void add_bridge(struct request *request, unsigned interface)
{
    for (size_t i = 0; i < request->bridges; i++)
        if (request->bridge[i] == interface)
            return;
    if (request->bridges < BRIDGES_MAX)
        request->bridge[request->bridges++] = interface;
}

// Those of this network namespace whose sockets the kernel lists.
static void find_bridges(struct request *request)
{
    FILE *file = fopen("/proc/net/unix", "re");
    char line[512];

    while (file && fgets(line, sizeof line, file)) {
        const char *name = strstr(line, " @" UP_STATS_SOCKET);
        if (name)
            add_bridge(request, (unsigned)strtoul(name + strlen(" @" UP_STATS_SOCKET), NULL, 10));
    }
    if (file)
        fclose(file);
}

// Whether it is one to tell of: to be believed, and its card the one that was asked for, if one was.
static bool is_meant(const struct request *request, unsigned interface)
{
    const bool any_card = strcmp(request->options->card, "usb") == 0;
    char *text = ask_bridge(interface), card[256];

    if (!text && errno == EPERM) {
        fprintf(stderr, "weir: interface number %u is left out: who tells of it is neither root nor you\n",
                interface);
        return false;
    }
    bool meant = any_card || (text && report_word(text, "card", card, sizeof card) &&
                              strcmp(card, request->options->card) == 0);
    free(text);
    return meant;
}

static void leave_out_others(struct request *request)
{
    size_t kept = 0;

    for (size_t i = 0; i < request->bridges; i++)
        if (is_meant(request, request->bridge[i]))
            request->bridge[kept++] = request->bridge[i];
    request->bridges = kept;
}

// An exit code; EXIT_FINE with no bridge: it is a card that is meant.
static int choose(struct request *request)
{
    if (!request->name) {
        find_bridges(request);
        leave_out_others(request);
        return EXIT_FINE;
    }
    unsigned interface = if_nametoindex(request->name);
    if (interface == 0)
        return fail("there is no interface %s here: `ip link` shows those that are", request->name);
    add_bridge(request, interface);
    return EXIT_FINE;
}

// ---- Telling ----

static int tell_bridge(const struct request *request, unsigned interface, struct report *report)
{
    char *text = ask_bridge(interface), name[IF_NAMESIZE] = "?";

    if (!text && errno == ECONNREFUSED)
        return fail("interface %s is none of weir up's, or weir up has just ended",
                    if_indextoname(interface, name) ? name : "(gone)");
    if (!text && errno == EPERM)
        return fail(
            "the statistics' socket of interface %s is held by a user who is neither root nor you: not "
            "asked",
            if_indextoname(interface, name) ? name : "(gone)");
    if (!text)
        return fail("no statistics of interface %s: %s", if_indextoname(interface, name) ? name : "(gone)",
                    strerror(errno));
    report_bridge(report, &request->style, text);
    free(text);
    return EXIT_FINE;
}

static int tell_card(const struct request *request, struct runner *runner, struct report *report)
{
    uint32_t counters[WEIR_COUNTERS];
    uint64_t wide[WEIR_COUNTERS];
    int error = weir_card_counters(runner->card, counters);

    if (error)
        return fail("the card does not tell its counters (%s): plug it in anew", strerror(-error));
    for (unsigned i = 0; i < WEIR_COUNTERS; i++)
        wide[i] = counters[i];
    report_card(report, &request->style, request->options->card, wide, weir_card_now(runner->card));
    return EXIT_FINE;
}

// True: go on with the next round.
static bool next_round(const struct request *request)
{
    struct timespec time = {.tv_sec = (time_t)(request->interval / 1000000000),
                            .tv_nsec = (long)(request->interval % 1000000000)};

    return fflush(stdout) == 0 && request->watch && nanosleep(&time, NULL) == 0;
}

static int watch_bridges(const struct request *request)
{
    static struct report report[BRIDGES_MAX];
    int result = EXIT_FINE;

    do {
        report_begin_round(&request->style);
        for (size_t i = 0; i < request->bridges && result == EXIT_FINE; i++)
            result = tell_bridge(request, request->bridge[i], &report[i]);
    } while (result == EXIT_FINE && next_round(request));
    return result;
}

static int watch_card(const struct request *request)
{
    static struct report report;
    struct runner runner;
    int result = runner_open(&runner, request->options, RUNNER_CARD);

    if (result)
        return result;
    do {
        report_begin_round(&request->style);
        result = tell_card(request, &runner, &report);
    } while (result == EXIT_FINE && next_round(request));
    return runner_close(&runner, result);
}

int cmd_stats(const struct options *options, int argc, char **argv)
{
    struct request request = {.options = options, .interval = INTERVAL * UINT64_C(1000000000)};
    int error = parse(&request, argc, argv);

    if (error)
        return error;
    request.style.clear = request.watch && isatty(STDOUT_FILENO);
    error = choose(&request);
    if (error)
        return error;
    return request.bridges > 0 ? watch_bridges(&request) : watch_card(&request);
}
