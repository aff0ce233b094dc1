// SPDX-License-Identifier: BSD-2-Clause
#include <cstdarg>
#include <cstddef>
#include <csetjmp>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}
#include <vector>
#include "Vcontrol.h"
#include "clocks.h"
#include "weir_link.h"

namespace
{

using Bytes = std::vector<uint8_t>;
const uint8_t in = 0xC0, out = 0x40;

// Plays usb_device's endpoint 0, and the counters (counter n reads as n * 01020305h).
struct Bench {
    Vcontrol m;
    struct Table {
        uint16_t entry;
        uint64_t value;
    };
    std::vector<Table> tables;
    std::vector<uint32_t> accesses;

    Bench()
    {
        m.mac_address = 0x025745495201;
        m.link_status = 0xD;
        m.m_table_ready = 1;
        m.rst = 1;
        clock(10);
        m.rst = 0;
        clock(2);
    }
    void clock(unsigned n = 1)
    {
        while (n--) {
            m.clk = 0;
            m.eval();
            if (m.m_table_valid && m.m_table_ready)
                tables.push_back({static_cast<uint16_t>(m.m_table_data[2]),
                                  uint64_t{m.m_table_data[1]} << 32 | m.m_table_data[0]});
            if (m.m_mdio_valid)
                accesses.push_back(m.m_mdio_request);
            uint32_t counter = (m.counters_index / 2) * 0x01020305u;
            const bool upper = m.counters_index & 1;
            m.clk = 1;
            m.eval();
            m.counters_value = static_cast<uint16_t>(upper ? counter >> 16 : counter);
            m.eval();
        }
    }
    bool start(uint8_t type, uint8_t request, uint16_t index, uint16_t length, uint16_t value = 0)
    {
        m.ctl_setup = uint64_t{length} << 48 | uint64_t{index} << 32 | uint64_t{value} << 16 |
                      uint64_t{request} << 8 | type;
        m.ctl_start = 1;
        clock();
        m.ctl_start = 0;
        clock(15);
        return m.ctl_accept;
    }
    void commit()
    {
        m.ctl_commit = 1;
        clock();
        m.ctl_commit = 0;
        clock(3);
    }
    Bytes fetch(unsigned length)
    {
        Bytes bytes;
        m.ctl_in_address = 0;
        clock();
        for (unsigned i = 0; i < length; i++) {
            m.ctl_in_address = static_cast<uint16_t>(i);
            clock();
            bytes.push_back(m.ctl_in_data);
        }
        return bytes;
    }
    void give(const Bytes &bytes)
    {
        for (size_t i = 0; i < bytes.size(); i++) {
            m.ctl_out_valid = 1;
            m.ctl_out_address = static_cast<uint16_t>(i);
            m.ctl_out_data = bytes[i];
            clock();
        }
        m.ctl_out_valid = 0;
        clock();
    }
    uint32_t read_register(uint16_t index)
    {
        assert_true(start(in, WEIR_REQ_READ_REG, index, 4));
        assert_int_equal(m.ctl_in_length, 4);
        Bytes b = fetch(4);
        commit();
        return b[0] | b[1] << 8 | b[2] << 16 | static_cast<uint32_t>(b[3]) << 24;
    }
    void write_register(uint16_t index, uint32_t v)
    {
        assert_true(start(out, WEIR_REQ_WRITE_REG, index, 4));
        give({static_cast<uint8_t>(v), static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v >> 16),
              static_cast<uint8_t>(v >> 24)});
        commit();
    }
    // Takes the waiting interrupt message.
    uint64_t notification()
    {
        assert_true(m.m_notify_valid);
        uint64_t data = m.m_notify_data;
        m.m_notify_ready = 1;
        clock();
        m.m_notify_ready = 0;
        clock();
        return data;
    }
};

const Bytes eight = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};

