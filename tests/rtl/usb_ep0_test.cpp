// SPDX-License-Identifier: BSD-2-Clause
#include "Vusb_ep0.h"
#include "usb_bench.h"
#include "weir_link.h"
#include <map>

// The transaction layer's and both responders' side of endpoint 0.
struct Control : Bench<Vusb_ep0> {
    unsigned standard_starts = 0, standard_commits = 0, ctl_starts = 0, ctl_commits = 0, status_acks = 0;
    std::map<unsigned, uint8_t> out; // byte by address

    Control()
    {
        dut->setup_token = dut->taking = dut->byte_valid = dut->commit = dut->in_token = dut->in_sent = dut->in_ack = 0;
        dut->packet_length = 0;
        dut->standard_accept = dut->ctl_accept = 1;
        reset();
    }
    void clock()
    {
        dut->eval();
        const unsigned address = dut->in_address;
        status_acks += dut->status_ack;
        tick();
        dut->ctl_in_data = uint8_t(address * 7);
        dut->standard_in_data = uint8_t(address * 5);
        dut->eval();
        standard_starts += dut->standard_start;
        standard_commits += dut->standard_commit;
        ctl_starts += dut->ctl_start;
        ctl_commits += dut->ctl_commit;
        if (dut->ctl_out_valid)
            out[dut->ctl_out_address] = dut->ctl_out_data;
    }
    void idle(unsigned count)
    {
        while (count-- > 0)
            clock();
    }
    void data(const Bytes &bytes, bool good)
    {
        dut->taking = 1;
        dut->packet_length = 0;
        clock();
        for (uint8_t byte : bytes) {
            dut->byte_valid = 1;
            dut->packet_length++;
            dut->byte_data = byte;
            clock();
        }
        dut->byte_valid = 0;
        idle(2);
        dut->commit = good;
        clock();
        dut->commit = 0;
        clock();
        dut->taking = 0;
        clock();
    }
    void setup(const Bytes &bytes, bool good = true)
    {
        dut->is_setup = 1;
        dut->setup_token = 1;
        clock();
        dut->setup_token = 0;
        data(bytes, good);
        dut->is_setup = 0;
        idle(40);
    }
    // An OUT transaction; false when the endpoint would not take it.
    bool send(const Bytes &bytes, bool toggle = true, bool good = true)
    {
        if (!dut->out_ready || dut->out_stall)
            return false;
        if (dut->out_toggle == toggle)
            data(bytes, good);
        return true;
    }
    // An IN transaction.
    bool receive(Bytes &bytes, bool ack = true)
    {
        bytes.clear();
        const bool answers = dut->in_ready && !dut->in_stall;
        dut->in_token = 1;
        clock();
        dut->in_token = 0;
        if (!answers)
            return false;
        for (unsigned i = 0; i < dut->in_length; i++) {
            dut->in_offset = uint8_t(i);
            clock();
            bytes.push_back(dut->in_data);
        }
        dut->in_sent = 1;
        clock();
        dut->in_sent = 0;
        idle(3);
        dut->in_ack = ack;
        clock();
        dut->in_ack = 0;
        clock();
        return true;
    }
};

static Bytes request(uint8_t type, uint8_t number, unsigned length)
{
    return {type, number, 1, 2, 3, 4, uint8_t(length), uint8_t(length >> 8)};
}

static void reads_are_cut_into_packets_and_end_short(void **)
{
    for (unsigned wanted = 1; wanted <= 260; wanted += wanted < 60 || wanted > 70 ? 7 : 1)
        for (unsigned offered = 0; offered <= 256; offered += 32) {
            Control c;
            c.dut->ctl_in_length = uint16_t(offered);
            c.setup(request(0xC0, 1, wanted));
            const unsigned expected = wanted < offered ? wanted : offered;
            Bytes got, packet;
            bool toggle = true, more = true;
            while (more) {
                assert_int_equal(c.dut->in_toggle, toggle);
                assert_true(c.receive(packet));
                got.insert(got.end(), packet.begin(), packet.end());
                more = packet.size() == 64 && got.size() < wanted;
                toggle = !toggle;
            }
            assert_int_equal(got.size(), expected);
            for (unsigned i = 0; i < expected; i++)
                assert_int_equal(got[i], uint8_t(i * 7));
            assert_false(c.receive(packet));
            assert_int_equal(c.ctl_commits, 0);
            assert_true(c.send({}));
            assert_true(c.ctl_starts == 1 && c.ctl_commits == 1 &&
                        c.standard_starts + c.standard_commits == 0);
        }
}

