# SPDX-License-Identifier: BSD-2-Clause
#
# What the end-to-end scripts share: a network namespace whose Linux kernel is the peer on the card's wire, through a TAP.
# Source it, then call peer_up. Everything made here is taken down when the script ends, however it ends.

build=${BUILD:-build}
weir_tool=$PWD/$build/weir
case $build in /*) weir_tool=$build/weir ;; esac
ns=weir-e2e-$$
tap=weir0
peer_ip=10.77.0.1
card_ip=10.77.0.2
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-e2e.XXXXXX") || exit 1

peer_down() {
    local pids
    jobs -p | xargs -r kill 2>/dev/null
    pids=$(ip netns pids "$ns" 2>/dev/null)
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null
    ip netns del "$ns" 2>/dev/null
    rm -rf "$work"
    return 0
}

trap '[ $BASHPID != $$ ] || peer_down' EXIT # a background list that is killed early may still run it
trap 'exit 130' INT TERM

# Makes the namespace, with the TAP at $peer_ip; nothing outside it is touched.
peer_up() {
    ip netns add "$ns" &&
        ip -n "$ns" link set lo up &&
        ip -n "$ns" tuntap add mode tap name "$tap" &&
        ip -n "$ns" addr add "$peer_ip/24" dev "$tap" &&
        ip -n "$ns" link set "$tap" up
}

in_peer() { ip netns exec "$ns" "$@"; }

# weir on a simulated card whose wire is the TAP: weir_on CARD-OPTIONS ARGUMENTS... (CARD-OPTIONS as in --card sim:..., or "").
weir_on() {
    local options=$1
    shift
    in_peer "$weir_tool" --card "sim:tap=$tap${options:+,$options}" --ip "$card_ip/24" "$@"
}

# Holds the card's address in the background until `let_go`: hold CARD-OPTIONS ARGUMENTS... False when the card does not come up.
hold() {
    local options=$1
    shift
    ip netns exec "$ns" "$weir_tool" --card "sim:tap=$tap${options:+,$options}" --ip "$card_ip/24" "$@" run >"$work/run.log" 2>&1 &
    holder=$!
    wait_for grep -q 'is there' "$work/run.log"
}
neighbour() { ip -n "$ns" neigh show "$card_ip" | grep -o '[0-9a-f:]\{17\}'; } # what the kernel resolved us to; only while we hold
let_go() { kill -TERM "$holder" && wait "$holder"; } # weir's exit code

# Waits until a command succeeds, for minutes on a machine with much else to do: wait_for COMMAND...
wait_for() {
    local i
    for i in $(seq 1800); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    return 1
}

listening() { in_peer ss -Hltn "sport = :$1" | grep -q .; }

# Starts the stock server for downloads: serve DIRECTORY (port 8080).
serve() {
    in_peer python3 -m http.server --bind "$peer_ip" --directory "$1" 8080 >"$work/http.log" 2>&1 &
    wait_for listening 8080
}

# Starts a stock receiver for one upload: receive FILE (port 5000).
receive() {
    in_peer socat -u "TCP-LISTEN:5000,bind=$peer_ip,reuseaddr" "CREATE:$1" &
    receiver=$!
    wait_for listening 5000
}

random_file() { head -c "$2" /dev/urandom >"$1"; } # FILE BYTES

sha256() { sha256sum "$1" | cut -d' ' -f1; }

# One value of a --stats=FILE, or no number if it is not there: stat FILE NAME
stat() { stat_sum "$2" "$1"; }

# The sum of one value over several files: stat_sum NAME FILE...
stat_sum() {
    awk -v name="$1" '$1 == name {sum += $2; found++}
        END {if (found == ARGC - 1) printf "%d\n", sum; else print "no-" name}' "${@:2}"
}

# TAP lines: check "sentence" COMMAND...; done_testing at the end.
tests=0 failures=0
check() {
    local sentence=$1
    shift
    tests=$((tests + 1))
    if "$@" >"$work/check.log" 2>&1; then
        echo "ok $tests - $sentence"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $sentence"
        echo "# failed: $*"
        sed 's/^/# /' "$work/check.log" | head -40
    fi
}
done_testing() {
    echo "1..$tests"
    exit $((failures > 0))
}

# --- the transfers that the end-to-end tests have in common ---

# The frames of FILE that left the card and that FILTER chooses, with everything checked that tshark can check. Ports 5000 and
# 7002 carry random bytes, which tshark must not take for a protocol.
sent_frames() { # FILE FILTER
    tshark -n -r "$1" -d tcp.port==5000,data -d udp.port==7002,data -o eth.check_fcs:TRUE -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
        -o udp.check_checksum:TRUE -Y "frame.packet_flags_direction == 2 && ($2)" 2>"$work/tshark.log" || cat "$work/tshark.log"
}
# Whether each frame that the card counted as sent in DIRECTORY/*.stats is in the captures beside them, and right. The capture also
# has what left the card between the last look at the counters and the end: nothing but replies to ARP requests.
# tshark holds a TCP checksum of FFFFh for wrong and wants 0000h, the other zero of ones' complement; Linux sends FFFFh too.
no_tshark_errors() { # DIRECTORY
    local stats file good=0 bad=0 sent=0
    for stats in "$1"/*.stats; do
        file=${stats%.stats}.pcapng
        sent=$((sent + $(stat "$stats" tx_frames)))
        good=$((good + $(sent_frames "$file" 'eth.fcs.status == "Good"' | wc -l)))
        bad=$((bad + $(sent_frames "$file" 'eth.fcs.status != "Good" || ip.checksum.status == "Bad" || _ws.malformed ||
            (tcp.checksum.status == "Bad" && tcp.checksum != 0xffff) || udp.checksum.status == "Bad"' | tee /dev/stderr | wc -l)))
    done
    echo "the card sent $sent frames, tshark read $good with a good FCS, and $bad with errors"
    [ "$sent" -gt 0 ] && [ "$good" -ge "$sent" ] && [ "$bad" = 0 ]
}
equal_files() {
    echo "$1: $(wc -c <"$1" 2>&1) bytes, $2: $(wc -c <"$2" 2>&1) bytes"
    [ -s "$1" ] && [ "$(sha256 "$1")" = "$(sha256 "$2")" ]
}

# Downloads DOWN bytes and uploads UP bytes over a card with the given options; leaves $work/{down,up}.{pcapng,stats}.
transfers() { # CARD-OPTIONS DOWN UP
    mkdir -p "$work/www"
    random_file "$work/www/file" "$2"
    random_file "$work/up.sent" "$3"
    check "Python's HTTP server starts" serve "$work/www"
    check "weir get downloads $2 bytes" weir_on "$1,pcap=$work/down.pcapng" --stats="$work/down.stats" get -o "$work/down.got" "http://$peer_ip:8080/file"
    check "the downloaded file has the same SHA-256" equal_files "$work/www/file" "$work/down.got"
    check "socat waits for the upload" receive "$work/up.got"
    check "weir send uploads $3 bytes" weir_on "$1,pcap=$work/up.pcapng" --stats="$work/up.stats" send "$peer_ip" 5000 "$work/up.sent"
    check "socat ends with the stream" wait "$receiver"
    check "the uploaded file has the same SHA-256" equal_files "$work/up.sent" "$work/up.got"
}
# Whether a command ends with CODE and says TEXT: fails_with CODE TEXT COMMAND...
fails_with() {
    local code=$1 text=$2
    shift 2
    "$@" >"$work/said" 2>&1
    [ $? = "$code" ] && grep -q "$text" "$work/said" || { cat "$work/said"; return 1; }
}
at_least() { echo "$1, at least $2 expected"; [ "$1" -ge "$2" ]; }
is_zero() { echo "$1, 0 expected"; [ "$1" = 0 ]; }
