#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# weir stats, and what else a running interface tells: every frame that came in went out or is in one counter of what was dropped, on the
# host's side and the card's, also on a bad cable and a bad USB; the wire's speed; an MTU that the card cannot carry.
set -u
. tests/e2e/bridge_lib.sh

stats() { in_host "$weir_tool" stats "$@"; }
value() { stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["'"$1"'"])'; }
counter() { stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["counters"]["'"$1"'"])'; }
is() { echo "$1, $2 expected"; [ "$1" = "$2" ]; }
says() { local text=$1; shift; "$@" >"$work/said" 2>&1; grep -q "$text" "$work/said" || { cat "$work/said"; return 1; }; }
adds_up() { stats --json | python3 tests/e2e/bridge_balance.py "$@" >"$work/balance" 2>&1; }
comes_to_add_up() { wait_for adds_up "$@"; local code=$?; cat "$work/balance"; return $code; } # when nothing is under way any more
has_mtu() { ip -n "$host" link show weir0 | grep -q " mtu $1 "; }
is_at_speed() { in_host ethtool weir0 | tee /dev/stderr | grep -q "Speed: $1"; }
mixed_traffic() { # files both ways, echoes, and frames that are none of ours
    random_file "$work/www/file" "$1"
    fetch in_host curl -sS -o "$work/got" "http://$peer_ip:8080/file" && fetch in_peer curl -sS -o "$work/got" "http://$card_ip:8080/file" || return 1
    in_host ping -n -c 20 -i 0.02 -s 3000 -W 1 "$peer_ip"
    in_peer ping -n -c 2 -i 0.2 -W 1 10.77.0.99 # nobody's: the card hears and filters the requests
    ip -n "$ns" neigh replace 10.77.0.98 lladdr 02:00:00:00:00:98 dev lan && in_peer ping -n -c 5 -i 0.02 -W 1 10.77.0.98
    return 0
}
network_quiet() { in_host sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && in_peer sysctl -qw net.ipv6.conf.all.disable_ipv6=1; }

check "two namespaces with the card's wire between them can be made" eval 'network_up && network_quiet'
check "a card that no weir up has tells its counters" says 'rx_csum_good' in_host "$weir_tool" --card sim:veth=wire stats
check "and says that there is no card where there is none" fails_with 3 '' in_host "$weir_tool" --card usb:serial=0 stats
check "weir up makes an interface" up sim:veth=wire --ip "$card_ip/24" up
check "it has carrier" wait_for has_carrier
check "ethtool shows the wire's speed" wait_for is_at_speed 1000Mb/s
check "and no statistics: a TAP can have none, and weir stats has them" says 'no stats available\|Operation not supported' in_host ethtool -S weir0
check "an MTU beyond the card's longest frame is set back" eval 'ip -n "$host" link set weir0 mtu 9587 && wait_for has_mtu 9586'
check "and it is told why" said 'MTU of 9587 on weir0 is more than .* set back to 9586'
check "one within it stays" eval 'ip -n "$host" link set weir0 mtu 1500 && in_host ping -n -c 1 -W 20 "$peer_ip" && has_mtu 1500'
check "HTTP servers start on both sides" eval 'mkdir "$work/www"; random_file "$work/www/file" 1000; serve_at "$ns" "$peer_ip" "$work/www" && serve_at "$host" "$card_ip" "$work/www"'
check "traffic passes both ways" mixed_traffic $((256 << 10))
check "what came in adds up with what went out and what was dropped" comes_to_add_up
check "superframes and large frames are among it" eval 'at_least "$(counter bridge_tx_superframes)" 5 && at_least "$(counter bridge_rx_superframes)" 3'
check "what was filtered is counted" eval 'at_least "$(counter rx_filtered)" 5 && at_least "$(counter rx_arp_filtered)" 1'
check "who has no privileges may ask" says 'weir0: card sim:veth=wire, wire up, 1000 Mb/s' in_host setpriv --reuid=nobody --regid=nogroup --clear-groups "$weir_tool" stats --name weir0
check "with --all what is zero is shown, too" says ' 0  rx_symbol_error' stats --all
check "asked by its card it is found" says '^weir0' in_host "$weir_tool" --card sim:veth=wire stats
check "many may ask at once, and each is told" eval 'for i in $(seq 30); do stats >/dev/null & asked+=($!); done; for i in "${asked[@]}"; do wait "$i" || exit 1; done'
check "what another user holds in its place is not believed" eval '
    ip netns exec "$host" python3 -c "import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.bind(b\"\\0weir-up/1\"); s.listen(); print(1, flush=True); [s.accept() for _ in iter(int, 1)]" >"$work/squatter" & squatter=$!
    wait_for test -s "$work/squatter" && fails_with 1 "neither root nor you" stats --name lo && says "number 1 is left out" stats && says "^weir0: card" stats && { kill "$squatter"; wait "$squatter"; [ $? = 143 ]; }'
