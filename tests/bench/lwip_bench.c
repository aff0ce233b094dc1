// SPDX-License-Identifier: BSD-2-Clause
//
// lwIP as the host's stack, as Debian ships it: checksums in software, no segmentation offload. It has the
// same card, driver, wire and peer as ours (stack_pair.h). Its timers are never run: nothing is lost here,
// and they know the clock on the wall alone.
#include "bench.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "segment_wire.h"
#include "stack_pair.h"

#define CHUNK 65536

struct lwip {
    struct stack_pair *pair;
    struct netif netif;
    struct tcp_pcb *tcp;
    bool connected, failed;
    size_t sent, taken;
};

static struct lwip lwip; // there is one

static err_t link_output(struct netif *netif, struct pbuf *packet)
{
    struct weir_card_tx tx = {.header = packet->payload, .header_length = packet->len};

    (void)netif;
    if (packet->next || !weir_card_can_send(lwip.pair->card))
        return ERR_MEM; // tcp_output will try again
    lwip.pair->given++;
    return weir_card_send(lwip.pair->card, &tx) == 0 ? ERR_OK : ERR_IF;
}

static err_t init_netif(struct netif *netif)
{
    netif->name[0] = 'w';
    netif->name[1] = 'r';
    netif->output = etharp_output;
    netif->linkoutput = link_output;
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, weir_card_caps(lwip.pair->card)->mac, 6);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void on_frame(struct stack_pair *pair, const struct weir_card_rx *rx)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)rx->length, PBUF_RAM);

    (void)pair;
    if (!packet || pbuf_take(packet, rx->frame, (u16_t)rx->length) != ERR_OK ||
        lwip.netif.input(packet, &lwip.netif) != ERR_OK)
        lwip.failed = true;
}

static err_t on_connected(void *context, struct tcp_pcb *tcp, err_t error)
{
    (void)context, (void)tcp;
    lwip.connected = error == ERR_OK;
    return ERR_OK;
}

static void on_error(void *context, err_t error)
{
    (void)context, (void)error;
    lwip.failed = true;
    lwip.tcp = NULL;
}

// The program's work, which is not the stack's.
__attribute__((noinline)) static void uncounted_check(const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        lwip.pair->damaged |= data[i] != segment_byte(lwip.taken + i);
    lwip.taken += length;
}

static err_t on_received(void *context, struct tcp_pcb *tcp, struct pbuf *packet, err_t error)
{
    (void)context, (void)error;
    if (!packet)
        return ERR_OK;
    for (const struct pbuf *part = packet; part; part = part->next)
        uncounted_check(part->payload, part->len);
    tcp_recved(tcp, packet->tot_len);
    pbuf_free(packet);
    return ERR_OK;
}

__attribute__((noinline)) static bool counted_lwip_write(const uint8_t *data, size_t length)
{
    return tcp_write(lwip.tcp, data, (u16_t)length, TCP_WRITE_FLAG_COPY) == ERR_OK;
}

__attribute__((noinline)) static bool counted_lwip_step(struct stack_pair *pair)
{
    if (lwip.tcp)
        tcp_output(lwip.tcp);
    return weir_card_poll(pair->card, weir_card_now(pair->card) + 1000000) == 0 && !lwip.failed;
}

static void write_some(size_t total)
{
    static uint8_t chunk[CHUNK];

    while (lwip.sent < total && tcp_sndbuf(lwip.tcp) > 0) {
        size_t length = total - lwip.sent, room = tcp_sndbuf(lwip.tcp);
        length = length < room ? length : room;
        length = length < CHUNK / 4 ? length : CHUNK / 4;
        for (size_t i = 0; i < length; i++)
            chunk[i] = segment_byte(lwip.sent + i);
        if (!counted_lwip_write(chunk, length))
            return;
        lwip.sent += length;
    }
}

static bool connect_to(struct stack_pair *pair, int port)
{
    ip4_addr_t own, mask, peer;

    IP4_ADDR(&own, 10, 77, 0, 2);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&peer, 10, 77, 0, 1);
    lwip_init();
    netif_add(&lwip.netif, &own, &mask, &own, NULL, init_netif, ethernet_input);
    netif_set_default(&lwip.netif);
    netif_set_up(&lwip.netif);
    lwip.tcp = tcp_new();
    tcp_err(lwip.tcp, on_error);
    tcp_recv(lwip.tcp, on_received);
    ip_addr_t to = IPADDR4_INIT(peer.addr);
    if (tcp_connect(lwip.tcp, &to, (u16_t)(STACK_PORT + port), on_connected) != ERR_OK)
        return false;
    while (!lwip.connected && counted_lwip_step(pair)) {
    }
    return lwip.connected;
}

static bool transfer(struct stack_pair *pair, const struct host_bench *bench)
{
    while (!pair->damaged && (bench->receive ? lwip.taken : pair->sunk) < bench->bytes) {
        if (!bench->receive)
            write_some(bench->bytes);
        if (!counted_lwip_step(pair))
            return false;
    }
    return !pair->damaged;
}

bool lwip_bench(const struct host_bench *bench, struct host_result *result)
{
    struct stack_pair *pair = calloc(1, sizeof *pair);
    bool right = false;

    if (!pair)
        return false;
    lwip.pair = pair;
    pair->on_frame = on_frame;
    pair->peer_buffer = 1 << 18;
    pair->source = bench->bytes;
    if (stack_pair_open(pair) && connect_to(pair, bench->receive ? STACK_SOURCE : STACK_SINK)) {
        const struct weir_card_stats *stats = weir_card_stats(pair->card);
        double mib = (double)bench->bytes / (1 << 20);
        right = transfer(pair, bench);
        *result = (struct host_result){.given = pair->given / mib,
                                       .taken = pair->taken / mib,
                                       .out_transfers = (double)stats->tx_transfers / mib,
                                       .in_transfers = (double)stats->rx_transfers / mib};
    }
    stack_pair_close(pair);
    free(pair);
    return right;
}
