// SPDX-License-Identifier: BSD-2-Clause
//
// weir ping: echo requests, and what iputils' ping prints of the answers. Times are device time.
#include <getopt.h>
#include <inttypes.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"
#include "tool.h"
#include "weir_icmp.h"

#define RING 4096 // requests remembered
#define IP_AND_ICMP 28
#define SIZE_MAX_PING (1500 - IP_AND_ICMP)

struct ping {
    struct weir_ip host;
    unsigned long count; // 0: until a signal
    unsigned long size;
    weir_time interval, patience;

    uint16_t identifier;
    unsigned long sent, received, duplicates;
    struct {
        weir_time time;
        uint16_t sequence;
        bool answered;
    } ring[RING];
    double least, most, sum, squares; // ms
};

static uint8_t pattern(uint16_t sequence, size_t at)
{
    return (uint8_t)(at + sequence);
}

static bool payload_matches(const struct weir_icmp_reply *reply, unsigned long size)
{
    if (reply->length != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (reply->payload[i] != pattern(reply->sequence, i))
            return false;
    }
    return true;
}

static void note_time(struct ping *ping, double time)
{
    ping->least = ping->received == 0 || time < ping->least ? time : ping->least;
    ping->most = time > ping->most ? time : ping->most;
    ping->sum += time;
    ping->squares += time * time;
}

static void on_reply(void *context, const struct weir_icmp_reply *reply)
{
    struct ping *ping = context;
    char from[IP_TEXT_SIZE];
    unsigned slot = reply->sequence % RING;

    if (reply->identifier != ping->identifier || ping->ring[slot].sequence != reply->sequence ||
        ping->sent == 0)
        return;
    double time = (double)(reply->received - ping->ring[slot].time) / 1e6;
    bool duplicate = ping->ring[slot].answered;
    bool right = payload_matches(reply, ping->size);
    printf("%zu bytes from %s: icmp_seq=%u ttl=%u time=%.3f ms%s%s\n", reply->length + 8,
           ip_text(&reply->from, from), reply->sequence, reply->ttl, time, duplicate ? " (DUP!)" : "",
           right ? "" : " (wrong data)");
    fflush(stdout);
    if (!right)
        return;
    ping->ring[slot].answered = true;
    if (duplicate) {
        ping->duplicates++;
        return;
    }
    note_time(ping, time);
    ping->received++;
}

static bool send_request(struct ping *ping, struct runner *runner)
{
    uint8_t payload[SIZE_MAX_PING];
    uint16_t sequence = (uint16_t)(ping->sent + 1);

    for (size_t i = 0; i < ping->size; i++)
        payload[i] = pattern(sequence, i);
    ping->ring[sequence % RING].time = runner_now(runner);
    ping->ring[sequence % RING].sequence = sequence;
    ping->ring[sequence % RING].answered = false;
    int error = weir_icmp_echo(runner->stack, runner_now(runner), &ping->host, ping->identifier, sequence,
                               payload, ping->size);
    if (error == -ENETUNREACH) {
        runner_no_way(runner, &ping->host);
        return false;
    }
    ping->sent++; // one that found no room counts as lost
    return true;
}

static int parse(struct ping *ping, int argc, char **argv)
{
    int option;

    *ping = (struct ping){.size = 56, .interval = WEIR_SECOND, .patience = 10 * WEIR_SECOND};
    while ((option = getopt(argc, argv, "c:i:s:W:")) != -1) {
        if (option == 'c' && !parse_number(optarg, 1, 1000000000, &ping->count))
            return misuse("-c %s: how many requests? A number from 1 on is needed", optarg);
        if (option == 's' && !parse_number(optarg, 0, SIZE_MAX_PING, &ping->size))
            return misuse("-s %s: a number of bytes up to %d is needed", optarg, SIZE_MAX_PING);
        if (option == 'i' && (!parse_seconds(optarg, &ping->interval) || ping->interval == 0))
            return misuse("-i %s: a number of seconds is needed", optarg);
        if (option == 'W' && !parse_seconds(optarg, &ping->patience))
            return misuse("-W %s: a number of seconds is needed", optarg);
        if (option == '?')
            return misuse("ping knows -c COUNT, -i SECONDS, -s BYTES and -W SECONDS");
    }
    if (optind + 1 != argc)
        return misuse("ping needs one HOST");
    if (!parse_ip(argv[optind], &ping->host))
        return misuse("%s is not an IPv4 address; names are not looked up yet", argv[optind]);
    return EXIT_FINE;
}

static void print_summary(const struct ping *ping, const char *host, weir_time elapsed)
{
    unsigned long lost = ping->sent - ping->received;

    printf("\n--- %s ping statistics ---\n", host);
    printf("%lu packets transmitted, %lu received, ", ping->sent, ping->received);
    if (ping->duplicates > 0)
        printf("+%lu duplicates, ", ping->duplicates);
    printf("%.4g%% packet loss, time %" PRIu64 "ms\n",
           ping->sent ? 100.0 * (double)lost / (double)ping->sent : 0.0, elapsed / WEIR_MS);
    if (ping->received == 0)
        return;
    double mean = ping->sum / (double)ping->received;
    double variance = ping->squares / (double)ping->received - mean * mean;
    printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n", ping->least, mean, ping->most,
           sqrt(variance > 0 ? variance : 0));
}

// Nobody has told the MAC address of the host, or of the gateway to it.
static bool is_unreachable(const struct ping *ping, const struct runner *runner)
{
    const struct weir_stack_stats *stats = weir_stack_stats(runner->stack);

    return ping->received == 0 && stats->arp_failures > 0 && stats->arp_in_replies == 0;
}

// Sends at each interval and waits for what is still to come. False after an error.
static bool run(struct ping *ping, struct runner *runner)
{
    weir_time next = runner_now(runner), until = next;

    while (ping->count == 0 || ping->sent < ping->count || ping->received < ping->sent) {
        weir_time now = runner_now(runner);
        bool all_sent = ping->count != 0 && ping->sent >= ping->count;
        if (all_sent && now >= until)
            return true;
        if (!all_sent && now >= next) {
            if (!send_request(ping, runner))
                return false;
            next += ping->interval;
            until = now + ping->patience;
            continue;
        }
        if (!runner_step(runner, all_sent ? until : next))
            return runner->interrupted;
    }
    return true;
}

int cmd_ping(const struct options *options, int argc, char **argv)
{
    struct ping ping;
    struct runner runner;
    char host[IP_TEXT_SIZE];
    int error = parse(&ping, argc, argv);

    if (!error)
        error = runner_open(&runner, options, RUNNER_STACK);
    if (error)
        return error;
    ping.identifier = (uint16_t)getpid();
    ip_text(&ping.host, host);
    weir_icmp_on_reply(runner.stack, on_reply, &ping);
    printf("PING %s (%s) %lu(%lu) bytes of data.\n", host, host, ping.size, ping.size + IP_AND_ICMP);
    fflush(stdout);
    weir_time start = runner_now(&runner);
    bool good = run(&ping, &runner);
    weir_time elapsed = runner_now(&runner) - start;
    if (good)
        print_summary(&ping, host, elapsed);
    fflush(stdout); // in front of what stderr says
    if (good && is_unreachable(&ping, &runner))
        runner_unreachable(&ping.host);
    return runner_close(&runner, good && ping.received > 0 ? EXIT_FINE : EXIT_FAILED);
}
