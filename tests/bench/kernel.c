// SPDX-License-Identifier: BSD-2-Clause
#include "kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bridge_netlink.h"
#include "core/checksum.h"
#include "echo_wire.h"
#include "segment_wire.h"
#include "weir_link.h"

enum { ETHERNET = 14, L4 = 34, MESSAGE = L4 + 9, ICMP = 1, UDP = 17, TCP_CHECKSUM = 16 };
#define ADDRESS 0x0A4D0002 // 10.77.0.2, as segments.c has it

static struct kernel *only;

static void wake(struct kernel *kernel)
{
    (void)!write(kernel->tap.fd, &(uint64_t){1}, sizeof(uint64_t));
}

bool kernel_open(struct kernel *kernel)
{
    kernel->tap = (struct weir_tap){.fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC), .name = "bench"};
    kernel->message_at = kernel->messages > 0 ? kernel->first_message : WEIR_TIME_NEVER;
    only = kernel;
    return kernel->tap.fd >= 0;
}

void kernel_close(struct kernel *kernel)
{
    close(kernel->tap.fd);
    only = NULL;
}

// ---- Messages ----

uint64_t kernel_next(void *context)
{
    const struct kernel *kernel = context;

    return kernel->message_due || kernel->message_out ? WEIR_TIME_NEVER : kernel->message_at;
}

void kernel_tick(void *context, uint64_t now)
{
    struct kernel *kernel = context;

    if (now < kernel_next(kernel))
        return;
    kernel->message_at = now;
    kernel->message_due = true;
    wake(kernel);
}

static size_t emit_message(struct kernel *kernel, uint8_t *frame)
{
    static const uint8_t ports[4] = {0x30, 0x39, 0, ECHO_PORT};
    struct segment segment = {.id = kernel->id++};
    uint8_t *ip = frame + ETHERNET, *l4 = frame + L4;

    // An IPv4 header as the flow's, then the length and protocol are put right.
    segment_emit(&(struct segment_flow){.host_mac = {0}}, &segment, 0, frame);
    memcpy(frame + 6, kernel->flow.host_mac, 6);
    ip[3] = MESSAGE - ETHERNET;
    ip[9] = kernel->kind == KERNEL_PING ? ICMP : UDP;
    ip[10] = ip[11] = 0;
    uint16_t sum = (uint16_t)~weir_sum(ip, 20);
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    memset(l4, 0, MESSAGE - L4);
    l4[8] = (uint8_t)kernel->replies;
    if (kernel->kind == KERNEL_UDP) { // without a checksum, as IPv4 allows
        memcpy(l4, ports, sizeof ports);
        l4[5] = MESSAGE - L4;
    } else {
        l4[0] = 8;
        sum = (uint16_t)~weir_sum(l4, MESSAGE - L4);
        l4[2] = (uint8_t)(sum >> 8);
        l4[3] = (uint8_t)sum;
    }
    kernel->message_due = false;
    kernel->message_out = true;
    return MESSAGE;
}

static bool take_reply(struct kernel *kernel, const uint8_t *frame, size_t length)
{
    const uint8_t *ip = frame + ETHERNET, *l4 = frame + L4;

    if (length < MESSAGE || frame[12] != 8 || (ip[9] != ICMP && ip[9] != UDP))
        return false;
    weir_time time = kernel->now(kernel->context) - kernel->message_at;
    kernel->damaged |= !kernel->message_out || l4[8] != (uint8_t)kernel->replies ||
                       weir_sum(ip, 20) != 0xFFFF ||
                       (ip[9] == ICMP && (l4[0] != 0 || weir_sum(l4, MESSAGE - L4) != 0xFFFF));
    kernel->shortest = kernel->replies == 0 || time < kernel->shortest ? time : kernel->shortest;
    kernel->longest = time > kernel->longest ? time : kernel->longest;
    kernel->sum += time;
    kernel->replies++;
    kernel->message_out = false;
    // Not always at the same moment of a microframe: half to one and a half intervals.
    weir_time pause = kernel->interval / 2 + kernel->interval * (kernel->replies * 7919 % 101) / 101;
    kernel->message_at += time;
    kernel->message_at = kernel->replies < kernel->messages ? kernel->message_at + pause : WEIR_TIME_NEVER;
    return true;
}

// ---- The flow ----

