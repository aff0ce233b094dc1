// SPDX-License-Identifier: BSD-2-Clause
//
// segmenter with records that cannot be sent: none of a bad one leaves, it is counted once, and the next one
// works.
#include "segmenter_bench.h"

static const size_t MEMORY = 1 << 15, MAX_FRAME = 9600;

// What segmenter.v says it takes, decided the plain way. The bytes behind hdr_len mean nothing.
static bool acceptable(const Record &r)
{
    const Bytes &b = r.bytes;
    const unsigned type = r.gso_type & ~static_cast<unsigned>(WEIR_GSO_ECN);
    const bool udp = type == WEIR_GSO_UDP_L4, needs_csum = (r.flags & WEIR_F_NEEDS_CSUM) != 0;
    const bool id_fixed = (r.flags & WEIR_F_IP_ID_FIXED) != 0;
    const size_t field = static_cast<size_t>(r.csum_start) + r.csum_offset;

    if (type == WEIR_GSO_NONE)
        return !id_fixed && b.size() >= 14 && b.size() <= MAX_FRAME && (!needs_csum || field + 2 <= b.size());
    if (!needs_csum || r.gso_size == 0 || r.hdr_len > b.size() || r.csum_offset != (udp ? 6 : 16) ||
        r.hdr_len + std::min<size_t>(r.gso_size, b.size() - r.hdr_len) > MAX_FRAME)
        return false;
    const Bytes h(b.begin(), b.begin() + r.hdr_len);
    size_t at = 12;
    for (int tags = 0; tags < 2 && at + 2 <= h.size() && (get16(h, at) == 0x8100 || get16(h, at) == 0x88A8);
         tags++)
        at += 4;
    if (at + 2 > h.size())
        return false;
    const bool ipv6 = get16(h, at) == 0x86DD;
    if (!ipv6 && get16(h, at) != 0x0800)
        return false;
    const size_t ip = at + 2, l4 = r.csum_start;
    if (type == (ipv6 ? WEIR_GSO_TCPV4 : WEIR_GSO_TCPV6) || (ipv6 && id_fixed))
        return false;
    if (ip + (ipv6 ? 40 : 20) > h.size() || h[ip] >> 4 != (ipv6 ? 6 : 4))
        return false;
    if (ipv6 ? l4 < ip + 40 : (h[ip] % 16 < 5 || l4 != ip + h[ip] % 16 * 4u || h[ip + 9] != (udp ? 17 : 6)))
        return false;
    if (udp)
        return l4 + 8 == h.size();
    return l4 + 20 <= h.size() && h[l4 + 12] >> 4 >= 5 && l4 + (h[l4 + 12] >> 4) * 4u == h.size();
}

// Sends the record, which must come to nothing, and behind it one that must not.
static void assert_refused(Bench &bench, const Record &r)
{
    Shape next;
    next.ipv6 = bench.random() % 2;
    next.udp = bench.random() % 2;
    next.mss = 100;
    next.payload = 150;
    const Record good = superframe(bench.random, next);

    assert_false(acceptable(r));
    bench.run(r);
    assert_int_equal(bench.frames.size(), 0);
    assert_int_equal(bench.segments + bench.superframes + bench.checksums, 0);
    assert_int_equal(bench.bad, 1);
    bench.run(good);
    assert_segments(bench, next, good);
}

// Calls `use` with superframes of every kind, with and without tags and options, of payload short and long.
template <class Use> static void each_superframe(Bench &bench, Use use)
{
    for (unsigned variant = 0; variant < 3; variant++)
        each_kind([&](Shape shape) {
            shape.tags = variant;
            shape.ip_options = shape.ipv6 ? 0 : variant * 5;
            shape.extensions = shape.ipv6 ? variant * 8 : 0;
            shape.tcp_options = shape.udp ? 0 : variant * 3;
            shape.payload = 1500 * variant + 1;
            const Record r = superframe(bench.random, shape);
            assert_true(acceptable(r));
            use(shape, r);
        });
}

