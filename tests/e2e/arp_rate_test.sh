#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The ARP rate limit counts time, also while the card has nothing to do and its clocks stand still.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up
# One request after another: each is sent when the one before was answered.
arped() { in_peer python3 tests/e2e/arp_requests.py "$tap" "$card_ip" "$@"; }
check "the card comes up" hold "" --stats="$work/stats"
check "100 requests, each 20 ms after the last reply, are all answered" arped 100 0.02
check "weir run ends well" let_go
check "no request was over the rate limit" is_zero "$(stat "$work/stats" arp_rate_limited)"
check "the card answered them" at_least "$(stat "$work/stats" tx_arp_replies)" 100
done_testing
