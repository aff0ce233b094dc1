// SPDX-License-Identifier: BSD-2-Clause
//
// What `weir selftest` sends. What has to come of a frame, bridge_segment.h says.
#ifndef WEIR_TOOL_SELFTEST_FRAMES_H
#define WEIR_TOOL_SELFTEST_FRAMES_H

#include "bridge_offload.h"
#include "weir_card.h"

enum selftest_kind { SELFTEST_PLAIN, SELFTEST_TCPV4, SELFTEST_TCPV6, SELFTEST_UDPV4, SELFTEST_UDPV6 };

#define SELFTEST_LONGEST 65536        // bytes of a frame or superframe
#define SELFTEST_NO_NUMBER UINT32_MAX // larger than any

struct selftest_frame {
    uint8_t bytes[SELFTEST_LONGEST];
    size_t length, header; // bytes; those in front of the payload
    struct weir_vnet vnet; // the offload that is to be done
};

// A frame of `length` bytes (14 or more; 74 or more with headers) from `mac` to itself. `number` chooses its
// content and stands in it (16 bits; of one of 14 or 15 bytes none or 8); `segment` other than 0 makes it a
// superframe of that much payload a segment. TCP's and UDP's checksum is to be inserted.
void selftest_make(struct selftest_frame *frame, enum selftest_kind kind, size_t length, size_t segment,
                   unsigned number, const uint8_t mac[6]);
// The number of a frame that came back, or of the one that it is a segment of; padded to 60 bytes at least.
unsigned selftest_number(const uint8_t *frame, size_t length);
#endif
