// SPDX-License-Identifier: BSD-2-Clause
#include "wire_bench.h"
#include "weir_link.h"
#include "Varp_reply.h"

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01};
static const Bytes PEER = {0x02, 0x12, 0x34, 0x56, 0x78, 0x9A};
static const Bytes BROADCAST(6, 0xFF), ZERO(6, 0);
static const uint32_t OURS = 0xC0A80102, THEIRS = 0xC0A80163;

struct Bench {
    Varp_reply dut;
    std::vector<Bytes> replies;
    ArpSlot open;
    unsigned rate_limited = 0, queue_full = 0;
    int room_at = -1; // the byte from which on there is room
    bool request_ours = false, request_others = false, conflict = false;

    Bench()
    {
        dut.rst = 1;
        dut.byte_time = 1;
        dut.cfg_valid = 0;
        dut.m_room = 1;
        clock();
        clock();
        dut.rst = 0;
        clock();
        configure(WEIR_TABLE_ARP, 0, 1ull << 63 | OURS);
        configure(WEIR_TABLE_ARP, 3, 1ull << 63 | (OURS + 1));
    }
    void clock()
    {
        dut.clk = 0;
        dut.eval();
        if (dut.m_en)
            open.bytes[dut.m_place] = dut.m_data;
        if (dut.m_commit) {
            assert_false(dut.m_en);
            replies.push_back(open.reply());
        }
        dut.clk = 1;
        dut.eval();
        rate_limited += dut.ev_rate_limited;
        queue_full += dut.ev_queue_full;
    }
    void configure(unsigned table, unsigned index, uint64_t data)
    {
        dut.cfg_valid = 1;
        dut.cfg_table = (uint8_t)table;
        dut.cfg_index = (uint8_t)index;
        dut.cfg_data = data;
        clock();
        dut.cfg_valid = 0;
        clock();
        clock();
    }
    // Seven clocks from the last byte to the next frame's first: the least that mac_rx gives.
    void send(const Bytes &packet, unsigned gap = 6)
    {
        Bytes frame = padded(packet);
        for (size_t i = 0; i < frame.size(); i++) {
            if ((int)i == room_at)
                dut.m_room = 1;
            dut.s_valid = 1;
            dut.s_data = frame[i];
            dut.s_position = (uint8_t)(i < 63 ? i : 63);
            bool station = i >= 28 && Bytes(frame.begin() + 22, frame.begin() + 28) == STATION;
            dut.sender_is_station = station;
            clock();
            // As address_filter says it; anything elsewhere.
            dut.station_byte = i >= 32 && i < 38 ? STATION[i - 32] : (uint8_t)~frame[i];
        }
        dut.s_valid = 0;
        dut.ended = 1;
        dut.eval();
        request_ours = dut.request_ours;
        request_others = dut.request_others;
        conflict = dut.conflict;
        clock();
        dut.ended = 0;
        dut.answer = request_ours; // rx_parser takes a clock for it
        clock();
        dut.answer = 0;
        while (gap-- > 2)
            clock();
    }
    void wait(unsigned clocks)
    {
        while (clocks-- > 0)
            clock();
    }
};

static Bytes request(const Bytes &sha, uint32_t spa, uint32_t tpa, const Bytes &destination = BROADCAST)
{
    return arp_packet(destination, sha, 1, sha, spa, ZERO, tpa);
}

static void assert_answered(Bench &bench, const Bytes &sha, uint32_t spa, uint32_t tpa)
{
    assert_true(bench.request_ours);
    bench.wait(60);
    assert_int_equal(bench.replies.size(), 1);
    assert_true(bench.replies[0] == arp_packet(sha, STATION, 2, STATION, tpa, sha, spa));
    bench.replies.clear();
}

static void requests_for_each_address_are_answered_as_rfc_826_says(void **)
{
    Bench bench;
    for (uint32_t address : {OURS, OURS + 1}) {
        bench.send(request(PEER, THEIRS, address));
        assert_answered(bench, PEER, THEIRS, address);
        bench.send(request(PEER, THEIRS, address, STATION));
        assert_answered(bench, PEER, THEIRS, address);
    }
}

static void probes_are_answered_as_rfc_5227_says(void **)
{
    Bench bench;
    bench.send(request(PEER, 0, OURS));
    assert_answered(bench, PEER, 0, OURS);
}

static void requests_for_others_are_told_apart(void **)
{
    Bench bench;
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t address = OURS ^ 1u << bit;
        bench.send(request(PEER, THEIRS, address));
        assert_int_equal(bench.request_ours, address == OURS + 1);
        assert_int_equal(bench.request_others, address != OURS + 1);
        assert_false(bench.conflict);
    }
}

static void who_claims_our_address_is_a_conflict_and_gets_no_answer(void **)
{
    Bench bench;
    for (uint32_t target : {OURS, OURS + 1, THEIRS}) {
        bench.send(request(PEER, OURS, target));
        assert_true(bench.conflict);
        assert_false(bench.request_ours);
        assert_false(bench.request_others);
    }
    bench.send(arp_packet(BROADCAST, PEER, 2, PEER, OURS + 1, BROADCAST, THEIRS));
    assert_true(bench.conflict);
    bench.wait(60);
    assert_int_equal(bench.replies.size(), 0);
}

