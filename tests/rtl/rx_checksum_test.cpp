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

static void frames_cut_at_every_length_get_the_models_verdict(void **)
{
    Bench bench;
    Random random(30);
    for (unsigned protocol : {6u, 17u, 1u})
        for (unsigned options : {0u, 4u, 40u}) {
            Ipv4Shape shape;
            shape.protocol = protocol;
            shape.options = options;
            shape.payload = 25;
            shape.padding = 3;
            Bytes frame = ipv4_frame(random, Bytes(6, 2), shape);
            for (size_t length = 1; length <= frame.size(); length++) {
                Bytes cut(frame.begin(), frame.begin() + (long)length);
                assert_int_equal(bench.verdict(cut, random), checksum_verdict(cut));
            }
        }
}

static void every_total_length_gets_the_models_verdict(void **)
{
    Bench bench;
    Random random(31);
    for (unsigned protocol : {6u, 17u})
        for (unsigned total = 0; total < 65536; total += total < 200 ? 1 : 997) {
            Ipv4Shape shape;
            shape.protocol = protocol;
            shape.payload = 40;
            shape.total_off = (int)total - (protocol == 6 ? 80 : 68);
            Bytes frame = ipv4_frame(random, Bytes(6, 2), shape);
            assert_int_equal(be16(frame, 16), total);
            assert_int_equal(bench.verdict(frame, random), checksum_verdict(frame));
        }
}

static void random_frames_get_the_models_verdict(void **)
{
    Bench bench;
    for (unsigned seed = 1; seed <= 5000; seed++) {
        Random random(seed + 31);
        Bytes frame = random_ipv4(random, Bytes(6, 2));
        if (bench.verdict(frame, random) != checksum_verdict(frame))
            fail_msg("seed %u", seed);
    }
}

static void a_reset_in_the_middle_of_a_frame_leaves_nothing_of_it(void **)
{
    Bench bench;
    Random random(32);
    for (unsigned cut = 1; cut < 60; cut++) {
        Ipv4Shape shape;
        shape.protocol = 6;
        shape.payload = 25;
        Bytes frame = ipv4_frame(random, Bytes(6, 2), shape);
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
        cmocka_unit_test(every_total_length_gets_the_models_verdict),
        cmocka_unit_test(random_frames_get_the_models_verdict),
        cmocka_unit_test(a_reset_in_the_middle_of_a_frame_leaves_nothing_of_it),
    };
    return RUN_WIRE_TESTS(tests);
}
