// SPDX-License-Identifier: BSD-2-Clause
#include "stack_pair.h"

#include <stdio.h>
#include <string.h>

#include "segment_wire.h"
#include "stack_wire.h"
#include "transport_internal.h"
#include "weir_link.h"

static const struct weir_ip card_ip = {4, {10, 77, 0, 2}}, peer_ip = {4, {10, 77, 0, 1}};

// ---- Streams ----

size_t stack_pair_feed(struct weir_tcp *tcp, size_t sent, size_t total)
{
    uint8_t chunk[65536];

    while (sent < total) {
        size_t length = total - sent < sizeof chunk ? total - sent : sizeof chunk;
        for (size_t i = 0; i < length; i++)
            chunk[i] = segment_byte(sent + i);
        ptrdiff_t taken = weir_tcp_send(tcp, chunk, length);
        if (taken <= 0)
            break;
        sent += (size_t)taken;
        if ((size_t)taken < length)
            break;
    }
    return sent;
}

size_t stack_pair_drain(struct stack_pair *pair, struct weir_tcp *tcp, size_t taken)
{
    const uint8_t *data;
    ptrdiff_t length;

    while ((length = weir_tcp_peek(tcp, &data)) > 0) {
        for (ptrdiff_t i = 0; i < length; i++)
            pair->damaged |= data[i] != segment_byte(taken + (size_t)i);
        taken += (size_t)length;
        weir_tcp_consume(tcp, (size_t)length);
    }
    return taken;
}

// ---- The peer ----

static void echo(struct weir_tcp *tcp)
{
    uint8_t byte;

    while (weir_tcp_receive(tcp, &byte, 1) == 1)
        weir_tcp_send(tcp, &byte, 1);
}

static void serve(struct stack_pair *pair, size_t i)
{
    struct weir_tcp *tcp = pair->served[i].tcp;
    size_t before = pair->served[i].at;

    if (pair->served[i].port == STACK_SINK) {
        pair->served[i].at = stack_pair_drain(pair, tcp, before);
        pair->sunk += pair->served[i].at - before;
    } else if (pair->served[i].port == STACK_SOURCE) {
        if (weir_tcp_unacknowledged(tcp) < 1 << 17)
            pair->served[i].at = stack_pair_feed(tcp, before, pair->source);
    } else {
        echo(tcp);
    }
}

static void accept_all(struct stack_pair *pair)
{
    for (int port = 0; port < STACK_PORTS; port++) {
        struct weir_tcp *tcp;
        while (pair->served_count < STACK_CONNECTIONS &&
               (tcp = weir_tcp_accept(pair->listener[port])) != NULL) {
            weir_tcp_set_nodelay(tcp, true);
            pair->served[pair->served_count].tcp = tcp;
            pair->served[pair->served_count++].port = port;
        }
    }
}

static void peer_react(void *context, weir_time now)
{
    struct stack_pair *pair = context;

    (void)now;
    accept_all(pair);
    for (size_t i = 0; i < pair->served_count; i++)
        serve(pair, i);
}

// ---- The card's host ----

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct stack_pair *pair = context;
    weir_time now = weir_card_now(pair->card);

    pair->taken++;
    if (pair->on_frame)
        pair->on_frame(pair, rx);
    else if (rx->gso_type != WEIR_GSO_NONE)
        weir_stack_input_glued(pair->stack, now, rx->frame, rx->length, rx->gso_size);
    else
        weir_stack_input(pair->stack, now, rx->frame, rx->length,
                         rx->flags & WEIR_F_DATA_VALID && pair->csum ? WEIR_RX_CSUM_GOOD
                                                                     : WEIR_RX_CSUM_UNKNOWN);
}

