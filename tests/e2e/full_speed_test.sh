#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card without a USB PHY, at full speed: ping and files both ways, with packets broken on D+ and D- as well; then the same over usbredir.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up
check "weir ping gets its answers" weir_on "speed=full" ping -c 3 -i 0.1 "$peer_ip"
transfers "speed=full,usb-corrupt=0.1,usb-lost=0.1,seed=5" $((100 << 10)) $((100 << 10))
check "no record was bad" is_zero "$(($(stat_sum tx_bad_record "$work"/*.stats) + $(stat_sum tx_bad_transfer "$work"/*.stats)))"
check "the card met broken USB packets" at_least "$(stat_sum usb_crc_error "$work"/*.stats)" 1
check "no segment had to be sent again" is_zero "$(stat "$work/up.stats" stack_tcp_retrans_segs)"

# A client of weir-sim has to learn that the packets are of 64 bytes: it ends its transfers with shorter ones and counts them.
socket=$work/card.sock
ip netns exec "$ns" "$build/weir-sim" --usbredir "unix:$socket" --tap "$tap" --speed full --usb-corrupt 0.1 --usb-lost 0.1 --seed 6 >"$work/sim.log" 2>&1 &
sim=$!
check "weir-sim offers the card at full speed" wait_for grep -q 'the card is at' "$work/sim.log"
over_usbredir() { "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" "$@"; }
download() { over_usbredir --stats="$work/down.stats" get -o "$work/down.usbredir" "http://$peer_ip:8080/file" && equal_files "$work/www/file" "$work/down.usbredir"; }
upload() { receive "$work/up.usbredir" && over_usbredir --stats="$work/up.stats" send "$peer_ip" 5000 "$work/up.sent" && wait "$receiver" && equal_files "$work/up.sent" "$work/up.usbredir"; }
full_packets() { over_usbredir ping -c 1 -s 10 "$peer_ip" && over_usbredir ping -c 1 -s 74 "$peer_ip"; }
check "ping gets its answers over usbredir" over_usbredir ping -c 3 -i 0.1 "$peer_ip"
check "a record of one or two whole packets arrives" full_packets
check "a download over usbredir has the same SHA-256" download
check "an upload over usbredir has the same SHA-256" upload
check "no record was bad over usbredir" is_zero "$(($(stat_sum tx_bad_record "$work"/*.stats) + $(stat_sum tx_bad_transfer "$work"/*.stats)))"
check "weir-sim ends when told to" eval 'kill -TERM $sim && wait $sim'
done_testing
