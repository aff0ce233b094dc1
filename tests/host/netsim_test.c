// SPDX-License-Identifier: BSD-2-Clause
//
// Two stacks talk over links of every kind of badness.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "netsim.h"
#include "weir_tcp.h"

#define MIB (1024u * 1024)

struct side {
    struct weir_stack *stack;
    struct weir_tcp *tcp;
    size_t to_send, sent, to_receive, received;
    bool ended;
};

struct pair {
    struct side sides[2];
    struct weir_tcp_listener *listener;
    struct netsim *sim;
};

static uint8_t byte_at(size_t position, int side)
{
    const uint32_t mixed = (uint32_t)(position + 1) * 2654435761u + (uint32_t)side * 40503u;
    return (uint8_t)(mixed >> 24 ^ mixed >> 11);
}

static struct weir_stack *make_stack(int side, bool offload, size_t buffer)
{
    struct weir_stack_config config = {
        .mac = {2, 0, 0, 0, 0, (uint8_t)(side + 1)},
        .address = {4, {10, 0, 0, (uint8_t)(side + 1)}},
        .prefix_length = 24,
        .tx_csum = offload,
        .tso = offload,
        .send_buffer = buffer,
        .receive_buffer = buffer,
        .secret = {(uint8_t)side, 7, 1, 8, 2, 8, 1, 8},
    };
    return weir_stack_create(&config, 0);
}

static struct pair make_pair(const struct netsim_link *link, uint64_t seed, bool offload, size_t buffer)
{
    struct pair pair = {0};
    for (int i = 0; i < 2; i++) {
        pair.sides[i].stack = make_stack(i, offload, buffer);
        assert_non_null(pair.sides[i].stack);
    }
    pair.sim = netsim_create(pair.sides[0].stack, pair.sides[1].stack, link, seed);
    pair.listener = weir_tcp_listen(pair.sides[1].stack, 80, 4);
    assert_non_null(pair.listener);
    const struct weir_ip server = {4, {10, 0, 0, 2}};
    pair.sides[0].tcp = weir_tcp_connect(pair.sides[0].stack, 0, &server, 80, 0);
    assert_non_null(pair.sides[0].tcp);
    return pair;
}

static void destroy_pair(struct pair *pair)
{
    netsim_destroy(pair->sim);
    weir_stack_destroy(pair->sides[0].stack);
    weir_stack_destroy(pair->sides[1].stack);
}

static void write_some(struct side *side, int index)
{
    while (side->sent < side->to_send) {
        uint8_t piece[4096];
        size_t length = side->to_send - side->sent;
        length = length < sizeof piece ? length : sizeof piece;
        for (size_t i = 0; i < length; i++) {
            piece[i] = byte_at(side->sent + i, index);
        }
        const ptrdiff_t taken = weir_tcp_send(side->tcp, piece, length);
        if (taken == 0 || taken == -ENOTCONN) {
            return;
        }
        assert_true(taken > 0);
        side->sent += (size_t)taken;
    }
    weir_tcp_shutdown(side->tcp);
}

static void read_some(struct side *side, int index)
{
    const uint8_t *data;
    ptrdiff_t got;
    while ((got = weir_tcp_peek(side->tcp, &data)) > 0) {
        for (ptrdiff_t i = 0; i < got; i++) {
            if (data[i] != byte_at(side->received + (size_t)i, 1 - index)) {
                fail_msg("byte %zu is wrong", side->received + (size_t)i);
            }
        }
        side->received += (size_t)got;
        weir_tcp_consume(side->tcp, (size_t)got);
    }
    assert_true(got == 0 || got == -EAGAIN);
    side->ended = got == 0 && weir_tcp_state(side->tcp) != WEIR_TCP_SYN_SENT;
}

static bool is_over(const struct side *side)
{
    return side->tcp != NULL && side->ended && side->sent == side->to_send &&
           weir_tcp_unacknowledged(side->tcp) == 0 &&
           (weir_tcp_state(side->tcp) == WEIR_TCP_TIME_WAIT || weir_tcp_state(side->tcp) == WEIR_TCP_CLOSED);
}

// Carries both directions to their ends; the time that the last byte took to arrive.
static weir_time carry(struct pair *pair, weir_time limit)
{
    weir_time done_at = 0;
    while (!is_over(&pair->sides[0]) || !is_over(&pair->sides[1])) {
        if (pair->sides[1].tcp == NULL) {
            pair->sides[1].tcp = weir_tcp_accept(pair->listener);
        }
        for (int i = 0; i < 2; i++) {
            struct side *side = &pair->sides[i];
            const size_t before = side->received;
            if (side->tcp != NULL) {
                write_some(side, i);
                read_some(side, i);
            }
            done_at = side->received > before ? netsim_now(pair->sim) : done_at;
        }
        if (!netsim_step(pair->sim, limit)) {
            fail_msg("not done after %llu s", (unsigned long long)(limit / WEIR_SECOND));
        }
    }
    return done_at;
}

