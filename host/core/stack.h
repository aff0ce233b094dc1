// SPDX-License-Identifier: BSD-2-Clause
//
// What the parts of the stack share. Every part keeps its state in a structure of its own, and this is where
// they meet.
#ifndef WEIR_STACK_INTERNAL_H
#define WEIR_STACK_INTERNAL_H

#include "arp/arp_cache.h"
#include "core/packet.h"
#include "core/timer.h"
#include "icmp/icmp.h"
#include "tcp/tcp_table.h"
#include "weir_stack.h"

struct weir_stack {
    struct weir_stack_config config; // zeros replaced by the defaults
    weir_time now;                   // the latest that a caller has told
    struct weir_stack_stats stats;
    struct weir_timers timers;
    struct weir_packet_pool pool;
    struct weir_packet_queue out; // complete frames, to be sent before TCP's
    struct weir_packet *lent;     // the frame that the last weir_tx points into
    struct weir_arp_cache arp;
    struct weir_icmp icmp;
    struct weir_tcp_table tcp;
    uint16_t ip_id; // for packets of no connection
};

#endif
