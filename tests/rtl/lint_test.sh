#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Do all the tools that must read the card read it? Run by `make lint` and `make test`, which set YOSYS. Prints TAP.
#
# yosys looks twice: at the design as it was written, where a net without a driver or with two is still one, and after
# synth_ecp5, to which a latch is an error. YoWASP's yosys loses standard output behind ABC and may end with code 0 in the
# middle, so only the last line of its log counts.
set -u
cd "$(dirname "$0")/../.."
build=${BUILD:-build}/lint
mkdir -p "$build"

folders="usb link ncm tx rx mac arp lib"
sources=$(for f in $folders; do echo rtl/"$f"/*.v; done; echo rtl/*.v)
search=$(for f in $folders; do echo "-y rtl/$f"; done; echo "-y rtl")
shims="rgmii rmii phy_link phy_reset" # between the card and the Ethernet PHY's pins
failed=0

report() { # number, log, sentence; after a command
    if [ "$code" = 0 ]; then
        echo "ok $1 - $3"
    else
        echo "not ok $1 - $3"
        sed 's/^/# /' "$2" | tail -n 30
        failed=1
    fi
}

echo 1..6

code=0
for top in weir_card_ulpi weir_card_fs $shims; do
    ${VERILATOR:-verilator} --lint-only -Wall --top-module $top $search -Irtl/link -Irtl/usb $top.v || code=1
done >"$build/verilator.log" 2>&1
for without in NCM TIMESTAMP COALESCE LOOPBACK MDIO 'NCM=0 -GTIMESTAMP=0 -GCOALESCE' 'WIRE_CLOCKS=1 -GCOALESCE'; do
    for top in weir_card_ulpi weir_card_fs; do
        ${VERILATOR:-verilator} --lint-only -Wall -G$without=0 -GSELF_POWERED=1 -GMAX_POWER=2 --top-module $top $search -Irtl/link -Irtl/usb $top.v || code=1
    done
done >>"$build/verilator.log" 2>&1
report 1 "$build/verilator.log" "Verilator has nothing to say about the card under -Wall, whole or with parts left out"

code=0
for top in weir_card_ulpi weir_card_fs $shims; do
    iverilog -g2005 -tnull -s $top -Irtl/link -Irtl/usb $sources || code=1
done >"$build/iverilog.log" 2>&1
report 2 "$build/iverilog.log" "Icarus Verilog reads the card"

run_yosys() { # log, commands
    rm -f "$1"
    $YOSYS -q -l "$1" -p "read_verilog -Irtl/link -Irtl/usb $(echo $sources); $2" >"$1.err" 2>&1 && tail -n 5 "$1" | grep -q '^End of script'
    code=$?
    cat "$1.err" >>"$1"
}

YOSYS=${YOSYS:-yosys}
command -v "$YOSYS" >/dev/null || echo "# $YOSYS is not there: install yosys, or let make lint fetch it from PyPI"
run_yosys "$build/elaborate.log" "hierarchy -check -top weir_card_ulpi; proc; check -assert;
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr"
report 3 "$build/elaborate.log" "yosys finds no latch, no net without a driver and none with two"

run_yosys "$build/synth_ecp5.log" "synth_ecp5 -top weir_card_ulpi; check -assert; tee -o $build/cells.txt stat"
report 4 "$build/synth_ecp5.log" "yosys makes the card for an ECP5"

run_yosys "$build/elaborate_fs.log" "hierarchy -check -top weir_card_fs; proc; check -assert;
    select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr; cd; design -reset; read_verilog -Irtl/link -Irtl/usb $(echo $sources);
    synth_ecp5 -top fullspeed_phy; check -assert; tee -o $build/fullspeed_cells.txt stat"
report 5 "$build/elaborate_fs.log" "yosys makes the card with the full-speed front, and that front for an ECP5"
commands=""
for top in $shims; do
    commands="$commands design -reset; read_verilog $(echo rtl/lib/*.v rtl/mac/*.v); hierarchy -check -top $top; proc; check -assert;
        select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr; cd; synth_ice40 -top $top; check -assert; tee -a $build/shim_cells.txt stat;"
done
rm -f "$build/shim_cells.txt"
run_yosys "$build/shims.log" "$commands"
report 6 "$build/shims.log" "yosys makes what stands before the Ethernet PHY's pins, for an iCE40"
exit $failed
