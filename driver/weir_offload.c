// SPDX-License-Identifier: BSD-2-Clause
//
// Which frames the card can take. It drops one whose header contradicts what is said of it, and only counts
// that (WEIR_CNT_TX_BAD_RECORD); so the same rules as in rtl/tx stand here, and whoever sends learns of it at
// once.
#include "card_internal.h"

#include <errno.h>

#define ETHERNET_HEADER 14
#define ETHERTYPE 12
#define VLAN_TAG 4
#define MAX_TAGS 2
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define TCP_HEADER 20
#define UDP_HEADER 8

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86DD, ETH_VLAN = 0x8100, ETH_SERVICE_VLAN = 0x88A8 };
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, TCP_CHECKSUM = 16, UDP_CHECKSUM = 6 };

static unsigned get16(const uint8_t *in)
{
    return (unsigned)in[0] << 8 | in[1];
}

// Length of a TCP or IPv4 header from its field of four bits.
static size_t words(unsigned field)
{
    return (size_t)(field & 15) * 4;
}

// Where the IP header begins, behind up to two VLAN tags; 0: there is no whole Ethernet header.
static size_t find_ip(const struct weir_card_tx *tx, unsigned *ethertype)
{
    size_t at = ETHERTYPE;

    for (unsigned tags = 0; at + 2 <= tx->header_length; tags++, at += VLAN_TAG) {
        *ethertype = get16(tx->header + at);
        if (tags == MAX_TAGS || (*ethertype != ETH_VLAN && *ethertype != ETH_SERVICE_VLAN))
            return at + 2;
    }
    return 0;
}

// The IP header is what `type` says and ends at csum_start. IPv6's extension headers are not looked at, by
// the card neither.
static bool ip_is_sound(const struct weir_card_tx *tx, uint8_t type)
{
    unsigned ethertype = 0;
    size_t at = find_ip(tx, &ethertype), l4 = tx->csum_start;
    const uint8_t *ip = tx->header + at;
    bool ipv6 = ethertype == ETH_IPV6;

    if (at == 0 || (!ipv6 && ethertype != ETH_IPV4) || type == (ipv6 ? WEIR_GSO_TCPV4 : WEIR_GSO_TCPV6))
        return false;
    if (at + (ipv6 ? IPV6_HEADER : IPV4_HEADER) > tx->header_length || ip[0] >> 4 != (ipv6 ? 6 : 4))
        return false;
    if (ipv6)
        return at + IPV6_HEADER <= l4 && !tx->fixed_id;
    return words(ip[0]) >= IPV4_HEADER && at + words(ip[0]) == l4 &&
           ip[9] == (type == WEIR_GSO_UDP_L4 ? PROTOCOL_UDP : PROTOCOL_TCP);
}

// The TCP or UDP header begins at csum_start and ends where the superframe's header does.
static bool l4_is_sound(const struct weir_card_tx *tx, uint8_t type)
{
    size_t l4 = tx->csum_start, end = tx->header_length;

    if (type == WEIR_GSO_UDP_L4)
        return tx->csum_offset == UDP_CHECKSUM && l4 + UDP_HEADER == end;
    if (tx->csum_offset != TCP_CHECKSUM || l4 + TCP_HEADER > end)
        return false;
    size_t header = words(tx->header[l4 + 12] >> 4);
    return header >= TCP_HEADER && l4 + header == end;
}

static int check_superframe(const struct weir_card_caps *caps, const struct weir_card_tx *tx, size_t length)
{
    static const uint32_t needed[16] = {[WEIR_GSO_TCPV4] = WEIR_CAP_TSO4,
                                        [WEIR_GSO_TCPV6] = WEIR_CAP_TSO6,
                                        [WEIR_GSO_UDP_L4] = WEIR_CAP_USO,
                                        [WEIR_GSO_TCPV4 | WEIR_GSO_ECN] = WEIR_CAP_TSO4,
                                        [WEIR_GSO_TCPV6 | WEIR_GSO_ECN] = WEIR_CAP_TSO6};
    uint8_t type = tx->gso_type & (uint8_t)~WEIR_GSO_ECN;

    if (tx->gso_type >= 16 || !(caps->features & needed[tx->gso_type]))
        return -EINVAL;
    if (!tx->needs_csum || tx->gso_size == 0 || tx->header_length > UINT8_MAX)
        return -EINVAL;
    if (!ip_is_sound(tx, type) || !l4_is_sound(tx, type))
        return -EINVAL;
    size_t payload = length - tx->header_length;
    size_t longest = tx->header_length + (payload < tx->gso_size ? payload : tx->gso_size);
    return length > caps->max_superframe || longest > caps->max_frame ? -EMSGSIZE : 0;
}

int weir_offload_check(const struct weir_card_caps *caps, const struct weir_card_tx *tx, size_t length)
{
    bool gso = tx->gso_type != WEIR_GSO_NONE;

    if (length < ETHERNET_HEADER)
        return -EINVAL;
    if (tx->needs_csum &&
        (!(caps->features & WEIR_CAP_TX_CSUM) || (size_t)tx->csum_start + tx->csum_offset + 2 > length))
        return -EINVAL;
    if (tx->fixed_id && !(gso && caps->features & WEIR_CAP_IP_ID_FIXED))
        return -EINVAL;
    if (gso)
        return check_superframe(caps, tx, length);
    return length > caps->max_frame ? -EMSGSIZE : 0;
}
