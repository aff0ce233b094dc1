#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir up: the kernel of one namespace reaches that of another only over the card's interface. Programs that know nothing of cards
# carry files and streams both ways; the card cuts superframes going down and coalesces segments coming up; ARP, groups and carrier
# follow the interface; the card is pulled out and comes back; whatever is killed leaves nothing behind.
set -u
. tests/e2e/bridge_lib.sh

is_unprivileged() { # the worker is nobody, holds no capability, and cannot have any again
    grep -E '^(Uid|Cap|NoNew)' "/proc/$(worker)/status" | tee "$work/status"
    grep -q "^Uid:.$(id -u nobody).$(id -u nobody).$(id -u nobody)" "$work/status" && grep -q '^CapPrm:.0*$' "$work/status" &&
        grep -q '^CapEff:.0*$' "$work/status" && grep -q '^NoNewPrivs:.1' "$work/status"
}
resolves_to() { # IP MAC: what the peer finds out about an address, asking anew
    ip -n "$ns" neigh flush dev lan
    in_peer ping -n -c 1 -W 20 "$1" && ip -n "$ns" neigh show "$1" | tee /dev/stderr | grep -q "$2"
}
does_not_resolve() { ip -n "$ns" neigh flush dev lan; ! in_peer ping -n -c 1 -W 2 "$1"; }
datagrams() { # 20,000 bytes as one message, in datagrams of 1,000 (UDP_SEGMENT), the last of 500
    in_peer python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 4243))
s.settimeout(100)
print("bound", flush=True)
got = [s.recv(2000) for _ in range(20)]
sys.exit(got != [bytes([i]) * (1000 if i < 19 else 500) for i in range(20)])' "$peer_ip" >"$work/datagrams" &
    local receiver=$!
    wait_for grep -q bound "$work/datagrams" && in_host python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 103, 1000)
s.sendto(b"".join(bytes([i]) * (1000 if i < 19 else 500) for i in range(20)), (sys.argv[1], 4243))' "$peer_ip" && wait "$receiver"
}
all_accounted_for() { # what the kernel gave is what the card has, the lost ones counted
    local given taken
    given=$(stat "$1" bridge_tx_frames)
    taken=$(stat "$1" tx_superframes)
    echo "the bridge gave $given, the card took $taken"
    [ "$given" = "$taken" ] && is_zero "$(stat "$1" tx_bad_record)" && is_zero "$(stat "$1" bridge_tx_senseless)"
}
check "two namespaces with the card's wire between them can be made" network_up
check "without a card the tool says so, and leaves no interface" eval 'fails_with 3 "" in_host "$weir_tool" --card usb:serial=0 up && no_interface'
check "weir down says when there is nothing to end" fails_with 1 'there is no interface weir0' in_host "$weir_tool" down weir0
check "an MTU beyond the card's longest frame is refused" eval '
    fails_with 1 "longest frame allows 9586" in_host "$weir_tool" --card sim:veth=wire up --mtu 9587 && no_interface'

# A TAP as the card's wire is held by the same command as the interface, but is not what it made.
check "weir down does not end by the name of its wire" eval '
    ip -n "$host" tuntap add mode tap name cable && ip -n "$host" link set cable up && up sim:tap=cable up &&
    said "give it an address: ip addr add ADDRESS/LENGTH dev weir0" &&
    fails_with 1 "cable is none of weir up" in_host "$weir_tool" down cable && kill -0 "$bridge" && down && ip -n "$host" link del cable'

