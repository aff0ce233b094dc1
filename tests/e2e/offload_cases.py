# SPDX-License-Identifier: BSD-2-Clause
"""The cases of the offload tests, for tests/e2e/bridge_offload_test.sh. Each mode prints "ready" when it listens.

    offload_cases.py stream-sink ADDRESS PORT            takes one TCP stream; prints its SHA-256
    offload_cases.py stream ADDRESS PORT BYTES           sends one; prints its SHA-256 and how many segments were sent again
    offload_cases.py datagram-sink ADDRESS PORT          checks the cases of `datagrams`
    offload_cases.py datagrams ADDRESS PORT MTU          UDP_SEGMENT: each case is sent as one message, or has to be refused
    offload_cases.py inject INTERFACE MAC CASE:VERSION...    frames made by hand, from the other end of the wire; each case waits for a
                                                         line on standard input
    offload_cases.py capture INTERFACE CASE:VERSION...   prints "PROTOCOL BYTES" of each frame to port 8000, as the kernel gets it, and
                                                         "next" and its name before each case
    offload_cases.py runs FILE CASE:VERSION...           whether a capture has the bytes of each case, cut where it has to be: a line a
                                                         case, "CASE:VERSION good: " or "CASE:VERSION bad: " and why
    offload_cases.py send-tagged INTERFACE MAC VERSION   the case "tagged" from the host, for Linux and the card to cut, and its end
    offload_cases.py send-zero-sum ADDRESS VERSION       a datagram whose sum comes to 0, by way of the kernel"""
import hashlib
import random
import socket
import struct
import sys

UDP_SEGMENT = 103
VLAN = 7
TAGGED = 20000  # bytes of a superframe, in segments of TAGGED_SEGMENT
TAGGED_SEGMENT = 1400
ADDRESSES = {4: ("10.77.0.1", "10.77.0.2"), 6: ("fd77::1", "fd77::2")}
PORT = 8000
HOP_BY_HOP, FRAGMENT, DESTINATION = 0, 44, 60  # IPv6 extension headers
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---- Streams ----

def stream_sink(address, port):
    with socket.create_server((address, int(port)), family=family(address)) as server:
        print("ready", flush=True)
        sock, _ = server.accept()
        digest = hashlib.sha256()
        while data := sock.recv(65536):
            digest.update(data)
        print(digest.hexdigest())


def stream(address, port, length):
    data = random.Random(1).randbytes(int(length))
    with socket.create_connection((address, int(port))) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        sock.recv(1)
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        print(hashlib.sha256(data).hexdigest(), struct.unpack_from("I", info, 100)[0])


# ---- UDP_SEGMENT ----

