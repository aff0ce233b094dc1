// SPDX-License-Identifier: BSD-2-Clause
//
// Which connection or listener a segment belongs to.
#ifndef WEIR_TCP_TABLE_H
#define WEIR_TCP_TABLE_H

#include "core/list.h"
#include "weir_tcp.h"

struct weir_tcp_table {
    struct weir_tcp *
        *buckets; // a power of two of them, chained; keyed by a hash that outsiders cannot predict
    size_t bucket_count, connections;
    struct weir_list listeners;
    struct weir_list ready; // connections that may have something to send
    struct weir_list all;   // connections, for weir_stack_destroy
    uint32_t next_port;     // RFC 6056 section 3.3.3
};

bool weir_tcp_table_create(struct weir_tcp_table *table);
// Frees all connections and listeners, too.
void weir_tcp_table_destroy(struct weir_stack *stack);

// False when memory is short.
bool weir_tcp_table_add(struct weir_tcp *tcp);
void weir_tcp_table_remove(struct weir_tcp *tcp);
struct weir_tcp *weir_tcp_table_find(const struct weir_stack *stack, const struct weir_ip *remote,
                                     uint16_t remote_port, uint16_t local_port);
struct weir_tcp_listener *weir_tcp_table_listener(const struct weir_stack *stack, uint16_t port);

enum weir_tcp_hash {
    WEIR_TCP_HASH_BUCKET,
    WEIR_TCP_HASH_ISN,
    WEIR_TCP_HASH_TIME,
    WEIR_TCP_HASH_PORT,
    WEIR_TCP_HASH_STACK
};
// A keyed hash of the connection's four numbers; each purpose has an independent one.
uint64_t weir_tcp_hash(const struct weir_stack *stack, const struct weir_ip *remote, uint16_t remote_port,
                       uint16_t local_port, enum weir_tcp_hash purpose);

#endif
