// SPDX-License-Identifier: BSD-2-Clause
//
// The card as the driver sees it: capabilities, registers, tables, counters, and frames both ways as link
// records. Numbers are in weir_link.h, which the build makes from rtl/link/weir_link.vh. One thread uses one
// card.
//
//     struct weir_card *card = weir_card_open(transport, &receiver, error, sizeof error);
//     weir_card_set_arp(card, 0, ip);  weir_card_set_rx_control(card, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
//     while (running) { weir_card_poll(card, deadline); ... weir_card_send(card, &tx); }
//     weir_card_close(card);
#ifndef WEIR_CARD_H
#define WEIR_CARD_H

#include "weir_transport.h"

struct weir_card;

struct weir_card_caps {
    uint8_t version_major, version_minor;
    uint16_t counters;
    uint32_t features;       // WEIR_CAP_ bits
    uint32_t max_superframe; // bytes
    uint16_t max_frame;      // bytes, without FCS
    uint8_t mac_entries, arp_entries;
    uint8_t mac[6];
    uint32_t tx_memory, rx_memory; // bytes
};

// A frame to send: header bytes and up to two pieces of payload, all read during weir_card_send.
struct weir_card_tx {
    const uint8_t *header; // from the Ethernet header on; for gso_type != NONE exactly the bytes repeated in
                           // each segment
    size_t header_length;
    struct {
        const uint8_t *data;
        size_t length;
    } payload[2];
    bool needs_csum; // insert a checksum over csum_start..end at csum_start + csum_offset
    uint16_t csum_start,
        csum_offset;   // bytes; the field holds the pseudo-header's sum, for a superframe without the length
    uint8_t gso_type;  // WEIR_GSO_
    uint16_t gso_size; // MSS in bytes
    bool fixed_id;     // IPv4 superframes: all segments keep the header's identification, else one more each
};

// What came from the wire: a frame, or with WEIR_CARD_RX_GLUED one large frame that stands for `segments` TCP
// segments (as virtio's VIRTIO_NET_F_GUEST_TSO4 and 6 have it). All fields below `gso_type` are zero for a
// frame that came alone.
struct weir_card_rx {
    const uint8_t *frame; // no FCS, at any alignment; valid during the call
    size_t length;
    // WEIR_F_DATA_VALID, CSUM_BAD, CONFLICT. A large frame has DATA_VALID, as each of its segments was
    // verified, and NEEDS_CSUM: TCP's checksum field holds the pseudo-header's sum, for who cuts the frame up
    // again.
    uint8_t flags;
    uint16_t segments; // frames on the wire, 1 or more
    bool has_timestamp;
    uint64_t timestamp; // device time in ns at which the first byte (of the first segment) arrived
    // WEIR_GSO_NONE, TCPV4 or TCPV6; never with ECN, for a segment with CWR is never glued.
    uint8_t gso_type;
    uint16_t gso_size; // payload of each segment, in bytes; the last may have less
    uint16_t hdr_len;  // bytes, to the end of TCP's options
    uint16_t csum_start, csum_offset;
    bool ip_id_fixed; // all segments had the same IPv4 identification; else one more each
};

// What the card's owner is told, all inside weir_card_poll.
struct weir_card_receiver {
    void (*frame)(void *context, const struct weir_card_rx *rx);
    void (*link)(void *context, uint32_t link); // WEIR_REG_LINK bits, at open and on change; may be NULL
    void *context;
};

// What went wrong on the link, seen from the host.
struct weir_card_stats {
    uint64_t tx_frames, tx_transfers, tx_bytes; // records, OUT transfers, their bytes
    uint64_t rx_frames, rx_transfers, rx_bytes; // frames on the wire, IN transfers, their bytes
    // Of the frames: those that came as payload alone, or as an acknowledgement's numbers alone.
    uint64_t rx_continued, rx_pure_acks;
    uint64_t rx_glued;         // large frames given to the receiver
    uint64_t rx_bad_transfers; // IN transfers whose rest made no sense
    uint64_t transfer_errors;  // transfers that ended other than well; the endpoint was cleared and they were
                               // sent again
    uint64_t restarts; // of the link, because nobody could tell what had arrived: frames both ways were lost
    uint64_t tx_lost;  // of tx_frames those under way then, or when the card was pulled out: some may have
                       // arrived
};

// Checks class and version, reads the capabilities, starts the IN transfers. Takes over `transport`, also on
// failure. NULL on failure; `error` says what to do.
struct weir_card *weir_card_open(struct weir_transport *transport, const struct weir_card_receiver *receiver,
                                 char *error, size_t error_size);