static void check_both_ways(const struct netsim_link *link, uint64_t seed, bool offload)
{
    struct pair pair = make_pair(link, seed, offload, 0);
    for (int i = 0; i < 2; i++) {
        pair.sides[i].to_send = pair.sides[i].to_receive = 4 * MIB;
    }
    carry(&pair, 3600 * WEIR_SECOND);
    for (int i = 0; i < 2; i++) {
        if (pair.sides[i].received != 4 * MIB || weir_tcp_error(pair.sides[i].tcp) != 0) {
            fail_msg("seed %llu: side %d received %zu", (unsigned long long)seed, i, pair.sides[i].received);
        }
    }
    destroy_pair(&pair);
}

static const struct netsim_link BAD = {
    .rate = 100000000,
    .delay = 2 * WEIR_MS,
    .drop = 0.01,
    .duplicate = 0.01,
    .reorder = 0.01,
    .corrupt = 0.01,
    .reorder_by = 3 * WEIR_MS,
};

static void four_mib_both_ways_survive_one_percent_of_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        check_both_ways(&BAD, seed, false);
    }
}

static void superframes_survive_one_percent_of_everything(void **state)
{
    (void)state;
    for (uint64_t seed = 11; seed <= 15; seed++) {
        check_both_ways(&BAD, seed, true);
    }
}

static void ten_percent_of_everything_only_costs_time(void **state)
{
    (void)state;
    struct netsim_link link = BAD;
    link.drop = link.duplicate = link.reorder = link.corrupt = 0.1;
    struct pair pair = make_pair(&link, 99, true, 0);
    pair.sides[0].to_send = MIB / 4;
    pair.sides[1].to_send = MIB / 4;
    carry(&pair, 36000 * WEIR_SECOND);
    assert_int_equal(pair.sides[0].received, MIB / 4);
    assert_int_equal(pair.sides[1].received, MIB / 4);
    destroy_pair(&pair);
}

static void nothing_is_sent_again_on_a_clean_link(void **state)
{
    (void)state;
    const struct netsim_link link = {.rate = 100000000, .delay = WEIR_MS};
    struct pair pair = make_pair(&link, 1, true, 0);
    pair.sides[0].to_send = 4 * MIB;
    carry(&pair, 60 * WEIR_SECOND);
    assert_int_equal(weir_stack_stats(pair.sides[0].stack)->tcp_retrans_segs, 0);
    assert_true(weir_stack_stats(pair.sides[0].stack)->out_superframes > 0);
    destroy_pair(&pair);
}

// A snapshot to look at when the code changes: 8 MiB, 100 Mb/s, 20 ms of round trip, losses in both
// directions.
static double goodput(double drop, bool offload, size_t queue)
{
    const struct netsim_link link = {.rate = 100000000, .delay = 10 * WEIR_MS, .queue = queue, .drop = drop};
    struct pair pair = make_pair(&link, 42, offload, MIB);
    pair.sides[0].to_send = 8 * MIB;
    const weir_time took = carry(&pair, 3600 * WEIR_SECOND);
    assert_int_equal(pair.sides[1].received, 8 * MIB);
    destroy_pair(&pair);
    return 8.0 * MIB * 8 / ((double)took / 1e9) / 1e6;
}

static void goodput_falls_gracefully_with_loss(void **state)
{
    (void)state;
    static const double drops[] = {0, 0.001, 0.01, 0.03};
    static const double least[] = {50, 15, 3, 1}; // Mb/s
    for (int offload = 0; offload < 2; offload++) {
        for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
            const double rate = goodput(drops[i], offload != 0, 0);
            printf("# %s, loss %.1f %%: %.1f Mb/s\n", offload != 0 ? "superframes" : "frames", drops[i] * 100,
                   rate);
            assert_true(rate >= least[i]);
        }
    }
}

static void an_overrun_queue_does_not_ruin_a_transfer(void **state)
{
    (void)state;
    const double rate = goodput(0, true, 256 * 1024);
    printf("# superframes, a queue of 256 KiB: %.1f Mb/s\n", rate);
    assert_true(rate >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_again_on_a_clean_link),
        cmocka_unit_test(four_mib_both_ways_survive_one_percent_of_everything),
        cmocka_unit_test(superframes_survive_one_percent_of_everything),
        cmocka_unit_test(ten_percent_of_everything_only_costs_time),
        cmocka_unit_test(goodput_falls_gracefully_with_loss),
        cmocka_unit_test(an_overrun_queue_does_not_ruin_a_transfer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
