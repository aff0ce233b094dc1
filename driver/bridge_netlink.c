// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define ALL_MULTICAST_COUNT 61 // IFLA_ALLMULTI, Linux 6.0

static int open_socket(uint32_t groups, int flags)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = -errno;
    if (fd >= 0)
        close(fd);
    return error;
}

int weir_netlink_open(struct weir_netlink *netlink, unsigned index)
{
    *netlink = (struct weir_netlink){.query = -1, .index = index};
    netlink->events = open_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK);
    if (netlink->events < 0)
        return netlink->events;
    netlink->query = open_socket(0, 0);
    if (netlink->query < 0) {
        int error = netlink->query;
        weir_netlink_close(netlink);
        return error;
    }
    // Linux 4.20; without it answers are about all interfaces, of which we take ours.
    (void)setsockopt(netlink->query, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int){1}, sizeof(int));
    return 0;
}

void weir_netlink_close(struct weir_netlink *netlink)
{
    if (netlink->events >= 0)
        close(netlink->events);
    if (netlink->query >= 0)
        close(netlink->query);
    netlink->events = netlink->query = -1;
}

void weir_netlink_drain(struct weir_netlink *netlink)
{
    static uint8_t ignored[ANSWER_MAX];

    // ENOBUFS: messages were lost, which tells no less.
    while (recv(netlink->events, ignored, sizeof ignored, 0) >= 0 || errno == ENOBUFS || errno == EINTR) {
    }
}

// ---- Taking answers apart ----

typedef void take(struct weir_wants *wants, unsigned index, const struct nlmsghdr *message);

static const struct rtattr *next(const struct rtattr *attribute, int *left)
{
    size_t step = RTA_ALIGN(attribute->rta_len);

    *left -= (int)step;
    return (const void *)((const uint8_t *)attribute + step);
}

static uint32_t number(const struct rtattr *attribute)
{
    uint32_t value = 0;

    if (RTA_PAYLOAD(attribute) >= sizeof value)
        memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}

static void take_link(struct weir_wants *wants, unsigned index, const struct nlmsghdr *message)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const struct rtattr *attribute = IFLA_RTA(link);
    int left = (int)IFLA_PAYLOAD(message);

    if ((unsigned)link->ifi_index != index)
        return;
    wants->up = (link->ifi_flags & IFF_UP) != 0;
    wants->no_arp = (link->ifi_flags & IFF_NOARP) != 0;
    wants->promiscuous = (link->ifi_flags & IFF_PROMISC) != 0;
    wants->all_multicast = (link->ifi_flags & IFF_ALLMULTI) != 0;
    for (; RTA_OK(attribute, left); attribute = next(attribute, &left)) {
        switch (attribute->rta_type) {
        case IFLA_ADDRESS:
            if (RTA_PAYLOAD(attribute) == sizeof wants->mac)
                memcpy(wants->mac, RTA_DATA(attribute), sizeof wants->mac);
            break;
        case IFLA_PROMISCUITY: // programs that listen, not only the flag that people set
            wants->promiscuous |= number(attribute) > 0;
            break;
        case ALL_MULTICAST_COUNT:
            wants->all_multicast |= number(attribute) > 0;
            break;
        default:
            break;
        }
    }
}

static void take_address(struct weir_wants *wants, unsigned index, const struct nlmsghdr *message)
{
    const struct ifaddrmsg *address = NLMSG_DATA(message);
    const struct rtattr *attribute = IFA_RTA(address), *best = NULL;
    int left = (int)IFA_PAYLOAD(message);

    if (address->ifa_family != AF_INET || address->ifa_index != index)
        return;
    for (; RTA_OK(attribute, left); attribute = next(attribute, &left)) {
        // Our own end; IFA_ADDRESS is the other one of a point-to-point link.
        if (attribute->rta_type == IFA_LOCAL || (attribute->rta_type == IFA_ADDRESS && !best))
            best = attribute;
    }
    if (!best)
        return;
    if (wants->ipv4_count < WEIR_WANTS_IPV4)
        wants->ipv4[wants->ipv4_count] = ntohl(number(best));
    wants->ipv4_count++;
}

