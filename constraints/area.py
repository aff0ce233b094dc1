#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes AREA.md: what the card, its modules and each board take, and what the clocks reach. Run by `make area` (boards.mk).

Usage: area.py FOLDER BOARD... > constraints/AREA.md; in FOLDER are modules.json, a folder a board and core (core-base, core-full) with
cells.txt, timing-N.txt and report-N.json, and one a way to synthesise (variant-...), with cells.txt and options.txt.
"""

import glob
import json
import os
import re
import sys

COLUMNS = ("LUT4", "carry", "flip-flops", "block RAMs", "LUT RAMs")
KINDS = ((r"LUT4|SB_LUT4", "LUT4"), (r"CCU2C|SB_CARRY", "carry"), (r"TRELLIS_FF|SB_DFF\w*", "flip-flops"),
         (r"DP16KD|SB_RAM40_4K\w*", "block RAMs"), (r"TRELLIS_DPR16X4", "LUT RAMs"))
SMALLEST = 40  # LUT4 of an instance that the table of modules shows
CORES = {"core-base": "base card", "core-full": "with everything"}

ABOUT_COUNTING = """
## How is counted

LUT4 are yosys' cells of that name. A carry cell (CCU2C of an ECP5, the adders' two bits) stands in a column of its own, as
does a LUT RAM (TRELLIS_DPR16X4); placed, the former takes the place of two LUT4, the latter of four.
The budget is for the peers' parts without segmentation (MAC 773, ARP 1,427, USB 1,345, checksums 720); the base card has it, and filter,
link, statistics and the ways to MDIO and LEDs as well.
"""

ABOUT_TRIALS = """
- **-nowidelut** makes no LUT of 5 inputs and more of two and a multiplexer.
- **-dff** has ABC look beyond the flip-flops; **-cmp2softlogic** has comparisons with a constant made of LUTs.
- Frame memories are block RAM of 2 KiB. Tables of up to 64 words stand in LUT RAM, four bits by 16 a cell, but on iCE40, where each
  would take a block RAM of its own.
- `make area SYNTH_FLAGS=-nowidelut` measures with other options of yosys, `PARAMETERS=...` with other parameters.
"""


def plain(name):
    """The module that yosys derived a parameterised one from."""
    found = re.match(r"\$paramod(?:\$[0-9a-f]+)?\\(\w+)", name)
    return found.group(1) if found else name.lstrip("\\")


def column(cell):
    """The column that a kind of cell counts in, or None."""
    return next((name for pattern, name in KINDS if re.fullmatch(pattern, cell)), None)


def modules(path):
    """Cells of each instance with all that is below it, as rows of (depth, instance, module, counts)."""
    with open(path) as text:
        design = json.load(text)["modules"]
    rows = []

    def visit(name, instance, depth):
        total = dict.fromkeys(COLUMNS, 0)
        rows.append((depth, instance, plain(name), total))
        for cell, what in sorted(design[name]["cells"].items()):
            kind = what["type"]
            if kind in design and not design[kind].get("attributes", {}).get("blackbox"):
                for key, count in visit(kind, cell, depth + 1).items():
                    total[key] += count
            elif column(kind):
                total[column(kind)] += 1
        return total

    top = [name for name, module in design.items() if int(module.get("attributes", {}).get("top", "0"), 2)]
    visit(top[0], "", 0)
    return rows


def cells(folder):
    """Of yosys' stat of the flat design, which has each kind once."""
    counts = dict.fromkeys(COLUMNS, 0)
    with open(f"{folder}/cells.txt") as text:
        for count, kind in re.findall(r"^ +(\d+) +(\w+)$", text.read(), re.M):
            if column(kind):
                counts[column(kind)] += int(count)
    return counts


def clocks(folder):
    """{clock: (worst MHz, target)} of all seeds, and how many there were."""
    worst, seeds = {}, 0
    for path in glob.glob(f"{folder}/timing-[0-9]*.txt"):
        seeds += 1
        with open(path) as text:
            for name, got, target in re.findall(r"^(\S+) +([\d.]+) MHz of +([\d.]+)", text.read(), re.M):
                worst[name] = (min(float(got), worst.get(name, (1e9,))[0]), float(target))
    return worst, seeds


