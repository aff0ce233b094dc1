// SPDX-License-Identifier: BSD-2-Clause
//
// weir up, in two processes. cmd_up.c stays what it was started as, holds the interface and looks after the
// other one; up_worker.c opens the card, drops its privileges, and moves frames. So what comes from wire and
// USB meets no privileged code, and yet a card that is plugged in again can be opened: by a new worker.
#ifndef WEIR_TOOL_UP_H
#define WEIR_TOOL_UP_H

#include <pwd.h>

#include "bridge_netlink.h"
#include "options.h"
#include "up_stats.h"

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

    struct weir_tap tap;         // fd -1: not there yet
    int stats_socket;            // who wants to know what was counted connects to it; -1: there is none
    struct weir_netlink netlink; // of the process that holds it: tells of changes
    bool told_deaf;              // that netlink cannot be opened
    uint64_t link;               // as it has told the kernel last
    bool wait;                   // for a card that is not there
    struct up_shared *shared;    // in memory that all workers share
};

struct up_shared {
    struct up_counts counts;
    unsigned largest_mtu; // that the card's longest frame allows; 0: no card yet
};

// A worker's exit codes besides those of tool.h.
enum { UP_CARD_GONE = 100 };

// The worker, from its fork to its exit code. It sends the interface that it has made over `parent`
// (up_send_interface).
int up_worker(struct up *up, int parent);

// Drops all privileges for good: becomes the user, with no other groups and no capabilities, and ends with
// the parent. False after an error, which it has printed.
bool up_drop_privileges(const struct passwd *user, int parent_pid);

// The interface and the statistics' socket over a socket of AF_UNIX; sending returns when the other side has
// them. False after an error; errno tells.
bool up_send_interface(int socket, const struct up *up);
bool up_receive_interface(int socket, struct up *up);

#endif
