// SPDX-License-Identifier: BSD-2-Clause
//
// Frames for another judge, with the card's verdicts on them: what rx_tshark_test.sh has wire_path_test
// write.
#ifndef WIRE_PATH_VERDICTS_H
#define WIRE_PATH_VERDICTS_H

#include "wire_path_bench.h"

// A header whose options are padding, so that a dissector finds nothing to quarrel with.
static inline Extension well_formed(Random &random, unsigned number, unsigned units)
{
    Extension header = extension(random, number, units);
    if (number == ROUTING)
        header.body[1] = 253; // a type for experiments (RFC 4727 section 3.3)
    if (number == HOP_BY_HOP || number == DESTINATION_OPTIONS) {
        std::fill(header.body.begin() + 1, header.body.end(), 0);
        header.body[1] = 1; // PadN
        header.body[2] = (uint8_t)(8 * units - 4);
    }
    return header;
}

// Right or wrong by one bit of what the checksums cover, and nothing else that could keep a judge from
// judging.
static inline Bytes clear_case(Random &random)
{
    static const unsigned numbers[] = {DESTINATION_OPTIONS, ROUTING, AH};
    IpShape shape;
    shape.version = random.one_in(3) ? 4 : 6;
    shape.protocol = random.one_in(2) ? 6 : 17;
    shape.options = Bytes(4 * random.below(11), 1); // no operation
    if (random.one_in(3))
        shape.extensions.push_back(well_formed(random, HOP_BY_HOP, 1 + random.below(3)));
    while (random.one_in(2))
        shape.extensions.push_back(well_formed(random, numbers[random.below(3)], 1 + random.below(4)));
    shape.tags = random.below(3);
    shape.payload = random.below(400);
    shape.padding = random.one_in(4) ? random.below(40) : 0;
    Bytes frame = ip_frame(random, STATION, shape);
    size_t ip = 14 + 4 * shape.tags, addresses = ip + (shape.version == 4 ? 12 : 8);
    size_t end = frame.size() - shape.padding;
    size_t l4 = end - shape.payload - (shape.protocol == 6 ? 20 : 8);
    size_t bytes[] = {addresses + random.below(8), l4 + random.below(4), // ports
                      end - 1 - (shape.payload ? random.below((unsigned)shape.payload) : 0)};
    if (random.one_in(2) && (shape.protocol == 6 || shape.payload))
        frame[bytes[random.below(3)]] ^= (uint8_t)(1u << random.below(8));
    return padded(frame);
}

static inline void write_record(FILE *pcap, const Bytes &frame)
{
    const uint32_t header[] = {0, 0, (uint32_t)frame.size(), (uint32_t)frame.size()};
    fwrite(header, sizeof header, 1, pcap);
    fwrite(frame.data(), 1, frame.size(), pcap);
}

// Writes `count` frames to a pcap file, and to standard output a line for each: "clear" or "any", and the
// card's verdict.
static inline int write_verdicts(const char *path, unsigned count, unsigned seed)
{
    const uint32_t header[] = {0xA1B2C3D4, 2 | 4 << 16, 0, 0, 65535, 1};
    Bench bench(seed);
    bench.host_reads = 16;
    FILE *pcap = fopen(path, "wb");
    if (!pcap || fwrite(header, sizeof header, 1, pcap) != 1) {
        perror(path);
        return 1;
    }
    for (unsigned i = 0; i < count; i++) {
        bool clear = i % 2;
        Bytes frame = clear ? clear_case(bench.random) : padded(random_ip(bench.random, STATION));
        bench.received.clear();
        bench.put(frame);
        bench.run(2 * (unsigned)frame.size()); // the host's clock is slower than the wire's
        bench.run_out();
        if (bench.received.size() != 1 || bench.received[0].bytes != frame) {
            fprintf(stderr, "frame %u of %zu bytes did not arrive\n", i + 1, frame.size());
            return 1;
        }
        unsigned flags = bench.received[0].flags;
        printf("%s %s\n", clear ? "clear" : "any",
               flags & WEIR_F_DATA_VALID ? "good"
               : flags & WEIR_F_CSUM_BAD ? "bad"
                                         : "open");
        write_record(pcap, frame);
    }
    return fclose(pcap) == 0 ? 0 : 1;
}

#endif
