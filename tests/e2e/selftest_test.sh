#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir selftest: what it says of a sound card, and of one whose loop is not.
set -u
. tests/e2e/lib.sh

selftest() { "$weir_tool" --card "sim:$1" selftest "${@:2}"; }
lines() { # COUNT TEXT: lines of the last output
    [ "$(grep -c "$2" "$work/said")" = "$1" ] || { cat "$work/said"; return 1; }
}

check "a sound card passes without anything in its socket" fails_with 0 "All within the card is sound" selftest mac=02:00:00:00:00:07
check "each of its ten checks has a line" lines 10 " ok"
check "frames came back" lines 8 "ok, [0-9]* frames"
check "what goes on on the wire does not matter" fails_with 0 "All within the card is sound" selftest peer=loop,corrupt=50,loss=50
check "with a plug in its socket all the way passes" fails_with 0 "to the plug and back" selftest peer=loop --wire
check "a plug that loses frames fails" fails_with 1 "FAILED: of a frame of [0-9]* bytes nothing came back" selftest peer=loop,loss=3,seed=3 --wire
check "and the words say what to measure" lines 1 "measure the PHY's clocks"
check "a wire that damages frames fails" fails_with 1 "FAILED: rx_fcs_error is [0-9]*" selftest peer=loop,corrupt=2,seed=3 --wire
check "without a plug it fails, and the words tell of the link" fails_with 1 "The link is down" selftest "peer=unix:$work/nobody" --wire
check "the registers of a card without a link are sound" lines 1 "^registers  *ok$"
check "an argument that there is not is refused" fails_with 2 "selftest takes only --wire" selftest peer=loop --fast
done_testing
