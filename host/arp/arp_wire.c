// SPDX-License-Identifier: BSD-2-Clause
#include "arp/arp_wire.h"

#include <string.h>

#include "core/bytes.h"
#include "eth/ethernet.h"
#include "ip/ip_wire.h"

#define HARDWARE_ETHERNET 1

bool weir_arp_parse(const uint8_t *bytes, size_t length, struct weir_arp *arp)
{
    if (length < WEIR_ARP_LENGTH || weir_get16(bytes) != HARDWARE_ETHERNET ||
        weir_get16(bytes + 2) != WEIR_ETH_IPV4 || bytes[4] != 6 || bytes[5] != 4) {
        return false;
    }
    arp->operation = weir_get16(bytes + 6);
    memcpy(arp->sender_mac, bytes + 8, 6);
    arp->sender = weir_ipv4_address(bytes + 14);
    memcpy(arp->target_mac, bytes + 18, 6);
    arp->target = weir_ipv4_address(bytes + 24);
    return !weir_eth_is_group(arp->sender_mac);
}

void weir_arp_emit(uint8_t *bytes, const struct weir_arp *arp)
{
    weir_put16(bytes, HARDWARE_ETHERNET);
    weir_put16(bytes + 2, WEIR_ETH_IPV4);
    bytes[4] = 6;
    bytes[5] = 4;
    weir_put16(bytes + 6, arp->operation);
    memcpy(bytes + 8, arp->sender_mac, 6);
    memcpy(bytes + 14, arp->sender.bytes, 4);
    memcpy(bytes + 18, arp->target_mac, 6);
    memcpy(bytes + 24, arp->target.bytes, 4);
}
