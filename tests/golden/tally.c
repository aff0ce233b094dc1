// SPDX-License-Identifier: BSD-2-Clause
//
// Counts which kinds of cases were compared with what, and why some not with Linux.
#include "golden.h"

#include <stdlib.h>
#include <string.h>
#include "weir_link.h"

enum { ROWS = 2 * PLAN_KINDS + 1, SPOILT = 2 * PLAN_KINDS, REASONS = 10 };

static const char *const rows[ROWS] = {
    "TSO, IPv4",          "TSO, IPv6",
    "USO, IPv4",          "USO, IPv6",
    "TCP checksum, IPv4", "TCP checksum, IPv6",
    "UDP checksum, IPv4", "UDP checksum, IPv6",
    "checksum anywhere",  NULL,
    "TCP as it is",       NULL,
    "bytes as they are",  NULL,
    "wrong transfers",
};

// Cases of any kind that have something in common.
enum feature {
    TAGS,
    IP_OPTIONS,
    EXTENSIONS,
    LONG_HEADER,
    LONGEST_HEADER,
    ZERO,
    SMALL_MSS,
    LARGE,
    JUMBO,
    URGENT,
    WRAP_SEQ,
    WRAP_ID,
    TINY,
    ODD,
    FEATURES
};
static const char *const features[FEATURES] = {
    "with VLAN tags",
    "with IPv4 options",
    "with IPv6 extension headers",
    "with a header of 200 bytes or more",
    "with a header of 254 or 255 bytes",
    "crafted for a checksum of zero",
    "with an MSS below 20",
    "with more than 60,000 bytes of payload",
    "with frames above 1,518 bytes",
    "with URG",
    "with a sequence number that wraps",
    "with an identification that wraps",
    "of 14 to 33 bytes",
    "of odd length",
};

struct row {
    unsigned cases, with_linux;
    size_t frames;
};

struct flaw_row {
    unsigned cases, bad_records, bad_transfers;
};

struct tally {
    struct flaw_row flaw[FLAWS];
    struct row row[ROWS];
    struct row all;
    unsigned feature[FEATURES];
    const char *reason[REASONS];
    unsigned reasons[REASONS];
};

struct tally *tally_create(void)
{
    return calloc(1, sizeof(struct tally));
}

void tally_destroy(struct tally *tally)
{
    free(tally);
}

static void add(struct row *row, size_t frames, bool with_linux)
{
    row->cases++;
    row->frames += frames;
    row->with_linux += with_linux;
}

static void add_reason(struct tally *tally, const char *reason)
{
    int i = 0;
    while (tally->reason[i] != NULL && strcmp(tally->reason[i], reason) != 0 && i < REASONS - 1)
        i++;
    tally->reason[i] = reason;
    tally->reasons[i]++;
}

static void add_features(struct tally *tally, const struct plan *plan, const struct superframe *super,
                         size_t frames)
{
    bool cut = plan->kind == PLAN_TSO || plan->kind == PLAN_USO,
         tcp = plan->kind == PLAN_TSO || plan->kind == PLAN_TCP;
    bool many = frames > 1, ipv4 = super->ip_start != 0 && !plan->ipv6;
    size_t frame = cut && plan->payload > plan->mss ? plan_header(plan) + plan->mss : super->record.length;
    const bool has[FEATURES] = {
        [TAGS] = plan->tags > 0,
        [IP_OPTIONS] = plan->ip_options > 0,
        [EXTENSIONS] = plan->extensions > 0,
        [LONG_HEADER] = plan_header(plan) >= 200,
        [LONGEST_HEADER] = plan_header(plan) >= 254,
        [ZERO] = plan->zero_segment >= 0,
        [SMALL_MSS] = cut && plan->mss<20, [LARGE] = plan->payload> 60000,
        [JUMBO] = frame > 1518,
        [URGENT] = tcp && plan->flags & 0x20,
        [WRAP_SEQ] = plan->kind == PLAN_TSO && many && plan->seq + plan->payload < plan->seq,
        [WRAP_ID] = cut && many && ipv4 && !plan->fixed_id && plan->id + frames - 1 > 0xFFFF,
        [TINY] = super->record.length < 34,
        [ODD] = super->record.length % 2 != 0,
    };
    for (int i = 0; i < FEATURES; i++)
        tally->feature[i] += has[i];
}

void tally_add(struct tally *tally, const struct plan *plan, const struct superframe *super, size_t frames,
               const struct counts *counts, const char *cannot)
{
    unsigned row = 2 * plan->kind + plan->ipv6;
    if (plan->kind >= PLAN_ANYWHERE)
        row = 2 * plan->kind;
    add(&tally->row[plan->flaw == FLAW_NONE ? row : SPOILT], frames, cannot == NULL);
    add(&tally->all, frames, cannot == NULL);
    if (cannot != NULL)
        add_reason(tally, cannot);
    tally->flaw[plan->flaw].cases++;
    tally->flaw[plan->flaw].bad_records += counts->bad_records;
    tally->flaw[plan->flaw].bad_transfers += counts->bad_transfers;
    if (plan->flaw == FLAW_NONE)
        add_features(tally, plan, super, frames);
}

static void print_row(const char *name, const struct row *row)
{
    printf("# %-20s %9u %9zu %12u %16u\n", name, row->cases, row->frames, row->with_linux,
           row->cases - row->with_linux);
}

void tally_print(const struct tally *tally)
{
    printf("# %-20s %9s %9s %12s %16s\n", "", "cases", "frames", "as Linux too", "C model alone");
    for (int i = 0; i < ROWS; i++)
        if (rows[i] != NULL)
            print_row(rows[i], &tally->row[i]);
    print_row("all", &tally->all);
    for (int i = 0; i < REASONS && tally->reason[i] != NULL; i++)
        printf("# by the C model alone because %s: %u\n", tally->reason[i], tally->reasons[i]);
    for (int i = 0; i < FEATURES; i++)
        printf("# %s: %u\n", features[i], tally->feature[i]);
    for (int i = FLAW_NONE + 1; i < FLAWS; i++)
        printf("# wrong: %s: %u, which made %u bad records and %u bad transfers\n", plan_flaw((enum flaw)i),
               tally->flaw[i].cases, tally->flaw[i].bad_records, tally->flaw[i].bad_transfers);
}
