// SPDX-License-Identifier: BSD-2-Clause
//
// The header of a coalesced flow: taken from the flow's head, emitted for any of its later segments
// (weir_link.vh, "Receive coalescing"). A head's bytes are copied, so the transfer that it came in may
// change.
#ifndef WEIR_FLOW_H
#define WEIR_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_FLOW_HEAD_MAX 144 // bytes: Ethernet, two VLAN tags, 60 bytes each of IPv4 and TCP

#define WEIR_TCP_FIN 0x01
#define WEIR_TCP_PSH 0x08

struct weir_flow {
    bool usable;                      // short records may refer to this head
    uint8_t head[WEIR_FLOW_HEAD_MAX]; // its header; of an acknowledgement the whole frame
    uint16_t length;                  // bytes of that
    uint16_t ip, tcp;                 // where they begin
    uint16_t payload;                 // bytes of the head's payload; 0: an acknowledgement
    bool v6;
    uint32_t next; // sequence number behind the flow's last segment
};

// What differs from one segment of a flow to the next.
struct weir_flow_segment {
    uint32_t seq;
    uint16_t id; // IPv4 identification
    uint8_t tcp_flags;
    size_t payload; // bytes
};

// Takes a frame that came whole as the flow's head. False when it is no TCP frame. Afterwards `usable` says
// whether segments or acknowledgements can follow it; `payload` whether which.
bool weir_flow_take_head(struct weir_flow *flow, const uint8_t *frame, size_t length);
// Whether two heads, or frames taken as such, are of one connection and direction.
bool weir_flow_same(const struct weir_flow *a, const struct weir_flow *b);
// The head's own values.
struct weir_flow_segment weir_flow_head(const struct weir_flow *flow);

// Writes the `flow->length` bytes of a segment's header, IPv4's checksum right, TCP's still zero; then one of
// the two below, once the payload stands behind it.
void weir_flow_emit(const struct weir_flow *flow, uint8_t *out, const struct weir_flow_segment *segment);
// TCP's checksum, computed.
void weir_flow_checksum(const struct weir_flow *flow, uint8_t *frame, size_t payload);
// TCP's checksum field as virtio wants it for NEEDS_CSUM: the pseudo-header's sum.
void weir_flow_seed(const struct weir_flow *flow, uint8_t *frame, size_t payload);

// A pure acknowledgement's own values, as its record has them.
struct weir_flow_ack {
    uint16_t ack_low, window;
    uint8_t id_low, tsval_low, tsecr_low;
};
// Writes the `flow->length` bytes of a whole frame.
void weir_flow_emit_ack(const struct weir_flow *flow, uint8_t *out, const struct weir_flow_ack *ack);

#endif
