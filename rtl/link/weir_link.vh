// SPDX-License-Identifier: BSD-2-Clause
//
// The link between host and card: every number that both sides must agree on, written down once.
//
// The C side's copy (build/gen/weir_link.h) is generated from this file by the Makefile, so keep each line in the form
//     `define WEIR_NAME value        with value decimal or 'h hexadecimal, without a size
// All multi-byte fields on the link are little endian.

`ifndef WEIR_LINK_VH
`define WEIR_LINK_VH

// ---- USB identity ----
`define WEIR_USB_VID 'h1209
`define WEIR_USB_PID 'h0001
`define WEIR_INTERFACE_CLASS 'hFF
`define WEIR_INTERFACE_SUBCLASS 'h57
// Major version of the link; it is bInterfaceProtocol. The minor version is in the capabilities.
`define WEIR_VERSION_MAJOR 1
`define WEIR_VERSION_MINOR 1
`define WEIR_EP_OUT 'h01
`define WEIR_EP_IN 'h81
`define WEIR_EP_NOTIFY 'h82

// ---- Records inside bulk transfers: a 12-byte header, `length` bytes of frame, zero to three bytes of padding to a
//      multiple of 4. Offsets in bytes from the record's start. A record never spans two transfers.
`define WEIR_RECORD_HEADER 12
`define WEIR_RECORD_MAGIC 'hE1
`define WEIR_REC_MAGIC 0
`define WEIR_REC_FLAGS 1
`define WEIR_REC_CSUM_START 2
`define WEIR_REC_CSUM_OFFSET 4
`define WEIR_REC_GSO_SIZE 6
`define WEIR_REC_HDR_LEN 8
// 24 bits: length in bits 0..17, bits 18 and 19 zero; bits 20..23 host to card gso_type, card to host the flow.
`define WEIR_REC_LENGTH 9
`define WEIR_LENGTH_BITS 18
`define WEIR_GSO_TYPE_SHIFT 20

// Host to card: csum_start counts from the frame's start, csum_offset from csum_start. With NEEDS_CSUM the checksum of all from
// csum_start on goes there; the field brings what else it covers: the pseudo-header's sum, but that of a superframe (gso_type
// other than NONE, which needs NEEDS_CSUM) without the length, which differs from segment to segment. hdr_len is the length of
// all headers of a superframe, Ethernet's to TCP's or UDP's, exactly; gso_size the payload of each segment but the last. Without
// NEEDS_CSUM the first two are not looked at, without gso_type the last two.
// flags, host to card. NEEDS_CSUM and DATA_VALID have virtio_net_hdr's values.
`define WEIR_F_NEEDS_CSUM 'h01
// superframes of IPv4: every segment keeps the identification that the header has (with DF, RFC 6864); else one more each.
`define WEIR_F_IP_ID_FIXED 'h08
// flags, card to host: checksums verified and right; verified and wrong. Neither: not checked.
`define WEIR_F_DATA_VALID 'h02
`define WEIR_F_CSUM_BAD 'h04
// card to host: an ARP frame whose sender claims one of the card's ARP addresses.
`define WEIR_F_CONFLICT 'h20
// card to host, with WEIR_REG_RX_MODE's COALESCE: the two short forms of a record, see below.
`define WEIR_F_CONTINUES 'h08
`define WEIR_F_PURE_ACK 'h10
// card to host, with WEIR_REG_RX_MODE's TIMESTAMP: 8 bytes stand between header and frame, not counted in `length`: the
// device time in ns at which the frame's first byte arrived. A frame that came while the USB clock stood still has none.
`define WEIR_F_TIMESTAMP 'h40
`define WEIR_TIMESTAMP_SIZE 8
// both: a record of padding; its `length` bytes are skipped. All other fields are zero.
`define WEIR_F_PAD 'h80

