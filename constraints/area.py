#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes AREA.md: what each module takes, and what each board's clocks reach. Run by `make area` (boards.mk).

Usage: area.py build/boards/modules.json build/boards BOARD... > constraints/AREA.md
"""

import glob
import json
import re
import sys

COLUMNS = (("LUT4", "LUT4"), ("CCU2C", "carry cells of two"), ("TRELLIS_FF", "flip-flops"), ("DP16KD", "block RAMs"),
           ("TRELLIS_DPR16X4", "LUT RAMs"))


def plain(name):
    """The module that yosys derived a parameterised one from."""
    found = re.match(r"\$paramod(?:\$[0-9a-f]+)?\\(\w+)", name)
    return found.group(1) if found else name.lstrip("\\")


def modules(path):
    """Cells of each instance with all that is below it, as rows of (depth, instance, module, counts)."""
    with open(path) as text:
        design = json.load(text)["modules"]
    rows = []

    def visit(name, instance, depth):
        total = dict.fromkeys((cell for cell, _ in COLUMNS), 0)
        place = len(rows)
        rows.append((depth, instance, plain(name), total))
        for cell, what in sorted(design[name]["cells"].items()):
            kind = what["type"]
            if kind in design and not design[kind].get("attributes", {}).get("blackbox"):
                for key, count in visit(kind, cell, depth + 1).items():
                    total[key] += count
            elif kind in total:
                total[kind] += 1
        return rows[place][3]

    top = [name for name, module in design.items() if int(module.get("attributes", {}).get("top", "0"), 2)]
    visit(top[0], "", 0)
    return rows


def clocks(folder, board):
    """{clock: (worst MHz, target)} of all seeds, and how many there were."""
    worst, seeds = {}, 0
    for path in glob.glob(f"{folder}/{board}/timing-[0-9]*.txt"):
        seeds += 1
        with open(path) as text:
            for name, got, target in re.findall(r"^(\S+) +([\d.]+) MHz of +([\d.]+)", text.read(), re.M):
                worst[name] = (min(float(got), worst.get(name, (1e9,))[0]), float(target))
    return worst, seeds


def cells(folder, board):
    """Of yosys' stat of the flat design, which has each kind once at the end."""
    with open(f"{folder}/{board}/cells.txt") as text:
        counts = {kind: int(count) for count, kind in re.findall(r"^ +(\d+) +(\w+)$", text.read(), re.M)}
    return [counts.get(cell, 0) for cell, _ in COLUMNS]


def main():
    netlist, folder, boards = sys.argv[1], sys.argv[2], sys.argv[3:]
    heads = [head for _, head in COLUMNS]
    print("# What the card takes of an FPGA, and how fast it is\n\nMade by `make area`; change nothing here by hand.\n")
    print("## Boards\n\nCells of the flat design (yosys), and the slowest of the seeds that nextpnr was given.\n")
    print("| board | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
    for board in boards:
        print(f"| {board} | " + " | ".join(map(str, cells(folder, board))) + " |")
    print("\n| board | clock | needed, MHz | reached, MHz | seeds |\n|---|---|---|---|---|")
    for board in boards:
        worst, seeds = clocks(folder, board)
        for name, (got, target) in sorted(worst.items()):
            print(f"| {board} | {name} | {target:.0f} | {got:.1f} | {seeds} |")
    print("\n## Modules\n\nOf the whole card on an ECP5, each with all that is in it; synthesised with its borders kept, so the sum is more than "
          "the flat design's.\nInstances of less than 40 LUT4 are left out.\n")
    print("| module | " + " | ".join(heads) + " |\n|---|" + "---|" * len(heads))
    for depth, instance, module, total in modules(netlist):
        if total["LUT4"] >= 40 and depth < 4:
            name = module if instance in ("", module) else f"{module} ({instance})"
            print(f"| {'· ' * depth}{name} | " + " | ".join(str(total[cell]) for cell, _ in COLUMNS) + " |")


if __name__ == "__main__":
    main()
