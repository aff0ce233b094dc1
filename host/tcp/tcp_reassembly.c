// SPDX-License-Identifier: BSD-2-Clause
#include "tcp/tcp_reassembly.h"

#include <string.h>

// Replaces `count` ranges from `at` by `with` (NULL: by none).
static void splice(struct weir_tcp_ranges *ranges, unsigned at, unsigned count,
                   const struct weir_tcp_range *with)
{
    const unsigned added = with != NULL;
    memmove(&ranges->ranges[at + added], &ranges->ranges[at + count],
            (ranges->count - at - count) * sizeof ranges->ranges[0]);
    ranges->count = ranges->count - count + added;
    if (with != NULL) {
        ranges->ranges[at] = *with;
    }
}

bool weir_tcp_ranges_add(struct weir_tcp_ranges *ranges, weir_seq from, weir_seq to)
{
    unsigned first = 0;
    while (first < ranges->count && weir_seq_before(ranges->ranges[first].to, from)) {
        first++;
    }
    struct weir_tcp_range joined = {from, to};
    unsigned last = first;
    for (; last < ranges->count && !weir_seq_after(ranges->ranges[last].from, to); last++) {
        if (weir_seq_before(ranges->ranges[last].from, joined.from)) {
            joined.from = ranges->ranges[last].from;
        }
        joined.to = weir_seq_max(joined.to, ranges->ranges[last].to);
    }
    if (last == first && ranges->count == WEIR_TCP_RANGES) {
        return false;
    }
    splice(ranges, first, last - first, &joined);
    return true;
}

weir_seq weir_tcp_ranges_join(struct weir_tcp_ranges *ranges, weir_seq next)
{
    while (ranges->count > 0 && !weir_seq_after(ranges->ranges[0].from, next)) {
        next = weir_seq_max(next, ranges->ranges[0].to);
        splice(ranges, 0, 1, NULL);
    }
    return next;
}
