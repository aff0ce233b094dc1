#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Resolution, ping and files, both ways, between the simulated card and a Linux kernel; then what tshark says of each frame.
set -u
. tests/e2e/lib.sh
check "a namespace with a TAP can be made" peer_up

pinged() {
    local code
    hold "pcap=$work/pinged.pcapng" --stats="$work/pinged.stats" || return 1
    in_peer ping -n -c 5 -i 0.2 -W 20 "$card_ip"
    code=$?
    card_mac=$(neighbour)
    let_go && return $code
}
check "the kernel pings the card's host" pinged
check "weir run took a file name for its statistics" [ -s "$work/pinged.stats" ]
check "the kernel resolved us" [ -n "$card_mac" ]
check "the card answered the kernel's ARP request" at_least "$(stat "$work/pinged.stats" rx_arp_answered)" 1
check "the host never saw an ARP request" is_zero "$(stat "$work/pinged.stats" stack_arp_in_requests)"
check "weir ping gets its answers" weir_on "pcap=$work/ping.pcapng" --stats="$work/ping.stats" ping -c 5 -i 0.1 "$peer_ip"
check "weir ping of an address nobody has ends with 1 and says so" fails_with 1 '100% packet loss' weir_on "" ping -c 1 -W 1 10.77.0.99
check "weir get of a closed port ends with 1 and says so" fails_with 1 'refuses connections' weir_on "" get -o "$work/none" "http://$peer_ip:81/"

transfers "" $((2 << 20)) $((4 << 20))
check "the upload went down as superframes" at_least "$(stat "$work/up.stats" tx_segments)" \
    $((3 * $(stat "$work/up.stats" tx_superframes)))
check "the card inserted a checksum in each segment" at_least "$(stat "$work/up.stats" tx_csum_inserted)" $(((4 << 20) / 1460))
check "the card verified the checksum of each segment" at_least "$(stat "$work/down.stats" rx_csum_good)" $(((2 << 20) / 1460))
check "the card sent segments of the download up without their headers" at_least "$(stat "$work/down.stats" rx_continued)" 100
check "the driver glued them" at_least "$(stat "$work/down.stats" host_rx_glued)" 10
check "the stack took large frames" at_least "$(stat "$work/down.stats" stack_tcp_in_glued)" 10
check "the card sent the upload's acknowledgements up as a few numbers" at_least "$(stat "$work/up.stats" rx_pure_acks)" 100
check "no transfer to the host was bad" is_zero "$(stat_sum host_rx_bad_transfers "$work"/*.stats)"
check "no checksum was wrong" is_zero "$(stat_sum rx_csum_bad "$work"/*.stats)"
check "no frame was lost for want of room" is_zero "$(stat "$work/down.stats" rx_overflow)"
check "no record was bad" is_zero "$(($(stat_sum tx_bad_record "$work"/*.stats) + $(stat_sum tx_bad_transfer "$work"/*.stats)))"
check "weir get --no-coalesce downloads the same" weir_on "" --stats="$work/plain.stats" --no-coalesce get -o "$work/plain.got" "http://$peer_ip:8080/file"
check "its SHA-256 is the same" equal_files "$work/www/file" "$work/plain.got"
check "nothing of it came short" is_zero "$(stat "$work/plain.stats" rx_continued)"
rm -f "$work/plain.stats" # there is no capture of it
check "tshark finds each frame of the card right" no_tshark_errors "$work"
done_testing
