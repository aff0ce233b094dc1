#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# What weir-sim does when the interface at the end of its cable goes away and comes back, when clients are killed, and with options
# that make no sense.
set -u
. tests/e2e/lib.sh
socket=$work/card.sock
weir_usbredir() { "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" "$@"; }
said() { wait_for grep -q "$1" "$work/sim.log" || { cat "$work/sim.log"; return 1; }; }
wire_is() { weir_usbredir info | tee /dev/stderr | grep -q "^wire  *$1"; }
tap_again() {
    ip -n "$ns" tuntap add mode tap name "$tap" && ip -n "$ns" addr add "$peer_ip/24" dev "$tap" && ip -n "$ns" link set "$tap" up
}
refused() { fails_with 2 "$1" "$build/weir-sim" --usbredir "unix:$work/x" "${@:2}"; } # TEXT OPTIONS...

check "an unknown option is refused" refused 'unrecognized option' --tab weir0
check "an option without its value is refused" refused 'requires an argument' --tap
check "a speed that USB does not have is refused" refused 'high or full' --speed low
check "an address that is none is refused" refused 'address of one card' --mac 1
check "a word that is no option is refused" refused 'is no option' weir0
check "a TAP that is not there is told with what to do" fails_with 1 'ip tuntap add' "$build/weir-sim" --usbredir "unix:$work/x" --tap weir-none
check "nothing is left of these" [ ! -e "$work/x" ]

check "a namespace with a TAP can be made" peer_up
ip netns exec "$ns" "$build/weir-sim" --usbredir "unix:$socket" --tap "$tap" --loss 0.01 >"$work/sim.log" 2>&1 &
sim=$!
check "weir-sim is there" said 'the card is at'
check "its link is up" wire_is up
ip -n "$ns" link del "$tap"
check "when the interface is gone it says so, and what to do" said 'the cable is cut: .*make it again'
check "the link is down" wire_is down
check "the interface is made again" tap_again
check "weir-sim finds it" said 'the cable is in again'
check "the link is up again" wire_is up
check "ping gets its answers" weir_usbredir ping -c 3 -i 0.1 "$peer_ip"

# A client that is killed leaves a stream behind that the kernel goes on sending for a while.
mkdir "$work/www"
truncate -s 256M "$work/www/long"
check "Python's HTTP server starts" serve "$work/www"
partly_there() { find "$work" -name "got.part-*" -size +0 | grep -q .; }
killed_in_transfer() {
    local victim
    rm -f "$work"/got*
    "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" get -o "$work/got" "http://$peer_ip:8080/long" &
    victim=$!
    wait_for partly_there || return 1
    kill -9 "$victim"
    wait "$victim" 2>/dev/null
    return 0
}
answers() { weir_usbredir ping -c 1 -W 10 "$peer_ip"; }
for i in 1 2 3; do
    check "a client is killed in the middle of a download, time $i" killed_in_transfer
    check "the first ping of the next one is answered" answers
done
check "SIGTERM ends it with 0" eval 'kill -TERM $sim && wait $sim'
check "and leaves no socket behind" [ ! -e "$socket" ]
done_testing
