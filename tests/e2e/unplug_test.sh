#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The card is pulled out in the middle of a transfer, and plugged in again: by default the command ends and says why; with
# --wait it goes on, and every byte arrives once. The card is weir-sim's, whose plug SIGUSR1 pulls.
set -u
. tests/e2e/lib.sh
socket=$work/usb.sock

card_up() {
    ip netns exec "$ns" "$build/weir-sim" --usbredir "unix:$socket" --tap "$tap" >"$work/sim.log" 2>&1 &
    sim=$!
    wait_for test -S "$socket"
}
said() { wait_for grep -q "$1" "$2"; } # TEXT LOG
times_said() { [ "$(grep -c "$1" "$work/sim.log")" = "$2" ]; } # TEXT TIMES
toggle_plug() { kill -USR1 "$sim" && wait_for times_said "$@"; } # TEXT TIMES: what weir-sim says, so often by now
grown() { [ "$(wc -c <"$1")" -ge "$2" ]; }           # FILE BYTES
# Waits for a background command and tells its exit code: ends_with CODE PROCESS
ends_with() { wait "$2"; local code=$?; echo "exit code $code"; [ $code = "$1" ]; }
# Half of the file is sent and a part of it has arrived; the other half comes with end_upload: begin_upload OPTIONS...
begin_upload() {
    rm -f "$work/pipe" "$work/got"
    receive "$work/got" && mkfifo "$work/pipe" && exec 8<>"$work/pipe" || return 1
    ip netns exec "$ns" "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" "$@" send "$peer_ip" 5000 \
        <"$work/pipe" >"$work/send.log" 2>&1 8>&- &
    sender=$!
    head -c 1500000 "$work/file" >&8
    wait_for grown "$work/got" 500000
}
end_upload() { tail -c +1500001 "$work/file" >&8 && exec 8>&-; }

check "a namespace with a TAP can be made" peer_up
check "weir-sim is there" card_up
random_file "$work/file" $((3 << 20))

check "an upload begins" begin_upload
check "the card is pulled out" toggle_plug unplugged 1
check "the command ends with 3" ends_with 3 "$sender"
check "and says that the card is gone, and what to do" grep -q 'the card is gone: plug it in again (--wait' "$work/send.log"
exec 8>&-
kill "$receiver" 2>/dev/null && wait "$receiver" 2>/dev/null
check "the card is plugged in" toggle_plug 'plugged in' 1

check "an upload with --wait begins" begin_upload --wait
check "the card is pulled out" toggle_plug unplugged 2
check "the command says that it waits" said 'the card is gone: plug it in again, or end with' "$work/send.log"
check "the card is plugged in again" toggle_plug 'plugged in' 2
check "the command has it" said 'the card is there' "$work/send.log"
check "the rest of the file comes" end_upload
check "the command ends well" ends_with 0 "$sender"
check "socat ends with the stream" wait "$receiver"
check "every byte arrived once" equal_files "$work/file" "$work/got"

check "the card is pulled out" toggle_plug unplugged 3
ip netns exec "$ns" "$weir_tool" --card "usbredir:unix:$socket" --ip "$card_ip/24" --wait run >"$work/run.log" 2>&1 &
holder=$!
check "a command with --wait waits for a card that is not there" said 'waiting for the card' "$work/run.log"
check "the card is plugged in" toggle_plug 'plugged in' 3
check "the command takes it" said 'is there; ^C ends it' "$work/run.log"
check "and the card answers" in_peer ping -c 2 -i 0.2 -w 30 "$card_ip"
check "a signal ends it with 0" let_go
kill "$sim" && wait "$sim"
check "with no weir-sim there the command ends with 3" bash -c '"$@"; [ $? = 3 ]' _ "$weir_tool" --card "usbredir:unix:$socket" info
done_testing
