// SPDX-License-Identifier: BSD-2-Clause
//
// Round trips of one byte over a TCP connection of ours, alone or beside streams.
#include "bench.h"

#include <stdlib.h>

#include "stack_pair.h"

#define SEND_BUFFER (1 << 18)
#define RECEIVE_BUFFER (32 << 10)     // the card's receive memory has room for the stream and more
#define PATIENCE UINT64_C(2000000000) // ns for a message

struct load {
    struct weir_tcp *send, *receive;
    size_t sent, taken;
};

static bool step(struct stack_pair *pair, struct load *load)
{
    if (load->send)
        load->sent = stack_pair_feed(load->send, load->sent, SIZE_MAX / 2);
    bool right = stack_pair_step(pair);
    if (load->receive)
        load->taken = stack_pair_drain(pair, load->receive, load->taken);
    return right;
}

// One round trip, in ns; 0 when it failed.
static weir_time round_trip(struct stack_pair *pair, struct load *load, struct weir_tcp *tcp, uint8_t byte)
{
    weir_time start = weir_card_now(pair->card);
    uint8_t back = 0;

    if (weir_tcp_send(tcp, &byte, 1) != 1)
        return 0;
    while (weir_tcp_receive(tcp, &back, 1) != 1)
        if (!step(pair, load) || weir_card_now(pair->card) > start + PATIENCE)
            return 0;
    return back == byte ? weir_card_now(pair->card) - start : 0;
}

static bool measure(struct stack_pair *pair, const struct message_bench *bench, struct load *load,
                    struct message_result *result)
{
    struct weir_tcp *tcp = stack_pair_connect(pair, STACK_ECHO);
    weir_time sum = 0;

    if (!tcp)
        return false;
    weir_tcp_set_nodelay(tcp, true);
    while ((load->send && load->sent < bench->warm_up) || (load->receive && load->taken < bench->warm_up))
        if (!step(pair, load))
            return false;
    for (unsigned i = 0; i < bench->messages; i++) {
        weir_time time = round_trip(pair, load, tcp, (uint8_t)(i + 1));
        if (time == 0)
            return false;
        double us = (double)time / 1e3;
        result->shortest = i == 0 || us < result->shortest ? us : result->shortest;
        result->longest = us > result->longest ? us : result->longest;
        sum += time;
    }
    result->average = (double)sum / bench->messages / 1e3;
    weir_tcp_release(tcp);
    return !pair->damaged;
}

bool message_bench(const struct message_bench *bench, struct message_result *result)
{
    struct stack_pair *pair = calloc(1, sizeof *pair);
    struct load load = {0};
    bool right = false;

    *result = (struct message_result){0};
    if (!pair)
        return false;
    pair->options = bench->card;
    pair->tso = pair->csum = pair->coalesce = true;
    pair->send_buffer = SEND_BUFFER;
    pair->receive_buffer = RECEIVE_BUFFER;
    pair->peer_buffer = 1 << 20;
    pair->source = SIZE_MAX / 2;
    if (stack_pair_open(pair)) {
        load.send = bench->send ? stack_pair_connect(pair, STACK_SINK) : NULL;
        load.receive = bench->receive ? stack_pair_connect(pair, STACK_SOURCE) : NULL;
        right = (!bench->send || load.send) && (!bench->receive || load.receive) &&
                measure(pair, bench, &load, result);
    }
    if (load.send)
        weir_tcp_release(load.send);
    if (load.receive)
        weir_tcp_release(load.receive);
    stack_pair_close(pair);
    free(pair);
    return right;
}
