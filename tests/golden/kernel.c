// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes through Linux: written to a TAP with their virtio_net_hdr, bridged to a veth whose offloads are
// off, so that the kernel cuts them in software (net/core/gso.c, net/ipv4/tcp_offload.c), captured at the
// veth's other end.
//
//     this process -> weir0 (TAP) -> weir1 (bridge) -> weir2 (veth) -> weir3 (veth) -> this process
//
// A marker frame follows each superframe: what is captured before it is all that the kernel made of the
// superframe.
#include "golden.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "weir_link.h"

enum {
    ETHERNET_ANY = 0x0003,
    VNET_HEADER = 10,
    MARKER_SIZE = 60,
    CAPTURE_BUFFER = 64 << 20,
    VIRTIO_NET_HDR_GSO_ECN = 0x80,
    PATIENCE_MS = 10000
};

struct kernel {
    int tap, capture;
    bool uso;
    unsigned plain;
};

static const char *const setup[] = {
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    "ip link add weir1 type bridge stp_state 0 mcast_snooping 0",
    "ip link add weir2 mtu 65535 type veth peer name weir3 mtu 65535",
    "ip link set weir0 mtu 65521",
    "for end in weir2 weir3; do ethtool -K $end tso off gso off gro off tx off sg off txvlan off rxvlan off "
    "> /dev/null; done",
    "ip link set weir0 master weir1",
    "ip link set weir2 master weir1",
    "for link in weir0 weir1 weir2 weir3; do ip link set $link up; done",
};

static int open_tap(void)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    int little = 1, tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    memcpy(request.ifr_name, "weir0", sizeof "weir0");
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0 || ioctl(tap, TUNSETVNETLE, &little) < 0) {
        if (tap >= 0)
            close(tap);
        return -1;
    }
    return tap;
}

// TUN_F_USO4 and TUN_F_USO6 (Linux 6.2), which older headers do not know.
static bool knows_uso(int tap)
{
    unsigned long uso = 0x20 | 0x40;
    return ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | uso) == 0;
}

static int open_capture(void)
{
    int size = CAPTURE_BUFFER, on = 1;
    int capture = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERNET_ANY));
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETHERNET_ANY),
                                  .sll_ifindex = (int)if_nametoindex("weir3")};

    if (capture < 0 || bind(capture, (struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(capture, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 ||
        setsockopt(capture, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0) {
        if (capture >= 0)
            close(capture);
        return -1;
    }
    return capture;
}

// One CPU, so that one backlog queue keeps the frames' order.
static void stay_on_one_cpu(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)(sched_getcpu() < 0 ? 0 : sched_getcpu()), &one);
    sched_setaffinity(0, sizeof one, &one);
}

struct kernel *kernel_open(char *why, size_t why_size)
{
    struct kernel *kernel = calloc(1, sizeof *kernel);

    if (kernel == NULL || unshare(CLONE_NEWNET) < 0) {
        snprintf(why, why_size, "no network namespace of our own (%s); run as root", strerror(errno));
        free(kernel);
        return NULL;
    }
    stay_on_one_cpu();
    kernel->tap = open_tap();
    if (kernel->tap < 0) {
        snprintf(why, why_size, "no TAP (%s); is /dev/net/tun there?", strerror(errno));
        free(kernel);
        return NULL;
    }
    kernel->uso = knows_uso(kernel->tap);
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        if (system(setup[i]) != 0) {
            snprintf(why, why_size, "this failed: %s", setup[i]);
            close(kernel->tap);
            free(kernel);
            return NULL;
        }
    kernel->capture = open_capture();
    if (kernel->capture < 0) {
        snprintf(why, why_size, "no packet socket (%s)", strerror(errno));
        close(kernel->tap);
        free(kernel);
        return NULL;
    }
    return kernel;
}

unsigned kernel_plain(const struct kernel *kernel)
{
    return kernel->plain;
}

void kernel_close(struct kernel *kernel)
{
    close(kernel->capture);
    close(kernel->tap);
    free(kernel);
}

static const char *write_frame(struct kernel *kernel, const uint8_t header[VNET_HEADER], const uint8_t *frame,
                               size_t length)
{
    static char error[80];
    struct iovec parts[] = {{(void *)(uintptr_t)header, VNET_HEADER}, {(void *)(uintptr_t)frame, length}};

    if (writev(kernel->tap, parts, 2) == (ssize_t)(VNET_HEADER + length))
        return NULL;
    snprintf(error, sizeof error, "the kernel refuses the frame: %s", strerror(errno));
    return error;
}

// Receives a frame with its VLAN tag, which the kernel takes out and reports beside it, back in. Its length,
// or -1.
static ssize_t receive(struct kernel *kernel, uint8_t *frame, size_t room)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec part = {frame, room - 4};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct pollfd wait = {.fd = kernel->capture, .events = POLLIN};

    if (poll(&wait, 1, PATIENCE_MS) != 1)
        return -1;
    ssize_t length = recvmsg(kernel->capture, &message, 0);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    if (length < 14 || cmsg == NULL || cmsg->cmsg_type != PACKET_AUXDATA)
        return length < 14 ? -1 : length;
    struct tpacket_auxdata aux;
    memcpy(&aux, CMSG_DATA(cmsg), sizeof aux);
    if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
        return length;
    uint16_t type = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : 0x8100;
    const uint8_t tag[4] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(aux.tp_vlan_tci >> 8),
                            (uint8_t)aux.tp_vlan_tci};
    memmove(frame + 16, frame + 12, (size_t)length - 12);
    memcpy(frame + 12, tag, sizeof tag);
    return length + 4;
}