void capabilities_are_laid_out_as_in_weir_link(void **)
{
    Bench b;
    assert_true(b.start(in, WEIR_REQ_GET_CAPS, 0, WEIR_CAPS_SIZE));
    assert_int_equal(b.m.ctl_in_length, WEIR_CAPS_SIZE);
    Bytes want(WEIR_CAPS_SIZE);
    auto put = [&](unsigned at, uint32_t v, unsigned n) {
        for (; n--; v >>= 8)
            want[at++] = static_cast<uint8_t>(v);
    };
    put(WEIR_CAPS_MAJOR, WEIR_VERSION_MAJOR, 1);
    put(WEIR_CAPS_MINOR, WEIR_VERSION_MINOR, 1);
    put(WEIR_CAPS_COUNTERS, WEIR_COUNTERS, 2);
    put(WEIR_CAPS_FEATURES,
        WEIR_CAP_TIMESTAMP | WEIR_CAP_COALESCE | WEIR_CAP_LOOPBACK | WEIR_CAP_MDIO | WEIR_CAP_ARP,
        4); // as in lib.mk, like the rest
    put(WEIR_CAPS_MAX_SUPERFRAME, 65791, 4);
    put(WEIR_CAPS_MAX_FRAME, 9600, 2);
    put(WEIR_CAPS_MAC_ENTRIES, 20, 1);
    put(WEIR_CAPS_ARP_ENTRIES, 4, 1);
    const uint8_t mac[] = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01};
    for (unsigned i = 0; i < 6; i++)
        want[WEIR_CAPS_MAC + i] = mac[i];
    put(WEIR_CAPS_TX_MEMORY, 32768, 4);
    put(WEIR_CAPS_RX_MEMORY, 65536, 4);
    assert_memory_equal(b.fetch(WEIR_CAPS_SIZE).data(), want.data(), WEIR_CAPS_SIZE);
}

void registers_read_as_they_were_written_and_reset_to_what_weir_link_says(void **)
{
    Bench b;
    assert_int_equal(b.read_register(WEIR_REG_ID), 0x52494557);
    assert_int_equal(b.read_register(WEIR_REG_LINK), 0xD);
    assert_int_equal(b.read_register(WEIR_REG_IN_TIMEOUT), WEIR_IN_TIMEOUT_RESET);
    assert_int_equal(b.read_register(WEIR_REG_SCRATCH), 0);
    b.write_register(WEIR_REG_SCRATCH, 0x89ABCDEF);
    b.write_register(WEIR_REG_IN_TIMEOUT, 0x1234);
    assert_int_equal(b.read_register(WEIR_REG_SCRATCH), 0x89ABCDEF);
    assert_int_equal(b.read_register(WEIR_REG_IN_TIMEOUT), 0x1234);
    assert_int_equal(b.m.in_timeout, 0x1234);
    b.write_register(WEIR_REG_IN_TIMEOUT, 0x10000); // more than there are bits: as long as can be
    assert_int_equal(b.m.in_timeout, 0xFFFF);
    assert_int_equal(b.read_register(WEIR_REG_ACK_HOLD), WEIR_ACK_HOLD_RESET);
    b.write_register(WEIR_REG_ACK_HOLD, 0x4321);
    assert_int_equal(b.read_register(WEIR_REG_ACK_HOLD), 0x4321);
    assert_int_equal(b.m.ack_hold, 0x4321);
    b.write_register(WEIR_REG_ACK_HOLD, 0x12345678);
    assert_int_equal(b.m.ack_hold, 0xFFFF);
    assert_int_equal(b.m.in_timeout, 0xFFFF);
}

void the_receive_mode_takes_the_bits_that_the_card_has(void **)
{
    Bench b;
    assert_int_equal(b.read_register(WEIR_REG_RX_MODE), 0);
    b.write_register(WEIR_REG_RX_MODE, 0xFFFFFFFF);
    assert_int_equal(b.read_register(WEIR_REG_RX_MODE), WEIR_RX_MODE_TIMESTAMP | WEIR_RX_MODE_COALESCE);
    for (unsigned mode : {WEIR_RX_MODE_COALESCE, WEIR_RX_MODE_TIMESTAMP}) {
        b.write_register(WEIR_REG_RX_MODE, mode);
        assert_int_equal(b.read_register(WEIR_REG_RX_MODE), mode);
        assert_int_equal(b.m.rx_mode, mode);
    }
    b.write_register(WEIR_REG_RX_MODE, WEIR_RX_MODE_TIMESTAMP);
    b.m.link_flush = 1;
    b.clock();
    b.m.link_flush = 0;
    assert_int_equal(b.m.rx_mode, 0);
}

void loopback_is_set_alone_and_ends_when_the_host_starts_anew(void **)
{
    Bench b;
    assert_int_equal(b.m.loopback, 0);
    b.write_register(WEIR_REG_SCRATCH, 0xFFFFFFFF);
    b.write_register(WEIR_REG_IN_TIMEOUT, 1);
    assert_int_equal(b.m.loopback, 0);
    b.write_register(WEIR_REG_LOOPBACK, 0xFFFFFFFF);
    assert_int_equal(b.read_register(WEIR_REG_LOOPBACK), WEIR_LOOPBACK_MAC);
    assert_int_equal(b.m.loopback, 1);
    assert_int_equal(b.m.in_timeout, 1);
    b.m.link_flush = 1;
    b.clock();
    b.m.link_flush = 0;
    assert_int_equal(b.m.loopback, 0);
}

