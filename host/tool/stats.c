// SPDX-License-Identifier: BSD-2-Clause
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stats_lines.h"
#include "tool.h"

#define STACK_LINE(field, text)                                                                              \
    {                                                                                                        \
        "stack_" #field, text, stack->field, false                                                           \
    }

static size_t stack_lines(const struct weir_stack_stats *stack, struct stats_line *lines)
{
    const struct stats_line all[] = {
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

static size_t run_lines(const struct runner *runner, struct stats_line *lines)
{
    const struct stats_line all[] = {
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

static void print(FILE *file, bool people, const struct runner *runner, const uint32_t *counters)
{
    struct stats_line lines[STATS_LINES_MAX];
    uint64_t counted[WEIR_COUNTERS];
    size_t count;

    for (unsigned i = 0; i < WEIR_COUNTERS; i++)
        counted[i] = (uint32_t)(counters[i] - runner->counters_before[i]);
    count = stats_lines_card(counted, lines);
    stats_lines_print(file, people, "what the card did", lines, count);
    count = stats_lines_driver(weir_card_stats(runner->card), lines);
    stats_lines_print(file, people, "what the driver did", lines, count);
    if (runner->stack) {
        count = stack_lines(weir_stack_stats(runner->stack), lines);
        stats_lines_print(file, people, "what the TCP/IP stack did", lines, count);
    }
    count = run_lines(runner, lines);
    stats_lines_print(file, people, "in all", lines, count);
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