// A superframe that fits in one segment is a plain frame to Linux (virtio_net_hdr_to_skb,
// include/linux/virtio_net.h); but it reckons without TCP options there, and drops in tcp_gso_segment what
// only their length made too long. Says whether `super` is such a one, which must come as the plain frame it
// is.
static bool must_come_plain(const struct record *record)
{
    bool udp = record->gso_type == WEIR_GSO_UDP_L4;
    size_t payload = record->length - record->hdr_len;
    size_t options = record->hdr_len - record->csum_start - (udp ? 8u : 20u);
    return record->gso_type != WEIR_GSO_NONE && payload <= record->gso_size &&
           payload + options > record->gso_size;
}

const char *kernel_cannot(const struct kernel *kernel, const struct plan *plan,
                          const struct superframe *super)
{
    const struct record *record = &super->record;
    size_t ip_length = record->length - super->ip_start, payload = record->length - record->hdr_len;

    if (plan->flaw != FLAW_NONE)
        return "the transfer is not right";
    if (plan->odd != 0 && record->gso_type != WEIR_GSO_NONE)
        return "its headers have an odd length";
    if (record->flags & WEIR_F_IP_ID_FIXED)
        return "the identification is fixed";
    if (plan->kind == PLAN_ANYWHERE && record->csum_start < 34)
        return "Linux puts no checksum over the Ethernet or IP header";
    if (plan->kind == PLAN_USO && !kernel->uso)
        return "this kernel has no USO";
    if (super->ip_start != 0 && ip_length - (plan->ipv6 ? 40 : 0) > 65535)
        return "it is longer than IP's 16 bits of length";
    if (plan->kind == PLAN_USO && payload > (size_t)128 * plan->mss)
        return "Linux cuts UDP into 128 segments at most";
    return NULL;
}

// To Linux the checksum field holds the pseudo-header's sum with the whole length, to the card that of a
// superframe without.
static void seed_with_length(const struct record *record, uint8_t *frame)
{
    uint8_t *field = frame + record->csum_start + record->csum_offset;
    uint16_t seed = model_sum(field, 2, (uint32_t)(record->length - record->csum_start));
    field[0] = (uint8_t)(seed >> 8);
    field[1] = (uint8_t)seed;
}

static const char *write_superframe(struct kernel *kernel, const struct record *record)
{
    static uint8_t frame[SUPERFRAME_ROOM];
    bool plain = must_come_plain(record);
    unsigned type = record->gso_type & ~(unsigned)WEIR_GSO_ECN;
    if (record->gso_type & WEIR_GSO_ECN)
        type |= VIRTIO_NET_HDR_GSO_ECN;
    const uint8_t header[VNET_HEADER] = {
        record->flags & WEIR_F_NEEDS_CSUM,
        (uint8_t)(plain ? 0 : type),
        record->hdr_len,
        0,
        (uint8_t)record->gso_size,
        (uint8_t)(record->gso_size >> 8),
        (uint8_t)record->csum_start,
        (uint8_t)(record->csum_start >> 8),
        (uint8_t)record->csum_offset,
        (uint8_t)(record->csum_offset >> 8),
    };
    kernel->plain += plain;
    memcpy(frame, record->frame, record->length);
    if (record->gso_type != WEIR_GSO_NONE)
        seed_with_length(record, frame);
    return write_frame(kernel, header, frame, record->length);
}

const char *kernel_segment(struct kernel *kernel, const struct superframe *super, struct frames *out)
{
    static const uint8_t no_header[VNET_HEADER];
    static const uint8_t marker[MARKER_SIZE] = {0x02, 1, 1, 1, 1, 1, 0x06, 1, 1, 1, 1, 1, 0x88, 0xB5};
    static uint8_t frame[SUPERFRAME_ROOM];
    const char *error = write_superframe(kernel, &super->record);

    out->count = 0;
    if (error == NULL)
        error = write_frame(kernel, no_header, marker, sizeof marker);
    if (error != NULL)
        return error;
    for (;;) {
        ssize_t length = receive(kernel, frame, sizeof frame);
        if (length < 0)
            return "the kernel's frames did not come";
        if (length == sizeof marker && memcmp(frame, marker, sizeof marker) == 0)
            return NULL;
        if (!frames_add(out, frame, (size_t)length))
            return "the kernel made more frames than there is room for";
    }
}
