# SPDX-License-Identifier: BSD-2-Clause
"""Mixed traffic between two kernels, every byte of it checked.

    traffic.py serve ADDRESS...             TCP and UDP servers; prints "serving"
    traffic.py run SEED ADDRESS...          prints "running"; transfers with those servers until SIGTERM, then what was moved

TCP streams of random length go up (the server answers with their SHA-256) and down (it says it first), some of many small writes;
datagrams of random size are echoed, others are sent as one message that the card cuts (UDP_SEGMENT). A datagram may be lost, but may not
come back wrong. Exit code 1: something was wrong, nothing moved for STALL seconds of the wall's clock, or one of these kinds never moved
a byte with one of the addresses."""
import hashlib
import random
import signal
import socket
import socketserver
import struct
import sys
import threading

PORT = 7700
STALL = 300
TRIES = 12  # after the end, of what has not moved a byte yet
UDP_SEGMENT = 103
UP, DOWN = 1, 2
stop = threading.Event()


def receive_exactly(sock, length):
    parts = []
    while length:
        part = sock.recv(min(length, 65536))
        if not part:
            raise ConnectionError(f"ended {length} bytes early")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        what, length, seed = struct.unpack("!BIQ", receive_exactly(self.request, 13))
        if what == UP:
            self.request.sendall(hashlib.sha256(receive_exactly(self.request, length)).digest())
        else:
            data = random.Random(seed).randbytes(length)
            self.request.sendall(hashlib.sha256(data).digest() + data)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(data, self.client_address)


class StreamServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(addresses):
    for address in addresses:
        for base, handler in ((StreamServer, Stream), (socketserver.UDPServer, Datagram)):
            server = type("Server", (base,), {"address_family": family(address)})((address, PORT), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
    print("serving", flush=True)
    stop.wait()


def stream(address, rng):
    what, length, seed = rng.choice((UP, DOWN)), rng.choice((1, 1448, 20000, rng.randrange(1, 400000))), rng.randrange(1 << 60)
    with socket.create_connection((address, PORT), timeout=STALL) as sock:
        sock.sendall(struct.pack("!BIQ", what, length, seed))
        if what == UP:
            data = rng.randbytes(length)
            step = rng.choice((length, 700, 4000)) if length < 30000 else length
            for at in range(0, length, step):
                sock.sendall(data[at:at + step])
            digest = receive_exactly(sock, 32)
        else:
            digest = receive_exactly(sock, 32)
            data = receive_exactly(sock, length)
    if digest != hashlib.sha256(data).digest():
        raise ValueError(f"{length} bytes {'to' if what == UP else 'from'} {address} are not those that were sent")
    return length


def datagram(address, rng):
    return echoed(address, rng, 1)


def segmented(address, rng):
    return echoed(address, rng, rng.choice((5, 20)))


def echoed(address, rng, count):
    size = rng.randrange(4, 1400)
    sent = [struct.pack("!I", i) + rng.randbytes(size - 4) for i in range(count)]
    moved = 0
    with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect((address, PORT))
        if count > 1:
            sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
        sock.send(b"".join(sent))
        try:
            for _ in range(count):
                if sock.recv(2000) not in sent:
                    raise ValueError(f"a datagram from {address} is none of those that were sent")
                moved += size
        except TimeoutError:
            pass
    return moved


def work(kind, address, seed, totals, errors):
    rng, moved, tries = random.Random(seed), 0, TRIES
    try:
        while not stop.is_set() or (not moved and tries > 0):
            tries -= stop.is_set()
            totals.append(kind(address, rng))
            moved += totals[-1]
        if not moved:
            raise ValueError(f"nothing came back, after the end neither in {TRIES} tries")
    except (OSError, ValueError) as error:
        errors.append(f"{kind.__name__} with {address}: {error!r}")
        stop.set()


def run(seed, addresses):
    totals, errors = [], []
    jobs = [(kind, address, f"{seed} {number} {address}") for address in addresses
            for kind, numbers in ((stream, 2), (datagram, 1), (segmented, 1)) for number in range(numbers)]
    threads = [threading.Thread(target=work, args=(*job, totals, errors)) for job in jobs]
    for thread in threads:
        thread.start()
    print("running", flush=True)
    stop.wait()
    for thread in threads:
        thread.join()
    for error in errors:
        print(error, file=sys.stderr)
    print(f"{len(totals)} transfers, {sum(totals)} bytes")
    return 1 if errors or not sum(totals) else 0


signal.signal(signal.SIGTERM, lambda *_: stop.set())
sys.exit(serve(sys.argv[2:]) if sys.argv[1] == "serve" else run(sys.argv[2], sys.argv[3:]))
