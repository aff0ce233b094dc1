#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a board's bitstream: yosys, nextpnr, a look at every clock, and the packer.

Run by make (boards.mk), which sets YOSYS and the NEXTPNR and packer to use. Of the seeds it takes the first with which every
clock that the constraints name meets its frequency; with none of them it fails, and leaves no bitstream. What it measured
stands in timing.txt beside it. Nothing here depends on the time or on the machine: the same sources and tools give the same bits.
"""

import argparse
import glob
import json
import os
import re
import subprocess
import sys


class Failure(Exception):
    """What went wrong, and what to do about it."""


def run(command, log, done):
    """Runs a tool. YoWASP's may end with code 0 in the middle, so its log has to have its last words in it."""
    with open(log + ".out", "w") as out:
        try:
            code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
        except OSError as error:
            raise Failure(f"{command[0]} does not start: {error.strerror}.") from error
    said = ""
    for name in (log, log + ".out"):
        if os.path.exists(name):
            with open(name, errors="replace") as text:
                said += text.read()
    if code != 0 or done not in said:
        sys.stderr.write(said[-3000:])
        raise Failure(f"{command[0]} failed; {log} or {log}.out has all of its words.")
    return said


def synthesise(args, folder):
    """RTL to a netlist of the FPGA's cells; the number of cells of each kind stays in cells.txt."""
    netlist = f"{folder}/{args.board}.json"
    sets = [f"chparam -set {name} {value} {args.board};" for name, value in args.parameter]
    script = (f"read_verilog -Irtl/link -Irtl/usb {' '.join(args.source)}; {' '.join(sets)} "
              f"{args.synth} -top {args.board} -json {netlist}; check -assert; tee -o {folder}/cells.txt stat")
    log = f"{folder}/yosys.log"
    if os.path.exists(log):
        os.remove(log)
    run([os.environ["YOSYS"], "-q", "-l", log, "-p", script], log, "End of script")
    if args.synth.startswith("synth_ecp5"):
        helper = f"{os.path.dirname(os.path.abspath(__file__))}/block_ram_registers.py"
        print(run([helper, netlist], f"{folder}/registers.log", "output registers of").rstrip(), flush=True)
    return netlist


def clocks_of(text):
    """Of a constraint file: {name: MHz}."""
    clocks = re.findall(r'FREQUENCY (?:PORT|NET) "([^"]+)" ([\d.]+) MHZ', text)
    clocks += re.findall(r'set_frequency (\S+) ([\d.]+)', text)
    return {name: float(mhz) for name, mhz in clocks}


def constraints(args, folder):
    """The board's pins with --pin's put over them, and the clocks: {name: MHz}."""
    with open(args.constraints) as source:
        text = source.read()
    for name, site in args.pin:
        for pattern, put in ((rf'(LOCATE COMP "{re.escape(name)}" SITE )"\w+"', rf'\1"{site}"'),
                             (rf'(set_io (?:-nowarn )?{re.escape(name)}) \w+', rf'\1 {site}')):
            text, found = re.subn(pattern, put, text)
            if found:
                break
        else:
            raise Failure(f"{args.constraints} has no pin called {name}; PIN= wants port=ball, such as ulpi_data[6]=J26.")
    for name, mhz in args.frequency:
        text, found = re.subn(rf'(FREQUENCY (?:PORT|NET) "{re.escape(name)}"|set_frequency {re.escape(name)}) [\d.]+', rf"\g<1> {mhz}", text)
        if not found:
            raise Failure(f"{args.constraints} has no clock called {name}; it has {', '.join(clocks_of(text))}.")
    path = f"{folder}/{os.path.basename(args.constraints)}"
    with open(path, "w") as out:
        out.write(text)
    return path, clocks_of(text)


