// SPDX-License-Identifier: BSD-2-Clause
//
// What the files of the cable between two cards share: wire_peer.c (frames and time) and wire_peer_socket.c
// (who is at the other end, and what is said).
//
// Messages have 16 bytes, little-endian, and what follows some of them:
//     bytes 0..3  type     4..7  bytes that follow     8..15  the sender's device time since the cable was
//     joined, ns
#ifndef WEIR_WIRE_PEER_INTERNAL_H
#define WEIR_WIRE_PEER_INTERNAL_H

#include "wire_peer.h"

#define PEER_HEADER 16
#define PEER_GREETING "weir cable 1\0\0\0" // with its zero 16 bytes; the number is the version of all this
#define PEER_GREETING_SIZE 16
#define PEER_TIME_MAX (UINT64_C(1) << 52)  // 52 days: what a card's clock can hold
#define PEER_FRAME_MIN 18                  // an Ethernet header and FCS
#define PEER_OUT_MAX ((size_t)1 << 20)     // bytes that the other end has not taken
#define PEER_WAITING_MAX ((size_t)1 << 20) // bytes of frames that are on their way to the card

enum peer_type {
    PEER_HELLO = 1, // the first, once: followed by PEER_GREETING
    PEER_FRAME,     // followed by the frame; time is when its last byte left
    PEER_BUSY,      // the card runs, and will send nothing before this time
    PEER_IDLE,      // the card sleeps since this time: do not wait for it
};

struct peer_message {
    enum peer_type type;
    size_t length;
    uint64_t time;
};

// A frame from the other card.
struct waiting {
    struct waiting *next;
    uint64_t due;
    size_t length;
    uint8_t bytes[];
};

enum told { NOTHING, BUSY, IDLE };

struct peer {
    struct wire wire; // poll_fd: an epoll set of the two sockets
    char address[128];
    int listener, fd; // -1: none
    bool greeted;     // we the other end
    bool joined;      // and it us
    bool refused_told;
    uint64_t retry_at; // by the clock on the wall
    uint64_t now;      // of the card, when it was last here
    uint64_t epoch;    // the card's time when the cable was joined
    // What the other end has told, in its time since then.
    uint64_t peer_time;
    bool peer_idle;
    // What it was told.
    enum told told;
    uint64_t told_time;
    uint8_t in[PEER_HEADER + WIRE_FRAME_MAX];
    size_t in_length;
    uint8_t *out;
    size_t out_length;
    bool out_ends_in_state; // with a whole BUSY or IDLE, of which nothing is sent
    struct waiting *first, **last;
    size_t waiting_bytes;
    struct wire_peer_stats stats;
};

// wire_peer_socket.c

// Finds somebody to join: who finds nobody listens. False when neither is possible; `error` says why.
bool peer_join(struct peer *peer, char *error, size_t error_size);
// Takes who comes, hears what is said, sends what waits. `now` is the card's time.
void peer_attend(struct peer *peer, uint64_t now);
// False when there is no room. What the other end was told of our time and has not heard yet is overwritten.
bool peer_tell(struct peer *peer, const struct peer_message *message, const void *data);
uint64_t peer_wall_now(void);

#endif
