#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Two simulated cards joined by a cable between two weir-sim processes, each with a weir tool over usbredir: ping and files both
# ways, a lossy cable, an end that goes away and comes back.
set -u
. tests/e2e/lib.sh
weir_sim=$build/weir-sim
cable=unix:$work/cable

sim_up() { # NAME OPTIONS...: a card at $work/NAME, process ${NAME}_sim
    local name=$1
    shift
    "$weir_sim" --usbredir "unix:$work/$name" --peer "$cable" "$@" >>"$work/$name.log" 2>&1 &
    eval "${name}_sim=$!"
    wait_for test -S "$work/$name"
}
address() { [ "$1" = a ] && echo 10.78.0.1 || echo 10.78.0.2; } # NAME
weir_at() { "$weir_tool" --card "usbredir:unix:$work/$1" --ip "$(address "$1")/24" "${@:2}"; } # NAME ARGUMENTS...
# In the background, until it says TEXT; process $holder: holds NAME TEXT ARGUMENTS...
holds() {
    "$weir_tool" --card "usbredir:unix:$work/$1" --ip "$(address "$1")/24" "${@:3}" >"$work/run.log" 2>&1 &
    holder=$!
    wait_for grep -q "$2" "$work/run.log"
}
wire_is() { weir_at a info | tee /dev/stderr | grep -q "^wire  *$1"; }
said() { wait_for grep -q "$2" "$work/$1.log"; } # NAME TEXT
times_said() { [ "$(grep -c "$2" "$work/$1.log")" = "$3" ]; } # NAME TEXT TIMES
sends() { # FROM TO: $work/file from card to card
    rm -f "$work/got"
    holds "$2" listening recv 5000 "$work/got" && weir_at "$1" send "$(address "$2")" 5000 "$work/file" && wait "$holder" && equal_files "$work/file" "$work/got"
}
random_file "$work/file" $((1 << 20))

check "a cable that is no address is refused with advice" fails_with 1 'HOST:PORT or unix:PATH' "$weir_sim" --usbredir "unix:$work/x" --peer nonsense
check "a card with two cables is refused" fails_with 2 'one of them' "$weir_sim" --usbredir "unix:$work/x" --peer "$cable" --tap "$tap"
check "a card is there, and the other not yet" sim_up a
check "it says that it waits" said a 'the cable waits'
check "its link is down" wire_is down
check "the second card is there" sim_up b
check "the first has seen it" said a 'leads to another card'
check "its link is up" wire_is 'up, 1000 Mb/s, full duplex'
check "the second card's host is there" holds b 'is there' run
check "ping reaches it" weir_at a ping -c 5 -i 0.1 10.78.0.2
check "a signal ends it with 0" let_go
check "a file of 1 MiB from the first to the second has the same SHA-256" sends a b
check "a file of 1 MiB from the second to the first has the same SHA-256" sends b a

check "a third card starts" sim_up c
check "and says that the cable has two ends" said c 'has another one at its cable'
kill -TERM "$c_sim" && wait "$c_sim"

gone() { kill -9 "$1"; wait "$1" 2>/dev/null; return 0; }
pings() { holds b 'is there' run && weir_at a ping -c 3 -i 0.1 10.78.0.2 && let_go; }
check "the second card is killed" gone "$b_sim"
check "the first says so" said a 'is gone; waiting for one'
check "its link is down again" wire_is down
nonsense() { # until it is hung up on
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"nonsense" * 100)
while s.recv(4096): pass' "$work/cable"
}
check "somebody talks nonsense into the cable" nonsense
check "and is found out" said a 'is no simulated card of this version'
check "the second card comes back, with a bad cable" sim_up b --loss 2 --reorder 2 --corrupt 2 --seed 3
check "the first has seen it" wait_for times_said a 'leads to another card' 2
check "its link is up again" wire_is 'up, 1000 Mb/s, full duplex'
check "over the bad cable a file arrives whole" sends a b
check "the first card, which listens, is killed" gone "$a_sim"
check "the second says so" said b 'is gone; waiting for one'
check "it takes the other's place" said b 'the cable waits'
check "the first card comes back" sim_up a
check "ping reaches the other card" pings
check "the cards end when told to" eval 'kill -TERM $a_sim $b_sim && wait $a_sim && wait $b_sim'
check "and leave no socket behind" [ ! -e "$work/a" -a ! -e "$work/b" -a ! -e "$work/cable" ]
check "two cards in the tools' own processes find each other" eval '
    "$weir_tool" --card "sim:peer=$cable" --ip 10.78.0.2/24 run >"$work/run.log" 2>&1 & holder=$!
    "$weir_tool" --card "sim:peer=$cable" --ip 10.78.0.1/24 ping -c 3 -i 0.1 10.78.0.2 && let_go'
done_testing
