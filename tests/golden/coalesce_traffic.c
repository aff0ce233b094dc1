// SPDX-License-Identifier: BSD-2-Clause
#include "coalesce_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "weir_link.h"

enum {
    FIN = 0x01,
    SYN = 0x02,
    RST = 0x04,
    PSH = 0x08,
    ACK = 0x10,
    URG = 0x20,
    ECE = 0x40,
    CWR = 0x80,
    TCP = 6,
    UDP = 17,
    SHORTEST = 60,
    LONGEST = 1460
};

// One frame's own oddities.
struct odd {
    uint8_t flags;
    size_t payload;
    uint32_t seq;
    bool ip_options, fragment, extension, padding, wrong, zero, ffff;
};

static unsigned draw(struct traffic *traffic, unsigned from, unsigned to)
{
    return from + (unsigned)(golden_random(&traffic->random) % (to - from + 1));
}

static bool chance(struct traffic *traffic, unsigned one_in)
{
    return draw(traffic, 1, one_in) == 1;
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

static void fill(struct traffic *traffic, uint8_t *bytes, size_t length)
{
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++, word >>= 8) {
        if (i % 8 == 0)
            word = golden_random(&traffic->random);
        bytes[i] = (uint8_t)word;
    }
}

// ---- Building a frame ----

static uint8_t *put_ethernet(uint8_t *at, const struct traffic_stream *stream)
{
    static const uint8_t addresses[12] = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01, 0x02, 0, 0, 0, 0, 9};
    memcpy(at, addresses, sizeof addresses);
    at += sizeof addresses;
    for (unsigned i = 0; i < stream->tags; i++, at += 4) {
        put16(at, i + 1 < stream->tags ? 0x88A8 : 0x8100);
        put16(at + 2, 0x2000u + stream->port);
    }
    put16(at, stream->v6 ? 0x86DD : 0x0800);
    return at + 2;
}

static void put_ipv4_checksum(uint8_t *ip)
{
    put16(ip + 10, 0);
    put16(ip + 10, (uint16_t)~model_sum(ip, (size_t)(ip[0] & 15) * 4, 0));
}

void traffic_set_id(uint8_t *ip, uint16_t id)
{
    put16(ip + 4, id);
    put_ipv4_checksum(ip);
}