def measure(report, clocks, margin=0):
    """Lines for people, and what is wrong: a clock that misses its target, has none, or is not there. With a margin, in per cent,
    a clock has to be faster than its target by that."""
    with open(report) as text:
        fmax = json.load(text)["fmax"]
    lines, wrong, seen = [], [], set()
    for net, value in sorted(fmax.items()):
        name = re.sub(r"^\$glbnet\$|\$TRELLIS_IO_IN$|\$SB_IO_IN(?:_\$glb_clk)?$|_\$glb_clk$|\$2$", "", net)
        name = re.sub(r"\$SB_IO_IN$", "", name)
        seen.add(name)
        if name not in clocks:
            wrong.append(f"clock {name} has no frequency in the constraints; add one")
            continue
        wanted = clocks[name] * (1 + margin / 100)
        verdict = "met" if value["achieved"] >= wanted else "MISSED"
        lines.append(f"{name:14} {value['achieved']:7.1f} MHz of {clocks[name]:6.1f}  {verdict}")
        if verdict != "met":
            wrong.append(f"clock {name} reaches {value['achieved']:.1f} MHz of {wanted:.1f}")
    wrong += [f"clock {name} of the constraints is not in the design" for name in clocks if name not in seen]
    return lines, wrong


def place(args, folder, netlist, pins, seed):
    """One place and route."""
    report = f"{folder}/report-{seed}.json"
    routed = f"{folder}/routed-{seed}.{'asc' if args.packer.endswith('icepack') else 'config'}"
    log = f"{folder}/nextpnr-{seed}.log"
    command = [os.environ["NEXTPNR"], *args.device.split(), "--json", netlist, "--seed", str(seed), "--timing-allow-fail",
               "--report", report, "-q", "-l", log]
    command += ["--pcf", pins, "--asc", routed] if routed.endswith("asc") else ["--lpf", pins, "--textcfg", routed]
    run(command, log, "Program finished normally.")
    return report, routed


def pair(text):
    """NAME=VALUE of the command line."""
    name, _, value = text.partition("=")
    if not name or not value:
        raise argparse.ArgumentTypeError(f'"{text}" is not of the form NAME=VALUE')
    return name, value


def build(args):
    folder = args.folder
    os.makedirs(folder, exist_ok=True)
    icepack = args.packer.endswith("icepack")
    bitstream = f"{folder}/{args.board}.{'bin' if icepack else 'bit'}" # tinyprog goes by the name's end
    for old in [bitstream, *glob.glob(f"{folder}/timing*.txt"), *glob.glob(f"{folder}/report-*.json")]:
        if os.path.exists(old):
            os.remove(old)
    pins, clocks = constraints(args, folder)
    netlist = synthesise(args, folder)
    chosen = None
    for seed in args.seeds:
        report, routed = place(args, folder, netlist, pins, seed)
        lines, wrong = measure(report, clocks, args.margin)
        text = "\n".join([f"{args.board}, seed {seed}"] + lines) + "\n"
        print(text, end="", flush=True)
        with open(f"{folder}/timing-{seed}.txt", "w") as out:
            out.write(text)
        if not wrong and not chosen:
            chosen = (routed, text)
            if not args.every:
                break
    if args.measure:
        return
    if not chosen:
        raise Failure(f"no bitstream of {args.board}: " + "; ".join(wrong) +
                      f". {folder}/nextpnr-{seed}.log names the slowest paths; SEEDS=\"11 12 13\" tries other placements.")
    routed, text = chosen
    with open(f"{folder}/timing.txt", "w") as out:
        out.write(text)
    packed = bitstream + ".part"
    done = [args.packer] + ([routed, packed] if icepack else
                            ["--compress", "--freq", "38.8", "--input", routed, "--bit", packed])
    run(done, f"{folder}/pack.log", "")
    os.replace(packed, bitstream)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--device", required=True, help="nextpnr's words for the part")
    parser.add_argument("--synth", required=True, help="yosys' command for the family")
    parser.add_argument("--constraints", required=True)
    parser.add_argument("--packer", required=True)
    parser.add_argument("--margin", type=float, default=0, help="per cent by which each clock has to beat its frequency")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split()], default=[1], help="tried in turn")
    parser.add_argument("--every", action="store_true", help="place with every seed, for the figures")
    parser.add_argument("--measure", action="store_true", help="figures alone: no bitstream, and no failure when a clock is slow")
    parser.add_argument("--frequency", type=pair, action="append", default=[], help="CLOCK=MHZ instead of the constraints'")
    parser.add_argument("--parameter", type=pair, action="append", default=[], help="NAME=VALUE of the board's top")
    parser.add_argument("--pin", type=pair, action="append", default=[], help="PORT=BALL instead of the constraints'")
    parser.add_argument("source", nargs="+")
    try:
        build(parser.parse_args())
    except Failure as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