def most_segments():
    """How many segments of a message this kernel takes: 64, or 128 since Linux 6.2."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1)
        for count in range(64, 1024):
            try:
                sock.sendto(b"s" * (count + 1), ("127.0.0.1", 9))
            except OSError:
                return count
    raise SystemExit("this kernel sends messages of more than 1,000 segments")


def datagram_cases(mtu, version):
    """(bytes of the message, segment size or 0, whether the kernel refuses it)"""
    limit = most_segments()
    mss, most = (mtu - 28, 65535 - 28) if version == 4 else (mtu - 48, 65535 - 48)
    return [(1, 0, False), (mss, 0, False), (mss + 1, 0, True), (mss, mss, False), (mss + 1, mss, False), (2 * mss, mss, False),
            (2 * mss + 1, mss, False), (most // mss * mss, mss, False), (1, 1, False), (2, 1, False), (5, 2, False), (limit, 1, False),
            (limit + 1, 1, True), (limit * 3 - 1, 3, False), (limit * 3 + 1, 3, True),
            (most + 100, mss, True), (mss * 2, mss + 1, True)]


def datagrams(address, port, mtu):
    version = 6 if ":" in address else 4
    for number, (length, segment, refused) in enumerate(datagram_cases(int(mtu), version)):
        with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
            if version == 4:
                sock.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO: no fragments
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, 23, 2)
            sock.settimeout(60)
            sock.connect((address, int(port)))
            data = random.Random(number).randbytes(length)
            parts = [data[at:at + segment] for at in range(0, length, segment)] if segment else [data]
            if segment:
                sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
            try:
                sock.send(data)
                sent = True
            except OSError:
                sent = False
            if sent == refused:
                sys.exit(f"case {number}: {length} bytes in segments of {segment}: {'taken' if sent else 'refused'}")
            if sent:
                sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
                digest = hashlib.sha256(b"".join(struct.pack("!I", len(part)) + part for part in parts)).digest()
                sock.send(b"end " + struct.pack("!I", len(parts)) + digest)
                if sock.recv(100) != b"good":
                    sys.exit(f"case {number}: {length} bytes in segments of {segment} came as something else")
    print("all cases")


def datagram_sink(address, port):
    with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((address, int(port)))
        print("ready", flush=True)
        digest, count = hashlib.sha256(), 0
        while True:
            data, sender = sock.recvfrom(65536)
            if data[:4] == b"end " and len(data) == 40:
                good = struct.unpack("!I", data[4:8])[0] == count and data[8:] == digest.digest()
                sock.sendto(b"good" if good else b"bad", sender)
                digest, count = hashlib.sha256(), 0
            else:
                digest.update(struct.pack("!I", len(data)) + data)
                count += 1


# ---- Frames made by hand ----

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def packet(version, protocol, segment, at, tos=0, ttl=64, identification=0, fragment=0x4000, options=b"", spoil=0, plain=False,
           extension=b"", from_host=False):
    """An IP packet with a TCP or UDP segment whose checksum stands at `at`, plus `spoil`; plain: no checksum (UDP over IPv4).
    `extension`: an IPv6 extension header, the number that announces it in the place of its own announcement."""
    addresses = reversed(ADDRESSES[version]) if from_host else ADDRESSES[version]
    source, destination = (socket.inet_pton(socket.AF_INET if version == 4 else socket.AF_INET6, a) for a in addresses)
    pseudo = source + destination + struct.pack("!II", len(segment), protocol)
    total = 0 if plain else (checksum(pseudo + segment) or 0xFFFF) + spoil & 0xFFFF
    segment = segment[:at] + struct.pack("!H", total) + segment[at + 2:]
    if version == 6:
        if extension:
            segment, protocol = bytes([protocol]) + extension[1:] + segment, extension[0]
        return struct.pack("!IHBB", 6 << 28 | tos << 20, len(segment), protocol, ttl) + source + destination + segment
    header = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(segment), identification, fragment, ttl,
                         protocol, 0) + source + destination + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment


def tcp(version, sequence, payload, flags=ACK, acknowledge=100, options=b"", **ip):
    header = struct.pack("!HHIIBBHHH", 1500, PORT, sequence & 0xFFFFFFFF, acknowledge, 5 + len(options) // 4 << 4, flags, 65535, 0, 0)
    return packet(version, 6, header + options + payload, 16, **ip)


def udp(version, payload, **ip):
    return packet(version, 17, struct.pack("!HHHH", 1500, PORT, 8 + len(payload), 0) + payload, 6, **ip)


def fragments(version, whole, first):
    """A packet in two fragments, the first with so many bytes of what is behind the header."""
    header, body = (whole[:20], whole[20:]) if version == 4 else (whole[:40], whole[40:])
    for at, part, more in ((0, body[:first], 1), (first, body[first:], 0)):
        if version == 4:
            start = header[:2] + struct.pack("!HHH", 20 + len(part), 77, more << 13 | at // 8) + header[8:10] + b"\0\0" + header[12:]
            yield start[:10] + struct.pack("!H", checksum(start)) + start[12:] + part
        else:
            extension = struct.pack("!BBHI", header[6], 0, at | more, 77)
            yield header[:4] + struct.pack("!HB", 8 + len(part), FRAGMENT) + header[7:] + extension + part


def zero_sum(version):
    """A datagram whose sum comes to 0: it has to be sent as FFFF (RFC 768)."""
    for value in range(65536):
        frame = udp(version, struct.pack("!H", value) + b"zero")
        at = (20 if version == 4 else 40) + 6
        if frame[at:at + 2] == b"\xff\xff":
            return frame
    raise AssertionError


def timestamps(value):
    return b"\x01\x01\x08\x0a" + struct.pack("!II", value, 0)


def frames(case, version):
    """The packets of a case, in the order in which they come."""
    hundred = b"a" * 100

    def data(sequence, payload=hundred, number=0, **more):
        return tcp(version, sequence, payload, identification=number, **more)

    if case in ("data", "single"):
        return [data(100 + 100 * i, number=i) for i in range(4 if case == "data" else 1)]
    if case == "data_small_last":
        return [data(100, number=0), data(200, b"b" * 50, number=1)]
    if case == "data_large_last":
        return [data(100, b"b" * 50, number=0), data(150, number=1)]
    if case == "ack":
        return [data(100, b"", number=i, acknowledge=100 + i // 2) for i in range(3)]
    if case.startswith("flags_"):
        flag = {"psh": PSH, "syn": SYN, "rst": RST, "urg": URG, "cwr": CWR, "fin": FIN}[case[6:]]
        return [data(100 + 100 * i, number=i, flags=ACK | (flag if i == 2 else 0)) for i in range(5)]
    if case == "tcp_sum":
        return [data(100, number=0), data(200, number=1, spoil=1), data(200, number=2), data(300, number=3)]
    if case == "tcp_seq":
        return [data(100, number=0), data(300, number=1)]
    if case == "tcp_options":
        return [data(100, number=0, options=timestamps(1)), data(200, number=1, options=timestamps(1)), data(300, number=2, options=timestamps(2))]
    if case == "ip_ecn":
        return [data(100, number=0), data(200, number=1, tos=3)]
    if case == "ip_tos":
        return [data(100, number=0), data(200, number=1, tos=8)]
    if case == "ip_ttl":
        return [data(100, number=0), data(200, number=1, ttl=63)]
    if case == "ip_options":
        header = struct.pack("!HHIIBBHHH", 1500, PORT, 200, 100, 5 << 4, ACK, 65535, 0, 0)
        return [data(100), packet(4, 6, header + hundred, 16, identification=1, options=b"\x01\x01\x01\x00"), data(300, number=2)]
    if case == "ip_fragments":
        return [data(100), *fragments(version, tcp(version, 200, b"f" * 200), 120), data(400, number=2)]
    if case.startswith("extension_"):  # six bytes: a PadN option, or one to be passed over
        kind = DESTINATION if case == "extension_destination" else HOP_BY_HOP
        words = [b"\x01\x04" + 4 * b"\0", b"\x1e\x04abcd" if case == "extension_differs" else b"\x01\x04" + 4 * b"\0"]
        return [data(100 + 100 * i, extension=bytes([kind, 0]) + words[i]) for i in range(2)]
    if case == "extension":  # between frames without
        padding = bytes([HOP_BY_HOP, 0]) + b"\x01\x04" + 4 * b"\0"
        return [data(100), data(200, extension=padding), data(300)]
    if case == "vlan":
        return [data(100 + 1400 * i, bytes([i]) * 1400, number=i) for i in range(4)]
    if case == "tagged":
        return [data(100, random.Random(version).randbytes(TAGGED), from_host=True)]
    if case == "large":
        return [data(100 + 1400 * i, bytes([i]) * 1400, number=i) for i in range(60)]
    if case == "udp":
        return [udp(version, bytes([i]) * 200, identification=i) for i in range(3)]
    if case == "udp_bad":
        return [udp(version, b"bad" * 20, spoil=1), udp(version, b"good" * 20)]
    if case == "udp_zero":
        return [zero_sum(version)]
    if case == "udp_no_sum":
        return [udp(version, b"none" * 20, plain=True)]
    raise SystemExit(f"there is no case {case}")


def inject(interface, mac, *cases):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        source = sock.getsockname()[4][:6]
        for case, version in (each.split(":") for each in cases):
            header = bytes.fromhex(mac.replace(":", "")) + source
            kind = struct.pack("!H", 0x0800 if version == "4" else 0x86DD)
            tag = struct.pack("!HH", 0x8100, VLAN) if case == "vlan" else b""
            sys.stdin.readline()
            for each in frames(case, int(version)):
                sock.send(header + tag + kind + each)
            sock.send(header + kind + udp(int(version), b"end of the case"))


def send_tagged(interface, mac, version):
    """A superframe with a VLAN tag as a kernel with VLANs sends it: virtio_net_hdr says that it is to be cut and summed."""
    version = int(version)
    whole, ip = bytearray(frames("tagged", version)[0]), 20 if version == 4 else 40
    pseudo = whole[12:20] if version == 4 else whole[8:40]
    struct.pack_into("!H", whole, ip + 16, 0xFFFF - checksum(bytes(pseudo) + struct.pack("!II", len(whole) - ip, 6)))
    header = 18 + ip + 20
    vnet = struct.pack("=BBHHHH", 1, 1 if version == 4 else 4, header, TAGGED_SEGMENT, 18 + ip, 16)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.setsockopt(263, 15, 1)  # SOL_PACKET, PACKET_VNET_HDR
        sock.bind((interface, 0))
        addresses = bytes.fromhex(mac.replace(":", "")) + sock.getsockname()[4][:6]
        kind = struct.pack("!H", 0x0800 if version == 4 else 0x86DD)
        sys.stdin.readline()
        sock.send(vnet + addresses + struct.pack("!HH", 0x8100, VLAN) + kind + whole)
        sock.send(bytes(10) + addresses + kind + udp(version, b"end of the case", from_host=True))


# ---- What the kernel gets ----

def payload_of(frame):
    """(protocol, destination port, length of the payload, flags, whole payload) of a TCP or UDP frame, or None. A fragment that is not the
    first counts as one of a frame to PORT."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    offset = 0
    if kind == 0x0800:
        at, end, protocol = 14 + (frame[14] & 15) * 4, 14 + struct.unpack_from("!H", frame, 16)[0], frame[23]
        offset = struct.unpack_from("!H", frame, 20)[0] & 0x1FFF
    elif kind == 0x86DD:
        at, end, protocol = 54, 54 + struct.unpack_from("!H", frame, 18)[0], frame[20]
        while protocol in (HOP_BY_HOP, FRAGMENT, DESTINATION):
            offset = struct.unpack_from("!H", frame, at + 2)[0] >> 3 if protocol == FRAGMENT else 0
            protocol, at = frame[at], at + 8 * (1 if protocol == FRAGMENT else 1 + frame[at + 1])
    else:
        return None
    if protocol not in (6, 17):
        return None
    if offset:
        return protocol, PORT, end - at, 0, frame[at:end]
    port = struct.unpack_from("!H", frame, at + 2)[0]
    start = at + (frame[at + 12] >> 4) * 4 if protocol == 6 else at + 8
    return protocol, port, end - start, frame[at + 13] if protocol == 6 else 0, frame[start:end]


