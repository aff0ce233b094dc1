// SPDX-License-Identifier: BSD-2-Clause
#include "bridge_frame.h"

#define ETHERTYPE 12
#define VLAN_TAG 4
#define MAX_TAGS 2
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define UDP_HEADER 8

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86DD, ETH_VLAN = 0x8100, ETH_SERVICE_VLAN = 0x88A8 };
// Next-header values of IPv6's extension headers (RFC 8200 section 4).
enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

static unsigned get16(const uint8_t *in)
{
    return (unsigned)in[0] << 8 | in[1];
}

// Where the IP header begins; 0: it is none of ours.
static size_t find_ip(const uint8_t *frame, size_t length, unsigned *ethertype)
{
    size_t at = ETHERTYPE;

    for (unsigned tags = 0; at + 2 <= length; tags++, at += VLAN_TAG) {
        *ethertype = get16(frame + at);
        if (tags == MAX_TAGS || (*ethertype != ETH_VLAN && *ethertype != ETH_SERVICE_VLAN))
            return at + 2;
    }
    return 0;
}

static bool parse_ipv4(const uint8_t *frame, size_t length, struct weir_bridge_frame *parsed)
{
    const uint8_t *ip = frame + parsed->ip;

    if (parsed->ip + IPV4_HEADER > length || ip[0] >> 4 != 4)
        return false;
    size_t header = (size_t)(ip[0] & 15) * 4;
    bool is_first = (get16(ip + 6) & 0x1FFF) == 0;
    parsed->protocol = ip[9];
    parsed->l4 = parsed->ip + header;
    return header >= IPV4_HEADER && parsed->l4 < length && is_first;
}

static bool parse_ipv6(const uint8_t *frame, size_t length, struct weir_bridge_frame *parsed)
{
    const uint8_t *ip = frame + parsed->ip;
    size_t at = parsed->ip + IPV6_HEADER;

    if (at > length || ip[0] >> 4 != 6)
        return false;
    parsed->protocol = ip[6];
    while (parsed->protocol == HOP_BY_HOP || parsed->protocol == ROUTING || parsed->protocol == FRAGMENT ||
           parsed->protocol == DESTINATION_OPTIONS) {
        if (at + 8 > length)
            return false;
        if (parsed->protocol == FRAGMENT && (get16(frame + at + 2) & 0xFFF8) != 0)
            return false;
        size_t header = parsed->protocol == FRAGMENT ? 8 : ((size_t)frame[at + 1] + 1) * 8;
        parsed->protocol = frame[at];
        at += header;
    }
    parsed->l4 = at;
    return at < length;
}

bool weir_bridge_frame_parse(const uint8_t *frame, size_t length, struct weir_bridge_frame *parsed)
{
    unsigned ethertype = 0;

    parsed->ip = find_ip(frame, length, &ethertype);
    parsed->ipv6 = ethertype == ETH_IPV6;
    if (parsed->ip == 0 || (ethertype != ETH_IPV4 && ethertype != ETH_IPV6))
        return false;
    return parsed->ipv6 ? parse_ipv6(frame, length, parsed) : parse_ipv4(frame, length, parsed);
}

size_t weir_bridge_payload(const uint8_t *frame, size_t length, size_t l4, uint8_t protocol)
{
    if (protocol == WEIR_PROTOCOL_UDP)
        return l4 + UDP_HEADER <= length ? l4 + UDP_HEADER : 0;
    if (protocol != WEIR_PROTOCOL_TCP || l4 + TCP_HEADER > length)
        return 0;
    size_t header = (size_t)(frame[l4 + 12] >> 4) * 4;
    return header >= TCP_HEADER && l4 + header <= length ? l4 + header : 0;
}

bool weir_bridge_tells_groups(const uint8_t *frame, size_t length)
{
    struct weir_bridge_frame parsed;

    if (length < WEIR_ETHERNET_HEADER || !(frame[0] & 1) || !weir_bridge_frame_parse(frame, length, &parsed))
        return false;
    if (!parsed.ipv6)
        return parsed.protocol == WEIR_PROTOCOL_IGMP;
    uint8_t type = frame[parsed.l4]; // MLD report, done, report of version 2
    return parsed.protocol == WEIR_PROTOCOL_ICMPV6 && (type == 131 || type == 132 || type == 143);
}
