// SPDX-License-Identifier: BSD-2-Clause
#include "mdio_phy.h"
#include "Vphy_link.h"

static const uint64_t PERIOD = 50000; // ps; with -GHALF_CLOCKS=4 -GPAUSE_LOG2=6

// Bits of WEIR_REG_LINK
static const unsigned UP = 1, FULL = 8;
static unsigned at(unsigned speed)
{
    return speed << 1;
}

// A PHY that negotiates with a partner by clause 28.
struct Phy {
    bool gigabit = true;
    unsigned id = 0x00221622; // registers 2 and 3
    bool partner_negotiates = true;
    unsigned partner = 0;       // what it offers: bits 8..5 as in register 5, bits 17, 16 1000 full and half
    unsigned partner_speed = 0; // without negotiation
    bool latched_down = true, cable = true;

    // Link and its properties, from what the registers hold.
    unsigned expected(const std::map<unsigned, uint16_t> &r) const
    {
        if (!cable)
            return 0;
        if (!partner_negotiates)
            return UP | at(partner_speed);
        static const struct {
            unsigned bit, link;
        } ORDER[] = {{17, FULL | UP | 2 << 1}, {16, UP | 2 << 1}, {8, FULL | UP | 1 << 1},
                     {7, UP | 1 << 1},         {6, FULL | UP},    {5, UP}};
        unsigned ours = (r.at(4) & 0x1E0) | (gigabit ? (r.at(9) & 0x300u) << 8 : 0);
        for (const auto &ability : ORDER)
            if ((ours & partner) >> ability.bit & 1)
                return ability.link;
        return 0;
    }
};

struct Bench {
    Vphy_link dut;
    MdioBus bus;
    Phy phy;
    unsigned address;
    uint64_t now = 0;
    unsigned restarts = 0;

    explicit Bench(unsigned phy_address = 0) : address(phy_address)
    {
        bus.read = [this](unsigned, unsigned reg) {
            if (reg != 1)
                return;
            auto &r = bus.phys[address];
            bool up = phy.expected(r) != 0;
            r[1] = (uint16_t)(0x7949 | (up && !phy.latched_down ? 4 : 0) | (up ? 0x20 : 0));
            phy.latched_down = !up; // latching low, until read
        };
        bus.written = [this](unsigned, unsigned reg, uint16_t value) {
            restarts += reg == 0 && (value & 0x1200) == 0x1200;
        };
        bus.output_delay = 200000; // 4 clocks of 50 ns are few
        plug();
        dut.clk = 0;
        dut.rst = 1;
        dut.enable = 1;
        clock();
        clock();
        dut.rst = 0;
    }
    void plug()
    {
        bus.phys[address] = {{0, 0x1140},           {1, 0x7949}, {2, (uint16_t)(phy.id >> 16)},
                             {3, (uint16_t)phy.id}, {4, 0x01E1}, {9, 0x0300}};
        partner();
    }
    void partner()
    {
        auto &r = bus.phys[address];
        if (phy.partner_negotiates) {
            r[5] = (uint16_t)(0x4001 | (phy.partner & 0x1E0));
            r[10] = (uint16_t)((phy.partner >> 16 & 3) << 10);
        } else {
            r[5] = phy.partner_speed ? 0x0080 : 0x0020;
            r[10] = 0;
        }
    }
    void clock()
    {
        now += PERIOD;
        dut.mdio_i = bus.step(now, dut.mdc, dut.mdio_o, dut.mdio_oe);
        dut.eval();
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
    }
    static const unsigned ROUND = 9 * 64 * 8; // 8 frames and a pause
    // What the host asks for: {found, data}.
    uint32_t host(uint32_t request)
    {
        dut.s_valid = 1;
        dut.s_request = request;
        for (unsigned i = 0;; i++) {
            dut.eval();
            const bool done = dut.s_done;
            const uint32_t answer = dut.s_answer;
            clock();
            if (done) {
                dut.s_valid = 0;
                for (unsigned left = 4; left > 0; left--) // the call's way back
                    clock();
                return answer;
            }
            assert_in_range(i, 0, 2 * ROUND);
        }
    }
    void rounds(unsigned count)
    {
        for (unsigned i = count * ROUND; i > 0; i--)
            clock();
    }
};

static void the_best_of_what_both_offer_is_told_for_every_partner(void **)
{
    Bench bench;
    for (unsigned offers = 0; offers < 64; offers++) {
        bench.phy.partner = (offers >> 4) << 16 | (offers & 15) << 5;
        bench.partner();
        bench.rounds(3);
        unsigned link = bench.phy.expected(bench.bus.phys[0]);
        assert_int_equal(bench.dut.link_status, link);
        if (offers & 0x20)
            assert_int_equal(link, UP | FULL | at(2));
    }
    assert_int_equal(bench.bus.missed, 0);
}

