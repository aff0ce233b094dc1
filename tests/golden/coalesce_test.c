// SPDX-License-Identifier: BSD-2-Clause
//
// Receive coalescing without the Verilog: random traffic, the plain C model's records, the driver; and what
// the driver glued through the kernel.
//
//     coalesce_test [--seed S] [--count N] [--no-kernel]
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coalesce_model.h"
#include "coalesce_traffic.h"
#include "golden.h"
#include "weir_glue.h"

struct test {
    struct traffic traffic;
    struct coalesce_model model;
    struct weir_glue glue;
    struct weir_card_stats stats;
    struct weir_card_receiver receiver;
    struct kernel *kernel;
    bool stamped, damage; // damage: transfers are, and what comes is only read
    uint64_t random, taken;
    const char *wrong;
};

// Verdict and time of what came are those of the frame that is expected next.
static const char *check_marks(const struct test *test, const struct weir_card_rx *rx)
{
    static uint8_t segment[TRAFFIC_ROOM];
    size_t length = rx->length;
    const uint8_t *first = rx->frame;

    if (rx->gso_type != WEIR_GSO_NONE) {
        length = traffic_cut(rx, 0, segment);
        first = segment;
    }
    const struct traffic_frame *frame = traffic_find(&test->traffic, first, length);
    if (frame == NULL)
        return NULL; // said better later
    if ((rx->flags & ~WEIR_F_NEEDS_CSUM) != frame->flags)
        return "the verdict is another frame's";
    if (rx->has_timestamp != test->stamped || (test->stamped && rx->timestamp != frame->time))
        return "the time stamp is another frame's";
    return NULL;
}

// A large frame through Linux. It counts identifications one by one, which is what is expected of it where
// they were all the same (RFC 6864 allows it, there is DF).
static const char *check_by_kernel(struct test *test, const struct weir_card_rx *rx)
{
    static struct superframe super;
    static struct frames frames;
    bool v6 = rx->gso_type == WEIR_GSO_TCPV6;
    size_t ip = (size_t)rx->csum_start - (v6 ? 40 : 20);

    super.record = (struct record){.flags = WEIR_F_NEEDS_CSUM,
                                   .gso_type = rx->gso_type,
                                   .hdr_len = (uint8_t)rx->hdr_len,
                                   .gso_size = rx->gso_size,
                                   .csum_start = rx->csum_start,
                                   .csum_offset = rx->csum_offset,
                                   .frame = super.bytes,
                                   .length = rx->length,
                                   .there = rx->length};
    memcpy(super.bytes, rx->frame, rx->length);
    uint8_t *field = super.bytes + rx->csum_start + rx->csum_offset; // kernel_segment adds the length
    uint16_t seed = model_sum(field, 2, 0xFFFF - (uint32_t)(rx->length - rx->csum_start));
    field[0] = (uint8_t)(seed >> 8), field[1] = (uint8_t)seed;
    const char *wrong = kernel_segment(test->kernel, &super, &frames);
    if (wrong == NULL && frames.count != rx->segments)
        wrong = "Linux cuts a large frame into another number of segments";
    for (size_t i = 0; i < frames.count && wrong == NULL; i++) {
        size_t length;
        uint8_t *frame = (uint8_t *)(uintptr_t)frames_get(&frames, i, &length);
        if (rx->ip_id_fixed)
            traffic_set_id(frame + ip, (uint16_t)(rx->frame[ip + 4] << 8 | rx->frame[ip + 5]));
        wrong = traffic_match(&test->traffic, frame, length);
    }
    test->traffic.glued++;
    test->traffic.segments += rx->segments;
    test->traffic.id_fixed += rx->ip_id_fixed;
    return wrong;
}

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct test *test = context;

    if (test->damage) {
        test->taken += rx->segments + model_sum(rx->frame, rx->length, 0); // a sanitizer sees each byte
        return;
    }
    if (test->wrong == NULL)
        test->wrong = check_marks(test, rx);
    if (test->wrong == NULL)
        test->wrong = test->kernel != NULL && rx->gso_type != WEIR_GSO_NONE
                          ? check_by_kernel(test, rx)
                          : traffic_check(&test->traffic, rx);
}

// A few bytes anywhere, and a few in what looks like a record's header.
static void damage(struct test *test, uint8_t *transfer, size_t length)
{
    for (uint64_t i = golden_random(&test->random) % 4; i > 0; i--)
        transfer[golden_random(&test->random) % length] ^= (uint8_t)(1u << golden_random(&test->random) % 8);
    for (size_t at = 0; at + WEIR_RECORD_HEADER <= length; at += 4)
        if (transfer[at] == WEIR_RECORD_MAGIC && golden_random(&test->random) % 16 == 0)
            transfer[at + 1 + golden_random(&test->random) % 11] ^=
                (uint8_t)(1u << golden_random(&test->random) % 8);
}

// A transfer of random length, in memory of exactly its size.
static void pass_transfer(struct test *test)
{
    static uint8_t records[WEIR_IN_TRANSFER_MAX + COALESCE_RECORD_ROOM];
    size_t length = 0, wanted = 1 + golden_random(&test->random) % (WEIR_IN_TRANSFER_MAX - TRAFFIC_ROOM);

    coalesce_begin_transfer(&test->model);
    while (length < wanted) {
        const struct traffic_frame *frame = traffic_next(&test->traffic);
        length += coalesce_frame(&test->model, frame->bytes, frame->length, frame->flags,
                                 test->stamped ? &frame->time : NULL, records + length);
    }
    uint8_t *transfer = malloc(length);
    if (transfer == NULL)
        abort();
    memcpy(transfer, records, length);
    if (test->damage)
        damage(test, transfer, length);
    weir_glue_transfer(&test->glue, transfer, length);
    free(transfer);
    if (test->damage)
        return;
    if (test->wrong == NULL && traffic_missing(&test->traffic) > 0)
        test->wrong = "a frame is still missing at the end of its transfer";
    if (test->wrong == NULL && test->stats.rx_bad_transfers > 0)
        test->wrong = "the driver takes a transfer for a bad one";
}

