// SPDX-License-Identifier: BSD-2-Clause
#include "rx_frames.h"
#include "rx_model.h"
#include "Vrx_checksum.h"

struct Bench {
    Vrx_checksum dut;

    Bench()
    {
        reset();
    }
    void reset()
    {
        dut.rst = 1;
        clock(false, 0, false);
        dut.rst = 0;
    }
    void clock(bool valid, uint8_t data, bool ended)
    {
        dut.s_valid = valid;
        dut.s_data = data;
        dut.ended = ended;
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
    }
    Verdict verdict(const Bytes &frame, Random &random)
    {
        for (uint8_t byte : frame) {
            while (random.one_in(10))
                clock(false, (uint8_t)random.below(256), false);
            clock(true, byte, false);
        }
        clock(false, 0, true);
        assert_false(dut.good && dut.bad);
        return dut.good ? GOOD : dut.bad ? BAD : UNCHECKED;
    }
};

// Each kind of header and each way through the headers, TCP and UDP.
static std::vector<IpShape> all_shapes(Random &random)
{
    std::vector<IpShape> shapes;
    for (unsigned protocol : {6u, 17u, 1u}) {
        IpShape shape;
        shape.protocol = protocol;
        shape.payload = 25;
        shape.padding = 3;
        for (unsigned options : {0u, 4u, 40u}) {
            shape.options = harmless(random, options);
            shapes.push_back(shape);
        }
        shape.version = 6;
        shapes.push_back(shape);
        for (unsigned number : {HOP_BY_HOP, ROUTING, AH, DESTINATION_OPTIONS, FRAGMENT}) {
            shape.extensions = {extension(random, number, 1)};
            shapes.push_back(shape);
            shape.extensions.push_back(extension(random, DESTINATION_OPTIONS, 3));
            shapes.push_back(shape);
        }
        shape.extensions = {extension(random, HOP_BY_HOP, 1), extension(random, DESTINATION_OPTIONS, 2),
                            extension(random, ROUTING, 5), extension(random, AH, 3),
                            extension(random, DESTINATION_OPTIONS, 1)};
        shapes.push_back(shape);
    }
    return shapes;
}

static bool walked(const IpShape &shape)
{
    for (const Extension &header : shape.extensions)
        if (header.number == FRAGMENT)
            return false;
    return shape.protocol != 1;
}

static void frames_cut_at_every_length_get_the_models_verdict(void **)
{
    Bench bench;
    Random random(30);
    for (const IpShape &shape : all_shapes(random)) {
        Bytes frame = ip_frame(random, Bytes(6, 2), shape);
        assert_int_equal(checksum_verdict(frame), walked(shape) ? GOOD : UNCHECKED);
        for (size_t length = 1; length <= frame.size(); length++) {
            Bytes cut(frame.begin(), frame.begin() + (long)length);
            assert_int_equal(bench.verdict(cut, random), checksum_verdict(cut));
        }
    }
}

