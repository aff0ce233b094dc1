// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcp_script.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

const uint8_t script_mac[6] = {2, 0, 0, 0, 0, 1};
const uint8_t script_peer_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t OUR_IP[4] = {10, 0, 0, 1};
static const uint8_t PEER_IP[4] = {10, 0, 0, 2};

struct segment {
    unsigned flags;
    long long seq, ack, win, len, mss, scale, ts, echo, gso; // -1: not written
};

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

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

uint16_t script_sum(const uint8_t *bytes, size_t length, uint32_t start)
{
    for (size_t i = 0; i < length; i++) {
        start += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        start = (start & 0xFFFF) + (start >> 16);
    }
    return (uint16_t)start;
}

static uint8_t payload_byte(uint32_t seq)
{
    return (uint8_t)(seq * 7 + (seq >> 8));
}

static long long *key_of(struct segment *segment, const char *name)
{
    static const char *const names[] = {"seq", "ack", "win", "len", "mss", "scale", "ts", "echo", "gso"};
    long long *const fields[] = {&segment->seq,   &segment->ack, &segment->win,  &segment->len, &segment->mss,
                                 &segment->scale, &segment->ts,  &segment->echo, &segment->gso};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0 && name[strlen(names[i])] == '=') {
            return fields[i];
        }
    }
    fail_msg("no such key: %s", name);
    return NULL;
}

