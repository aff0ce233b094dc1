// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "weir_link.h"

// Of <net/if_arp.h>, Linux 6.2 and 2.6.27; older headers do not have them.
#define HARDWARE_ETHERNET 1
#define OFFLOAD_USO 0x60 // TUN_F_USO4 | TUN_F_USO6
#ifndef TUNSETCARRIER
#define TUNSETCARRIER _IOW('T', 226, int)
#endif

static const char *advice(int error)
{
    switch (error) {
    case EPERM:
    case EACCES:
        return "run as root (sudo), or with CAP_NET_ADMIN";
    case EBUSY:
    case EEXIST:
        return "an interface of that name is there already: choose another --name, or end it";
    case EINVAL:
    case ENFILE:
        return "choose another --name";
    default:
        return "is /dev/net/tun there (modprobe tun)?";
    }
}

static int failed(struct weir_tap *tap, const char *what, char *error, size_t error_size)
{
    int number = errno;

    // With a %d in it, it is no name yet.
    int length = strchr(tap->name, '%')
                     ? snprintf(error, error_size, "cannot %s the interface: ", what)
                     : snprintf(error, error_size, "cannot %s interface %s: ", what, tap->name);
    if (length >= 0 && (size_t)length < error_size)
        length +=
            snprintf(error + length, error_size - (size_t)length, "%s; %s", strerror(number), advice(number));
    if ((number == EBUSY || number == EEXIST) && !strchr(tap->name, '%') && length >= 0 &&
        (size_t)length < error_size)
        snprintf(error + length, error_size - (size_t)length, " (weir down %s, if it is ours)", tap->name);
    weir_tap_close(tap);
    return -number;
}

void weir_tap_refresh_name(struct weir_tap *tap)
{
    struct ifreq now = {.ifr_flags = 0};

    if (ioctl(tap->fd, TUNGETIFF, &now) == 0)
        memcpy(tap->name, now.ifr_name, sizeof tap->name);
}

// Settings that go through any socket of the namespace, by the name that the interface has by now.
static int set(struct weir_tap *tap, unsigned long request, struct ifreq *change)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    weir_tap_refresh_name(tap);
    memcpy(change->ifr_name, tap->name, sizeof tap->name);
    int result = ioctl(fd, request, change), number = errno;
    close(fd);
    errno = number;
    return result;
}

static int configure(struct weir_tap *tap, const struct weir_tap_config *config)
{
    struct ifreq address = {.ifr_hwaddr.sa_family = HARDWARE_ETHERNET};
    struct ifreq mtu = {.ifr_mtu = (int)config->mtu}, queue = {.ifr_qlen = (int)config->queue_length};

    memcpy(address.ifr_hwaddr.sa_data, config->mac, sizeof config->mac);
    if (ioctl(tap->fd, TUNSETVNETHDRSZ, &(int){WEIR_VNET_SIZE}) < 0 ||
        ioctl(tap->fd, TUNSETVNETLE, &(int){1}) < 0 || ioctl(tap->fd, TUNSETCARRIER, &(int){0}) < 0)
        return -1;
    if (set(tap, SIOCSIFHWADDR, &address) < 0 || set(tap, SIOCSIFMTU, &mtu) < 0 ||
        set(tap, SIOCSIFTXQLEN, &queue) < 0)
        return -1;
    tap->index = if_nametoindex(tap->name);
    return tap->index == 0 ? -1 : 0;
}

int weir_tap_open(struct weir_tap *tap, const struct weir_tap_config *config, char *error, size_t error_size)
{
    struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL)};

    *tap = (struct weir_tap){.fd = -1};
    if (strlen(config->name) == 0 || strlen(config->name) >= IFNAMSIZ) {
        snprintf(error, error_size, "\"%s\" cannot be an interface's name: 1 to %d characters", config->name,
                 IFNAMSIZ - 1);
        return -EINVAL;
    }
    memcpy(request.ifr_name, config->name, strlen(config->name));
    memcpy(tap->name, request.ifr_name, sizeof tap->name);
    tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tap->fd < 0)
        return failed(tap, "open /dev/net/tun for", error, error_size);
    if (ioctl(tap->fd, TUNSETIFF, &request) < 0)
        return failed(tap, "make", error, error_size);
    memcpy(tap->name, request.ifr_name, sizeof tap->name);
    if (configure(tap, config) < 0)
        return failed(tap, "set up", error, error_size);
    return 0;
}

int weir_tap_bring_up(struct weir_tap *tap, uint32_t address, unsigned prefix_length)
{
    struct sockaddr_in ip = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    struct sockaddr_in mask = {.sin_family = AF_INET};
    struct ifreq change = {.ifr_flags = 0};

    mask.sin_addr.s_addr = htonl((uint32_t) ~(UINT64_C(0xFFFFFFFF) >> prefix_length));
    memcpy(&change.ifr_addr, &ip, sizeof ip);
    if (set(tap, SIOCSIFADDR, &change) < 0)
        return -errno;
    memcpy(&change.ifr_netmask, &mask, sizeof mask);
    if (set(tap, SIOCSIFNETMASK, &change) < 0 || set(tap, SIOCGIFFLAGS, &change) < 0)
        return -errno;
    change.ifr_flags |= IFF_UP;
    return set(tap, SIOCSIFFLAGS, &change) < 0 ? -errno : 0;
}

