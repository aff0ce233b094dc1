// SPDX-License-Identifier: BSD-2-Clause
//
// Tests as scripts of segments in and out, with time:
//
//     script_in(&s, "A seq=1001 ack=1 len=100");   the peer sends
//     script_wait(&s, 40 * WEIR_MS);               nothing leaves before that
//     script_out(&s, "A seq=1 ack=1101 len=0");    this leaves, now
//     script_quiet(&s);                            and no more
//
// A segment is its flags (S, A, F, R, P in this order; in what leaves P is not compared unless written) and
// keys: seq, ack, win, len, mss, scale, ts, echo, gso. Our sequence numbers count from our initial one (our
// SYN is 0), the peer's are its own, from 1000. What comes with gso=N is a large frame of N bytes a segment,
// as a card glues them, without a checksum. In what leaves, only the written keys are compared, and each
// frame's headers and checksums always are.
#ifndef TCP_SCRIPT_H
#define TCP_SCRIPT_H

#include "weir_icmp.h"
#include "weir_tcp.h"

#define PEER_ISN 1000
#define PEER_PORT 80
#define OUR_PORT 4000

struct script {
    struct weir_stack_config config;
    struct weir_stack *stack;
    struct weir_tcp_listener *listener;
    struct weir_tcp *tcp;
    weir_time now;
    bool has_iss;
    uint32_t iss;
    bool arp_answered;          // the peer answers requests for its address, unseen; true at the start
    uint16_t glued;             // segment size of the frame that comes, or 0
    uint8_t frame[65536 + 192]; // the last that left, in one piece
    size_t length;
    struct weir_tx tx;
};

// A stack at 10.0.0.1/24 and a peer at 10.0.0.2 whose MAC address it knows. The config may be changed before.
struct weir_stack_config script_config(void);
void script_start(struct script *script, const struct weir_stack_config *config);
void script_end(struct script *script);

// Whole handshakes; `options` are the keys of the peer's SYN.
void script_connect(struct script *script, const char *options);
void script_accept(struct script *script, const char *options);

void script_in(struct script *script, const char *segment);
void script_out(struct script *script, const char *segment);
void script_quiet(struct script *script);
// Lets time pass, calling the stack only when it wants to be; nothing may leave before the end, timers of the
// end not run.
void script_wait(struct script *script, weir_time time);

// Any frame. `script_frame_in` takes Ethernet; `script_ip_in` makes it, with a right header checksum.
void script_frame_in(struct script *script, const uint8_t *frame, size_t length);
void script_ip_in(struct script *script, uint8_t protocol, const uint8_t *payload, size_t length);
// The next frame, in script.frame; false when there is none.
bool script_frame_out(struct script *script);
void script_arp_in(struct script *script, uint16_t operation, const uint8_t sender_mac[6],
                   const uint8_t sender[4], const uint8_t target[4]);

// Sends `length` bytes; all must be taken.
void script_send(struct script *script, size_t length);
// Exactly `length` bytes wait to be read, and they are the peer's from sequence number `seq` on. Reads them.
void script_read(struct script *script, uint32_t seq, size_t length);

uint16_t script_sum(const uint8_t *bytes, size_t length, uint32_t start);
extern const uint8_t script_mac[6], script_peer_mac[6];

#endif
