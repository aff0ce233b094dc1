#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds the bitstream of an ECP5 and of an iCE40 board, as `make bitstream` does, and sees that a build fails where it must, with
# words that help. Run by `make test`, which sets YOSYS. Prints TAP.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
out=$build/tests/boards/bits
ecp5=ecpix5
ice40=hx8k
mkdir -p "$out"
failed=0
number=0

tool() { command -v "$1" || echo "$build/venv/bin/yowasp-$1"; }
YOSYS=${YOSYS:-$(tool yosys)}
export YOSYS

report() { # code, log, sentence
    number=$((number + 1))
    if [ "$1" = 0 ]; then
        echo "ok $number - $3"
    else
        echo "not ok $number - $3"
        sed 's/^/# /' "$2" | tail -n 20
        failed=1
    fi
}

echo 1..13

bitstream() { make --no-print-directory -s bitstream BUILD="$build" OUT="$out" "$@"; }

# Both at once: each keeps one core busy for a minute or two. ECPIX-5 with the smaller FPGA, which loads faster.
rm -f "$out/$ecp5/$ecp5.bit" "$out/$ice40/$ice40.bin"
bitstream BOARD=$ecp5 ECPIX5=45 >"$out/$ecp5.log" 2>&1 &
first=$!
bitstream BOARD=$ice40 >"$out/$ice40.log" 2>&1 &
second=$!

built() { # process, board, bitstream, word of its header in hexadecimal, clocks
    wait "$1" && [ -s "$3" ] && od -An -tx1 -N 256 "$3" | tr -d ' \n' | grep -q "$4" &&
        [ "$(grep -c ' met$' "$out/$2/timing.txt")" = "$5" ] && ! grep -q MISSED "$out/$2/timing.txt"
    report $? "$out/$2.log" "$2: a bitstream, with each of its $5 clocks as fast as the constraints ask"
}

# What must fail, on a design that takes seconds.
tiny() {
    NEXTPNR=$(tool nextpnr-ecp5) nice constraints/bitstream.py tiny --folder "$out/tiny" --device "--25k --package CABGA381 --speed 6" \
        --synth synth_ecp5 --packer "$(tool ecppack)" --constraints tests/boards/tiny.lpf "$@" tests/boards/tiny.v >"$out/tiny.log" 2>&1
}
refused() { # sentence; words that the log has to have; the file that must not be there, of tiny unless told
    [ "$code" != 0 ] && grep -qF -e "$2" "$out/tiny.log" && ! grep -q Traceback "$out/tiny.log" && [ ! -e "${3:-$out/tiny/tiny.bit}" ]
    report $? "$out/tiny.log" "$1"
}

tiny && [ -s "$out/tiny/tiny.bit" ]
report $? "$out/tiny.log" "The small design that the following do harm to has a bitstream"
tiny --frequency clk=2000
code=$?
refused "A clock that misses its frequency with every seed leaves no bitstream, and the words say by how much" "MHz of 2000.0. "
tiny --frequency clock=20
code=$?
refused "A frequency of a clock that the constraints do not have is refused, and the words name those that they have" "has no clock called clock; it has clk."
tiny --pin led=Z99
code=$?
refused "A ball that the package does not have leaves no bitstream, and the words name it" "Z99"
tiny --pin lamp=B2
code=$?
refused "A PIN= whose port the constraints do not have is refused" "has no pin called lamp; PIN= wants port=ball"
tiny --pin led
code=$?
refused "A PIN= without a ball is refused" '"led" is not of the form NAME=VALUE'
tiny --parameter HEIGHT=3
code=$?
refused "A parameter that the top does not have is refused" "HEIGHT"
# A yosys that ends well, and whose netlist nobody can read.
cat >"$out/no_netlist" <<'END'
#!/bin/sh
echo "End of script" >"$3"
echo "no netlist" >"$(echo "$5" | sed 's/.* -json \([^;]*\);.*/\1/')"
END
chmod +x "$out/no_netlist"
YOSYS=$out/no_netlist tiny
code=$?
refused "Where a step between yosys and nextpnr fails, the words say which" "block_ram_registers.py failed"
rm -rf "$out/refused"
bitstream OUT="$out/refused" BOARD=$ecp5 MAC=01:02:03:04:05:06 >"$out/tiny.log" 2>&1
code=$?
refused "A MAC= that is no station's address is refused" "is not a MAC address of one station" "$out/refused/$ecp5/$ecp5.bit"
bitstream OUT="$out/refused" BOARD=ulx4 >"$out/tiny.log" 2>&1
code=$?
refused "A board that there is not is refused, and the words name those that there are" "BOARD= is one of: butterstick" "$out/refused/ulx4/ulx4.bit"
make --no-print-directory -s program BUILD="$build" OUT="$out/refused" BOARD=$ecp5 >"$out/tiny.log" 2>&1
code=$?
refused "make program without a bitstream says what to do" "make bitstream BOARD=$ecp5 first" "$out/refused/$ecp5/$ecp5.bit"

# An ECP5's bits begin with ff00 and a comment, an iCE40's with ff0000ff and 7eaa997e.
built $first $ecp5 "$out/$ecp5/$ecp5.bit" ^ff00 4
built $second $ice40 "$out/$ice40/$ice40.bin" 7eaa997e 3
exit $failed