// Receive coalescing: flows 1 to WEIR_FLOWS, four at a time; 0 is none. A record with a flow and neither CONTINUES nor PURE_ACK is a whole
// TCP frame, and from there to the end of its transfer the flow's head. A later record of that flow in the same transfer may
// leave out what the host knows:
//   CONTINUES: the frame's bytes are the segment's payload alone. Its header is the head's but for the sequence number (what
//     follows on the flow's last segment), the lengths, the checksums, and:
`define WEIR_FLOWS 5
`define WEIR_FLOW_SHIFT 20
//     u8: TCP's flags byte; u16: IPv4 identification (0 in IPv6)
`define WEIR_REC_TCP_FLAGS 2
`define WEIR_REC_IP_ID 4
//   PURE_ACK: no bytes at all. The frame is the head, itself an acknowledgement without payload, but for the checksums, and:
//     u16 each: the lower half of TCP's acknowledgement number, window; u8 each: the lowest byte of the IPv4 identification, of
//     TSval, of TSecr (0 where the frame has none)
`define WEIR_REC_ACK_LOW 2
`define WEIR_REC_WINDOW 4
`define WEIR_REC_IP_ID_LOW 6
`define WEIR_REC_TSVAL_LOW 7
`define WEIR_REC_TSECR_LOW 8

// gso_type: virtio_net_hdr's values; bit 3 stands for VIRTIO_NET_HDR_GSO_ECN (0x80).
`define WEIR_GSO_NONE 0
`define WEIR_GSO_TCPV4 1
`define WEIR_GSO_TCPV6 4
`define WEIR_GSO_UDP_L4 5
`define WEIR_GSO_ECN 8

// An IN transfer is at most this long, in bytes; the host's IN buffers are at least this long.
`define WEIR_IN_TRANSFER_MAX 16384

// ---- Vendor requests on endpoint 0: bmRequestType C0h (read) or 40h (write), recipient device ----
// GET_CAPS: reads the capability block below.
`define WEIR_REQ_GET_CAPS 1
// READ_REG, WRITE_REG: wIndex names the register, 4 bytes.
`define WEIR_REQ_READ_REG 2
`define WEIR_REQ_WRITE_REG 3
// WRITE_TABLE: wIndex = table * 256 + entry, 8 bytes; one entry changes atomically.
`define WEIR_REQ_WRITE_TABLE 4
// GET_COUNTERS: reads WEIR_COUNTERS 32-bit counters, all taken at one moment.
`define WEIR_REQ_GET_COUNTERS 5
// Microsoft OS 2.0 descriptor set (wIndex 7), answered by the USB core: its bMS_VendorCode.
`define WEIR_REQ_MS_OS_20 'h20

// Capability block, byte offsets.
`define WEIR_CAPS_SIZE 32
`define WEIR_CAPS_MAJOR 0
`define WEIR_CAPS_MINOR 1
// u16: counters in GET_COUNTERS
`define WEIR_CAPS_COUNTERS 2
// u32: WEIR_CAP_ bits
`define WEIR_CAPS_FEATURES 4
// u32: longest superframe the card takes, in bytes
`define WEIR_CAPS_MAX_SUPERFRAME 8
// u16: longest frame on the wire without FCS, in bytes
`define WEIR_CAPS_MAX_FRAME 12
// u8 each: entries of the address table and of the ARP table
`define WEIR_CAPS_MAC_ENTRIES 14
`define WEIR_CAPS_ARP_ENTRIES 15
// 6 bytes: the card's own address, in network order
`define WEIR_CAPS_MAC 16
// u32 each: bytes of transmit and receive frame memory
`define WEIR_CAPS_TX_MEMORY 24
`define WEIR_CAPS_RX_MEMORY 28

`define WEIR_CAP_TX_CSUM 'h0001
`define WEIR_CAP_RX_CSUM 'h0002
`define WEIR_CAP_TSO4 'h0004
`define WEIR_CAP_TSO6 'h0008
`define WEIR_CAP_USO 'h0010
`define WEIR_CAP_ARP 'h0020
// Frames longer than 1,518 bytes; WEIR_CAPS_MAX_FRAME says how long.
`define WEIR_CAP_JUMBO 'h0040
// Configuration 2, CDC-NCM, is there.
`define WEIR_CAP_NCM 'h0080
// The bits of WEIR_REG_RX_MODE that the card knows; WEIR_F_IP_ID_FIXED.
`define WEIR_CAP_COALESCE 'h0100
`define WEIR_CAP_TIMESTAMP 'h0200
`define WEIR_CAP_IP_ID_FIXED 'h0400
// WEIR_REG_LOOPBACK is there.
`define WEIR_CAP_LOOPBACK 'h0800
// WEIR_REG_MDIO is there.
`define WEIR_CAP_MDIO 'h1000

