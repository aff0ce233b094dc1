// SPDX-License-Identifier: BSD-2-Clause
#include "arp/arp_cache.h"

#include "arp/arp_wire.h"
#include "core/stack.h"
#include "eth/ethernet.h"
#include "ip/ip.h"
#include "tcp/tcp.h"

#define TRIES 3
#define TRY_INTERVAL WEIR_SECOND
#define FRESH_FOR (60 * WEIR_SECOND) // used beyond this age: asked again
#define KEEP_FOR (600 * WEIR_SECOND) // not used beyond this age: forgotten
#define WAITING_A_HOST 4
#define WAITING_IN_ALL (WEIR_POOL_PACKETS / 2)

static void on_timer(struct weir_stack *stack, struct weir_timer *timer, weir_time now);

bool weir_arp_create(struct weir_stack *stack)
{
    for (size_t i = 0; i < WEIR_ARP_ENTRIES; i++) {
        struct weir_neighbour *neighbour = &stack->arp.entries[i];
        neighbour->timer.at = WEIR_TIME_NEVER;
        neighbour->timer.fire = on_timer;
        weir_list_init(&neighbour->connections);
        if (!weir_timers_join(&stack->timers)) {
            return false;
        }
    }
    return true;
}

static void send_arp(struct weir_stack *stack, const uint8_t destination[6], const struct weir_arp *arp)
{
    struct weir_packet *packet = weir_packet_new(&stack->pool);
    if (packet == NULL) {
        return; // as if the wire had lost it
    }
    weir_eth_emit(packet->bytes, destination, stack->config.mac, WEIR_ETH_ARP);
    weir_arp_emit(packet->bytes + WEIR_ETH_HEADER, arp);
    packet->length = WEIR_ETH_HEADER + WEIR_ARP_LENGTH;
    weir_packet_push(&stack->out, packet);
}

// Asks everybody, or (RFC 1122 section 2.3.2.1) the host that had the address.
static void ask(struct weir_stack *stack, weir_time now, struct weir_neighbour *neighbour)
{
    struct weir_arp request = {
        .operation = WEIR_ARP_REQUEST, .sender = stack->config.address, .target = neighbour->address};
    memcpy(request.sender_mac, stack->config.mac, 6);
    send_arp(stack, weir_neighbour_known(neighbour) ? neighbour->mac : weir_eth_broadcast, &request);
    stack->stats.arp_out_requests++;
    neighbour->tries++;
    weir_timers_set(&stack->timers, &neighbour->timer, now + TRY_INTERVAL);
}

static void start_asking(struct weir_stack *stack, weir_time now, struct weir_neighbour *neighbour,
                         enum weir_neighbour_state state)
{
    neighbour->state = state;
    neighbour->tries = 0;
    ask(stack, now, neighbour);
}

// Frees the entry; what waits is dropped, and connections learn that the host cannot be reached.
static void forget(struct weir_stack *stack, weir_time now, struct weir_neighbour *neighbour)
{
    weir_timers_set(&stack->timers, &neighbour->timer, WEIR_TIME_NEVER);
    neighbour->state = WEIR_NEIGHBOUR_FREE;
    for (struct weir_packet *packet; (packet = weir_packet_pop(&neighbour->packets)) != NULL;) {
        weir_packet_free(&stack->pool, packet);
        stack->arp.waiting--;
    }
    while (!weir_list_empty(&neighbour->connections)) {
        weir_tcp_neighbour_lost(neighbour->connections.next, now);
    }
}

static void on_timer(struct weir_stack *stack, struct weir_timer *timer, weir_time now)
{
    struct weir_neighbour *neighbour = WEIR_CONTAINER(timer, struct weir_neighbour, timer);
    if (neighbour->tries < TRIES) {
        ask(stack, now, neighbour);
        return;
    }
    if (neighbour->state == WEIR_NEIGHBOUR_RESOLVING) {
        stack->stats.arp_failures++;
    }
    forget(stack, now, neighbour);
}

static bool is_live(const struct weir_neighbour *neighbour, weir_time now)
{
    return neighbour->state != WEIR_NEIGHBOUR_FREE &&
           !(neighbour->state == WEIR_NEIGHBOUR_REACHABLE && now - neighbour->confirmed >= KEEP_FOR);
}

static struct weir_neighbour *find(struct weir_stack *stack, const struct weir_ip *address)
{
    for (size_t i = 0; i < WEIR_ARP_ENTRIES; i++) {
        struct weir_neighbour *neighbour = &stack->arp.entries[i];
        if (neighbour->state != WEIR_NEIGHBOUR_FREE && weir_ip_equal(&neighbour->address, address)) {
            return neighbour;
        }
    }
    return NULL;
}

// An entry for a new neighbour: a free one, else the known one that was not used for longest, else the oldest
// unknown one.
static struct weir_neighbour *make_entry(struct weir_stack *stack, weir_time now,
                                         const struct weir_ip *address)
{
    struct weir_neighbour *best = &stack->arp.entries[0];
    for (size_t i = 1; i < WEIR_ARP_ENTRIES && best->state != WEIR_NEIGHBOUR_FREE; i++) {
        struct weir_neighbour *other = &stack->arp.entries[i];
        const bool resolving = other->state == WEIR_NEIGHBOUR_RESOLVING;
        const bool best_resolving = best->state == WEIR_NEIGHBOUR_RESOLVING;
        if (other->state == WEIR_NEIGHBOUR_FREE || (best_resolving && !resolving) ||
            (best_resolving == resolving && other->used < best->used)) {
            best = other;
        }
    }
    forget(stack, now, best);
    best->address = *address;
    best->used = now;
    return best;
}

