#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Connects to a usbredir server again and again, each time with nonsense of another kind.

usbredir_nonsense.py SOCKET COUNT. Ends with 0 when the server answered each new client with its hello to the end.
The messages are built here from the protocol's text, not by the library that the server uses.
"""
import os
import random
import socket
import struct
import sys

SEED = 4
CAPS = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6  # device version, packet size, 64-bit ids, 32-bit bulk length
# Message types with the sizes of their headers, to the exporter.
SIZES = {3: 0, 6: 1, 7: 0, 9: 2, 10: 1, 12: 3, 13: 1, 15: 1, 16: 1, 18: 8, 19: 4, 21: 0, 22: 0, 24: 0, 25: 10, 26: 5,
         100: 10, 101: 10, 102: 4, 103: 4, 104: 10}


def message(kind, body, ident=1, length=None):
    return struct.pack("<IIQ", kind, len(body) if length is None else length, ident) + body


def short_message(kind, body):  # before both hellos, and with old peers, ids have 32 bits
    return struct.pack("<III", kind, len(body), 0) + body


def hello(caps=CAPS):
    return short_message(0, b"nonsense".ljust(64, b"\0") + struct.pack("<I", caps))


def noise(rng, most):
    return rng.randbytes(rng.randrange(most))


def any_message(rng):
    kind = rng.choice(list(SIZES))
    body = rng.randbytes(SIZES[kind])
    if kind >= 100 and rng.random() < 0.5:
        body += noise(rng, 300)
    return message(kind, body, rng.randrange(4))


def bulk(rng):
    length = rng.choice([0, 1, 511, 512, 16384, 0xFFFF])
    high = rng.choice([0, 0, 1, 0x00FF, 0x7FF, 0xFFFF])
    return message(101, struct.pack("<BBHIH", rng.choice([1, 0x81, 0x82, 0, 0x7F, 0xFF]), 0, length, 0, high),
                   rng.randrange(8))


def control(rng):
    kind, request = rng.choice([0, 1, 2, 0x80, 0x81, 0x82, 0xC0, 0x40]), rng.randrange(16)
    length = rng.choice([0, 1, 18, 64, 0xFFFF])
    data = b"" if kind & 0x80 else bytes(length)
    return message(100, struct.pack("<BBBBHHH", kind & 0x80, request, kind, 0, rng.randrange(4) << 8 | rng.randrange(4),
                                    rng.choice([0, 1, 0x81]), length) + data, rng.randrange(8))


def several(rng, make):
    return b"".join(make(rng) for _ in range(rng.randrange(1, 40)))


KINDS = [
    lambda rng: b"",
    lambda rng: noise(rng, 5000),
    lambda rng: hello(),
    lambda rng: hello()[:rng.randrange(80)],
    lambda rng: hello(rng.getrandbits(32)) + noise(rng, 2000),
    lambda rng: several(rng, any_message),  # no hello
    lambda rng: hello() + several(rng, any_message),
    lambda rng: hello() + several(rng, bulk),
    lambda rng: hello() + several(rng, control),
    lambda rng: hello() + message(6, b"\1") + several(rng, bulk) + several(rng, control) + several(rng, any_message),
    lambda rng: hello() + message(rng.choice(list(SIZES)), b"x" * 20, length=rng.choice([0x7FFFFFFF, 0xFFFFFFFF, 1 << 27])),
    lambda rng: hello() + hello() + message(0, noise(rng, 100)),
]


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(SEED)
    for i in range(count):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(path)
            greeting = client.recv(16, socket.MSG_WAITALL)
            if greeting[:4] != bytes(4):
                sys.exit(f"seed {SEED}, client {i}: no hello but {greeting.hex()}")
            try:
                client.sendall(KINDS[i % len(KINDS)](rng))
                if rng.random() < 0.3:
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has sent us away
    os.write(1, b"all were served\n")


main()