// Registers (wIndex of READ_REG and WRITE_REG), 32 bits each.
// RO: 'WEIR' in ASCII, 5Ah-style presence check: 52494557h
`define WEIR_REG_ID 0
// RO: bit 0 link up, bits 2..1 speed (0 = 10, 1 = 100, 2 = 1000 Mb/s), bit 3 full duplex
`define WEIR_REG_LINK 1
// RW: an IN transfer ends at the first record boundary this many microseconds after it began. Reset: 100.
`define WEIR_REG_IN_TIMEOUT 2
`define WEIR_IN_TIMEOUT_RESET 100
// RW: 32 bits the card does not use; a place to test reading and writing
`define WEIR_REG_SCRATCH 3
// RW: how frames go up; WEIR_RX_MODE_ bits. Reset: 0, also by a USB bus reset and SET_CONFIGURATION.
`define WEIR_REG_RX_MODE 4
`define WEIR_RX_MODE_COALESCE 'h1
`define WEIR_RX_MODE_TIMESTAMP 'h2
// RW: with COALESCE, while bulk OUT is busy, an IN transfer of nothing but pure acknowledgements waits this many microseconds for
// more to share it: each IN packet takes the bus from an OUT packet. 0: it does not wait; 65,535 at most. There with COALESCE.
`define WEIR_REG_ACK_HOLD 5
`define WEIR_ACK_HOLD_RESET 1200
// RO: device time in ns, lower half; reading it keeps the upper half for WEIR_REG_TIME_HIGH.
`define WEIR_REG_TIME 6
`define WEIR_REG_TIME_HIGH 7
// RO: what the USB PHY says it is: bits 15..0 vendor ID, 31..16 product ID (ULPI 1.1 section 4.2.1); 0 in a card without one
`define WEIR_REG_PHY 8
// RW: what is sent comes back; WEIR_LOOPBACK_ bits. Reset: 0, also by a USB bus reset and SET_CONFIGURATION. MAC: within the card, before
// the PHY's pins, and nothing goes out or comes in by them. The link's state does not matter then.
`define WEIR_REG_LOOPBACK 9
`define WEIR_LOOPBACK_MAC 'h1
// RW: a register of the Ethernet PHY (IEEE 802.3 clause 22.2.4), that which WEIR_REG_LINK is of. Writing it begins one access: bits 15..0
// data, 20..16 the PHY's register, WRITE; it is refused while BUSY. Read, BUSY says that the access is still under way; behind it,
// ANSWERED that a PHY is there, and bits 15..0 are what was read. With register 0's loopback (its bit 14), WEIR_REG_LINK tells
// a link, and with negotiation off (bit 12) the speed and duplex that register 0 has. After a write, a bus reset and
// SET_CONFIGURATION have the card set the PHY up anew.
`define WEIR_REG_MDIO 10
`define WEIR_MDIO_REGISTER_SHIFT 16
`define WEIR_MDIO_WRITE 'h200000
`define WEIR_MDIO_ANSWERED 'h10000
`define WEIR_MDIO_BUSY 'h20000

// Tables (upper byte of WRITE_TABLE's wIndex); an entry is 64 bits, bit 63 says that it is in use.
// Receive control, one entry of WEIR_RX_ bits. Reset: all zero.
`define WEIR_TABLE_RX_CONTROL 0
`define WEIR_RX_ENABLE 'h01
`define WEIR_RX_PROMISCUOUS 'h02
`define WEIR_RX_ALL_MULTICAST 'h04
// Frames with a wrong checksum are dropped and counted; otherwise they go up marked CSUM_BAD.
`define WEIR_RX_DROP_BAD_CSUM 'h08
// The card answers ARP requests for the addresses of the ARP table, and keeps requests for others from the host.
`define WEIR_RX_ARP_REPLY 'h10
// Address table: bits 47..0, first byte on the wire in bits 47..40. Entry 0 is the station's own address (it starts as
// the card's own); the others are further unicast or multicast addresses, compared exactly. Broadcast always passes.
`define WEIR_TABLE_MAC 1
// ARP table: IPv4 address in bits 31..0, first byte on the wire in bits 31..24.
`define WEIR_TABLE_ARP 2
// ARP rate limit, one entry: bits 15..0 time for one more reply in units of 1,024 byte times (8.192 us at 1000 Mb/s,
// 81.92 at 100, 819.2 at 10), 0 = no limit; up to 16 replies may be saved up. Reset: 12 (about 10,000 a
// second at 1000 Mb/s).
`define WEIR_TABLE_ARP_RATE 3
`define WEIR_ARP_RATE_RESET 12
`define WEIR_ARP_BURST 16
// Not for the host: the card's own way to put the address table back to what it is after reset.
`define WEIR_TABLE_MAC_RESET 4