check "its numbers can be watched" eval 'stats --watch=0.05 --json >"$work/watch" & wait_for eval "[ \$(wc -l <$work/watch) -ge 3 ]"; kill $!'
check "an interface that is not ours has none" fails_with 1 'lo is none of weir up' stats --name lo
check "one that is not there, too" fails_with 1 'no interface weir7' stats --name weir7
check "an interval that is none is refused" fails_with 2 'seconds' stats --watch=x
check "an interface that is renamed keeps them" eval 'ip -n "$host" link set weir0 down && ip -n "$host" link set weir0 name other && ip -n "$host" link set other up && says "^other: card" stats --name other'
check "and its limit" eval 'ip -n "$host" link set other mtu 20000 && wait_for eval "ip -n $host link show other | grep -q \" mtu 9586 \""'
check "it ends by its new name" eval 'in_host "$weir_tool" down other && wait "$bridge"'
check "with it go its statistics" eval '! grep -q "@weir-up/" <(in_host cat /proc/net/unix)'

# --- A bad cable, a bad USB, and work for the software ---
for options in "" --no-csum; do
    bad="sim:veth=wire,pcap=$work/bad.pcapng,seed=7,loss=1,reorder=1,duplicate=1,corrupt=2,usb-corrupt=0.3,usb-lost=0.3"
    check "weir up${options:+ $options} makes an interface of a card with a bad cable and a bad USB" up "$bad" --ip "$card_ip/24" $options up
    check "traffic passes both ways" eval 'serve_at "$host" "$card_ip" "$work/www"; mixed_traffic $((192 << 10))'
    check "all adds up, from the kernel to the wire and back" comes_to_add_up "$work/bad.pcapng"
    check "frames were dropped, each for a reason" at_least "$(counter rx_fcs_error)" 1
    check "and the USB was bad" at_least "$(($(counter usb_crc_error) + $(counter usb_in_retry)))" 1
    check "it ends" down
done

# --- The plug ---
check "weir up makes an interface, by way of weir-sim" eval '
    ip netns exec "$host" "$build/weir-sim" --usbredir "unix:$work/usb" --veth wire >"$work/sim.log" 2>&1 & sim=$!
    wait_for test -S "$work/usb" && up "usbredir:unix:$work/usb" --ip "$card_ip/24" up && in_host ping -n -c 3 -i 0.1 -W 20 "$peer_ip"'
check "it all adds up" comes_to_add_up
before=$(counter tx_frames)
check "the card is pulled out" eval 'kill -USR1 "$sim" && said "card is gone"'
check "its numbers stay" eval 'wait_for stats && is "$(counter tx_frames)" "$before"'
check "without a card" eval 'is "$(value plugged_in)" False && says "not plugged in" stats && wait_for is_at_speed Unknown'
check "the card is plugged in again" eval 'kill -USR1 "$sim" && said "the card is there" && wait_for has_carrier && wait_for is_at_speed 1000Mb/s'
check "and they grow from there" eval 'in_host ping -n -c 3 -i 0.1 -W 20 "$peer_ip" && at_least "$(counter tx_frames)" $((before + 3)) && comes_to_add_up'
check "it ends" down
done_testing
