// SPDX-License-Identifier: BSD-2-Clause
//
// Two of our stacks in device time: the host's over the card, and a peer's on its wire, all of whose work is
// in software and takes no time. The peer takes what comes to STACK_SINK, sends what the bench asks for to
// who connects to STACK_SOURCE, and sends back what comes to STACK_ECHO. All streams are segment_wire.h's
// pattern, and are looked at.
#ifndef WEIR_STACK_PAIR_H
#define WEIR_STACK_PAIR_H

#include "weir_card.h"
#include "weir_tcp.h"

enum { STACK_SINK, STACK_SOURCE, STACK_ECHO, STACK_PORTS };
#define STACK_PORT 5000 // the sink's; the others behind it
#define STACK_CONNECTIONS 1024

struct stack_pair {
    // The caller's to set
    const char *options; // of the simulated card; NULL: none
    bool tso, csum, coalesce;
    size_t send_buffer, receive_buffer; // bytes a connection of the host's; 0: the stack's own
    size_t peer_buffer;                 // bytes a connection of the peer's, as a receiver
    size_t source;                      // bytes that each connection to STACK_SOURCE gets
    // Takes the host's frames where the host has another stack than ours; the `stack` is NULL then.
    void (*on_frame)(struct stack_pair *pair, const struct weir_card_rx *rx);

    struct weir_card *card;
    struct weir_stack *stack, *peer;
    size_t sunk;           // bytes that the peer took
    bool damaged;          // they were others than were sent
    uint32_t given, taken; // frames and superframes to the driver and from it

    // Inside
    struct weir_tcp_listener *listener[STACK_PORTS];
    struct {
        struct weir_tcp *tcp;
        int port;
        size_t at; // in its stream
    } served[STACK_CONNECTIONS];
    size_t served_count;
    size_t next; // to be looked at
};

bool stack_pair_open(struct stack_pair *pair);
void stack_pair_close(struct stack_pair *pair);
// Sends what the stack has, waits for the card. False when the card is gone.
bool stack_pair_step(struct stack_pair *pair);
// A connection to the peer. NULL when it does not come about.
struct weir_tcp *stack_pair_connect(struct stack_pair *pair, int port);
// Fills the send buffer from the pattern, `sent` bytes of `total` being sent already; the bytes sent then.
size_t stack_pair_feed(struct weir_tcp *tcp, size_t sent, size_t total);
// Takes what waits, and looks at it; the bytes taken then.
size_t stack_pair_drain(struct stack_pair *pair, struct weir_tcp *tcp, size_t taken);

#endif
