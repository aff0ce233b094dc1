// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/tcp_table.h"

#include <stdlib.h>

#include "core/bytes.h"
#include "core/siphash.h"
#include "tcp/tcp.h"

#define BUCKETS_AT_FIRST 64

bool weir_tcp_table_create(struct weir_tcp_table *table)
{
    weir_list_init(&table->listeners);
    weir_list_init(&table->ready);
    weir_list_init(&table->all);
    table->buckets = calloc(BUCKETS_AT_FIRST, sizeof *table->buckets);
    table->bucket_count = BUCKETS_AT_FIRST;
    return table->buckets != NULL;
}

void weir_tcp_table_destroy(struct weir_stack *stack)
{
    struct weir_tcp_table *table = &stack->tcp;
    while (!weir_list_empty(&table->all)) {
        weir_tcp_destroy(WEIR_CONTAINER(table->all.next, struct weir_tcp, all));
    }
    while (!weir_list_empty(&table->listeners)) {
        weir_tcp_listener_free(WEIR_CONTAINER(table->listeners.next, struct weir_tcp_listener, link));
    }
    free(table->buckets);
    table->buckets = NULL;
}

uint64_t weir_tcp_hash(const struct weir_stack *stack, const struct weir_ip *remote, uint16_t remote_port,
                       uint16_t local_port, enum weir_tcp_hash purpose)
{
    uint8_t numbers[37] = {0};
    memcpy(numbers, remote->bytes, sizeof remote->bytes);
    memcpy(numbers + 16, stack->config.address.bytes, sizeof remote->bytes);
    weir_put16(numbers + 32, remote_port);
    weir_put16(numbers + 34, local_port);
    numbers[36] = (uint8_t)purpose;
    return weir_siphash(stack->config.secret, numbers, sizeof numbers);
}

static struct weir_tcp **bucket(const struct weir_stack *stack, const struct weir_ip *remote,
                                uint16_t remote_port, uint16_t local_port)
{
    const uint64_t hash = weir_tcp_hash(stack, remote, remote_port, local_port, WEIR_TCP_HASH_BUCKET);
    return &stack->tcp.buckets[hash & (stack->tcp.bucket_count - 1)];
}

static struct weir_tcp **bucket_of(const struct weir_tcp *tcp)
{
    return bucket(tcp->stack, &tcp->remote, tcp->remote_port, tcp->local_port);
}

static void chain(struct weir_tcp *tcp)
{
    struct weir_tcp **head = bucket_of(tcp);
    tcp->chain = *head;
    *head = tcp;
}

static bool grow(struct weir_stack *stack)
{
    struct weir_tcp_table *table = &stack->tcp;
    struct weir_tcp **old = table->buckets;
    const size_t old_count = table->bucket_count;
    struct weir_tcp **buckets = calloc(2 * old_count, sizeof *buckets);
    if (buckets == NULL) {
        return false;
    }
    table->buckets = buckets;
    table->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct weir_tcp *tcp = old[i], *next; tcp != NULL; tcp = next) {
            next = tcp->chain;
            chain(tcp);
        }
    }
    free(old);
    return true;
}

bool weir_tcp_table_add(struct weir_tcp *tcp)
{
    struct weir_tcp_table *table = &tcp->stack->tcp;
    if (table->connections == table->bucket_count && !grow(tcp->stack)) {
        return false;
    }
    chain(tcp);
    tcp->in_table = true;
    table->connections++;
    return true;
}

void weir_tcp_table_remove(struct weir_tcp *tcp)
{
    if (!tcp->in_table) {
        return;
    }
    struct weir_tcp **at = bucket_of(tcp);
    while (*at != tcp) {
        at = &(*at)->chain;
    }
    *at = tcp->chain;
    tcp->in_table = false;
    tcp->stack->tcp.connections--;
}

struct weir_tcp *weir_tcp_table_find(const struct weir_stack *stack, const struct weir_ip *remote,
                                     uint16_t remote_port, uint16_t local_port)
{
    struct weir_tcp *tcp = *bucket(stack, remote, remote_port, local_port);
    while (tcp != NULL && (tcp->remote_port != remote_port || tcp->local_port != local_port ||
                           !weir_ip_equal(&tcp->remote, remote))) {
        tcp = tcp->chain;
    }
    return tcp;
}

struct weir_tcp_listener *weir_tcp_table_listener(const struct weir_stack *stack, uint16_t port)
{
    const struct weir_list *listeners = &stack->tcp.listeners;
    for (struct weir_list *link = listeners->next; link != listeners; link = link->next) {
        struct weir_tcp_listener *listener = WEIR_CONTAINER(link, struct weir_tcp_listener, link);
        if (listener->port == port) {
            return listener;
        }
    }
    return NULL;
}
