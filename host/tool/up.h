// SPDX-License-Identifier: BSD-2-Clause
//
// weir up, in two processes. cmd_up.c stays what it was started as, holds the interface and looks after the
// other one; up_worker.c opens the card, drops its privileges, and moves frames. So what comes from wire and
// USB meets no privileged code, and yet a card that is plugged in again can be opened: by a new worker.
#ifndef WEIR_TOOL_UP_H
#define WEIR_TOOL_UP_H

#include <pwd.h>

#include "bridge.h"
#include "options.h"

// The processes, as in /proc/PID/comm: the one that holds the interface and nothing else of that kind, and
// the worker, which may hold a simulated card's wire, too.
#define UP_PROCESS_NAME "weir-up"
#define UP_WORKER_NAME "weir-up-worker"

struct up {
    const struct options *options;
    const char *name;          // of the interface; may have a %d
    unsigned mtu;              // bytes
    bool arp;                  // let the card answer
    const struct passwd *user; // whom the worker becomes; NULL: nobody else

    struct weir_tap tap;             // fd -1: not there yet
    bool wait;                       // for a card that is not there
    struct weir_bridge_stats *stats; // in memory that all workers share
};

// A worker's exit codes besides those of tool.h.
enum { UP_CARD_GONE = 100 };

// The worker, from its fork to its exit code. It sends the interface that it has made over `parent`
// (up_send_tap).
int up_worker(struct up *up, int parent);

// Drops all privileges for good: becomes the user, with no other groups and no capabilities, and ends with
// the parent. False after an error, which it has printed.
bool up_drop_privileges(const struct passwd *user, int parent_pid);

// One interface over a socket of AF_UNIX; sending returns when the other side has it. False after an error;
// errno tells.
bool up_send_tap(int socket, const struct weir_tap *tap);
bool up_receive_tap(int socket, struct weir_tap *tap);

#endif
