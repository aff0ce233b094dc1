#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir up with the programs that people use, as they are: ssh, scp, ping -f, iperf3, curl; on a card at high speed and at full speed, on a bad
# cable and a bad USB, with weir-sim suspending its bus, and on several cards at once.
set -u
. tests/e2e/bridge_lib.sh
ssh_port=2222
made_run= # sshd wants /run/sshd
trap '[ $BASHPID != $$ ] || { host_down; [ -z "$made_run" ] || rmdir /run/sshd; }' EXIT

make_keys() {
    mkdir -m 700 "$work/ssh" && ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/user" &&
        cp "$work/ssh/user.pub" "$work/ssh/authorized" && chmod 755 "$work" && { [ -d /run/sshd ] || { mkdir /run/sshd && made_run=1; }; }
}
sshd_up() { # NAMESPACE ADDRESS: a server of our own, with nothing of the machine's
    cat >"$work/ssh/config" <<END
ListenAddress $2:$ssh_port
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
END
    ip netns exec "$1" /usr/sbin/sshd -D -e -f "$work/ssh/config" >"$work/sshd.log" 2>&1 &
    wait_for grep -q 'Server listening' "$work/sshd.log" || return 1
    echo "[$2]:$ssh_port $(cut -d' ' -f1,2 "$work/ssh/host.pub")" >>"$work/ssh/known"
}
ssh_options() { echo "-F none -i $work/ssh/user -o UserKnownHostsFile=$work/ssh/known -o StrictHostKeyChecking=yes -o BatchMode=yes -o ConnectTimeout=60"; }
over_ssh() { # NAMESPACE ADDRESS COMMAND...: what it prints
    local from=$1 to=$2
    shift 2
    ip netns exec "$from" ssh $(ssh_options) -p "$ssh_port" "root@$to" "$@"
}
same_over_ssh() { over_ssh "$@" "cat $work/www/file" >"$work/got" && equal_files "$work/www/file" "$work/got"; }
copies() { # NAMESPACE ADDRESS: there and back
    rm -f "$work/copy" "$work/got"
    ip netns exec "$1" scp -q $(ssh_options) -P "$ssh_port" "$work/www/file" "root@$2:$work/copy" && equal_files "$work/www/file" "$work/copy" &&
        ip netns exec "$1" scp -q $(ssh_options) -P "$ssh_port" "root@$2:$work/copy" "$work/got" && equal_files "$work/www/file" "$work/got"
}
flood() { # loses nothing where the wire does not
    "$@" | tee "$work/flood"
    grep -q ' 0% packet loss' "$work/flood"
}
# iperf3 has sent its bytes when they are in the sockets' buffers, and ends with what is on its way: of each stream up to 32 KiB, for -w 16K.
# On a slow or bad link none of those may have arrived.
all_streams() { # BYTES over 4 streams of TCP
    local way
    for way in "" -R; do
        stream -P 4 -w 16K $way -n "$1" && moved $(($1 - 4 * 32768)) sum_received || return 1
    done
}
# iperf3 opens a stream of UDP with a datagram and its answer, each sent once: where one of them is lost it gives up after 30 s, with
# no sum in what it tells. And what is still on its way when the sender says that it has ended is not counted, much of it where the
# machine is slow. Neither is a failure of the wire's; the next try has other luck.
has_come() { grep -q '"sum":' "$work/iperf.json" && moved $(($1 * 9 / 10)) sum; }
datagram_streams() { # BYTES
    local way try
    for way in "" -R; do
        for try in 1 2 3 4; do
            stream -u -b 1M $way -n "$1" && has_come "$1" && break
            wait "$server"
            grep '"error":' "$work/iperf.json"
        done
        has_come "$1" || return 1
    done
}
files_both_ways() {
    fetch in_host curl -sS -o "$work/got" "http://$peer_ip:8080/file" && fetch in_peer curl -sS -o "$work/got" "http://$card_ip:8080/file"
}
adds_up() { in_host "$weir_tool" stats --json | python3 tests/e2e/bridge_balance.py >"$work/balance" 2>&1; }
comes_to_add_up() { wait_for adds_up; local code=$?; cat "$work/balance"; return $code; }
no_more_than_two() { # segments in a superframe: STATS
    local cut=$(($(stat "$1" tx_segments) - $(stat "$1" tx_superframes))) # the card counts plain frames as both
    local most
    most=$(stat "$1" bridge_tx_superframes)
    echo "the card made $cut frames more than it got, of $most superframes"
    [ "$most" -ge 1 ] && [ "$cut" -ge 1 ] && [ "$cut" -le "$most" ]
}

check "two namespaces with the card's wire between them can be made" network_up
check "keys are made for a server of our own" make_keys
mkdir -p "$work/www" && random_file "$work/www/file" $((128 << 10))

