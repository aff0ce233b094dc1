// SPDX-License-Identifier: BSD-2-Clause
//
// A TAP interface with virtio_net_hdr: the kernel's side of the bridge. It is there as long as one descriptor
// of it is open, in whichever process, and vanishes with the last: a killed program leaves none behind.
#ifndef WEIR_BRIDGE_TAP_H
#define WEIR_BRIDGE_TAP_H

#include <net/if.h>
#include <sys/types.h>

#include "bridge_offload.h"

// The longest frame that a TAP gives: Ethernet header, two VLAN tags, the longest of IPv6.
#define WEIR_TAP_FRAME_MAX (14 + 8 + 40 + 65535)

struct weir_tap {
    int fd;
    char name[IFNAMSIZ]; // as the kernel had it when last asked
    unsigned index;
};

struct weir_tap_config {
    const char *name; // may have a %d, for which the kernel puts the first number that is free
    uint8_t mac[6];
    unsigned mtu;          // bytes
    unsigned queue_length; // frames that the kernel keeps for us; what is over is dropped
};

// Makes the interface in the caller's network namespace, down and without carrier; needs CAP_NET_ADMIN.
// 0, or a negative errno; `error` then says what to do.
int weir_tap_open(struct weir_tap *tap, const struct weir_tap_config *config, char *error, size_t error_size);
// Gives the interface an IPv4 address, in host order, and brings it up. 0, or a negative errno.
int weir_tap_bring_up(struct weir_tap *tap, uint32_t address, unsigned prefix_length);
// Asks for the interface's name, which may have been changed.
void weir_tap_refresh_name(struct weir_tap *tap);
void weir_tap_close(struct weir_tap *tap);

// Lets the kernel leave to us what a card with these capabilities (WEIR_CAP_) can do, as far as this kernel
// knows it. The WEIR_CAP_ bits that it now makes use of.
uint32_t weir_tap_set_offloads(struct weir_tap *tap, uint32_t features);
// Whether the cable is there.
int weir_tap_set_carrier(struct weir_tap *tap, bool up);
// What `ethtool` shows of the cable: WEIR_REG_LINK's bits. Needs CAP_NET_ADMIN, Linux 4.20. 0, or a negative
// errno.
int weir_tap_set_link(struct weir_tap *tap, uint32_t link);
// Whoever may set the interface's MTU may set more than the card's longest frame allows, for a TAP has no
// limit of its own that could be set. Sets it back to `largest`. What it was, in bytes; 0 when it was no more
// than that, or when it cannot be set back. Needs CAP_NET_ADMIN.
unsigned weir_tap_limit_mtu(struct weir_tap *tap, unsigned largest);

// The next frame from the kernel, of at most WEIR_TAP_FRAME_MAX bytes. Its length; -EAGAIN when there is
// none; another negative errno when the interface is gone.
ssize_t weir_tap_read(struct weir_tap *tap, struct weir_vnet *vnet, uint8_t *frame);
// Gives a frame to the kernel. 0, or a negative errno: -EINVAL when it does not take such a large frame, -EIO
// when the interface is down.
int weir_tap_write(struct weir_tap *tap, const struct weir_vnet *vnet, const uint8_t *frame, size_t length);

#endif
