// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_packet_rx.h"
#include "usb_bench.h"

struct Receiver : Bench<Vusb_packet_rx> {
    unsigned ends = 0, errors = 0;
    bool good = false;
    unsigned pid = 0, address = 0, endpoint = 0, length = 0;
    Bytes data;

    Receiver()
    {
        dut->enable = 1;
        dut->rx_active = dut->rx_valid = dut->rx_error = 0;
        reset();
    }
    void look()
    {
        tick();
        if (dut->data_valid)
            data.push_back(dut->data);
        errors += dut->ev_crc_error;
        if (dut->packet_end) {
            ends++;
            good = dut->packet_good;
            pid = dut->pid;
            address = dut->token_address;
            endpoint = dut->token_endpoint;
            length = dut->length;
        }
    }
    // `pauses`: up to three clocks without a byte between two bytes; `error_at`: rx_error in that byte's
    // clock.
    void receive(const Bytes &packet, std::mt19937 *pauses = nullptr, int error_at = -1)
    {
        ends = errors = 0;
        data.clear();
        dut->rx_active = 1;
        for (size_t i = 0; i < packet.size(); i++) {
            for (unsigned n = pauses ? (*pauses)() % 4 : 0; n > 0; n--) {
                dut->rx_valid = 0;
                look();
            }
            dut->rx_valid = 1;
            dut->rx_data = packet[i];
            dut->rx_error = int(i) == error_at;
            look();
        }
        dut->rx_active = dut->rx_valid = dut->rx_error = 0;
        for (int i = 0; i < 3; i++)
            look();
    }
};

static void tokens_of_all_addresses_and_endpoints_are_understood(void **)
{
    Receiver r;
    const Pid pids[] = {OUT, IN, SETUP, PING, SOF};
    for (unsigned i = 0; i < 2048; i++) {
        const Pid pid = pids[i % 5];
        r.receive(token_packet(pid, i & 127, i >> 7));
        assert_true(r.ends == 1 && r.good && r.errors == 0);
        assert_int_equal(r.pid, pid);
        assert_int_equal(r.address, i & 127);
        assert_int_equal(r.endpoint, i >> 7);
    }
}

static void data_of_all_lengths_comes_through_without_its_crc(void **)
{
    Receiver r;
    std::mt19937 random(2);
    for (unsigned length = 0; length <= 520; length++) {
        const Bytes data = random_bytes(random, length);
        r.receive(data_packet(length & 1 ? DATA1 : DATA0, data), length % 3 ? &random : nullptr);
        assert_true(r.ends == 1 && r.good && r.errors == 0);
        assert_int_equal(r.length, length);
        assert_true(r.data == data);
    }
}

static void handshakes_are_one_byte(void **)
{
    Receiver r;
    const Pid pids[] = {ACK, NAK, STALL, NYET};
    for (Pid pid : pids) {
        r.receive({pid_byte(pid)});
        assert_true(r.ends == 1 && r.good && r.pid == pid);
        r.receive({pid_byte(pid), 0});
        assert_true(r.ends == 1 && !r.good && r.errors == 1);
    }
}

static void each_wrong_bit_in_a_packet_is_found(void **)
{
    Receiver r;
    std::mt19937 random(3);
    const Bytes packets[] = {token_packet(IN, 0x55, 2),
                             {pid_byte(ACK)},
                             data_packet(DATA0, random_bytes(random, 31)),
                             data_packet(DATA1, {})};
    for (const Bytes &packet : packets)
        for (size_t bit = 0; bit < packet.size() * 8; bit++) {
            Bytes broken = packet;
            broken[bit / 8] ^= uint8_t(1 << bit % 8);
            r.receive(broken);
            assert_true(r.ends == 1 && !r.good && r.errors == 1);
            r.receive(packet);
            assert_true(r.ends == 1 && r.good && r.errors == 0);
        }
}

static void truncated_packets_are_found(void **)
{
    Receiver r;
    std::mt19937 random(4);
    for (unsigned length = 1; length < 12; length++) {
        Bytes packet = data_packet(DATA0, random_bytes(random, 10));
        packet.resize(length);
        r.receive(packet);
        assert_true(r.ends == 1 && !r.good && r.errors == 1);
    }
    Bytes token = token_packet(SETUP, 1, 0);
    token.pop_back();
    r.receive(token);
    assert_true(r.ends == 1 && !r.good && r.errors == 1);
}

static void an_error_from_the_phy_at_any_byte_makes_the_packet_bad(void **)
{
    Receiver r;
    const Bytes packet = data_packet(DATA0, {1, 2, 3, 4});
    for (int at = 0; at < int(packet.size()); at++) {
        r.receive(packet, nullptr, at);
        assert_true(r.ends == 1 && !r.good && r.errors == 1);
    }
    r.receive(packet);
    assert_true(r.good);
}

static void packets_for_hubs_are_neither_good_nor_errors(void **)
{
    Receiver r;
    r.receive({pid_byte(SPLIT), 0x12, 0x34, 0x56});
    assert_true(r.ends == 1 && !r.good && r.errors == 0);
}

static void noise_while_disabled_is_ignored(void **)
{
    Receiver r;
    r.dut->enable = 0;
    r.receive(token_packet(IN, 0, 0));
    assert_true(r.ends == 0 && r.errors == 0);
    r.receive({0x00, 0x13});
    assert_true(r.ends == 0 && r.errors == 0);
    r.dut->enable = 1;
    r.receive({});
    assert_true(r.ends == 0 && r.errors == 0);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(tokens_of_all_addresses_and_endpoints_are_understood),
    cmocka_unit_test(data_of_all_lengths_comes_through_without_its_crc),
    cmocka_unit_test(handshakes_are_one_byte),
    cmocka_unit_test(each_wrong_bit_in_a_packet_is_found),
    cmocka_unit_test(truncated_packets_are_found),
    cmocka_unit_test(an_error_from_the_phy_at_any_byte_makes_the_packet_bad),
    cmocka_unit_test(packets_for_hubs_are_neither_good_nor_errors),
    cmocka_unit_test(noise_while_disabled_is_ignored),
};
RUN_TESTS(tests)
