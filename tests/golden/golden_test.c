// SPDX-License-Identifier: BSD-2-Clause
//
// Sends superframes, frames and wrong transfers through the Verilog, a C model and Linux, and compares every
// byte and count.
//
//     golden_test [--seed S] [--count N] [--first K] [--no-kernel] [--sound] [--pcap FILE]
//
// Case K of a seed is always the same: `--seed S --first K --count 1` repeats it. `--count 0` goes on until
// it is stopped.
// --sound leaves out what is wrong on purpose; --pcap writes the Verilog's frames.
#include "judge.h"

#include <getopt.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

enum { PROGRESS = 10000 };

struct test {
    struct bench bench;
    struct tally *tally;
    uint64_t count, first;
    bool use_kernel, sound;
    const char *pcap_path;
    pcap_t *pcap;
    pcap_dumper_t *dump;
    uint64_t frames;
};

static void write_pcap(struct test *test, const struct frames *frames)
{
    for (size_t i = 0; i < frames->count; i++, test->frames++) {
        size_t length;
        const uint8_t *frame = frames_get(frames, i, &length);
        struct pcap_pkthdr header = {
            .ts = {.tv_sec = (long)(test->frames / 1000000), .tv_usec = (long)(test->frames % 1000000)},
            .caplen = (uint32_t)length,
            .len = (uint32_t)length};
        if (test->dump != NULL)
            pcap_dump((u_char *)test->dump, &header, frame);
    }
}

// All cases, up to the first that differs: its plan in *plan, who differs is returned.
static enum judge run(struct test *test, struct plan *plan)
{
    static struct verdict verdict;
    enum judge against = NOBODY;

    for (uint64_t done = 0; against == NOBODY && (test->count == 0 || done < test->count); done++) {
        uint64_t number = test->first + done;
        plan_make(plan, test->bench.seed, number);
        if (test->sound)
            plan->flaw = FLAW_NONE, plan->odd = 0, plan->tags %= 3;
        if (!judge_case(&test->bench, plan, &verdict)) {
            against = verdict.against;
            judge_report(&test->bench, number, *plan, against);
        } else {
            tally_add(test->tally, plan, &verdict.super, verdict.got.count, &verdict.got_counts,
                      verdict.cannot);
            write_pcap(test, &verdict.got);
        }
        if ((done + 1) % PROGRESS == 0) {
            printf("# %" PRIu64 " cases of seed %" PRIu64 " so far\n", done + 1, test->bench.seed);
            fflush(stdout);
        }
    }
    return against;
}

static void line(int number, bool good, const char *sentence)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", number, sentence);
}

// One line for each judge. Where a case differs no other line is good either, since cases were left.
static bool judge_all(struct test *test)
{
    char why[200] = "";
    struct plan plan;

    if (test->use_kernel)
        test->bench.kernel = kernel_open(why, sizeof why);
    if (test->use_kernel && test->bench.kernel == NULL)
        printf("# %s\n", why);
    enum judge against = run(test, &plan);
    bool good = against == NOBODY;
    tally_print(test->tally);
    printf("# seed %" PRIu64 ": %" PRIu64 " frames compared\n", test->bench.seed, test->frames);
    line(1, good, "frames cut and summed by the Verilog are those of a plain C model, byte for byte");
    line(2, good,
         "what is wrong with a transfer costs what the C model says, is counted once, and the next works");
    if (test->use_kernel)
        line(3, good && test->bench.kernel != NULL, "the Verilog cuts and sums as Linux does, byte for byte");
    if (test->bench.kernel == NULL)
        return good && !test->use_kernel;
    printf(
        "# %u superframes of one segment with TCP options were given to Linux as the plain frames they are\n",
        kernel_plain(test->bench.kernel));
    kernel_close(test->bench.kernel);
    return good;
}

static bool options(struct test *test, int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},      {"count", 1, NULL, 'c'}, {"first", 1, NULL, 'f'}, {"pcap", 1, NULL, 'p'},
        {"no-kernel", 0, NULL, 'n'}, {"sound", 0, NULL, 'r'}, {NULL, 0, NULL, 0}};
    *test = (struct test){.bench = {.seed = 1}, .count = card_cases, .use_kernel = true};
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 's':
            test->bench.seed = strtoull(optarg, NULL, 0);
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
        case 'r':
            test->sound = true;
            break;
        case 'p':
            test->pcap_path = optarg;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct test test;

    if (!options(&test, argc, argv)) {
        fprintf(stderr,
                "usage: %s [--seed S] [--count N] [--first K] [--no-kernel] [--sound] [--pcap FILE]\n",
                argv[0]);
        return 2;
    }
    if (test.pcap_path != NULL) {
        test.pcap = pcap_open_dead(DLT_EN10MB, SUPERFRAME_ROOM);
        test.dump = pcap_dump_open(test.pcap, test.pcap_path);
        if (test.dump == NULL) {
            fprintf(stderr, "%s\n", pcap_geterr(test.pcap));
            return 2;
        }
    }
    printf("1..%d\n", test.use_kernel ? 3 : 2);
    test.tally = tally_create();
    test.bench.card = card_create(test.bench.seed);
    bool good = test.tally != NULL && judge_all(&test);
    card_destroy(test.bench.card);
    tally_destroy(test.tally);
    if (test.dump != NULL) {
        pcap_dump_close(test.dump);
        pcap_close(test.pcap);
    }
    return good ? 0 : 1;
}
