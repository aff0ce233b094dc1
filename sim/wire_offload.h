// SPDX-License-Identifier: BSD-2-Clause
//
// What a kernel leaves to its network card, done as a card would: a packet with a virtio_net_hdr goes in
// (PACKET_VNET_HDR), frames fit for a cable come out. Checksums are filled in; superframes of TCP and UDP are
// cut.
#ifndef WEIR_WIRE_OFFLOAD_H
#define WEIR_WIRE_OFFLOAD_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_OFFLOAD_MAX (14 + 65535) // bytes of a packet: Ethernet header and the longest of IP

struct wire_offload {
    uint8_t packet[WIRE_OFFLOAD_MAX];
    struct virtio_net_hdr header;

    size_t length, at; // of the packet; what has come out of it, headers aside
    size_t headers;    // bytes up to the payload that is cut
    unsigned segments; // that have come out
    bool ipv6, tcp;
};

// A packet of `length` bytes is in `packet`, its `header` too. False, and nothing comes out, when they make
// no sense or a frame of it would be longer than `frame_max`.
bool wire_offload_start(struct wire_offload *offload, size_t length, size_t frame_max);

// The next frame, without FCS: its length, or 0 when no more is left.
size_t wire_offload_next(struct wire_offload *offload, uint8_t *frame);

static inline bool wire_offload_pending(const struct wire_offload *offload)
{
    return offload->at < offload->length;
}

#endif