// In IPv6 any bit but those of addresses, lengths and next headers may be wrong without notice: nothing
// covers it.
static void every_bit_turned_over_gets_the_models_verdict(void **)
{
    Bench bench;
    Random random(33);
    for (const IpShape &shape : all_shapes(random)) {
        Bytes frame = ip_frame(random, Bytes(6, 2), shape);
        for (size_t bit = 12 * 8; bit < frame.size() * 8; bit++) {
            Bytes broken = frame;
            broken[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (bench.verdict(broken, random) != checksum_verdict(broken))
                fail_msg("bit %zu of a frame of %zu bytes", bit, frame.size());
        }
    }
}

static void every_total_length_gets_the_models_verdict(void **)
{
    Bench bench;
    Random random(31);
    for (unsigned version : {4u, 6u})
        for (unsigned protocol : {6u, 17u})
            for (unsigned total = 0; total < 65536; total += total < 200 ? 1 : 997) {
                IpShape shape;
                shape.version = version;
                shape.protocol = protocol;
                shape.payload = 40;
                shape.total_off = (int)total - (version == 4 ? 20 : 0) - (protocol == 6 ? 60 : 48);
                Bytes frame = ip_frame(random, Bytes(6, 2), shape);
                assert_int_equal(be16(frame, version == 4 ? 16 : 18), total);
                assert_int_equal(bench.verdict(frame, random), checksum_verdict(frame));
            }
}

// The header's length byte, right in the frame and in the checksum, from 8 to 2,048 bytes.
static void an_extension_header_of_any_length_is_walked(void **)
{
    Bench bench;
    Random random(34);
    for (unsigned number : {HOP_BY_HOP, ROUTING, AH, DESTINATION_OPTIONS})
        for (unsigned units = 1; units <= (number == AH ? 128 : 256); units++) {
            IpShape shape;
            shape.version = 6;
            shape.protocol = units % 2 ? 6 : 17;
            shape.extensions = {extension(random, number, units)};
            shape.payload = random.below(50);
            assert_int_equal(bench.verdict(ip_frame(random, Bytes(6, 2), shape), random), GOOD);
        }
}

static void jumbo_frames_are_summed_to_their_end(void **)
{
    Bench bench;
    Random random(39);
    for (unsigned version : {4u, 6u})
        for (unsigned protocol : {6u, 17u})
            for (size_t payload = 1990; payload < 9100; payload += payload < 2100 ? 1 : 97) {
                IpShape shape;
                shape.version = version;
                shape.protocol = protocol;
                shape.payload = payload;
                Bytes frame = ip_frame(random, Bytes(6, 2), shape);
                assert_int_equal(bench.verdict(frame, random), GOOD);
                frame.back() ^= 0x10;
                assert_int_equal(bench.verdict(frame, random), BAD);
            }
}

// Where the pseudo header's addresses are not those in IP's header, no verdict: a wrong one is worse than
// none.
static void a_pseudo_header_that_may_be_another_is_left_open(void **)
{
    Bench bench;
    Random random(35);
    auto verdict = [&](const IpShape &shape) {
        return bench.verdict(ip_frame(random, Bytes(6, 2), shape), random);
    };
    for (size_t at = 0; at < 37; at++) // a source route among IPv4's options, behind NOPs
        for (uint8_t option : {131, 137, 129, 130, 136, 139}) {
            IpShape shape;
            shape.options = Bytes(40, 1);
            shape.options[at] = option;
            shape.options[at + 1] = 3;
            shape.options[at + 2] = 4;
            assert_int_equal(verdict(shape), option == 131 || option == 137 ? UNCHECKED : GOOD);
        }
    IpShape shape;
    shape.version = 6;
    for (unsigned left = 0; left < 256; left++) { // segments left in a routing header
        shape.extensions = {extension(random, ROUTING, 3)};
        shape.extensions[0].body[2] = (uint8_t)left;
        assert_int_equal(verdict(shape), left == 0 ? GOOD : UNCHECKED);
    }
    for (unsigned number : {DESTINATION_OPTIONS, HOP_BY_HOP})
        for (size_t at = 1; at < 8 * 5 - 3; at++) { // a home address option; only destination options have it
            shape.extensions = {extension(random, number, 5)};
            std::fill(shape.extensions[0].body.begin() + 1, shape.extensions[0].body.end(), 0);
            shape.extensions[0].body[at] = 0xC9;
            assert_int_equal(verdict(shape), number == DESTINATION_OPTIONS ? UNCHECKED : GOOD);
        }
    shape.extensions = {extension(random, AH, 3)};
    shape.extensions[0].body[0]++; // ends in the middle of 8 bytes
    assert_int_equal(verdict(shape), UNCHECKED);
}

// An option's number is looked for where a number stands: addresses and times may look like one.
static void an_options_data_is_not_taken_for_an_option(void **)
{
    Bench bench;
    Random random(37);
    auto verdict = [&](const IpShape &shape) {
        return bench.verdict(ip_frame(random, Bytes(6, 2), shape), random);
    };
    for (uint8_t byte : {131, 137, 0xC9})
        for (size_t length = 2; length <= 38; length++) {
            IpShape shape; // IPv4: NOP, record route, end, and what is behind it
            shape.options = Bytes(40, byte);
            shape.options[0] = 1;
            shape.options[1] = 7;
            shape.options[2] = (uint8_t)length;
            shape.options[length + 1] = 0;
            assert_int_equal(verdict(shape), GOOD);
            shape.options[length + 1] = byte; // right behind it
            assert_int_equal(verdict(shape), byte == 0xC9 ? GOOD : UNCHECKED);
        }
    for (size_t length = 0; length <= 36; length++) {
        IpShape shape; // IPv6: Pad1, an option to be skipped, Pad1 to the end
        shape.version = 6;
        shape.extensions = {{DESTINATION_OPTIONS, Bytes(39, 0)}};
        Bytes &body = shape.extensions[0].body;
        body[0] = 4;
        body[2] = 0x1E;
        body[3] = (uint8_t)length;
        std::fill(body.begin() + 4, body.begin() + 4 + std::min<size_t>(length, 35), 0xC9);
        assert_int_equal(verdict(shape), GOOD);
        if (length < 35)
            body[4 + length] = 0xC9; // right behind it
        assert_int_equal(verdict(shape), length < 35 ? UNCHECKED : GOOD);
    }
    IpShape shape; // a length that makes no sense ends them
    for (unsigned length : {0, 1, 40, 255}) {
        shape.options = Bytes(40, 131);
        shape.options[0] = 7;
        shape.options[1] = (uint8_t)length;
        assert_int_equal(verdict(shape), GOOD);
    }
    shape.options = Bytes(40, 131); // nothing behind the end is a length
    shape.options[0] = 0;
    shape.options[1] = 2;
    assert_int_equal(verdict(shape), GOOD);
}

static void random_frames_get_the_models_verdict(void **)
{
    Bench bench;
    unsigned verdicts[3] = {};
    for (unsigned seed = 1; seed <= 40000; seed++) {
        Random random(seed + 31);
        Bytes frame = random_ip(random, Bytes(6, 2));
        verdicts[checksum_verdict(frame)]++;
        if (bench.verdict(frame, random) != checksum_verdict(frame))
            fail_msg("seed %u", seed);
    }
    for (unsigned count : verdicts)
        assert_true(count > 4000);
}

// What offload got wrong elsewhere: bytes that only fill the frame up summed as payload.
static void padding_is_not_counted_as_payload(void **)
{
    Bench bench;
    Random random(36);
    for (unsigned version : {4u, 6u})
        for (unsigned protocol : {6u, 17u})
            for (size_t payload = 0; payload < 8; payload++) // odd and even
                for (size_t padding = 0; padding < 20; padding++) {
                    IpShape shape;
                    shape.version = version;
                    shape.protocol = protocol;
                    shape.payload = payload;
                    shape.padding = padding;
                    assert_int_equal(bench.verdict(ip_frame(random, Bytes(6, 2), shape), random), GOOD);
                }
}

// Sums whose every addition carries, and that end on a carry: bytes of FF with a few others between.
static void carries_are_carried_around_to_the_last_one(void **)
{
    Bench bench;
    Random random(37);
    for (unsigned i = 0; i < 4000; i++) {
        IpShape shape;
        shape.version = i % 2 ? 4 : 6;
        shape.protocol = i % 3 ? 6 : 17;
        shape.payload = 1 + random.below(60);
        Bytes frame = ip_frame(random, Bytes(6, 2), shape);
        size_t l4 = 14 + (shape.version == 4 ? 20 : 40), field = l4 + (shape.protocol == 6 ? 16 : 6);
        for (size_t at = l4 + (shape.protocol == 6 ? 20 : 8); at < frame.size(); at++)
            if (!random.one_in(4))
                frame[at] = 0xFF;
        put_be16(frame, field, 0);
        size_t length = frame.size() - l4, addresses = shape.version == 4 ? 26 : 22;
        uint64_t pseudo = ones_sum16(&frame[addresses], l4 - addresses) + (uint64_t)shape.protocol + length;
        unsigned sum = 0xFFFFu ^ ones_sum16(&frame[l4], length, pseudo);
        put_be16(frame, field, sum == 0 ? 0xFFFF : sum);
        assert_int_equal(bench.verdict(frame, random), GOOD);
        put_be16(frame, field, (sum + 1) % 0xFFFF == 0 ? 2 : sum + 1); // off by the carry that was forgotten
        assert_int_equal(bench.verdict(frame, random), BAD);
    }
}

// RFC 768: a sum of 0 is sent as FFFF, and 0 says that there is none.
static void udp_without_checksum_is_left_open_and_ffff_is_a_checksum(void **)
{
    Bench bench;
    Random random(38);
    for (unsigned version : {4u, 6u}) {
        IpShape shape;
        shape.version = version;
        shape.protocol = 17;
        shape.payload = 2;
        Bytes frame = ip_frame(random, Bytes(6, 2), shape);
        size_t field = 14 + (version == 4 ? 20 : 40) + 6, payload = field + 2;
        unsigned sum = be16(frame, field) + be16(frame, payload); // moves the checksum into the payload
        put_be16(frame, payload, sum % 0xFFFF == 0 ? 0xFFFF : sum % 0xFFFF);
        put_be16(frame, field, 0xFFFF);
        assert_int_equal(bench.verdict(frame, random), GOOD);
        put_be16(frame, field, 0);
        assert_int_equal(bench.verdict(frame, random), UNCHECKED);
        put_be16(frame, payload, 0x1234); // nothing would be right
        assert_int_equal(bench.verdict(frame, random), UNCHECKED);
    }
}

static void a_reset_in_the_middle_of_a_frame_leaves_nothing_of_it(void **)
{
    Bench bench;
    Random random(32);
    for (unsigned cut = 1; cut < 60; cut++) {
        IpShape shape;
        shape.protocol = 6;
        shape.payload = 25;
        Bytes frame = ip_frame(random, Bytes(6, 2), shape);
        for (unsigned i = 0; i < cut; i++)
            bench.clock(true, frame[i], false);
        bench.reset();
        assert_int_equal(bench.verdict(frame, random), GOOD);
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cut_at_every_length_get_the_models_verdict),
        cmocka_unit_test(every_bit_turned_over_gets_the_models_verdict),
        cmocka_unit_test(every_total_length_gets_the_models_verdict),
        cmocka_unit_test(an_extension_header_of_any_length_is_walked),
        cmocka_unit_test(jumbo_frames_are_summed_to_their_end),
        cmocka_unit_test(a_pseudo_header_that_may_be_another_is_left_open),
        cmocka_unit_test(an_options_data_is_not_taken_for_an_option),
        cmocka_unit_test(random_frames_get_the_models_verdict),
        cmocka_unit_test(padding_is_not_counted_as_payload),
        cmocka_unit_test(carries_are_carried_around_to_the_last_one),
        cmocka_unit_test(udp_without_checksum_is_left_open_and_ffff_is_a_checksum),
        cmocka_unit_test(a_reset_in_the_middle_of_a_frame_leaves_nothing_of_it),
    };
    return RUN_WIRE_TESTS(tests);
}
