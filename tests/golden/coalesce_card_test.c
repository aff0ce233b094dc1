// SPDX-License-Identifier: BSD-2-Clause
//
// Receive coalescing through the whole card: random traffic as bytes on the wire, the Verilog, USB, and the
// driver, which rebuilds the frames or glues them.
//
//     coalesce_card_test [--seed S] [--count N]
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coalesce_traffic.h"
#include "fcs.h"
#include "golden.h"
#include "transport_internal.h"
#include "weir_link.h"
#include "wire.h"

#define PATIENCE 50000000 // ns
#define UNDER_WAY 40      // frames at most, so that the card's memory holds them

// A cable that the traffic comes out of, with pauses, so that transfers of all lengths come about.
struct source {
    struct wire wire;
    struct traffic traffic;
    uint64_t random, count, quiet_until; // frames; ns
    uint64_t latest;                     // time stamp
    unsigned pauses;                     // one in so many frames is followed by one
    bool stamped;
    const char *wrong;
};

static struct source source;

static ssize_t to_card(struct wire *wire, uint64_t now, uint8_t *bytes)
{
    (void)wire;
    if (source.traffic.frames >= source.count || traffic_missing(&source.traffic) >= UNDER_WAY ||
        now < source.quiet_until)
        return 0;
    const struct traffic_frame *frame = traffic_next(&source.traffic);
    if (golden_random(&source.random) % source.pauses == 0)
        source.quiet_until = now + golden_random(&source.random) % 200000;
    memcpy(bytes, frame->bytes, frame->length);
    return (ssize_t)fcs_append(bytes, frame->length);
}

static int from_card(struct wire *wire, uint64_t now, const uint8_t *frame, size_t length)
{
    (void)wire, (void)now, (void)frame, (void)length;
    return 0;
}

static uint64_t wake_at(const struct wire *wire)
{
    (void)wire;
    return source.traffic.frames < source.count ? source.quiet_until : UINT64_MAX;
}

static void stay_open(struct wire *wire)
{
    (void)wire;
}

// Verdict of the frame, or of the large frame's first segment; time stamps run forward.
static const char *check_marks(const struct weir_card_rx *rx)
{
    static uint8_t segment[TRAFFIC_ROOM];
    bool large = rx->gso_type != WEIR_GSO_NONE;
    size_t length = large ? traffic_cut(rx, 0, segment) : rx->length;
    const struct traffic_frame *frame = traffic_find(&source.traffic, large ? segment : rx->frame, length);

    if (frame != NULL && frame->flags != (rx->flags & ~WEIR_F_NEEDS_CSUM))
        return "the verdict is wrong";
    if (rx->has_timestamp != source.stamped)
        return "a time stamp is missing, or is there without being asked for";
    // Large frames of several connections may come in another order than they began.
    if (source.stamped && !large && rx->timestamp + 1000000 < source.latest)
        return "a time stamp is from long before";
    source.latest = rx->timestamp > source.latest ? rx->timestamp : source.latest;
    return NULL;
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context;
    if (source.wrong == NULL)
        source.wrong = check_marks(rx);
    if (source.wrong == NULL)
        source.wrong = traffic_check(&source.traffic, rx);
}

static struct weir_card *open_card(uint64_t seed, char *error, size_t error_size)
{
    static const struct wire_ops ops = {
        .to_card = to_card, .from_card = from_card, .wake_at = wake_at, .close = stay_open};
    struct weir_card_receiver receiver = {.frame = on_frame};
    char options[40];

    source = (struct source){.wire = {.ops = &ops, .poll_fd = -1}, .random = seed, .pauses = 20};
    snprintf(options, sizeof options, "seed=%" PRIu64, seed % 1000);
    struct weir_transport *transport = weir_transport_sim_open_on(options, &source.wire, error, error_size);
    return transport == NULL ? NULL : weir_card_open(transport, &receiver, error, error_size);
}

