// SPDX-License-Identifier: BSD-2-Clause
//
// Segments superframes by Verilog, Linux and a C model, and compares every byte.
//
//     golden_test [--seed S] [--count N] [--first K] [--no-kernel] [--pcap FILE]
//
// Case K of a seed is always the same: `--seed S --first K --count 1` repeats it. --pcap writes the Verilog's
// frames.
#include "golden.h"

#include <getopt.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    uint64_t seed, count, first;
    bool use_kernel;
    const char *pcap_path;
    struct card *card;
    struct kernel *kernel;
    pcap_t *pcap;
    pcap_dumper_t *dump;
    uint64_t segments, single, crafted, written;
};

// What one way of segmenting made of a case, and what it should be.
struct verdict {
    const char *error; // NULL: compare the frames
    struct frames got, wanted;
};

enum way { BY_MODEL, BY_KERNEL };

static void dump_frame(const char *title, const struct frames *frames, size_t i)
{
    if (i >= frames->count) {
        printf("#   %s: no such frame\n", title);
        return;
    }
    size_t length;
    const uint8_t *frame = frames_get(frames, i, &length);
    printf("#   %s, %zu bytes:", title, length);
    for (size_t at = 0; at < length; at++) {
        if (at % 32 == 0)
            printf("\n#     %04zx ", at);
        printf(at % 8 == 0 ? "  %02x" : " %02x", frame[at]);
    }
    printf("\n");
}

// The first frame that differs, or SIZE_MAX.
static size_t first_difference(const struct frames *a, const struct frames *b)
{
    for (size_t i = 0; i < a->count || i < b->count; i++) {
        size_t a_length, b_length;
        if (i >= a->count || i >= b->count)
            return i;
        const uint8_t *x = frames_get(a, i, &a_length), *y = frames_get(b, i, &b_length);
        if (a_length != b_length || memcmp(x, y, a_length) != 0)
            return i;
    }
    return SIZE_MAX;
}

// True when the Verilog's frames are those of `way`.
static bool agrees(struct test *test, const struct plan *plan, enum way way, struct verdict *verdict)
{
    static struct superframe super;

    plan_build(plan, &super);
    if (way == BY_MODEL) {
        model_segment(&super, &verdict->wanted);
        verdict->error = NULL;
    } else {
        verdict->error = kernel_segment(test->kernel, &super, &verdict->wanted);
    }
    if (verdict->error == NULL)
        verdict->error = card_segment(test->card, &super, &verdict->got);
    if (verdict->error == NULL && first_difference(&verdict->got, &verdict->wanted) == SIZE_MAX)
        return true;
    card_destroy(test->card); // whatever state it is in
    test->card = card_create(test->seed);
    return false;
}

static void report(struct test *test, uint64_t number, struct plan plan, enum way way)
{
    static struct verdict verdict;
    unsigned tries = 0;

    printf("# Case %" PRIu64 " of seed %" PRIu64 " differs:\n", number, test->seed);
    plan_print(&plan);
    for (unsigned how = 0; how < PLAN_WAYS && tries < 2000; tries++) {
        struct plan simpler = plan;
        if (plan_simplify(&simpler, how) && !agrees(test, &simpler, way, &verdict)) {
            plan = simpler;
            how = 0;
        } else {
            how++;
        }
    }
    printf("# The simplest like it:\n");
    plan_print(&plan);
    if (agrees(test, &plan, way, &verdict)) {
        printf("# It does not always differ: gaps and waits of the bench matter.\n");
    } else if (verdict.error != NULL) {
        printf("#   %s\n", verdict.error);
    } else {
        size_t i = first_difference(&verdict.got, &verdict.wanted);
        printf("# Frame %zu is the first that differs (%zu from the Verilog, %zu wanted).\n", i,
               verdict.got.count, verdict.wanted.count);
        dump_frame("Verilog", &verdict.got, i);
        dump_frame(way == BY_MODEL ? "C model" : "Linux", &verdict.wanted, i);
    }
}

