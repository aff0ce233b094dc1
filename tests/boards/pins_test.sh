#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Does yosys read each board's top with the FPGA's cells, and has each port its pin? Also: does a build fail where it must?
# Run by `make test`, which sets YOSYS. Prints TAP.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}/tests/boards
mkdir -p "$build"
boards=$(sed -n 's/^BOARDS := //p' constraints/boards.mk)
sources=$(ls rtl/{usb,link,ncm,tx,rx,mac,arp,lib,board}/*.v rtl/*.v | tr '\n' ' ')
failed=0
number=0

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

set -- $boards
echo 1..$((2 * $# + 6))

YOSYS=${YOSYS:-yosys}
for board in $boards; do
    log=$build/$board.log
    rm -f "$log" "$build/$board.json"
    pins=$(ls constraints/"$board".[lp][pc]f)
    case $pins in
        *.pcf) cells=+/ice40/cells_sim.v ;;
        *) cells="+/ecp5/cells_sim.v +/ecp5/cells_bb.v" ;;
    esac
    $YOSYS -q -l "$log" -p "read_verilog -lib $cells; read_verilog -Irtl/link -Irtl/usb $sources;
        hierarchy -check -top $board; proc; check -assert; select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr;
        select $board; write_json -selected $build/$board.json" >"$log.err" 2>&1
    tail -n 5 "$log" | grep -q '^End of script'
    code=$?
    cat "$log.err" >>"$log"
    report $code "$log" "$board: yosys reads its top, and finds no latch and no net without a driver"
    python3 tests/boards/pins.py "$build/$board.json" "$board" "$pins" >"$build/pins.log" 2>&1
    report $? "$build/pins.log" "$board: each port has one pin, each pin a port, and each clock a frequency"
done

# The look at clocks, on reports as nextpnr writes them.
timing() { # report; Python that says what measure() should have said; the constraints' clocks, and the margin
    echo "$1" >"$build/report.json"
    PYTHONPATH=constraints PYTHONDONTWRITEBYTECODE=1 python3 -c "
import bitstream
lines, wrong = bitstream.measure('$build/report.json', ${3:-{'usb_clk': 60.0, 'rgmii_rxc': 125.0\}})
print(lines, wrong)
assert $2" >"$build/timing.log" 2>&1
}
usb='"$glbnet$usb_clk": {"achieved": 60.0, "constraint": 60.0}'
rx='"$glbnet$rgmii_rxc$TRELLIS_IO_IN": {"achieved"'
timing "{\"fmax\": {$usb, $rx: 125.1, \"constraint\": 125.0}}}" "not wrong and len(lines) == 2"
report $? "$build/timing.log" "A bitstream whose clocks meet their frequencies is made"
timing "{\"fmax\": {$usb, $rx: 124.9, \"constraint\": 125.0}}}" "wrong == ['clock rgmii_rxc reaches 124.9 MHz of 125.0']"
report $? "$build/timing.log" "A clock that misses its frequency by 0.1 MHz leaves no bitstream"
timing "{\"fmax\": {$usb}}" "wrong == ['clock rgmii_rxc of the constraints is not in the design']"
report $? "$build/timing.log" "A frequency for a clock that is not there leaves no bitstream"
timing "{\"fmax\": {$usb, $rx: 130, \"constraint\": 125}, \"stray\": {\"achieved\": 300, \"constraint\": 12}}}" \
    "wrong == ['clock stray has no frequency in the constraints; add one']"
report $? "$build/timing.log" "A clock that the constraints do not name leaves no bitstream"
clk='"clk12$SB_IO_IN_$glb_clk": {"achieved": 100, "constraint": 12}'
timing "{\"fmax\": {$clk, \"usb_clk\": {\"achieved\": 65.9, \"constraint\": 60}}}" "wrong == ['clock usb_clk reaches 65.9 MHz of 66.0']" \
    "{'usb_clk': 60.0, 'clk12': 12.0}, 10"
report $? "$build/timing.log" "A clock of an iCE40 is known by its name, and has to keep the margin that the board wants"
PYTHONPATH=constraints PYTHONDONTWRITEBYTECODE=1 python3 -c "
import bitstream, types
args = types.SimpleNamespace(constraints='constraints/hx8k.pcf', pin=[('ulpi_data[6]', 'J2')], frequency=[('usb_clk', '61')])
path, clocks = bitstream.constraints(args, '$build')
text = open(path).read()
assert clocks == {'clk': 12.0, 'usb_clk': 61.0, 'wire_clk': 50.0}, clocks
assert 'set_io ulpi_data[6] J2\n' in text and 'set_io ulpi_data[5] B2\n' in text, text" >"$build/pin.log" 2>&1
report $? "$build/pin.log" "PIN= puts a port of an iCE40 on another ball, and no other; a clock's frequency is set as simply"
exit $failed
