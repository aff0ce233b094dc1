// SPDX-License-Identifier: BSD-2-Clause
//
// Congestion control as a small interface: how the window grows and how far it falls. When a loss has
// happened is loss recovery's decision (tcp_recovery.c, tcp_rto.c).
#ifndef WEIR_TCP_CC_H
#define WEIR_TCP_CC_H

#include <stdint.h>

struct weir_tcp_cc;

struct weir_tcp_cc_ops {
    // New data was acknowledged, outside of recovery, while the window was the limit.
    void (*acknowledged)(struct weir_tcp_cc *cc, uint32_t mss, uint32_t bytes);
    // The slow start threshold after a loss with `flight` bytes under way.
    uint32_t (*threshold)(const struct weir_tcp_cc *cc, uint32_t mss, uint32_t flight);
};

struct weir_tcp_cc {
    const struct weir_tcp_cc_ops *ops;
    uint32_t cwnd, ssthresh; // bytes
    uint32_t initial;        // the window to start with, and to start again with after a pause
    uint32_t counted;        // bytes acknowledged since the window last grew in congestion avoidance
};

extern const struct weir_tcp_cc_ops weir_tcp_reno; // RFC 5681

#endif
