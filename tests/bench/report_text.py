# SPDX-License-Identifier: BSD-2-Clause
"""The report's words, tables and plots, from the rows that report.py measured."""

USB_LIMIT = {"high": 53.248, "full": 1.216}  # MB/s of bulk payload, USB 2.0 section 5.8.4
WORDS = {"high": "USB high speed", "full": "USB full speed"}


def table(head, rows):
    """A Markdown table; numbers to the right."""
    rows = [[cell(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    numbers = [all(is_number(row[i]) for row in rows) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join(t.rjust(w) if n else t.ljust(w) for t, w, n in zip(row, widths, numbers)) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if n else "-") for w, n in zip(widths, numbers)) + "|"
    return "\n".join([line(head), rule, *map(line, rows)])


def is_number(text):
    return text == "" or text.replace(".", "", 1).replace(",", "").isdigit()


def cell(value):
    if not isinstance(value, float):
        return str(value)
    if value >= 10000:
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def commands(rows):
    return "\n".join(f"    {row['command']}" for row in rows)


def series(rows, x, y):
    """Rows as inline data for gnuplot."""
    return "\n".join(f"{row[x]} {row[y]}" for row in rows)


class Text:
    def __init__(self, rows):
        self.rows = rows

    def of(self, section, **labels):
        return [row for row in self.rows.get(section, []) if all(row.get(k) == v for k, v in labels.items())]

    def one(self, section, value, **labels):
        found = self.of(section, **labels)
        return found[0][value] if found else float("nan")

    # ---- The sections ----

    def goodput(self):
        text = ["## Goodput", "",
                "A flow of full-size segments (no TCP behind it, so that card and USB alone are measured), in steady state. The peer "
                "acknowledges each second segment. *Of USB*: of the bulk payload that USB 2.0 allows, "
                f"{USB_LIMIT['high']} MB/s at high and {USB_LIMIT['full']} MB/s at full speed, both directions together. *Of the wire*: of 1000 Mb/s, with headers, "
                "preamble and gap."]
        for speed in ("high", "full"):
            rows = self.of("goodput", usb=speed)
            text += ["", f"### {WORDS[speed]}", "", f"![goodput](goodput-{speed}.svg)", "",
                     table(["way", "offloads", "MSS", "Mb/s", "of USB, %", "of the wire, %", "frames the host handles per MiB"],
                           [[row["way"], row["offloads"], row["mss"], row["goodput_mbps"], row["usb_share_percent"],
                             row["wire_share_percent"], row["frames_to_card_per_mib"] + row["frames_from_card_per_mib"]] for row in rows]),
                     "", commands(rows)]
        return text

    def host(self):
        head = ["host", "way", "instructions per byte", "frames to and from the card per MiB", "USB transfers per MiB", "system calls per MiB, at least"]
        body = []
        for row in self.of("host", of="instructions"):
            link = self.of("host", host=row["host"], way=row["way"], of="link")[0]
            frames = link["frames_to_card_per_mib"] + link["frames_from_card_per_mib"]
            calls = link.get("tap_calls_per_mib", 0) + 2 * link["transfers_per_mib"]
            body.append([row["host"], row["way"], row["instructions_per_byte"], frames, link["transfers_per_mib"], calls])
        rows = self.rows.get("host", [])
        return ["## What the host has to do", "",
                "Instructions in user space for a byte of payload, of the driver and what is above it, counted by callgrind at two sizes (the "
                "slope); with the card's model in C, so that nothing of the simulation counts. With `weir up` the kernel's TCP comes on top, the "
                "same that it does for any network card; what superframes and coalesced frames save there is not counted. lwIP is Debian's library, over the same "
                "driver; it leaves nothing to the card. Frames and transfers are of the Verilated card. System calls, at least: "
                "reads and writes of the TAP, as they were counted, and for each USB transfer one to submit and one to reap it under Linux' usbfs; those that "
                "wait and those that find nothing are not in it. MSS 1460.", "",
                "![instructions](host.svg)", "", table(head, body), "", commands(rows)]

    def arp(self):
        single = self.of("arp", case="one at a time")[0]
        body = [["one at a time", "", single["shortest_byte_times"], "", single["longest_byte_times"]]]
        for row in self.of("arp", case="flood"):
            body.append([f"line rate, {row['foreign']} for others to each of ours", row["replies_per_second"],
                         row["shortest_byte_times"], row["average_byte_times"], row["longest_byte_times"]])
        work = []
        for case in ("answered by the card", "answered by the host"):
            link = self.of("arp", case=case, of="link")[0]
            work.append([case, self.one("arp", "instructions_per_request", case=case, of="instructions"),
                         link["frames_to_host"] / link["replies"], link["transfers_per_request"]])
        return ["## ARP", "",
                "From the end of a request's FCS to the reply's first preamble byte, in byte times of 8 ns. No request is lost.", "",
                table(["requests", "answered a second", "shortest", "average", "longest"], body), "", "The host's work for a request:", "",
                table(["who answers", "instructions", "frames to the host", "USB transfers"], work), "", commands(self.rows["arp"])]

    def latency(self):
        rows = self.rows["latency"]
        text = ["## Latency", "",
                "Round trips of one byte of payload to a peer that answers at once, in microseconds of device time: alone, and beside a stream that "
                "keeps USB full, from the host, to it, or both. UDP and ping go through the bridge of `weir up` (beside a TCP flow), "
                "TCP over a connection of our stack. Beside a stream received, what a peer has under way waits in the "
                f"card's receive memory, and a reply behind it: each KiB takes {1.024 / USB_LIMIT['high']:.3f} ms at high speed and "
                f"{1.024 / USB_LIMIT['full']:.2f} ms at full speed at least.", "", "![latency](latency.svg)"]
        for speed in ("high", "full"):
            text += ["", f"### {WORDS[speed]}", "",
                     table(["message", "load", "shortest, us", "average, us", "longest, us"],
                           [[row["message"], row["load"], row["shortest_us"], row["average_us"], row["longest_us"]]
                            for row in rows if row["usb"] == speed])]
        return text + ["", commands(rows)]

    def scaling(self):
        connections, superframes = self.of("scaling", of="connections"), self.of("scaling", of="superframe")
        hosts = self.of("scaling", of="superframe-host")
        return ["## Scaling", "", "TCP connections of our stack that send at the same time, 1 MiB in all:", "",
                table(["connections", "Mb/s", "us to open one", "frames and superframes per MiB", "segments sent again"],
                      [[row["x"], row["goodput_mbps"], row["connect_us"], row["frames_to_card_per_mib"], row["retransmitted"]] for row in connections]),
                "", "The size of a superframe (a flow, MSS 1460; instructions of the bridge):", "", "![superframes](superframe.svg)", "",
                table(["superframe, KiB", "Mb/s", "records per MiB", "instructions per byte"],
                      [[row["x"], row["goodput_mbps"], row["frames_to_card_per_mib"], host["instructions_per_byte"]]
                       for row, host in zip(superframes, hosts)]),
                "", commands(self.rows["scaling"])]

    def simulation(self):
        flows = [row for row in self.rows["simulation"] if "usb" in row]
        cards = self.of("simulation", of="cards")
        return ["## How fast the simulation is", "",
                "The only figures of the clock on the wall, and so of this machine and of what else it did. Cycles are of the wire's clock, 125 MHz.", "",
                table(["USB", "way", "device ms per second of one processor", "million cycles a second"],
                      [[WORDS[row["usb"]], row["way"], row["device_s"] / row["cpu_s"] * 1e3, row["device_s"] / row["cpu_s"] * 125] for row in flows]),
                "", "Cards in processes of their own:", "",
                table(["cards", "device ms of all of them per second on the wall"], [[row["x"], row["device_s_per_wall_s"] * 1e3] for row in cards]),
                "", commands(self.rows["simulation"])]

    # ---- The whole ----

    def summary_rows(self):
        """What, with the card's offloads, without them, and the unit."""
        def goodput(usb, way, offloads):
            return self.one("goodput", "goodput_mbps", usb=usb, way=way, offloads=offloads, mss=1460)

        def host(value, name, way):
            return self.one("host", value, host=name, way=way, of="instructions" if value.startswith("ins") else "link")

        def frames(name, way):
            return host("frames_to_card_per_mib", name, way) + host("frames_from_card_per_mib", name, way)

        rows = []
        if "goodput" in self.rows:
            for usb in ("high", "full"):
                rows += [[f"sending over {WORDS[usb]}", goodput(usb, "send", "TSO, coalescing"), goodput(usb, "send", "neither"), "Mb/s"],
                         [f"receiving over {WORDS[usb]}", goodput(usb, "receive", "coalescing"), goodput(usb, "receive", "none"), "Mb/s"]]
        if "host" in self.rows:
            for name, offloads in (("weir up", "TSO and checksums"), ("our stack", "TSO and checksums")):
                rows += [[f"{name}, sending", host("instructions_per_byte", f"{name}, {offloads}", "send"),
                          host("instructions_per_byte", f"{name}, no offloads", "send"), "instructions per byte"],
                         [f"{name}, sending", frames(f"{name}, {offloads}", "send"), frames(f"{name}, no offloads", "send"),
                          "frames handled per MiB"]]
            rows += [["our stack, receiving", host("instructions_per_byte", "our stack, coalescing and checksums", "receive"),
                      host("instructions_per_byte", "our stack, no offloads", "receive"), "instructions per byte"],
                     ["lwIP on the same card, sending", "", host("instructions_per_byte", "lwIP", "send"), "instructions per byte"],
                     ["lwIP on the same card, receiving", "", host("instructions_per_byte", "lwIP", "receive"), "instructions per byte"]]
        if "arp" in self.rows:
            rows += [["ARP request answered", self.one("arp", "instructions_per_request", case="answered by the card", of="instructions"),
                      self.one("arp", "instructions_per_request", case="answered by the host", of="instructions"), "instructions"],
                     ["ARP reply begins after", self.one("arp", "longest_byte_times", case="one at a time"), "", "byte times at most"],
                     ["ARP requests answered", self.one("arp", "replies_per_second", case="flood", foreign=0), "", "a second"]]
        return rows

    def summary(self):
        rows = self.summary_rows()
        text = [table(["what (MSS 1460)", "with the card's offloads", "without", "unit"], rows)] if rows else []
        if "latency" in self.rows:
            body = [[load] + [self.one("latency", "longest_us", usb=usb, message="ping, weir up", load=load) / 1e3 for usb in ("high", "full")]
                    for load in ("idle", "sending", "receiving", "both")]
            text += ["", table(["ping through weir up, longest, ms", "USB high speed", "USB full speed"], body)]
        return "\n".join(text)

    def report(self):
        text = ["# What Weir's offloads bring", "",
                "Made by `make bench`. All times are device time, the simulated card's own clocks, but where it says otherwise; figures "
                "repeat to the digit. Each point has checked that all bytes arrived, in order and as they were sent.", "", self.summary()]
        for section in self.rows:
            text += ["", *getattr(self, section)()]
        return "\n".join(text) + "\n"

    def plots(self):
        """(name, gnuplot script) of each picture."""
        if "goodput" in self.rows:
            for speed in ("high", "full"):
                yield f"goodput-{speed}", self.plot_goodput(speed)
        if "host" in self.rows:
            rows = self.of("host", of="instructions")
            data = "\n".join(f'"{row["way"]}: {row["host"]}" {row["instructions_per_byte"]}' for row in rows)
            yield "host", ("set style fill solid 0.7\nset boxwidth 0.6 relative\nunset key\nset yrange [-0.7:%.1f] reverse\nset xrange [0:*]\n"
                           "set xlabel \"instructions per byte\"\n$d << E\n%s\nE\n"
                           "plot $d using ($2/2):0:($2/2):(0.3):yticlabels(1) with boxxyerror" % (len(rows) - 0.3, data))
        if "latency" in self.rows:
            yield "latency", self.plot_latency()
        if "scaling" in self.rows:
            yield "superframe", ("set logscale x 2\nset logscale y\nset xlabel \"superframe, KiB\"\nset ylabel \"records per MiB\"\n"
                                 "set y2label \"instructions per byte\"\nset y2tics\nset ytics nomirror\nset y2range [0:*]\n"
                                 "$r << E\n%s\nE\n$i << E\n%s\nE\n"
                                 "plot $r with linespoints lw 2 title \"records\", $i with linespoints lw 2 axes x1y2 title \"instructions\""
                                 % (series(self.of("scaling", of="superframe"), "x", "frames_to_card_per_mib"),
                                    series(self.of("scaling", of="superframe-host"), "x", "instructions_per_byte")))

    def plot_goodput(self, speed):
        blocks, lines = [], []
        for way, offloads in dict.fromkeys((row["way"], row["offloads"]) for row in self.of("goodput", usb=speed)):
            name = f"$d{len(blocks)}"
            blocks.append(f"{name} << E\n{series(self.of('goodput', usb=speed, way=way, offloads=offloads), 'mss', 'usb_share_percent')}\nE")
            lines.append(f"{name} with linespoints lw 2 title \"{way}: {offloads}\"")
        return ("set xlabel \"MSS, bytes\"\nset ylabel \"goodput, per cent of what USB allows\"\nset yrange [*:100]\nset key right bottom\n"
                f"set title \"{WORDS[speed]}\"\n" + "\n".join(blocks) + "\nplot " + ", ".join(lines))

    def plot_latency(self):
        kinds = list(dict.fromkeys(row["message"] for row in self.rows["latency"]))
        data = "\n".join(" ".join([load] + [str(self.one("latency", "longest_us", usb="high", message=kind, load=load)) for kind in kinds])
                         for load in ("idle", "sending", "receiving", "both"))
        lines = ", ".join(f"$d using {i + 2}:xticlabels(1) title \"{kind}\"" for i, kind in enumerate(kinds))
        return ("set style data histograms\nset style fill solid 0.7\nset logscale y\nset ylabel \"longest round trip, us\"\n"
                f"set title \"{WORDS['high']}\"\nset key left top\n$d << E\n{data}\nE\nplot {lines}")