static struct segment parse(const char *text)
{
    struct segment segment = {0, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    static const char letters[] = "FSRPA";
    for (; *text != '\0' && *text != ' '; text++) {
        const char *letter = strchr(letters, *text);
        if (letter == NULL) {
            fail_msg("no such flag: %c", *text);
            return segment;
        }
        segment.flags |= 1u << (letter - letters);
    }
    while (*text == ' ') {
        text++;
        *key_of(&segment, text) = strtoll(strchr(text, '=') + 1, NULL, 10);
        text += strcspn(text, " ");
    }
    return segment;
}

struct weir_stack_config script_config(void)
{
    struct weir_stack_config config = {
        .address = {4, {10, 0, 0, 1}}, .prefix_length = 24, .gateway = {4, {10, 0, 0, 254}}};
    memcpy(config.mac, script_mac, 6);
    memcpy(config.secret, "sixteen bytes ok", 16);
    return config;
}

void script_start(struct script *script, const struct weir_stack_config *config)
{
    memset(script, 0, sizeof *script);
    script->config = *config;
    script->now = 100 * WEIR_SECOND;
    script->arp_answered = true;
    script->stack = weir_stack_create(config, script->now);
    assert_non_null(script->stack);
    script_arp_in(script, 1, script_peer_mac, PEER_IP, OUR_IP); // a request: its sender is remembered
    assert_true(script_frame_out(script));
}

void script_end(struct script *script)
{
    weir_stack_destroy(script->stack);
}

void script_frame_in(struct script *script, const uint8_t *frame, size_t length)
{
    uint8_t *exact = malloc(length); // a sanitizer sees reads behind it
    assert_non_null(exact);
    memcpy(exact, frame, length);
    if (script->glued == 0) {
        weir_stack_input(script->stack, script->now, exact, length, WEIR_RX_CSUM_UNKNOWN);
    } else {
        weir_stack_input_glued(script->stack, script->now, exact, length, script->glued);
    }
    free(exact);
}

void script_ip_in(struct script *script, uint8_t protocol, const uint8_t *payload, size_t length)
{
    static uint8_t frame[65536];
    memcpy(frame, script_mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    put16(frame + 12, 0x0800);
    memset(frame + 14, 0, 20);
    frame[14] = 0x45;
    put16(frame + 16, 20 + length);
    frame[22] = 64;
    frame[23] = protocol;
    memcpy(frame + 26, PEER_IP, 4);
    memcpy(frame + 30, OUR_IP, 4);
    put16(frame + 24, (uint16_t)~script_sum(frame + 14, 20, 0));
    memcpy(frame + 34, payload, length);
    script_frame_in(script, frame, 34 + length);
}

void script_arp_in(struct script *script, uint16_t operation, const uint8_t sender_mac[6],
                   const uint8_t sender[4], const uint8_t target[4])
{
    uint8_t frame[60] = {0};
    memset(frame, 0xFF, 6);
    memcpy(frame + 6, sender_mac, 6);
    put16(frame + 12, 0x0806);
    put16(frame + 14, 1);
    put16(frame + 16, 0x0800);
    put16(frame + 18, 0x0604);
    put16(frame + 20, operation);
    memcpy(frame + 22, sender_mac, 6);
    memcpy(frame + 28, sender, 4);
    memcpy(frame + 38, target, 4);
    script_frame_in(script, frame, sizeof frame);
}

static size_t emit_options(uint8_t *bytes, const struct segment *segment)
{
    size_t length = 0;
    if (segment->mss >= 0) {
        put32(bytes, 0x02040000 | (uint32_t)segment->mss);
        length += 4;
    }
    if (segment->scale >= 0) {
        put32(bytes + length, 0x01030300 | (uint32_t)segment->scale);
        length += 4;
    }
    if (segment->ts >= 0) {
        put32(bytes + length, 0x0101080A);
        put32(bytes + length + 4, (uint32_t)segment->ts);
        put32(bytes + length + 8, segment->echo >= 0 ? (uint32_t)segment->echo : 0);
        length += 12;
    }
    return length;
}

void script_in(struct script *script, const char *text)
{
    static uint8_t bytes[65536];
    const struct segment segment = parse(text);
    const size_t header = 20 + emit_options(bytes + 20, &segment);
    const size_t length = segment.len > 0 ? (size_t)segment.len : 0;
    put16(bytes, PEER_PORT);
    put16(bytes + 2, OUR_PORT);
    put32(bytes + 4, (uint32_t)segment.seq);
    put32(bytes + 8, (segment.flags & ACK) != 0 ? (uint32_t)segment.ack + script->iss : 0);
    bytes[12] = (uint8_t)(header / 4 << 4);
    bytes[13] = (uint8_t)segment.flags;
    put16(bytes + 14, segment.win >= 0 ? (size_t)segment.win : 65535);
    put32(bytes + 16, 0);
    for (size_t i = 0; i < length; i++) {
        bytes[header + i] = payload_byte((uint32_t)segment.seq + (uint32_t)i);
    }
    const uint16_t pseudo = script_sum(OUR_IP, 4, script_sum(PEER_IP, 4, (uint32_t)(6 + header + length)));
    script->glued = segment.gso > 0 ? (uint16_t)segment.gso : 0;
    put16(bytes + 16, script->glued > 0 ? pseudo : (uint16_t)~script_sum(bytes, header + length, pseudo));
    script_ip_in(script, 6, bytes, header + length);
    script->glued = 0;
}

static bool asks_for_peer(const struct script *script)
{
    const uint8_t *frame = script->frame;
    return script->length == 42 && frame[13] == 6 && frame[21] == 1 && memcmp(frame + 38, PEER_IP, 4) == 0;
}

bool script_frame_out(struct script *script)
{
    struct weir_tx *tx = &script->tx;
    if (!weir_stack_output(script->stack, script->now, tx)) {
        assert_true(weir_stack_poll_at(script->stack) > script->now); // else callers would spin
        return false;
    }
    memcpy(script->frame, tx->header, tx->header_length);
    script->length = tx->header_length;
    for (int i = 0; i < 2; i++) {
        if (tx->payload[i].length > 0) {
            memcpy(script->frame + script->length, tx->payload[i].data, tx->payload[i].length);
            script->length += tx->payload[i].length;
        }
    }
    if (script->arp_answered && asks_for_peer(script)) {
        script_arp_in(script, 2, script_peer_mac, PEER_IP, OUR_IP);
        return script_frame_out(script);
    }
    return true;
}

void script_quiet(struct script *script)
{
    if (script_frame_out(script)) {
        fail_msg("a frame of %zu bytes left (flags %02x seq %u)", script->length, script->frame[47],
                 get32(script->frame + 38) - script->iss);
    }
}

void script_wait(struct script *script, weir_time time)
{
    const weir_time until = script->now + time;
    script_quiet(script);
    for (weir_time at; (at = weir_stack_poll_at(script->stack)) < until;) {
        script->now = at;
        script_quiet(script);
    }
    script->now = until;
}

static void check_checksums(const struct script *script)
{
    const uint8_t *ip = script->frame + 14;
    const uint8_t *tcp = script->frame + 34;
    const size_t length = script->length - 34;
    assert_int_equal(script_sum(ip, 20, 0), 0xFFFF);
    assert_int_equal(get16(ip + 2), script->length - 14);
    const size_t counted = script->tx.gso_size > 0 ? 0 : length;
    const uint16_t pseudo = script_sum(ip + 12, 8, (uint32_t)(6 + counted));
    if (script->tx.needs_csum) {
        assert_int_equal(get16(tcp + 16), pseudo);
        assert_int_equal(script->tx.csum_start, 34);
        assert_int_equal(script->tx.csum_offset, 16);
    } else {
        assert_int_equal(script_sum(tcp, length, pseudo), 0xFFFF);
    }
}

static struct segment read_segment(const struct script *script)
{
    const uint8_t *tcp = script->frame + 34;
    const size_t header = (size_t)(tcp[12] >> 4) * 4;
    struct segment segment = {tcp[13], get32(tcp + 4),     get32(tcp + 8), get16(tcp + 14), 0, -1, -1, -1,
                              -1,      script->tx.gso_size};
    segment.len = (long long)(script->length - 34 - header);
    for (size_t i = 20; i < header && tcp[i] != 0; i += tcp[i] == 1 ? 1 : tcp[i + 1]) {
        if (tcp[i] == 2) {
            segment.mss = get16(tcp + i + 2);
        } else if (tcp[i] == 3) {
            segment.scale = tcp[i + 2];
        } else if (tcp[i] == 8) {
            segment.ts = get32(tcp + i + 2);
            segment.echo = get32(tcp + i + 6);
        }
    }
    return segment;
}

static void compare(const char *text, const char *key, long long wanted, long long got)
{
    if (wanted != -1 && wanted != got) {
        fail_msg("\"%s\": %s is %lld", text, key, got);
    }
}

void script_out(struct script *script, const char *text)
{
    const struct segment wanted = parse(text);
    if (!script_frame_out(script)) {
        fail_msg("\"%s\": nothing left; next at +%lld us", text,
                 (long long)((weir_stack_poll_at(script->stack) - script->now) / 1000));
    }
    assert_int_equal(get16(script->frame + 12), 0x0800);
    assert_int_equal(script->frame[23], 6);
    assert_memory_equal(script->frame, script_peer_mac, 6);
    check_checksums(script);
    struct segment got = read_segment(script);
    if ((got.flags & SYN) != 0 && !script->has_iss) {
        script->iss = (uint32_t)got.seq;
        script->has_iss = true;
    }
    got.seq = (uint32_t)got.seq - script->iss;
    const unsigned ignored = (wanted.flags & PSH) != 0 ? 0 : PSH;
    if ((got.flags & ~ignored) != wanted.flags) {
        fail_msg("\"%s\": flags are %02x (seq %lld len %lld)", text, got.flags, got.seq, got.len);
    }
    compare(text, "seq", wanted.seq, got.seq);
    compare(text, "ack", wanted.ack, got.ack);
    compare(text, "win", wanted.win, got.win);
    compare(text, "len", wanted.len, got.len);
    compare(text, "mss", wanted.mss, got.mss);
    compare(text, "scale", wanted.scale, got.scale);
    compare(text, "ts", wanted.ts, got.ts);
    compare(text, "echo", wanted.echo, got.echo);
    compare(text, "gso", wanted.gso, got.gso);
}

void script_connect(struct script *script, const char *options)
{
    const struct weir_ip peer = {4, {10, 0, 0, 2}};
    char text[128];
    script->tcp = weir_tcp_connect(script->stack, script->now, &peer, PEER_PORT, OUR_PORT);
    assert_non_null(script->tcp);
    script_out(script, "S seq=0");
    snprintf(text, sizeof text, "SA seq=%d ack=1 %s", PEER_ISN, options);
    if (options[0] == '\0') {
        text[strlen(text) - 1] = '\0';
    }
    script_in(script, text);
    script_out(script, "A seq=1 ack=1001 len=0");
    assert_int_equal(weir_tcp_state(script->tcp), WEIR_TCP_ESTABLISHED);
}

void script_accept(struct script *script, const char *options)
{
    char text[128];
    script->listener = weir_tcp_listen(script->stack, OUR_PORT, 4);
    assert_non_null(script->listener);
    snprintf(text, sizeof text, "S seq=%d%s%s", PEER_ISN, options[0] != '\0' ? " " : "", options);
    script_in(script, text);
    script_out(script, "SA seq=0 ack=1001");
    script_in(script, "A seq=1001 ack=1");
    script->tcp = weir_tcp_accept(script->listener);
    assert_non_null(script->tcp);
}

void script_send(struct script *script, size_t length)
{
    static uint8_t bytes[1024 * 1024];
    assert_true(length <= sizeof bytes);
    assert_int_equal(weir_tcp_send(script->tcp, bytes, length), length);
}

void script_read(struct script *script, uint32_t seq, size_t length)
{
    static uint8_t bytes[1024 * 1024];
    const ptrdiff_t got = weir_tcp_receive(script->tcp, bytes, sizeof bytes);
    assert_int_equal(got, length);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != payload_byte(seq + (uint32_t)i)) {
            fail_msg("byte %zu is wrong", i);
        }
    }
}
