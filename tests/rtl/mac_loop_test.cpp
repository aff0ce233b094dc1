// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "Vmac_loop.h"

struct Bench {
    Vmac_loop dut;
    std::vector<Bytes> frames;
    std::vector<bool> wrong;
    Bytes open;

    Bench()
    {
        dut.rst = 1;
        clock();
        clock();
        dut.rst = 0;
        for (int i = 0; i < 20; i++)
            clock();
    }
    void clock()
    {
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
        if (!dut.m_valid)
            return;
        open.push_back(dut.m_data);
        if (dut.m_last) {
            frames.push_back(open);
            wrong.push_back(dut.m_error_fcs || dut.m_error_length || dut.m_error_symbol);
            open.clear();
        }
    }
    void send(const Bytes &frame, long flip_at = -1)
    {
        dut.s_valid = 1;
        for (size_t i = 0; i < frame.size();) {
            dut.s_data = frame[i];
            dut.s_last = i + 1 == frame.size();
            dut.flip = (long)i == flip_at;
            dut.clk = 0;
            dut.eval();
            bool ready = dut.s_ready;
            clock();
            i += ready;
        }
        dut.s_valid = 0;
        dut.flip = 0;
    }
};

static void frames_of_every_length_come_back_as_they_were_with_padding(void **)
{
    Bench bench;
    Random random(80);
    std::vector<Bytes> sent;
    for (size_t length = 1; length <= 1601; length++) {
        Bytes frame = random.bytes(length == 1601 ? 9000 : length);
        bench.send(frame);
        sent.push_back(padded(frame));
    }
    for (int i = 0; i < 100; i++)
        bench.clock();
    assert_true(bench.frames == sent);
    for (bool wrong : bench.wrong)
        assert_false(wrong);
}

static void a_bit_turned_over_on_the_wire_is_noticed(void **)
{
    Bench bench;
    for (long at = 10; at < 90; at++)
        bench.send(Bytes(100, (uint8_t)at), at);
    for (int i = 0; i < 100; i++)
        bench.clock();
    assert_int_equal(bench.frames.size(), 80);
    for (bool wrong : bench.wrong)
        assert_true(wrong);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_every_length_come_back_as_they_were_with_padding),
        cmocka_unit_test(a_bit_turned_over_on_the_wire_is_noticed),
    };
    return RUN_WIRE_TESTS(tests);
}
