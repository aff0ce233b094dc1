// SPDX-License-Identifier: BSD-2-Clause
#include "bench.h"

#include <stdlib.h>

#include "stack_pair.h"
#include "weir_link.h"

#define MICROFRAME 125000 // ns

static void evaluate(const uint32_t *before, const uint32_t *after, size_t total,
                     struct stream_result *result)
{
    double microframes = (double)result->time / MICROFRAME;

    result->out_packets = (after[WEIR_CNT_USB_OUT_PACKETS] - before[WEIR_CNT_USB_OUT_PACKETS]) / microframes;
    result->in_packets = (after[WEIR_CNT_USB_IN_PACKETS] - before[WEIR_CNT_USB_IN_PACKETS]) / microframes;
    result->naks = after[WEIR_CNT_USB_OUT_NAK] - before[WEIR_CNT_USB_OUT_NAK] + after[WEIR_CNT_USB_OUT_NYET] -
                   before[WEIR_CNT_USB_OUT_NYET];
    result->records = after[WEIR_CNT_TX_SUPERFRAMES] - before[WEIR_CNT_TX_SUPERFRAMES];
    result->segments = after[WEIR_CNT_TX_SEGMENTS] - before[WEIR_CNT_TX_SEGMENTS];
    result->goodput = (double)total * 8e3 / (double)result->time;
}

static bool run(struct stack_pair *pair, size_t total, struct stream_result *result)
{
    uint32_t before[WEIR_COUNTERS], after[WEIR_COUNTERS];
    size_t sent = 0;
    struct weir_tcp *tcp = stack_pair_connect(pair, STACK_SINK);

    if (!tcp)
        return false;
    weir_card_counters(pair->card, before);
    weir_time start = weir_card_now(pair->card);
    while (weir_tcp_state(tcp) == WEIR_TCP_ESTABLISHED &&
           (sent < total || weir_tcp_unacknowledged(tcp) > 0)) {
        sent = stack_pair_feed(tcp, sent, total);
        if (!stack_pair_step(pair))
            break;
    }
    result->time = weir_card_now(pair->card) - start;
    weir_card_counters(pair->card, after);
    evaluate(before, after, total, result);
    weir_tcp_release(tcp);
    return sent == total && pair->sunk == total && !pair->damaged;
}

bool stream_bench(const struct stream_bench *bench, struct stream_result *result)
{
    struct stack_pair *pair = calloc(1, sizeof *pair);
    bool right = false;

    if (!pair)
        return false;
    pair->tso = bench->tso;
    pair->csum = pair->coalesce = true;
    pair->send_buffer = 1 << 20;
    pair->peer_buffer = 4 << 20;
    right = stack_pair_open(pair) && run(pair, bench->bytes, result);
    stack_pair_close(pair);
    free(pair);
    return right;
}
