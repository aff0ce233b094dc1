// SPDX-License-Identifier: BSD-2-Clause
#include "eth/ethernet.h"

#include <string.h>

#include "core/bytes.h"

const uint8_t weir_eth_broadcast[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

bool weir_eth_parse(const uint8_t *frame, size_t length, struct weir_eth *eth)
{
    if (length < WEIR_ETH_HEADER) {
        return false;
    }
    memcpy(eth->destination, frame, 6);
    memcpy(eth->source, frame + 6, 6);
    eth->type = weir_get16(frame + 12);
    eth->payload = frame + WEIR_ETH_HEADER;
    eth->length = length - WEIR_ETH_HEADER;
    return true;
}

void weir_eth_emit(uint8_t *frame, const uint8_t destination[6], const uint8_t source[6], uint16_t type)
{
    memcpy(frame, destination, 6);
    memcpy(frame + 6, source, 6);
    weir_put16(frame + 12, type);
}
