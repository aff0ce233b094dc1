// SPDX-License-Identifier: BSD-2-Clause
//
// A Weir stack on a TAP device in real time, so that the Linux kernel can be its peer:
//
//     tap_peer [-o|-b] TAP ADDRESS/PREFIX ping HOST COUNT       exit code 0 when all are answered
//     tap_peer [-o|-b] TAP ADDRESS/PREFIX send HOST PORT        standard input to a server
//     tap_peer [-o|-b] TAP ADDRESS/PREFIX receive HOST PORT     from a server to standard output
//     tap_peer [-o|-b] TAP ADDRESS/PREFIX listen PORT           from the first client to standard output
//     tap_peer [-o|-b] TAP ADDRESS/PREFIX echo PORT             what clients send, back to them; until killed
//
// -o: checksum and segmentation offload; the kernel, behind virtio_net_hdr, plays the card.
// -b: a bad wire: 1 % of the frames, either way, are lost, doubled, held back behind the next, or corrupted,
// each.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "weir_icmp.h"
#include "weir_tcp.h"

struct peer {
    struct weir_stack *stack;
    int tap;
    bool offload, bad;
    struct held {
        uint8_t bytes[2048];
        size_t length;
    } held[2]; // a frame that another overtakes, each way
    struct weir_tcp *tcp;
    struct weir_tcp_listener *listener;
    uint8_t waiting[65536]; // from standard input, not yet taken
    size_t from, to;
    bool input_ended;
    unsigned replies;
    struct weir_tcp *clients[16];
};

static weir_time now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (weir_time)time.tv_sec * WEIR_SECOND + (weir_time)time.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static int open_tap(const char *name, bool offload)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int size = sizeof(struct virtio_net_hdr);
    if (offload) {
        request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    }
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0 ||
        (offload && ioctl(tap, TUNSETVNETHDRSZ, &size) != 0)) {
        die(name);
    }
    return tap;
}

static struct weir_stack *make_stack(const char *address, bool offload)
{
    struct weir_stack_config config = {.mac = {2, 'w', 'e', 'i', 'r', 1}, .tx_csum = offload, .tso = offload};
    char text[64];
    snprintf(text, sizeof text, "%s", address);
    char *slash = strchr(text, '/');
    if (slash == NULL) {
        die("address without prefix");
    }
    *slash = '\0';
    config.address.version = 4;
    config.prefix_length = (uint8_t)atoi(slash + 1);
    if (inet_pton(AF_INET, text, config.address.bytes) != 1 ||
        getrandom(config.secret, sizeof config.secret, 0) != sizeof config.secret) {
        die(address);
    }
    struct weir_stack *stack = weir_stack_create(&config, now());
    if (stack == NULL) {
        die("weir_stack_create");
    }
    return stack;
}

// The kernel wants the sum of a superframe's pseudo-header with the TCP length, which Weir's card does not.
static void add_length(struct weir_tx *tx)
{
    uint8_t *field = tx->header + tx->csum_start + tx->csum_offset;
    const size_t length = tx->header_length - tx->csum_start + tx->payload[0].length + tx->payload[1].length;
    size_t sum = (size_t)(field[0] << 8 | field[1]) + length;
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    field[0] = (uint8_t)(sum >> 8);
    field[1] = (uint8_t)sum;
}

static void input(struct peer *peer, uint8_t *frame, size_t length)
{
    weir_stack_input(peer->stack, now(), frame, length, WEIR_RX_CSUM_UNKNOWN);
}

static void output(struct peer *peer, uint8_t *frame, size_t length)
{
    if (write(peer->tap, frame, length) < 0 && errno != EAGAIN && errno != EIO) {
        die("write to TAP");
    }
}

static bool one_percent(void)
{
    return rand() % 100 == 0;
}

// What a bad wire makes of a frame; `pass` is its other end.
static void impair(struct peer *peer, struct held *held, uint8_t *frame, size_t length,
                   void (*pass)(struct peer *peer, uint8_t *frame, size_t length))
{
    if (one_percent()) {
        return;
    }
    if (held->length == 0 && length <= sizeof held->bytes && one_percent()) {
        memcpy(held->bytes, frame, length);
        held->length = length;
        return;
    }
    if (one_percent() && length > 34 && frame[12] == 8 && frame[13] == 0) { // ARP has no checksum but the FCS
        frame[14 + (size_t)rand() % (length - 14)] ^= (uint8_t)(1 << rand() % 8);
    }
    pass(peer, frame, length);
    if (one_percent()) {
        pass(peer, frame, length);
    }
    if (held->length > 0) {
        const size_t late = held->length;
        held->length = 0;
        pass(peer, held->bytes, late);
    }
}

