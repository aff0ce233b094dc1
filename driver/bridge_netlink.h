// SPDX-License-Identifier: BSD-2-Clause
//
// What the kernel wants of an interface, asked over rtnetlink: is it up, its addresses, the groups that it
// has joined, whether it wants to hear everything. A TAP is told none of this by the kernel, for a TAP
// filters nothing; but the card does.
//
// The groups are the interface's hardware address lists, which `bridge fdb show` shows too. The kernel sends
// no message when they change; so ask again when a frame goes out that announces membership
// (weir_bridge_tells_groups), and every second besides.
#ifndef WEIR_BRIDGE_NETLINK_H
#define WEIR_BRIDGE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_WANTS_IPV4 16 // addresses that are kept; `ipv4_count` counts further
#define WEIR_WANTS_HW 64

struct weir_wants {
    bool up, promiscuous, all_multicast, no_arp;
    bool proxy_arp; // it answers ARP requests for others
    uint8_t mac[6];
    uint32_t ipv4[WEIR_WANTS_IPV4]; // in host order
    size_t ipv4_count;
    uint8_t hw[WEIR_WANTS_HW][6]; // further addresses that it hears, unicast and multicast
    size_t hw_count, hw_unicast;  // all of them; the unicast ones among them
};

struct weir_netlink {
    int events; // readable when something has changed
    int query;
    unsigned index; // of the interface
    uint32_t sequence;
};

// In the caller's network namespace. 0, or a negative errno.
int weir_netlink_open(struct weir_netlink *netlink, unsigned index);
void weir_netlink_close(struct weir_netlink *netlink);
// Takes all messages that have come on `events`; afterwards ask again.
void weir_netlink_drain(struct weir_netlink *netlink);
// Asks. 0, or a negative errno: -ENODEV when the interface is gone.
int weir_netlink_ask(struct weir_netlink *netlink, struct weir_wants *wants);

#endif
