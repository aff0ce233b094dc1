// SPDX-License-Identifier: BSD-2-Clause
#include "core/packet.h"

#include <stdalign.h>
#include <stdlib.h>

bool weir_packet_pool_create(struct weir_packet_pool *pool, size_t frame_size)
{
    const size_t align = alignof(struct weir_packet);
    const size_t size = (sizeof(struct weir_packet) + frame_size + align - 1) / align * align;
    uint8_t *memory = malloc(WEIR_POOL_PACKETS * size);
    *pool = (struct weir_packet_pool){.memory = memory};
    for (size_t i = 0; memory != NULL && i < WEIR_POOL_PACKETS; i++) {
        weir_packet_free(pool, (struct weir_packet *)(void *)(memory + i * size));
    }
    return memory != NULL;
}

void weir_packet_pool_destroy(struct weir_packet_pool *pool)
{
    free(pool->memory);
    *pool = (struct weir_packet_pool){0};
}

struct weir_packet *weir_packet_new(struct weir_packet_pool *pool)
{
    struct weir_packet *packet = pool->unused;
    if (packet != NULL) {
        pool->unused = packet->next;
        packet->next = NULL;
        packet->length = 0;
    }
    return packet;
}

void weir_packet_free(struct weir_packet_pool *pool, struct weir_packet *packet)
{
    packet->next = pool->unused;
    pool->unused = packet;
}

void weir_packet_push(struct weir_packet_queue *queue, struct weir_packet *packet)
{
    packet->next = NULL;
    if (queue->first == NULL) {
        queue->first = packet;
    } else {
        queue->last->next = packet;
    }
    queue->last = packet;
    queue->count++;
}

struct weir_packet *weir_packet_pop(struct weir_packet_queue *queue)
{
    struct weir_packet *packet = queue->first;
    if (packet != NULL) {
        queue->first = packet->next;
        queue->count--;
    }
    return packet;
}
