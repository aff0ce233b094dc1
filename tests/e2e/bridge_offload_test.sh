#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The offloads through weir up, case by case as the kernel's own tests of network drivers have them (tso.py, csum.py, gro.c, udpgso.c of
# tools/testing/selftests): TCP segmentation with and without tunnels, checksums both ways, coalesced receive, UDP_SEGMENT.
set -u
. tests/e2e/bridge_lib.sh

cases=tests/e2e/offload_cases.py
counter() { in_host "$weir_tool" stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"]["'"$1"'"])'; }
feature() { in_host ethtool -K weir0 "$@"; }
started() { wait_for grep -q ready "$1"; } # FILE
carried() { # BYTES ADDRESS: a stream from the host to the peer; the same bytes, none sent again
    in_peer python3 $cases stream-sink "$2" 7001 >"$work/sink" 2>&1 &
    local sink=$! sent
    started "$work/sink" && sent=$(in_host python3 $cases stream "$2" 7001 "$1") && wait "$sink" || return 1
    echo "sent $sent, got $(tail -n 1 "$work/sink")"
    [ "${sent% *}" = "$(tail -n 1 "$work/sink")" ] && lower "${sent#* }" 10
}
segmented() { # ADDRESS: by the card, in superframes, most of the bytes
    local before after
    before=$(counter bridge_tx_superframes)
    carried 200000 "$1" && after=$(counter bridge_tx_superframes) && at_least $((after - before)) 4
}
not_segmented() {
    local before after
    before=$(counter bridge_tx_superframes)
    carried 100000 "$1" && after=$(counter bridge_tx_superframes) && is_zero $((after - before))
}
tunnel() { # TYPE VERSION OPTIONS...: from the host to the peer, 10.79.0.0/24 and fd79::/64 in it
    local type=$1 local_ip=$card_ip remote_ip=$peer_ip
    [ "$2" = 4 ] || { local_ip=fd77::2 remote_ip=fd77::1; }
    shift 2
    ip -n "$host" link add tunnel type "$type" "$@" local "$local_ip" remote "$remote_ip" dev weir0 &&
        ip -n "$ns" link add tunnel type "$type" "$@" local "$remote_ip" remote "$local_ip" dev lan && ends_up tunnel
}
ends_up() { # INTERFACE in both namespaces
    ip -n "$host" link set "$1" up && ip -n "$ns" link set "$1" up && ip -n "$host" addr add 10.79.0.2/24 dev "$1" && ip -n "$ns" addr add 10.79.0.1/24 dev "$1" &&
        ip -n "$host" addr add fd79::2/64 dev "$1" nodad && ip -n "$ns" addr add fd79::1/64 dev "$1" nodad
}
tunnel_gone() { ip -n "$host" link del tunnel 2>/dev/null; ip -n "$ns" link del tunnel 2>/dev/null; true; }
has_tunnel() { tunnel_gone; ip -n "$host" link add tunnel type "$@" 2>"$work/no_tunnel"; local code=$?; tunnel_gone; return $code; }
# Frames from the peer, case after case, and what the host's kernel gets of them in $work/capture: a case begins when the one before has arrived.
exchanged() { # CASE:VERSION...
    rm -f "$work/turns" && mkfifo "$work/turns" || return 1
    ip netns exec "$host" python3 $cases capture weir0 "$@" > >(tee "$work/capture" | grep --line-buffered next >"$work/turns") &
    local capture=$!
    in_peer python3 $cases inject lan "$mac" "$@" <"$work/turns" && wait "$capture"
}
sum_errors() { # that the kernel has counted: of UDP over both versions
    local four six
    four=$(in_host awk '$1 == "Udp:" {if (column) print $column; else for (i = 2; i <= NF; i++) if ($i == "InCsumErrors") column = i}' /proc/net/snmp)
    six=$(in_host awk '$1 == "Udp6InCsumErrors" {print $2}' /proc/net/snmp6)
    echo $((four + six))
}
verified() { # CASE:VERSION ERRORS: the kernel, with a socket that waits, counts so many wrong sums, and gets the good ones
    local before after
    before=$(sum_errors)
    exchanged "$1" && python3 $cases runs "$work/capture" "$1" && after=$(sum_errors) && echo "$((after - before)) wrong sums, $2 expected" &&
        [ $((after - before)) = "$2" ]
}
all_datagram_cases() { # ADDRESS
    in_peer python3 $cases datagram-sink "$1" 7002 >"$work/datagrams" 2>&1 &
    local sink=$!
    started "$work/datagrams" && in_host python3 $cases datagrams "$1" 7002 1500
    local code=$?
    kill "$sink" && wait "$sink" 2>/dev/null
    return $code
}
wire_has() { # FILTER: frames in the capture of what the card sent
    local count
    count=$(sent_frames "$work/wire.pcapng" "$1" | wc -l)
    at_least "$count" 1
}

check "two namespaces with the card's wire between them can be made" network_up
check "weir up makes an interface" up "sim:veth=wire,pcap=$work/wire.pcapng" --ip "$card_ip/24" --stats="$work/stats" up
check "both have IPv6" eval 'wait_for has_carrier && ip -n "$host" addr add fd77::2/64 dev weir0 nodad && wait_for in_host ping -c 1 -W 5 fd77::1'
mac=$(address)
# A socket where frames made by hand come to, so that the kernel looks at their sums.
ip netns exec "$host" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 8000)); print("ready", flush=True); time.sleep(100000)' >"$work/holder" &
ip netns exec "$ns" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::", 8000)); print("ready", flush=True); time.sleep(100000)' >"$work/peer_holder" &
check "sockets are there for frames made by hand" eval 'started "$work/holder" && started "$work/peer_holder"'

