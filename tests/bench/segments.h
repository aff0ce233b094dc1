// SPDX-License-Identifier: BSD-2-Clause
//
// Frames of one TCP flow between the card's host and a peer on its wire, made without a TCP: for benchmarks
// that measure the card alone, in every shape that a stream can have.
#ifndef WEIR_SEGMENTS_H
#define WEIR_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_HEADER_MAX (14 + 40 + 20 + 12)
#define SEGMENT_MTU 1500
#define SEGMENT_PAYLOAD_MAX 9000
#define SEGMENT_ACK 0x10
#define SEGMENT_PSH 0x08

struct segment_flow {
    bool ipv6, timestamps;
    uint16_t mtu; // bytes of IP packet in a frame; 0: SEGMENT_MTU
    uint8_t host_mac[6];
};

// One segment: header fields that differ from frame to frame.
struct segment {
    bool to_card; // else from it
    uint32_t seq, ack;
    uint16_t id; // IPv4 identification
    uint8_t flags;
    uint32_t milliseconds; // for the time stamp option
};

// Bytes of Ethernet, IP and TCP header; of payload in a full-size segment; where the TCP header begins.
size_t segment_header_length(const struct segment_flow *flow);
size_t segment_mss(const struct segment_flow *flow);
size_t segment_tcp_at(const struct segment_flow *flow);

// Writes the header for `payload` bytes. The TCP checksum field holds the pseudo-header's sum without the
// length, as the card wants it for a superframe.
void segment_emit(const struct segment_flow *flow, const struct segment *segment, size_t payload,
                  uint8_t *out);
// Puts the TCP checksum over the frame of `length` bytes in, after segment_emit.
void segment_checksum(const struct segment_flow *flow, uint8_t *frame, size_t length);

// Puts the length into the pseudo-header's sum of a frame that the card sends uncut; `frame` need only be its
// header.
void segment_add_length(const struct segment_flow *flow, uint8_t *frame, size_t length);

// Reads a frame of the flow. False when it is none, or, with `verify`, when its TCP checksum is wrong;
// *payload is its length.
bool segment_parse(const struct segment_flow *flow, const uint8_t *frame, size_t length, bool verify,
                   struct segment *segment, size_t *payload);

#endif
