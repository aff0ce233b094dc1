// SPDX-License-Identifier: BSD-2-Clause
//
// One case through the card and its judges, and what to say when they disagree.
#ifndef GOLDEN_JUDGE_H
#define GOLDEN_JUDGE_H

#include "golden.h"

struct bench {
    uint64_t seed;
    struct card *card;
    struct kernel *kernel; // NULL: the C model judges alone
};

enum judge { NOBODY, C_MODEL, LINUX };

struct verdict {
    enum judge against;                      // who differs from the card
    const char *error;                       // NULL: frames or counts differ
    const char *cannot;                      // why Linux was not asked, NULL when it was
    struct superframe super;                 // the case
    struct frames got, wanted;               // wanted: by `against`
    struct counts got_counts, wanted_counts; // by the C model
};

// True when the card does what all judges want. After false the card is a new one.
bool judge_case(struct bench *bench, const struct plan *plan, struct verdict *verdict);
// Prints case `number`, whose plan was judged with `against`, then the simplest like it and the first frame
// that differs.
void judge_report(struct bench *bench, uint64_t number, struct plan plan, enum judge against);

#endif
