// SPDX-License-Identifier: BSD-2-Clause
#include "coalesce_model.h"

#include <string.h>

enum {
    ETHERNET = 14,
    TCP_PROTOCOL = 6,
    FIN = 0x01,
    SYN = 0x02,
    RST = 0x04,
    PSH = 0x08,
    ACK = 0x10,
    URG = 0x20,
    CWR = 0x80
};

// A plain frame, taken apart. Offsets in bytes from the frame's start.
struct parts {
    const uint8_t *frame;
    size_t length;
    size_t ip, tcp, payload;
    size_t payload_length;
    bool v6;
};

static uint32_t be(const uint8_t *bytes, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put_le(uint8_t *out, uint64_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

// Where IP begins, and that it is one of ours: fills in `ip`, `tcp`, `v6`. The packet's end, or 0.
static size_t take_ip(struct parts *parts)
{
    const uint8_t *frame = parts->frame;
    size_t at = 12;

    for (int tags = 0; tags < 2 && at + 6 <= parts->length; tags++)
        if (be(frame + at, 2) == 0x8100 || be(frame + at, 2) == 0x88A8)
            at += 4;
    if (at + 2 + 40 > parts->length)
        return 0;
    const uint8_t *ip = frame + at + 2;
    parts->ip = at + 2;
    parts->v6 = be(frame + at, 2) == 0x86DD;
    if (parts->v6) {
        parts->tcp = parts->ip + 40;
        return ip[0] >> 4 == 6 && ip[6] == TCP_PROTOCOL ? parts->tcp + be(ip + 4, 2) : 0;
    }
    parts->tcp = parts->ip + 20;
    if (be(frame + at, 2) != 0x0800 || ip[0] != 0x45 || be(ip + 6, 2) & 0x3FFF || ip[9] != TCP_PROTOCOL)
        return 0;
    return parts->ip + be(ip + 2, 2);
}

static bool take_apart(const uint8_t *frame, size_t length, uint8_t flags, struct parts *parts)
{
    *parts = (struct parts){.frame = frame, .length = length};
    size_t end = take_ip(parts);

    if (end == 0 || end > length || end < parts->tcp + 20 || !(flags & WEIR_F_DATA_VALID))
        return false;
    parts->payload = parts->tcp + (size_t)(frame[parts->tcp + 12] >> 4) * 4;
    if (parts->payload < parts->tcp + 20 || parts->payload > end)
        return false;
    parts->payload_length = end - parts->payload;
    return parts->payload_length > 0 || length <= COALESCE_ACK_MAX;
}

static bool is_proper(const struct parts *parts)
{
    const uint8_t *tcp = parts->frame + parts->tcp;

    if (be(tcp + 16, 2) == 0xFFFF || (!parts->v6 && be(parts->frame + parts->ip + 10, 2) == 0xFFFF))
        return false;
    if (parts->payload_length == 0)
        return tcp[13] == ACK;
    return (tcp[13] & (SYN | RST | URG | CWR | ACK)) == ACK &&
           parts->payload + parts->payload_length == parts->length;
}

// Nothing can continue it.
static bool is_last(const struct parts *parts)
{
    return (parts->frame[parts->tcp + 13] & (PSH | FIN)) != 0;
}

static bool same(const struct parts *a, const struct coalesce_flow *flow, size_t from, size_t to)
{
    return memcmp(a->frame + from, flow->head + from, to - from) == 0;
}

static bool same_flow(const struct parts *parts, const struct coalesce_flow *flow)
{
    if (!flow->used || flow->head_length < parts->tcp + 20 || !same(parts, flow, 0, parts->ip) ||
        parts->frame[parts->ip] >> 4 != flow->head[parts->ip] >> 4 ||
        !same(parts, flow, parts->tcp, parts->tcp + 4))
        return false;
    return parts->v6 ? same(parts, flow, parts->ip + 8, parts->ip + 40)
                     : same(parts, flow, parts->ip + 12, parts->ip + 20);
}

// The IP headers differ at most in length, identification and checksum.
static bool same_ip(const struct parts *parts, const struct coalesce_flow *flow)
{
    if (parts->v6)
        return same(parts, flow, parts->ip, parts->ip + 4) &&
               same(parts, flow, parts->ip + 6, parts->ip + 40);
    return same(parts, flow, parts->ip, parts->ip + 2) && same(parts, flow, parts->ip + 6, parts->ip + 10) &&
           same(parts, flow, parts->ip + 12, parts->ip + 20);
}

static bool id_continues(const struct parts *parts, const struct coalesce_flow *flow)
{
    if (parts->v6)
        return true;
    bool df = (parts->frame[parts->ip + 6] & 0x40) != 0;
    uint16_t step = (uint16_t)(be(parts->frame + parts->ip + 4, 2) - flow->id);
    if (flow->id_step >= 0)
        return step == flow->id_step;
    return step == 1 || (step == 0 && df);
}

static bool continues(const struct parts *parts, const struct coalesce_flow *flow)
{
    const uint8_t *tcp = parts->frame + parts->tcp;
    size_t head_tcp = parts->tcp;

    if (!flow->data || parts->payload_length == 0 || parts->payload_length > flow->payload ||
        parts->payload != flow->head_length || be(tcp + 4, 4) != flow->next || !same_ip(parts, flow) ||
        !id_continues(parts, flow))
        return false;
    // Acknowledgement number and data offset; window; urgent pointer and options.
    return same(parts, flow, head_tcp + 8, head_tcp + 13) &&
           same(parts, flow, head_tcp + 14, head_tcp + 16) &&
           same(parts, flow, head_tcp + 18, parts->payload) &&
           ((tcp[13] ^ flow->head[head_tcp + 13]) & ~(PSH | FIN)) == 0;
}

// Whether TCP's options begin with a time stamp in the usual layout (RFC 7323 appendix A).
static bool has_time(const struct parts *parts)
{
    static const uint8_t layout[] = {1, 1, 8, 10};
    return parts->payload >= parts->tcp + 32 && memcmp(parts->frame + parts->tcp + 20, layout, 4) == 0;
}

static bool repeats_ack(const struct parts *parts, const struct coalesce_flow *flow)
{
    uint8_t expected[COALESCE_ACK_MAX];
    const uint8_t *frame = parts->frame;
    size_t tcp = parts->tcp, ip = parts->ip;

    if (flow->data || parts->payload_length > 0 || flow->head_length != parts->length)
        return false;
    memcpy(expected, flow->head, parts->length);
    if (!parts->v6) {
        expected[ip + 5] = frame[ip + 5];
        memcpy(expected + ip + 10, frame + ip + 10, 2);
    }
    memcpy(expected + tcp + 10, frame + tcp + 10, 2);
    memcpy(expected + tcp + 14, frame + tcp + 14, 4);
    if (has_time(parts)) {
        expected[tcp + 27] = frame[tcp + 27];
        expected[tcp + 31] = frame[tcp + 31];
    }
    return memcmp(expected, frame, parts->length) == 0;
}

static uint16_t id_of(const struct parts *parts)
{
    return parts->v6 ? 0 : (uint16_t)be(parts->frame + parts->ip + 4, 2);
}

static uint32_t behind(const struct parts *parts)
{
    return be(parts->frame + parts->tcp + 4, 4) + (uint32_t)parts->payload_length;
}

// The head's number.
static unsigned become_head(struct coalesce_model *model, struct coalesce_flow *before,
                            const struct parts *parts)
{
    unsigned number = model->spare;
    struct coalesce_flow *flow = &model->flow[number];

    *flow = (struct coalesce_flow){.used = true,
                                   .data = parts->payload_length > 0,
                                   .payload = parts->payload_length,
                                   .next = behind(parts),
                                   .id = id_of(parts),
                                   .id_step = -1};
    flow->head_length = flow->data ? parts->payload : parts->length;
    memcpy(flow->head, parts->frame, flow->head_length);
    if (before != NULL)
        before->used = false;
    for (model->spare = 0; model->spare < WEIR_FLOWS && model->flow[model->spare].used; model->spare++)
        ;
    if (model->spare == WEIR_FLOWS)
        model->spare = (number + 1) % WEIR_FLOWS;
    model->flow[model->spare].used = false;
    return number + 1;
}

static struct coalesce_flow *find(struct coalesce_model *model, const struct parts *parts)
{
    for (size_t i = 0; i < WEIR_FLOWS; i++)
        if (same_flow(parts, &model->flow[i]))
            return &model->flow[i];
    return NULL;
}

// The record's header, but for magic and flags, which are there, and time stamp. `length` bytes from `data`
// follow.
static size_t finish(uint8_t *record, const uint64_t *timestamp, unsigned flow, const uint8_t *data,
                     size_t length)
{
    size_t at = WEIR_RECORD_HEADER;

    put_le(record + WEIR_REC_LENGTH, length | (uint64_t)flow << WEIR_FLOW_SHIFT, 3);
    if (timestamp != NULL) {
        record[WEIR_REC_FLAGS] |= WEIR_F_TIMESTAMP;
        put_le(record + at, *timestamp, WEIR_TIMESTAMP_SIZE);
        at += WEIR_TIMESTAMP_SIZE;
    }
    memcpy(record + at, data, length);
    for (at += length; at % 4 != 0; at++)
        record[at] = 0;
    return at;
}

static void describe_continued(uint8_t *record, struct coalesce_flow *flow, const struct parts *parts)
{
    flow->id_step = (uint16_t)(id_of(parts) - flow->id);
    flow->id = id_of(parts);
    flow->next = behind(parts);
    flow->used = !is_last(parts) && parts->payload_length == flow->payload;
    record[WEIR_REC_FLAGS] |= WEIR_F_CONTINUES;
    record[WEIR_REC_TCP_FLAGS] = parts->frame[parts->tcp + 13];
    put_le(record + WEIR_REC_IP_ID, flow->id, 2);
}

static void describe_ack(uint8_t *record, const struct parts *parts)
{
    const uint8_t *tcp = parts->frame + parts->tcp;

    record[WEIR_REC_FLAGS] |= WEIR_F_PURE_ACK;
    put_le(record + WEIR_REC_ACK_LOW, be(tcp + 10, 2), 2);
    put_le(record + WEIR_REC_WINDOW, be(tcp + 14, 2), 2);
    record[WEIR_REC_IP_ID_LOW] = parts->v6 ? 0 : parts->frame[parts->ip + 5];
    record[WEIR_REC_TSVAL_LOW] = has_time(parts) ? tcp[27] : 0;
    record[WEIR_REC_TSECR_LOW] = has_time(parts) ? tcp[31] : 0;
}

void coalesce_begin_transfer(struct coalesce_model *model)
{
    memset(model->flow, 0, sizeof model->flow);
}

size_t coalesce_frame(struct coalesce_model *model, const uint8_t *frame, size_t length, uint8_t flags,
                      const uint64_t *timestamp, uint8_t *record)
{
    struct parts parts;

    memset(record, 0, WEIR_RECORD_HEADER);
    record[WEIR_REC_MAGIC] = WEIR_RECORD_MAGIC;
    record[WEIR_REC_FLAGS] = flags;
    if (!take_apart(frame, length, flags, &parts))
        return finish(record, timestamp, 0, frame, length);

    struct coalesce_flow *flow = find(model, &parts);
    unsigned number = flow == NULL ? 0 : (unsigned)(flow - model->flow) + 1;
    bool proper = is_proper(&parts);
    if (flow != NULL && proper && continues(&parts, flow)) {
        describe_continued(record, flow, &parts);
        return finish(record, timestamp, number, frame + parts.payload, parts.payload_length);
    }
    if (flow != NULL && proper && repeats_ack(&parts, flow)) {
        describe_ack(record, &parts);
        return finish(record, timestamp, number, frame, 0);
    }
    if (proper && !is_last(&parts))
        return finish(record, timestamp, become_head(model, flow, &parts), frame, length);
    if (flow != NULL)
        flow->used = false;
    return finish(record, timestamp, 0, frame, length);
}
