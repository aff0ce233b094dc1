#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A usbredir client that wants nothing of the card for a while, as a host that has suspended its port.

usbredir_sleeper.py SOCKET: reads commands, a line each, and answers each with a line:
    configure N   SET_CONFIGURATION             allow    SET_FEATURE(DEVICE_REMOTE_WAKEUP)
    listen        the card takes every frame    status   GET_STATUS: two bytes in hexadecimal
"""
import socket
import struct
import sys

CAPS = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6
SET_CONFIGURATION, CONFIGURATION_STATUS, CONTROL = 6, 8, 100
WRITE_TABLE, RX_CONTROL, IN_USE, EVERYTHING = int(sys.argv[2]), int(sys.argv[3]), 1 << 63, int(sys.argv[4])

link = socket.socket(socket.AF_UNIX)
link.settimeout(60)
link.connect(sys.argv[1])


def take(length):
    data = b""
    while len(data) < length:
        more = link.recv(length - len(data))
        if not more:
            sys.exit("weir-sim has hung up")
        data += more
    return data


def ask(kind, body, answer):
    """Sends a message and returns the body of the first of type `answer`."""
    link.sendall(struct.pack("<IIQ", kind, len(body), 1) + body)
    return await_message(answer)


def await_message(kind):
    while True:
        found, length, _ = struct.unpack("<IIQ", take(16))
        body = take(length)
        if found == kind:
            return body


def control(request_type, request, value, index, length, data=b""):
    body = struct.pack("<BBBBHHH", request_type & 0x80, request, request_type, 0, value, index, length) + data
    answer = ask(CONTROL, body, CONTROL)
    if answer[3] != 0:
        sys.exit(f"the card answers request {request} with status {answer[3]}")
    return answer[10:]


def main():
    _, length, _ = struct.unpack("<III", take(12))
    take(length)
    link.sendall(struct.pack("<III", 0, 68, 0) + b"sleeper".ljust(64, b"\0") + struct.pack("<I", CAPS))
    await_message(1)
    print("there", flush=True)
    for line in sys.stdin:
        word, *more = line.split()
        said = "done"
        if word == "configure":
            answer = ask(SET_CONFIGURATION, bytes([int(more[0])]), CONFIGURATION_STATUS)
            said = "done" if answer[0] == 0 else f"status {answer[0]}"
        elif word == "allow":
            control(0, 3, 1, 0, 0)
        elif word == "listen":
            control(0x40, WRITE_TABLE, 0, RX_CONTROL << 8, 8, struct.pack("<Q", IN_USE | EVERYTHING))
        elif word == "status":
            said = control(0x80, 0, 0, 0, 2).hex()
        print(said, flush=True)


main()
