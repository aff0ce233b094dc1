// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "weir_link.h"
#include "Vaddress_filter.h"
#include <map>

static const uint64_t STATION = 0x025745495201;
static const uint64_t BROADCAST = 0xFFFFFFFFFFFF;

struct Bench {
    Vaddress_filter dut;

    Bench()
    {
        dut.rst = 1;
        dut.mac_address = STATION;
        dut.cfg_valid = 0;
        clock();
        clock();
        dut.rst = 0;
        for (int i = 0; i < 66; i++) // the table is being cleared
            clock();
    }
    void clock()
    {
        dut.clk = 0;
        dut.eval();
        dut.clk = 1;
        dut.eval();
    }
    void set(unsigned index, uint64_t address, bool used, unsigned table = WEIR_TABLE_MAC)
    {
        dut.cfg_valid = 1;
        dut.cfg_table = (uint8_t)table;
        dut.cfg_index = (uint8_t)index;
        dut.cfg_data = address | (uint64_t)used << 63;
        clock();
        dut.cfg_valid = 0;
        clock();
        clock();
    }
    // The results at the end of a frame of `length` bytes that begins with `destination`.
    void send(uint64_t destination, uint64_t sender = 0, size_t length = 60)
    {
        Bytes frame =
            joined({big_endian(destination, 6), Bytes(16, 0), big_endian(sender, 6), Bytes(200, 0)});
        for (size_t i = 0; i < length; i++) {
            dut.s_valid = 1;
            dut.s_data = frame[i];
            dut.s_position = (uint8_t)(i < 63 ? i : 63);
            clock();
            for (size_t first : {0u, 22u, 32u})
                if (i >= first && i < first + 6)
                    station = station << 8 | dut.station_byte;
        }
        dut.s_valid = 0;
        dut.ended = 1;
        station &= BROADCAST;
        dut.eval();
        ours = dut.ours;
        group = dut.group;
        from_station = dut.sender_is_station;
        clock();
        dut.ended = 0;
    }
    bool passes(uint64_t destination)
    {
        send(destination);
        return ours;
    }
    bool ours, group, from_station;
    uint64_t station = 0; // as station_byte said it, the last of three times
};

static void after_reset_only_the_station_and_broadcast_are_ours(void **)
{
    Bench bench;
    assert_true(bench.passes(STATION));
    assert_true(bench.passes(BROADCAST));
    assert_false(bench.passes(0));
    assert_false(bench.passes(0x01005E000001));
    for (unsigned bit = 0; bit < 48; bit++) {
        assert_false(bench.passes(STATION ^ 1ull << bit));
        assert_false(bench.passes(BROADCAST ^ 1ull << bit));
    }
}

static void every_entry_matches_exactly_while_it_is_in_use(void **)
{
    Bench bench;
    for (unsigned entry = 0; entry < 20; entry++) {
        uint64_t address = 0x0A1122334400 + 17 * entry;
        bench.set(entry, address, true);
        assert_true(bench.passes(address));
        for (unsigned bit = 0; bit < 48; bit++)
            assert_false(bench.passes(address ^ 1ull << bit));
    }
    for (unsigned entry = 0; entry < 20; entry++) {
        assert_true(bench.passes(0x0A1122334400 + 17 * entry));
        bench.set(entry, 0x0A1122334400 + 17 * entry, false);
        assert_false(bench.passes(0x0A1122334400 + 17 * entry));
    }
    assert_false(bench.passes(STATION));
    assert_true(bench.passes(BROADCAST));
}

static void random_tables_pass_what_is_in_them(void **)
{
    Bench bench;
    Random random(40);
    std::map<unsigned, uint64_t> table = {{0, STATION}};
    for (int round = 0; round < 3000; round++) {
        uint64_t address = 0x020000000000 | random.below(40);
        unsigned entry = random.below(20);
        if (random.one_in(3)) {
            bench.set(entry, address, true);
            table[entry] = address;
        } else if (random.one_in(3)) {
            bench.set(entry, address, false);
            table.erase(entry);
        }
        uint64_t asked = 0x020000000000 | random.below(40);
        bool want = false;
        for (auto &known : table)
            want |= known.second == asked;
        if (bench.passes(asked) != want)
            fail_msg("seed 40, round %d", round);
    }
}

static void writes_elsewhere_change_nothing(void **)
{
    Bench bench;
    for (unsigned index = 20; index < 256; index++)
        bench.set(index, 0x020000000099, true);
    bench.set(0, 0x020000000099, true, WEIR_TABLE_ARP);
    bench.set(1, 0x020000000099, true, WEIR_TABLE_RX_CONTROL);
    assert_false(bench.passes(0x020000000099));
    assert_true(bench.passes(STATION));
}

static void a_reset_empties_the_table(void **)
{
    Bench bench;
    for (unsigned entry = 0; entry < 20; entry++)
        bench.set(entry, 0x0A1122334400 + entry, true);
    bench.dut.rst = 1;
    bench.clock();
    bench.dut.rst = 0;
    for (int i = 0; i < 66; i++)
        bench.clock();
    for (unsigned entry = 0; entry < 20; entry++)
        assert_false(bench.passes(0x0A1122334400 + entry));
    assert_true(bench.passes(STATION));
}

static void the_cards_own_reset_of_the_table_leaves_the_station_alone_in_it(void **)
{
    Bench bench;
    for (unsigned entry = 0; entry < 20; entry++)
        bench.set(entry, 0x0A1122334400 + entry, true);
    bench.set(0, 0, false, WEIR_TABLE_MAC_RESET);
    for (int i = 0; i < 66; i++)
        bench.clock();
    for (unsigned entry = 0; entry < 20; entry++)
        assert_false(bench.passes(0x0A1122334400 + entry));
    assert_true(bench.passes(STATION));
}

static void an_arp_sender_is_compared_with_the_station(void **)
{
    Bench bench;
    for (uint64_t station : {STATION, 0xF0E1D2C3B4A5u}) {
        bench.set(0, station, true);
        bench.send(BROADCAST, station);
        assert_int_equal(bench.station, station);
        assert_true(bench.from_station);
        for (unsigned bit = 0; bit < 48; bit++) {
            bench.send(station, station ^ 1ull << bit);
            assert_false(bench.from_station);
        }
    }
}

static void group_addresses_are_told_from_single_ones(void **)
{
    Bench bench;
    bench.send(0x01005E000001);
    assert_true(bench.group);
    bench.send(STATION);
    assert_false(bench.group);
    bench.send(BROADCAST, 0, 200);
    assert_true(bench.group);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_reset_only_the_station_and_broadcast_are_ours),
        cmocka_unit_test(every_entry_matches_exactly_while_it_is_in_use),
        cmocka_unit_test(random_tables_pass_what_is_in_them),
        cmocka_unit_test(writes_elsewhere_change_nothing),
        cmocka_unit_test(a_reset_empties_the_table),
        cmocka_unit_test(the_cards_own_reset_of_the_table_leaves_the_station_alone_in_it),
        cmocka_unit_test(an_arp_sender_is_compared_with_the_station),
        cmocka_unit_test(group_addresses_are_told_from_single_ones),
    };
    return RUN_WIRE_TESTS(tests);
}
