// SPDX-License-Identifier: BSD-2-Clause
//
// weir selftest: sends frames of every kind round in a loop, and compares what comes back with what software
// makes of them. The loop is the MAC's own, so that neither pins nor PHY nor cable take part; or with --phy
// the PHY's own, so that the pins do; or with --wire a plug in the card's socket.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge_segment.h"
#include "counters.h"
#include "runner.h"
#include "selftest_frames.h"
#include "selftest_hints.h"
#include "selftest_phy.h"
#include "tool.h"

// Until a frame is lost. 64 KiB at 10 Mb/s are 55 ms, and over USB's full speed 65 ms each way. Over usbredir
// the time is the wall's, while the card at the other end may be a simulation in which all this takes
// seconds.
#define PATIENCE WEIR_SECOND
#define PATIENCE_FULL_SPEED (2 * WEIR_SECOND)
#define PATIENCE_USBREDIR (10 * WEIR_SECOND)
#define QUIET (WEIR_SECOND / 10) // for what still comes behind a failure
#define SHORTEST 60              // bytes that a frame is padded to, without FCS
#define LONGEST 1514
#define WHY_SIZE 160

struct test {
    struct runner runner;
    const struct weir_card_caps *caps;
    enum selftest_loop loop;
    struct selftest_phy phy;
    struct selftest_frame frame;
    uint8_t copy[SELFTEST_LONGEST]; // as it is given to the card
    uint8_t wanted[SELFTEST_LONGEST];
    struct weir_bridge_cut cut; // what comes of it
    uint8_t flags;              // WEIR_F_ that each frame is to come back with
    bool waiting, deaf;         // a frame is due; what comes does not matter
    unsigned number, came;      // frames sent; frames that came back
    unsigned given_up;          // frames with smaller numbers are no longer waited for, but may yet come
    weir_time patience;         // until a frame is lost
    char why[WHY_SIZE];         // what was wrong with the first that was; empty: nothing
};

// After a signal, or without the card: nothing that is missing then is its fault.
static bool is_over(const struct test *test)
{
    return test->runner.broken || test->runner.interrupted || !test->runner.card;
}

// Notes that the card refuses something, unless it was pulled out: then it is over.
static void note_refusal(struct test *test, const char *what, int error)
{
    if (error == -ENODEV)
        runner_step(&test->runner, runner_now(&test->runner));
    if (!is_over(test))
        snprintf(test->why, WHY_SIZE, "%s: %s", what, strerror(-error));
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct test *test = context;

    if (rx->length < SHORTEST || memcmp(rx->frame + 6, test->caps->mac, 6) != 0)
        return; // somebody else's, on the wire
    if (*test->why || test->deaf || selftest_number(rx->frame, rx->length) < test->given_up)
        return;
    if (!test->waiting) {
        snprintf(test->why, WHY_SIZE, "a frame of %zu bytes came that was not sent", rx->length);
        return;
    }
    size_t length = weir_bridge_cut_next(&test->cut, test->wanted), at = 0;
    for (; length < SHORTEST; length++)
        test->wanted[length] = 0;
    test->waiting = !test->cut.over;
    test->came++;
    while (at < length && at < rx->length && rx->frame[at] == test->wanted[at])
        at++;
    if (rx->length != length)
        snprintf(test->why, WHY_SIZE, "a frame of %zu bytes came back with %zu", length, rx->length);
    else if (at < length)
        snprintf(test->why, WHY_SIZE, "a frame of %zu bytes came back with %02x for %02x in byte %zu", length,
                 rx->frame[at], test->wanted[at], at);
    else if ((rx->flags & (WEIR_F_DATA_VALID | WEIR_F_CSUM_BAD)) != test->flags)
        snprintf(test->why, WHY_SIZE, "the checksum of a frame of %zu bytes was taken for %s", length,
                 rx->flags & WEIR_F_DATA_VALID ? "right"
                 : rx->flags & WEIR_F_CSUM_BAD ? "wrong"
                                               : "none");
}