static void a_superframe_without_segment_size_or_checksum_request_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &, Record r) {
        r.gso_size = 0;
        assert_refused(bench, r);
        r.gso_size = 1000;
        r.flags = 0;
        assert_refused(bench, r);
        r.flags = WEIR_F_IP_ID_FIXED;
        assert_refused(bench, r);
    });
}

static void fixed_identification_is_refused_without_an_ipv4_superframe(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, Record r) {
        r.flags |= WEIR_F_IP_ID_FIXED;
        if (shape.ipv6)
            assert_refused(bench, r);
        r.gso_type = WEIR_GSO_NONE;
        assert_refused(bench, r);
        r.flags = WEIR_F_IP_ID_FIXED;
        assert_refused(bench, r);
    });
}

static void a_header_length_but_the_right_one_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, Record r) {
        for (unsigned hdr_len = 0; hdr_len < 256; hdr_len++)
            if (hdr_len != shape.header()) {
                r.hdr_len = static_cast<uint8_t>(hdr_len);
                assert_refused(bench, r);
            }
    });
}

static void a_header_longer_than_the_record_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, const Record &r) {
        for (size_t length = 1; length < shape.header(); length++) {
            Record cut = r;
            cut.bytes.resize(length);
            assert_refused(bench, cut);
        }
    });
}

// Of IPv6 only what it can be known from: an L4 header that would not end where the superframe's header does.
static void a_checksum_start_but_the_right_one_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, Record r) {
        for (uint32_t start = 0; start < 65536; start += start < 300 ? 1 : start / 3) {
            r.csum_start = static_cast<uint16_t>(start);
            if (start != shape.l4() && (!shape.ipv6 || !acceptable(r)))
                assert_refused(bench, r);
        }
        r.csum_start = static_cast<uint16_t>(shape.l4() | 0x8000);
        assert_refused(bench, r);
    });
}

static void ipv6_whose_l4_begins_within_its_own_header_is_refused(void **)
{
    Bench bench(MEMORY);
    for (size_t start = 0; start < 54; start++) {
        Shape shape;
        shape.ipv6 = true;
        shape.payload = 500;
        Record r = superframe(bench.random, shape);
        r.csum_start = static_cast<uint16_t>(start); // everything else as if that were TCP of 20 bytes
        r.hdr_len = static_cast<uint8_t>(start + 20);
        if (start + 12 != 14)
            r.bytes[start + 12] = 0x50;
        assert_refused(bench, r);
    }
}

static void a_checksum_field_but_the_protocols_own_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, Record r) {
        for (uint32_t offset = 0; offset < 65536; offset += offset < 64 ? 1 : offset / 3)
            if (offset != shape.checksum() - shape.l4()) {
                r.csum_offset = static_cast<uint16_t>(offset);
                assert_refused(bench, r);
            }
        r.csum_offset = static_cast<uint16_t>((shape.checksum() - shape.l4()) | 0x8000);
        assert_refused(bench, r);
    });
}

static void a_type_that_contradicts_the_headers_is_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, const Record &r) {
        for (unsigned type : {WEIR_GSO_TCPV4, WEIR_GSO_TCPV6, WEIR_GSO_UDP_L4, WEIR_GSO_TCPV4 | WEIR_GSO_ECN,
                              WEIR_GSO_TCPV6 | WEIR_GSO_ECN}) {
            Record other = r;
            other.gso_type = static_cast<uint8_t>(type);
            if ((type & ~static_cast<unsigned>(WEIR_GSO_ECN)) == r.gso_type)
                continue;
            assert_refused(bench, other);
            other.csum_offset = type == WEIR_GSO_UDP_L4 ? 6 : 16;
            if (!acceptable(
                    other)) // IPv6's next header is not looked at: TCP of 20 bytes may be called 12 of UDP
                assert_refused(bench, other);
        }
        for (unsigned protocol = 0; protocol < 256 && !shape.ipv6; protocol++) {
            Record other = r;
            other.bytes[shape.ip() + 9] = static_cast<uint8_t>(protocol);
            if (protocol != (shape.udp ? 17u : 6u))
                assert_refused(bench, other);
        }
    });
}