static void the_phy_offers_full_duplex_alone_and_is_told_so_once(void **)
{
    Bench bench;
    bench.phy.partner = 0x2 << 16 | 0xF << 5;
    bench.partner();
    bench.rounds(8);
    assert_true(bench.dut.found);
    assert_int_equal(bench.dut.id, bench.phy.id);
    assert_int_equal(bench.bus.phys[0][4], 0x0141);
    assert_int_equal(bench.bus.phys[0][9], 0x0200);
    assert_int_equal(bench.restarts, 1);
}

static void a_phy_that_offers_half_duplex_all_the_same_is_believed(void **)
{
    Bench bench;
    bench.rounds(3);
    unsigned half = 0;
    for (unsigned offers = 0; offers < 64; offers++) {
        bench.bus.phys[0][4] = 0x01E1; // its strap pins, or a reset of its own
        bench.bus.phys[0][9] = 0x0300;
        bench.phy.partner = (offers >> 4) << 16 | (offers & 15) << 5;
        bench.partner();
        bench.rounds(3);
        assert_int_equal(bench.dut.link_status, bench.phy.expected(bench.bus.phys[0]));
        half += (bench.dut.link_status & (UP | FULL)) == UP;
    }
    assert_int_equal(half, 16 + 4 + 1); // 1000 without full; without 1000, 100; then 10
}

static void a_partner_that_does_not_negotiate_is_half_duplex_at_its_speed(void **)
{
    Bench bench;
    bench.phy.partner_negotiates = false;
    for (unsigned speed : {1u, 0u}) {
        bench.phy.partner_speed = speed;
        bench.partner();
        bench.rounds(3);
        assert_int_equal(bench.dut.link_status, UP | at(speed));
    }
}

static void a_short_loss_of_the_link_is_told(void **)
{
    Bench bench;
    bench.phy.partner = 0x2 << 16;
    bench.partner();
    bench.rounds(3);
    assert_int_equal(bench.dut.link_status, UP | FULL | at(2));
    bench.phy.latched_down = true; // between two looks
    unsigned down = 0, rose = 0;
    for (unsigned i = 0, was = 1; i < 5 * Bench::ROUND; i++) {
        bench.clock();
        unsigned up = bench.dut.link_status & 1;
        down += !up;
        rose += up && !was;
        was = up;
    }
    assert_true(down > 0);
    assert_int_equal(rose, 1);
    bench.phy.cable = false;
    bench.rounds(3);
    assert_int_equal(bench.dut.link_status, 0);
}

static void a_phy_at_any_address_is_found_and_missed_when_it_goes(void **)
{
    for (unsigned address : {0u, 1u, 7u, 31u}) {
        Bench bench(address);
        bench.phy.partner = 0x8 << 5;
        bench.partner();
        bench.rounds(4 + address / 4);
        assert_true(bench.dut.found);
        assert_int_equal(bench.dut.address, address);
        assert_int_equal(bench.dut.link_status, UP | FULL | at(1));
        auto kept = bench.bus.phys[address];
        bench.bus.phys.clear();
        bench.rounds(2);
        assert_false(bench.dut.found);
        assert_int_equal(bench.dut.link_status, 0);
        unsigned before = bench.restarts;
        bench.plug();
        bench.rounds(12);
        assert_true(bench.dut.found);
        assert_int_equal(bench.dut.link_status, UP | FULL | at(1));
        assert_int_equal(bench.restarts, before + 1);
        assert_int_equal(bench.bus.phys[address][4], 0x0141);
    }
}

static void nothing_is_asked_before_the_phy_is_ready(void **)
{
    Bench bench;
    bench.dut.rst = 1;
    bench.dut.enable = 0;
    bench.clock();
    bench.dut.rst = 0;
    unsigned before = bench.bus.frames;
    for (int i = 0; i < 5000; i++) {
        bench.clock();
        assert_false(bench.dut.mdc);
    }
    assert_int_equal(bench.bus.frames, before);
    bench.dut.enable = 1;
    bench.rounds(2);
    assert_true(bench.dut.found);
}

static const uint32_t WRITE = 1 << 21, ANEW = 1 << 22, FOUND = 1 << 16;
static uint32_t reg(unsigned number)
{
    return number << 16;
}

static void the_host_reads_and_writes_registers_of_the_phy_that_is_followed(void **)
{
    Bench bench(5);
    bench.phy.partner = 0x2 << 16;
    bench.partner();
    bench.rounds(6);
    for (unsigned number = 2; number < 32; number++)
        bench.bus.phys[5][number] = (uint16_t)(number * 2115);
    for (unsigned number = 2; number < 32; number++)
        assert_int_equal(bench.host(reg(number)), FOUND | number * 2115);
    for (unsigned number = 16; number < 32; number++) {
        assert_true(bench.host(WRITE | reg(number) | number * 77) & FOUND);
        assert_int_equal(bench.bus.phys[5][number], number * 77);
    }
    assert_int_equal(bench.restarts, 1);
}

static void a_host_that_never_stops_asking_does_not_keep_the_poller_off(void **)
{
    Bench bench;
    bench.phy.partner = 0x2 << 16;
    bench.partner();
    bench.rounds(3);
    assert_int_equal(bench.dut.link_status, UP | FULL | at(2));
    bench.phy.cable = false;
    for (unsigned i = 0; i < 400; i++)
        assert_int_equal(bench.host(reg(2)), FOUND | bench.phy.id >> 16);
    assert_int_equal(bench.dut.link_status, 0);
}

