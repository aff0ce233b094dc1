// SPDX-License-Identifier: BSD-2-Clause
//
// Small outgoing packets that belong to no connection (ARP, ICMP, resets), from a pool that is allocated
// once. TCP's own segments never pass here: they are made when the caller asks for the next frame.
#ifndef WEIR_PACKET_H
#define WEIR_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_POOL_PACKETS 64

struct weir_packet {
    struct weir_packet *next;
    size_t length;   // bytes of frame
    uint8_t bytes[]; // Ethernet header and up to an MTU
};

struct weir_packet_queue {
    struct weir_packet *first, *last;
    unsigned count;
};

struct weir_packet_pool {
    void *memory;
    struct weir_packet *unused;
};

bool weir_packet_pool_create(struct weir_packet_pool *pool, size_t frame_size);
void weir_packet_pool_destroy(struct weir_packet_pool *pool);
// NULL when all are in use.
struct weir_packet *weir_packet_new(struct weir_packet_pool *pool);
void weir_packet_free(struct weir_packet_pool *pool, struct weir_packet *packet);

void weir_packet_push(struct weir_packet_queue *queue, struct weir_packet *packet);
struct weir_packet *weir_packet_pop(struct weir_packet_queue *queue);

#endif