void an_access_by_mdio_begins_when_it_is_written_and_is_told_when_done(void **)
{
    Bench b;
    const uint32_t request = WEIR_MDIO_WRITE | 9 << WEIR_MDIO_REGISTER_SHIFT | 0x1200;
    b.write_register(WEIR_REG_SCRATCH, 0xFFFFFFFF);
    b.write_register(WEIR_REG_IN_TIMEOUT, 0x21);
    assert_int_equal(b.accesses.size(), 0);
    b.write_register(WEIR_REG_MDIO, request);
    assert_int_equal(b.accesses.size(), 1);
    assert_int_equal(b.accesses[0], request);
    assert_int_equal(b.m.in_timeout, 0x21);
    b.m.mdio_busy = 1;
    assert_int_equal(b.read_register(WEIR_REG_MDIO) & WEIR_MDIO_BUSY, WEIR_MDIO_BUSY);
    assert_false(b.start(out, WEIR_REQ_WRITE_REG, WEIR_REG_MDIO, 4));
    b.give({1, 2, 3, 0});
    b.commit();
    b.write_register(WEIR_REG_SCRATCH, 5); // others are not held up
    b.m.mdio_busy = 0;
    b.m.mdio_answer = 0x1BEEF;
    assert_int_equal(b.read_register(WEIR_REG_MDIO), WEIR_MDIO_ANSWERED | 0xBEEF);
    assert_int_equal(b.accesses.size(), 1);
    b.write_register(WEIR_REG_MDIO, 0);
    assert_int_equal(b.accesses.size(), 2);
}

void an_access_that_ends_while_it_is_asked_for_is_told_as_busy(void **)
{
    Bench b;
    b.m.mdio_busy = 1;
    assert_true(b.start(in, WEIR_REQ_READ_REG, WEIR_REG_MDIO, 4));
    b.fetch(2);
    b.m.mdio_busy = 0; // its first bytes are those of before
    b.m.mdio_answer = 0x1FFFF;
    Bytes bytes = b.fetch(4);
    assert_int_equal(bytes[2] & WEIR_MDIO_BUSY >> 16, WEIR_MDIO_BUSY >> 16);
}

void both_halves_of_the_time_are_of_one_moment(void **)
{
    Bench b;
    b.m.device_time = 0x00000012FFFFFFFE;
    assert_int_equal(b.read_register(WEIR_REG_TIME), 0xFFFFFFFE);
    b.m.device_time = 0x0000001300000010;
    assert_int_equal(b.read_register(WEIR_REG_SCRATCH), 0);
    assert_int_equal(b.read_register(WEIR_REG_TIME_HIGH), 0x12);
    assert_int_equal(b.read_register(WEIR_REG_TIME_HIGH), 0x12);
    assert_int_equal(b.read_register(WEIR_REG_TIME), 0x10);
    assert_int_equal(b.read_register(WEIR_REG_TIME_HIGH), 0x13);
}

void a_write_acts_at_commit_and_only_when_all_its_bytes_came(void **)
{
    Bench b;
    assert_true(b.start(out, WEIR_REQ_WRITE_REG, WEIR_REG_IN_TIMEOUT, 4));
    b.give({1, 0, 0, 0});
    b.clock(100);
    assert_int_equal(b.m.in_timeout, WEIR_IN_TIMEOUT_RESET);
    assert_true(
        b.start(out, WEIR_REQ_WRITE_REG, WEIR_REG_IN_TIMEOUT, 4)); // the one before was never finished
    b.give({2, 0, 0});
    b.commit();
    assert_int_equal(b.m.in_timeout, WEIR_IN_TIMEOUT_RESET);
    assert_true(b.start(out, WEIR_REQ_WRITE_TABLE, 0, 8));
    b.give({1, 2, 3, 4, 5, 6, 7});
    b.commit();
    assert_int_equal(b.tables.size(), 0);
}

