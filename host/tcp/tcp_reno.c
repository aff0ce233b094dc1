// SPDX-License-Identifier: BSD-2-Clause
//
// Reno (RFC 5681 section 3.1), counting bytes (RFC 3465 with L = 2).
#include "tcp/tcp_cc.h"

static void acknowledged(struct weir_tcp_cc *cc, uint32_t mss, uint32_t bytes)
{
    if (cc->cwnd < cc->ssthresh) { // slow start
        cc->cwnd += bytes < 2 * mss ? bytes : 2 * mss;
        return;
    }
    cc->counted += bytes; // congestion avoidance: one segment a window
    if (cc->counted >= cc->cwnd) {
        cc->counted -= cc->cwnd;
        cc->cwnd += mss;
    }
}

static uint32_t threshold(const struct weir_tcp_cc *cc, uint32_t mss, uint32_t flight)
{
    (void)cc;
    return flight / 2 > 2 * mss ? flight / 2 : 2 * mss;
}

const struct weir_tcp_cc_ops weir_tcp_reno = {acknowledged, threshold};