# --- Offloads ---
check "weir up makes an interface" up "sim:veth=wire,pcap=$work/wire.pcapng" --ip "$card_ip/24" --stats="$work/stats" up
check "its worker has no privileges" is_unprivileged
check "it has carrier" wait_for has_carrier
check "its name is refused to a second one" fails_with 1 'already' in_host "$weir_tool" --card "sim:peer=unix:$work/none" up --name weir0
check "ping reaches the peer" in_host ping -n -c 3 -i 0.2 -W 20 "$peer_ip"
check "and the peer reaches the host" in_peer ping -n -c 3 -i 0.2 -W 20 "$card_ip"
check "ping works over IPv6" eval 'ip -n "$host" addr add fd77::2/64 dev weir0 && in_host ping -n -c 2 -i 0.2 -W 20 fd77::1'
check "the largest ping comes in fragments, both ways" in_host ping -n -c 1 -s 20000 -W 60 "$peer_ip"
mkdir "$work/www" && random_file "$work/www/file" $((1 << 20))
check "HTTP servers start on both sides" eval 'serve_at "$ns" "$peer_ip" "$work/www" && serve_at "$host" "$card_ip" "$work/www"'
check "curl downloads 1 MiB, SHA-256 equal" fetch in_host curl -sS -o "$work/got" "http://$peer_ip:8080/file"
check "the peer's curl downloads 1 MiB from the host, SHA-256 equal" fetch in_peer curl -sS -o "$work/got" "http://$card_ip:8080/file"
check "an HTTP server starts on IPv6" serve_at "$ns" fd77::1 "$work/www"
check "curl downloads over IPv6, SHA-256 equal" fetch in_host curl -sS -o "$work/got" "http://[fd77::1]:8080/file"
check "iperf3 sends 4 TCP streams" eval 'stream -P 4 -w 32K -n 1M && moved 700000 sum_received'
check "iperf3 receives 4 TCP streams" eval 'stream -P 4 -w 32K -R -n 1M && moved 700000 sum_received'
check "iperf3 sends UDP" eval 'stream -u -b 1M -n 200K && moved 190000 sum'
check "iperf3 receives UDP" eval 'stream -u -R -b 1M -n 200K && moved 190000 sum'
check "a message of UDP that the card cuts arrives as the 20 datagrams that it stands for" datagrams
check "the peer, asking anew, resolves the host" resolves_to "$card_ip" "$(address)"
check "a second card has an interface of its own at the same time" eval '
    ip netns exec "$host" "$weir_tool" --card "sim:peer=unix:$work/cable" up >"$work/second.log" 2>&1 & second=$!
    wait_for grep -q "weir1 is there" "$work/second.log" && in_host "$weir_tool" down weir1 && wait "$second" && has_carrier'
check "weir down ends it" down
check "and the interface is gone" no_interface
check "the card answered the ARP requests by itself" at_least "$(stat "$work/stats" tx_arp_replies)" 1
check "tshark finds no error in what the card sent" nothing_wrong_on_the_wire "$work/wire.pcapng"
check "superframes went down: fewer came to the card than frames left it" lower "$(stat "$work/stats" tx_superframes)" "$(stat "$work/stats" tx_segments)"
check "many of them" at_least "$(stat "$work/stats" bridge_tx_superframes)" 50
check "coalesced frames came up: the kernel took fewer than arrived" lower "$(stat "$work/stats" bridge_rx_frames)" "$(stat "$work/stats" rx_frames)"
check "many of them" at_least "$(stat "$work/stats" bridge_rx_superframes)" 20
check "the kernel refused none" is_zero "$(stat "$work/stats" bridge_rx_refused)"
check "what the bridge gave is what the card took" all_accounted_for "$work/stats"

# --- What the card does not do is done in software ---
random_file "$work/www/file" $((256 << 10))
check "weir up without offloads makes an interface" up "sim:veth=wire,pcap=$work/soft.pcapng" --ip "$card_ip/24" --no-csum --stats="$work/soft" up --mtu 4000
check "a packet of 4,000 bytes passes whole" in_host ping -n -c 1 -s 3972 -M do -W 20 "$peer_ip"
check "a download has the same SHA-256" fetch in_host curl -sS -o "$work/got" "http://$peer_ip:8080/file"
check "the peer's download, too" eval 'serve_at "$host" "$card_ip" "$work/www" && fetch in_peer curl -sS -o "$work/got" "http://$card_ip:8080/file"'
check "it ends" down
check "the card summed nothing" is_zero "$(stat "$work/soft" tx_csum_inserted)"
check "and coalesced nothing" is_zero "$(stat "$work/soft" rx_continued)"