// Waits until there is room for a frame, or it is over.
static bool await_room(struct test *test, weir_time deadline)
{
    while (!is_over(test) && !weir_card_can_send(test->runner.card))
        runner_step(&test->runner, deadline);
    return !is_over(test);
}

// Sends test->frame and waits for all that comes of it. False when something is wrong, or it is over.
static bool send_round(struct test *test)
{
    struct selftest_frame *frame = &test->frame;
    struct runner *runner = &test->runner;
    struct weir_card_tx tx;
    weir_time deadline = runner_now(runner) + test->patience;

    memcpy(test->copy, frame->bytes, frame->length);
    if (!weir_bridge_cut_start(&test->cut, &frame->vnet, frame->bytes, frame->length) ||
        !weir_bridge_to_card(test->caps, &frame->vnet, test->copy, frame->length, &tx)) {
        snprintf(test->why, WHY_SIZE, "the card does not take a frame of %zu bytes", frame->length);
        return false;
    }
    if (!await_room(test, deadline))
        return false;
    int error = weir_card_send(runner->card, &tx);
    if (error) {
        note_refusal(test, "a frame cannot be sent", error);
        return false;
    }
    test->number++;
    test->waiting = true;
    while (test->waiting && !*test->why && runner_now(runner) < deadline) {
        if (!runner_step(runner, deadline) || !runner->card)
            return false;
    }
    if (test->waiting && !*test->why)
        snprintf(test->why, WHY_SIZE, "of a frame of %zu bytes %s came back", frame->length,
                 test->cut.index ? "only the beginning" : "nothing");
    test->waiting = false;
    if (*test->why)
        test->given_up = test->number;
    return !*test->why;
}

static bool send_made(struct test *test, enum selftest_kind kind, size_t length, size_t segment)
{
    if (*test->why || is_over(test))
        return false;
    selftest_make(&test->frame, kind, length, segment, test->number, test->caps->mac);
    test->flags = kind == SELFTEST_PLAIN ? 0 : WEIR_F_DATA_VALID;
    return send_round(test);
}

// ---- The checks. Each leaves `why` empty, or tells what was wrong ----

static void check_registers(struct test *test)
{
    static const uint32_t patterns[] = {0, UINT32_MAX, 0x55555555, 0xAAAAAAAA, 0x01234567, 0x89ABCDEF};
    struct weir_card *card = test->runner.card;
    uint32_t value = 0;
    int error = weir_card_read_reg(card, WEIR_REG_ID, &value);

    if (!error && value != 0x52494557)
        snprintf(test->why, WHY_SIZE, "the identity is %08x", value);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns && !error && !*test->why; i++) {
        error = weir_card_write_reg(card, WEIR_REG_SCRATCH, patterns[i]);
        error = error ? error : weir_card_read_reg(card, WEIR_REG_SCRATCH, &value);
        if (!error && value != patterns[i])
            snprintf(test->why, WHY_SIZE, "a register that was set to %08x has %08x", patterns[i], value);
    }
    if (error)
        note_refusal(test, "the card does not tell its registers", error);
}

static void check_padding(struct test *test)
{
    for (size_t length = 14; length < SHORTEST && send_made(test, SELFTEST_PLAIN, length, 0); length++) {
    }
}

// All short lengths, then some of each residue.
static void check_lengths(struct test *test)
{
    size_t length = SHORTEST;

    while (length < LONGEST && send_made(test, SELFTEST_PLAIN, length, 0))
        length += length < 160 ? 1 : 13;
    send_made(test, SELFTEST_PLAIN, LONGEST, 0);
}

static void check_jumbo(struct test *test)
{
    for (size_t length = 1515; length < test->caps->max_frame && send_made(test, SELFTEST_PLAIN, length, 0);)
        length += 1013;
    send_made(test, SELFTEST_PLAIN, test->caps->max_frame, 0);
}

static void check_checksums(struct test *test)
{
    for (enum selftest_kind kind = SELFTEST_TCPV4; kind <= SELFTEST_UDPV6; kind++)
        for (size_t length = 74; length < LONGEST; length += length < 90 ? 1 : 353)
            if (!send_made(test, kind, length, 0))
                return;
}