static void start(struct test *test, uint64_t seed, bool whole)
{
    struct kernel *kernel = test->kernel;

    memset(test, 0, sizeof *test);
    test->kernel = kernel;
    test->receiver = (struct weir_card_receiver){.frame = on_frame, .context = test};
    test->glue.receiver = &test->receiver;
    test->glue.stats = &test->stats;
    test->glue.whole = whole;
    test->random = ~seed;
    test->stamped = seed % 2 == 1;
    traffic_start(&test->traffic, seed);
}

// `count` frames, of new streams every 400. Prints the TAP line.
static bool run(struct test *test, unsigned line, uint64_t seed, uint64_t count, bool whole,
                const char *sentence)
{
    uint64_t frames = 0, continued = 0, acks = 0, large = 0, segments = 0, fixed = 0;

    while (frames < count) {
        start(test, seed, whole);
        while (test->traffic.frames < 400 && test->wrong == NULL)
            pass_transfer(test);
        traffic_end(&test->traffic);
        if (test->wrong != NULL || test->stats.rx_frames != test->traffic.frames) {
            printf("# seed %" PRIu64 ", after %" PRIu64 " frames: %s\n", seed, test->traffic.matched,
                   test->wrong != NULL ? test->wrong : "the driver counts wrong");
            printf("not ok %u - %s\n", line, sentence);
            return false;
        }
        frames += test->traffic.frames;
        continued += test->stats.rx_continued, acks += test->stats.rx_pure_acks;
        large += test->traffic.glued, segments += test->traffic.segments, fixed += test->traffic.id_fixed;
        seed++;
    }
    bool enough =
        continued > frames / 5 && acks > frames / 50 && (!whole || (large > frames / 50 && fixed > 0));
    printf("# %" PRIu64 " frames up to seed %" PRIu64 ", %" PRIu64 " as payload alone, %" PRIu64
           " as pure acknowledgements; %" PRIu64 " large frames of %" PRIu64 " segments, %" PRIu64
           " with one identification\n",
           frames, seed - 1, continued, acks, large, segments, fixed);
    printf("%s %u - %s\n", enough ? "ok" : "not ok", line, sentence);
    fflush(stdout);
    return enough;
}

// Whatever arrives, it stays within its transfer, and the next good one is taken whole.
static bool run_damage(struct test *test, unsigned line, uint64_t seed, uint64_t count)
{
    static const char sentence[] = "damaged transfers cost their rest at most";
    uint64_t frames = 0, bad = 0, taken = 0;
    const char *wrong = NULL;

    for (; frames < count && wrong == NULL; seed++) {
        start(test, seed, seed % 4 < 2);
        test->damage = true;
        while (test->traffic.frames < 400)
            pass_transfer(test);
        traffic_end(&test->traffic);
        frames += test->traffic.frames, bad += test->stats.rx_bad_transfers, taken += test->stats.rx_frames;

        test->damage = false;
        test->stats.rx_bad_transfers = 0;
        traffic_start(&test->traffic, ~seed);
        pass_transfer(test);
        traffic_end(&test->traffic);
        wrong = test->wrong;
    }
    bool good = wrong == NULL && bad > frames / 100 && taken > frames / 2;
    printf("# %" PRIu64 " frames up to seed %" PRIu64 ", %" PRIu64 " of them given out, %" PRIu64
           " transfers given up%s%s\n%s %u - %s\n",
           frames, seed - 1, taken, bad, wrong != NULL ? ": " : "", wrong != NULL ? wrong : "",
           good ? "ok" : "not ok", line, sentence);
    return good;
}

static bool run_kernel(struct test *test, uint64_t seed, uint64_t count)
{
    static const char sentence[] =
        "Linux takes the large frames through a TAP and cuts them into the originals";
    char why[200];

    test->kernel = kernel_open(why, sizeof why);
    if (test->kernel == NULL) {
        printf("# %s\nnot ok 4 - %s\n", why, sentence);
        return false;
    }
    bool good = run(test, 4, seed, count, true, sentence);
    kernel_close(test->kernel);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'}, {"count", 1, NULL, 'c'}, {"no-kernel", 0, NULL, 'n'}, {NULL, 0, NULL, 0}};
    static struct test test;
    uint64_t seed = 1, count = 100000;
    bool use_kernel = true;

    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (option == 'c')
            count = strtoull(optarg, NULL, 0);
        else if (option == 'n')
            use_kernel = false;
        else
            return 2;
    }
    printf("1..%d\n", use_kernel ? 4 : 3);
    bool good =
        run(&test, 1, seed, count, false, "segments rebuilt by the driver are the wire's, byte for byte");
    good =
        run(&test, 2, seed, count, true, "large frames cut again are the wire's segments, in order") && good;
    good = run_damage(&test, 3, seed, count) && good;
    if (use_kernel)
        good = run_kernel(&test, seed, count / 4) && good;
    return good ? 0 : 1;
}
