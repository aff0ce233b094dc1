// SPDX-License-Identifier: BSD-2-Clause
//
// The device core behind a UTMI transceiver at full speed, where it ends up on a host that does not chirp.
// (usb_core_test has it at high speed, through ULPI.)
#include "Vusb_device.h"
#include "usb_bench.h"
#include "weir_link.h"

static const uint64_t MS = 60000;
static const unsigned BIT = 5; // clocks
enum Line { SE0 = 0, J = 1, K = 2 };

struct FullSpeed : Bench<Vusb_device> {
    Bytes out;
    std::vector<Bytes> transfers;
    unsigned answer_delay = 0; // clocks from J after SE0 to the answer
    bool toggle_out = false;

    FullSpeed()
    {
        dut->mac_address = 0x020000000001;
        dut->m_out_ready = 1;
        dut->utmi_rx_active = dut->utmi_rx_valid = dut->utmi_rx_error = dut->utmi_tx_ready = 0;
        dut->s_in_valid = dut->s_notify_valid = dut->ctl_accept = dut->wake_request = 0;
        dut->utmi_line_state = J;
        reset();
        drive(J, 1000);
        drive(SE0, 400);
        dut->utmi_tx_ready = 1;
        while (dut->utmi_tx_valid)
            drive(K, 1);
        dut->utmi_tx_ready = 0;
        drive(SE0, 5 * MS); // no chirp from this host
        drive(J, 100);
        assert_false(dut->high_speed);
        assert_int_equal(dut->utmi_xcvr_select, 1);
    }
    void clock()
    {
        dut->eval();
        if (dut->m_out_valid && dut->m_out_ready) {
            if (dut->m_out_eot)
                transfers.push_back(std::exchange(out, {}));
            else
                out.push_back(dut->m_out_data);
        }
        tick();
    }
    void drive(Line line, uint64_t count)
    {
        dut->utmi_line_state = line;
        while (count-- > 0)
            clock();
    }
    // A byte takes eight bit times; the line moves, then EOP is two bit times of SE0.
    void send(const Bytes &packet)
    {
        dut->utmi_rx_active = 1;
        for (uint8_t byte : packet) {
            drive(K, 4 * BIT);
            dut->utmi_rx_valid = 1;
            dut->utmi_rx_data = byte;
            drive(J, 1);
            dut->utmi_rx_valid = 0;
            drive(J, 4 * BIT - 1);
        }
        drive(SE0, 1);
        dut->utmi_rx_active = 0;
        drive(SE0, 2 * BIT - 1);
        dut->utmi_line_state = J;
    }
    Bytes answer()
    {
        for (answer_delay = 0; !dut->utmi_tx_valid; answer_delay++) {
            if (answer_delay > 18 * BIT)
                return {};
            clock();
        }
        Bytes packet;
        while (dut->utmi_tx_valid) {
            drive(K, 8 * BIT - 1);
            packet.push_back(dut->utmi_tx_data);
            dut->utmi_tx_ready = 1;
            drive(J, 1);
            dut->utmi_tx_ready = 0;
        }
        drive(SE0, 2 * BIT);
        drive(J, 2 * BIT);
        return packet;
    }
    Bytes transact_out(Pid token, uint8_t address, unsigned endpoint, Pid pid, const Bytes &data)
    {
        send(token_packet(token, address, endpoint));
        drive(J, 3 * BIT);
        send(data_packet(pid, data));
        return answer();
    }
    Bytes transact_in(uint8_t address, unsigned endpoint)
    {
        send(token_packet(IN, address, endpoint));
        const Bytes packet = answer();
        if (packet.size() > 1) {
            drive(J, 3 * BIT);
            send({pid_byte(ACK)});
            drive(J, 3 * BIT);
        }
        return packet;
    }
    Bytes in_after_naks(uint8_t address, unsigned endpoint)
    {
        for (int i = 0; i < 10; i++) {
            const Bytes packet = transact_in(address, endpoint);
            if (packet != Bytes{pid_byte(NAK)})
                return packet;
        }
        return {};
    }
    void request(uint8_t address, const Bytes &setup)
    {
        assert_true(transact_out(SETUP, address, 0, DATA0, setup) == Bytes{pid_byte(ACK)});
        assert_true(in_after_naks(address, 0) == data_packet(DATA1, {}));
    }
    void no_data_request(uint8_t address, uint8_t number, uint8_t value)
    {
        request(address, {0x00, number, value, 0, 0, 0, 0, 0});
    }
    void configure()
    {
        no_data_request(0, 5, 3);
        no_data_request(3, 9, 1);
        assert_true(dut->configured);
    }
};

