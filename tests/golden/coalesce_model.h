// SPDX-License-Identifier: BSD-2-Clause
//
// Receive coalescing as a plain C model: which record each frame becomes (weir_link.vh). Independent of the
// Verilog (it sees a frame as a whole and compares the easy way) and of the driver.
//
// The rules are Linux GRO's of 6.1 to 6.18 (tcp_gro_receive, inet_gro_receive, ipv6_gro_receive), and
// stricter where a record could not tell what differs:
//
//   plain     TCP in at most two VLAN tags (8100, 88A8), in IPv4 without options that is no fragment, or IPv6
//             without extension headers; verdict DATA_VALID; without payload at most COALESCE_ACK_MAX bytes.
//             Any other frame goes up whole with flow 0 and leaves the flows alone.
//   flow      Ethernet header, tags, IP version, addresses and ports are the same.
//   proper    ACK set, none of SYN, RST, URG, CWR; neither checksum FFFF (a receiver cannot tell it from
//   0000,
//             and we rebuild 0000). And the frame is
//               data: some payload, and nothing behind it; or
//               an acknowledgement: no payload, no flag but ACK.
//   CONTINUES Data whose flow has a run: Ethernet, tags, TOS or traffic class, flow label, TTL, DF,
//             acknowledgement number, window, urgent pointer, options, TCP flags but PSH and FIN as the
//             head's; sequence number right behind the run; payload no longer than the head's; IPv4
//             identification one more than the last's or, with DF, the same throughout: the run's second
//             segment decides.
//             PSH, FIN, or a payload shorter than the head's: the flow is forgotten.
//   PURE_ACK  An acknowledgement whose flow's head is one, of the same length, with the same bytes (padding
//             too) but for the IPv4 header checksum, TCP's checksum and window, the lower half of the
//             acknowledgement number, the lowest byte of the IPv4 identification, and, where the options
//             begin with 01 01 08 0A, the lowest bytes of TSval and TSecr.
//   head      Any other proper frame without PSH and FIN. It takes a number that no flow has, and its flow's
//             old one is free; with WEIR_FLOWS - 1 flows and a new one, the next number in turn is taken
//             away.
//   else      The frame has flow 0, its flow is forgotten.
//
// Each transfer begins without flows.
#ifndef COALESCE_MODEL_H
#define COALESCE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir_link.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COALESCE_HEADER_MAX 122 // bytes: Ethernet, two tags, IPv6, 40 bytes of TCP options
#define COALESCE_ACK_MAX 128    // bytes of an acknowledgement's frame
#define COALESCE_RECORD_ROOM 9100

struct coalesce_flow {
    bool used;
    bool data;                      // the head has payload
    uint8_t head[COALESCE_ACK_MAX]; // its header; an acknowledgement's whole frame
    size_t head_length;             // bytes of that
    size_t payload;                 // bytes of the head's
    uint32_t next;                  // sequence number behind the run
    uint16_t id;                    // IPv4 identification of the run's last segment
    int id_step;                    // 0 or 1; -1 before the second segment
};

struct coalesce_model {
    struct coalesce_flow flow[WEIR_FLOWS]; // [0] is flow 1
    unsigned spare;                        // index of the unused one that the next head takes
};

// All zero at first. Plain data: a copy can be made to see what a frame would become.
void coalesce_begin_transfer(struct coalesce_model *model);

// Writes the frame's whole record: header, `timestamp` if it is not NULL, bytes, padding to 4. `frame` has no
// FCS; `flags` are its WEIR_F_ verdicts. The record's size; the room needed is the frame's and 24.
size_t coalesce_frame(struct coalesce_model *model, const uint8_t *frame, size_t length, uint8_t flags,
                      const uint64_t *timestamp, uint8_t *record);

#ifdef __cplusplus
}
#endif
#endif
