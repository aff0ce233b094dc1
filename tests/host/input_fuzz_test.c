// SPDX-License-Identifier: BSD-2-Clause
//
// Random and mutated frames, random calls and random time, against a stack with live connections. Built with
// sanitizers it looks for memory errors; in any build, for stacks that spin, and for frames that are wrong.
// WEIR_FUZZ_ROUNDS and WEIR_FUZZ_SEED in the environment change what is run.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcp_script.h"

#define ROUNDS 300000
#define CONNECTIONS 8
#define FRAME_MAX 3000

static struct script s;
static uint64_t seed, random_state;
static struct weir_tcp *connections[CONNECTIONS];
static uint8_t sent[64][FRAME_MAX]; // frames that the stack sent: what a peer may quote
static size_t sent_length[64];
static unsigned sent_count;

static uint32_t rnd(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % below;
}

static void put16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
    put16(bytes, value >> 16);
    put16(bytes + 2, value);
}

// The next frames to leave; each must be whole and right.
static void drain(void)
{
    unsigned frames = 0;
    while (script_frame_out(&s)) {
        assert_true(++frames < 10000);
        assert_true(s.length >= 42 && s.length <= 65535 + 14);
        if (s.frame[13] == 0) {
            assert_int_equal(script_sum(s.frame + 14, 20, 0), 0xFFFF);
            assert_int_equal(s.frame[16] << 8 | s.frame[17], s.length - 14);
        }
        const unsigned slot = sent_count++ % 64;
        sent_length[slot] = s.length < FRAME_MAX ? s.length : FRAME_MAX;
        memcpy(sent[slot], s.frame, sent_length[slot]);
    }
}

// The reply to a frame that was sent: its ports and sequence numbers turned round, near enough to be
// believed.
static size_t turn_round(uint8_t *frame)
{
    const unsigned slot = rnd(sent_count < 64 ? sent_count : 64);
    const uint8_t *mine = sent[slot];
    memcpy(frame, script_mac, 6);
    memcpy(frame + 6, script_peer_mac, 6);
    if (mine[13] == 6) { // ARP: reply
        memcpy(frame + 12, mine + 12, 30);
        frame[21] = 2;
        memcpy(frame + 22, script_peer_mac, 6);
        memcpy(frame + 28, mine + 38, 4);
        memcpy(frame + 38, mine + 28, 4);
        return 60;
    }
    memcpy(frame + 12, mine + 12, 22);
    memcpy(frame + 26, mine + 30, 4);
    memcpy(frame + 30, mine + 26, 4);
    if (mine[23] == 1 || rnd(20) == 0) { // echo, or what comes back of any packet
        memset(frame + 34, 0, 8);
        frame[23] = 1;
        frame[34] = (uint8_t)(rnd(2) == 0 ? 3 : rnd(2) * 8);
        frame[35] = (uint8_t)rnd(6);
        put16(frame + 40, rnd(1500));
        memcpy(frame + 42, mine + 14, 28);
        return 42 + 28;
    }
    static const uint8_t flags[] = {0x10, 0x10, 0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0x02, 0x12, 0x01, 0xFF};
    const size_t options = 4 * rnd(11);
    const size_t length = rnd(3) == 0 ? rnd(1400) : rnd(20);
    memcpy(frame + 34, mine + 36, 2);
    memcpy(frame + 36, mine + 34, 2);
    put32(frame + 38,
          ((uint32_t)mine[42] << 24 | (uint32_t)mine[43] << 16 | (uint32_t)mine[44] << 8 | mine[45]) +
              (rnd(2) == 0 ? 0 : rnd(3000) - 100));
    const uint32_t payload = (uint32_t)(sent_length[slot] > 54 ? sent_length[slot] - 54 : 0);
    const uint32_t ours =
        (uint32_t)mine[38] << 24 | (uint32_t)mine[39] << 16 | (uint32_t)mine[40] << 8 | mine[41];
    put32(frame + 42, ours + (rnd(2) == 0 ? payload + ((mine[47] & 3) != 0) : rnd(payload + 3)));
    frame[46] = (uint8_t)((20 + options) / 4 << 4);
    frame[47] = flags[rnd(sizeof flags)];
    put16(frame + 48, rnd(4) == 0 ? rnd(5000) : 60000);
    put32(frame + 50, 0);
    for (size_t i = 54; i < 54 + options + length; i++) {
        frame[i] = (uint8_t)(rnd(2) == 0 ? 1 : rnd(12));
    }
    return 54 + options + length;
}

