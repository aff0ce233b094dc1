#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A wire that drops, reorders, duplicates and corrupts 1 % of the frames each: every byte arrives once, in order.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up
transfers loss=1,reorder=1,duplicate=1,corrupt=1,seed=7 $((1 << 20)) $((4 << 20))
check "the card met frames with a wrong FCS" at_least "$(stat_sum rx_fcs_error "$work"/*.stats)" 1
check "the stack had to send again" at_least "$(stat "$work/up.stats" stack_tcp_retrans_segs)" 1
check "the stack got segments out of order" at_least "$(stat "$work/down.stats" stack_tcp_out_of_order)" 1
check "tshark finds each frame of the card right" no_tshark_errors "$work"
done_testing
