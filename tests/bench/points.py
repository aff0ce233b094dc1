# SPDX-License-Identifier: BSD-2-Clause
"""What make bench measures: every point with its command, by section of the report.

A point is (labels, command, weight): labels are columns of the section's CSV, weight is roughly seconds of one processor,
for the progress bars.
"""

MEASURE, MODEL, INSTRUCTIONS = "bench/measure", "bench/measure-model", None
MSS = {"high": (536, 1460, 4096, 8960), "full": (536, 1460, 8960)}
FLOW_BYTES = {"high": 1 << 20, "full": 96 << 10}


def measure(*arguments):
    return [MEASURE, *map(str, arguments)]


def instructions(*arguments):
    return ["tests/bench/instructions", "BUILD", *map(str, arguments)]


def speed_options(speed):
    return ["--full-speed"] if speed == "full" else []


def goodput():
    send = {"TSO, coalescing": [], "no TSO": ["--no-tso"], "neither": ["--no-tso", "--no-coalesce"]}
    receive = {"coalescing": [], "none": ["--no-coalesce"]}
    for speed in ("high", "full"):
        for way, variants in (("send", send), ("receive", receive)):
            for offloads, options in variants.items():
                for mss in MSS[speed]:
                    yield ({"usb": speed, "way": way, "offloads": offloads, "mss": mss},
                           measure("flow", f"--{way}", "--mss", mss, "--bytes", FLOW_BYTES[speed], *options, *speed_options(speed)),
                           1.5 if speed == "high" else 5)


HOSTS = (
    ("weir up, TSO and checksums", "send", ["bridge", "--send"]),
    ("weir up, no TSO", "send", ["bridge", "--send", "--no-tso"]),
    ("weir up, no offloads", "send", ["bridge", "--send", "--no-csum", "--no-coalesce"]),
    ("our stack, TSO and checksums", "send", ["stack", "--send"]),
    ("our stack, no TSO", "send", ["stack", "--send", "--no-tso"]),
    ("our stack, no offloads", "send", ["stack", "--send", "--no-csum", "--no-coalesce"]),
    ("lwIP", "send", ["lwip", "--send", "--no-coalesce"]),
    ("weir up, coalescing", "receive", ["bridge", "--receive"]),
    ("weir up, no offloads", "receive", ["bridge", "--receive", "--no-csum", "--no-coalesce"]),
    ("our stack, coalescing and checksums", "receive", ["stack", "--receive"]),
    ("our stack, checksums", "receive", ["stack", "--receive", "--no-coalesce"]),
    ("our stack, no offloads", "receive", ["stack", "--receive", "--no-csum", "--no-coalesce"]),
    ("lwIP", "receive", ["lwip", "--receive", "--no-coalesce"]),
)


def host():
    for name, way, arguments in HOSTS:
        yield {"host": name, "way": way, "of": "instructions"}, instructions(*arguments), 8
        yield {"host": name, "way": way, "of": "link"}, measure(*arguments, "--bytes", 1 << 20), 2


def arp():
    yield {"case": "one at a time"}, measure("arp", "--count", 8), 1
    for foreign in (0, 1, 10, 100):
        yield ({"case": "flood", "foreign": foreign}, measure("flood", "--count", 400 if foreign < 100 else 50, "--foreign", foreign), 1)
    for name, options in (("answered by the card", []), ("answered by the host", ["--no-offload"])):
        yield {"case": name, "of": "instructions"}, instructions("arp-host", *options), 4
        yield {"case": name, "of": "link"}, measure("arp-host", "--count", 50, *options), 1


LOADS = {"idle": [], "sending": ["--send"], "receiving": ["--receive"], "both": ["--send", "--receive"]}


def latency():
    kinds = {"TCP, our stack": ["messages"], "UDP, weir up": ["bridge", "--udp"], "ping, weir up": ["bridge"]}
    for speed, count, warm_up in (("high", 16, 500000), ("full", 6, 20000)):
        for kind, arguments in kinds.items():
            for load, options in LOADS.items():
                extra = ["--bytes", warm_up] if kind.startswith("TCP") and options else []
                yield ({"usb": speed, "message": kind, "load": load},
                       measure(*arguments, "--count", count, *extra, *options, *speed_options(speed)), 4)


def scaling():
    for count in (1, 10, 100, 1000):
        yield {"of": "connections", "x": count}, measure("connections", "--count", count, "--bytes", 1 << 20), 2
    for kib in (1, 2, 4, 8, 16, 32, 64):
        size = min(kib << 10, 65000)
        yield {"of": "superframe", "x": kib}, measure("flow", "--send", "--bytes", 1 << 19, "--superframe", size), 1
        yield {"of": "superframe-host", "x": kib}, instructions("bridge", "--send", "--superframe", size), 6


# One after another, with the machine to themselves: these alone are of the clock on the wall.
def simulation():
    for speed in ("high", "full"):
        for way in ("send", "receive"):
            yield ({"usb": speed, "way": way},
                   measure("flow", f"--{way}", "--bytes", FLOW_BYTES[speed] // 2, *speed_options(speed)), 2)


CARDS = (1, 2, 4, 8)
CARD = measure("flow", "--send", "--bytes", 1 << 19)

SECTIONS = {"goodput": goodput, "host": host, "arp": arp, "latency": latency, "scaling": scaling, "simulation": simulation}
