// SPDX-License-Identifier: BSD-2-Clause
//
// build/bench/measure WHAT [OPTION...]: one point of the report, as lines "name value". Ends with 1 when
// anything was lost or came wrong. build/bench/measure-model is the same with the card's model in C instead
// of its Verilog: for callgrind, which would otherwise count the simulation.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define ETHERNET_OVERHEAD 38 // bytes of a frame on the wire besides the IP packet: header, FCS, preamble, gap
#define IP_TCP 40
#define WIRE 1000.0       // Mb/s
#define HIGH_SPEED 53.248 // MB/s (USB 2.0 section 5.8.4)
#define FULL_SPEED 1.216

enum { MSS_LEAST = 100, MSS_MOST = 8960 };

struct options {
    bool full_speed, send, receive, tso, csum, coalesce, offload, udp;
    size_t bytes, superframe;
    unsigned mss, count, foreign;
};

static void tell(const char *name, double value)
{
    printf("%s %.6g\n", name, value);
}

static const char *card(const struct options *options)
{
    return options->full_speed ? "speed=full" : NULL;
}

static uint16_t mtu(const struct options *options)
{
    return (uint16_t)(options->mss + IP_TCP);
}

static bool flow(const struct options *options)
{
    struct flow_bench bench = {.card = card(options),
                               .bytes = options->bytes,
                               .mtu = mtu(options),
                               .superframe = options->superframe,
                               .receive = options->receive,
                               .tso = options->tso,
                               .coalesce = options->coalesce,
                               .ack_every = 2};
    struct flow_result result;
    bool right = flow_bench(&bench, &result);
    double limit = (options->full_speed ? FULL_SPEED : HIGH_SPEED) * 8;
    double frame = options->mss + IP_TCP + ETHERNET_OVERHEAD;

    tell("goodput_mbps", result.goodput);
    tell("usb_share_percent", result.goodput / limit * 100);
    tell("wire_share_percent", result.goodput * frame / options->mss / WIRE * 100);
    tell("out_packets_per_microframe", result.out_packets);
    tell("in_packets_per_microframe", result.in_packets);
    tell("frames_to_card_per_mib", result.given);
    tell("frames_from_card_per_mib", result.taken);
    tell("transfers_per_mib", result.out_transfers + result.in_transfers);
    tell("device_s", result.device_time / 1e9);
    return right && result.lost == 0;
}

static bool arp(const struct options *options)
{
    struct arp_result result;
    bool right = arp_bench(options->count, &result);

    tell("requests", result.requests);
    tell("shortest_byte_times", result.shortest);
    tell("longest_byte_times", result.longest);
    return right;
}

static bool flood(const struct options *options)
{
    struct arp_result result;
    bool right = arp_flood(options->count, options->foreign, &result);

    tell("requests", result.requests);
    tell("replies_per_second", result.rate);
    tell("shortest_byte_times", result.shortest);
    tell("average_byte_times", result.average);
    tell("longest_byte_times", result.longest);
    return right;
}

static bool arp_host(const struct options *options)
{
    struct arp_host_result result = {0};
    bool right = arp_host_bench(options->count, options->offload, &result);

    tell("replies", result.answered);
    tell("frames_to_host", (double)result.frames);
    tell("transfers_per_request", result.transfers);
    return right;
}

static bool messages(const struct options *options)
{
    struct message_bench bench = {.card = card(options),
                                  .send = options->send,
                                  .receive = options->receive,
                                  .warm_up = options->bytes,
                                  .messages = options->count};
    struct message_result result;
    bool right = message_bench(&bench, &result);

    tell("shortest_us", result.shortest);
    tell("average_us", result.average);
    tell("longest_us", result.longest);
    return right;
}

static bool bridge(const struct options *options)
{
    struct bridge_bench bench = {.card = card(options),
                                 .bytes = options->bytes,
                                 .mtu = mtu(options),
                                 .superframe = options->superframe,
                                 .send = options->send,
                                 .receive = options->receive,
                                 .tso = options->tso,
                                 .csum = options->csum,
                                 .coalesce = options->coalesce,
                                 .messages = options->count,
                                 .udp = options->udp};
    struct bridge_result result = {0};
    bool right = bridge_bench(&bench, &result);

    if (options->count > 0) {
        tell("shortest_us", result.shortest);
        tell("average_us", result.average);
        tell("longest_us", result.longest);
    }
    tell("goodput_mbps", result.goodput);
    tell("frames_to_card_per_mib", result.given);
    tell("frames_from_card_per_mib", result.taken);
    tell("tap_calls_per_mib", result.tap_calls);
    tell("transfers_per_mib", result.out_transfers + result.in_transfers);
    return right && result.replies == options->count;
}

static bool connections(const struct options *options)
{
    struct connections_bench bench = {.connections = options->count, .bytes = options->bytes};
    struct connections_result result = {0};
    bool right = connections_bench(&bench, &result);

    tell("goodput_mbps", result.goodput);
    tell("connect_us", result.connect);
    tell("frames_to_card_per_mib", result.given);
    tell("retransmitted", (double)result.retransmitted);
    return right;
}

