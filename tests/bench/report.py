#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tests/bench/report.py BUILD [SECTION...]: measures what points.py lists, and writes BUILD/bench/report.md with plots and CSV files.

Everything is device time, and the same in each run, but the section "simulation", which is of the clock on the wall. Ends with 1
when a point lost bytes or had wrong ones. What each section says is in report_text.py.
"""
import concurrent.futures
import csv
import os
import shlex
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing but the report is left behind

import points  # noqa: E402
import report_text  # noqa: E402


class Bars:
    """A bar for each section: on a terminal it grows, in a log it is a line when the section is done."""

    def __init__(self, sections):
        self.weights = {name: sum(weight for _, _, weight in todo) for name, todo in sections.items()}
        self.done = dict.fromkeys(sections, 0)
        self.lock = threading.Lock()
        self.terminal = sys.stdout.isatty()
        self.started = time.monotonic()

    def advance(self, section, weight):
        with self.lock:
            self.done[section] += weight
            share = self.done[section] / self.weights[section]
            over = share > 0.999
            if self.terminal or over:
                filled = round(share * 40)
                passed = int(time.monotonic() - self.started)
                line = f"{section:<11} [{'#' * filled}{' ' * (40 - filled)}] {share:4.0%}  {passed // 60}:{passed % 60:02}"
                print(("\r" if self.terminal else "") + line, end="\n" if over else "", flush=True)


def command_of(build, arguments):
    if arguments[0] == "tests/bench/instructions":
        return [arguments[0], build, *arguments[2:]]
    return [os.path.join(build, arguments[0]), *arguments[1:]]


def run(command):
    """The values that a point printed."""
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    return {name: float(value) for name, value in (line.split() for line in ended.stdout.splitlines())}


def measure(build, sections, bars):
    """Rows of each section, in order, on as many processors as there are; a section's CSV is there as soon as it is done."""
    rows = {name: [None] * len(todo) for name, todo in sections.items()}

    def point(section, index):
        labels, arguments, weight = sections[section][index]
        command = command_of(build, arguments)
        rows[section][index] = {**labels, **run(command), "command": shlex.join(command)}
        if None not in rows[section]:
            write_csv(os.path.join(build, "bench", f"{section}.csv"), rows[section])
        bars.advance(section, weight)

    for workers, names in ((os.cpu_count(), [n for n in sections if n != "simulation"]), (1, [n for n in sections if n == "simulation"])):
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            ended = [pool.submit(point, name, index) for name in names for index in range(len(sections[name]))]
            try:
                for each in concurrent.futures.as_completed(ended):
                    each.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return rows


def several_cards(build):
    """Cards that run at a time, each in a process: device seconds of all of them in a second on the wall."""
    command = command_of(build, points.CARD)
    for count in points.CARDS:
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            device = sum(values["device_s"] for values in pool.map(run, [command] * count))
        yield {"of": "cards", "x": count, "device_s_per_wall_s": device / (time.monotonic() - started),
               "command": f"{count} at a time: {shlex.join(command)}"}


def write_csv(path, rows):
    columns = []
    for row in rows:
        columns += [name for name in row if name not in columns and name != "command"]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns + ["command"], restval="")
        writer.writeheader()
        writer.writerows(rows)


def plot(folder, name, script):
    """An SVG by gnuplot; its script stays beside it."""
    path = os.path.join(folder, name)
    with open(f"{path}.gnuplot", "w", encoding="utf-8") as file:
        file.write(f'set terminal svg size 900,420 font "sans,13" background "white"\nset output "{path}.svg"\n{script}\n')
    subprocess.run(["gnuplot", f"{path}.gnuplot"], check=True)


def main():
    if len(sys.argv) < 2:
        print(f"usage: report.py BUILD [SECTION...], of {', '.join(points.SECTIONS)}", file=sys.stderr)
        return 2
    build, only = sys.argv[1], sys.argv[2:] or list(points.SECTIONS)
    folder = os.path.join(build, "bench")
    unknown = [name for name in only if name not in points.SECTIONS]
    if unknown:
        print(f"There is no section {', '.join(unknown)}; there are {', '.join(points.SECTIONS)}.", file=sys.stderr)
        return 2
    sections = {name: list(points.SECTIONS[name]()) for name in only}
    print(f"Measuring {sum(map(len, sections.values()))} points: 5 to 10 minutes on two processors.", flush=True)
    bars = Bars(sections)
    try:
        rows = measure(build, sections, bars)
        if "simulation" in rows:
            rows["simulation"] += list(several_cards(build))
    except RuntimeError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    text = report_text.Text(rows)
    for name in only:
        write_csv(os.path.join(folder, f"{name}.csv"), rows[name])  # the simulation's has grown
    for name, script in text.plots():
        plot(folder, name, script)
    with open(os.path.join(folder, "report.md"), "w", encoding="utf-8") as file:
        file.write(text.report())
    print(f"\n{text.summary()}\n\nThe report: {folder}/report.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
