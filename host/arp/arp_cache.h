// SPDX-License-Identifier: BSD-2-Clause
//
// Who has which MAC address (RFC 826, RFC 1122 section 2.3.2).
//
//     FREE ── somebody wants it ──> RESOLVING ── reply ──> REACHABLE <── reply ──┐
//       ^                            │ 3 requests, one a second    │ used after 60 s
//       └────────────────────────────┘ without reply: unreachable  v             │
//       └──────────────────── 3 unicast requests without reply ── REFRESHING ────┘
//
// While REFRESHING the old address stays in use. Packets wait in their neighbour's own queue and each
// neighbour is asked for at its own pace, so a host that does not answer holds up nobody else.
#ifndef WEIR_ARP_CACHE_H
#define WEIR_ARP_CACHE_H

#include "core/list.h"
#include "core/packet.h"
#include "core/timer.h"

#define WEIR_ARP_ENTRIES 128

enum weir_neighbour_state {
    WEIR_NEIGHBOUR_FREE,
    WEIR_NEIGHBOUR_RESOLVING,
    WEIR_NEIGHBOUR_REACHABLE,
    WEIR_NEIGHBOUR_REFRESHING
};

struct weir_neighbour {
    enum weir_neighbour_state state;
    struct weir_ip address;
    uint8_t mac[6];
    unsigned tries;            // requests sent without a reply
    weir_time confirmed, used; // the last reply; the last look-up
    struct weir_timer timer;
    struct weir_packet_queue packets; // wait for the MAC address
    struct weir_list connections;     // wait to be called: weir_tcp_neighbour_found or _lost
};

struct weir_arp_cache {
    struct weir_neighbour entries[WEIR_ARP_ENTRIES];
    unsigned waiting; // packets in all queues
};

bool weir_arp_create(struct weir_stack *stack);

// The neighbour's entry; asks for its MAC address where that is not known. `hint` is the entry found the last
// time, or NULL.
struct weir_neighbour *weir_arp_resolve(struct weir_stack *stack, weir_time now,
                                        const struct weir_ip *address, struct weir_neighbour *hint);
static inline bool weir_neighbour_known(const struct weir_neighbour *neighbour)
{
    return neighbour->state == WEIR_NEIGHBOUR_REACHABLE || neighbour->state == WEIR_NEIGHBOUR_REFRESHING;
}

// Sends a frame, complete but for its Ethernet header, to a neighbour, or keeps it until the MAC address is
// known. Takes the packet.
void weir_arp_send(struct weir_stack *stack, weir_time now, const struct weir_ip *address,
                   struct weir_packet *packet);
// A connection makes no progress: ask whether the neighbour is still there (RFC 1122 section 4.2.3.5).
void weir_arp_doubt(struct weir_stack *stack, weir_time now, const struct weir_ip *address);

void weir_arp_input(struct weir_stack *stack, weir_time now, const uint8_t *bytes, size_t length);

#endif