// ---- Counters (index into GET_COUNTERS' answer), 32 bits, they wrap. Banks of 16, each of one clock. ----
`define WEIR_COUNTERS 64
`define WEIR_COUNTER_BANK 16
// receive clock of the wire: every frame that arrives ends in exactly one of FRAMES, FCS_ERROR, SYMBOL_ERROR,
// LENGTH_ERROR, FILTERED, ARP_ANSWERED (request taken by the card), ARP_FILTERED, CSUM_DROPPED, OVERFLOW, DISABLED
`define WEIR_CNT_RX_FRAMES 0
`define WEIR_CNT_RX_FCS_ERROR 1
`define WEIR_CNT_RX_SYMBOL_ERROR 2
`define WEIR_CNT_RX_LENGTH_ERROR 3
`define WEIR_CNT_RX_FILTERED 4
`define WEIR_CNT_RX_ARP_ANSWERED 5
`define WEIR_CNT_RX_ARP_FILTERED 6
`define WEIR_CNT_RX_CSUM_DROPPED 7
`define WEIR_CNT_RX_OVERFLOW 8
`define WEIR_CNT_RX_DISABLED 9
// of the frames that passed the filter: the checksum verdicts; and ARP frames that claim an address of ours
`define WEIR_CNT_RX_CSUM_GOOD 10
`define WEIR_CNT_RX_CSUM_BAD 11
`define WEIR_CNT_RX_CSUM_UNCHECKED 12
`define WEIR_CNT_RX_ARP_CONFLICT 13
// requests for us that were not answered: over the rate limit; reply queue full (both within ARP_ANSWERED)
`define WEIR_CNT_ARP_RATE_LIMITED 14
`define WEIR_CNT_ARP_QUEUE_FULL 15
// transmit clock of the wire: frames sent, of them the card's own ARP replies
`define WEIR_CNT_TX_FRAMES 16
`define WEIR_CNT_TX_ARP_REPLIES 17
// USB clock. Every frame record ends in TX_SUPERFRAMES or TX_BAD_RECORD.
`define WEIR_CNT_TX_SUPERFRAMES 32
`define WEIR_CNT_TX_SEGMENTS 33
`define WEIR_CNT_TX_CSUM_INSERTED 34
`define WEIR_CNT_TX_BAD_RECORD 35
// transfers whose rest was thrown away because a header made no sense or a record ran past the end
`define WEIR_CNT_TX_BAD_TRANSFER 36
`define WEIR_CNT_RX_RECORDS 37
`define WEIR_CNT_USB_OUT_PACKETS 38
`define WEIR_CNT_USB_IN_PACKETS 39
`define WEIR_CNT_USB_OUT_TRANSFERS 40
`define WEIR_CNT_USB_IN_TRANSFERS 41
`define WEIR_CNT_USB_CRC_ERROR 42
`define WEIR_CNT_USB_OUT_NAK 43
`define WEIR_CNT_USB_OUT_NYET 44
`define WEIR_CNT_USB_IN_RETRY 45
`define WEIR_CNT_USB_OUT_DUPLICATE 46
// configuration 2: received frames longer than an NTB for the host can be. NTBs from the host that were dropped are in
// TX_BAD_TRANSFER, frames in RX_RECORDS, as in configuration 1.
`define WEIR_CNT_NCM_TOO_LONG 47
// USB clock, a second bank, zero without WEIR_CAP_COALESCE. Records of a flow, within RX_RECORDS: whole ones, continuations, short
// acknowledgements. IN transfers that waited for more acknowledgements (WEIR_REG_ACK_HOLD).
`define WEIR_CNT_RX_FLOW_HEADS 48
`define WEIR_CNT_RX_CONTINUED 49
`define WEIR_CNT_RX_PURE_ACKS 50
`define WEIR_CNT_RX_ACK_HOLDS 51

// ---- Notification on the interrupt endpoint, sent on change only: 8 bytes ----
// byte 0: bits as in WEIR_REG_LINK; byte 1: bit 0 set when an ARP conflict was seen since the last one; bytes 2..7: 0
`define WEIR_NOTIFY_SIZE 8

`endif
