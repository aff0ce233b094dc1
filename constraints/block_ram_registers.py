#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Puts a register that stands behind an ECP5 block RAM into the block RAM's own output register. Usage: NETLIST.json

An ECP5's DP16KD gives its byte 5.8 ns after the clock, which leaves no way to a register elsewhere at 125 MHz; through the register
that it has inside, it takes much less. yosys 0.70 does not know that register. So where each bit that is used of a block RAM's port goes
into a flip-flop and nowhere else, all with the port's own clock and clock enable, without a reset (the port has none either) and 0 at
power-up, the flip-flops go and the port says OUTREG. Nothing else about the netlist changes; it is rewritten in place.
"""

import collections
import json
import sys


def enable(cell):
    """A flip-flop's clock enable: a net, "1" for always, None for what a block RAM has not."""
    mux = cell["parameters"].get("CEMUX", "1").strip() # a string that could be a number has a space behind it in yosys' JSON
    if mux == "CE":
        return cell["connections"]["CE"][0]
    return "1" if mux == "1" else None


def plain(cell):
    """A flip-flop that has no reset, begins with 0, and takes its data on the rising edge."""
    parameters = cell["parameters"]
    return (cell["type"] == "TRELLIS_FF" and parameters.get("CLKMUX", "CLK") == "CLK" and not cell["connections"].get("M")
            and parameters.get("REGSET", "RESET") == "RESET" and parameters.get("LSRMUX", "LSR") == "LSR"
            and low(cell["connections"].get("LSR", [])))


def low(bits):
    return all(bit in ("0", "x") for bit in bits)


def takers(cells):
    """Where each net goes: [(cell's name, port)]."""
    found = collections.defaultdict(list)
    for name, cell in cells.items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) != "output":
                for bit in bits:
                    found[bit].append((name, port))
    return found


def fold(cells, ram, side, users, outward):
    """One port of one block RAM; the flip-flops that it made superfluous."""
    connections = cells[ram]["connections"]
    outputs = {port: bits[0] for port, bits in connections.items() if port.startswith("DO" + side) and bits
               and (users[bits[0]] or bits[0] in outward)}
    flops = {}
    for port, bit in outputs.items():
        if bit in outward or len(users[bit]) != 1 or users[bit][0][1] != "DI" or not plain(cells[users[bit][0][0]]):
            return []
        flops[port] = users[bit][0][0]
    if not flops:
        return []
    clocks = {cells[name]["connections"]["CLK"][0] for name in flops.values()}
    enables = {enable(cells[name]) for name in flops.values()}
    port_enable = connections.get("CE" + side, ["1"])[0]
    if clocks != {connections["CLK" + side][0]} or enables != {port_enable}:
        return []
    if cells[ram]["parameters"].get("REGMODE_" + side, "NOREG") != "NOREG" or not low(connections.get("RST" + side, [])):
        return []
    if any(cells[ram]["parameters"].get(f"{pin}{side}MUX", pin + side) != pin + side for pin in ("CLK", "CE", "RST", "OCE")):
        return []
    for port, name in flops.items():
        connections[port] = cells[name]["connections"]["Q"]
    cells[ram]["parameters"]["REGMODE_" + side] = "OUTREG"
    connections["OCE" + side] = [port_enable]
    cells[ram]["port_directions"]["OCE" + side] = "input"
    return list(flops.values())


def main():
    try:
        with open(sys.argv[1]) as source:
            design = json.load(source)
    except (OSError, ValueError) as error:
        sys.exit(f"{sys.argv[1]} is no netlist of yosys: {error}")
    ports = flops = 0
    for module in design["modules"].values():
        cells = module["cells"]
        rams = [name for name, cell in cells.items() if cell["type"] == "DP16KD"]
        users = takers(cells) if rams else {}
        outward = {bit for port in module["ports"].values() for bit in port["bits"]}
        for name in rams:
            for side in "AB":
                gone = fold(cells, name, side, users, outward)
                ports += bool(gone)
                flops += len(gone)
                for flop in gone:
                    del cells[flop]
    with open(sys.argv[1], "w") as out:
        json.dump(design, out)
    print(f"{flops} flip-flops went into the output registers of {ports} block RAM ports")


if __name__ == "__main__":
    main()
