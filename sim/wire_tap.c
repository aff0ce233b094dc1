// SPDX-License-Identifier: BSD-2-Clause
#include "wire_tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fcs.h"
#include "wire_offload.h"

enum { VLAN_TAG = 4, MAC_ADDRESSES = 12, PACKET_QUEUE = 4 << 20 };

struct vlan_tag {
    bool present;
    uint16_t type, control;
};

struct tap {
    struct wire wire;
    char name[IFNAMSIZ];
    struct wire_tap_stats stats;
    // veth only: the packet that is being made into frames
    struct wire_offload offload;
    struct vlan_tag tag;
};

static struct tap *tap_of(struct wire *wire)
{
    return (struct tap *)wire;
}

static int failed(struct tap *tap, const char *what, int error)
{
    if (if_nametoindex(tap->name) == 0)
        error = ENODEV;
    snprintf(tap->wire.error, sizeof tap->wire.error, "cannot %s interface %s: %s", what, tap->name,
             strerror(error));
    return -error;
}

// ---- Towards the card ----

// ENETDOWN is told when an interface goes down, and by a packet socket, once, when it goes away altogether.
static ssize_t read_failed(struct tap *tap)
{
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    if (errno == ENETDOWN && if_nametoindex(tap->name) != 0)
        return 0;
    return failed(tap, "read from", errno);
}

static ssize_t tap_to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct tap *tap = tap_of(wire);
    ssize_t length = read(wire->poll_fd, frame, WIRE_FRAME_MAX - FCS_LENGTH);

    (void)now;
    if (length <= 0)
        return length == 0 ? 0 : read_failed(tap);
    tap->stats.to_card++;
    return (ssize_t)fcs_pad_append(frame, (size_t)length);
}

// The kernel takes VLAN tags out of the frame and tells them beside it.
static struct vlan_tag tag_of(struct msghdr *message)
{
    struct tpacket_auxdata aux;
    struct cmsghdr *control = CMSG_FIRSTHDR(message);

    if (!control || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA)
        return (struct vlan_tag){.present = false};
    memcpy(&aux, CMSG_DATA(control), sizeof aux);
    return (struct vlan_tag){
        .present = aux.tp_status & TP_STATUS_VLAN_VALID,
        .type = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q,
        .control = aux.tp_vlan_tci,
    };
}

// On the cable they are in their place.
static size_t insert_vlan_tag(const struct vlan_tag *tag, uint8_t *frame, size_t length)
{
    if (!tag->present || length < MAC_ADDRESSES)
        return length;
    memmove(frame + MAC_ADDRESSES + VLAN_TAG, frame + MAC_ADDRESSES, length - MAC_ADDRESSES);
    frame[MAC_ADDRESSES] = (uint8_t)(tag->type >> 8);
    frame[MAC_ADDRESSES + 1] = (uint8_t)tag->type;
    frame[MAC_ADDRESSES + 2] = (uint8_t)(tag->control >> 8);
    frame[MAC_ADDRESSES + 3] = (uint8_t)tag->control;
    return length + VLAN_TAG;
}

// No cable carries it: counted, and told the first time.
static ssize_t drop_superframe(struct tap *tap)
{
    if (tap->stats.superframes_dropped++ == 0)
        fprintf(stderr,
                "simulated card: interface %s sends superframes of a kind that is not cut here; they are "
                "lost. Let its peer cut them: ethtool -K PEER tso off gso off tx-udp-segmentation off\n",
                tap->name);
    return 1;
}

// Reads a packet with a virtio_net_hdr in front (PACKET_VNET_HDR), which tells what was left to the hardware.
// 1: one came; 0: none is there now; or a negative errno.
static ssize_t veth_read(struct tap *tap)
{
    struct wire_offload *offload = &tap->offload;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec parts[] = {{&offload->header, sizeof offload->header},
                            {offload->packet, sizeof offload->packet}};
    struct msghdr message = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    ssize_t received = recvmsg(tap->wire.poll_fd, &message, 0);

    if (received < 0 && errno == EINVAL) // a kind of superframe that virtio_net_hdr cannot tell
        return drop_superframe(tap);
    if (received < (ssize_t)sizeof offload->header)
        return received >= 0 ? 0 : read_failed(tap);
    tap->tag = tag_of(&message);
    if (message.msg_flags & MSG_TRUNC ||
        !wire_offload_start(offload, (size_t)received - sizeof offload->header,
                            WIRE_FRAME_MAX - VLAN_TAG - FCS_LENGTH))
        return drop_superframe(tap);
    tap->stats.superframes_cut += offload->header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
    return 1;
}

static ssize_t veth_to_card(struct wire *wire, uint64_t now, uint8_t *frame)
{
    struct tap *tap = tap_of(wire);
    size_t length;

    (void)now;
    while ((length = wire_offload_next(&tap->offload, frame)) == 0) {
        ssize_t result = veth_read(tap);
        if (result <= 0)
            return result;
    }
    tap->stats.checksums_completed += tap->offload.header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ? 1 : 0;
    tap->stats.to_card++;
    return (ssize_t)fcs_pad_append(frame, insert_vlan_tag(&tap->tag, frame, length));
}

// The rest of a superframe does not wait in the socket.
static uint64_t veth_wake_at(const struct wire *wire)
{
    return wire_offload_pending(&((const struct tap *)wire)->offload) ? 0 : UINT64_MAX;
}

// ---- From the card ----

static int sent(struct tap *tap, ssize_t result)
{
    if (result >= 0) {
        tap->stats.from_card++;
        return 0;
    }
    switch (errno) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
    case EIO: // a TAP that is down
    case ENETDOWN:
    case EMSGSIZE: // longer than the interface's MTU
    case EINVAL:   // shorter than an Ethernet header
        tap->stats.refused++;
        return 0;
    default:
        return failed(tap, "write to", errno);
    }
}

