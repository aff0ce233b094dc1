#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# gates_test on netlists with one LUT made wrong (tests/gates/mutate): it has to fail on each, and to say so.
build=${BUILD:-build}
n=0
bad=0
for program in "$build"/tests/gates/mutant_*_test; do
    n=$((n + 1))
    what=${program##*/mutant_}
    out=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 1200 "$program" 2>&1)
    code=$?
    if [ "$code" != 0 ] && [ "$code" != 124 ] && grep -q '^not ok' <<<"$out"; then
        echo "ok $n - a wrong LUT in the ${what%_test} is noticed"
    else
        bad=1
        echo "not ok $n - a wrong LUT in the ${what%_test} is noticed"
        printf '%s\n' "$out" | sed 's/^/# /'
    fi
done
echo "1..$n"
[ "$n" -gt 0 ] && [ "$bad" = 0 ]
