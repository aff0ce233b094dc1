// SPDX-License-Identifier: BSD-2-Clause
#include "bench.h"

#include <stdlib.h>

#include "segment_wire.h"
#include "stack_pair.h"

#define CHUNK 65536
#define RECEIVE_BUFFER (56 << 10)

// What a program and its stack do to send, or to receive: the pattern is made, and looked at, outside.
__attribute__((noinline)) static ptrdiff_t counted_send(struct weir_tcp *tcp, const uint8_t *data,
                                                        size_t length)
{
    return weir_tcp_send(tcp, data, length);
}

__attribute__((noinline)) static bool counted_step(struct stack_pair *pair)
{
    return stack_pair_step(pair);
}

__attribute__((noinline)) static ptrdiff_t counted_peek(struct weir_tcp *tcp, const uint8_t **data)
{
    return weir_tcp_peek(tcp, data);
}

__attribute__((noinline)) static void counted_consume(struct weir_tcp *tcp, size_t length)
{
    weir_tcp_consume(tcp, length);
}

static bool send_all(struct stack_pair *pair, struct weir_tcp *tcp, size_t total)
{
    static uint8_t chunk[CHUNK];
    size_t sent = 0, filled = 0;

    while (pair->sunk < total && !pair->damaged) {
        while (sent < total) {
            // The chunk holds `filled` bytes of the stream up to the next multiple of its size.
            size_t at = sent % CHUNK, length = CHUNK - at < total - sent ? CHUNK - at : total - sent;
            for (; filled < sent + length; filled++)
                chunk[filled % CHUNK] = segment_byte(filled);
            ptrdiff_t taken = counted_send(tcp, chunk + at, length);
            if (taken <= 0)
                break;
            sent += (size_t)taken;
        }
        if (!counted_step(pair))
            return false;
    }
    return !pair->damaged;
}

static bool receive_all(struct stack_pair *pair, struct weir_tcp *tcp, size_t total)
{
    const uint8_t *data;
    ptrdiff_t length;
    size_t taken = 0;

    while (taken < total && !pair->damaged) {
        if (!counted_step(pair))
            return false;
        while ((length = counted_peek(tcp, &data)) > 0) {
            for (ptrdiff_t i = 0; i < length; i++)
                pair->damaged |= data[i] != segment_byte(taken + (size_t)i);
            taken += (size_t)length;
            counted_consume(tcp, (size_t)length);
        }
    }
    return !pair->damaged;
}

bool host_bench(const struct host_bench *bench, struct host_result *result)
{
    struct stack_pair *pair = calloc(1, sizeof *pair);
    bool right = false;

    if (!pair)
        return false;
    pair->tso = bench->tso;
    pair->csum = bench->csum;
    pair->coalesce = bench->coalesce;
    pair->receive_buffer = RECEIVE_BUFFER;
    pair->send_buffer = pair->peer_buffer = 1 << 18;
    pair->source = bench->bytes;
    struct weir_tcp *tcp =
        stack_pair_open(pair) ? stack_pair_connect(pair, bench->receive ? STACK_SOURCE : STACK_SINK) : NULL;
    if (tcp) {
        const struct weir_card_stats *stats = weir_card_stats(pair->card);
        double mib = (double)bench->bytes / (1 << 20);
        right = bench->receive ? receive_all(pair, tcp, bench->bytes) : send_all(pair, tcp, bench->bytes);
        *result = (struct host_result){.given = pair->given / mib,
                                       .taken = pair->taken / mib,
                                       .out_transfers = (double)stats->tx_transfers / mib,
                                       .in_transfers = (double)stats->rx_transfers / mib};
        weir_tcp_release(tcp);
    }
    stack_pair_close(pair);
    free(pair);
    return right;
}