def used(folder):
    """What nextpnr placed of logic and of block RAMs: ((used, available), (used, available)), the most of all seeds."""
    found = []
    for path in glob.glob(f"{folder}/report-[0-9]*.json"):
        with open(path) as text:
            kinds = json.load(text)["utilization"]
        logic, memory = (kinds[a] if a in kinds else kinds[b] for a, b in (("ICESTORM_LC", "TRELLIS_COMB"), ("ICESTORM_RAM", "DP16KD")))
        found.append(((logic["used"], logic["available"]), (memory["used"], memory["available"])))
    return max(found)


def table(heads, rows):
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) + " |")
    print()


def budgets(folder, boards):
    """Rows of (what, wanted, is, verdict)."""
    rows = []

    def most(what, wanted, unit, value):
        rows.append((what, f"under {wanted:,} {unit}", f"{value:,}", "met" if value < wanted else f"**{value - wanted + 1:,} too many**"))

    def least(what, wanted, value):
        rows.append((what, f"{wanted:g} MHz", f"{value:.1f}", "met" if value >= wanted else f"**missed by {wanted - value:.1f}**"))

    most("ECP5, base card", 4265, "LUT4", cells(f"{folder}/core-base")["LUT4"])
    most("ECP5, with everything", 6500, "LUT4", cells(f"{folder}/core-full")["LUT4"])
    for core, name in CORES.items():
        worst, _ = clocks(f"{folder}/{core}")
        least(f"ECP5 of grade 6, {name}, USB clock", 90, worst["usb_clk"][0])
        least(f"ECP5 of grade 6, {name}, wire clocks", 140, min(worst["wire_tx_clk"][0], worst["rgmii_rxc"][0]))
    for board in boards:
        (logic, available), _ = used(f"{folder}/{board}")
        if available < 10000:
            most(f"{board}, base card", 6000, f"of {available:,} logic cells", logic)
    return rows


def main():
    folder = sys.argv[1]
    boards = [board for board in sys.argv[2:] if glob.glob(f"{folder}/{board}/report-[0-9]*.json")]
    print("# What the card takes of an FPGA, and how fast it is\n\nMade by `make area`; change nothing here by hand.\n")
    print("## Budgets\n")
    table(("what", "wanted", "is", ""), budgets(folder, boards))
    print("The base card has no NCM, no time stamps, no coalescing and no loopback. Both ECP5 cards are ButterStick's top with its pins, in an LFE5U-85F of speed "
          "grade 6;\nof three placements the slowest.\n")

    print("## Boards\n\nCells of the flat design (yosys), and what nextpnr placed: on an ECP5 carry cells and LUT RAM count among the LUTs there, on "
          "an iCE40 a logic cell\nholds LUT, carry and flip-flop.\n")
    everything = boards + list(CORES)
    rows = []
    for board in everything:
        (logic, all_logic), (memory, all_memory) = used(f"{folder}/{board}")
        rows.append((board, *cells(f"{folder}/{board}").values(), f"{logic:,} of {all_logic:,}", f"{memory} of {all_memory}"))
    table(("board", *COLUMNS, "placed: logic", "block RAMs"), rows)
    rows = []
    for board in everything:
        worst, seeds = clocks(f"{folder}/{board}")
        rows += [(board, name, f"{target:g}", f"{got:.1f}", f"{(got / target - 1) * 100:.0f} %", seeds) for name, (got, target) in sorted(worst.items())]
    for board in sys.argv[2:]:
        if board not in boards:
            print(f"**{board} was not placed**, as it does not fit or was not tried.\n")
    print("The slowest of the seeds:\n")
    table(("board", "clock", "needed, MHz", "reached, MHz", "to spare", "seeds"), rows)

    print("## Modules\n\nOf the whole card on an ECP5, each with all that is in it; synthesised with its borders kept, so the sum is more than "
          f"the flat design's.\nInstances of less than {SMALLEST} LUT4 are left out.\n")
    table(("module", *COLUMNS), [("· " * depth + name + (f" ({instance})" if instance not in ("", name) else ""), *total.values())
                                 for depth, instance, name, total in modules(f"{folder}/modules.json") if total["LUT4"] >= SMALLEST])
    print(ABOUT_COUNTING.strip() + "\n")
    print("## What was tried\n\nThe base card up to the GMII, with options of `synth_ecp5`:\n")
    rows = []
    for variant in sorted(glob.glob(f"{folder}/variant-*")):
        if os.path.exists(f"{variant}/cells.txt"):
            with open(f"{variant}/options.txt") as text:
                rows.append((text.read().strip() or "none", *cells(variant).values()))
    table(("options", *COLUMNS), rows)
    print(ABOUT_TRIALS.strip())


if __name__ == "__main__":
    main()