static uint8_t *put_ip(uint8_t *ip, const struct traffic_stream *stream, const struct odd *odd,
                       size_t tcp_length)
{
    size_t extra = odd->ip_options || odd->extension ? 8 : 0;

    if (stream->v6) {
        put32(ip, 6u << 28 | (uint32_t)stream->tos << 20 | stream->label);
        put16(ip + 4, extra + tcp_length);
        ip[6] = odd->extension ? 60 : TCP; // destination options
        ip[7] = stream->ttl;
        memset(ip + 8, 0xFD, 16);
        memset(ip + 24, 0xFC, 16);
        ip[39] = (uint8_t)stream->port;
        if (extra > 0)
            memcpy(ip + 40, (uint8_t[]){TCP, 0, 1, 4, 0, 0, 0, 0}, 8); // PadN
        return ip + 40 + extra;
    }
    ip[0] = (uint8_t)(0x45 + extra / 4);
    ip[1] = stream->tos;
    put16(ip + 2, 20 + extra + tcp_length);
    put16(ip + 6, (stream->df ? 0x4000u : 0) | (odd->fragment ? 0x2000u : 0));
    ip[8] = stream->ttl;
    ip[9] = TCP;
    memcpy(ip + 12, (uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
    memset(ip + 20, 1, extra); // no operation
    traffic_set_id(ip, stream->id);
    return ip + 20 + extra;
}

static void put_options(uint8_t *options, const struct traffic_stream *stream)
{
    memset(options, 1, 4 * (size_t)stream->options); // no operation
    if (stream->options >= 3) { // a time stamp first, as everybody has it, or in another layout
        bool usual = stream->port % 3 != 0;
        put32(options, usual ? 0x0101080A : 0x080A0000 | (stream->tsval >> 16));
        put32(options + 4, usual ? stream->tsval : stream->tsval << 16 | stream->tsecr >> 16);
        put32(options + 8, usual ? stream->tsecr : stream->tsecr << 16 | 0x0101);
    }
}

static uint16_t tcp_sum(const uint8_t *ip, const uint8_t *tcp, size_t length)
{
    uint32_t sum = TCP + (uint32_t)length;
    sum = ip[0] >> 4 == 6 ? model_sum(ip + 8, 32, sum) : model_sum(ip + 12, 8, sum);
    return model_sum(tcp, length, sum);
}

static void put_tcp_checksum(const uint8_t *ip, uint8_t *tcp, size_t length, const struct odd *odd)
{
    size_t header = (size_t)(tcp[12] >> 4) * 4;
    bool zero = odd->zero && length >= header + 2;

    put16(tcp + 16, 0);
    if (zero) {
        put16(tcp + header, 0);
        put16(tcp + header, 0xFFFFu - tcp_sum(ip, tcp, length));
    }
    uint16_t checksum = (uint16_t)~tcp_sum(ip, tcp, length);
    put16(tcp + 16, zero && odd->ffff ? 0xFFFF : checksum);
    if (odd->wrong)
        tcp[17] ^= 0x5A;
}

static void build(struct traffic *traffic, const struct traffic_stream *stream, const struct odd *odd,
                  struct traffic_frame *frame)
{
    size_t header = 20 + 4 * (size_t)stream->options, length = header + odd->payload;
    uint8_t *ip = put_ethernet(frame->bytes, stream);
    uint8_t *tcp = put_ip(ip, stream, odd, length);

    put16(tcp, 5000u + stream->port);
    put16(tcp + 2, 80);
    put32(tcp + 4, odd->seq);
    put32(tcp + 8, stream->ack);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = odd->flags;
    put16(tcp + 14, stream->window);
    put16(tcp + 18, stream->urgent);
    put_options(tcp + 20, stream);
    fill(traffic, tcp + header, odd->payload);
    put_tcp_checksum(ip, tcp, length, odd);
    frame->length = (size_t)(tcp + length - frame->bytes);
    size_t whole = frame->length + (odd->padding ? 1 + stream->port : 0);
    whole = whole < SHORTEST ? SHORTEST : whole;
    memset(frame->bytes + frame->length, odd->padding ? 0xEE : 0, whole - frame->length);
    frame->length = whole;
    frame->flags = odd->fragment ? 0 : odd->wrong ? WEIR_F_CSUM_BAD : WEIR_F_DATA_VALID;
}

// ---- Deciding what comes ----

static void start_stream(struct traffic *traffic, struct traffic_stream *stream, unsigned number)
{
    *stream = (struct traffic_stream){
        .v6 = number % 3 == 1,
        .acks = number >= TRAFFIC_STREAMS - 2,
        .df = chance(traffic, 2),
        .tags = number < 3 ? 0 : draw(traffic, 0, 2),
        .options = number % 2 ? 3 : draw(traffic, 0, 5),
        .id_step = number % 4 == 2 ? 0 : 1,
        .port = (uint16_t)number,
        .id = (uint16_t)draw(traffic, 0, 0xFFFF),
        .window = 4000,
        .mss = (uint16_t)(chance(traffic, 2) ? 1428 : draw(traffic, 20, 1428)),
        .ttl = 64,
        .flags = ACK,
        .seq = (uint32_t)golden_random(&traffic->random),
        .ack = (uint32_t)golden_random(&traffic->random),
        .tsval = (uint32_t)golden_random(&traffic->random),
        .tsecr = (uint32_t)golden_random(&traffic->random),
        .label = draw(traffic, 0, 0xFFFFF),
    };
}

void traffic_start(struct traffic *traffic, uint64_t seed)
{
    *traffic = (struct traffic){.random = seed};
    for (unsigned i = 0; i < TRAFFIC_STREAMS; i++)
        start_stream(traffic, &traffic->stream[i], i);
    for (unsigned i = 0; i <= TRAFFIC_STREAMS; i++)
        traffic->expected[i].last = &traffic->expected[i].first;
}

// Something of the connection changes, for good.
static void change(struct traffic *traffic, struct traffic_stream *stream)
{
    switch (draw(traffic, 0, 255)) {
    case 0:
        stream->seq += stream->mss; // lost
        break;
    case 1:
        stream->seq -= stream->mss; // again
        break;
    case 2:
        stream->ack += draw(traffic, 1, 3000);
        break;
    case 3:
        stream->window ^= (uint16_t)draw(traffic, 1, 0xFFFF);
        break;
    case 4:
        stream->ttl ^= 1;
        break;
    case 5:
        stream->tos ^= (uint8_t)draw(traffic, 1, 3); // ECN
        break;
    case 6:
        stream->id = (uint16_t)(chance(traffic, 2) ? 0xFFFE : draw(traffic, 0, 0xFFFF));
        break;
    case 7:
        stream->tsval += draw(traffic, 1, 300);
        break;
    case 8:
        stream->tsecr += draw(traffic, 1, 300);
        break;
    case 9:
        stream->label ^= 1u << draw(traffic, 0, 19);
        break;
    case 10:
        stream->flags ^= ECE;
        break;
    case 11:
        stream->seq = 0u - draw(traffic, 1, 4000);
        break;
    case 12:
        stream->mss = (uint16_t)draw(traffic, 1, 1428);
        break;
    case 13:
        stream->id_step = draw(traffic, 0, 2);
        break;
    case 14:
        stream->df = !stream->df;
        break;
    case 15:
        stream->urgent ^= 1;
        break;
    case 16:
        stream->options = draw(traffic, 0, 10);
        break;
    default:
        break;
    }
}

static struct odd draw_odd(struct traffic *traffic, const struct traffic_stream *stream)
{
    static const uint8_t rare[] = {SYN, RST, URG, CWR, FIN};
    struct odd odd = {.flags = stream->flags, .seq = stream->seq, .payload = stream->acks ? 0 : stream->mss};

    if (chance(traffic, 16))
        odd.payload = stream->acks ? 0 : draw(traffic, 1, stream->mss);
    if (chance(traffic, 64))
        odd.payload = draw(traffic, 0, LONGEST - 4 * stream->options - 20);
    if (!stream->acks && chance(traffic, 16))
        odd.flags |= PSH;
    if (chance(traffic, 64))
        odd.flags ^= rare[draw(traffic, 0, sizeof rare - 1)];
    if (chance(traffic, 200))
        odd.flags &= (uint8_t)~ACK;
    odd.ip_options = !stream->v6 && chance(traffic, 128);
    odd.fragment = !stream->v6 && chance(traffic, 128);
    odd.extension = stream->v6 && chance(traffic, 64);
    odd.padding = chance(traffic, 64);
    odd.wrong = chance(traffic, 64);
    odd.zero = chance(traffic, 32);
    odd.ffff = chance(traffic, 2);
    return odd;
}

static void make_tcp(struct traffic *traffic, struct traffic_stream *stream, struct traffic_frame *frame)
{
    change(traffic, stream);
    struct odd odd = draw_odd(traffic, stream);
    build(traffic, stream, &odd, frame);
    stream->seq = odd.seq + (uint32_t)odd.payload;
    stream->id = (uint16_t)(stream->id + (stream->id_step < 2 ? stream->id_step : draw(traffic, 0, 0xFFFF)));
    if (stream->acks) {
        stream->ack += draw(traffic, 0, 1) * 2 * 1460;
        stream->window ^= (uint16_t)draw(traffic, 0, 255);
        stream->tsval += chance(traffic, 3);
        stream->tsecr += chance(traffic, 3);
    }
}

// UDP with a right checksum, or what has no meaning here: an unknown type, or three tags.
static void make_other(struct traffic *traffic, struct traffic_frame *frame)
{
    struct traffic_stream none = {.ttl = 64, .tags = 3, .flags = ACK, .port = 9};

    if (chance(traffic, 2)) {
        build(traffic, &none, &(struct odd){.flags = ACK, .payload = draw(traffic, 0, 1000)}, frame);
        frame->flags = 0;
        return;
    }
    none.tags = 0;
    build(traffic, &none, &(struct odd){.flags = ACK, .payload = 200}, frame);
    frame->flags = 0;
    if (chance(traffic, 2)) {
        put16(frame->bytes + 12, 0x88B5); // IEEE 802 local experimental
        return;
    }
    uint8_t *ip = frame->bytes + 14, *udp = ip + 20;
    ip[9] = UDP;
    put_ipv4_checksum(ip);
    put16(udp + 4, 220);
    put16(udp + 6, 0);
    uint16_t sum = model_sum(udp, 220, model_sum(ip + 12, 8, UDP + 220));
    put16(udp + 6, sum == 0xFFFF ? 0xFFFF : (uint16_t)~sum);
    frame->flags = WEIR_F_DATA_VALID;
}

static const struct traffic_frame *put_on_wire(struct traffic *traffic, struct traffic_frame *frame,
                                               unsigned stream)
{
    struct traffic_queue *queue = &traffic->expected[stream];

    frame->next = NULL;
    frame->time = traffic->time += draw(traffic, 600, 14000);
    *queue->last = frame;
    queue->last = &frame->next;
    traffic->frames++;
    return frame;
}

const struct traffic_frame *traffic_next(struct traffic *traffic)
{
    if (traffic->delayed != NULL && chance(traffic, 3)) {
        struct traffic_frame *frame = traffic->delayed;
        traffic->delayed = NULL;
        return put_on_wire(traffic, frame, traffic->current);
    }
    struct traffic_frame *frame = malloc(sizeof *frame);
    if (frame == NULL)
        abort();
    if (chance(traffic, 40)) {
        make_other(traffic, frame);
        return put_on_wire(traffic, frame, TRAFFIC_STREAMS);
    }
    if (traffic->delayed == NULL && chance(traffic, 4))
        traffic->current = draw(traffic, 0, TRAFFIC_STREAMS - 1);
    make_tcp(traffic, &traffic->stream[traffic->current], frame);
    if (traffic->delayed == NULL && chance(traffic, 64)) {
        traffic->delayed = frame;
        return traffic_next(traffic);
    }
    return put_on_wire(traffic, frame, traffic->current);
}
