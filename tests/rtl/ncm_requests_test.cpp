// SPDX-License-Identifier: BSD-2-Clause
#include "Vncm_requests.h"
#include "usb_bench.h"

namespace
{

struct Requests : Bench<Vncm_requests> {
    Requests()
    {
        dut->configured = 1;
        dut->listens = dut->flush = dut->ctl_start = dut->ctl_commit = 0;
        reset();
    }
    // Whether the request is accepted; then it is ended well.
    bool request(uint8_t type, uint8_t number, uint16_t value, uint16_t index, uint16_t length)
    {
        dut->ctl_setup = type | uint64_t(number) << 8 | uint64_t(value) << 16 | uint64_t(index) << 32 |
                         uint64_t(length) << 48;
        dut->ctl_start = 1;
        tick();
        dut->ctl_start = 0;
        ticks(15);
        const bool accepted = dut->ctl_accept;
        dut->ctl_commit = accepted;
        tick();
        dut->ctl_commit = 0;
        return accepted;
    }
    Bytes read()
    {
        Bytes data;
        for (unsigned i = 0; i < dut->ctl_in_length; i++) {
            dut->ctl_in_address = uint16_t(i);
            tick();
            data.push_back(dut->ctl_in_data);
        }
        return data;
    }
};

void the_parameters_and_the_input_size_can_be_read(void **)
{
    Requests r;
    assert_true(r.request(0xA1, 0x80, 0, 0, 28));
    assert_true(r.read() == (Bytes{28, 0, 1, 0,  0, 8, 0, 0, 4, 0, 2, 0, 4, 0,
                                   0,  0, 0, 16, 0, 0, 4, 0, 2, 0, 4, 0, 1, 0}));
    assert_true(r.request(0xA1, 0x85, 0, 0, 4));
    assert_true(r.read() == (Bytes{0, 8, 0, 0}));
}

void only_requests_that_are_advertised_and_well_formed_are_accepted(void **)
{
    Requests r;
    assert_true(r.request(0x21, 0x86, 0, 0, 4));
    assert_false(r.request(0x21, 0x86, 0, 0, 8));
    assert_false(r.request(0x21, 0x86, 1, 0, 4));
    assert_false(r.request(0xA1, 0x80, 0, 0, 0));
    assert_false(r.request(0xA1, 0x80, 0, 1, 28)); // the data interface
    assert_false(r.request(0xC1, 0x80, 0, 0, 28)); // vendor
    assert_false(r.request(0x21, 0x80, 0, 0, 28));
    assert_false(r.request(0x21, 0x43, 12, 0, 1));
    for (unsigned number = 0; number < 256; number++) {
        const bool read = number == 0x80 || number == 0x85, write = number == 0x86;
        assert_int_equal(r.request(0xA1, uint8_t(number), 0, 0, 4), read);
        assert_int_equal(r.request(0x21, uint8_t(number), 0, 0, 4), write);
        assert_int_equal(r.request(0x21, uint8_t(number), 0, 0, 0), number == 0x43);
    }
    r.dut->listens = 1;
    assert_false(r.request(0x21, 0x86, 0, 0, 4));
    r.dut->configured = 0;
    assert_false(r.request(0xA1, 0x80, 0, 0, 28));
}

void the_packet_filter_takes_effect_at_the_requests_end_and_is_reset_by_a_flush(void **)
{
    Requests r;
    assert_int_equal(r.dut->packet_filter, 0x1C);
    for (uint16_t filter = 0; filter < 32; filter++) {
        assert_true(r.request(0x21, 0x43, filter, 0, 0));
        assert_int_equal(r.dut->packet_filter, filter);
    }
    r.request(0xA1, 0x80, 0, 0, 28);
    assert_int_equal(r.dut->packet_filter, 31);
    r.dut->flush = 1;
    r.tick();
    r.dut->flush = 0;
    assert_int_equal(r.dut->packet_filter, 0x1C);
}

const CMUnitTest tests[] = {
    cmocka_unit_test(the_parameters_and_the_input_size_can_be_read),
    cmocka_unit_test(only_requests_that_are_advertised_and_well_formed_are_accepted),
    cmocka_unit_test(the_packet_filter_takes_effect_at_the_requests_end_and_is_reset_by_a_flush),
};

} // namespace
RUN_TESTS(tests)