# --- tso.py ---
check "TCP over IPv4 is segmented by the card" segmented "$peer_ip"
check "TCP over IPv6, too" segmented fd77::1
check "with segmentation off it is not, and arrives" eval 'feature tso off && not_segmented "$peer_ip"; code=$?; feature tso on; [ $code = 0 ]'
check "nor over IPv6" eval 'feature tx-tcp6-segmentation off && not_segmented fd77::1; code=$?; feature tx-tcp6-segmentation on; [ $code = 0 ]'
left_out() { echo "# left out: $1 (this kernel has no $2)"; } # no part of the plan: a kernel without it has nothing to lose
if ip -n "$host" link add link weir0 name tunnel type vlan id 7 2>/dev/null; then
    check "through the kernel's VLAN it arrives" eval 'ip -n "$ns" link add link lan name tunnel type vlan id 7 && ends_up tunnel && wait_for in_host ping -c 1 -W 5 10.79.0.1 &&
        carried 100000 10.79.0.1 && carried 100000 fd79::1; code=$?; tunnel_gone; [ $code = 0 ]'
else
    left_out "through the kernel's VLAN it arrives" vlan
fi
# Tags made by hand do without the kernel's VLANs; but for its protocols it is all the same, down to the card.
tagged() { # VERSION: a superframe from the host
    local before after
    before=$(counter bridge_tx_superframes)
    rm -f "$work/turns" && mkfifo "$work/turns" || return 1
    ip netns exec "$ns" python3 $cases capture lan "tagged:$1" > >(tee "$work/capture" | grep --line-buffered next >"$work/turns") &
    local capture=$!
    in_host python3 $cases send-tagged weir0 "$lan_mac" "$1" <"$work/turns" && wait "$capture" && python3 $cases runs "$work/capture" "tagged:$1" &&
        after=$(counter bridge_tx_superframes) && at_least $((after - before)) 1
}
lan_mac=$(ip -n "$ns" -br link show lan | awk '{print $3}')
for version in 4 6; do
    check "a superframe of TCP over IPv$version with a VLAN tag is cut by the card" tagged $version
    check "tagged frames over IPv$version reach the kernel" eval 'exchanged vlan:$version && python3 $cases runs "$work/capture" vlan:$version'