static void fix_checksums(uint8_t *frame, size_t length)
{
    if (length < 34 || frame[13] != 0) {
        return;
    }
    const size_t header = (size_t)(frame[14] & 15) * 4;
    frame[24] = frame[25] = 0;
    if (header < 20 || 14 + header > length) {
        return;
    }
    put16(frame + 16, (uint32_t)(length - 14));
    put16(frame + 24, (uint16_t)~script_sum(frame + 14, header, 0));
    const size_t at = 14 + header;
    const bool tcp = frame[23] == 6;
    if (length < at + (tcp ? 20 : 8) || (!tcp && frame[23] != 1)) {
        return;
    }
    uint8_t *field = frame + at + (tcp ? 16 : 2);
    put16(field, 0);
    const uint32_t pseudo = tcp ? script_sum(frame + 26, 8, (uint32_t)(6 + length - at)) : 0;
    put16(field, (uint16_t)~script_sum(frame + at, length - at, pseudo));
}

static void mutate(uint8_t *frame, size_t *length)
{
    for (uint32_t i = rnd(4); i > 0; i--) {
        frame[rnd((uint32_t)*length)] = (uint8_t)rnd(256);
    }
    if (rnd(8) == 0) {
        *length = rnd((uint32_t)*length + 1);
    } else if (rnd(8) == 0) {
        *length += rnd(20);
    }
}

static void one_frame(void)
{
    uint8_t frame[FRAME_MAX] = {0};
    size_t length = turn_round(frame);
    const bool good = rnd(2) == 0;
    if (!good) {
        mutate(frame, &length);
    }
    if (good || rnd(4) != 0) {
        fix_checksums(frame, length);
    }
    uint8_t *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, frame, length);
    if (rnd(10) == 0) {
        weir_stack_input_glued(s.stack, s.now, exact, length, (uint16_t)(rnd(2) == 0 ? rnd(4) : rnd(1500)));
    } else {
        weir_stack_input(s.stack, s.now, exact, length,
                         rnd(10) == 0 ? WEIR_RX_CSUM_GOOD : WEIR_RX_CSUM_UNKNOWN);
    }
    free(exact);
}

static void one_call(void)
{
    static uint8_t bytes[20000];
    const struct weir_ip hosts[] = {{4, {10, 0, 0, 2}}, {4, {10, 0, 0, (uint8_t)rnd(256)}}};
    struct weir_tcp **tcp = &connections[rnd(CONNECTIONS)];
    if (*tcp == NULL) {
        *tcp = rnd(2) == 0
                   ? weir_tcp_accept(s.listener)
                   : weir_tcp_connect(s.stack, s.now, &hosts[rnd(4) == 0], (uint16_t)(80 + rnd(2)), 0);
        return;
    }
    switch (rnd(12)) {
    case 0:
        weir_tcp_shutdown(*tcp);
        break;
    case 1:
        weir_tcp_release(*tcp);
        *tcp = NULL;
        break;
    case 2:
        weir_tcp_abort(*tcp);
        break;
    case 3:
        weir_tcp_set_nodelay(*tcp, rnd(2) == 0);
        break;
    case 4:
        (void)weir_icmp_echo(s.stack, s.now, &hosts[rnd(2)], 1, 1, bytes, rnd(1600));
        break;
    case 5:
    case 6:
    case 7:
        (void)weir_tcp_receive(*tcp, bytes, rnd(5000));
        break;
    default:
        (void)weir_tcp_send(*tcp, bytes, rnd(sizeof bytes));
        break;
    }
}

static void nothing_that_comes_in_hurts_the_stack(void **state)
{
    const char *rounds = getenv("WEIR_FUZZ_ROUNDS");
    const char *from = getenv("WEIR_FUZZ_SEED");
    struct weir_stack_config config = script_config();
    (void)state;
    seed = from != NULL ? strtoull(from, NULL, 10) : 20250101;
    random_state = seed * 2 + 1;
    printf("# seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    config.tx_csum = config.tso = true;
    config.send_buffer = 20000;
    config.receive_buffer = 10000;
    script_start(&s, &config);
    s.listener = weir_tcp_listen(s.stack, OUR_PORT, 3);
    assert_non_null(s.listener);
    script_in(&s, "S seq=1000 mss=500 scale=2");
    drain();
    uint64_t delivered = 0;
    for (unsigned long i = rounds != NULL ? strtoul(rounds, NULL, 10) : ROUNDS; i > 0; i--) {
        if (rnd(4) == 0) {
            one_call();
        } else {
            one_frame();
        }
        if (rnd(1000) == 0) {
            script_in(&s, "S seq=1000 mss=500 scale=2 ts=5");
        }
        drain();
        const weir_time next = weir_stack_poll_at(s.stack);
        if (rnd(20) == 0 && next != WEIR_TIME_NEVER) {
            s.now = next;
        } else {
            s.now += rnd(100) * WEIR_MS / 10;
        }
        delivered =
            weir_stack_stats(s.stack)->tcp_passive_opens + weir_stack_stats(s.stack)->tcp_active_opens;
    }
    assert_true(delivered > 10); // it did get somewhere
    script_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_that_comes_in_hurts_the_stack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