static const Bytes acknowledge = {pid_byte(ACK)};

static void the_device_descriptor_comes_at_address_0_and_after_set_address(void **)
{
    FullSpeed d;
    const Bytes get = {0x80, 6, 0, 1, 0, 0, 18, 0};
    for (uint8_t address = 0; address <= 3; address += 3) {
        assert_true(d.transact_out(SETUP, address, 0, DATA0, get) == acknowledge);
        const Bytes packet = d.in_after_naks(address, 0);
        assert_int_equal(packet.size(), 21);
        assert_true(packet == data_packet(DATA1, Bytes(packet.begin() + 1, packet.end() - 2)));
        assert_int_equal(packet[1], 18);
        assert_true(d.transact_out(OUT, address, 0, DATA1, {}) == acknowledge);
        if (address == 0)
            d.no_data_request(0, 5, 3);
    }
    assert_true(d.transact_in(0, 0).empty()); // that address is ours no more
}

static void answers_begin_2_to_6_5_bit_times_after_the_packet(void **)
{
    FullSpeed d;
    d.configure();
    // The ULPI link counts 7 to 18 clocks from J to its TX CMD, which comes two clocks after this interface.
    d.transact_out(OUT, 3, 1, DATA0, Bytes(64, 1));
    assert_in_range(d.answer_delay, 5, 16);
    d.transact_in(3, 1);
    assert_in_range(d.answer_delay, 5, 16);
}

static void full_packets_have_64_bytes_and_there_is_neither_nyet_nor_ping(void **)
{
    FullSpeed d;
    d.configure();
    d.dut->m_out_ready = 0;
    Pid pid = DATA0;
    unsigned taken = 0;
    Bytes handshake;
    for (; taken < 100; taken++, pid = pid == DATA0 ? DATA1 : DATA0) {
        handshake = d.transact_out(OUT, 3, 1, pid, Bytes(64, uint8_t(taken)));
        if (handshake != acknowledge)
            break;
    }
    assert_true(handshake == Bytes{pid_byte(NAK)});
    assert_in_range(taken, 30, 32); // 2 KiB
    d.send(token_packet(PING, 3, 1));
    assert_true(d.answer().empty());
    d.dut->m_out_ready = 1;
    d.drive(J, 3000);
    assert_int_equal(d.out.size(), taken * 64);
    assert_true(d.transfers.empty());
    assert_true(d.transact_out(OUT, 3, 1, pid, {}) == acknowledge);
    d.drive(J, 10);
    assert_int_equal(d.transfers.size(), 1);
    assert_true(d.transact_out(OUT, 3, 1, pid == DATA0 ? DATA1 : DATA0, Bytes(65, 1)).empty());
}

static void in_packets_have_64_bytes_and_come_again_without_ack(void **)
{
    FullSpeed d;
    d.configure();
    assert_true(d.transact_in(3, 1) == Bytes{pid_byte(NAK)});
    for (unsigned i = 0; i < 64; i++) {
        d.dut->s_in_valid = 1;
        d.dut->s_in_data = uint8_t(i);
        d.dut->s_in_last = i == 63;
        d.clock();
    }
    d.dut->s_in_valid = 0;
    d.drive(J, 10);
    Bytes data(64);
    for (unsigned i = 0; i < 64; i++)
        data[i] = uint8_t(i);
    d.send(token_packet(IN, 3, 1));
    assert_true(d.answer() == data_packet(DATA0, data));
    d.drive(J, 200); // no ACK
    assert_true(d.transact_in(3, 1) == data_packet(DATA0, data));
    assert_true(d.transact_in(3, 1) == data_packet(DATA1, {}));
    assert_true(d.dut->in_drained);
}

static void a_notification_comes_on_endpoint_2(void **)
{
    FullSpeed d;
    d.configure();
    assert_true(d.transact_in(3, 2) == Bytes{pid_byte(NAK)});
    d.dut->s_notify_valid = 1;
    d.dut->s_notify_data = 0x0807060504030201;
    d.clock();
    d.dut->s_notify_valid = 0;
    assert_true(d.transact_in(3, 2) == data_packet(DATA0, {1, 2, 3, 4, 5, 6, 7, 8}));
    assert_true(d.transact_in(3, 2) == Bytes{pid_byte(NAK)});
}

