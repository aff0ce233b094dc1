#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What make bench makes of its points, with programs that print figures at once in place of those that measure.
set -u
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0
check() { # SENTENCE COMMAND...
    local sentence=$1; shift; n=$((n + 1))
    if "$@" >"$work/log" 2>&1; then echo "ok $n - $sentence"; else echo "not ok $n - $sentence"; sed 's/^/# /' "$work/log"; fi
}
mkdir "$work/bench"
cat >"$work/bench/measure" <<'PROGRAM'
#!/bin/sh
[ "$*" != "$BENCH_FAILS" ] || { echo "something was lost" >&2; exit 1; }
for name in goodput_mbps usb_share_percent wire_share_percent frames_to_card_per_mib frames_from_card_per_mib shortest_us average_us longest_us \
    device_s wall_s cpu_s; do echo "$name 42.5"; done
PROGRAM
chmod +x "$work/bench/measure"
export BENCH_FAILS=
report() { python3 tests/bench/report.py "$work" goodput latency simulation >"$work/out" 2>&1; }
check "a report is made" report
check "a bar for each section came to its end" eval '[ "$(grep -c "100%" "$work/out")" = 3 ]'
check "the summary is its last word" grep -q '^| sending over USB high speed .* 42.5' "$work/out"
check "the report has each point's command" eval '
    for command in $(tail -n +2 "$work/bench/goodput.csv" | sed "s/.*,//; s/ /~/g" | tr -d "\r"); do grep -qF "    $(echo "$command" | tr "~" " ")" "$work/bench/report.md" || exit 1; done'
check "each picture that it shows is there" eval '
    pictures=$(grep -o "[a-z-]*\.svg" "$work/bench/report.md") && [ "$(echo "$pictures" | wc -l)" = 3 ] && for p in $pictures; do grep -q "</svg>" "$work/bench/$p" || exit 1; done'
check "the data has a row for each point" eval '[ "$(wc -l <"$work/bench/latency.csv")" = 25 ]'
rm -f "$work/bench/report.md"
BENCH_FAILS="messages --count 16"
check "a point that lost bytes ends it with an error" eval '! report'
check "which names the command" grep -q "measure messages --count 16 ended with 1" "$work/out"
check "and there is no report" [ ! -e "$work/bench/report.md" ]
report_of() { python3 tests/bench/report.py "$work" "$@"; }
check "a section that there is not is refused, and the words name those that there are" eval '
    ! report_of goodput speed >"$work/out" 2>&1 && grep -q "no section speed; there are goodput, host" "$work/out" && ! grep -q Traceback "$work/out"'
echo "1..$n"
