// SPDX-License-Identifier: BSD-2-Clause
//
// ARP packets for IPv4 over Ethernet (RFC 826).
#ifndef WEIR_ARP_WIRE_H
#define WEIR_ARP_WIRE_H

#include "weir_stack.h"

#define WEIR_ARP_LENGTH 28

enum weir_arp_operation { WEIR_ARP_REQUEST = 1, WEIR_ARP_REPLY = 2 };

struct weir_arp {
    uint16_t operation;
    uint8_t sender_mac[6], target_mac[6];
    struct weir_ip sender, target;
};

// False where it is no ARP for IPv4 over Ethernet, or the sender's MAC address is a group's.
bool weir_arp_parse(const uint8_t *bytes, size_t length, struct weir_arp *arp);
// Writes WEIR_ARP_LENGTH bytes.
void weir_arp_emit(uint8_t *bytes, const struct weir_arp *arp);

#endif
