// SPDX-License-Identifier: BSD-2-Clause
#include "wire_offload.h"

#include <string.h>

enum { ETHERNET = 14, IPV4 = 0x0800, IPV6 = 0x86DD, IPV6_HEADER = 40, TCP = 6, UDP = 17, UDP_HEADER = 8 };
enum { GSO_UDP_L4 = 5 }; // VIRTIO_NET_HDR_GSO_UDP_L4, which Linux tells from 6.2 on and older headers lack
enum { FIN = 0x01, PSH = 0x08, CWR = 0x80 };

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

// RFC 1071, before the complement.
static uint32_t sum_of(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

// Zero would mean none to UDP (RFC 768); TCP takes both.
static void put_checksum(uint8_t *field, uint32_t sum)
{
    put16(field, sum == 0xFFFF ? 0xFFFF : ~sum & 0xFFFF);
}

static bool is_cut(const struct wire_offload *offload)
{
    return offload->header.gso_type != VIRTIO_NET_HDR_GSO_NONE;
}

static bool checksum_fits(const struct virtio_net_hdr *header, size_t length)
{
    return header->csum_start <= length && header->csum_offset + 2u <= length - header->csum_start;
}

// Finds the headers of a superframe. False when it is none that can be cut.
static bool find_headers(struct wire_offload *offload, size_t length, size_t frame_max)
{
    const uint8_t *packet = offload->packet;
    const struct virtio_net_hdr *header = &offload->header;
    const unsigned type = header->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;
    const size_t l4 = header->csum_start;

    offload->tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
    if ((!offload->tcp && type != GSO_UDP_L4) || header->gso_size == 0 ||
        !(header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || l4 + 20 > length)
        return false;
    offload->ipv6 = get16(packet + 12) == IPV6;
    if (offload->ipv6 && l4 < ETHERNET + IPV6_HEADER)
        return false;
    if (!offload->ipv6 &&
        (get16(packet + 12) != IPV4 || l4 != ETHERNET + (size_t)(packet[ETHERNET] & 15) * 4 ||
         packet[ETHERNET + 9] != (offload->tcp ? TCP : UDP)))
        return false;
    offload->headers = l4 + (offload->tcp ? (size_t)(packet[l4 + 12] >> 4) * 4 : UDP_HEADER);
    return offload->headers >= l4 + UDP_HEADER && offload->headers < length &&
           offload->headers + header->gso_size <= frame_max;
}

bool wire_offload_start(struct wire_offload *offload, size_t length, size_t frame_max)
{
    offload->length = offload->at = offload->headers = 0;
    offload->segments = 0;
    if (offload->header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && !checksum_fits(&offload->header, length))
        return false;
    if (is_cut(offload) ? !find_headers(offload, length, frame_max) : length > frame_max)
        return false;
    offload->length = length;
    offload->at = offload->headers;
    return true;
}

// The kernel has put the pseudo header's sum into the field.
static size_t whole(struct wire_offload *offload, uint8_t *frame)
{
    const struct virtio_net_hdr *header = &offload->header;

    memcpy(frame, offload->packet, offload->length);
    if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
        put_checksum(frame + header->csum_start + header->csum_offset,
                     sum_of(frame + header->csum_start, offload->length - header->csum_start, 0));
    offload->at = offload->length;
    return offload->length;
}

// Lengths, and IPv4's identification and checksum.
static void patch_ip(const struct wire_offload *offload, uint8_t *ip, size_t length)
{
    const size_t header_length = (size_t)(ip[0] & 15) * 4;

    if (offload->ipv6) {
        put16(ip + 4, length - IPV6_HEADER);
        return;
    }
    put16(ip + 2, length);
    put16(ip + 4, get16(ip + 4) + offload->segments);
    put16(ip + 10, 0);
    put16(ip + 10, ~sum_of(ip, header_length, 0) & 0xFFFF);
}

// The pseudo header is summed anew: that of the kernel has the superframe's length in it.
static void patch_checksum(const struct wire_offload *offload, uint8_t *ip, uint8_t *l4, size_t length)
{
    const uint32_t start = (uint32_t)length + (offload->tcp ? TCP : UDP);
    const uint32_t addresses = offload->ipv6 ? sum_of(ip + 8, 32, start) : sum_of(ip + 12, 8, start);
    uint8_t *field = l4 + (offload->tcp ? 16 : 6);

    put16(field, 0);
    put_checksum(field, sum_of(l4, length, addresses));
}

// Sequence number, and the flags that belong to the first segment or the last alone (RFC 3168 section 6.1.2).
static void patch_tcp(uint8_t *tcp, size_t offset, bool last)
{
    const uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + (uint32_t)offset;

    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq & 0xFFFF);
    if (offset > 0)
        tcp[13] &= (uint8_t)~CWR;
    if (!last)
        tcp[13] &= (uint8_t) ~(FIN | PSH);
}

size_t wire_offload_next(struct wire_offload *offload, uint8_t *frame)
{
    const size_t left = offload->length - offload->at, size = offload->header.gso_size;
    const size_t payload = left < size ? left : size, length = offload->headers + payload;
    uint8_t *l4 = frame + offload->header.csum_start;

    if (left == 0)
        return 0;
    if (!is_cut(offload))
        return whole(offload, frame);
    memcpy(frame, offload->packet, offload->headers);
    memcpy(frame + offload->headers, offload->packet + offload->at, payload);
    patch_ip(offload, frame + ETHERNET, length - ETHERNET);
    if (offload->tcp)
        patch_tcp(l4, offload->at - offload->headers, payload == left);
    else
        put16(l4 + 4, UDP_HEADER + payload);
    patch_checksum(offload, frame + ETHERNET, l4, length - offload->header.csum_start);
    offload->at += payload;
    offload->segments++;
    return length;
}