void a_table_entry_crosses_whole(void **)
{
    Bench b;
    assert_true(b.start(out, WEIR_REQ_WRITE_TABLE, WEIR_TABLE_MAC << 8 | 19, 8));
    b.give(eight);
    assert_int_equal(b.tables.size(), 0);
    b.commit();
    assert_int_equal(b.tables.size(), 1);
    assert_int_equal(b.tables[0].entry, WEIR_TABLE_MAC << 8 | 19);
    assert_true(b.tables[0].value == 0x8877665544332211);
}

void a_table_entry_is_refused_while_the_one_before_is_under_way(void **)
{
    Bench b;
    b.m.m_table_ready = 0;
    assert_false(b.start(out, WEIR_REQ_WRITE_TABLE, 0, 8));
    b.m.m_table_ready = 1;
    assert_true(b.start(out, WEIR_REQ_WRITE_TABLE, 0, 8));
}

void a_refused_write_changes_nothing(void **)
{
    Bench b;
    assert_false(b.start(out, WEIR_REQ_WRITE_TABLE, 0, 8, 1));
    b.give(eight);
    b.commit();
    assert_false(b.start(out, WEIR_REQ_WRITE_REG, WEIR_REG_SCRATCH, 4, 1));
    b.give({1, 2, 3, 4});
    b.commit();
    assert_int_equal(b.tables.size(), 0);
    assert_int_equal(b.read_register(WEIR_REG_SCRATCH), 0);
}

void requests_that_weir_link_does_not_know_are_refused(void **)
{
    struct {
        uint8_t type, request;
        uint16_t index, length, value;
    } bad[] = {
        {in, 0, 0, 4, 0},
        {in, 6, 0, 4, 0},
        {in, 255, 0, 4, 0},
        {out, WEIR_REQ_GET_CAPS, 0, 32, 0},
        {0xC1, WEIR_REQ_GET_CAPS, 0, 32, 0},
        {in, WEIR_REQ_GET_CAPS, 1, 32, 0},
        {in, WEIR_REQ_GET_CAPS, 0, 32, 1},
        {in, WEIR_REQ_GET_CAPS, 0, 0, 0},
        {out, WEIR_REQ_READ_REG, 0, 4, 0},
        {in, WEIR_REQ_READ_REG, 11, 4, 0},
        {in, WEIR_REQ_READ_REG, 256, 4, 0},
        {in, WEIR_REQ_READ_REG, 0, 3, 0},
        {in, WEIR_REQ_READ_REG, 0, 8, 0},
        {in, WEIR_REQ_WRITE_REG, 3, 4, 0},
        {out, WEIR_REQ_WRITE_REG, 0, 4, 0},
        {out, WEIR_REQ_WRITE_REG, 1, 4, 0},
        {out, WEIR_REQ_WRITE_REG, WEIR_REG_TIME, 4, 0},
        {out, WEIR_REQ_WRITE_REG, WEIR_REG_TIME_HIGH, 4, 0},
        {out, WEIR_REQ_WRITE_REG, 8, 4, 0},
        {out, WEIR_REQ_WRITE_REG, 259, 4, 0},
        {out, WEIR_REQ_WRITE_REG, 3, 5, 0},
        {in, WEIR_REQ_WRITE_TABLE, 0, 8, 0},
        {out, WEIR_REQ_WRITE_TABLE, 0, 7, 0},
        {out, WEIR_REQ_WRITE_TABLE, 1, 8, 0},
        {out, WEIR_REQ_WRITE_TABLE, 0x100 + 20, 8, 0},
        {out, WEIR_REQ_WRITE_TABLE, 0x200 + 4, 8, 0},
        {out, WEIR_REQ_WRITE_TABLE, 0x301, 8, 0},
        {out, WEIR_REQ_WRITE_TABLE, 0x400, 8, 0},
        {out, WEIR_REQ_GET_COUNTERS, 0, 192, 0},
        {in, WEIR_REQ_GET_COUNTERS, 1, 192, 0},
    };
    Bench b;
    for (auto &r : bad)
        if (b.start(r.type, r.request, r.index, r.length, r.value))
            fail_msg("type %02x request %u index %u length %u value %u was accepted", r.type, r.request,
                     r.index, r.length, r.value);
    for (uint16_t entry : {0, 0x100, 0x113, 0x200, 0x203, 0x300})
        assert_true(b.start(out, WEIR_REQ_WRITE_TABLE, entry, 8));
}