static void writes_hand_on_what_good_packets_hold_and_commit_with_the_status_stage(void **)
{
    std::mt19937 random(1);
    for (unsigned length = 1; length <= 200; length++) {
        Control c;
        const Bytes data = random_bytes(random, length);
        c.setup(request(0x40, 2, length));
        bool toggle = true;
        for (unsigned at = 0; at < length; at += 64, toggle = !toggle) {
            const Bytes packet(data.begin() + at, data.begin() + std::min(length, at + 64));
            assert_true(c.send(random_bytes(random, 1 + random() % 70), toggle, false));
            assert_true(c.send(packet, toggle));
        }
        for (unsigned i = 0; i < length; i++)
            assert_true(c.out.count(i) == 1 && c.out[i] == data[i]);
        assert_int_equal(c.ctl_commits, 0);
        Bytes status = {1};
        assert_int_equal(c.dut->in_toggle, 1);
        assert_true(c.receive(status));
        assert_true(status.empty());
        assert_int_equal(c.ctl_commits, 1);
    }
}

static void bytes_past_a_packets_end_or_behind_the_data_stage_are_not_handed_on(void **)
{
    Control c;
    c.setup(request(0x40, 2, 100));
    c.send(Bytes(1023, 9), true, false); // babble
    assert_int_equal(c.out.size(), 64);
    assert_int_equal(c.out.rbegin()->first, 63);
    c.send(Bytes(64, 1));
    c.send(Bytes(36, 1), false);
    c.data(Bytes(36, 2), false); // the packet once more: a duplicate
    Bytes status;
    assert_true(c.receive(status));
    c.data(Bytes(5, 3), false);
    assert_int_equal(c.out.size(), 100);
    for (const auto &[address, byte] : c.out)
        assert_true(address < 100 && byte == 1);
}

static void a_request_without_data_commits_once_though_its_ack_is_lost(void **)
{
    Control c;
    c.setup(request(0x00, 5, 0));
    Bytes status;
    assert_true(c.receive(status, false));
    assert_true(c.standard_commits == 1 && c.status_acks == 0);
    assert_true(c.receive(status, false));
    assert_true(c.receive(status));
    assert_true(c.standard_commits == 1 && c.status_acks == 1 && c.standard_starts == 1 && c.ctl_starts == 0);
    assert_false(c.receive(status));
}

// USB 2.0 section 8.5.3: without a data stage the status stage is an IN, also of a request that would read.
static void a_read_of_no_bytes_has_a_status_stage_in(void **)
{
    Control c;
    c.dut->ctl_in_length = 64;
    c.setup(request(0xC0, 1, 0));
    Bytes packet;
    assert_true(c.dut->in_toggle);
    assert_true(c.receive(packet));
    assert_int_equal(packet.size(), 0);
    assert_int_equal(c.ctl_commits, 1);
    assert_false(c.receive(packet));
    assert_int_equal(c.ctl_commits, 1);
}

static void what_is_not_accepted_stalls_until_the_next_setup(void **)
{
    Control c;
    c.dut->ctl_accept = 0;
    c.setup(request(0xC0, 1, 4));
    assert_true(c.dut->in_stall);
    c.setup(request(0xE0, 1, 4)); // the reserved type: nobody is asked
    assert_true(c.dut->in_stall);
    assert_true(c.ctl_starts == 1 && c.standard_starts == 0);
    c.setup(request(0xA1, 1, 4)); // a class request goes to the link
    assert_true(c.dut->in_stall && c.ctl_starts == 2);
    c.setup(request(0xC0, WEIR_REQ_MS_OS_20, 4)); // but this vendor request does not
    assert_true(!c.dut->in_stall && c.ctl_starts == 2 && c.standard_starts == 1);
    c.setup(request(0x40, WEIR_REQ_MS_OS_20, 4));
    assert_true(c.dut->in_stall && c.ctl_starts == 3 && c.standard_starts == 1);
    c.dut->standard_in_length = 18;
    c.setup(request(0x80, 6, 18));
    assert_false(c.dut->in_stall);
    Bytes got;
    assert_true(c.receive(got));
    assert_int_equal(got.size(), 18);
}

static void the_host_may_stop_reading_early_or_be_ahead_by_a_lost_ack(void **)
{
    Control c;
    c.dut->ctl_in_length = 200;
    c.setup(request(0xC0, 1, 200));
    Bytes got;
    assert_true(c.receive(got));
    assert_true(c.receive(got, false)); // our copy of the ACK was lost; the host goes on to the status stage
    assert_true(c.send({}));
    assert_int_equal(c.ctl_commits, 1);
    assert_false(c.receive(got));
    assert_int_equal(c.dut->out_toggle, 0); // that packet once more is a duplicate, and is acknowledged
    assert_true(c.dut->out_ready);
}

