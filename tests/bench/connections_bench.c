// SPDX-License-Identifier: BSD-2-Clause
//
// One stream cut into as many connections as asked for.
#include "bench.h"

#include <stdlib.h>

#include "stack_pair.h"

#define SEND_BUFFER (64 << 10)
#define PEER_BUFFER (64 << 10)

struct connection {
    struct weir_tcp *tcp;
    size_t sent;
};

static bool connect_all(struct stack_pair *pair, struct connection *connection, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!(connection[i].tcp = stack_pair_connect(pair, STACK_SINK)))
            return false;
    return true;
}

static bool transfer(struct stack_pair *pair, struct connection *connection, unsigned count, size_t each)
{
    while (pair->sunk < each * count && !pair->damaged) {
        for (unsigned i = 0; i < count; i++)
            if (connection[i].sent < each)
                connection[i].sent = stack_pair_feed(connection[i].tcp, connection[i].sent, each);
        if (!stack_pair_step(pair))
            return false;
    }
    return !pair->damaged;
}

static bool run(struct stack_pair *pair, const struct connections_bench *bench, struct connection *connection,
                struct connections_result *result)
{
    size_t each = bench->bytes / bench->connections;
    weir_time start = weir_card_now(pair->card);

    if (!connect_all(pair, connection, bench->connections))
        return false;
    weir_time connected = weir_card_now(pair->card);
    uint32_t given = pair->given;
    bool right = transfer(pair, connection, bench->connections, each);
    double time = (double)(weir_card_now(pair->card) - connected);
    double bytes = (double)each * bench->connections;
    *result = (struct connections_result){
        .connect = (double)(connected - start) / bench->connections / 1e3,
        .goodput = bytes * 8e3 / time,
        .given = (pair->given - given) / (bytes / (1 << 20)),
        .retransmitted = weir_stack_stats(pair->stack)->tcp_retrans_segs,
    };
    return right;
}

bool connections_bench(const struct connections_bench *bench, struct connections_result *result)
{
    struct stack_pair *pair = calloc(1, sizeof *pair);
    struct connection *connection = calloc(bench->connections, sizeof *connection);
    bool right = false;

    if (pair && connection) {
        pair->tso = pair->csum = pair->coalesce = true;
        pair->send_buffer = SEND_BUFFER;
        pair->peer_buffer = PEER_BUFFER;
        right = stack_pair_open(pair) && run(pair, bench, connection, result);
        for (unsigned i = 0; i < bench->connections; i++)
            if (connection[i].tcp)
                weir_tcp_release(connection[i].tcp);
        stack_pair_close(pair);
    }
    free(connection);
    free(pair);
    return right;
}
