#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir-sim --suspend: a client that wants nothing finds its bus suspended on the pins, and resumed by what it asks for next, or by
# the card that wakes it; the weir tool notices nothing of it.
set -u
. tests/e2e/lib.sh
socket=$work/card.sock
number() { sed -nE "s/^.define $1 +'?h?([0-9A-Fa-f]+).*/\1/p" rtl/link/weir_link.vh | head -n 1; } # NAME
said() { [ "$(grep -c "$1" "$work/sim.log")" = "$2" ]; } # TEXT TIMES
comes() { wait_for said "$@" || { cat "$work/sim.log"; return 1; }; }
sleeper_up() {
    coproc sleeper { exec python3 tests/e2e/usbredir_sleeper.py "$socket" "$1" "$2" "$3"; }
    read -r -t 60 line <&"${sleeper[0]}" && [ "$line" = there ]
}
asks() { # ANSWER COMMAND
    echo "$2" >&"${sleeper[1]}"
    read -r -t 60 line <&"${sleeper[0]}"
    echo "$line"
    [ "$line" = "$1" ]
}
weir_usbredir() { "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" "$@"; }

check "a namespace with a TAP can be made" peer_up
ip netns exec "$ns" "$build/weir-sim" --usbredir "unix:$socket" --tap "$tap" --suspend >"$work/sim.log" 2>&1 &
sim=$!
check "weir-sim is there" comes 'the card is at' 1
sleeper_up "$(number WEIR_REQ_WRITE_TABLE)" "$(number WEIR_TABLE_RX_CONTROL)" 3
check "a client finds the card" [ "$line" = there ]
check "the card takes the first configuration" asks done 'configure 1'
check "the bus is suspended when the client wants nothing" comes 'the bus is suspended' 1
check "a request gets its answer from the card that slept" asks 0000 status
check "for it the bus was resumed" comes 'the bus is awake again' 1
check "it is suspended again" comes 'the bus is suspended' 2
check "the client has the card listen" asks done listen
check "the bus is suspended once more" comes 'the bus is suspended' 3
in_peer ping -c 1 -W 1 "$card_ip" >/dev/null # nobody answers
check "a frame does not wake a host that has not allowed it" said 'the bus is awake again' 2
check "the client allows remote wake-up" asks done allow
check "the bus is suspended with that" comes 'the bus is suspended' 4
in_peer ping -c 1 -W 1 10.77.0.9 >/dev/null
check "a frame makes the card wake the bus" comes 'the bus is awake again' 4
check "the card goes on where it was" asks 0200 status
kill "$sleeper_PID"
check "the client leaves" comes 'the client has left' 1
check "the weir tool finds the card as plugged in anew" weir_usbredir ping -c 3 -i 0.1 "$peer_ip"
check "the bus stays awake while transfers wait" said 'the bus is suspended' "$(grep -c 'is awake again' "$work/sim.log")"
check "weir-sim ends when told to" eval 'kill -TERM $sim && wait $sim'
done_testing