static void our_own_announcement_come_back_is_no_conflict(void **)
{
    Bench bench;
    bench.send(request(STATION, OURS, OURS));
    assert_false(bench.conflict);
    assert_false(bench.request_ours);
    assert_true(bench.request_others);
}

static void replies_and_malformed_packets_are_left_alone(void **)
{
    Bench bench;
    bench.send(arp_packet(STATION, PEER, 2, PEER, THEIRS, STATION, OURS));
    assert_false(bench.request_ours || bench.request_others || bench.conflict);
    const Bytes good = request(PEER, THEIRS, OURS);
    for (unsigned bit = 12 * 8; bit < 22 * 8; bit++) {
        Bytes broken = good;
        broken[bit / 8] ^= (uint8_t)(1u << bit % 8);
        bench.send(broken);
        assert_false(bench.request_ours || bench.request_others || bench.conflict);
    }
    bench.send(joined({BROADCAST, PEER, {0x81, 0, 0, 1}, Bytes(good.begin() + 12, good.end())}));
    assert_false(bench.request_ours || bench.request_others || bench.conflict);
    bench.send(request({0x03, 0, 0, 0, 0, 1}, THEIRS, OURS));
    assert_false(bench.request_ours || bench.request_others || bench.conflict);
    bench.send(good);
    assert_answered(bench, PEER, THEIRS, OURS);
}

static void a_flood_at_the_shortest_spacing_is_answered_each_with_its_own_sender(void **)
{
    Bench bench;
    Random random(60);
    bench.configure(WEIR_TABLE_ARP_RATE, 0, 0);
    std::vector<Bytes> expected;
    for (int i = 0; i < 1000; i++) {
        Bytes sender = random.bytes(6);
        sender[0] &= 0xFE;
        uint32_t ip = (uint32_t)random.next() | 1;
        uint32_t target = random.one_in(4) ? THEIRS : OURS + random.below(2);
        bench.send(request(sender, ip, target));
        if (target != THEIRS)
            expected.push_back(arp_packet(sender, STATION, 2, STATION, target, sender, ip));
    }
    bench.wait(60);
    assert_true(bench.replies == expected);
    assert_int_equal(bench.queue_full, 0);
}

static void without_room_a_request_is_counted_and_not_answered(void **)
{
    Bench bench;
    bench.dut.m_room = 0;
    bench.send(request(PEER, THEIRS, OURS));
    bench.wait(60);
    assert_int_equal(bench.replies.size(), 0);
    assert_int_equal(bench.queue_full, 1);
    assert_int_equal(bench.rate_limited, 0);
}

// Room is for a whole reply: where there was none for its first bytes, nothing is written, and nothing
// answered.
static void room_that_comes_too_late_is_none(void **)
{
    Bench bench;
    bench.configure(WEIR_TABLE_ARP_RATE, 0, 0);
    for (unsigned from = 0; from < 60; from++) {
        bench.dut.m_room = 0;
        bench.room_at = (int)from;
        bench.open = ArpSlot();
        bench.send(request(PEER, THEIRS, OURS), 10);
        assert_int_equal(bench.replies.size(), from <= 21);
        assert_int_equal(bench.queue_full, from > 21);
        assert_true(from <= 21 || bench.open.bytes == ArpSlot().bytes);
        bench.replies.clear();
        bench.queue_full = 0;
    }
}

static void over_the_rate_requests_are_counted_and_not_answered(void **)
{
    Bench bench;
    for (int i = 0; i < 50; i++)
        bench.send(request(PEER, THEIRS, OURS), 20);
    assert_int_equal(bench.replies.size(), WEIR_ARP_BURST);
    assert_int_equal(bench.rate_limited, 50 - WEIR_ARP_BURST);
    bench.wait(WEIR_ARP_RATE_RESET * 1024);
    bench.send(request(PEER, THEIRS, OURS));
    bench.wait(60);
    assert_int_equal(bench.replies.size(), WEIR_ARP_BURST + 1);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_each_address_are_answered_as_rfc_826_says),
        cmocka_unit_test(probes_are_answered_as_rfc_5227_says),
        cmocka_unit_test(requests_for_others_are_told_apart),
        cmocka_unit_test(who_claims_our_address_is_a_conflict_and_gets_no_answer),
        cmocka_unit_test(our_own_announcement_come_back_is_no_conflict),
        cmocka_unit_test(replies_and_malformed_packets_are_left_alone),
        cmocka_unit_test(a_flood_at_the_shortest_spacing_is_answered_each_with_its_own_sender),
        cmocka_unit_test(room_that_comes_too_late_is_none),
        cmocka_unit_test(without_room_a_request_is_counted_and_not_answered),
        cmocka_unit_test(over_the_rate_requests_are_counted_and_not_answered),
    };
    return RUN_WIRE_TESTS(tests);
}
