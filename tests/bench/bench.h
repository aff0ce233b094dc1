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
// in steady state: from when a sixteenth has arrived to when the last has been handed to the card.
struct flow_bench {
    size_t bytes; // of payload
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
};
// False when the stream did not arrive whole.
bool flow_bench(const struct flow_bench *bench, struct flow_result *result);

// Requests for the card's address on an otherwise silent wire: from the first byte time after the request's
// FCS to the reply's first preamble byte, in byte times (8 ns).
struct arp_result {
    unsigned requests, replies;
    double shortest, longest;
};
bool arp_bench(unsigned requests, struct arp_result *result);

#endif
