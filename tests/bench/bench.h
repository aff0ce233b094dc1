// SPDX-License-Identifier: BSD-2-Clause
//
// What `make bench` measures, all in device time.
#ifndef WEIR_BENCH_H
#define WEIR_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A TCP stream from the card's host to a peer that acknowledges at once (each second segment, RFC 5681
// section 4.2).
struct stream_bench {
    size_t bytes;
    bool tso;
};
struct stream_result {
    uint64_t time;                  // ns from the handshake's end to the last acknowledgement
    double out_packets, in_packets; // bulk packets a microframe, on average
    double goodput;                 // Mb/s of payload
    uint32_t naks;                  // NAK and NYET answers of the OUT endpoint
    uint32_t records, segments;
};
// False when the stream did not arrive whole.
bool stream_bench(const struct stream_bench *bench, struct stream_result *result);

// One flow of full-size segments without a TCP behind it: the card and USB alone, in every shape of header,
// in steady state: from when a sixteenth has arrived to when all but a sixteenth has.
struct flow_bench {
    const char *card;  // options of the simulated card, as in "speed=full"; NULL: none
    size_t bytes;      // of payload
    uint16_t mtu;      // bytes; 0: 1500
    size_t superframe; // bytes of payload at most; 0: as many as IP allows
    bool ipv6, timestamps;
    bool receive;       // else send
    bool tso;           // superframes of 64 KB, else a record a segment
    bool coalesce;      // receive coalescing, and the hold for acknowledgements that goes with it
    unsigned ack_every; // the peer acknowledges each so-many-th segment
};
struct flow_result {
    double out_packets, in_packets; // bulk packets a microframe, on average
    double goodput;                 // Mb/s of payload, device time
    uint32_t naks;                  // NAK and NYET answers of the OUT endpoint
    uint32_t lost;                  // frames that found the receive memory full
    double device_time;             // ns, the whole run's
    // A MiB of payload: frames and superframes given to the driver and taken from it, USB transfers.
    double given, taken, out_transfers, in_transfers;
};
// False when the stream did not arrive whole.
bool flow_bench(const struct flow_bench *bench, struct flow_result *result);

// Requests for the card's address on an otherwise silent wire: from the first byte time after the request's
// FCS to the reply's first preamble byte, in byte times (8 ns).
struct arp_result {
    unsigned requests, replies;
    double shortest, average, longest;
    double rate; // replies a second
};
bool arp_bench(unsigned requests, struct arp_result *result);
// The same with requests back to back at 1000 Mb/s, `foreign` ones for other addresses after each for the
// card's.
bool arp_flood(unsigned requests, unsigned foreign, struct arp_result *result);

// What requests for our address cost the host: answered by our stack, or by the card.
struct arp_host_result {
    uint32_t answered; // replies on the wire
    uint64_t frames;   // that the host had of them
    double transfers;  // of USB, both ways, a request
};
bool arp_host_bench(unsigned requests, bool offload, struct arp_host_result *result);

// The bridge between a kernel in device time (kernel.h) and the card: a flow each way, and messages of one
// byte that a peer sends back.
struct bridge_bench {
    const char *card;  // as above
    size_t bytes;      // each way; 0: a load that lasts until the messages are through
    uint16_t mtu;      // bytes; 0: 1500
    size_t superframe; // bytes of payload at most; 0: as many as IP allows
    bool send, receive;
    bool tso, csum, coalesce; // what the card does
    unsigned messages;
    bool udp; // messages of UDP, else echo requests of ICMP
};
struct bridge_result {
    unsigned replies;
    double shortest, average, longest; // us of device time of a message's round trip
    double goodput;                    // Mb/s, both ways together, from the opening on
    size_t bytes_sent, bytes_received;
    // A MiB of payload: frames and superframes to the card and from it; reads and writes of the TAP;
    // transfers.
    double given, taken, tap_calls, out_transfers, in_transfers;
};
// False when something was lost or came wrong.
bool bridge_bench(const struct bridge_bench *bench, struct bridge_result *result);

// Round trips of one byte on a TCP connection of our stack's (stack_pair.h), beside a stream each way.
struct message_bench {
    const char *card;
    bool send, receive;
    size_t warm_up; // bytes of each stream before the first message
    unsigned messages;
};
struct message_result {
    double shortest, average, longest; // us of device time
};
bool message_bench(const struct message_bench *bench, struct message_result *result);

// `bytes` in all, sent by our stack over so many TCP connections at once.
struct connections_bench {
    unsigned connections;
    size_t bytes;
};
struct connections_result {
    double connect; // us to open one, one after another
    double goodput; // Mb/s, all together
    double given;   // frames and superframes a MiB
    uint64_t retransmitted;
};
bool connections_bench(const struct connections_bench *bench, struct connections_result *result);

// What our stack, or lwIP as its peer in software, costs the host for a stream: the program is run by
// callgrind, which looks at functions called counted_* but not at uncounted_* and what simulates the card
// (host_cost.sh).
struct host_bench {
    size_t bytes;
    bool receive, tso, csum, coalesce;
};
struct host_result {
    // A MiB of payload: frames and superframes given to the driver and taken from it; USB transfers.
    double given, taken, out_transfers, in_transfers;
};
bool host_bench(const struct host_bench *bench, struct host_result *result);
bool lwip_bench(const struct host_bench *bench, struct host_result *result);

#endif
