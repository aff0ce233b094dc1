#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir-sim, the simulated card as a program, and the weir tool as its usbredir client: files both ways, clients that are killed, that
# talk nonsense, that find nobody; a bad USB; the card unplugged or gone.
set -u
. tests/e2e/lib.sh
partly_there() { find "$work" -name "got.part-*" -size +0 | grep -q .; } # a download is under way
weir_sim=${weir_tool%/*}/weir-sim
socket=$work/card.sock
check "a namespace with a TAP can be made" peer_up

sim_up() { # OPTIONS...: a card at $socket
    ip netns exec "$ns" "$weir_sim" --usbredir "unix:$socket" --tap "$tap" "$@" >"$work/sim.log" 2>&1 &
    sim=$!
    wait_for grep -q 'the card is at' "$work/sim.log"
}
sim_down() { kill -TERM "$sim" && wait "$sim"; } # its exit code
weir_usbredir() { "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" "$@"; }
fails_with() { # PATTERN COMMAND...
    local pattern=$1
    shift
    "$@" >"$work/fails.log" 2>&1 && { echo "it succeeded"; return 1; }
    cat "$work/fails.log"
    grep -q "$pattern" "$work/fails.log"
}
mkdir "$work/www"
random_file "$work/www/file" $((1 << 20))
truncate -s 256M "$work/www/long"
random_file "$work/up.sent" $((2 << 20))
check "Python's HTTP server starts" serve "$work/www"
download() { rm -f "$work/down.got" && weir_usbredir get -o "$work/down.got" "http://$peer_ip:8080/file" && equal_files "$work/www/file" "$work/down.got"; }
upload() { receive "$work/up.got" && weir_usbredir send "$peer_ip" 5000 "$work/up.sent" && wait "$receiver" && equal_files "$work/up.sent" "$work/up.got"; }

check "an option that makes no sense is refused with advice" fails_with 'percentage' "$weir_sim" --usbredir "$socket" --loss 300
check "without an address weir-sim says what is missing" fails_with 'Give --usbredir' "$weir_sim" --tap "$tap"
check "a port that there cannot be is refused" fails_with 'from 1 to 65535' "$weir_sim" --usbredir localhost:65536
check "two cables are refused" fails_with '^weir-sim: a simulated card has one cable' "$weir_sim" --usbredir "$socket" --tap a --veth b
check "with nobody there weir says to start weir-sim" fails_with 'start weir-sim' weir_usbredir info
check "weir-sim starts" sim_up
check "a second weir-sim does not take the first one's place" fails_with 'cannot listen' "$weir_sim" --usbredir "unix:$socket"
check "weir info reads the card's registers over usbredir" weir_usbredir info
check "weir ping gets its answers" weir_usbredir ping -c 5 -i 0.1 "$peer_ip"
check "a download of 1 MiB has the same SHA-256" download
check "an upload of 2 MiB has the same SHA-256" upload

# --- clients that vanish ---
in_transfer() { # begins a download that takes long; the client is $victim
    rm -f "$work"/got.part-*
    "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" get -o "$work/got" "http://$peer_ip:8080/long" &
    victim=$!
    wait_for partly_there && return 0
    kill -9 "$victim"
    return 1
}
killed_in_transfer() {
    in_transfer || return 1
    kill -9 "$victim" # fails when it has ended already
}
check "a client is killed in the middle of a download" killed_in_transfer
check "the next client finds the card as plugged in anew" download
check "all of that was one weir-sim" kill -0 "$sim"

# --- clients that talk nonsense ---
nonsense() { python3 tests/e2e/usbredir_nonsense.py "$socket" 60; }
check "60 clients with nonsense of every kind are sent away" nonsense
check "weir-sim is still there" kill -0 "$sim"
check "and so is the card" weir_usbredir ping -c 2 -i 0.1 "$peer_ip"

# --- the plug ---
unplugged_in_transfer() {
    in_transfer || return 1
    kill -USR1 "$sim"
    ! wait "$victim"
}
check "unplugging in the middle of a download ends it with an error" unplugged_in_transfer
plug_again() { kill -USR1 "$sim" && wait_for grep -q 'plugged in$' "$work/sim.log"; }
check "the card is plugged in again" plug_again
check "then a download succeeds" download
gone() {
    local runner
    weir_usbredir run >"$work/run.log" 2>&1 &
    runner=$!
    wait_for grep -q 'is there' "$work/run.log" || return 1
    kill -9 "$sim"
    wait "$sim"
    wait "$runner" && return 1
    cat "$work/run.log"
    grep -q 'the card is gone' "$work/run.log"
}
check "when weir-sim is killed the tool says that the card is gone" gone

# --- a bad USB ---
check "weir-sim takes over the path that the killed one left" sim_up --usb-corrupt 1 --usb-lost 1 --seed 7
check "with 1 % of USB packets broken a download has the same SHA-256" download
check "with 1 % of USB packets broken an upload has the same SHA-256" upload
check "weir-sim ends cleanly when told to" sim_down
check "and leaves no socket behind" [ ! -e "$socket" ]
done_testing