static void ethertypes_versions_and_lengths_that_are_not_the_types_are_refused(void **)
{
    Bench bench(MEMORY);
    each_superframe(bench, [&bench](const Shape &shape, const Record &r) {
        auto but = [&](size_t at, unsigned value) {
            Record other = r;
            other.bytes[at] = static_cast<uint8_t>(value);
            if (other.bytes[at] != r.bytes[at])
                assert_refused(bench, other);
        };
        for (unsigned type : {0x0800u, 0x86DDu, 0x0806u, 0x8100u, 0x88A8u, 0x9100u, 0x0000u}) {
            Record other = r;
            set16(other.bytes, shape.ip() - 2, type);
            if (type != get16(r.bytes, shape.ip() - 2) && !acceptable(other))
                assert_refused(bench, other);
        }
        for (unsigned bit = 0; bit < 8; bit++) {
            but(shape.ip() - 2, r.bytes[shape.ip() - 2] ^ 1u << bit);
            but(shape.ip() - 1, r.bytes[shape.ip() - 1] ^ 1u << bit);
        }
        for (unsigned nibble = 0; nibble < 16; nibble++) {
            but(shape.ip(), nibble << 4 | r.bytes[shape.ip()] % 16);
            if (!shape.ipv6)
                but(shape.ip(), 0x40 | nibble);
            if (!shape.udp && nibble != 5 + shape.tcp_options)
                but(shape.l4() + 12, nibble << 4);
        }
    });
}

static void three_tags_are_one_too_many(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        shape.tags = 3;
        shape.payload = 100;
        assert_refused(bench, superframe(bench.random, shape));
    });
}

static void segments_longer_than_a_frame_may_be_are_refused(void **)
{
    Bench bench(MEMORY);
    each_kind([&bench](Shape shape) {
        for (size_t mss : {MAX_FRAME - shape.header() + 1, size_t{16384}, size_t{65535}}) {
            shape.mss = static_cast<uint16_t>(mss);
            for (size_t payload : {mss, mss + 1, size_t{65536}}) {
                shape.payload = payload;
                assert_refused(bench, superframe(bench.random, shape));
            }
        }
        shape.mss = 65535; // but a segment that is shorter than that may go
        shape.payload = MAX_FRAME - shape.header();
        const Record r = superframe(bench.random, shape);
        bench.run(r);
        assert_segments(bench, shape, r);
    });
}

static void plain_frames_too_long_too_short_or_with_a_field_past_their_end_are_refused(void **)
{
    Bench bench(MEMORY);
    for (size_t length : {size_t{1}, size_t{13}, MAX_FRAME + 1, size_t{65536 + 60}, size_t{65536 + 255}})
        for (uint8_t flags : {0, WEIR_F_NEEDS_CSUM}) {
            Record r = plain(bench.random, length);
            r.flags = flags;
            assert_refused(bench, r);
        }
    for (uint32_t start = 0; start < 65536; start = start < 64 ? start + 1 : start * 2 + 1)
        for (uint32_t offset = 0; offset < 65536; offset = offset < 64 ? offset + 1 : offset * 2 + 1) {
            Record r = plain(bench.random, 60);
            r.flags = WEIR_F_NEEDS_CSUM;
            r.csum_start = static_cast<uint16_t>(start);
            r.csum_offset = static_cast<uint16_t>(offset);
            if (start + offset + 2 > 60)
                assert_refused(bench, r);
        }
}