# --- Addresses ---
check "weir up makes an interface, by way of weir-sim" eval '
    ip netns exec "$host" "$build/weir-sim" --usbredir "unix:$work/usb" --veth wire --mac 02:57:45:49:52:01 >"$work/sim.log" 2>&1 & sim=$!
    wait_for test -S "$work/usb" && up "usbredir:unix:$work/usb" --ip "$card_ip/24" --stats="$work/stats2" up'
mac=$(address)
check "its address is the card's" [ "$mac" = 02:57:45:49:52:01 ]
check "the card answers ARP for its address" resolves_to "$card_ip" "$mac"
check "a further address is answered for" eval 'ip -n "$host" addr add 10.77.0.9/24 dev weir0 && resolves_to 10.77.0.9 "$mac"'
check "one that is taken away is not" eval 'ip -n "$host" addr del 10.77.0.9/24 dev weir0 && does_not_resolve 10.77.0.9'
check "another hardware address takes effect" eval 'ip -n "$host" link set weir0 address 02:57:45:00:00:77 && resolves_to "$card_ip" 02:57:45:00:00:77'
check "more addresses than the card has room for are answered for by the kernel" eval '
    for i in 11 12 13 14 15; do ip -n "$host" addr add 10.77.0.$i/24 dev weir0; done; resolves_to 10.77.0.15 02:57:45:00:00:77'
joined() { # a group that a program has joined is heard, by its own address filter entry
    in_host python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 4242))
s.setsockopt(socket.IPPROTO_IP, 49, 0) # IP_MULTICAST_ALL: from the interface that joined alone
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.7.7.7") + socket.inet_aton("'"$card_ip"'"))
print("joined", flush=True)
s.recv(100)' >"$work/joined" &
    local receiver=$! sender
    wait_for grep -q joined "$work/joined" || return 1
    in_peer bash -c "while sleep 0.2; do echo hello | socat - UDP4-DATAGRAM:239.7.7.7:4242,bind=$peer_ip,ip-multicast-if=$peer_ip; done" &
    sender=$!
    wait "$receiver"
    local code=$?
    kill "$sender" && wait "$sender" 2>/dev/null
    return $code
}
check "a group that a program joins is heard" joined

# --- The plug ---
check "the card is pulled out" eval 'kill -USR1 "$sim" && said "card is gone"'
check "the interface stays, without carrier" has_no_carrier
check "the card is plugged in again" eval 'kill -USR1 "$sim" && said "the card is there"'
check "the carrier is back" wait_for has_carrier
check "and the interface carries, with its hardware address" eval '
    in_host ping -n -c 2 -i 0.2 -W 20 "$peer_ip" && resolves_to "$card_ip" 02:57:45:00:00:77'

# --- Ends ---
killed() { # one of the two processes: what is left, of interface and processes
    local other=$2
    kill -9 "$1"
    wait "$bridge"
    wait_for no_interface && wait_for bash -c '! kill -0 "$1"' _ "$other"
}
carries() { up "usbredir:unix:$work/usb" --ip "$card_ip/24" up && in_host ping -n -c 2 -i 0.2 -W 20 "$peer_ip"; }
check "killed, it leaves no interface and no worker" killed "$bridge" "$(worker)"
check "and a usable card" carries
check "its worker killed, it ends and leaves no interface" killed "$(worker)" "$bridge"
check "and says why" said 'worker ended by signal 9'
check "the card is usable again" carries
check "an interface that is deleted ends it, with a reason" eval '
    ip -n "$host" link del weir0; ! wait "$bridge" && grep -q "has been taken away" "$work/up.log"'
done_testing