static void a_host_is_told_that_no_phy_answers(void **)
{
    Bench bench;
    bench.bus.phys.clear();
    bench.rounds(3);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(bench.host(reg(i % 32)) & FOUND, 0);
        assert_int_equal(bench.host(WRITE | reg(0)) & FOUND, 0);
    }
    bench.plug();
    bench.rounds(40);
    assert_true(bench.dut.found);
    assert_true(bench.host(reg(2)) & FOUND);
}

static void in_loopback_there_is_a_link_at_the_forced_speed_whatever_the_cable(void **)
{
    static const uint16_t FORCED[] = {0x0000, 0x2000, 0x0040};
    for (bool cable : {false, true}) {
        Bench bench;
        bench.phy.partner = 0x2 << 16;
        bench.phy.cable = cable;
        bench.partner();
        bench.rounds(3);
        for (unsigned speed = 0; speed < 3; speed++) {
            for (unsigned full : {1u, 0u}) {
                bench.host(WRITE | reg(0) | 0x4000 | FORCED[speed] | full << 8);
                bench.rounds(2);
                assert_int_equal(bench.dut.link_status, UP | at(speed) | (full ? FULL : 0));
            }
        }
        bench.host(WRITE | reg(0) | 0x1340);
        bench.rounds(3);
        assert_int_equal(bench.dut.link_status, cable ? UP | FULL | at(2) : 0);
        assert_int_equal(bench.bus.phys[0][4], 0x0141);
    }
}

static void a_forced_speed_is_told_while_the_phy_has_a_link(void **)
{
    Bench bench;
    bench.rounds(3);
    bench.phy.partner_negotiates = false;
    bench.phy.partner_speed = 1;
    bench.partner();
    bench.host(WRITE | reg(0) | 0x2100);
    bench.rounds(3);
    assert_int_equal(bench.dut.link_status, UP | FULL | at(1));
    bench.phy.cable = false;
    bench.rounds(3);
    assert_int_equal(bench.dut.link_status, 0);
}

static void the_phy_is_set_up_anew_when_that_is_asked_for(void **)
{
    Bench bench;
    bench.phy.partner = 0x2 << 16;
    bench.partner();
    bench.rounds(3);
    bench.host(WRITE | reg(9) | 0x1200);
    bench.host(WRITE | reg(0) | 0x4140);
    bench.rounds(2);
    bench.host(ANEW);
    bench.rounds(4);
    assert_int_equal(bench.restarts, 2);
    assert_int_equal(bench.bus.phys[0][0], 0x1200);
    assert_int_equal(bench.bus.phys[0][4], 0x0141);
    assert_int_equal(bench.bus.phys[0][9], 0x0200);
    assert_int_equal(bench.dut.link_status, UP | FULL | at(2));
}

static void a_request_that_is_withdrawn_gets_no_answer(void **)
{
    Bench bench;
    bench.rounds(3);
    for (unsigned after = 1; after < 700; after += 23) {
        bench.dut.s_valid = 1;
        bench.dut.s_request = reg(2);
        bench.dut.eval();
        for (unsigned i = 0; i < after && !bench.dut.s_done; i++)
            bench.clock();
        if (bench.dut.s_done)
            bench.clock();
        bench.dut.s_valid = 0;
        bench.clock();
        for (unsigned i = 0; i < 40; i++) { // and the next one gets its own
            assert_false(bench.dut.s_done);
            bench.clock();
        }
        assert_int_equal(bench.host(reg(3)), FOUND | (bench.phy.id & 0xFFFF));
    }
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_what_both_offer_is_told_for_every_partner),
        cmocka_unit_test(the_phy_offers_full_duplex_alone_and_is_told_so_once),
        cmocka_unit_test(a_phy_that_offers_half_duplex_all_the_same_is_believed),
        cmocka_unit_test(a_partner_that_does_not_negotiate_is_half_duplex_at_its_speed),
        cmocka_unit_test(a_short_loss_of_the_link_is_told),
        cmocka_unit_test(a_phy_at_any_address_is_found_and_missed_when_it_goes),
        cmocka_unit_test(nothing_is_asked_before_the_phy_is_ready),
        cmocka_unit_test(the_host_reads_and_writes_registers_of_the_phy_that_is_followed),
        cmocka_unit_test(a_host_that_never_stops_asking_does_not_keep_the_poller_off),
        cmocka_unit_test(a_host_is_told_that_no_phy_answers),
        cmocka_unit_test(in_loopback_there_is_a_link_at_the_forced_speed_whatever_the_cable),
        cmocka_unit_test(a_forced_speed_is_told_while_the_phy_has_a_link),
        cmocka_unit_test(the_phy_is_set_up_anew_when_that_is_asked_for),
        cmocka_unit_test(a_request_that_is_withdrawn_gets_no_answer),
    };
    return RUN_WIRE_TESTS(tests);
}