static bool host_by(const struct options *options,
                    bool (*run)(const struct host_bench *bench, struct host_result *result))
{
    struct host_bench bench = {.bytes = options->bytes,
                               .receive = options->receive,
                               .tso = options->tso,
                               .csum = options->csum,
                               .coalesce = options->coalesce};
    struct host_result result = {0};
    bool right = run(&bench, &result);

    tell("frames_to_card_per_mib", result.given);
    tell("frames_from_card_per_mib", result.taken);
    tell("transfers_per_mib", result.out_transfers + result.in_transfers);
    return right;
}

static bool stack(const struct options *options)
{
    return host_by(options, host_bench);
}

static bool lwip(const struct options *options)
{
    return host_by(options, lwip_bench);
}

// ---- The command line ----

enum { BYTES = 1, COUNT = 2, EITHER = 4 }; // what a kind needs to be told

static const struct {
    const char *name, *says;
    bool (*run)(const struct options *options);
    unsigned needs;
} kinds[] = {
    {"flow", "a flow of full-size segments between driver and wire", flow, BYTES},
    {"arp", "one ARP request at a time: the reply's latency", arp, COUNT},
    {"flood", "ARP requests back to back", flood, COUNT},
    {"arp-host", "ARP requests, for the host's work", arp_host, COUNT},
    {"messages", "round trips of one byte over our TCP", messages, COUNT},
    {"bridge", "the bridge of weir up: flows, and messages beside them", bridge, EITHER},
    {"connections", "so many TCP connections at once", connections, BYTES | COUNT},
    {"stack", "a stream of our TCP, for the host's work", stack, BYTES},
    {"lwip", "a stream of lwIP, for the host's work", lwip, BYTES},
};

static int usage(void)
{
    fprintf(stderr,
            "usage: measure WHAT [--bytes N] [--mss N] [--superframe N] [--count N] [--foreign N]\n"
            "       [--full-speed] [--send] [--receive] [--udp] [--no-tso] [--no-csum] [--no-coalesce]\n"
            "       [--no-offload]\n");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fprintf(stderr, "  %-12s %s\n", kinds[i].name, kinds[i].says);
    return 2;
}

static bool told_enough(unsigned needs, const struct options *options)
{
    return !((needs & BYTES && options->bytes == 0) || (needs & COUNT && options->count == 0) ||
             (needs & EITHER && options->bytes == 0 && options->count == 0)) &&
           options->count <= 1000;
}

static const struct option known[] = {{"bytes", required_argument, NULL, 'b'},
                                      {"mss", required_argument, NULL, 'm'},
                                      {"superframe", required_argument, NULL, 'f'},
                                      {"count", required_argument, NULL, 'c'},
                                      {"foreign", required_argument, NULL, 'o'},
                                      {"full-speed", no_argument, NULL, 'F'},
                                      {"send", no_argument, NULL, 's'},
                                      {"receive", no_argument, NULL, 'r'},
                                      {"udp", no_argument, NULL, 'u'},
                                      {"no-tso", no_argument, NULL, 'T'},
                                      {"no-csum", no_argument, NULL, 'C'},
                                      {"no-coalesce", no_argument, NULL, 'O'},
                                      {"no-offload", no_argument, NULL, 'A'},
                                      {0}};

static bool parse(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        size_t number = optarg ? strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'b':
            options->bytes = number;
            break;
        case 'm':
            options->mss = (unsigned)number;
            break;
        case 'f':
            options->superframe = number;
            break;
        case 'c':
            options->count = (unsigned)number;
            break;
        case 'o':
            options->foreign = (unsigned)number;
            break;
        case 'F':
            options->full_speed = true;
            break;
        case 's':
            options->send = true;
            break;
        case 'r':
            options->receive = true;
            break;
        case 'u':
            options->udp = true;
            break;
        case 'T':
            options->tso = false;
            break;
        case 'C':
            options->csum = options->tso = false;
            break;
        case 'O':
            options->coalesce = false;
            break;
        case 'A':
            options->offload = false;
            break;
        default:
            return false;
        }
    }
    return optind == argc - 1;
}

static double seconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct options options = {.tso = true, .csum = true, .coalesce = true, .offload = true, .mss = 1460};

    if (!parse(argc, argv, &options))
        return usage();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, argv[optind]) != 0)
            continue;
        if (!told_enough(kinds[i].needs, &options)) {
            fprintf(stderr, "measure: %s needs --bytes or --count, and 1,000 at most of the latter\n",
                    kinds[i].name);
            return 2;
        }
        if (options.mss < MSS_LEAST || options.mss > MSS_MOST) {
            fprintf(stderr, "measure: --mss %u: %d to %d bytes\n", options.mss, MSS_LEAST, MSS_MOST);
            return 2;
        }
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        bool right = kinds[i].run(&options);
        tell("wall_s", seconds(CLOCK_MONOTONIC) - wall);
        tell("cpu_s", seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
        if (!right)
            fprintf(stderr, "measure: something was lost or came wrong\n");
        return !right;
    }
    return usage();
}
