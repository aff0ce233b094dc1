// SPDX-License-Identifier: BSD-2-Clause
#include "up_stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "stats_lines.h"

#define KEEP_INTERVAL UINT64_C(600000000000) // ns; USB packets, which are the most, need 11 hours to wrap
#define WAITING_CLIENTS 8
#define FRESH 100 // ms that what was counted may be old when it is served

// ---- Counting ----

int up_stats_begin(struct up_stats *stats, struct weir_card *card)
{
    stats->card = card;
    stats->counts->cards++;
    stats->counts->plugged_in = true;
    stats->then = weir_card_now(card);
    stats->driver_before = *weir_card_stats(card);
    return weir_card_counters(card, stats->before);
}

// Both are made of 64-bit counts alone.
static void add_driver(struct up_stats *stats)
{
    _Static_assert(sizeof(struct weir_card_stats) % sizeof(uint64_t) == 0, "counts of 64 bits");
    const size_t size = sizeof(struct weir_card_stats);
    uint64_t now[sizeof(struct weir_card_stats) / sizeof(uint64_t)], before[sizeof now / sizeof *now],
        sum[sizeof now / sizeof *now];

    memcpy(now, weir_card_stats(stats->card), size);
    memcpy(before, &stats->driver_before, size);
    memcpy(sum, &stats->counts->driver, size);
    for (size_t i = 0; i < sizeof now / sizeof *now; i++)
        sum[i] += now[i] - before[i];
    memcpy(&stats->driver_before, now, size);
    memcpy(&stats->counts->driver, sum, size);
}

int up_stats_refresh(struct up_stats *stats)
{
    uint32_t counters[WEIR_COUNTERS];

    if (!stats->card)
        return -ENODEV;
    const weir_time now = weir_card_now(stats->card);
    stats->counts->device_time += now - stats->then;
    stats->then = now;
    add_driver(stats);
    int error = weir_card_counters(stats->card, counters);
    for (unsigned i = 0; i < WEIR_COUNTERS && !error; i++) {
        stats->counts->card[i] += (uint32_t)(counters[i] - stats->before[i]);
        stats->before[i] = counters[i];
    }
    return error;
}

void up_stats_keep(struct up_stats *stats)
{
    if (weir_card_now(stats->card) - stats->then > KEEP_INTERVAL)
        up_stats_refresh(stats);
}

// ---- Telling ----

void up_stats_print(const struct up_stats *stats, FILE *file, bool people)
{
    const struct up_counts *counts = stats->counts;
    const struct stats_line in_all[] = {
        {"run_cards", "times that a card was found", counts->cards, false},
        {"run_device_time_ns", "ns of device time", counts->device_time, true},
    };
    struct stats_line lines[STATS_LINES_MAX];

    stats_lines_print(file, people, "what the bridge did", lines, stats_lines_bridge(&counts->bridge, lines));
    stats_lines_print(file, people, "what the driver did", lines, stats_lines_driver(&counts->driver, lines));
    stats_lines_print(file, people, "what the card did", lines, stats_lines_card(counts->card, lines));
    stats_lines_print(file, people, "in all", in_all, sizeof in_all / sizeof *in_all);
}

size_t up_stats_address(unsigned interface, void *address, size_t size)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, UP_STATS_SOCKET "%u", interface);

    memcpy(address, &name, size < sizeof name ? size : sizeof name);
    return offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length;
}

int up_stats_listen(unsigned interface)
{
    struct sockaddr_un address;
    size_t length = up_stats_address(interface, &address, sizeof address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, (socklen_t)length) == 0 &&
        listen(fd, WAITING_CLIENTS) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void print_state(const struct up_stats *stats, FILE *file, const char *card_name,
                        const struct weir_tap *tap)
{
    static const unsigned speeds[] = {10, 100, 1000, 0};
    const uint64_t link = stats->counts->bridge.link;
    const bool up = stats->card && (link & 1);

    fprintf(file, "interface %s\ncard %s\n", tap->name, card_name);
    fprintf(file, "plugged_in %d\nlink_up %d\n", stats->card != NULL, up);
    fprintf(file, "link_mbps %u\nlink_full_duplex %d\n", up ? speeds[link >> 1 & 3] : 0, up && link & 8);
}

static uint64_t system_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// Asking the card holds the frames up, and anybody may connect as often as he likes.
static void serve_fresh(struct up_stats *stats)
{
    if (stats->served_at != 0 && system_ms() - stats->served_at < FRESH)
        return;
    up_stats_refresh(stats);
    stats->served = *stats->counts;
    stats->served_at = system_ms();
}

void up_stats_serve(struct up_stats *stats, int socket, const char *card_name, struct weir_tap *tap)
{
    int client = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    char *text = NULL;
    size_t length = 0;

    if (client < 0)
        return;
    FILE *file = open_memstream(&text, &length);
    if (file) {
        serve_fresh(stats);
        const struct up_stats served = {.counts = &stats->served};
        weir_tap_refresh_name(tap);
        print_state(stats, file, card_name, tap);
        up_stats_print(&served, file, false);
        // All of it fits the socket's buffer; who does not read it does not hold us up.
        if (fclose(file) == 0 && send(client, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            errno = 0;
        free(text);
    }
    close(client);
}
