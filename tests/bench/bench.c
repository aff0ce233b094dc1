// SPDX-License-Identifier: BSD-2-Clause
//
// build/tests/bench/bench [MIB]: the figures of the card in device time that have a target, on streams of MIB
// mebibytes (4 unless told): tables, and TAP lines. make bench measures far more (report.py).
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static int tests, failures;

static void target(bool reached, const char *sentence)
{
    tests++;
    failures += !reached;
    printf("%s %d - %s\n", reached ? "ok" : "not ok", tests, sentence);
}

static void stream(size_t mib, bool tso)
{
    struct stream_result result = {0};
    struct stream_bench bench = {.bytes = mib << 20, .tso = tso};
    bool right = stream_bench(&bench, &result);

    printf("TCP stream of %zu MiB over USB high speed, MSS 1460, TSO %s\n", mib, tso ? "on" : "off");
    printf("    bulk OUT packets a microframe      %9.2f of 13\n", result.out_packets);
    printf("    bulk IN packets a microframe       %9.2f\n", result.in_packets);
    printf("    OUT answered NAK or NYET           %9u times\n", result.naks);
    printf("    goodput                            %9.1f Mb/s of device time\n", result.goodput);
    printf("    records from the host              %9u, %u frames on the wire\n", result.records,
           result.segments);
    target(right, tso ? "the stream with TSO arrives whole" : "the stream without TSO arrives whole");
    if (tso)
        target(result.out_packets >= 12,
               "with TSO the OUT endpoint takes at least 12 bulk packets a microframe");
}

// The share of 13 bulk packets a microframe, in per cent.
static double share(double packets)
{
    return packets * 100 / 13;
}

// One row: a flow of full-size segments, without a TCP behind it.
static void flow(size_t mib, bool receive, bool ipv6, bool timestamps)
{
    struct flow_bench bench = {.bytes = mib << 20,
                               .ipv6 = ipv6,
                               .timestamps = timestamps,
                               .receive = receive,
                               .tso = true,
                               .coalesce = true,
                               .ack_every = 2};
    struct flow_result result = {0};
    bool right = flow_bench(&bench, &result);
    double packets = receive ? result.in_packets : result.out_packets;
    char sentence[120];

    printf("    %-7s  %s  %-11s %7.2f  %6.2f %%  %9.2f  %7.1f Mb/s  %5u\n", receive ? "receive" : "send",
           ipv6 ? "IPv6" : "IPv4", timestamps ? "time stamps" : "", packets, share(packets),
           receive ? result.out_packets : result.in_packets, result.goodput,
           receive ? result.lost : result.naks);
    snprintf(sentence, sizeof sentence, "%s over %s%s: at least %d %% of USB high speed, nothing %s",
             receive ? "a stream received" : "a stream sent with TSO", ipv6 ? "IPv6" : "IPv4",
             timestamps ? " with time stamps" : "", receive ? 98 : 99, receive ? "lost" : "refused");
    target(right && share(packets) >= (receive ? 98 : 99) && result.lost == 0 && result.naks == 0, sentence);
}

static void flows(size_t mib)
{
    printf("Flows of full-size segments over USB high speed; each second one acknowledged, receive "
           "coalescing on\n"
           "                                  packets a    of 13      packets   goodput      NAKs,\n"
           "                                 microframe             other way                lost\n");
    for (unsigned i = 0; i < 8; i++)
        flow(i < 4 ? mib : (mib + 3) / 4, i >= 4, i & 1, i & 2);
}

static void arp(void)
{
    struct arp_result result;
    bool right = arp_bench(16, &result);

    printf("ARP request's last FCS byte to the reply's first preamble byte, %u requests\n", result.requests);
    printf("    shortest                           %9.1f byte times\n", result.shortest);
    printf("    longest                            %9.1f byte times\n", result.longest);
    target(right, "the card answers each ARP request");
    target(right && result.longest <= 64, "an ARP reply begins at most 64 byte times after the request");
    right = arp_flood(400, 0, &result);
    printf("    answered, of requests back to back %9.0f a second\n", result.rate);
    target(right && result.longest <= 64 && result.rate > 1.45e6,
           "ARP requests at line rate are all answered, as soon as one alone");
    right = arp_flood(40, 25, &result);
    target(right && result.longest <= 64, "so are those that come in a flood of others");
}

#define BUSY 300.0     // Mb/s; less would be no load
#define AT_MOST 5000.0 // us

// A message's round trip through the bridge, beside a TCP flow.
static void message(bool send, bool receive, bool udp)
{
    static const char *const loads[] = {"alone", "beside a stream received", "beside a stream sent",
                                        "beside streams both ways"};
    struct bridge_bench bench = {.send = send,
                                 .receive = receive,
                                 .tso = true,
                                 .csum = true,
                                 .coalesce = true,
                                 .messages = 12,
                                 .udp = udp};
    struct bridge_result result = {0};
    bool right = bridge_bench(&bench, &result) && result.replies == 12;
    bool loaded = !(send || receive) || result.goodput > BUSY;
    const char *load = loads[(send ? 2 : 0) + receive];
    char sentence[120];

    printf("    %-4s  %-25s %9.0f us, at most %5.0f\n", udp ? "UDP" : "ping", load, result.average,
           result.longest);
    snprintf(sentence, sizeof sentence, "%s through the bridge, %s: back within 5 ms",
             udp ? "a byte over UDP" : "ping", load);
    target(right && loaded && result.longest < AT_MOST, sentence);
}

static void messages(void)
{
    struct message_bench bench = {.send = true, .receive = true, .warm_up = 300000, .messages = 8};
    struct message_result result;

    printf("Round trips of a byte over USB high speed\n");
    message(false, false, false);
    message(true, false, false);
    message(false, true, false);
    message(true, true, false);
    message(true, false, true);
    bool right = message_bench(&bench, &result);
    printf("    TCP   beside streams both ways  %9.0f us, at most %5.0f\n", result.average, result.longest);
    target(right && result.longest < AT_MOST,
           "a byte over our TCP, beside streams both ways: back within 5 ms");
}

// A superframe of the kernel's is one read of the TAP at any speed of USB.
static void full_speed(void)
{
    struct bridge_bench bench = {
        .card = "speed=full", .bytes = 96 << 10, .send = true, .tso = true, .csum = true, .coalesce = true};
    struct bridge_result result = {0};
    bool right = bridge_bench(&bench, &result) && result.bytes_sent == bench.bytes;

    printf("The bridge at full speed: %.2f Mb/s, %.0f records a MiB, of two segments\n", result.goodput,
           result.given);
    target(right && result.goodput > 8.5, "at full speed the bridge sends nine tenths of what USB allows");
    target(right && result.given < 450,
           "and the card still cuts: there is less than a record for each frame");
}

int main(int argc, char **argv)
{
    size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 4;

    stream(mib, true);
    stream(mib / 4 > 0 ? mib / 4 : 1, false);
    flows(mib / 4 > 0 ? mib / 4 : 1);
    arp();
    messages();
    full_speed();
    printf("1..%d\n", tests);
    return failures > 0;
}