static void write_bad(struct peer *peer, const struct weir_tx *tx)
{
    uint8_t frame[2048];
    size_t length = tx->header_length;
    memcpy(frame, tx->header, length);
    for (int i = 0; i < 2 && tx->payload[i].length > 0; i++) {
        memcpy(frame + length, tx->payload[i].data, tx->payload[i].length);
        length += tx->payload[i].length;
    }
    impair(peer, &peer->held[0], frame, length, output);
}

static void write_frame(struct peer *peer, struct weir_tx *tx)
{
    struct virtio_net_hdr header = {0};
    if (peer->bad) {
        write_bad(peer, tx);
        return;
    }
    if (tx->needs_csum) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = tx->csum_start;
        header.csum_offset = tx->csum_offset;
    }
    if (tx->gso_size > 0) {
        header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
        header.gso_size = tx->gso_size;
        header.hdr_len = (uint16_t)tx->header_length;
        add_length(tx);
    }
    struct iovec pieces[4] = {
        {&header, peer->offload ? sizeof header : 0},
        {tx->header, tx->header_length},
        {(void *)(uintptr_t)tx->payload[0].data, tx->payload[0].length},
        {(void *)(uintptr_t)tx->payload[1].data, tx->payload[1].length},
    };
    if (writev(peer->tap, pieces, 4) < 0 && errno != EAGAIN && errno != EIO) {
        die("write to TAP");
    }
}

static void read_frames(struct peer *peer)
{
    static uint8_t frame[65536 + 64];
    const size_t skip = peer->offload ? sizeof(struct virtio_net_hdr) : 0;
    for (int i = 0; i < 64; i++) {
        const ssize_t length = read(peer->tap, frame, sizeof frame);
        if (length <= (ssize_t)skip) {
            return;
        }
        if (peer->bad) {
            impair(peer, &peer->held[1], frame, (size_t)length, input);
        } else {
            input(peer, frame + skip, (size_t)length - skip);
        }
    }
}

static void flush(struct peer *peer)
{
    struct weir_tx tx;
    while (weir_stack_output(peer->stack, now(), &tx)) {
        write_frame(peer, &tx);
    }
}

// One turn: wait for a frame, standard input if asked for, or the stack's next timer, `most` ms at most.
static void turn(struct peer *peer, bool want_input, int most)
{
    flush(peer);
    const weir_time at = weir_stack_poll_at(peer->stack);
    const weir_time time = now();
    int wait = most;
    if (at <= time) {
        wait = 0;
    } else if ((at - time) / WEIR_MS < (weir_time)most) {
        wait = (int)((at - time) / WEIR_MS) + 1;
    }
    struct pollfd files[2] = {{peer->tap, POLLIN, 0}, {want_input ? STDIN_FILENO : -1, POLLIN, 0}};
    if (poll(files, 2, wait) < 0) {
        die("poll");
    }
    read_frames(peer);
    if (want_input && files[1].revents != 0) {
        const ssize_t got = read(STDIN_FILENO, peer->waiting, sizeof peer->waiting);
        peer->from = 0;
        peer->to = got > 0 ? (size_t)got : 0;
        peer->input_ended = got <= 0;
    }
}

static void write_all(const uint8_t *data, size_t length)
{
    while (length > 0) {
        const ssize_t done = write(STDOUT_FILENO, data, length);
        if (done < 0) {
            die("standard output");
        }
        data += done;
        length -= (size_t)done;
    }
}

static int report(const struct weir_tcp *tcp)
{
    struct weir_tcp_info info;
    weir_tcp_info(tcp, &info);
    fprintf(stderr, "sent %llu received %llu retransmitted %llu srtt %llu us cwnd %u error %s\n",
            (unsigned long long)info.bytes_sent, (unsigned long long)info.bytes_received,
            (unsigned long long)info.retransmitted, (unsigned long long)(info.srtt / 1000), info.cwnd,
            strerror(weir_tcp_error(tcp)));
    return weir_tcp_error(tcp) == 0 ? 0 : 1;
}

static int receive(struct peer *peer)
{
    for (;;) {
        const uint8_t *data;
        const ptrdiff_t got = weir_tcp_peek(peer->tcp, &data);
        if (got > 0) {
            write_all(data, (size_t)got);
            weir_tcp_consume(peer->tcp, (size_t)got);
        } else if (got == -EAGAIN) {
            turn(peer, false, 1000);
        } else {
            break;
        }
    }
    weir_tcp_shutdown(peer->tcp);
    while (weir_tcp_state(peer->tcp) == WEIR_TCP_LAST_ACK) {
        turn(peer, false, 1000);
    }
    return report(peer->tcp);
}

