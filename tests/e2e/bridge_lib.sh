# SPDX-License-Identifier: BSD-2-Clause
#
# What the tests of `weir up` share: two namespaces, one of which reaches the other only over the card's interface.
#
#     namespace $host                                        namespace $ns (the peer, as in lib.sh)
#     programs ─ weir0 ─ weir up ─ the card ─ wire ═ veth ═ lan ─ programs
#
# Source it, then call network_up.
. tests/e2e/lib.sh
host=weir-e2e-host-$$
host_down() {
    local pids
    pids=$(ip netns pids "$host" 2>/dev/null)
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null
    ip netns del "$host" 2>/dev/null
    peer_down
}
trap '[ $BASHPID != $$ ] || host_down' EXIT
in_host() { ip netns exec "$host" "$@"; }

network_up() {
    ip netns add "$ns" && ip netns add "$host" && ip -n "$ns" link set lo up && ip -n "$host" link set lo up &&
        in_host sysctl -qw net.ipv6.conf.default.accept_dad=0 && in_peer sysctl -qw net.ipv6.conf.default.accept_dad=0 &&
        ip -n "$host" link add wire mtu 9000 type veth peer name lan mtu 9000 netns "$ns" &&
        in_host sysctl -qw net.ipv6.conf.wire.disable_ipv6=1 net.ipv4.conf.wire.arp_ignore=8 && ip -n "$host" link set wire up &&
        ip -n "$ns" link set lan up && ip -n "$ns" addr add "$peer_ip/24" dev lan && ip -n "$ns" addr add fd77::1/64 dev lan
}
said() { wait_for grep -q "$1" "$work/up.log"; } # TEXT
up() { # CARD OPTIONS...: weir up in the background, until the interface is there
    local card=$1
    shift
    : >"$work/up.log" # before we look: the process may truncate it later
    ip netns exec "$host" "$weir_tool" --card "$card" "$@" >"$work/up.log" 2>&1 &
    bridge=$!
    said 'weir0 is there'
}
down() { in_host "$weir_tool" down weir0 && wait "$bridge"; }
no_interface() { ! ip -n "$host" link show weir0; }
has_carrier() { ip -n "$host" link show weir0 | grep -q LOWER_UP; }
has_no_carrier() { ip -n "$host" link show weir0 | grep -q NO-CARRIER; }
worker() { pgrep -P "$bridge"; }
stream() { # iperf3 from the host to the peer, or as the OPTIONS say; its answer in $work/iperf.json
    in_peer iperf3 -s -1 -B "$peer_ip" >"$work/iperf.log" 2>&1 &
    server=$!
    wait_for listening 5201 && in_host iperf3 -J -c "$peer_ip" "$@" >"$work/iperf.json" && wait "$server"
}
moved() { # at least BYTES, by the receiver's count
    local bytes
    bytes=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["end"]["'"$2"'"]["bytes"])' <"$work/iperf.json")
    at_least "$bytes" "$1"
}
address() { ip -n "$host" -br link show weir0 | awk '{print $3}'; }
serve_at() { # NAMESPACE ADDRESS DIRECTORY
    local url=http://$2:8080/
    case $2 in *:*) url=http://[$2]:8080/ ;; esac
    ip netns exec "$1" python3 -m http.server --bind "$2" --directory "$3" 8080 >>"$work/http.log" 2>&1 &
    wait_for ip netns exec "$1" curl -sS -o /dev/null "$url"
}
fetch() { "$@" && equal_files "$work/www/file" "$work/got"; }
nothing_wrong_on_the_wire() { # FILE: what left the card
    local good bad
    good=$(sent_frames "$1" 'eth.fcs.status == "Good"' | wc -l)
    bad=$(sent_frames "$1" 'eth.fcs.status != "Good" || ip.checksum.status == "Bad" || _ws.malformed ||
        (tcp.checksum.status == "Bad" && tcp.checksum != 0xffff) || udp.checksum.status == "Bad" || icmpv6.checksum.status == "Bad"' | tee /dev/stderr | wc -l)
    echo "$good frames with a good FCS, $bad with errors"
    [ "$good" -gt 500 ] && [ "$bad" = 0 ]
}
lower() { echo "$1, less than $2 expected"; [ "$1" -lt "$2" ]; }

