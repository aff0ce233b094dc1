// SPDX-License-Identifier: BSD-2-Clause
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "tool.h"

// A value and its names. Lines for people leave out what is zero and not `always`.
struct line {
    const char *name, *text;
    uint64_t value;
    bool always;
};

#define STACK_LINE(field, text)                                                                              \
    {                                                                                                        \
        "stack_" #field, text, stack->field, false                                                           \
    }

static size_t stack_lines(const struct weir_stack_stats *stack, struct line *lines)
{
    const struct line all[] = {
        STACK_LINE(in_frames, "frames in"),
        STACK_LINE(in_discards, "frames discarded"),
        STACK_LINE(in_errors, "frames malformed or with a wrong checksum"),
        STACK_LINE(out_frames, "frames and superframes out"),
        STACK_LINE(out_superframes, "of them superframes"),
        STACK_LINE(arp_in_requests, "ARP requests that came up to the stack"),
        STACK_LINE(arp_in_replies, "ARP replies"),
        STACK_LINE(arp_out_requests, "ARP requests made"),
        STACK_LINE(arp_out_replies, "ARP replies by the stack"),
        STACK_LINE(arp_failures, "addresses that nobody answered for"),
        STACK_LINE(icmp_in_echos, "echo requests"),
        STACK_LINE(icmp_out_echo_reps, "echo replies sent"),
        STACK_LINE(icmp_in_echo_reps, "echo replies received"),
        STACK_LINE(tcp_in_segs, "TCP segments in"),
        STACK_LINE(tcp_in_glued, "large frames with several of them"),
        STACK_LINE(tcp_out_segs, "TCP segments out"),
        STACK_LINE(tcp_retrans_segs, "TCP segments sent again"),
        STACK_LINE(tcp_fast_retransmits, "fast retransmits"),
        STACK_LINE(tcp_timeouts, "retransmission timeouts"),
        STACK_LINE(tcp_out_of_order, "TCP segments out of order"),
        STACK_LINE(tcp_in_errs, "TCP segments with errors"),
        STACK_LINE(tcp_out_rsts, "TCP resets sent"),
        STACK_LINE(tcp_estab_resets, "TCP connections broken off"),
    };

    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

static size_t link_lines(const struct weir_card_stats *link, struct line *lines)
{
    const struct line all[] = {
        {"host_tx_transfers", "USB transfers to the card", link->tx_transfers, false},
        {"host_tx_bytes", "bytes in them", link->tx_bytes, false},
        {"host_rx_transfers", "USB transfers from the card", link->rx_transfers, false},
        {"host_rx_bytes", "bytes in them", link->rx_bytes, false},
        {"host_rx_continued", "TCP segments that came as payload alone", link->rx_continued, false},
        {"host_rx_pure_acks", "acknowledgements that came as a few numbers", link->rx_pure_acks, false},
        {"host_rx_glued", "large frames made of several segments", link->rx_glued, false},
        {"host_rx_bad_transfers", "transfers from the card that made no sense", link->rx_bad_transfers,
         false},
        {"host_transfer_errors", "transfers that failed and were made good", link->transfer_errors, false},
        {"host_restarts", "times the link to the card started anew, at the cost of frames", link->restarts, false},
    };

    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

static size_t run_lines(const struct runner *runner, struct line *lines)
{
    const struct line all[] = {
        {"run_device_time_ns", "ns of device time", runner_now(runner) - runner->opened, true},
        {"run_bytes_sent", "bytes of payload sent and acknowledged", runner->bytes_sent, false},
        {"run_bytes_received", "bytes of payload received", runner->bytes_received, false},
        {"run_flow_ns", "ns of device time for them", runner->flow_end - runner->flow_start, false},
        {"run_goodput_bps", "bits a second of device time: goodput", (uint64_t)stats_goodput(runner), false},
    };

    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

double stats_goodput(const struct runner *runner)
{
    weir_time time = runner->flow_end - runner->flow_start;

    return time ? (double)(runner->bytes_sent + runner->bytes_received) * 8e9 / (double)time : 0;
}

static void print_lines(FILE *file, bool people, const char *title, const struct line *lines, size_t count)
{
    if (people)
        fprintf(file, "%s\n", title);
    for (size_t i = 0; i < count; i++) {
        if (!people)
            fprintf(file, "%s %" PRIu64 "\n", lines[i].name, lines[i].value);
        else if (lines[i].value || lines[i].always)
            fprintf(file, "%14" PRIu64 "  %s\n", lines[i].value, lines[i].text);
    }
}

static bool always_shown(unsigned index)
{
    return index == WEIR_CNT_TX_SUPERFRAMES || index == WEIR_CNT_TX_SEGMENTS ||
           index == WEIR_CNT_TX_CSUM_INSERTED || index == WEIR_CNT_RX_CSUM_GOOD ||
           index == WEIR_CNT_RX_CSUM_BAD || index == WEIR_CNT_RX_ARP_ANSWERED ||
           index == WEIR_CNT_RX_FILTERED;
}

static void print(FILE *file, bool people, const struct runner *runner, const uint32_t *counters)
{
    struct line lines[WEIR_COUNTERS];
    size_t count;

    for (count = 0; count < counter_names_count; count++) {
        unsigned index = counter_names[count].index;
        lines[count] =
            (struct line){counter_names[count].name, counter_names[count].text,
                          (uint32_t)(counters[index] - runner->counters_before[index]), always_shown(index)};
    }
    print_lines(file, people, "what the card did", lines, count);
    count = link_lines(weir_card_stats(runner->card), lines);
    print_lines(file, people, "what the driver did", lines, count);
    if (runner->stack) {
        count = stack_lines(weir_stack_stats(runner->stack), lines);
        print_lines(file, people, "what the TCP/IP stack did", lines, count);
    }
    count = run_lines(runner, lines);
    print_lines(file, people, "in all", lines, count);
    if (people && runner->flow_end > runner->flow_start)
        fprintf(file, "goodput %.1f Mb/s in device time\n", stats_goodput(runner) / 1e6);
}

bool stats_tell(struct runner *runner)
{
    const char *path = runner->options->stats_file;
    uint32_t counters[WEIR_COUNTERS];
    int error = runner->card ? weir_card_counters(runner->card, counters) : -ENODEV;

    if (error) {
        fail("no statistics: the card does not tell its counters (%s)", strerror(-error));
        return false;
    }
    if (!path) {
        print(stderr, true, runner, counters);
        return true;
    }
    FILE *file = fopen(path, "w");
    if (file)
        print(file, false, runner, counters);
    bool good = file && !ferror(file);
    if ((!file || fclose(file) != 0) || !good) {
        fail("cannot write the statistics to %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}
