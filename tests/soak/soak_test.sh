#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Mixed traffic through weir up, in parts: nothing stalls, every byte is right, the processes' memory and descriptors stay what they were,
# and the counters add up at both ends after each part. As much is moved as fills USB for SOAK_SECONDS of device time: what only passes
# while the simulation waits does not count. `make soak` runs it for 30 seconds.
set -u
. tests/e2e/bridge_lib.sh
seconds=${SOAK_SECONDS:-0.1}
seed=${SEED:-1}
parts=${PARTS:-5}
limit=53248000 # bytes that USB can move in a second (USB 2.0 section 5.8.4)
slack=512    # KiB that a process may be larger than after the first parts
queue=32000  # KiB: what is mapped larger than that is the bridge's queue, whose pages stay once it was that deep, up to what is mapped
case $parts in *[!0-9]* | '' | [012]) echo "PARTS=$parts: 3 at least, since the first two are what the later ones are compared with" >&2; exit 2 ;; esac

moved_bytes() { # over USB so far, both ways together
    in_host "$weir_tool" stats --json | python3 -c '
import json, sys
counters = json.load(sys.stdin)["counters"]
print(counters["host_tx_bytes"] + counters["host_rx_bytes"])'
}
serve_traffic() { # NAMESPACE ADDRESS...
    ip netns exec "$1" python3 tests/soak/traffic.py serve "${@:2}" >"$work/serve.$1" 2>&1 &
    wait_for grep -q serving "$work/serve.$1"
}
until_moved() { # BYTES
    local now
    while now=$(moved_bytes) && [ "${now:-0}" -lt "$1" ]; do
        kill -0 "$up_traffic" 2>/dev/null && kill -0 "$down_traffic" 2>/dev/null || return 1
        in_peer ping -n -q -c 2 -i 0.1 -s 3000 -W 5 "$card_ip" >/dev/null # fragments
        in_peer ping -n -q -c 1 -W 1 10.77.0.99 >/dev/null               # nobody: ARP that the card filters
    done
    [ -n "$now" ]
}
part() { # NUMBER
    local end
    end=$(python3 -c "print(int($seconds * $limit * $1 / $parts))")
    ip netns exec "$host" python3 tests/soak/traffic.py run "$seed.$1" "$peer_ip" fd77::1 >"$work/up" 2>&1 &
    up_traffic=$!
    ip netns exec "$ns" python3 tests/soak/traffic.py run "$seed.$1.peer" "$card_ip" fd77::2 >"$work/down" 2>&1 &
    down_traffic=$!
    wait_for grep -q running "$work/up" && wait_for grep -q running "$work/down" && until_moved "$end"
    local reached=$? good=0
    kill "$up_traffic" "$down_traffic" 2>/dev/null
    wait "$up_traffic" || good=1
    wait "$down_traffic" || good=1
    cat "$work/up" "$work/down"
    return $((reached | good))
}
adds_up() { in_host "$weir_tool" stats --json | python3 tests/e2e/bridge_balance.py >"$work/balance" 2>&1; }
comes_to_add_up() { wait_for adds_up; local code=$?; cat "$work/balance"; return $code; }
memory() { # KiB: resident without the queue, mapped for the queue, resident in all
    awk -v most="$queue" '/^[0-9a-f]+-/ {open = $2 !~ /^---/} /^Size:/ {size = $2} /^Rss:/ {all += $2}
        /^Rss:/ && size < most {sum += $2} /^Rss:/ && size >= most && open {large += size} END {print sum + 0, large + 0, all + 0}' "/proc/$1/smaps"
}
descriptors() { ls "/proc/$1/fd" | wc -l; }
measure() { echo "$(memory "$bridge") $(memory "$worker") $(descriptors "$bridge") $(descriptors "$worker")"; }
stays_flat() { # BEFORE AFTER, as measured: flat memory, the same descriptors. A heap that outgrows the queue is mapped as large as one.
    local before=($1) after=($2) process
    echo "holder and worker $1 before, $2 after: each one's KiB without the queue, mapped for it, in all; then descriptors of both"
    for process in 0 3; do
        [ "${after[process]}" -le $((before[process] + slack)) ] && [ "${after[process + 1]}" -le "${before[process + 1]}" ] &&
            [ "${after[process + 2]}" -le $((before[process] + before[process + 1] + slack)) ] || return 1
    done
    [ "${after[6]}" = "${before[6]}" ] && [ "${after[7]}" = "${before[7]}" ]
}
tell() { # NUMBER
    echo "# part $1 of $parts: $(python3 -c "print(f'{$(moved_bytes) / $limit:.3f}')") s of a full USB, here" \
        "$(tail -n 1 "$work/up") and back $(tail -n 1 "$work/down"); KiB and descriptors $(measure)"
}

echo "# SOAK_SECONDS=$seconds SEED=$seed"
check "two namespaces with the card's wire between them can be made" network_up
check "weir up makes an interface" up sim:veth=wire --ip "$card_ip/24" up
check "servers start on both sides" eval 'ip -n "$host" addr add fd77::2/64 dev weir0 && wait_for has_carrier &&
    serve_traffic "$ns" "$peer_ip" fd77::1 && serve_traffic "$host" "$card_ip" fd77::2'
worker=$(worker)
for number in $(seq $parts); do
    check "part $number: every byte arrives, and nothing stalls" part "$number"
    check "part $number: the counters add up at both ends" comes_to_add_up
    tell "$number"
    [ "$number" = 2 ] && flat=$(measure)
done
check "memory and descriptors are those of after part 2" stays_flat "$flat" "$(measure)"
check "weir down ends it" down
done_testing
