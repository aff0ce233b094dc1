# SPDX-License-Identifier: BSD-2-Clause
"""Compares the ports of a board's top (yosys' JSON) with its constraint file. Usage: pins.py top.json TOP board.lpf|board.pcf"""

import collections
import json
import re
import sys

with open(sys.argv[1]) as text:
    ports = json.load(text)["modules"][sys.argv[2]]["ports"]
with open(sys.argv[3]) as text:
    lines = [line.split("#")[0] for line in text]

wanted = set()
for name, port in ports.items():
    bits = len(port["bits"])
    wanted |= {name} if bits == 1 else {f"{name}[{i}]" for i in range(bits)}

ice40 = sys.argv[3].endswith(".pcf") # a pin's level is its bank's supply, and a clock is called as the net behind its pin
if ice40:
    placed = [found for line in lines for found in re.findall(r"^set_io (\S+) (\w+)$", line.strip())]
    clocks = {found for line in lines for found in re.findall(r"^set_frequency (\S+) [\d.]+$", line.strip())}
    levels = wanted
else:
    placed = [found for line in lines for found in re.findall(r'LOCATE COMP "([^"]+)" SITE "(\w+)"', line)]
    levels = {found for line in lines for found in re.findall(r'IOBUF PORT "([^"]+)" IO_TYPE=', line)}
    clocks = {found for line in lines for found in re.findall(r'FREQUENCY (?:PORT|NET) "([^"]+)"', line)}

names = collections.Counter(name for name, _ in placed)
balls = collections.Counter(ball for _, ball in placed)
wrong = [f"port {name} has no pin" for name in sorted(wanted - set(names))]
wrong += [f"there is no port {name}" for name in sorted(set(names) - wanted)]
wrong += [f"port {name} has {count} pins" for name, count in names.items() if count > 1]
wrong += [f"pin {ball} has {count} ports" for ball, count in balls.items() if count > 1]
wrong += [f"port {name} has no I/O standard" for name in sorted(wanted - levels)]
inputs = [name for name in sorted(wanted - clocks) if re.search(r"clk|rxc", name) and ports[name]["direction"] == "input"]
if ice40:
    with open(sys.argv[1]) as text:
        nets = json.load(text)["modules"][sys.argv[2]]["netnames"]
    wrong += [f"there is no net {name} in {sys.argv[2]} for a frequency" for name in sorted(clocks - set(nets))]
    wrong += [f"{len(inputs)} clock pins have no frequency of their own, and nets behind pins {len(clocks - wanted)}"
              ] * (len(clocks - wanted) < len(inputs))
else:
    wrong += [f"clock port {name} has no frequency" for name in inputs]
print("\n".join(wrong) or f"{len(placed)} pins")
sys.exit(bool(wrong))