bool stack_pair_step(struct stack_pair *pair)
{
    weir_time deadline = WEIR_TIME_NEVER;
    struct weir_tx tx;

    while (weir_card_can_send(pair->card) && weir_card_queued(pair->card) < weir_card_enough(pair->card)) {
        if (!weir_stack_output(pair->stack, weir_card_now(pair->card), &tx)) {
            deadline = weir_stack_poll_at(pair->stack);
            break;
        }
        struct weir_card_tx frame = {.header = tx.header,
                                     .header_length = tx.header_length,
                                     .payload = {{tx.payload[0].data, tx.payload[0].length},
                                                 {tx.payload[1].data, tx.payload[1].length}},
                                     .needs_csum = tx.needs_csum,
                                     .csum_start = tx.csum_start,
                                     .csum_offset = tx.csum_offset,
                                     .gso_type = tx.gso_size ? WEIR_GSO_TCPV4 : WEIR_GSO_NONE,
                                     .gso_size = tx.gso_size};
        if (weir_card_send(pair->card, &frame) == 0)
            pair->given++;
    }
    weir_time now = weir_card_now(pair->card);
    return weir_card_poll(pair->card, deadline <= now ? now + 1000 : deadline) == 0;
}

struct weir_tcp *stack_pair_connect(struct stack_pair *pair, int port)
{
    struct weir_tcp *tcp =
        weir_tcp_connect(pair->stack, weir_card_now(pair->card), &peer_ip, (uint16_t)(STACK_PORT + port), 0);

    while (tcp && weir_tcp_state(tcp) == WEIR_TCP_SYN_SENT && stack_pair_step(pair)) {
    }
    if (!tcp || weir_tcp_state(tcp) == WEIR_TCP_ESTABLISHED)
        return tcp;
    weir_tcp_release(tcp);
    return NULL;
}

static bool make_peer(struct stack_pair *pair)
{
    struct weir_stack_config config = {.mac = {2, 0, 0, 0, 0, 1},
                                       .address = peer_ip,
                                       .prefix_length = 24,
                                       .receive_buffer = pair->peer_buffer};

    pair->peer = weir_stack_create(&config, 0);
    for (int i = 0; i < STACK_PORTS && pair->peer; i++)
        if (!(pair->listener[i] = weir_tcp_listen(pair->peer, (uint16_t)(STACK_PORT + i), STACK_CONNECTIONS)))
            return false;
    return pair->peer != NULL;
}

static bool make_stack(struct stack_pair *pair)
{
    struct weir_stack_config config = {.address = card_ip,
                                       .prefix_length = 24,
                                       .tx_csum = pair->csum,
                                       .tso = pair->tso && pair->csum,
                                       .max_superframe = weir_card_enough(pair->card),
                                       .send_buffer = pair->send_buffer,
                                       .receive_buffer = pair->receive_buffer};

    memcpy(config.mac, weir_card_caps(pair->card)->mac, 6);
    pair->stack = weir_stack_create(&config, weir_card_now(pair->card));
    return pair->stack != NULL;
}

bool stack_pair_open(struct stack_pair *pair)
{
    char error[200] = "out of memory";
    struct wire *wire = make_peer(pair) ? stack_wire_create(pair->peer, peer_react, pair) : NULL;
    struct weir_transport *transport =
        wire ? weir_transport_sim_open_on(pair->options ? pair->options : "", wire, error, sizeof error)
             : NULL;
    struct weir_card_receiver receiver = {.frame = on_frame, .context = pair};

    pair->card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!pair->card) {
        fprintf(stderr, "no card: %s\n", error);
        return false;
    }
    return (pair->on_frame || make_stack(pair)) &&
           weir_card_set_rx_mode(pair->card, pair->coalesce ? WEIR_CARD_RX_GLUED : WEIR_CARD_RX_PLAIN,
                                 false) == 0 &&
           weir_card_set_arp(pair->card, 0, 0x0A4D0002) == 0 &&
           weir_card_set_rx_control(pair->card, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY) == 0;
}

void stack_pair_close(struct stack_pair *pair)
{
    for (size_t i = 0; i < pair->served_count; i++)
        weir_tcp_release(pair->served[i].tcp);
    if (pair->card)
        weir_card_close(pair->card);
    if (pair->stack)
        weir_stack_destroy(pair->stack);
    if (pair->peer)
        weir_stack_destroy(pair->peer);
}
