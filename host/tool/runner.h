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

enum { RUNNER_WATCHED = 2 };

struct runner {
    const struct options *options;
    struct weir_card *card;
    struct weir_stack *stack; // NULL without RUNNER_STACK
    bool interrupted;         // a signal came: come to an end
    bool broken;              // the card does not work any more, which was printed: no exit code is EXIT_FINE
    uint32_t link;            // WEIR_REG_LINK
    uint32_t counters_before[WEIR_COUNTERS];
    weir_time opened;
    struct pollfd fds[1 + RUNNER_WATCHED]; // the signals', then the command's

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
// Tells why a connection broke.
int runner_tcp_failed(const struct weir_tcp *tcp, int error);

#endif