done
through() { # TYPE VERSION OPTIONS...: what is inside IPv4 and IPv6
    local code
    tunnel "$@" && wait_for in_host ping -c 1 -W 5 10.79.0.1 && carried 60000 10.79.0.1 && carried 60000 fd79::1
    code=$?
    tunnel_gone
    return $code
}
while read -r type version options; do
    sentence="through a tunnel (${type} over IPv$version${options:+, $options}) it arrives"
    probe="$type $options"
    case $type in vxlan) probe="vxlan id 100 dstport 4789" ;; esac
    if has_tunnel $probe local "$([ "$version" = 4 ] && echo 10.77.0.2 || echo fd77::2)" remote "$([ "$version" = 4 ] && echo 10.77.0.1 || echo fd77::1)"; then
        check "$sentence" through "$type" "$version" $options
    else
        left_out "$sentence" "$type"
    fi
done <<'END'
vxlan 4 id 100 dstport 4789 noudpcsum
vxlan 4 id 100 dstport 4789 udpcsum
vxlan 6 id 100 dstport 4789 udp6zerocsumtx udp6zerocsumrx
vxlan 6 id 100 dstport 4789 udpcsum
gre 4
ip6gre 6
END

# --- csum.py ---
summed() { # CONDITION COMMAND...: whether the card summed for what a command sent
    local before after
    before=$(counter tx_csum_inserted)
    "${@:2}" && after=$(counter tx_csum_inserted) && echo "the card summed $((after - before)) frames" && [ $((after - before)) "$1" 0 ]
}
check "the card inserts checksums of TCP and UDP" eval 'summed -gt carried 3000 "$peer_ip" && summed -gt carried 3000 fd77::1'
check "with that off the kernel sums, and the card does not" eval 'feature tx off && summed -eq carried 3000 "$peer_ip"; code=$?; feature tx on; feature tso on; [ $code = 0 ]'
check "a datagram whose sum comes to 0 is sent as FFFF over IPv4" eval 'summed -gt in_host python3 $cases send-zero-sum "$peer_ip" 4'
check "and over IPv6" eval 'summed -gt in_host python3 $cases send-zero-sum fd77::1 6'
for version in 4 6; do
    check "right sums of UDP over IPv$version are taken" verified "udp:$version" 0
    check "a wrong one over IPv$version is seen by the kernel, and the good one behind it taken" verified "udp_bad:$version" 1
    check "a sum of FFFF, for 0, over IPv$version is taken" verified "udp_zero:$version" 0
done
check "a datagram without a sum over IPv4 is taken" verified udp_no_sum:4 0

# --- gro.c ---
gro="ip_options:4 extension:6 extension_same:6 extension_destination:6 extension_differs:6"
for version in 4 6; do
    for case in data single data_small_last data_large_last ack flags_psh flags_syn flags_rst flags_urg flags_cwr flags_fin tcp_sum tcp_seq tcp_options \
        ip_ecn ip_tos ip_ttl ip_fragments large; do
        gro="$gro $case:$version"
    done
done
check "frames of all cases of coalesced receive reach the kernel" exchanged $gro
python3 $cases runs "$work/capture" $gro >"$work/verdicts"
verdict() { grep "^$1 " "$work/verdicts" && grep -q "^$1 good: " "$work/verdicts"; }
for case in $gro; do
    check "coalesced receive over IPv${case#*:}: ${case%:*}" verdict "$case"
done

# --- udpgso.c ---
check "UDP_SEGMENT over IPv4: one byte to all that a packet can have, and what is refused" all_datagram_cases "$peer_ip"
check "UDP_SEGMENT over IPv6" all_datagram_cases fd77::1

check "weir down ends it" down
check "tshark finds no error in what the card sent" nothing_wrong_on_the_wire "$work/wire.pcapng"
check "the VLAN tags were on the wire" eval 'wire_has "vlan.id == 7 && ip && tcp.dstport == 8000" && wire_has "vlan.id == 7 && ipv6 && tcp.dstport == 8000"'
check "the sums that came to 0 were FFFF" eval 'wire_has "ip && udp.dstport == 8000 && udp.checksum == 0xffff" && wire_has "ipv6 && udp.dstport == 8000 && udp.checksum == 0xffff"'
check "UDP superframes were cut" at_least "$(stat "$work/stats" tx_segments)" 300
done_testing
