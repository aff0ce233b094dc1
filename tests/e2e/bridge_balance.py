# SPDX-License-Identifier: BSD-2-Clause
"""Whether what `weir stats --json` tells adds up: bridge_balance.py [FILE.pcapng] <JSON

Every frame that came in somewhere went out or was dropped for one counted reason. With a capture of the card's wire also: what
was on the wire is what the card says. Prints what does not add up; exit code 0: it does."""
import json
import subprocess
import sys


def balances(c):
    def add(*names):
        return sum(c[name] for name in names)

    yield "the kernel's frames and what the bridge read", c["kernel_tx_packets"], c["bridge_tx_read"]
    yield "what the bridge read and where it went", c["bridge_tx_read"], add(
        "bridge_tx_frames", "bridge_tx_cut", "bridge_tx_waiting", "bridge_tx_too_long", "bridge_tx_senseless", "bridge_tx_queue_full",
        "bridge_tx_card_gone")
    yield "what the driver was given and the card took", c["host_tx_frames"], add("tx_superframes", "tx_bad_record", "host_tx_lost")
    yield "what the card cut and what left it", add("tx_segments", "tx_arp_replies"), c["tx_frames"]
    yield "what the card received and its records", c["rx_frames"], c["rx_records"]
    yield "the card's records and what the driver gave", c["rx_records"], c["host_rx_frames"]
    yield "what the driver gave and the bridge read", c["host_rx_frames"], c["bridge_rx_segments"]
    yield "what the bridge read from the card and where it went", c["bridge_rx_read"], add(
        "bridge_rx_frames", "bridge_rx_cut", "bridge_rx_refused")
    if c["bridge_rx_cut"] == 0:
        yield "what the bridge gave and the kernel took", c["bridge_rx_frames"], c["kernel_rx_packets"]


def arrived(c):
    return sum(c[name] for name in ("rx_frames", "rx_fcs_error", "rx_symbol_error", "rx_length_error", "rx_filtered", "rx_arp_answered",
                                    "rx_arp_filtered", "rx_csum_dropped", "rx_overflow", "rx_disabled"))


def on_the_wire(capture, direction):
    lines = subprocess.run(["tshark", "-n", "-r", capture, "-Y", f"frame.packet_flags_direction == {direction}"], check=True,
                           capture_output=True).stdout
    return lines.count(b"\n")


def main():
    counters = json.loads(sys.stdin.read().splitlines()[-1])["counters"]
    checks = list(balances(counters))
    if len(sys.argv) > 1:
        checks.append(("what came over the wire and what the card says of it", on_the_wire(sys.argv[1], 1), arrived(counters)))
        checks.append(("what the card says it sent and what was on the wire", counters["tx_frames"], on_the_wire(sys.argv[1], 2)))
    wrong = [check for check in checks if check[1] != check[2]]
    for what, one, other in wrong:
        print(f"{what}: {one} and {other}")
    print(json.dumps(counters))
    return 1 if wrong else 0


sys.exit(main())