static int send_input(struct peer *peer)
{
    while (weir_tcp_error(peer->tcp) == 0 && !peer->input_ended) {
        const ptrdiff_t taken = weir_tcp_send(peer->tcp, peer->waiting + peer->from, peer->to - peer->from);
        if (taken > 0) {
            peer->from += (size_t)taken;
        }
        turn(peer, taken >= 0 && peer->from == peer->to, 1000);
    }
    weir_tcp_shutdown(peer->tcp);
    while (weir_tcp_error(peer->tcp) == 0 && weir_tcp_state(peer->tcp) != WEIR_TCP_TIME_WAIT &&
           weir_tcp_state(peer->tcp) != WEIR_TCP_CLOSED) {
        turn(peer, false, 1000);
    }
    return report(peer->tcp);
}

static void on_reply(void *context, const struct weir_icmp_reply *reply)
{
    struct peer *peer = context;
    peer->replies += reply->identifier == 7 && reply->length == 56 && reply->payload[55] == 55;
}

static int ping(struct peer *peer, const struct weir_ip *host, unsigned count)
{
    uint8_t payload[56];
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = (uint8_t)i;
    }
    weir_icmp_on_reply(peer->stack, on_reply, peer);
    for (unsigned i = 0; i < count; i++) {
        weir_icmp_echo(peer->stack, now(), host, 7, (uint16_t)i, payload, sizeof payload);
        const weir_time until = now() + 3 * WEIR_SECOND; // a link that has just come up may lose a frame
        while (peer->replies == i && now() < until) {
            turn(peer, false, 100);
        }
    }
    return peer->replies == count ? 0 : 1;
}

static void echo_client(struct peer *peer, struct weir_tcp **client)
{
    const uint8_t *data;
    ptrdiff_t got;
    (void)peer;
    while ((got = weir_tcp_peek(*client, &data)) > 0) {
        const ptrdiff_t taken = weir_tcp_send(*client, data, (size_t)got);
        if (taken <= 0) {
            return;
        }
        weir_tcp_consume(*client, (size_t)taken);
    }
    if (got != -EAGAIN) {
        weir_tcp_release(*client);
        *client = NULL;
    }
}

static void echo(struct peer *peer)
{
    const size_t most = sizeof peer->clients / sizeof peer->clients[0];
    for (;;) {
        for (size_t i = 0; i < most; i++) {
            if (peer->clients[i] == NULL) {
                peer->clients[i] = weir_tcp_accept(peer->listener);
            }
            if (peer->clients[i] != NULL) {
                echo_client(peer, &peer->clients[i]);
            }
        }
        turn(peer, false, 1000);
    }
}

static void usage(void)
{
    fputs(
        "usage: tap_peer [-o|-b] TAP ADDRESS/PREFIX ping|send|receive HOST COUNT|PORT, or listen|echo PORT\n",
        stderr);
    exit(2);
}

static int run(struct peer *peer, int count, char **words)
{
    struct weir_ip host = {.version = 4};
    const bool serves = count == 2 && (strcmp(words[0], "listen") == 0 || strcmp(words[0], "echo") == 0);
    if (serves) {
        peer->listener = weir_tcp_listen(peer->stack, (uint16_t)atoi(words[1]), 8);
        if (strcmp(words[0], "echo") == 0) {
            echo(peer);
        }
        while ((peer->tcp = weir_tcp_accept(peer->listener)) == NULL) {
            turn(peer, false, 1000);
        }
        return receive(peer);
    }
    if (count != 3 || inet_pton(AF_INET, words[1], host.bytes) != 1) {
        usage();
    }
    if (strcmp(words[0], "ping") == 0) {
        return ping(peer, &host, (unsigned)atoi(words[2]));
    }
    peer->tcp = weir_tcp_connect(peer->stack, now(), &host, (uint16_t)atoi(words[2]), 0);
    if (peer->tcp == NULL) {
        die("weir_tcp_connect");
    }
    while (weir_tcp_state(peer->tcp) == WEIR_TCP_SYN_SENT) {
        turn(peer, false, 1000);
    }
    return strcmp(words[0], "send") == 0 ? send_input(peer) : receive(peer);
}

int main(int count, char **words)
{
    static struct peer peer;
    peer.offload = count > 1 && strcmp(words[1], "-o") == 0;
    peer.bad = count > 1 && strcmp(words[1], "-b") == 0;
    const int first = peer.offload || peer.bad ? 2 : 1;
    if (count - first < 4) {
        usage();
    }
    peer.tap = open_tap(words[first], peer.offload);
    peer.stack = make_stack(words[first + 1], peer.offload);
    const int result = run(&peer, count - first - 2, words + first + 2);
    if (peer.tcp != NULL) {
        weir_tcp_release(peer.tcp);
    }
    flush(&peer);
    weir_stack_destroy(peer.stack);
    return result;
}