static void endpoints_do_not_exist_before_set_configuration(void **)
{
    FullSpeed d;
    assert_true(d.transact_in(0, 1).empty());
    assert_true(d.transact_in(0, 2).empty());
    assert_true(d.transact_out(OUT, 0, 1, DATA0, {1}).empty());
    d.configure();
    assert_true(d.transact_in(3, 3).empty());
    assert_true(d.transact_out(OUT, 3, 2, DATA0, {1}).empty());
}

static void suspend(FullSpeed &d)
{
    d.drive(J, 4 * MS);
    assert_true(d.dut->suspended && d.dut->utmi_suspend_n);
    d.drive(J, 3 * MS);
    assert_true(d.dut->suspended && !d.dut->utmi_suspend_n);
}

static void end_resume(FullSpeed &d)
{
    d.drive(K, 20 * MS);
    d.drive(SE0, 2 * 8 * BIT); // a low-speed EOP
    d.drive(J, 100);
    assert_true(!d.dut->suspended && !d.dut->high_speed && d.dut->configured);
    assert_true(d.transact_in(3, 1) == Bytes{pid_byte(NAK)}); // still at its address
}

static void the_host_suspends_and_resumes_it(void **)
{
    FullSpeed d;
    d.configure();
    for (int i = 0; i < 2; i++) {
        suspend(d);
        end_resume(d);
    }
}

static void it_wakes_the_host_that_allows_it(void **)
{
    FullSpeed d;
    d.configure();
    suspend(d);
    d.dut->wake_request = 1; // not allowed
    d.drive(J, 1 * MS);
    assert_true(!d.dut->utmi_suspend_n && !d.dut->utmi_tx_valid);
    d.dut->wake_request = 0;
    end_resume(d);
    d.request(3, {0x00, 3, 1, 0, 0, 0, 0, 0}); // SET_FEATURE: remote wake-up
    suspend(d);
    d.dut->wake_request = 1;
    d.drive(J, 20);
    assert_true(d.dut->utmi_suspend_n && d.dut->utmi_op_mode == 2 && d.dut->utmi_xcvr_select == 1);
    uint64_t driven = 0;
    for (d.dut->utmi_tx_ready = 1; d.dut->utmi_tx_valid; driven++) {
        assert_int_equal(d.dut->utmi_tx_data, 0);
        d.drive(K, 1);
    }
    d.dut->utmi_tx_ready = 0;
    assert_in_range(driven, 1 * MS, 15 * MS);
    end_resume(d);
}

static void requests_that_need_high_speed_or_configuration_2_are_refused(void **)
{
    FullSpeed d;
    d.configure();
    const Bytes test_mode = {0x00, 3, 2, 0, 0, 3, 0, 0}, second = {0x00, 9, 2, 0, 0, 0, 0, 0},
                second_descriptor = {0x80, 6, 1, 2, 0, 0, 9, 0};
    for (const Bytes &setup : {test_mode, second, second_descriptor}) {
        assert_true(d.transact_out(SETUP, 3, 0, DATA0, setup) == acknowledge);
        assert_true(d.in_after_naks(3, 0) == Bytes{pid_byte(STALL)});
    }
    assert_int_equal(d.dut->configuration, 1);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(the_device_descriptor_comes_at_address_0_and_after_set_address),
    cmocka_unit_test(answers_begin_2_to_6_5_bit_times_after_the_packet),
    cmocka_unit_test(full_packets_have_64_bytes_and_there_is_neither_nyet_nor_ping),
    cmocka_unit_test(in_packets_have_64_bytes_and_come_again_without_ack),
    cmocka_unit_test(a_notification_comes_on_endpoint_2),
    cmocka_unit_test(endpoints_do_not_exist_before_set_configuration),
    cmocka_unit_test(the_host_suspends_and_resumes_it),
    cmocka_unit_test(it_wakes_the_host_that_allows_it),
    cmocka_unit_test(requests_that_need_high_speed_or_configuration_2_are_refused),
};
RUN_TESTS(tests)