static void assert_stalled(Control &c)
{
    Bytes packet;
    assert_true(c.dut->in_stall && c.dut->out_stall);
    assert_false(c.receive(packet));
    assert_false(c.send({}));
    assert_true(c.dut->in_stall && c.dut->out_stall);
    assert_int_equal(c.ctl_commits, 0);
}

static void more_data_than_announced_stalls(void **)
{
    Control c;
    c.setup(request(0x40, 2, 10));
    c.send(Bytes(11, 1));
    assert_stalled(c);
    c.setup(request(0x40, 2, 64));
    c.send(Bytes(64, 1));
    c.send({1}, false);
    assert_stalled(c);
}

// USB 2.0 section 8.5.3: a short packet ends the data stage. What was announced is what a request of ours needs.
static void less_data_than_announced_stalls(void **)
{
    for (unsigned length : {1u, 10u, 63u, 64u, 65u, 128u, 130u})
        for (unsigned sent = 0; sent < length; sent++) {
            Control c;
            c.setup(request(0x40, 2, length));
            unsigned at = 0;
            bool toggle = true;
            for (; at + 64 <= sent; at += 64, toggle = !toggle)
                assert_true(c.send(Bytes(64, 1), toggle));
            assert_true(c.send(Bytes(sent - at, 1), toggle));
            assert_stalled(c);
            c.setup(request(0x40, 2, 0)); // over with the next request
            Bytes status;
            assert_true(c.receive(status));
            assert_int_equal(c.ctl_commits, 1);
        }
}

static void a_status_stage_that_comes_too_early_stalls(void **)
{
    for (unsigned packets = 0; packets < 2; packets++) {
        Control c;
        c.setup(request(0x40, 2, 100));
        if (packets > 0)
            c.send(Bytes(64, 1));
        Bytes status;
        assert_true(c.dut->in_stall && !c.dut->out_stall);
        assert_false(c.receive(status));
        assert_stalled(c);
    }
}

// USB 2.0 section 8.5.3.1 wants an empty one of the host, and lets the device take any.
static void the_status_packet_of_a_read_may_have_any_length(void **)
{
    for (unsigned length = 0; length <= 64; length++) {
        Control c;
        c.dut->ctl_in_length = 20;
        c.setup(request(0xC0, 1, 20));
        Bytes got;
        assert_true(c.receive(got));
        assert_true(c.send(Bytes(length, 1)));
        assert_int_equal(c.ctl_commits, 1);
        assert_true(c.out.empty());
    }
}

static void a_setup_in_the_middle_of_a_request_begins_the_next_one(void **)
{
    Control c;
    c.dut->ctl_in_length = 200;
    c.setup(request(0xC0, 1, 200));
    Bytes got;
    c.receive(got);
    c.setup(request(0xC0, 1, 10), false); // broken: the host will repeat it
    assert_false(c.dut->in_ready);
    c.setup(request(0xC0, 1, 10));
    assert_true(c.receive(got));
    assert_int_equal(got.size(), 10);
    assert_int_equal(got[0], 0);
    assert_int_equal(c.dut->setup, 0x000A040302010000 | 0x01C0);
    assert_int_equal(c.ctl_starts, 2);
}

static const CMUnitTest tests[] = {
    cmocka_unit_test(reads_are_cut_into_packets_and_end_short),
    cmocka_unit_test(writes_hand_on_what_good_packets_hold_and_commit_with_the_status_stage),
    cmocka_unit_test(bytes_past_a_packets_end_or_behind_the_data_stage_are_not_handed_on),
    cmocka_unit_test(a_request_without_data_commits_once_though_its_ack_is_lost),
    cmocka_unit_test(a_read_of_no_bytes_has_a_status_stage_in),
    cmocka_unit_test(what_is_not_accepted_stalls_until_the_next_setup),
    cmocka_unit_test(the_host_may_stop_reading_early_or_be_ahead_by_a_lost_ack),
    cmocka_unit_test(more_data_than_announced_stalls),
    cmocka_unit_test(less_data_than_announced_stalls),
    cmocka_unit_test(a_status_stage_that_comes_too_early_stalls),
    cmocka_unit_test(the_status_packet_of_a_read_may_have_any_length),
    cmocka_unit_test(a_setup_in_the_middle_of_a_request_begins_the_next_one),
};
RUN_TESTS(tests)