// Everything that is to come has come, or something is wrong.
static const char *drain(struct weir_card *card)
{
    weir_time deadline = weir_card_now(card) + PATIENCE;

    while (source.wrong == NULL &&
           (source.traffic.frames < source.count || traffic_missing(&source.traffic) > 0)) {
        uint64_t before = source.traffic.matched + source.traffic.frames;
        if (weir_card_poll(card, deadline) != 0)
            return "the card is gone";
        if (source.traffic.matched + source.traffic.frames != before)
            deadline = weir_card_now(card) + PATIENCE;
        else if (weir_card_now(card) >= deadline)
            return "a frame is lost";
    }
    return source.wrong;
}

static const char *run_mode(struct weir_card *card, enum weir_card_rx_mode mode, uint64_t seed,
                            uint64_t count)
{
    traffic_start(&source.traffic, seed);
    source.stamped = seed % 2 == 1;
    source.pauses = mode == WEIR_CARD_RX_GLUED ? 50 : 20;
    source.latest = 0;
    if (weir_card_set_rx_mode(card, mode, source.stamped) != 0)
        return "the card does not coalesce";
    source.count = count; // from now on the cable has frames
    const char *wrong = drain(card);
    uint64_t missing = traffic_missing(&source.traffic);
    source.count = 0;
    if (wrong != NULL)
        printf("# seed %" PRIu64 ", after %" PRIu64 " frames, %" PRIu64 " more under way: %s\n", seed,
               source.traffic.matched, missing, wrong);
    return wrong;
}

// `count` frames, of new streams every 500. Prints the TAP line.
static bool run(struct weir_card *card, unsigned line, uint64_t seed, uint64_t count,
                enum weir_card_rx_mode mode, const char *sentence)
{
    const struct weir_card_stats *stats = weir_card_stats(card), before = *stats;
    uint64_t large = 0, segments = 0;
    const char *wrong = NULL;

    for (uint64_t done = 0; done < count && wrong == NULL; done += 500, seed++) {
        wrong = run_mode(card, mode, seed, 500);
        large += source.traffic.glued, segments += source.traffic.segments;
        traffic_end(&source.traffic);
    }
    uint64_t continued = stats->rx_continued - before.rx_continued;
    uint64_t acks = stats->rx_pure_acks - before.rx_pure_acks;
    bool plain = mode == WEIR_CARD_RX_PLAIN;
    bool enough = plain ? continued + acks == 0 : continued > count / 6 && acks > count / 50;
    enough = enough && (mode != WEIR_CARD_RX_GLUED || large > count / 50);
    printf("# %" PRIu64 " frames up to seed %" PRIu64 ", %" PRIu64 " as payload alone, %" PRIu64
           " as pure acknowledgements, in %" PRIu64 " transfers; %" PRIu64 " large frames of %" PRIu64
           " segments\n",
           count, seed - 1, continued, acks, stats->rx_transfers - before.rx_transfers, large, segments);
    bool good = wrong == NULL && enough && stats->rx_bad_transfers == 0;
    printf("%s %u - %s\n", good ? "ok" : "not ok", line, sentence);
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'}, {"count", 1, NULL, 'c'}, {NULL, 0, NULL, 0}};
    uint64_t seed = 1, count = 3000;
    char error[400];

    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (option == 'c')
            count = strtoull(optarg, NULL, 0);
        else
            return 2;
    }
    struct weir_card *card = open_card(seed, error, sizeof error);
    if (card == NULL || weir_card_set_rx_control(card, WEIR_RX_ENABLE | WEIR_RX_PROMISCUOUS) != 0) {
        printf("1..1\n# %s\nnot ok 1 - the simulated card opens\n",
               card == NULL ? error : "it takes no settings");
        return 1;
    }
    printf("1..3\n");
    bool good = run(card, 1, seed, 1000, WEIR_CARD_RX_PLAIN, "without coalescing each frame comes whole") &&
                run(card, 2, seed, count, WEIR_CARD_RX_SEGMENTS,
                    "segments that the card coalesced are rebuilt byte for byte") &&
                run(card, 3, seed, count, WEIR_CARD_RX_GLUED,
                    "large frames of segments that the card coalesced, cut again, are the wire's, in order");
    weir_card_close(card);
    return good ? 0 : 1;
}
