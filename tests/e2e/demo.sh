#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `make demo`: the simulated card carries real TCP connections to a real Linux kernel, in a network namespace of its own.
# BUILD names the build folder. Exit code 0 only if everything was right.
set -u
[ "$(id -u)" = 0 ] || { echo "The demonstration makes a network namespace: use make demo, or sudo." >&2; exit 1; }
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
. tests/e2e/lib.sh
out=$PWD/$BUILD/demo
case $BUILD in /*) out=$BUILD/demo ;; esac
bad=0

bold= green= red= plain=
[ ! -t 1 ] || { bold='\033[1m' green='\033[32m' red='\033[31m' plain='\033[0m'; }
step() { printf "\\n$bold%s$plain\\n" "$*"; }
right() { printf "   ${green}right$plain  %s\\n" "$*"; }
wrong() { printf "   ${red}WRONG$plain  %s\\n" "$*"; bad=$((bad + 1)); }
verdict() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    if "$@" >/dev/null 2>&1; then right "$sentence"; else wrong "$sentence"; fi
}
same_sha256() { [ -s "$1" ] && [ "$(sha256 "$1")" = "$(sha256 "$2")" ]; }
progress() { if [ -t 2 ]; then echo --progress; fi; }

rm -rf "$out" && mkdir -p "$out" || exit 1
peer_up || { echo "Cannot make a network namespace with a TAP: is the tun module loaded (modprobe tun)?" >&2; exit 1; }

echo "The peer is this machine's Linux kernel in the network namespace $ns, at $peer_ip."
echo "The card is rtl/ compiled by Verilator, at $card_ip; its wire is the namespace's TAP."

step "1. Address resolution, and 2. ping, from the kernel to the card and from the card to the kernel"
hold "pcap=$out/1-pinged.pcapng" --stats="$out/1-pinged.stats" || { wrong "the card does not come up"; cat "$work/run.log"; exit 1; }
in_peer ping -n -c 5 -i 0.2 -W 20 "$card_ip" | sed 's/^/   /'
[ "${PIPESTATUS[0]}" = 0 ] && right "the kernel pings the card" || wrong "the kernel gets no answer to its ping"
card_mac=$(neighbour)
let_go || wrong "weir run ended with an error: $(cat "$work/run.log")"
verdict "the kernel resolved $card_ip to ${card_mac:-nothing}" [ -n "$card_mac" ]
verdict "the request was answered in Verilog ($(stat "$out/1-pinged.stats" rx_arp_answered)); the host saw $(stat "$out/1-pinged.stats" stack_arp_in_requests)" \
    [ "$(stat "$out/1-pinged.stats" rx_arp_answered)" -ge 1 -a "$(stat "$out/1-pinged.stats" stack_arp_in_requests)" = 0 ]
weir_on "pcap=$out/2-ping.pcapng" --stats="$out/2-ping.stats" ping -c 5 -i 0.2 "$peer_ip" | sed 's/^/   /'
[ "${PIPESTATUS[0]}" = 0 ] && right "the card's host pings the kernel" || wrong "the host gets no answer to its ping"
verdict "the host resolved $peer_ip by ARP" [ "$(stat "$out/2-ping.stats" stack_arp_in_replies)" -ge 1 ]

step "3. A download of 2 MiB over HTTP, from Python's server"
mkdir "$work/www"
random_file "$work/www/down" $((2 << 20))
serve "$work/www" || wrong "Python's server does not start: $(cat "$work/http.log")"
weir_on "pcap=$out/3-download.pcapng" --stats="$out/3-download.stats" get $(progress) -o "$work/down" "http://$peer_ip:8080/down" \
    || wrong "weir get failed"
verdict "SHA-256 $(sha256 "$work/www/down" | cut -c1-16)... on both sides" same_sha256 "$work/www/down" "$work/down"

step "   An upload of 4 MiB, to socat"
random_file "$work/up" $((4 << 20))
receive "$work/up.received" || wrong "socat does not start"
weir_on "pcap=$out/4-upload.pcapng" --stats="$out/4-upload.stats" send $(progress) "$peer_ip" 5000 "$work/up" || wrong "weir send failed"
wait "$receiver"
verdict "SHA-256 $(sha256 "$work/up" | cut -c1-16)... on both sides" same_sha256 "$work/up" "$work/up.received"

step "4. What the hardware did"
row() { # LABEL NAME...
    local label=$1 sum=0 n
    shift
    for n in "$@"; do sum=$((sum + $(stat_sum "$n" "$out"/*.stats))); done
    printf '   %-44s %12d\n' "$label" "$sum"
}
row "superframes and frames in from the host" tx_superframes
row "segments cut and sent" tx_segments
row "checksums inserted" tx_csum_inserted
row "checksums verified, right" rx_csum_good
row "checksums verified, wrong" rx_csum_bad
row "ARP requests answered" tx_arp_replies
row "frames filtered (not for us)" rx_filtered rx_arp_filtered
row "frames lost for want of room" rx_overflow
row "USB transfers out" usb_out_transfers
row "USB transfers in" usb_in_transfers
goodput() { printf '   %-44s %12.1f Mb/s of device time\n' "$1" "$(awk '$1 == "run_goodput_bps" {print $2 / 1e6}' "$2")"; }
goodput "goodput, download" "$out/3-download.stats"
goodput "goodput, upload" "$out/4-upload.stats"
if command -v tshark >/dev/null; then
    verdict "tshark finds each of the $(stat_sum tx_frames "$out"/*.stats) frames that the card sent right" no_tshark_errors "$out"
fi
echo "   The wire, frame by frame: ${out#"$PWD"/}/*.pcapng (open with wireshark or tshark -r)"

step "$([ $bad = 0 ] && echo "Everything was right." || echo "$bad things were wrong.")"
[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID" "$out"
[ $bad = 0 ]