static int tap_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct tap *tap = tap_of(wire);

    (void)now;
    if (!fcs_ok(frame, length)) {
        tap->stats.bad_fcs++;
        return 0;
    }
    return sent(tap, write(wire->poll_fd, frame, length - FCS_LENGTH));
}

static int veth_from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    struct tap *tap = tap_of(wire);
    struct virtio_net_hdr header = {.flags = 0};

    (void)now;
    if (!fcs_ok(frame, length)) {
        tap->stats.bad_fcs++;
        return 0;
    }
    struct iovec parts[] = {{&header, sizeof header}, {(void *)(uintptr_t)frame, length - FCS_LENGTH}};
    return sent(tap, writev(wire->poll_fd, parts, 2));
}

// ---- Opening ----

static void tap_close(struct wire *wire)
{
    close(wire->poll_fd);
    free(wire);
}

static struct tap *tap_create(const char *name, const struct wire_ops *ops, char *error, size_t error_size)
{
    struct tap *tap = calloc(1, sizeof *tap);

    if (!tap) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    if (strlen(name) == 0 || strlen(name) >= IFNAMSIZ) {
        snprintf(error, error_size, "\"%s\" cannot be an interface's name: 1 to %d characters", name,
                 IFNAMSIZ - 1);
        free(tap);
        return NULL;
    }
    memcpy(tap->name, name, strlen(name) + 1);
    tap->wire.ops = ops;
    tap->wire.poll_fd = -1;
    return tap;
}

// Not an error: it may be brought up later.
static void warn_if_down(const struct tap *tap)
{
    struct ifreq request = {.ifr_flags = 0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(request.ifr_name, tap->name, sizeof tap->name);
    if (fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_UP))
        fprintf(stderr, "simulated card: interface %s is down: ip link set %s up\n", tap->name, tap->name);
    if (fd >= 0)
        close(fd);
}

static struct wire *open_failed(struct tap *tap, char *error, size_t error_size, const char *what,
                                const char *advice)
{
    snprintf(error, error_size, "%s %s: %s; %s", what, tap->name, strerror(errno), advice);
    if (tap->wire.poll_fd >= 0)
        close(tap->wire.poll_fd);
    free(tap);
    return NULL;
}

static const char *tap_advice(int error)
{
    switch (error) {
    case EPERM:
        return "run as root, or make it for yourself first: ip tuntap add NAME mode tap user USER";
    case EBUSY:
        return "another program is attached to it; choose another name";
    case EINVAL:
        return "an interface of that name exists and is no TAP; choose another name";
    default:
        return "is /dev/net/tun there (modprobe tun)?";
    }
}

struct wire *wire_tap_open(const char *name, char *error, size_t error_size)
{
    static const struct wire_ops ops = {
        .to_card = tap_to_card, .from_card = tap_from_card, .close = tap_close};
    struct tap *tap = tap_create(name, &ops, error, error_size);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    if (!tap)
        return NULL;
    memcpy(request.ifr_name, tap->name, sizeof tap->name);
    // The kernel would make one, of whatever name, down and with no address: nobody could be reached over it.
    if (if_nametoindex(name) == 0)
        return open_failed(tap, error, error_size, "no TAP interface",
                           "make it first: ip tuntap add NAME mode tap && ip link set NAME up");
    tap->wire.poll_fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tap->wire.poll_fd < 0)
        return open_failed(tap, error, error_size, "cannot open /dev/net/tun for", tap_advice(0));
    if (ioctl(tap->wire.poll_fd, TUNSETIFF, &request) < 0)
        return open_failed(tap, error, error_size, "cannot attach to TAP interface", tap_advice(errno));
    warn_if_down(tap);
    return &tap->wire;
}

static bool enable(int fd, int option)
{
    return setsockopt(fd, SOL_PACKET, option, &(int){1}, sizeof(int)) == 0;
}

// Bound only when everything is set, so that no frame of another interface and none of our own comes in
// between.
static bool veth_attach(int fd, unsigned index)
{
    struct packet_mreq promiscuous = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index};

    if (!enable(fd, PACKET_IGNORE_OUTGOING) || !enable(fd, PACKET_AUXDATA) || !enable(fd, PACKET_VNET_HDR))
        return false;
    // Deep enough for a peer's whole window; where it may not be forced, the system's limit has to do.
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &(int){PACKET_QUEUE}, sizeof(int)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){PACKET_QUEUE}, sizeof(int));
    return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) == 0 &&
           bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

struct wire *wire_veth_open(const char *name, char *error, size_t error_size)
{
    static const struct wire_ops ops = {
        .to_card = veth_to_card, .from_card = veth_from_card, .wake_at = veth_wake_at, .close = tap_close};
    struct tap *tap = tap_create(name, &ops, error, error_size);
    unsigned index;

    if (!tap)
        return NULL;
    index = if_nametoindex(name);
    if (index == 0)
        return open_failed(tap, error, error_size, "no interface",
                           "make it first: ip link add NAME type veth peer name PEER");
    tap->wire.poll_fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (tap->wire.poll_fd < 0 || !veth_attach(tap->wire.poll_fd, index))
        return open_failed(tap, error, error_size, "cannot open a packet socket on",
                           "run as root, or with CAP_NET_RAW");
    warn_if_down(tap);
    return &tap->wire;
}

void wire_tap_stats(const struct wire *wire, struct wire_tap_stats *stats)
{
    *stats = ((const struct tap *)wire)->stats;
}
