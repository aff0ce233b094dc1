// SPDX-License-Identifier: BSD-2-Clause
//
// build/tests/bench/bench [MIB]: what the card does in device time, on streams of MIB mebibytes (16 unless
// told). Prints a table, and TAP lines for the figures that have a target.
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
}

int main(int argc, char **argv)
{
    size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 16;

    stream(mib, true);
    stream(mib / 4 > 0 ? mib / 4 : 1, false);
    flows(mib / 4 > 0 ? mib / 4 : 1);
    arp();
    printf("1..%d\n", tests);
    return failures > 0;
}
