// SPDX-License-Identifier: BSD-2-Clause
//
// segmenter with superframes of every shape, against segments() of superframes.h; and the bugs that
// segmentation brought to other cards. That Linux segments alike is tests/golden's matter.
#include <string>

#include "segmenter_bench.h"

static const size_t MEMORY = 1 << 15;

static void check(Bench &bench, const Shape &shape, const Record &r)
{
    const std::vector<Bytes> wanted = segments(shape, r);
    bench.run(r);
    assert_int_equal(bench.frames.size(), wanted.size());
    for (size_t i = 0; i < wanted.size(); i++) {
        assert_int_equal(bench.frames[i].size(), wanted[i].size());
        assert_memory_equal(bench.frames[i].data(), wanted[i].data(), wanted[i].size());
    }
    assert_int_equal(bench.superframes, 1);
    assert_int_equal(bench.segments, wanted.size());
    assert_int_equal(bench.checksums, wanted.size());
    assert_int_equal(bench.bad, 0);
}

static void check(Bench &bench, const Shape &shape)
{
    check(bench, shape, superframe(bench.random, shape));
}

// Calls `use` for TCP and UDP over both versions of IP.
template <class Use> static void each_kind(Use use)
{
    for (bool ipv6 : {false, true})
        for (bool udp : {false, true}) {
            Shape shape;
            shape.ipv6 = ipv6;
            shape.udp = udp;
            use(shape);
        }
}

static Shape random_shape(std::mt19937 &random)
{
    Shape shape;
    shape.ipv6 = random() % 2;
    shape.udp = random() % 2;
    shape.tags = random() % 3;
    shape.ip_options = shape.ipv6 ? 0 : random() % 11;
    shape.tcp_options = shape.udp ? 0 : random() % 11;
    shape.id_fixed = !shape.ipv6 && random() % 2;
    shape.tcp_flags = static_cast<uint8_t>(random());
    size_t room = 255 - shape.header();
    shape.extensions = shape.ipv6 && random() % 2 ? random() % (room + 1) : 0;
    shape.mss = static_cast<uint16_t>(1 + random() % (random() % 2 ? 40 : 1500));
    shape.payload = random() % (shape.mss * 8u);
    return shape;
}

static void superframes_of_any_shape_become_the_segments_they_should_under_any_back_pressure(void **)
{
    Bench bench(MEMORY);
    print_message("# seed %u\n", SEED);
    bench.stalls = true;
    for (int round = 0; round < 400; round++) {
        bench.memory.drain = 1 + bench.random() % 2;
        check(bench, random_shape(bench.random));
    }
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(superframes_of_any_shape_become_the_segments_they_should_under_any_back_pressure),
    };
    return cmocka_run_group_tests_name("segmenter, superframes", tests, nullptr, nullptr);
}
