// SPDX-License-Identifier: BSD-2-Clause
//
// The stack from outside: one frame in, one frame out, and when next.
#include "core/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "eth/ethernet.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

#define MTU_DEFAULT 1500
#define MTU_MIN 128
#define IP_MAX 65535
#define SEND_BUFFER_DEFAULT (256 * 1024)
#define RECEIVE_BUFFER_DEFAULT (64 * 1024)
#define BUFFER_MAX (1u << 30) // the largest window (RFC 7323 section 2.3)
#define BUFFER_MIN 2048
#define PACKET_HEADER 54 // bytes of a packet that go into weir_tx.header

static void fill_in_defaults(struct weir_stack_config *config)
{
    config->mtu = config->mtu != 0 ? config->mtu : MTU_DEFAULT;
    config->max_superframe = config->max_superframe != 0 ? config->max_superframe : IP_MAX + WEIR_ETH_HEADER;
    config->send_buffer = config->send_buffer != 0 ? config->send_buffer : SEND_BUFFER_DEFAULT;
    config->receive_buffer = config->receive_buffer != 0 ? config->receive_buffer : RECEIVE_BUFFER_DEFAULT;
}

static bool makes_sense(const struct weir_stack *stack)
{
    const struct weir_stack_config *config = &stack->config;
    const bool buffers = config->send_buffer >= BUFFER_MIN && config->send_buffer <= BUFFER_MAX &&
                         config->receive_buffer >= BUFFER_MIN && config->receive_buffer <= BUFFER_MAX;
    const bool address = config->address.version == 4 && config->prefix_length <= 32 &&
                         !weir_ip_is_group(stack, &config->address) && config->address.bytes[0] != 0;
    const bool gateway = config->gateway.version == 0 || weir_ip_is_neighbour(stack, &config->gateway);
    return buffers && address && gateway && config->mtu >= MTU_MIN && !weir_eth_is_group(config->mac) &&
           (!config->tso || config->tx_csum) &&
           config->max_superframe >= (size_t)config->mtu + WEIR_ETH_HEADER;
}

struct weir_stack *weir_stack_create(const struct weir_stack_config *config, weir_time now)
{
    struct weir_stack *stack = calloc(1, sizeof *stack);
    if (stack == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    stack->config = *config;
    stack->now = now;
    fill_in_defaults(&stack->config);
    if (!makes_sense(stack)) {
        free(stack);
        errno = EINVAL;
        return NULL;
    }
    if (!weir_tcp_table_create(&stack->tcp) || !weir_arp_create(stack) ||
        !weir_packet_pool_create(&stack->pool, WEIR_ETH_HEADER + stack->config.mtu)) {
        weir_stack_destroy(stack);
        errno = ENOMEM;
        return NULL;
    }
    const uint64_t hash = weir_tcp_hash(stack, &stack->config.address, 0, 0, WEIR_TCP_HASH_STACK);
    stack->ip_id = (uint16_t)hash;
    stack->tcp.next_port = (uint32_t)(hash >> 32);
    return stack;
}

void weir_stack_destroy(struct weir_stack *stack)
{
    if (stack == NULL) {
        return;
    }
    weir_tcp_table_destroy(stack);
    weir_packet_pool_destroy(&stack->pool);
    weir_timers_free(&stack->timers);
    free(stack);
}

static void input(struct weir_stack *stack, weir_time now, const uint8_t *frame, size_t length,
                  const struct weir_rx *rx)
{
    struct weir_eth eth;
    stack->now = now;
    stack->stats.in_frames++;
    if (!weir_eth_parse(frame, length, &eth) || weir_eth_is_group(eth.source)) {
        stack->stats.in_errors++;
        return;
    }
    const bool to_all = memcmp(eth.destination, weir_eth_broadcast, 6) == 0;
    if (!to_all && memcmp(eth.destination, stack->config.mac, 6) != 0) {
        stack->stats.in_discards++;
        return;
    }
    switch (eth.type) {
    case WEIR_ETH_ARP:
        weir_arp_input(stack, now, eth.payload, eth.length);
        break;
    case WEIR_ETH_IPV4:
        weir_ip_input(stack, now, eth.payload, eth.length, to_all, rx);
        break;
    default:
        stack->stats.in_discards++;
        break;
    }
}

void weir_stack_input(struct weir_stack *stack, weir_time now, const uint8_t *frame, size_t length,
                      enum weir_rx_csum csum)
{
    input(stack, now, frame, length, &(struct weir_rx){.csum = csum});
}

void weir_stack_input_glued(struct weir_stack *stack, weir_time now, const uint8_t *frame, size_t length,
                            uint16_t segment_size)
{
    input(stack, now, frame, length,
          &(struct weir_rx){.csum = WEIR_RX_CSUM_GOOD, .segment_size = segment_size});
}

static void hand_out(struct weir_stack *stack, struct weir_packet *packet, struct weir_tx *tx)
{
    *tx = (struct weir_tx){.header_length = packet->length < PACKET_HEADER ? packet->length : PACKET_HEADER};
    memcpy(tx->header, packet->bytes, tx->header_length);
    tx->payload[0].data = packet->bytes + tx->header_length;
    tx->payload[0].length = packet->length - tx->header_length;
    stack->lent = packet;
    stack->stats.out_frames++;
}

bool weir_stack_output(struct weir_stack *stack, weir_time now, struct weir_tx *tx)
{
    stack->now = now;
    if (stack->lent != NULL) {
        weir_packet_free(&stack->pool, stack->lent);
        stack->lent = NULL;
    }
    for (struct weir_timer *timer; (timer = weir_timers_take_due(&stack->timers, now)) != NULL;) {
        timer->fire(stack, timer, now);
    }
    // Making a segment may put a question for a MAC address onto the queue, so the queue is looked at again.
    for (int look = 0; look < 2; look++) {
        struct weir_packet *packet = weir_packet_pop(&stack->out);
        if (packet != NULL) {
            hand_out(stack, packet, tx);
            return true;
        }
        if (weir_tcp_output(stack, now, tx)) {
            return true;
        }
    }
    return false;
}

weir_time weir_stack_poll_at(const struct weir_stack *stack)
{
    if (stack->out.count > 0 || !weir_list_empty(&stack->tcp.ready)) {
        return stack->now;
    }
    return weir_timers_next(&stack->timers);
}

const struct weir_stack_stats *weir_stack_stats(const struct weir_stack *stack)
{
    return &stack->stats;
}