static void write_pcap(struct test *test, const struct frames *frames)
{
    for (size_t i = 0; test->dump != NULL && i < frames->count; i++) {
        size_t length;
        const uint8_t *frame = frames_get(frames, i, &length);
        struct pcap_pkthdr header = {
            .ts = {.tv_sec = (long)(test->written / 1000000), .tv_usec = (long)(test->written % 1000000)},
            .caplen = (uint32_t)length,
            .len = (uint32_t)length};
        pcap_dump((u_char *)test->dump, &header, frame);
        test->written++;
    }
}

// Every case of the test, against one of the two. Prints the TAP line.
static bool run(struct test *test, int line, enum way way, const char *sentence)
{
    static struct verdict verdict;

    test->segments = test->single = test->crafted = 0;
    for (uint64_t n = test->first; n < test->first + test->count; n++) {
        struct plan plan;
        plan_make(&plan, test->seed, n);
        if (!agrees(test, &plan, way, &verdict)) {
            report(test, n, plan, way);
            printf("not ok %d - %s\n", line, sentence);
            return false;
        }
        test->segments += verdict.got.count;
        test->single += plan.kind != PLAN_TSO;
        test->crafted += plan.zero_segment >= 0;
        if (way == BY_MODEL)
            write_pcap(test, &verdict.got);
    }
    printf("# seed %" PRIu64 ": %" PRIu64 " superframes, %" PRIu64 " of them single frames, %" PRIu64
           " crafted for a checksum of zero; %" PRIu64 " frames compared, none refused\n",
           test->seed, test->count, test->single, test->crafted, test->segments);
    printf("ok %d - %s\n", line, sentence);
    fflush(stdout);
    return true;
}

static bool run_kernel(struct test *test)
{
    static const char sentence[] = "the Verilog cuts superframes as Linux does, byte for byte";
    char why[200];

    test->kernel = kernel_open(why, sizeof why);
    if (test->kernel == NULL) {
        printf("# %s\nnot ok 2 - %s\n", why, sentence);
        return false;
    }
    bool good = run(test, 2, BY_KERNEL, sentence);
    printf("# %" PRIu64 " superframes were cut by both; %u more of one segment with TCP options were given "
                        "to Linux as the plain "
           "frames they are\n",
           test->count - test->single - kernel_plain(test->kernel), kernel_plain(test->kernel));
    kernel_close(test->kernel);
    return good;
}

static bool options(struct test *test, int argc, char **argv)
{
    static const struct option names[] = {{"seed", 1, NULL, 's'},  {"count", 1, NULL, 'c'},
                                          {"first", 1, NULL, 'f'}, {"no-kernel", 0, NULL, 'n'},
                                          {"pcap", 1, NULL, 'p'},  {NULL, 0, NULL, 0}};
    *test = (struct test){.seed = 1, .count = 2500, .use_kernel = true};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 's':
            test->seed = strtoull(optarg, NULL, 0);
            break;
        case 'c':
            test->count = strtoull(optarg, NULL, 0);
            break;
        case 'f':
            test->first = strtoull(optarg, NULL, 0);
            break;
        case 'n':
            test->use_kernel = false;
            break;
        case 'p':
            test->pcap_path = optarg;
            break;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct test test;

    if (!options(&test, argc, argv))
        return 2;
    if (test.pcap_path != NULL) {
        test.pcap = pcap_open_dead(DLT_EN10MB, SUPERFRAME_ROOM);
        test.dump = pcap_dump_open(test.pcap, test.pcap_path);
        if (test.dump == NULL) {
            fprintf(stderr, "%s\n", pcap_geterr(test.pcap));
            return 2;
        }
    }
    printf("1..%d\n", test.use_kernel ? 2 : 1);
    test.card = card_create(test.seed);
    bool good =
        run(&test, 1, BY_MODEL, "the Verilog cuts superframes as a plain C model does, byte for byte");
    if (test.use_kernel)
        good = run_kernel(&test) && good;
    card_destroy(test.card);
    if (test.dump != NULL) {
        pcap_dump_close(test.dump);
        pcap_close(test.pcap);
    }
    return good ? 0 : 1;
}
