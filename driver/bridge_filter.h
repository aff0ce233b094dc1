// SPDX-License-Identifier: BSD-2-Clause
//
// The card's address filter and ARP table, kept as the interface is (bridge_netlink.h). Only what differs is
// written.
#ifndef WEIR_BRIDGE_FILTER_H
#define WEIR_BRIDGE_FILTER_H

#include "bridge_netlink.h"
#include "weir_card.h"

#define WEIR_FILTER_MAC 32 // entries of a card's tables that are used
#define WEIR_FILTER_ARP 16

// What a card's tables are to have.
struct weir_filter {
    uint32_t control; // WEIR_RX_ bits
    struct {
        bool used;
        uint8_t address[6];
    } mac[WEIR_FILTER_MAC]; // [0]: the station's own
    uint32_t arp[WEIR_FILTER_ARP];
};

// Works it out. Where the exact entries do not suffice the card hears all groups, for further unicast
// addresses everything. It answers ARP alone where that is the same as if the kernel did: for addresses of
// this interface that all have room in its table; not beside macvlan and the like, a bridge, or proxy ARP.
// `offload_arp` false: the kernel answers.
void weir_filter_plan(struct weir_filter *filter, const struct weir_card_caps *caps,
                      const struct weir_wants *wants, bool offload_arp);

// Programs a card that has `now`; it has it as far as this comes, also after an error. 0, or a negative
// errno.
int weir_filter_program(struct weir_card *card, struct weir_filter *now, const struct weir_filter *wanted);

#endif