// Those whose checksum nobody inserts have the pseudo-header's sum there, which is not right.
static void check_verdicts(struct test *test)
{
    for (enum selftest_kind kind = SELFTEST_TCPV4; kind <= SELFTEST_UDPV6; kind++) {
        selftest_make(&test->frame, kind, 300, 0, test->number, test->caps->mac);
        test->frame.vnet = (struct weir_vnet){0};
        test->flags = WEIR_F_CSUM_BAD;
        if (!send_round(test))
            return;
    }
}

// No more at once than the receive memory holds, should USB be slow to fetch it.
static void check_segments(struct test *test, enum selftest_kind kind)
{
    size_t enough = weir_card_high_speed(test->runner.card) ? 16384 : 4096;
    size_t most = test->caps->rx_memory / 2 < enough ? test->caps->rx_memory / 2 : enough;

    for (size_t segment = most > 8000 ? 1440 : 360; segment >= 100; segment = segment * 3 / 8)
        for (size_t less = 0; less < 2; less++)
            if (!send_made(test, kind, most - less * 101, segment))
                return;
}
static void check_tcpv4(struct test *test)
{
    check_segments(test, SELFTEST_TCPV4);
}
static void check_tcpv6(struct test *test)
{
    check_segments(test, SELFTEST_TCPV6);
}
static void check_udp(struct test *test)
{
    check_segments(test, SELFTEST_UDPV4);
    if (!*test->why && !is_over(test))
        check_segments(test, SELFTEST_UDPV6);
}

// What the loop brought back broken, and who retried unseen: what passed may still have been near failing.
static void check_counters(struct test *test)
{
    static const uint8_t bad[] = {WEIR_CNT_RX_FCS_ERROR, WEIR_CNT_RX_SYMBOL_ERROR, WEIR_CNT_RX_LENGTH_ERROR,
                                  WEIR_CNT_RX_OVERFLOW,  WEIR_CNT_TX_BAD_RECORD,   WEIR_CNT_TX_BAD_TRANSFER};
    uint32_t counters[WEIR_COUNTERS];
    int error = weir_card_counters(test->runner.card, counters);

    if (error) {
        note_refusal(test, "the card does not tell its counters", error);
        return;
    }
    for (size_t i = 0; i < counter_names_count; i++) {
        unsigned index = counter_names[i].index;
        uint32_t counted = counters[index] - test->runner.counters_before[index];
        if (memchr(bad, (int)index, sizeof bad) && counted != 0 && !*test->why)
            snprintf(test->why, WHY_SIZE, "%s is %u: %s", counter_names[i].name, counted,
                     counter_names[i].text);
    }
}

static const struct {
    const char *what;
    uint32_t needs; // WEIR_CAP_
    void (*run)(struct test *test);
} checks[] = {
    {"registers", 0, check_registers},
    {"frames of 14 to 59 bytes, padded", 0, check_padding},
    {"frames of 60 to 1,514 bytes", 0, check_lengths},
    {"jumbo frames", WEIR_CAP_JUMBO, check_jumbo},
    {"checksums, inserted and verified", WEIR_CAP_TX_CSUM | WEIR_CAP_RX_CSUM, check_checksums},
    {"wrong checksums, found", WEIR_CAP_RX_CSUM, check_verdicts},
    {"TCP segmentation over IPv4", WEIR_CAP_TSO4, check_tcpv4},
    {"TCP segmentation over IPv6", WEIR_CAP_TSO6, check_tcpv6},
    {"UDP segmentation", WEIR_CAP_USO, check_udp},
    {"counters of errors", 0, check_counters},
};

// Runs one check. False when it failed, which one that was broken off has not.
static bool run_check(struct test *test, size_t i)
{
    struct runner *runner = &test->runner;
    unsigned before = test->came;

    *test->why = '\0';
    checks[i].run(test);
    if (is_over(test)) {
        printf("broken off\n");
        return true;
    }
    if (*test->why) {
        printf("FAILED: %s\n", test->why);
        weir_time quiet = runner_now(runner) + QUIET;
        test->deaf = true;
        while (runner->card && runner_now(runner) < quiet && runner_step(runner, quiet)) {
        }
        test->deaf = false;
        return false;
    }
    if (test->came > before)
        printf("ok, %u frames\n", test->came - before);
    else
        printf("ok\n");
    return true;
}

