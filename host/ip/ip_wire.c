// SPDX-License-Identifier: BSD-2-Clause
#include "ip/ip_wire.h"

#include "core/bytes.h"
#include "core/checksum.h"

#define FLAG_DONT_FRAGMENT 0x4000
#define FLAG_MORE_FRAGMENTS 0x2000
#define FRAGMENT_OFFSET 0x1FFF

bool weir_ipv4_parse(const uint8_t *bytes, size_t length, struct weir_ipv4 *ip)
{
    if (length < WEIR_IPV4_HEADER || bytes[0] >> 4 != 4) {
        return false;
    }
    const size_t header = (size_t)(bytes[0] & 15) * 4;
    const size_t total = weir_get16(bytes + 2);
    if (header < WEIR_IPV4_HEADER || total < header || total > length || weir_sum(bytes, header) != 0xFFFF) {
        return false;
    }
    const uint16_t fragment = weir_get16(bytes + 6);
    *ip = (struct weir_ipv4){
        .source = weir_ipv4_address(bytes + 12),
        .destination = weir_ipv4_address(bytes + 16),
        .protocol = bytes[9],
        .ttl = bytes[8],
        .id = weir_get16(bytes + 4),
        .dont_fragment = (fragment & FLAG_DONT_FRAGMENT) != 0,
        .fragment = (fragment & (FLAG_MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0,
        .header = bytes,
        .payload = bytes + header,
        .length = total - header,
    };
    return true;
}

void weir_ipv4_emit(uint8_t *bytes, const struct weir_ipv4 *ip)
{
    bytes[0] = 4 << 4 | WEIR_IPV4_HEADER / 4;
    bytes[1] = 0;
    weir_put16(bytes + 2, (uint16_t)(WEIR_IPV4_HEADER + ip->length));
    weir_put16(bytes + 4, ip->id);
    weir_put16(bytes + 6, ip->dont_fragment ? FLAG_DONT_FRAGMENT : 0);
    bytes[8] = ip->ttl;
    bytes[9] = ip->protocol;
    weir_put16(bytes + 10, 0);
    memcpy(bytes + 12, ip->source.bytes, 4);
    memcpy(bytes + 16, ip->destination.bytes, 4);
    weir_put16(bytes + 10, (uint16_t)~weir_sum(bytes, WEIR_IPV4_HEADER));
}

uint16_t weir_ip_pseudo_sum(const struct weir_ip *source, const struct weir_ip *destination, uint8_t protocol,
                            size_t length)
{
    const uint32_t sum = (uint32_t)weir_sum(source->bytes, 4) + weir_sum(destination->bytes, 4) + protocol;
    return weir_sum_fold(sum + (uint32_t)length);
}
