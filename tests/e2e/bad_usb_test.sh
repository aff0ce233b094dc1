#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# A USB on which 1 % of the packets are corrupted and 1 % of the handshakes are lost: every byte arrives once, in order.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up
transfers usb-corrupt=1,usb-lost=1,seed=7 $((1 << 20)) $((4 << 20))
check "the card met broken USB packets" at_least "$(stat_sum usb_crc_error "$work"/*.stats)" 10
check "the card was sent packets twice" at_least "$(stat_sum usb_out_duplicate "$work"/*.stats)" 1
check "the card had to send packets again" at_least "$(stat_sum usb_in_retry "$work"/*.stats)" 1
check "no record was bad" is_zero "$(($(stat_sum tx_bad_record "$work"/*.stats) + $(stat_sum tx_bad_transfer "$work"/*.stats)))"
check "no segment had to be sent again" is_zero "$(stat "$work/up.stats" stack_tcp_retrans_segs)"
check "tshark finds each frame of the card right" no_tshark_errors "$work"
done_testing