// Runs all checks, a line each, and tells what to measure behind the first that fails. How many failed.
static unsigned run_checks(struct test *test)
{
    unsigned failed = 0;

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        printf("%-34s ", checks[i].what);
        fflush(stdout);
        if (checks[i].needs & ~test->caps->features)
            printf("not there\n");
        else if (!run_check(test, i) && failed++ == 0)
            selftest_hint(test->loop, &test->runner, i == 0, test->came > 0);
        if (is_over(test))
            break;
    }
    return failed;
}

static int prepare(struct test *test)
{
    struct weir_card *card = test->runner.card;
    int error = 0;

    test->caps = weir_card_caps(card);
    if (test->loop == LOOP_WITHIN && !(test->caps->features & WEIR_CAP_LOOPBACK))
        return fail(
            "this card cannot loop back within: its bitstream is older, or was made with LOOPBACK=0. Try "
            "weir selftest --phy, or with a loop-back plug in its socket --wire");
    test->patience = strncmp(test->runner.options->card, "usbredir:", 9) == 0 ? PATIENCE_USBREDIR
                     : weir_card_high_speed(card)                             ? PATIENCE
                                                                              : PATIENCE_FULL_SPEED;
    test->runner.take = on_frame;
    test->runner.take_context = test;
    if (test->loop == LOOP_WITHIN)
        error = weir_card_write_reg(card, WEIR_REG_LOOPBACK, WEIR_LOOPBACK_MAC);
    if (!error)
        error = weir_card_set_rx_control(card, WEIR_RX_ENABLE);
    if (error)
        return fail("the card takes no settings (%s): plug it in anew", strerror(-error));
    return test->loop == LOOP_PHY ? selftest_phy_begin(&test->phy, &test->runner) : EXIT_FINE;
}

// With the loop made, runs the checks. An exit code.
static int judge(struct test *test)
{
    unsigned failed = run_checks(test);
    if (test->runner.interrupted)
        return fail("interrupted: %u frames had come back", test->came);
    if (!test->runner.card)
        return EXIT_NO_CARD;
    if (failed || is_over(test))
        return EXIT_FAILED;
    puts(selftest_sound(test->loop));
    return EXIT_FINE;
}

// The options of the command. EXIT_FINE, or what misuse returns.
static int parse(enum selftest_loop *loop, int argc, char **argv)
{
    static const struct option known[] = {
        {"phy", no_argument, NULL, LOOP_PHY}, {"wire", no_argument, NULL, LOOP_WIRE}, {0}};
    int option;

    *loop = LOOP_WITHIN;
    while ((option = getopt_long(argc, argv, "", known, NULL)) == LOOP_PHY || option == LOOP_WIRE) {
        if (*loop != LOOP_WITHIN && (int)*loop != option)
            return misuse("selftest takes --phy or --wire, one of them");
        *loop = (enum selftest_loop)option;
    }
    return option != -1 || optind < argc ? misuse("selftest takes only --phy or --wire") : EXIT_FINE;
}

int cmd_selftest(const struct options *options, int argc, char **argv)
{
    struct test *test = calloc(1, sizeof *test);

    if (!test)
        return fail("out of memory");
    int result = parse(&test->loop, argc, argv);
    if (!result)
        result = runner_open(&test->runner, options, RUNNER_CARD);
    if (!result) {
        result = prepare(test);
        if (!result)
            result = judge(test);
        result = selftest_phy_end(&test->phy, &test->runner, result);
        if (test->loop == LOOP_WITHIN && test->runner.card)
            weir_card_write_reg(test->runner.card, WEIR_REG_LOOPBACK, 0);
        result = runner_close(&test->runner, result);
    }
    free(test);
    return result;
}
