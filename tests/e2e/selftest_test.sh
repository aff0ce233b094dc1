#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir selftest: what it says of a sound card, and of one whose loop is not.
set -u
. tests/e2e/lib.sh

selftest() { "$weir_tool" --card "sim:$1" selftest "${@:2}"; }
lines() { # COUNT TEXT: lines of the last output
    [ "$(grep -c "$2" "$work/said")" = "$1" ] || { cat "$work/said"; return 1; }
}

check "a sound card passes, whatever is in its socket" fails_with 0 "All within the card is sound" selftest peer=loop,corrupt=50,loss=50
check "each of its ten checks has a line" lines 10 " ok"
check "frames came back" lines 8 "ok, [0-9]* frames"
check "with a plug in its socket all the way passes" fails_with 0 "to the plug and back" selftest peer=loop --wire
check "a plug that loses frames fails" fails_with 1 "FAILED: of a frame of [0-9]* bytes nothing came back" selftest peer=loop,loss=3,seed=3 --wire
check "and the words say what to measure" lines 1 "measure the PHY's clocks"
check "a wire that damages frames fails" fails_with 1 "FAILED: rx_fcs_error is [0-9]*" selftest peer=loop,corrupt=2,seed=3 --wire
check "where nothing at all comes back it is the plug that is asked for first" fails_with 1 "nothing at all came back: is it the loop-back plug" selftest peer=loop,loss=100 --wire
check "without a plug it fails, and the words tell of the link" fails_with 1 "The link is down" selftest "peer=unix:$work/nobody" --wire
check "the registers of a card without a link are sound" lines 1 "^registers  *ok$"

check "the loop in the PHY passes without a cable" fails_with 0 "through the pins to the Ethernet PHY and back" selftest "peer=unix:$work/nobody" --phy
check "with all ten checks" lines 10 " ok"
check "the card with full-speed USB reaches its PHY, too" fails_with 0 "Ethernet PHY  *0022 1622" "$weir_tool" --card sim:speed=full info
check "a PHY that damages frames fails" fails_with 1 "FAILED: of a frame of [0-9]* bytes nothing came back" selftest phy=noisy --phy
check "and the words say what to measure" lines 1 "measure the clocks between FPGA and PHY"
check "what arrives damaged is counted" lines 1 "FAILED: rx_fcs_error is [0-9]*"
check "a PHY that does not answer fails, and the words say what to measure" fails_with 1 "no Ethernet PHY answers: measure .* MDC" selftest phy=none --phy
check "the card without it is sound all the same" fails_with 0 "All within the card is sound" selftest phy=none
check "one loop at a time" fails_with 2 "one of them" selftest peer=loop --phy --wire

# The card at a socket stays when its client goes. What is killed in the middle leaves the PHY looping back, until the next one comes.
socket=unix:$work/usb.sock
wire_up() { "$weir_tool" --card "usbredir:$socket" info | grep -q "^wire  *up, 1000"; }
selftest_there() { "$weir_tool" --card "usbredir:$socket" selftest "$@"; }
begin_there() { # a selftest in the background that has made its loop
    "$weir_tool" --card "usbredir:$socket" selftest --phy >"$work/there" 2>&1 &
    tester=$!
    wait_for grep -q "^registers" "$work/there"
}
"$build/weir-sim" --usbredir "$socket" --peer loop >"$work/sim.log" 2>&1 &
simulation=$!
check "a card at a socket is there" wait_for grep -q "the card is at" "$work/sim.log"
check "a selftest of it is under way" begin_there
kill -INT "$tester"
wait "$tester"
code=$?
check "a signal breaks it off" [ "$code" = 1 ]
check "it says so" grep -q "interrupted: [0-9]* frames" "$work/there"
check "and counts no failure, nor blames the hardware" eval 'grep -q "broken off$" "$work/there" && ! grep -q "FAILED\|[Mm]easure\|simulated card" "$work/there"'
check "the PHY is on the cable behind it" fails_with 0 "to the plug and back" selftest_there --wire
check "one is under way when the card is pulled out" begin_there
kill -USR1 "$simulation"
wait "$tester"
code=$?
check "that ends it, too, with the code for no card" [ "$code" = 3 ]
check "and is no failure of the card's" eval 'grep -q "broken off$" "$work/there" && grep -q "card is gone" "$work/there" && ! grep -q "FAILED\|[Mm]easure" "$work/there"'
kill -USR1 "$simulation"
check "it is plugged in again" wait_for wire_up
check "another is under way" begin_there
{ kill -KILL "$tester" && wait "$tester"; } 2>"$work/killed"
check "a PHY that was left looping back is set up anew for the next" fails_with 0 "to the plug and back" selftest_there --wire
check "and has its link" wire_up

check "an argument that there is not is refused" fails_with 2 "selftest takes only --phy or --wire" selftest peer=loop --fast
done_testing
