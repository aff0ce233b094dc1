// SPDX-License-Identifier: BSD-2-Clause
//
// Ethernet II frames without FCS (IEEE 802.3-2018 clause 3).
#ifndef WEIR_ETHERNET_H
#define WEIR_ETHERNET_H

#include "weir_stack.h"

#define WEIR_ETH_HEADER 14
#define WEIR_ETH_IPV4 0x0800
#define WEIR_ETH_ARP 0x0806

struct weir_eth {
    uint8_t destination[6], source[6];
    uint16_t type;
    const uint8_t *payload;
    size_t length; // may include padding
};

// False where the frame is too short.
bool weir_eth_parse(const uint8_t *frame, size_t length, struct weir_eth *eth);
// Writes WEIR_ETH_HEADER bytes.
void weir_eth_emit(uint8_t *frame, const uint8_t destination[6], const uint8_t source[6], uint16_t type);

static inline bool weir_eth_is_group(const uint8_t mac[6])
{
    return (mac[0] & 1) != 0;
}

extern const uint8_t weir_eth_broadcast[6];

#endif
