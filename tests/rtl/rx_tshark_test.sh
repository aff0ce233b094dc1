#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tshark as a second judge of received frames: wire_path_test sends random ones through the card's wire side, from GMII to the
# receive memory, and writes them to a pcap file with the card's verdicts beside it. Prints TAP.
#
# Of two kinds by turns: `clear` ones are TCP or UDP over IPv4 or IPv6 (VLAN tags, options, extension headers), right or with one bit
# turned over, and both must say the same of them. `any` ones have everything wrong that there is; there the card may leave open
# what tshark judges, but must not contradict it.
set -u
cd "$(dirname "$0")/../.."
bench=${BUILD:-build}/tests/rtl
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failed=0

ok() { # number, sentence, lines that should not be there
    if [ -z "$3" ]; then echo "ok $1 - $2"; else echo "$3" | head -20 | sed 's/^/# /'; echo "not ok $1 - $2"; failed=1; fi
}

echo 1..4
"$bench/wire_path_test" --verdicts "$scratch/frames.pcap" 2000 "${SEED:-1}" >"$scratch/card" || { echo "not ok 1 - frames pass the wire side"; exit 1; }

# Of each header the first in the frame: the payload is random, and may look like another packet. Status 1 is right, 0
# wrong, 3 that there is none (2 and 4: not looked at, not allowed).
tshark -n -r "$scratch/frames.pcap" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
    -o ip.defragment:FALSE -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE -T fields -E separator=';' \
    -E occurrence=f -e ip.checksum.status -e tcp.checksum.status -e udp.checksum.status \
    >"$scratch/fields" 2>"$scratch/errors" || { sed 's/^/# /' "$scratch/errors"; echo "not ok 1 - tshark runs"; exit 1; }

# A line a frame: number, kind, the card's verdict, tshark's (bad, good or nothing said), tshark's fields.
paste -d ' ' "$scratch/card" "$scratch/fields" | awk '{
    n = split($3, status, ";"); wrong = right = 0
    for (i = 1; i <= n; i++) { if (status[i] == "0") wrong = 1; if (i > 1 && status[i] == "1") right = 1 }
    print NR, $1, $2, wrong ? "bad" : right ? "good" : "nothing", "(" $3 ")" }' >"$scratch/both"

count() { grep -c " $1" "$scratch/both"; }

ok 1 "tshark reads all the frames" "$([ "$(count '')" -eq 2000 ] || echo "$(count '') of 2000")"
ok 2 "tshark and the card say the same of every frame that is TCP or UDP and whole" \
    "$(awk '$2 == "clear" && $3 != $4' "$scratch/both")"
ok 3 "whatever is wrong with a frame, the card says nothing that tshark denies" \
    "$(awk '$2 == "any" && (($3 == "good" && $4 == "bad") || ($3 == "bad" && $4 == "good"))' "$scratch/both")"
echo "# tshark and the card: $(awk '{n[$3 "/" $4]++} END {for (k in n) printf "%s %d  ", k, n[k]}' "$scratch/both")(card/tshark)"
ok 4 "all verdicts occur often, on frames of either kind" \
    "$(for v in good bad; do for k in clear any; do [ "$(count "$k $v $v")" -ge 100 ] || echo "$k $v: $(count "$k $v $v")"; done; done
       [ "$(count 'any open')" -ge 100 ] || echo "any open: $(count 'any open')")"
exit $failed
