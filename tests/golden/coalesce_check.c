// SPDX-License-Identifier: BSD-2-Clause
//
// Whether what reached the host is what was on the wire.
#include "coalesce_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "weir_link.h"

enum { FIN = 0x01, PSH = 0x08, TCP = 6 };

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

void traffic_end(struct traffic *traffic)
{
    for (unsigned i = 0; i <= TRAFFIC_STREAMS; i++)
        for (struct traffic_frame *frame; (frame = traffic->expected[i].first) != NULL;) {
            traffic->expected[i].first = frame->next;
            free(frame);
        }
    free(traffic->delayed);
}

uint64_t traffic_missing(const struct traffic *traffic)
{
    return traffic->frames - traffic->matched;
}

static struct traffic_queue *find(const struct traffic *traffic, const uint8_t *frame, size_t length)
{
    for (unsigned i = 0; i <= TRAFFIC_STREAMS; i++) {
        const struct traffic_frame *next = traffic->expected[i].first;
        if (next != NULL && next->length == length && memcmp(next->bytes, frame, length) == 0)
            return (struct traffic_queue *)(uintptr_t)&traffic->expected[i];
    }
    return NULL;
}

const struct traffic_frame *traffic_find(const struct traffic *traffic, const uint8_t *frame, size_t length)
{
    const struct traffic_queue *queue = find(traffic, frame, length);
    return queue == NULL ? NULL : queue->first;
}

const char *traffic_match(struct traffic *traffic, const uint8_t *frame, size_t length)
{
    struct traffic_queue *queue = find(traffic, frame, length);
    if (queue == NULL)
        return "a frame differs from the wire's, or does not come in its stream's order";
    struct traffic_frame *next = queue->first;
    queue->first = next->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    free(next);
    traffic->matched++;
    return NULL;
}

size_t traffic_cut(const struct weir_card_rx *rx, unsigned i, uint8_t *segment)
{
    size_t at = rx->hdr_len + (size_t)i * rx->gso_size;
    size_t size = rx->length - at < rx->gso_size ? rx->length - at : rx->gso_size;
    bool v6 = rx->gso_type == WEIR_GSO_TCPV6;
    uint8_t *tcp = segment + rx->csum_start, *ip = tcp - (v6 ? 40 : 20);
    size_t length = rx->hdr_len - rx->csum_start + size;

    memcpy(segment, rx->frame, rx->hdr_len);
    memcpy(segment + rx->hdr_len, rx->frame + at, size);
    if (v6) {
        put16(ip + 4, length);
    } else {
        put16(ip + 2, 20 + length);
        traffic_set_id(ip, (uint16_t)(get16(ip + 4) + (rx->ip_id_fixed ? 0 : i)));
    }
    uint32_t seq = (get16(tcp + 4) << 16 | get16(tcp + 6)) + i * rx->gso_size;
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq);
    if (at + size != rx->length)
        tcp[13] &= (uint8_t) ~(PSH | FIN);
    put16(tcp + 16, 0);
    uint32_t pseudo =
        v6 ? model_sum(ip + 8, 32, TCP + (uint32_t)length) : model_sum(ip + 12, 8, TCP + (uint32_t)length);
    put16(tcp + 16, (uint16_t)~model_sum(tcp, length, pseudo));
    return rx->hdr_len + size;
}

// What a large frame says about itself.
static const char *check_large(const struct weir_card_rx *rx)
{
    bool v6 = rx->gso_type == WEIR_GSO_TCPV6;
    const uint8_t *tcp = rx->frame + rx->csum_start, *ip = tcp - (v6 ? 40 : 20);
    size_t payload = rx->length - rx->hdr_len, length = rx->length - rx->csum_start;
    uint32_t pseudo =
        v6 ? model_sum(ip + 8, 32, TCP + (uint32_t)length) : model_sum(ip + 12, 8, TCP + (uint32_t)length);

    if (rx->flags != (WEIR_F_DATA_VALID | WEIR_F_NEEDS_CSUM) || rx->csum_offset != 16)
        return "a large frame's flags or checksum offset are wrong";
    if (rx->hdr_len != rx->csum_start + (tcp[12] >> 4) * 4 || rx->gso_size == 0 ||
        rx->segments != (payload + rx->gso_size - 1) / rx->gso_size || rx->segments < 2)
        return "a large frame's lengths do not add up";
    if (v6 ? get16(ip + 4) != length : get16(ip + 2) != 20 + length || model_sum(ip, 20, 0) != 0xFFFF)
        return "a large frame's IP header is wrong";
    return get16(tcp + 16) == pseudo ? NULL : "a large frame's checksum field is not the pseudo-header's sum";
}

const char *traffic_check(struct traffic *traffic, const struct weir_card_rx *rx)
{
    static uint8_t segment[TRAFFIC_ROOM];

    if (rx->gso_type == WEIR_GSO_NONE)
        return rx->segments == 1 ? traffic_match(traffic, rx->frame, rx->length) : "more than one segment";
    const char *wrong = check_large(rx);
    for (unsigned i = 0; i < rx->segments && wrong == NULL; i++) {
        size_t length = traffic_cut(rx, i, segment);
        wrong = traffic_match(traffic, segment, length);
    }
    traffic->glued++;
    traffic->segments += rx->segments;
    traffic->id_fixed += rx->ip_id_fixed;
    return wrong;
}
