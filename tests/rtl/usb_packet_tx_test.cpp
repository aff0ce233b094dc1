// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_packet_tx.h"
#include "usb_bench.h"

struct Sender : Bench<Vusb_packet_tx> {
    Bytes source;

    Sender()
    {
        dut->start = dut->tx_ready = 0;
        reset();
    }
    // The source answers one clock later.
    void clock()
    {
        dut->eval();
        const unsigned offset = dut->offset;
        tick();
        dut->data = offset < source.size() ? source[offset] : 0xEE;
    }
    // The PHY takes a byte with `chance` in 8 in each clock. Returns the packet; `took` is the clocks of
    // valid.
    Bytes send(Pid pid, const Bytes &data, std::mt19937 &random, unsigned chance, unsigned *took = nullptr)
    {
        source = data;
        clock();
        clock();
        dut->pid = pid;
        dut->length = uint16_t(data.size());
        dut->start = 1;
        clock();
        dut->start = 0;
        assert_true(dut->busy && dut->tx_valid);
        Bytes packet;
        unsigned clocks = 0;
        for (; dut->tx_valid; clocks++) {
            dut->tx_ready = random() % 8 < chance;
            if (dut->tx_ready)
                packet.push_back(dut->tx_data);
            clock();
            assert_true(clocks < 10000);
        }
        dut->tx_ready = 0;
        assert_false(dut->busy);
        if (took)
            *took = clocks;
        return packet;
    }
};

static void data_of_all_lengths_is_followed_by_its_crc_however_the_phy_takes_it(void **)
{
    Sender s;
    std::mt19937 random(1);
    for (unsigned length = 0; length <= 512; length++) {
        const Bytes data = random_bytes(random, length);
        const Pid pid = length & 1 ? DATA1 : DATA0;
        assert_true(s.send(pid, data, random, 1 + length % 8) == data_packet(pid, data));
    }
}

static void a_byte_leaves_on_every_clock_when_the_phy_takes_it(void **)
{
    Sender s;
    std::mt19937 random(1);
    unsigned took = 0;
    s.send(DATA0, random_bytes(random, 512), random, 8, &took);
    assert_int_equal(took, 515);
}

static void a_handshake_is_its_pid_alone(void **)
{
    Sender s;
    std::mt19937 random(1);
    const Pid pids[] = {ACK, NAK, STALL, NYET};
    for (Pid pid : pids)
        assert_true(s.send(pid, {1, 2, 3}, random, 4) == Bytes{pid_byte(pid)});
}

static void the_same_packet_can_be_sent_again_at_once(void **)
{
    Sender s;
    std::mt19937 random(1);
    const Bytes data = random_bytes(random, 64);
    for (int i = 0; i < 5; i++)
        assert_true(s.send(DATA0, data, random, 5) == data_packet(DATA0, data));
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(data_of_all_lengths_is_followed_by_its_crc_however_the_phy_takes_it),
    cmocka_unit_test(a_byte_leaves_on_every_clock_when_the_phy_takes_it),
    cmocka_unit_test(a_handshake_is_its_pid_alone),
    cmocka_unit_test(the_same_packet_can_be_sent_again_at_once),
};
RUN_TESTS(tests)