struct weir_neighbour *weir_arp_resolve(struct weir_stack *stack, weir_time now,
                                        const struct weir_ip *address, struct weir_neighbour *hint)
{
    const bool hit =
        hint != NULL && hint->state != WEIR_NEIGHBOUR_FREE && weir_ip_equal(&hint->address, address);
    struct weir_neighbour *neighbour = hit ? hint : find(stack, address);
    if (neighbour == NULL) {
        neighbour = make_entry(stack, now, address);
    }
    if (!is_live(neighbour, now)) {
        start_asking(stack, now, neighbour, WEIR_NEIGHBOUR_RESOLVING);
    } else if (neighbour->state == WEIR_NEIGHBOUR_REACHABLE && now - neighbour->confirmed >= FRESH_FOR) {
        start_asking(stack, now, neighbour, WEIR_NEIGHBOUR_REFRESHING);
    }
    neighbour->used = now;
    return neighbour;
}

void weir_arp_doubt(struct weir_stack *stack, weir_time now, const struct weir_ip *address)
{
    struct weir_neighbour *neighbour = find(stack, address);
    if (neighbour != NULL && neighbour->state == WEIR_NEIGHBOUR_REACHABLE &&
        now - neighbour->confirmed >= TRY_INTERVAL) {
        start_asking(stack, now, neighbour, WEIR_NEIGHBOUR_REFRESHING);
    }
}

static void send_to(struct weir_stack *stack, const struct weir_neighbour *neighbour,
                    struct weir_packet *packet)
{
    weir_eth_emit(packet->bytes, neighbour->mac, stack->config.mac, WEIR_ETH_IPV4);
    weir_packet_push(&stack->out, packet);
    stack->stats.ip_out_requests++;
}

void weir_arp_send(struct weir_stack *stack, weir_time now, const struct weir_ip *address,
                   struct weir_packet *packet)
{
    struct weir_neighbour *neighbour = weir_arp_resolve(stack, now, address, NULL);
    if (weir_neighbour_known(neighbour)) {
        send_to(stack, neighbour, packet);
        return;
    }
    if (neighbour->packets.count == WAITING_A_HOST ||
        (stack->arp.waiting == WAITING_IN_ALL && neighbour->packets.count > 0)) {
        weir_packet_free(
            &stack->pool,
            weir_packet_pop(&neighbour->packets)); // the latest is kept (RFC 1122 section 2.3.2.2)
        stack->arp.waiting--;
    }
    if (stack->arp.waiting == WAITING_IN_ALL) {
        weir_packet_free(&stack->pool, packet);
        return;
    }
    weir_packet_push(&neighbour->packets, packet);
    stack->arp.waiting++;
}

static void learn(struct weir_stack *stack, weir_time now, struct weir_neighbour *neighbour,
                  const uint8_t mac[6])
{
    weir_timers_set(&stack->timers, &neighbour->timer, WEIR_TIME_NEVER);
    neighbour->state = WEIR_NEIGHBOUR_REACHABLE;
    neighbour->confirmed = now;
    memcpy(neighbour->mac, mac, 6);
    for (struct weir_packet *packet; (packet = weir_packet_pop(&neighbour->packets)) != NULL;) {
        stack->arp.waiting--;
        send_to(stack, neighbour, packet);
    }
    while (!weir_list_empty(&neighbour->connections)) {
        weir_tcp_neighbour_found(neighbour->connections.next);
    }
}

static void answer(struct weir_stack *stack, const struct weir_arp *request)
{
    struct weir_arp reply = {
        .operation = WEIR_ARP_REPLY, .sender = stack->config.address, .target = request->sender};
    memcpy(reply.sender_mac, stack->config.mac, 6);
    memcpy(reply.target_mac, request->sender_mac, 6);
    send_arp(stack, request->sender_mac, &reply);
    stack->stats.arp_out_replies++;
}

// RFC 826 "Packet Reception". A sender that asks for us will hear from us, so it gets an entry; others
// (gratuitous ARP, replies) only change one that exists. A sender without address probes (RFC 5227): it is
// answered and not remembered.
void weir_arp_input(struct weir_stack *stack, weir_time now, const uint8_t *bytes, size_t length)
{
    struct weir_arp arp;
    if (!weir_arp_parse(bytes, length, &arp)) {
        stack->stats.in_errors++;
        return;
    }
    stack->stats.arp_in_requests += arp.operation == WEIR_ARP_REQUEST;
    stack->stats.arp_in_replies += arp.operation == WEIR_ARP_REPLY;
    const bool asks_us =
        arp.operation == WEIR_ARP_REQUEST && weir_ip_equal(&arp.target, &stack->config.address);
    if (weir_ip_is_neighbour(stack, &arp.sender)) {
        struct weir_neighbour *neighbour = find(stack, &arp.sender);
        if (neighbour == NULL && asks_us) {
            neighbour = make_entry(stack, now, &arp.sender);
        }
        if (neighbour != NULL) {
            learn(stack, now, neighbour, arp.sender_mac);
        }
    } else if (arp.sender.bytes[0] != 0) {
        stack->stats.in_discards++; // somebody uses our address, or is on another network
        return;
    }
    if (asks_us) {
        answer(stack, &arp);
    }
}