void weir_tap_close(struct weir_tap *tap)
{
    if (tap->fd >= 0)
        close(tap->fd);
    tap->fd = -1;
}

static bool try(const struct weir_tap *tap, unsigned long bits)
{
    return ioctl(tap->fd, TUNSETOFFLOAD, bits) == 0;
}

// Each kind is tried by itself: what the kernel does not know it refuses, and the rest stays.
uint32_t weir_tap_set_offloads(struct weir_tap *tap, uint32_t features)
{
    static const struct {
        uint32_t feature;
        unsigned long bits;
    } kinds[] = {
        {WEIR_CAP_TSO4, TUN_F_TSO4},
        {WEIR_CAP_TSO6, TUN_F_TSO6},
        {WEIR_CAP_TSO4 | WEIR_CAP_TSO6, TUN_F_TSO_ECN},
        {WEIR_CAP_USO, OFFLOAD_USO},
    };
    unsigned long bits = TUN_F_CSUM;
    uint32_t used = WEIR_CAP_TX_CSUM;

    if (!(features & WEIR_CAP_TX_CSUM) || !try(tap, bits)) {
        try(tap, 0);
        return 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if ((features & kinds[i].feature) == kinds[i].feature && try(tap, bits | kinds[i].bits)) {
            bits |= kinds[i].bits;
            used |= kinds[i].feature;
        }
    }
    try(tap, bits);
    return used;
}

int weir_tap_set_carrier(struct weir_tap *tap, bool up)
{
    return ioctl(tap->fd, TUNSETCARRIER, &(int){up}) < 0 ? -errno : 0;
}

int weir_tap_set_link(struct weir_tap *tap, uint32_t link)
{
    static const uint32_t speeds[] = {SPEED_10, SPEED_100, SPEED_1000, (uint32_t)SPEED_UNKNOWN};
    const bool up = (link & 1) != 0;
    union {
        struct ethtool_link_settings settings;
        uint8_t room[sizeof(struct ethtool_link_settings) + 3 * INT8_MAX * sizeof(uint32_t)];
    } now = {.settings = {.cmd = ETHTOOL_GLINKSETTINGS}};
    struct ifreq change = {.ifr_data = (char *)&now};

    // First the kernel tells how long its masks are; then it wants to hear that again.
    if (set(tap, SIOCETHTOOL, &change) < 0)
        return -errno;
    now.settings.link_mode_masks_nwords = (int8_t)-now.settings.link_mode_masks_nwords;
    now.settings.cmd = ETHTOOL_SLINKSETTINGS;
    now.settings.speed = up ? speeds[link >> 1 & 3] : (uint32_t)SPEED_UNKNOWN;
    now.settings.duplex = !up ? DUPLEX_UNKNOWN : link & 8 ? DUPLEX_FULL : DUPLEX_HALF;
    now.settings.port = PORT_TP;
    now.settings.autoneg = AUTONEG_ENABLE;
    return set(tap, SIOCETHTOOL, &change) < 0 ? -errno : 0;
}

unsigned weir_tap_limit_mtu(struct weir_tap *tap, unsigned largest)
{
    struct ifreq change = {.ifr_mtu = 0};

    if (set(tap, SIOCGIFMTU, &change) < 0 || (unsigned)change.ifr_mtu <= largest)
        return 0;
    unsigned was = (unsigned)change.ifr_mtu;
    change.ifr_mtu = (int)largest;
    return set(tap, SIOCSIFMTU, &change) < 0 ? 0 : was;
}

ssize_t weir_tap_read(struct weir_tap *tap, struct weir_vnet *vnet, uint8_t *frame)
{
    uint8_t header[WEIR_VNET_SIZE];
    struct iovec parts[] = {{header, sizeof header}, {frame, WEIR_TAP_FRAME_MAX}};
    ssize_t length = readv(tap->fd, parts, 2);

    if (length < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    if (length <= (ssize_t)sizeof header)
        return -EAGAIN;
    weir_vnet_parse(vnet, header);
    return length - (ssize_t)sizeof header;
}

int weir_tap_write(struct weir_tap *tap, const struct weir_vnet *vnet, const uint8_t *frame, size_t length)
{
    uint8_t header[WEIR_VNET_SIZE];
    struct iovec parts[] = {{header, sizeof header}, {(void *)(uintptr_t)frame, length}};

    weir_vnet_emit(vnet, header);
    return writev(tap->fd, parts, 2) < 0 ? -errno : 0;
}
