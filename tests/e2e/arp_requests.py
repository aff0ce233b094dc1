#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks for an address by ARP: arp_requests.py INTERFACE ADDRESS COUNT PAUSE. Ends with 0 if each request got its reply."""
import socket
import struct
import sys
import time

interface, address, count, pause = sys.argv[1], socket.inet_aton(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind((interface, 0x0806))
wire.settimeout(20)
mac = wire.getsockname()[4]
request = b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
request += mac + socket.inet_aton("10.77.0.200") + b"\0" * 6 + address
for i in range(count):
    time.sleep(pause)  # the card falls idle: this is what is tested
    wire.send(request.ljust(60, b"\0"))
    while True:
        try:
            frame = wire.recv(2000)
        except socket.timeout:
            sys.exit(f"request {i + 1} got no reply")
        if frame[20:22] == b"\0\2" and frame[28:32] == address and frame[:6] == mac:
            break
print(f"{count} replies")
