// SPDX-License-Identifier: BSD-2-Clause
//
// Weir's TCP/IP stack: one interface, any number of connections. Sans-I/O: it has no thread, clock, system call or global.
// Time comes in as an argument, frames go in and out through calls, and it says when it next wants to run:
//
//     weir_stack_input(stack, now, frame, length, flags);          // a frame came
//     while (weir_stack_output(stack, now, &tx)) send(&tx);        // frames and superframes to send
//     sleep_until(weir_stack_poll_at(stack));                      // then weir_stack_output again
//
// One thread at a time may call into one stack; `now` never goes backwards.
#ifndef WEIR_STACK_H
#define WEIR_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t weir_time; // nanoseconds since an arbitrary start
#define WEIR_TIME_NEVER UINT64_MAX
#define WEIR_MS ((weir_time)1000000)
#define WEIR_SECOND ((weir_time)1000000000)

// An IP address, as bytes on the wire; version is 4 (bytes 0..3 used) or 6.
struct weir_ip {
    uint8_t version;
    uint8_t bytes[16];
};

struct weir_stack;

struct weir_stack_config {
    uint8_t mac[6];
    struct weir_ip address;
    uint8_t prefix_length;  // bits of the directly reachable network
    struct weir_ip gateway; // version 0: none
    uint16_t mtu;           // bytes of IP packet in a frame; 0 means 1500
    bool tx_csum;           // the card inserts TCP and UDP checksums
    bool tso;               // the card cuts TCP superframes (needs tx_csum)
    size_t max_superframe;  // bytes of frame; 0 means 65,535 + 14
    size_t send_buffer, receive_buffer; // bytes a connection; 0 means 256 KiB and 64 KiB
    uint8_t secret[16];     // for initial sequence numbers (RFC 6528); random, differs between runs
};

// Copies the configuration. NULL when memory is short or the configuration makes no sense (errno ENOMEM, EINVAL).
struct weir_stack *weir_stack_create(const struct weir_stack_config *config, weir_time now);
void weir_stack_destroy(struct weir_stack *stack);

// A frame without FCS. The card's verdict on its TCP or UDP checksum: verified good, verified bad (dropped, counted), or
// unknown (the stack verifies itself).
enum weir_rx_csum { WEIR_RX_CSUM_UNKNOWN, WEIR_RX_CSUM_GOOD, WEIR_RX_CSUM_WRONG };
void weir_stack_input(struct weir_stack *stack, weir_time now, const uint8_t *frame, size_t length, enum weir_rx_csum csum);
// A large frame that the card, or who drives it, put together from TCP segments of one connection that followed one another,
// each with its checksum verified. `segment_size` is the payload of each in bytes, the last may have less. The frame's header
// is the first segment's with the whole length and the last one's PSH and FIN; its TCP checksum is not looked at. It is
// acknowledged as its segments would be, but once.
void weir_stack_input_glued(struct weir_stack *stack, weir_time now, const uint8_t *frame, size_t length, uint16_t segment_size);

// A frame to send. All pointers are valid until the next call into the stack.
struct weir_tx {
    uint8_t header[192]; // Ethernet to the end of TCP options
    size_t header_length;
    struct {
        const uint8_t *data;
        size_t length;
    } payload[2]; // straight from the send buffer; two pieces where it wraps
    bool needs_csum; // card: sum csum_start..end into csum_start + csum_offset; the field holds the pseudo-header sum,
                     // for a superframe without the TCP length
    uint16_t csum_start, csum_offset;
    uint16_t gso_size; // 0: one frame; else cut into segments of this many payload bytes (TCP over the address's IP version)
    uint8_t gso_ip_version; // 4 or 6 where gso_size is not 0
};
// Runs timers due at `now`; then the next frame to send. False when there is nothing to send now.
bool weir_stack_output(struct weir_stack *stack, weir_time now, struct weir_tx *tx);
// When weir_stack_output must be called next, if no frame comes and no call is made before.
weir_time weir_stack_poll_at(const struct weir_stack *stack);

// What the stack counted (RFC 1213 / 4022 names).
struct weir_stack_stats {
    uint64_t in_frames, in_discards, in_errors;     // errors: malformed or wrong checksum
    uint64_t out_frames, out_superframes;           // out_frames includes superframes
    uint64_t ip_in_receives, ip_in_hdr_errors, ip_in_addr_errors, ip_in_delivers, ip_out_requests;
    uint64_t icmp_in_echos, icmp_out_echo_reps, icmp_in_echo_reps;
    uint64_t arp_in_requests, arp_in_replies, arp_out_requests, arp_out_replies, arp_failures;
    uint64_t tcp_active_opens, tcp_passive_opens, tcp_attempt_fails, tcp_estab_resets, tcp_curr_estab;
    uint64_t tcp_in_glued; // large frames; their segments are in tcp_in_segs
    uint64_t tcp_in_segs, tcp_out_segs, tcp_retrans_segs, tcp_in_errs, tcp_out_rsts;
    uint64_t tcp_fast_retransmits, tcp_timeouts, tcp_out_of_order;
    uint64_t ip_reasm_fails; // fragments: dropped
    uint64_t icmp_in_dest_unreachs, icmp_out_dest_unreachs;
};
const struct weir_stack_stats *weir_stack_stats(const struct weir_stack *stack);

#endif
