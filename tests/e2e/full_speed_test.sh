#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card without a USB PHY, at full speed: ping and files both ways, with packets broken on D+ and D- as well.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up
check "weir ping gets its answers" weir_on "speed=full" ping -c 3 -i 0.1 "$peer_ip"
transfers "speed=full,usb-corrupt=0.1,usb-lost=0.1,seed=5" $((100 << 10)) $((100 << 10))
check "no record was bad" is_zero "$(($(stat_sum tx_bad_record "$work"/*.stats) + $(stat_sum tx_bad_transfer "$work"/*.stats)))"
check "the card met broken USB packets" at_least "$(stat_sum usb_crc_error "$work"/*.stats)" 1
check "no segment had to be sent again" is_zero "$(stat "$work/up.stats" stack_tcp_retrans_segs)"
done_testing