// Random changes to descriptors and headers: it takes exactly what it says it takes, all or nothing.
static void any_descriptor_and_any_bytes_are_either_sent_whole_or_refused(void **)
{
    static const uint8_t types[] = {WEIR_GSO_NONE,
                                    WEIR_GSO_TCPV4,
                                    WEIR_GSO_TCPV6,
                                    WEIR_GSO_UDP_L4,
                                    WEIR_GSO_TCPV4 | WEIR_GSO_ECN,
                                    WEIR_GSO_TCPV6 | WEIR_GSO_ECN};
    Bench bench(MEMORY);
    std::mt19937 &random = bench.random;
    unsigned sent = 0, rounds = 20000;
    print_message("# seed %u\n", SEED);
    for (unsigned round = 0; round < rounds; round++) {
        Shape shape;
        shape.ipv6 = random() % 2;
        shape.udp = random() % 2;
        shape.tags = random() % 4;
        shape.ip_options = shape.ipv6 ? 0 : random() % 3;
        shape.extensions = shape.ipv6 ? random() % 20 : 0;
        shape.tcp_options = shape.udp ? 0 : random() % 3;
        shape.mss = static_cast<uint16_t>(1 + random() % 50);
        shape.payload = random() % 100;
        Record r = superframe(random, shape);
        for (unsigned i = random() % 3; i > 0; i--)
            switch (random() % 8) {
            case 0:
                r.flags = static_cast<uint8_t>(random() % 2 | random() % 2 * WEIR_F_IP_ID_FIXED);
                break;
            case 1:
                r.gso_type = types[random() % sizeof types];
                break;
            case 2:
                r.gso_size = static_cast<uint16_t>(random() % 4 ? random() % 200 : random());
                break;
            case 3:
                r.hdr_len = static_cast<uint8_t>(r.hdr_len + random() % 9 - 4);
                break;
            case 4:
                r.csum_start = static_cast<uint16_t>(r.csum_start + random() % 9 - 4);
                break;
            case 5:
                r.csum_offset = static_cast<uint16_t>(random() % 2 ? 6 : 16);
                break;
            case 6:
                r.bytes.resize(1 + random() % r.bytes.size());
                break;
            default:
                size_t at = random() % std::min(r.bytes.size(), shape.header());
                r.bytes[at] = static_cast<uint8_t>(random() % 2 ? random() : r.bytes[at] ^ 1 << random() % 8);
            }
        bench.stalls = random() % 4 == 0;
        bench.run(r);
        bool good = acceptable(r);
        size_t payload = r.bytes.size() - std::min<size_t>(r.hdr_len, r.bytes.size());
        size_t count = r.gso_type == WEIR_GSO_NONE || payload == 0 || r.gso_size == 0
                           ? 1
                           : (payload + r.gso_size - 1) / r.gso_size;
        assert_int_equal(bench.frames.size(), good ? count : 0);
        assert_int_equal(bench.superframes, good);
        assert_int_equal(bench.bad, !good);
        sent += good;
    }
    assert_in_range(sent, rounds / 5, rounds * 4 / 5);
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_superframe_without_segment_size_or_checksum_request_is_refused),
        cmocka_unit_test(fixed_identification_is_refused_without_an_ipv4_superframe),
        cmocka_unit_test(a_header_length_but_the_right_one_is_refused),
        cmocka_unit_test(a_header_longer_than_the_record_is_refused),
        cmocka_unit_test(a_checksum_start_but_the_right_one_is_refused),
        cmocka_unit_test(ipv6_whose_l4_begins_within_its_own_header_is_refused),
        cmocka_unit_test(a_checksum_field_but_the_protocols_own_is_refused),
        cmocka_unit_test(a_type_that_contradicts_the_headers_is_refused),
        cmocka_unit_test(ethertypes_versions_and_lengths_that_are_not_the_types_are_refused),
        cmocka_unit_test(three_tags_are_one_too_many),
        cmocka_unit_test(segments_longer_than_a_frame_may_be_are_refused),
        cmocka_unit_test(plain_frames_too_long_too_short_or_with_a_field_past_their_end_are_refused),
        cmocka_unit_test(any_descriptor_and_any_bytes_are_either_sent_whole_or_refused),
    };
    return cmocka_run_group_tests_name("segmenter, refusals", tests, nullptr, nullptr);
}
