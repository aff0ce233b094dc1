#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""constraints/block_ram_registers.py, on netlists of a block RAM with two bits of output and the flip-flops behind them. Prints TAP."""
import copy
import json
import os
import subprocess
import sys
import tempfile

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../constraints/block_ram_registers.py")
CLOCK, ENABLE, OTHER, RESET = 2, 3, 4, 5
OUT, Q = (10, 11), (20, 21)


def flop(number):
    return {"type": "TRELLIS_FF", "parameters": {"CEMUX": "CE", "CLKMUX": "CLK", "LSRMUX": "LSR", "REGSET": "RESET", "SRMODE": "LSR_OVER_CE"},
            "port_directions": {"CE": "input", "CLK": "input", "LSR": "input", "DI": "input", "Q": "output"},
            "connections": {"CE": [ENABLE], "CLK": [CLOCK], "LSR": ["0"], "DI": [OUT[number]], "Q": [Q[number]]}}


def netlist():
    ram = {"type": "DP16KD", "parameters": {"REGMODE_A": "NOREG", "REGMODE_B": "NOREG"},
           "port_directions": {"CLKB": "input", "CEB": "input", "RSTB": "input", "DOB0": "output", "DOB1": "output", "DOB2": "output"},
           "connections": {"CLKB": [CLOCK], "CEB": [ENABLE], "RSTB": ["0"], "DOB0": [OUT[0]], "DOB1": [OUT[1]], "DOB2": [12]}}
    ports = {"q": {"direction": "output", "bits": list(Q)}, "in": {"direction": "input", "bits": [CLOCK, ENABLE, OTHER, RESET]}}
    return {"modules": {"top": {"ports": ports, "cells": {"ram": ram, "flop0": flop(0), "flop1": flop(1)}}}}


def rewritten(design):
    """What the script makes of a netlist, and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "netlist.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(design, out)
        said = subprocess.run([SCRIPT, path], check=True, stdout=subprocess.PIPE, text=True).stdout
        with open(path, encoding="utf-8") as source:
            return json.load(source), said


def changed(change):
    design = netlist()
    change(design["modules"]["top"]["cells"], design["modules"]["top"])
    return design


def folds(change):
    """Both flip-flops are gone, and the port gives what they gave."""
    after, said = rewritten(changed(change))
    cells = after["modules"]["top"]["cells"]
    ram = cells["ram"]
    return (set(cells) == {"ram"} and ram["parameters"]["REGMODE_B"] == "OUTREG" and ram["parameters"]["REGMODE_A"] == "NOREG"
            and [ram["connections"][port] for port in ("DOB0", "DOB1", "DOB2")] == [[Q[0]], [Q[1]], [12]]
            and ram["connections"]["OCEB"] == ram["connections"]["CEB"] and said.startswith("2 flip-flops went into the output registers of 1 "))


def stays(change):
    """Nothing about the netlist changes."""
    design = changed(change)
    after, said = rewritten(copy.deepcopy(design))
    return after == design and said.startswith("0 flip-flops ")


def connect(name, port, *bits):
    return lambda cells, top: cells[name]["connections"].update({port: list(bits)})


def parameter(name, key, value):
    return lambda cells, top: cells[name]["parameters"].update({key: value})


def also(*changes):
    return lambda cells, top: [change(cells, top) for change in changes]


def reader(cells, top):
    cells["lut"] = {"type": "LUT4", "parameters": {}, "port_directions": {"A": "input"}, "connections": {"A": [OUT[0]]}}


def outward(cells, top):
    top["ports"]["q"]["bits"].append(OUT[1])


CASES = (
    (folds, "Flip-flops behind all that is used of a port go into it", lambda cells, top: None),
    (folds, "So do those without a clock enable, where the port has none either",
     also(*(parameter(f"flop{i}", "CEMUX", "1 ") for i in (0, 1)), connect("ram", "CEB", "1"))),
    (stays, "Not when an output goes to a second taker", reader),
    (stays, "Not when an output leaves the module", outward),
    (stays, "Not when an output goes to something else than a flip-flop's data", also(reader, lambda cells, top: cells.pop("flop0"))),
    (stays, "Not when one flip-flop has another clock enable", connect("flop1", "CE", OTHER)),
    (stays, "Not when one flip-flop has no clock enable", parameter("flop1", "CEMUX", "1 ")),
    (stays, "Not when the clock enable is inverted", also(*(parameter(f"flop{i}", "CEMUX", "INV") for i in (0, 1)))),
    (stays, "Not when both have another clock enable than the port", also(*(connect(f"flop{i}", "CE", OTHER) for i in (0, 1)))),
    (stays, "Not when one flip-flop has another clock", connect("flop1", "CLK", OTHER)),
    (stays, "Not when both have another clock than the port", also(*(connect(f"flop{i}", "CLK", OTHER) for i in (0, 1)))),
    (stays, "Not when a flip-flop takes its data on the falling edge", parameter("flop1", "CLKMUX", "INV")),
    (stays, "Not when the port does", parameter("ram", "CLKBMUX", "INV")),
    (stays, "Not when a flip-flop begins with 1", parameter("flop1", "REGSET", "SET")),
    (stays, "Not when a flip-flop's reset is inverted", parameter("flop1", "LSRMUX", "INV")),
    (stays, "Not when a flip-flop has a reset", connect("flop1", "LSR", RESET)),
    (stays, "Not when a flip-flop has an asynchronous reset", also(connect("flop1", "LSR", RESET), parameter("flop1", "SRMODE", "ASYNC"))),
    (stays, "Not when a flip-flop loads another datum (M)", connect("flop1", "M", OTHER)),
    (stays, "Not when the port has a reset", connect("ram", "RSTB", RESET)),
    (stays, "Not when the port's register is in use", parameter("ram", "REGMODE_B", "OUTREG")),
)

failed = False
print(f"1..{len(CASES)}")
for number, (judge, sentence, change) in enumerate(CASES, 1):
    right = judge(change)
    failed |= not right
    print(f"{'ok' if right else 'not ok'} {number} - {sentence}")
sys.exit(failed)