static void take_hardware_address(struct weir_wants *wants, unsigned index, const struct nlmsghdr *message)
{
    const struct ndmsg *entry = NLMSG_DATA(message);
    const struct rtattr *attribute = (const void *)((const uint8_t *)entry + NLMSG_ALIGN(sizeof *entry));
    int left = (int)NLMSG_PAYLOAD(message, sizeof *entry);

    if ((unsigned)entry->ndm_ifindex != index || !(entry->ndm_flags & NTF_SELF))
        return;
    for (; RTA_OK(attribute, left); attribute = next(attribute, &left)) {
        if (attribute->rta_type != NDA_LLADDR || RTA_PAYLOAD(attribute) != 6)
            continue;
        const uint8_t *address = RTA_DATA(attribute);
        if (wants->hw_count < WEIR_WANTS_HW)
            memcpy(wants->hw[wants->hw_count], address, 6);
        wants->hw_count++;
        wants->hw_unicast += !(address[0] & 1);
    }
}

// ---- Asking ----

// 1: the answer goes on; 0: it is whole; or a negative errno.
static int take_messages(struct weir_netlink *netlink, struct weir_wants *wants, const uint8_t *bytes,
                         size_t length, take *take)
{
    const struct nlmsghdr *message = (const void *)bytes;

    for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
        if (message->nlmsg_seq != netlink->sequence)
            continue;
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        if (message->nlmsg_type == NLMSG_ERROR) {
            const struct nlmsgerr *error = NLMSG_DATA(message);
            return error->error;
        }
        take(wants, netlink->index, message);
        if (!(message->nlmsg_flags & NLM_F_MULTI))
            return 0;
    }
    return 1;
}

static int ask(struct weir_netlink *netlink, struct weir_wants *wants, uint16_t type, uint16_t flags,
               const void *body, size_t length, take *take)
{
    static _Alignas(struct nlmsghdr) uint8_t answer[ANSWER_MAX];
    struct {
        struct nlmsghdr header;
        uint8_t body[64];
    } request = {.header = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(length),
                            .nlmsg_type = type,
                            .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                            .nlmsg_seq = ++netlink->sequence}};
    int result = 1;

    memcpy(request.body, body, length);
    if (send(netlink->query, &request, request.header.nlmsg_len, 0) < 0)
        return -errno;
    while (result == 1) {
        ssize_t got = recv(netlink->query, answer, sizeof answer, 0);
        if (got >= 0)
            result = take_messages(netlink, wants, answer, (size_t)got, take);
        else if (errno != EINTR)
            return -errno;
    }
    return result;
}

// Of all interfaces, or of this one by its name.
static bool switched_on(const char *setting, const char *interface)
{
    char path[128], value = '0';

    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/%s", interface, setting);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool on = fd >= 0 && read(fd, &value, 1) == 1 && value == '1';
    if (fd >= 0)
        close(fd);
    return on;
}

int weir_netlink_ask(struct weir_netlink *netlink, struct weir_wants *wants)
{
    struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)netlink->index};
    struct ifaddrmsg address = {.ifa_family = AF_INET, .ifa_index = netlink->index};
    struct ndmsg entry = {.ndm_family = AF_BRIDGE, .ndm_ifindex = (int)netlink->index};
    char name[IF_NAMESIZE] = "";

    memset(wants, 0, sizeof *wants);
    int error = ask(netlink, wants, RTM_GETLINK, 0, &link, sizeof link, take_link);
    if (!error)
        error = ask(netlink, wants, RTM_GETADDR, NLM_F_DUMP, &address, sizeof address, take_address);
    if (!error)
        error = ask(netlink, wants, RTM_GETNEIGH, NLM_F_DUMP, &entry, sizeof entry, take_hardware_address);
    if (!error && !if_indextoname(netlink->index, name))
        error = -errno;
    wants->proxy_arp = switched_on("proxy_arp", "all") || switched_on("proxy_arp", name) ||
                       switched_on("proxy_arp_pvlan", name);
    return error == -ENXIO ? -ENODEV : error;
}
