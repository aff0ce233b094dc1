// SPDX-License-Identifier: BSD-2-Clause
//
// What the kernel leaves to its network card, and what the card has done, both as virtio_net_hdr has them
// (virtio 1.2 section 5.1.6.2), made into what the card takes and gives.
#ifndef WEIR_BRIDGE_OFFLOAD_H
#define WEIR_BRIDGE_OFFLOAD_H

#include "weir_card.h"

// The header that stands in front of each frame of a TAP. Numbers in the order of this machine.
struct weir_vnet {
    uint8_t flags;     // WEIR_F_NEEDS_CSUM, WEIR_F_DATA_VALID
    uint8_t gso_type;  // WEIR_VNET_GSO_
    uint16_t hdr_len;  // bytes; a hint alone
    uint16_t gso_size; // bytes of payload of a segment
    uint16_t csum_start, csum_offset;
};
#define WEIR_VNET_SIZE 10 // bytes, little endian

enum {
    WEIR_VNET_GSO_NONE = 0,
    WEIR_VNET_GSO_TCPV4 = 1,
    WEIR_VNET_GSO_TCPV6 = 4,
    WEIR_VNET_GSO_UDP_L4 = 5,
    WEIR_VNET_GSO_ECN = 0x80,
};

void weir_vnet_parse(struct weir_vnet *vnet, const uint8_t in[WEIR_VNET_SIZE]);
void weir_vnet_emit(const struct weir_vnet *vnet, uint8_t out[WEIR_VNET_SIZE]);

// Makes a frame from the kernel into what weir_card_send takes, its bytes still in `frame`. True when the
// card can do all that is asked for; then, of a superframe, the length has been taken off the pseudo-header's
// sum in `frame`, as the card puts in each segment's. False, with `frame` as it was: bridge_segment.h does it
// in software.
bool weir_bridge_to_card(const struct weir_card_caps *caps, const struct weir_vnet *vnet, uint8_t *frame,
                         size_t length, struct weir_card_tx *tx);

// The header for a frame from the card. One that the card found wrong goes to the kernel as one not looked
// at, for it to see and count.
struct weir_vnet weir_bridge_to_kernel(const struct weir_card_rx *rx);

#endif