static size_t due(const struct kernel *kernel)
{
    size_t left = kernel->total - kernel->sent, under_way = kernel->sent - kernel->acked;
    size_t open = kernel->window > under_way ? kernel->window - under_way : 0;
    size_t mss = segment_mss(&kernel->flow);
    bool tso = kernel->features & (kernel->flow.ipv6 ? WEIR_CAP_TSO6 : WEIR_CAP_TSO4);
    size_t most = tso ? kernel->superframe / mss * mss : mss;

    most = most > mss ? most : mss;
    // As Linux does, wait for room for a large one.
    if (left > most)
        return open >= most ? most : 0;
    return open >= left ? left : 0;
}

static size_t emit_segment(struct kernel *kernel, struct weir_vnet *vnet, size_t payload, uint8_t *frame)
{
    bool last = payload > 0 && kernel->sent + payload == kernel->total;
    struct segment segment = {.seq = (uint32_t)kernel->sent,
                              .ack = (uint32_t)kernel->received,
                              .id = kernel->id,
                              .flags = SEGMENT_ACK | (last ? SEGMENT_PSH : 0)};
    size_t header = segment_header_length(&kernel->flow), mss = segment_mss(&kernel->flow);

    segment_emit(&kernel->flow, &segment, payload, frame);
    for (size_t i = 0; i < payload; i++)
        frame[header + i] = segment_byte(kernel->sent + i);
    if (kernel->features & WEIR_CAP_TX_CSUM) {
        segment_add_length(&kernel->flow, frame, header + payload);
        vnet->flags = WEIR_F_NEEDS_CSUM;
        vnet->csum_start = (uint16_t)segment_tcp_at(&kernel->flow);
        vnet->csum_offset = TCP_CHECKSUM;
    } else {
        segment_checksum(&kernel->flow, frame, header + payload);
    }
    if (payload > mss) {
        vnet->gso_type = kernel->flow.ipv6 ? WEIR_VNET_GSO_TCPV6 : WEIR_VNET_GSO_TCPV4;
        vnet->gso_size = (uint16_t)mss;
        vnet->hdr_len = (uint16_t)header;
    }
    kernel->id = (uint16_t)(kernel->id + payload / mss + 1);
    kernel->sent += payload;
    kernel->ack_due = false;
    return header + payload;
}

static void take_segment(struct kernel *kernel, const uint8_t *frame, size_t length)
{
    struct segment segment;
    size_t payload, header = segment_header_length(&kernel->flow);

    if (!segment_parse(&kernel->flow, frame, length, false, &segment, &payload) ||
        segment.seq != (uint32_t)kernel->received) {
        kernel->damaged = true;
        return;
    }
    kernel->acked += segment.ack - (uint32_t)kernel->acked;
    for (size_t i = 0; i < payload; i++)
        kernel->damaged |= frame[header + i] != segment_byte(kernel->received + i);
    kernel->received += payload;
    kernel->ack_due |= payload > 0;
    if (kernel->ack_due || due(kernel) > 0)
        wake(kernel);
}

// ---- bridge_tap.h ----

uint32_t weir_tap_set_offloads(struct weir_tap *tap, uint32_t features)
{
    (void)tap;
    only->features = features & WEIR_CAP_TX_CSUM ? features : 0;
    return only->features;
}

int weir_tap_set_carrier(struct weir_tap *tap, bool up)
{
    (void)tap, (void)up;
    return 0;
}

ssize_t weir_tap_read(struct weir_tap *tap, struct weir_vnet *vnet, uint8_t *frame)
{
    size_t payload = due(only);
    uint64_t count;

    only->reads++;
    *vnet = (struct weir_vnet){0};
    if (payload > 0 || only->ack_due)
        return (ssize_t)emit_segment(only, vnet, payload, frame);
    if (only->message_due)
        return (ssize_t)emit_message(only, frame);
    (void)!read(tap->fd, &count, sizeof count);
    return -EAGAIN;
}

int weir_tap_write(struct weir_tap *tap, const struct weir_vnet *vnet, const uint8_t *frame, size_t length)
{
    (void)tap, (void)vnet;
    only->writes++;
    if (!take_reply(only, frame, length))
        take_segment(only, frame, length);
    return 0;
}

// ---- bridge_netlink.h ----

int weir_netlink_open(struct weir_netlink *netlink, unsigned index)
{
    *netlink = (struct weir_netlink){.events = -1, .query = -1, .index = index};
    return 0;
}

void weir_netlink_close(struct weir_netlink *netlink)
{
    (void)netlink;
}

void weir_netlink_drain(struct weir_netlink *netlink)
{
    (void)netlink;
}

int weir_netlink_ask(struct weir_netlink *netlink, struct weir_wants *wants)
{
    (void)netlink;
    *wants = (struct weir_wants){.up = true, .ipv4 = {ADDRESS}, .ipv4_count = 1};
    memcpy(wants->mac, only->flow.host_mac, 6);
    return 0;
}