void counters_are_held_from_the_start_of_the_request_to_its_end(void **)
{
    Bench b;
    assert_false(b.m.counters_hold);
    assert_true(b.start(in, WEIR_REQ_GET_COUNTERS, 0, 4 * WEIR_COUNTERS));
    assert_int_equal(b.m.ctl_in_length, 4 * WEIR_COUNTERS);
    assert_true(b.m.counters_hold);
    Bytes bytes = b.fetch(4 * WEIR_COUNTERS);
    assert_true(b.m.counters_hold);
    for (unsigned i = 0; i < 4 * WEIR_COUNTERS; i++)
        assert_int_equal(bytes[i], (i / 4 * 0x01020305u) >> i % 4 * 8 & 0xFF);
    b.commit();
    assert_false(b.m.counters_hold);
    assert_true(b.start(in, WEIR_REQ_GET_COUNTERS, 0, 4)); // never ended
    b.read_register(WEIR_REG_ID);
    assert_false(b.m.counters_hold);
}

void the_link_is_told_on_change_only_and_as_it_is_when_the_host_takes_it(void **)
{
    Bench b;
    b.clock(50);
    assert_false(b.m.m_notify_valid); // what it was at start is no change
    b.m.link_status = 0;
    b.clock(10);
    assert_true(b.notification() == 0);
    assert_false(b.m.m_notify_valid);
    b.m.link_status = 0x3;
    b.clock(10);
    b.m.link_status = 0x5;
    b.clock(10);
    assert_true(b.notification() == 0x5);
    assert_false(b.m.m_notify_valid);
    b.m.link_status = 0xD;
    b.clock(10);
    b.m.link_status = 0x5;
    b.clock(10);
    assert_false(b.m.m_notify_valid); // changed back
}

void a_conflict_is_told_once_with_the_links_state(void **)
{
    Bench b;
    for (unsigned i = 0; i < 3; i++) {
        b.m.arp_conflict = 1;
        b.clock();
        b.m.arp_conflict = 0;
        b.clock(5);
    }
    assert_true(b.notification() == 0x10D);
    assert_false(b.m.m_notify_valid);
}

void a_conflict_in_the_clock_in_which_one_is_taken_is_told_again(void **)
{
    Bench b;
    b.m.arp_conflict = 1;
    b.clock();
    b.m.m_notify_ready = 1;
    b.clock();
    b.m.arp_conflict = b.m.m_notify_ready = 0;
    b.clock();
    assert_true(b.notification() == 0x10D);
}

void a_flush_forgets_messages_but_not_registers(void **)
{
    Bench b;
    b.write_register(WEIR_REG_SCRATCH, 7);
    b.m.link_status = 0;
    b.m.arp_conflict = 1;
    b.clock(1);
    b.m.arp_conflict = 0;
    b.clock(10);
    assert_true(b.start(in, WEIR_REQ_GET_COUNTERS, 0, 4));
    b.m.link_flush = 1;
    b.clock();
    b.m.link_flush = 0;
    b.clock();
    assert_false(b.m.m_notify_valid);
    assert_false(b.m.counters_hold);
    assert_int_equal(b.read_register(WEIR_REG_SCRATCH), 7);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_are_laid_out_as_in_weir_link),
        cmocka_unit_test(registers_read_as_they_were_written_and_reset_to_what_weir_link_says),
        cmocka_unit_test(the_receive_mode_takes_the_bits_that_the_card_has),
        cmocka_unit_test(loopback_is_set_alone_and_ends_when_the_host_starts_anew),
        cmocka_unit_test(an_access_by_mdio_begins_when_it_is_written_and_is_told_when_done),
        cmocka_unit_test(an_access_that_ends_while_it_is_asked_for_is_told_as_busy),
        cmocka_unit_test(both_halves_of_the_time_are_of_one_moment),
        cmocka_unit_test(a_write_acts_at_commit_and_only_when_all_its_bytes_came),
        cmocka_unit_test(a_table_entry_crosses_whole),
        cmocka_unit_test(a_table_entry_is_refused_while_the_one_before_is_under_way),
        cmocka_unit_test(a_refused_write_changes_nothing),
        cmocka_unit_test(requests_that_weir_link_does_not_know_are_refused),
        cmocka_unit_test(counters_are_held_from_the_start_of_the_request_to_its_end),
        cmocka_unit_test(the_link_is_told_on_change_only_and_as_it_is_when_the_host_takes_it),
        cmocka_unit_test(a_conflict_is_told_once_with_the_links_state),
        cmocka_unit_test(a_conflict_in_the_clock_in_which_one_is_taken_is_told_again),
        cmocka_unit_test(a_flush_forgets_messages_but_not_registers),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