# --- High speed ---
check "weir up makes an interface" up "sim:veth=wire,pcap=$work/wire.pcapng" --ip "$card_ip/24" --stats="$work/stats" up
check "an SSH server starts at the peer" sshd_up "$ns" "$peer_ip"
check "ssh carries a file, SHA-256 equal" same_over_ssh "$host" "$peer_ip"
check "scp carries it there and back, SHA-256 equal" copies "$host" "$peer_ip"
check "an SSH server starts on the host" sshd_up "$host" "$card_ip"
check "the peer's ssh carries a file from the host, SHA-256 equal" same_over_ssh "$ns" "$card_ip"
check "the peer's scp carries it there and back, SHA-256 equal" copies "$ns" "$card_ip"
check "ping -f loses nothing" flood in_host ping -n -f -c 300 -W 60 "$peer_ip"
check "nor does the peer's" flood in_peer ping -n -f -c 300 -W 60 "$card_ip"
check "nor does ping -f with packets of 1,400 bytes" flood in_host ping -n -f -c 100 -s 1400 -W 60 "$peer_ip"
check "ping -f over IPv6 loses nothing" eval 'ip -n "$host" addr add fd77::2/64 dev weir0 && flood in_host ping -n -f -c 100 -W 60 fd77::1'
check "all adds up" comes_to_add_up
check "weir down ends it" down
check "tshark finds no error in what the card sent" nothing_wrong_on_the_wire "$work/wire.pcapng"
check "superframes went down" at_least "$(stat "$work/stats" bridge_tx_superframes)" 10
check "and coalesced frames came up" at_least "$(stat "$work/stats" bridge_rx_superframes)" 5

# --- Full speed, with and without a ULPI PHY ---
random_file "$work/www/file" $((32 << 10))
for speed in speed=full port=full; do
    check "weir up makes an interface of a card at full speed ($speed)" up "sim:veth=wire,$speed,pcap=$work/full.pcapng" --ip "$card_ip/24" --stats="$work/full" up
    check "files pass both ways, SHA-256 equal" eval 'serve_at "$ns" "$peer_ip" "$work/www"; serve_at "$host" "$card_ip" "$work/www"; files_both_ways'
    check "a flood of pings, each sent when the one before is answered, loses nothing" flood in_host ping -n -A -c 50 -W 60 "$peer_ip"
    check "all adds up" comes_to_add_up
    check "it ends" down
    check "superframes went down in pieces of two segments, which do not keep the slow USB busy" no_more_than_two "$work/full"
    check "the card summed" at_least "$(stat "$work/full" tx_csum_inserted)" 30
done

# --- Bad links ---
for bad in loss=1,reorder=1,duplicate=1,corrupt=1 usb-corrupt=1,usb-lost=1; do
    check "weir up makes an interface of a card with $bad" up "sim:veth=wire,seed=3,$bad" --ip "$card_ip/24" up
    check "iperf3 sends and receives 4 TCP streams" all_streams $((256 << 10))
    check "iperf3 sends and receives UDP" datagram_streams $((100 << 10))
    check "scp carries a file there and back, SHA-256 equal" copies "$host" "$peer_ip"
    check "all adds up" comes_to_add_up
    check "it ends" down
done

# --- A host that sleeps ---
resolves() { in_peer ping -n -c 1 -W 1 "$card_ip" >"$work/said"; ip -n "$ns" neigh show "$card_ip" | grep -q lladdr; }
check "weir up makes an interface, by way of weir-sim" eval '
    ip netns exec "$host" "$build/weir-sim" --usbredir "unix:$work/usb" --veth wire --suspend >"$work/sim.log" 2>&1 & sim=$!
    wait_for test -S "$work/usb" && up "usbredir:unix:$work/usb" --ip "$card_ip/24" up && files_both_ways'
check "its host freezes" eval 'frozen=$(worker) && kill -STOP "$bridge" "$frozen" && ip -n "$ns" neigh flush dev lan'
check "the card still answers who asks for it" wait_for resolves
check "frames that come meanwhile are more than it has room for" eval 'in_peer ping -n -f -c 200 -s 1400 -W 1 "$card_ip"; true'
check "the host goes on, and so does the link" eval 'kill -CONT "$frozen" "$bridge" && wait_for in_host ping -n -c 1 -W 5 "$peer_ip" && files_both_ways'
check "what did not fit is counted, and all adds up" eval 'comes_to_add_up && at_least "$(in_host "$weir_tool" stats | awk "\$2 == \"rx_overflow\" {print \$1}")" 1'
check "it ends" eval 'down; kill "$sim"; wait "$sim"'

# --- Several cards ---
# Two cards whose wires are one cable; the second in the peer's namespace.
check "two cards, each with an interface in its namespace, are joined by a cable" eval '
    up "sim:peer=unix:$work/cable" --ip 10.78.0.2/24 up &&
    { ip netns exec "$ns" "$weir_tool" --card "sim:peer=unix:$work/cable,seed=2" --ip 10.78.0.1/24 up --name weir9 >"$work/second.log" 2>&1 & second=$!; } &&
    wait_for has_carrier && wait_for in_host ping -n -c 1 -W 5 10.78.0.1'
check "a file passes from kernel to kernel over both, SHA-256 equal" eval 'serve_at "$ns" 10.78.0.1 "$work/www" && fetch in_host curl -sS -o "$work/got" http://10.78.0.1:8080/file'
check "and back" eval 'serve_at "$host" 10.78.0.2 "$work/www" && fetch in_peer curl -sS -o "$work/got" http://10.78.0.2:8080/file'
check "each is seen and ended in its namespace alone" eval '
    fails_with 1 "no interface weir9" in_host "$weir_tool" stats --name weir9 && fails_with 1 "no interface weir9" in_host "$weir_tool" down weir9 &&
    in_peer "$weir_tool" stats --name weir9 && in_peer "$weir_tool" down weir9 && wait "$second"'
done_testing
