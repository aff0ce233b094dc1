#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# kill -9 at random moments under traffic, of the process that holds the interface, of its worker, and of the simulated card: no interface is
# stuck, no process is left, and the card is usable. SEED=N ROUNDS=N to choose others.
set -u
. tests/e2e/bridge_lib.sh
RANDOM=${SEED:-4}
rounds=${ROUNDS:-6}

card_up() {
    rm -f "$work/usb"
    ip netns exec "$host" "$build/weir-sim" --usbredir "unix:$work/usb" --veth wire >"$work/sim.log" 2>&1 &
    sim=$!
    wait_for test -S "$work/usb"
}
bridge_up() { up "usbredir:unix:$work/usb" --ip "$card_ip/24" up && wait_for has_carrier; }
frames() { ip netns exec "$host" awk '$1 == "weir0:" {print $3 + $11}' /proc/net/dev; } # that have passed the interface
passed() { local now; now=$(frames); [ "${now:-0}" -ge "$1" ]; }
traffic() { # a download and an upload that go on until something is killed
    ip netns exec "$host" curl -sS -o /dev/null "http://$peer_ip:8080/file" 2>/dev/null &
    curls=$!
    ip netns exec "$ns" curl -sS -o /dev/null --connect-timeout 20 "http://$card_ip:8080/file" 2>/dev/null &
    curls="$curls $!"
}
ends() { wait "$1" 2>/dev/null; wait_for bash -c '! kill -0 "$1" 2>/dev/null' _ "$1"; }
carries() { in_host ping -n -c 2 -i 0.1 -W 20 "$peer_ip"; }
no_traffic() { kill $curls 2>/dev/null; wait $curls 2>/dev/null; true; }
kill_bridge() { # PROCESS OTHER
    kill -9 "$1"
    ends "$bridge" && wait_for no_interface && ends "$2" && ! grep -q '@weir-up/' <(in_host cat /proc/net/unix)
}
kill_card() {
    kill -9 "$sim"
    ends "$sim" && said 'card is gone' && has_no_carrier
}
round() { # NUMBER
    local moment=$((RANDOM % 150)) victim=$((RANDOM % 3)) name
    name=$(set -- bridge worker card; shift "$victim"; echo "$1")
    check "round $1: traffic passes until $moment frames have" eval 'bridge_up && traffic && wait_for passed "$moment"'
    local work_pid
    work_pid=$(worker)
    case $name in
    bridge) check "the process that holds the interface is killed: neither interface nor worker is left" kill_bridge "$bridge" "$work_pid" ;;
    worker) check "the worker is killed: neither interface nor process is left" kill_bridge "$work_pid" "$bridge" ;;
    card)
        check "the card is killed: the interface stays, without carrier" kill_card
        check "a new card is taken, and carries" eval 'card_up && said "the card is there" && wait_for has_carrier && carries'
        check "weir down ends it" eval 'down && no_interface'
        return
        ;;
    esac
    check "the card is usable" eval 'no_traffic; bridge_up && carries && down'
}

echo "# SEED=${SEED:-4} ROUNDS=$rounds"
check "two namespaces with the card's wire between them can be made" network_up
mkdir "$work/www" && random_file "$work/www/file" $((4 << 20))
check "servers start on both sides" eval 'serve_at "$ns" "$peer_ip" "$work/www" && { ip netns exec "$host" python3 -m http.server --directory "$work/www" 8080 >/dev/null 2>&1 & }'
check "the card is there" card_up
for number in $(seq "$rounds"); do
    round "$number"
    no_traffic
done
done_testing