def capture(interface, *cases):
    cases = list(cases)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.bind((interface, 3))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        print("next", cases.pop(0), flush=True)
        while True:
            frame, where = sock.recvfrom(70000)
            found = payload_of(frame) if where[2] != socket.PACKET_OUTGOING else None
            if not found or found[1] != PORT:
                continue
            if found[4] == b"end of the case":
                if not cases:
                    return
                print("next", cases.pop(0), flush=True)
                continue
            print("tcp" if found[0] == 6 else "udp", found[4].hex(), flush=True)


# After how many bytes of a case's payload a frame must end: what stands on both sides may not be one frame.
CUTS = {"data_large_last": [50], "flags_psh": [300], "flags_fin": [300], "flags_syn": [200, 300], "flags_rst": [200, 300],
        "flags_urg": [200, 300], "flags_cwr": [200, 300], "tcp_sum": [100, 200], "tcp_seq": [100], "tcp_options": [200],
        "ip_ecn": [100], "ip_tos": [100], "ip_ttl": [100], "ip_options": [100, 200], "ip_fragments": [100, 200, 300],
        "extension": [100, 200], "extension_differs": [100], "udp": [200, 400], "udp_bad": [60]}


def judge(which, got):
    """What is wrong with the payloads that a case came as, or None."""
    case, version = which.split(":")
    headers = 12 * b"\0" + (b"\x08\0" if version == "4" else b"\x86\xdd")
    sent = [payload_of(headers + each)[4] for each in frames(case, int(version))]
    ends = {sum(len(each) for each in got[:count + 1]) for count in range(len(got))}
    if b"".join(got) != b"".join(sent):
        return "those are other bytes"
    if not set(CUTS.get(case, [])) <= ends:
        return f"a frame has to end after each of {CUTS[case]} bytes"
    if case == "ack" and len(got) != len(sent):
        return "acknowledgements are not to be put together"
    if case == "large" and (max(len(each) for each in got) <= 1400 or max(len(each) for each in got) > 65535 - 60):
        return "segments are to be put together, up to what an IP packet can have"
    if case == "tagged" and [len(each) for each in got] != (TAGGED // TAGGED_SEGMENT) * [TAGGED_SEGMENT] + [TAGGED % TAGGED_SEGMENT]:
        return f"it has to be cut into segments of {TAGGED_SEGMENT} bytes"
    return None


def runs(name, *cases):
    got, inside = {}, None
    with open(name) as file:
        for words in map(str.split, file):
            if words[0] == "next":
                inside = got.setdefault(words[1], [])
            else:
                inside.append(bytes.fromhex((words + [""])[1]))
    wrong = 0
    for which in cases:
        why = judge(which, got[which]) if which in got else "it never came"
        print(which, "bad:" if why else "good:", why or "", "the kernel got", [len(each) for each in got.get(which, [])])
        wrong += why is not None
    sys.exit(wrong > 0)


def send_zero_sum(address, version):
    with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
        sock.bind((ADDRESSES[int(version)][1], 1500))
        sock.sendto(zero_sum(int(version))[28 if version == "4" else 48:], (address, PORT))


MODES = {"stream-sink": stream_sink, "stream": stream, "datagram-sink": datagram_sink, "datagrams": datagrams, "inject": inject,
         "capture": capture, "runs": runs, "send-tagged": send_tagged, "send-zero-sum": send_zero_sum}
if __name__ == "__main__":
    MODES[sys.argv[1]](*sys.argv[2:])
