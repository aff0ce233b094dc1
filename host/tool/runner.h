// SPDX-License-Identifier: BSD-2-Clause
//
// Card and TCP/IP stack as one: frames that come go into the stack, frames that the stack has go to the card,
// timers run, and a signal ends it cleanly. A command drives it:
//
//     struct runner runner;
//     int error = runner_open(&runner, options, RUNNER_STACK);
//     if (error) return error;
//     while (!finished && runner_step(&runner, WEIR_TIME_NEVER)) look_at_connections();
//     return runner_close(&runner, exit_code);
#ifndef WEIR_TOOL_RUNNER_H
#define WEIR_TOOL_RUNNER_H

#include <poll.h>

#include "options.h"
#include "weir_card.h"
#include "weir_link.h"
#include "weir_stack.h"
#include "weir_tcp.h"
#include "weir_usb.h"

enum { RUNNER_WATCHED = 2, RUNNER_PLUG = 1 + RUNNER_WATCHED, RUNNER_FDS };

struct runner {
    const struct options *options;
    struct weir_card *card;   // NULL while it is away (--wait)
    struct weir_stack *stack; // NULL without RUNNER_STACK
    bool interrupted;         // a signal came: come to an end
    bool lost;                // the card was pulled out, and nobody waits for it
    bool broken;              // the card does not work any more, which was printed: no exit code is EXIT_FINE
    struct weir_card_caps caps; // of the first card; another one must do as much
    weir_time shift;            // of the card's clock, so that time goes on when the card is another one
    weir_time next_try;         // to open the card that is away
    unsigned tries;             // that found it, but could not use it
    uint32_t link;              // WEIR_REG_LINK
    // Without RUNNER_STACK: takes the frames that arrive. NULL: nobody does.
    void (*take)(void *context, const struct weir_card_rx *rx);
    void *take_context;
    uint32_t counters_before[WEIR_COUNTERS];
    weir_time opened;
    struct weir_usb_watch *plug;   // while the card is away; NULL: it is looked for now and then only
    struct pollfd fds[RUNNER_FDS]; // the signals', then the command's, then `plug`'s

    // The payload that a command moved, for its goodput: between the connection's start and the last byte
    // acknowledged or received.
    uint64_t bytes_sent, bytes_received;
    weir_time flow_start, flow_end; // device time; equal: nothing moved
};

enum runner_use { RUNNER_CARD, RUNNER_STACK };

// Opens the card of the options and, with RUNNER_STACK, holds their address: our MAC, ARP replies by the
// card, the receiver on. EXIT_FINE, or another exit code after an error, which it has printed.
int runner_open(struct runner *runner, const struct options *options, enum runner_use use);
// Shuts everything down, tells the statistics if they were asked for. Returns `exit_code`, or EXIT_FAILED if
// that, or the card before, went wrong.
int runner_close(struct runner *runner, int exit_code);

// One turn: sends what is due, waits until something happens or device time `deadline` comes, takes what
// arrived. False when it is over: after a signal (`interrupted`), or when the card is gone, which it has
// printed.
bool runner_step(struct runner *runner, weir_time deadline);
weir_time runner_now(const struct runner *runner);

// Lets runner_step also return when `fd` is ready for `events` (POLLIN, POLLOUT); slots 0 and 1. fd -1: no
// longer.
void runner_watch(struct runner *runner, unsigned slot, int fd, short events);

// Waits until the connection is established. False after an error, which it has printed, or a signal.
bool runner_connect(struct runner *runner, const struct weir_ip *remote, uint16_t port,
                    struct weir_tcp **tcp);
// Notes a connection's progress for the goodput; call it after each step.
void runner_note_flow(struct runner *runner, const struct weir_tcp *tcp);
// Ends a connection of which all was sent and received: FIN both ways, as far as the peer joins in, then
// gives it back.
void runner_finish(struct runner *runner, struct weir_tcp *tcp);
// Tells why nothing can be sent to an address (ENETUNREACH).
int runner_no_way(const struct runner *runner, const struct weir_ip *remote);
// Tells that a host does not answer ARP (EHOSTUNREACH).
int runner_unreachable(const struct weir_ip *remote);
// Tells why a connection broke.
int runner_tcp_failed(const struct weir_tcp *tcp, int error);

// Between runner.c and runner_card.c.

// An exit code. EXIT_FINE with `card` NULL: it is not there and is to be waited for.
int runner_open_card(struct runner *runner);
// Station address, ARP table, receive mode, receiver. 0, or a negative errno.
int runner_configure_card(struct runner *runner);
// The card was pulled out; from now on it is waited for. True.
bool runner_lose_card(struct runner *runner);
// Waits for the card, a signal or a watched descriptor, at most until `deadline`. False after an error, which
// it has printed.
bool runner_await_card(struct runner *runner, weir_time deadline);
// It is no longer waited for.
void runner_end_wait(struct runner *runner);
void runner_take_signal(struct runner *runner);

#endif
