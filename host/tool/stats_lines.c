// SPDX-License-Identifier: BSD-2-Clause
#include "stats_lines.h"

#include <inttypes.h>
#include <string.h>

#include "counters.h"

static bool always_shown(unsigned index)
{
    return index == WEIR_CNT_TX_SUPERFRAMES || index == WEIR_CNT_TX_SEGMENTS ||
           index == WEIR_CNT_TX_CSUM_INSERTED || index == WEIR_CNT_RX_CSUM_GOOD ||
           index == WEIR_CNT_RX_CSUM_BAD || index == WEIR_CNT_RX_ARP_ANSWERED ||
           index == WEIR_CNT_RX_FILTERED;
}

size_t stats_lines_card(const uint64_t *counters, struct stats_line *lines)
{
    for (size_t i = 0; i < counter_names_count; i++) {
        const struct counter_name *name = &counter_names[i];
        lines[i] =
            (struct stats_line){name->name, name->text, counters[name->index], always_shown(name->index)};
    }
    return counter_names_count;
}

size_t stats_lines_driver(const struct weir_card_stats *stats, struct stats_line *lines)
{
    const struct stats_line all[] = {
        {"host_tx_frames", "frames and superframes given to the driver", stats->tx_frames, false},
        {"host_tx_transfers", "USB transfers to the card", stats->tx_transfers, false},
        {"host_tx_bytes", "bytes in them", stats->tx_bytes, false},
        {"host_tx_lost", "lost: under way when the link started anew, or the card was pulled out",
         stats->tx_lost, false},
        {"host_rx_frames", "frames on the wire that came up", stats->rx_frames, false},
        {"host_rx_transfers", "USB transfers from the card", stats->rx_transfers, false},
        {"host_rx_bytes", "bytes in them", stats->rx_bytes, false},
        {"host_rx_continued", "TCP segments that came as payload alone", stats->rx_continued, false},
        {"host_rx_pure_acks", "acknowledgements that came as a few numbers", stats->rx_pure_acks, false},
        {"host_rx_glued", "large frames made of several segments", stats->rx_glued, false},
        {"host_rx_bad_transfers", "transfers from the card that made no sense", stats->rx_bad_transfers,
         false},
        {"host_transfer_errors", "transfers that failed and were made good", stats->transfer_errors, false},
        {"host_restarts", "times the link to the card started anew, at the cost of frames", stats->restarts,
         false},
    };

    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

size_t stats_lines_bridge(const struct weir_bridge_stats *stats, struct stats_line *lines)
{
    const struct stats_line all[] = {
        {"bridge_tx_read", "frames and superframes from the kernel", stats->tx_read, true},
        {"bridge_tx_frames", "of them to the card as they were", stats->tx_frames, false},
        {"bridge_tx_superframes", "of those superframes", stats->tx_superframes, false},
        {"bridge_tx_cut", "cut or summed in software first", stats->tx_cut, false},
        {"bridge_tx_waiting", "waiting now", stats->tx_waiting, false},
        {"bridge_tx_too_long", "dropped: too long for the card", stats->tx_too_long, false},
        {"bridge_tx_senseless", "dropped: made no sense", stats->tx_senseless, false},
        {"bridge_tx_queue_full", "dropped: the queue was full", stats->tx_queue_full, false},
        {"bridge_tx_card_gone", "dropped: the card was pulled out", stats->tx_card_gone, false},
        {"bridge_rx_read", "frames and large frames from the card", stats->rx_read, true},
        {"bridge_rx_segments", "frames on the wire that they stand for", stats->rx_segments, false},
        {"bridge_rx_frames", "of them to the kernel as they were", stats->rx_frames, false},
        {"bridge_rx_superframes", "of those large ones", stats->rx_superframes, false},
        {"bridge_rx_cut", "large ones that the kernel refused, cut in software", stats->rx_cut, false},
        {"bridge_rx_refused", "dropped: refused by the kernel", stats->rx_refused, false},
        {"bridge_filter_writes", "times the card's tables were brought up to date", stats->filter_writes,
         false},
    };

    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

void stats_lines_print(FILE *file, bool people, const char *title, const struct stats_line *lines,
                       size_t count)
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
