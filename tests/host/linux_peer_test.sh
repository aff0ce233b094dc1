#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The stack against a real Linux kernel: a TAP device in a network namespace of its own, the kernel on one side, tap_peer on
# the other. Each transfer is compared by SHA-256; each runs with offloads off and on.
set -u
peer=$(dirname "$0")/tap_peer
number=0
failed=0

result() { # code name
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number - $2"; else echo "not ok $number - $2"; failed=1; fi
}

if [ "$(id -u)" -ne 0 ] || [ ! -e /dev/net/tun ] || ! unshare -n true 2>/dev/null; then
    echo "1..1"
    echo "ok 1 - the stack talks to a Linux kernel # SKIP needs root, /dev/net/tun and network namespaces"
    exit 0
fi

space=weir-host-$$
folder=$(mktemp -d)
clean() {
    ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null
    ip netns del "$space"
    rm -rf "$folder"
}
trap clean EXIT
inside() { timeout 60 ip netns exec "$space" "$@"; }

ip netns add "$space"
inside ip link set lo up
head -c 8388608 /dev/urandom > "$folder/data"
wanted=$(sha256sum < "$folder/data")

# A new TAP device for each mode; with vnet_hdr the kernel does what the card would do.
new_tap() { # extra
    ip -n "$space" link del weir0 2>/dev/null
    # shellcheck disable=SC2086
    ip -n "$space" tuntap add weir0 mode tap $1
    ip -n "$space" address add 10.87.0.1/24 dev weir0
    ip -n "$space" link set weir0 up
}

listening() { # port: wait until somebody in the namespace listens
    for _ in $(seq 100); do
        inside ss -Hltn "sport = :$1" | grep -q . && return
        sleep 0.05
    done
}

attached() { # wait until tap_peer has opened its device
    for _ in $(seq 100); do
        [ "$(inside cat /sys/class/net/weir0/carrier 2>/dev/null)" = 1 ] && return
        sleep 0.05
    done
}

for mode in "" "-o"; do
    if [ -z "$mode" ]; then name="without offload"; new_tap ""; else name="with offload"; new_tap "vnet_hdr"; fi
    stack() { inside "$peer" $mode weir0 10.87.0.2/24 "$@"; }

    stack ping 10.87.0.1 5
    result $? "the kernel answers five of our pings, $name"

    stack echo 7 & echo_job=$!
    attached
    inside ping -q -c 5 -i 0.2 -W 2 10.87.0.2 > "$folder/ping"
    result $? "we answer five of the kernel's pings, $name"

    inside ping -q -c 3 -i 0.2 -W 2 -s 1472 10.87.0.2 > "$folder/ping"
    result $? "we answer pings as long as the MTU, $name"

    got=$(inside socat -t 30 - TCP:10.87.0.2:7 < "$folder/data" | sha256sum)
    [ "$got" = "$wanted" ]
    result $? "8 MiB from the kernel to our server and back are the same, $name"

    inside socat -u OPEN:/dev/null TCP:10.87.0.2:99,connect-timeout=5 2> "$folder/refused"
    grep -q "Connection refused" "$folder/refused"
    result $? "a port on which nobody listens refuses, $name"
    ip netns pids "$space" | xargs -r kill
    wait $echo_job 2>/dev/null

    inside socat -u TCP-LISTEN:4000,reuseaddr OPEN:"$folder/upload",creat,trunc & listener=$!
    listening 4000
    stack send 10.87.0.1 4000 < "$folder/data" 2> "$folder/send.log"
    sent=$?
    wait $listener
    [ $sent -eq 0 ] && [ "$(sha256sum < "$folder/upload")" = "$wanted" ]
    result $? "8 MiB that we send to the kernel arrive, $name"
    sed 's/^/# /' "$folder/send.log"

    inside socat -u OPEN:"$folder/data" TCP-LISTEN:4001,reuseaddr & listener=$!
    listening 4001
    stack receive 10.87.0.1 4001 > "$folder/download" 2> "$folder/receive.log"
    received=$?
    wait $listener
    [ $received -eq 0 ] && [ "$(sha256sum < "$folder/download")" = "$wanted" ]
    result $? "8 MiB that the kernel sends to us arrive, $name"

    stack listen 4002 > "$folder/served" 2> "$folder/listen.log" & listener=$!
    attached
    inside socat -u OPEN:"$folder/data" TCP:10.87.0.2:4002
    wait $listener && [ "$(sha256sum < "$folder/served")" = "$wanted" ]
    result $? "8 MiB that a client of the kernel sends to our listener arrive, $name"

    stack send 10.87.0.1 4003 < "$folder/data" 2> "$folder/refusal.log"
    grep -q "Connection refused" "$folder/refusal.log"
    result $? "the kernel's refusal ends our connection with ECONNREFUSED, $name"
done

errors=$(inside cat /proc/net/snmp | awk '/^Tcp: [0-9]/ { print $14 }')
[ "$errors" = 0 ]
result $? "the kernel found no wrong TCP segment of ours"

# A bad wire between the two: what is lost, doubled, reordered or corrupted must not show.
new_tap ""
head -c 2097152 "$folder/data" > "$folder/part"
wanted=$(sha256sum < "$folder/part")
stack() { inside "$peer" -b weir0 10.87.0.2/24 "$@"; }
inside socat -u TCP-LISTEN:4000,reuseaddr OPEN:"$folder/upload",creat,trunc & listener=$!
listening 4000
stack send 10.87.0.1 4000 < "$folder/part" 2> "$folder/send.log"
wait $listener
[ "$(sha256sum < "$folder/upload")" = "$wanted" ]
result $? "2 MiB that we send to the kernel over a bad wire arrive"
sed 's/^/# /' "$folder/send.log"

inside socat -u OPEN:"$folder/part" TCP-LISTEN:4001,reuseaddr & listener=$!
listening 4001
stack receive 10.87.0.1 4001 > "$folder/download" 2> "$folder/receive.log"
wait $listener
[ "$(sha256sum < "$folder/download")" = "$wanted" ]
result $? "2 MiB that the kernel sends to us over a bad wire arrive"

echo "1..$number"
exit $failed