// Sends what is queued (for up to a second of device time), switches the receiver off, frees everything.
void weir_card_close(struct weir_card *card);

const struct weir_card_caps *weir_card_caps(const struct weir_card *card);
const struct weir_card_stats *weir_card_stats(const struct weir_card *card);
weir_time weir_card_now(const struct weir_card *card);

// True when weir_card_send would take a frame now.
bool weir_card_can_send(const struct weir_card *card);
// Bytes that were sent and that the card does not have yet, records' headers included: what a frame sent now
// waits for.
size_t weir_card_queued(const struct weir_card *card);
// As many bytes as keep USB busy: what is sent while weir_card_queued is as much or more gains nothing, and
// makes what comes after wait. Also the most that a superframe should have where others wait behind it.
size_t weir_card_enough(const struct weir_card *card);
// Whether the card's USB runs at high speed; else at full speed, a fortieth of it.
bool weir_card_high_speed(const struct weir_card *card);
// Queues a frame as one record; small ones share a transfer until weir_card_poll or until it is full. 0,
// -EAGAIN when all OUT transfers are busy (poll, then try again), -EMSGSIZE when the frame or a segment of it
// is too long for the card, -EINVAL when the card lacks the offload or when the header is not what the other
// fields say.
int weir_card_send(struct weir_card *card, const struct weir_card_tx *tx);
// Puts what is queued on its way, waits for the card, hands frames to the receiver; back when something
// happened, at the latest at `deadline`. 0, or -ENODEV when the card is gone, -EINTR after a signal, -ENOLINK
// when a simulated one's cable is cut.
int weir_card_poll(struct weir_card *card, weir_time deadline);
// From now on weir_card_poll also returns when one of these is ready as in poll(2), with `revents` filled in:
// the terminal, a socket, a pipe from a signal handler. The caller keeps `fds` valid until the next call;
// count 0 ends it.
void weir_card_watch(struct weir_card *card, struct pollfd *fds, size_t count);

// Registers and tables (WEIR_REG_, WEIR_TABLE_). 0 or a negative errno.
int weir_card_read_reg(struct weir_card *card, uint16_t reg, uint32_t *value);
int weir_card_write_reg(struct weir_card *card, uint16_t reg, uint32_t value);
int weir_card_write_table(struct weir_card *card, uint8_t table, uint8_t entry, uint64_t value);
int weir_card_set_rx_control(struct weir_card *card, uint32_t rx_bits);
// How TCP segments come up. Coalescing saves USB time and, glued, the host's; it needs WEIR_CAP_COALESCE.
enum weir_card_rx_mode {
    WEIR_CARD_RX_PLAIN,    // each frame whole; so it is after weir_card_open
    WEIR_CARD_RX_SEGMENTS, // coalesced by the card, each frame rebuilt as it was on the wire, byte for byte
    WEIR_CARD_RX_GLUED,    // coalesced by the card, a large frame for each run of segments of a connection
};
// Sets it, and whether frames have time stamps
// (WEIR_CAP_TIMESTAMP). 0, -EOPNOTSUPP where the card cannot, or another negative errno.
int weir_card_set_rx_mode(struct weir_card *card, enum weir_card_rx_mode mode, bool timestamps);
// The card's time in ns, the clock of the time stamps: it began with the card's reset and stands still while
// USB sleeps. 0, -EOPNOTSUPP where the card has none, or another negative errno.
int weir_card_time(struct weir_card *card, uint64_t *time);
// A register (0 to 31) of the Ethernet PHY, IEEE 802.3 clause 22.2.4. 0, -EOPNOTSUPP where the card has no
// way there (WEIR_CAP_MDIO), -ENXIO when no PHY answers, -ETIMEDOUT when the card does not come to it, or
// another negative errno. Whoever writes puts back what was there; if he cannot, the card sets the PHY up
// anew when a host starts anew.
int weir_card_mdio_read(struct weir_card *card, uint8_t reg, uint16_t *value);
int weir_card_mdio_write(struct weir_card *card, uint8_t reg, uint16_t value);
// Entry `entry` of the address table; NULL takes it out of use.
int weir_card_set_mac(struct weir_card *card, uint8_t entry, const uint8_t mac[6]);
// Entry `entry` of the ARP table: IPv4 address in host order; 0 takes it out of use.
int weir_card_set_arp(struct weir_card *card, uint8_t entry, uint32_t ip);
// All counters at one moment, WEIR_CNT_ indices, WEIR_COUNTERS of them.
int weir_card_counters(struct weir_card *card, uint32_t *counters);

#endif
