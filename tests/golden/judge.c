// SPDX-License-Identifier: BSD-2-Clause
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static bool same(const struct verdict *verdict)
{
    return verdict->error == NULL && first_difference(&verdict->got, &verdict->wanted) == SIZE_MAX &&
           memcmp(&verdict->got_counts, &verdict->wanted_counts, sizeof verdict->got_counts) == 0;
}

static bool ask_linux(struct bench *bench, const struct plan *plan, struct verdict *verdict)
{
    verdict->cannot =
        bench->kernel == NULL ? "it was not to be" : kernel_cannot(bench->kernel, plan, &verdict->super);
    if (verdict->cannot != NULL)
        return true;
    verdict->error = kernel_segment(bench->kernel, &verdict->super, &verdict->wanted);
    struct counts unused = {0};
    if (plan->companion != COMPANION_NONE)
        model_record(companion_record(plan->companion), &verdict->wanted, &unused);
    return same(verdict);
}

bool judge_case(struct bench *bench, const struct plan *plan, struct verdict *verdict)
{
    static struct transfer transfer;

    plan_build(plan, &verdict->super);
    transfer_make(plan, &verdict->super, &transfer);
    model_transfer(&transfer, &verdict->wanted, &verdict->wanted_counts);
    verdict->error = card_send(bench->card, &transfer, &verdict->wanted, &verdict->wanted_counts,
                               &verdict->got, &verdict->got_counts);
    verdict->against = !same(verdict) ? C_MODEL : !ask_linux(bench, plan, verdict) ? LINUX : NOBODY;
    if (verdict->against == NOBODY)
        return true;
    card_destroy(bench->card); // whatever state it is in
    bench->card = card_create(bench->seed);
    return false;
}

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

static void print_counts(const char *title, const struct counts *counts)
{
    printf(
        "#   %s counts %u superframes, %u segments, %u checksums put in, %u bad records, %u bad transfers\n",
        title, counts->superframes, counts->segments, counts->checksums, counts->bad_records,
        counts->bad_transfers);
}

static void print_verdict(const struct verdict *verdict)
{
    const char *judge = verdict->against == LINUX ? "Linux" : "C model";
    size_t i = first_difference(&verdict->got, &verdict->wanted);

    if (verdict->error != NULL)
        printf("#   %s\n", verdict->error);
    print_counts("Verilog", &verdict->got_counts);
    print_counts("C model", &verdict->wanted_counts);
    if (i == SIZE_MAX)
        return;
    printf("# Frame %zu is the first that differs (%zu from the Verilog, %zu wanted).\n", i,
           verdict->got.count, verdict->wanted.count);
    dump_frame("Verilog", &verdict->got, i);
    dump_frame(judge, &verdict->wanted, i);
}

void judge_report(struct bench *bench, uint64_t number, struct plan plan, enum judge against)
{
    static struct verdict verdict;

    printf("# Case %" PRIu64 " of seed %" PRIu64 " differs:\n", number, bench->seed);
    plan_print(&plan);
    for (unsigned how = 0, same_since = 0, tries = 0; same_since < PLAN_WAYS && tries < 2000; tries++) {
        struct plan simpler = plan;
        if (plan_simplify(&simpler, how) && !judge_case(bench, &simpler, &verdict) &&
            verdict.against == against) {
            plan = simpler;
            same_since = 0;
        } else {
            how = (how + 1) % PLAN_WAYS;
            same_since++;
        }
    }
    printf("# The simplest like it:\n");
    plan_print(&plan);
    if (judge_case(bench, &plan, &verdict))
        printf("# It does not always differ: gaps and waits of the bench matter.\n");
    else
        print_verdict(&verdict);
}
