// SPDX-License-Identifier: BSD-2-Clause
#include "rx_frames.h"
#include "rx_model.h"
#include "Vrx_parser.h"

static const Bytes STATION = {0x02, 0x57, 0x45, 0x49, 0x52, 0x01};
static const Bytes BROADCAST(6, 0xFF);
static const unsigned ALL_OUTCOMES = 0x3FF;

// The parser between a mac_rx and a packet_memory made of C++.
struct Bench {
    Vrx_parser dut;
    RxModel model;
    unsigned counters[16] = {};
    Bytes memory;
    ArpSlot open_reply;
    std::vector<Bytes> replies;
    struct Committed {
        Bytes bytes;
        unsigned flags;
    };
    std::vector<Committed> committed;

    Bench() : memory(1 << 14)
    {
        model.station = STATION;
        dut.clk = 0;
        dut.rst = 1;
        dut.mac_address = 0x025745495201;
        dut.byte_time = 1;
        dut.cfg_valid = 0;
        dut.s_valid = 0;
        dut.wr_free = 1 << 14;
        dut.wr_ready = 1;
        dut.m_arp_room = 1;
        clock();
        clock();
        dut.rst = 0;
        for (int i = 0; i < 66; i++) // the address table is being cleared
            clock();
    }

    void clock()
    {
        dut.clk = 1;
        dut.eval();
        dut.clk = 0;
        dut.eval();
        if (dut.wr_en) {
            assert_true(dut.wr_offset < dut.wr_free);
            memory[dut.wr_offset] = dut.wr_data;
        }
        if (dut.wr_commit) {
            assert_true(dut.wr_ready);
            committed.push_back({Bytes(memory.begin(), memory.begin() + dut.wr_length), dut.wr_meta});
        }
        if (dut.m_arp_en)
            open_reply.bytes[dut.m_arp_place] = dut.m_arp_data;
        if (dut.m_arp_commit)
            replies.push_back(open_reply.reply());
        for (unsigned i = 0; i < 16; i++)
            counters[i] += (dut.events >> i) & 1;
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
    void set_control(unsigned bits)
    {
        model.control = bits;
        configure(WEIR_TABLE_RX_CONTROL, 0, bits);
    }
    void set_arp(unsigned index, uint32_t address)
    {
        model.arp.push_back(address);
        configure(WEIR_TABLE_ARP, index, 1ull << 63 | address);
    }
    void set_address(unsigned index, const Bytes &address)
    {
        uint64_t value = 0;
        for (uint8_t byte : address)
            value = value << 8 | byte;
        model.addresses.push_back(address);
        configure(WEIR_TABLE_MAC, index, 1ull << 63 | value);
    }

    // Seven clocks from a frame's last byte to the next one's first are the least that mac_rx gives.
    void send(const Bytes &frame, bool fcs = false, bool symbol = false, bool length = false,
              unsigned gap = 6)
    {
        for (size_t i = 0; i < frame.size(); i++) {
            dut.s_valid = 1;
            dut.s_data = frame[i];
            dut.s_last = i + 1 == frame.size();
            dut.s_error_fcs = fcs;
            dut.s_error_symbol = symbol;
            dut.s_error_length = length;
            clock();
        }
        dut.s_valid = 0;
        while (gap-- > 0)
            clock();
    }

    // Sends and compares everything that can be seen with the model. True when it is all as it should be.
    bool check(const Bytes &frame, bool fcs = false, bool symbol = false, bool length = false,
               unsigned gap = 6)
    {
        unsigned before[16];
        std::copy(counters, counters + 16, before);
        size_t frames_before = committed.size();
        RxModel::Result want = model.judge(frame, fcs, symbol, length, dut.wr_ready ? dut.wr_free : 0);
        send(frame, fcs, symbol, length, gap);

        unsigned changed = 0;
        for (unsigned i = 0; i < 16; i++)
            changed |= (counters[i] - before[i]) << i;
        unsigned expected = 1u << want.counter;
        if (want.for_host)
            expected |= want.verdict == GOOD  ? 1u << WEIR_CNT_RX_CSUM_GOOD
                        : want.verdict == BAD ? 1u << WEIR_CNT_RX_CSUM_BAD
                                              : 1u << WEIR_CNT_RX_CSUM_UNCHECKED;
        if (want.conflict)
            expected |= 1u << WEIR_CNT_RX_ARP_CONFLICT;
        bool delivered = want.counter == WEIR_CNT_RX_FRAMES;
        bool right = changed == expected && committed.size() == frames_before + (delivered ? 1 : 0);
        if (right && delivered)
            right = committed.back().bytes == frame && committed.back().flags == want.flags;
        if (want.counter == WEIR_CNT_RX_ARP_ANSWERED)
            expected_replies.push_back(want.reply);
        if (!right)
            print_error("counters %04x, expected %04x; flags %02x, expected %02x\n", changed, expected,
                        committed.empty() ? 0 : committed.back().flags, want.flags);
        return right;
    }
    std::vector<Bytes> expected_replies;
};

static void print_frame(const Bytes &frame)
{
    for (uint8_t byte : frame)
        fprintf(stderr, "%02x", byte);
    fprintf(stderr, "\n");
}

static void thousands_of_random_ip_frames_get_the_models_verdict(void **)
{
    Bench bench;
    bench.set_control(WEIR_RX_ENABLE);
    unsigned verdicts[3] = {};
    for (unsigned seed = 1; seed <= 20000; seed++) {
        Random random(seed);
        Bytes frame = random_ip(random, STATION);
        bool runt = frame.size() < 60;
        if (runt && !random.one_in(10)) {
            frame = padded(frame);
            runt = false;
        }
        verdicts[checksum_verdict(frame)]++;
        if (!bench.check(frame, false, false, runt, 6 + random.below(4))) {
            print_error("seed %u\n", seed);
            print_frame(frame);
            fail();
        }
    }
    for (unsigned count : verdicts)
        assert_true(count > 2000);
}

static void each_reason_not_to_verify_is_respected_alone(void **)
{
    Bench bench;
    Random random(1);
    bench.set_control(WEIR_RX_ENABLE | WEIR_RX_DROP_BAD_CSUM);
    auto verdict = [&](const IpShape &shape) {
        unsigned good = bench.counters[WEIR_CNT_RX_CSUM_GOOD], bad = bench.counters[WEIR_CNT_RX_CSUM_BAD];
        bench.send(padded(ip_frame(random, STATION, shape)));
        return bench.counters[WEIR_CNT_RX_CSUM_GOOD] > good ? GOOD
               : bench.counters[WEIR_CNT_RX_CSUM_BAD] > bad ? BAD
                                                            : UNCHECKED;
    };
    for (unsigned protocol : {6u, 17u})
        for (size_t payload = 0; payload < 100; payload++) {
            IpShape shape;
            shape.protocol = protocol;
            shape.payload = payload;
            assert_int_equal(verdict(shape), GOOD);
            for (shape.tags = 1; shape.tags <= 3; shape.tags++)
                assert_int_equal(verdict(shape), shape.tags <= 2 ? GOOD : UNCHECKED);
            shape.tags = 0;
            shape.padding = 46;
            assert_int_equal(verdict(shape), GOOD);
            shape.version = 6;
            assert_int_equal(verdict(shape), GOOD);
            for (unsigned number : {HOP_BY_HOP, ROUTING, AH, DESTINATION_OPTIONS, FRAGMENT}) {
                shape.extensions = {extension(random, number, 1 + (unsigned)payload % 4)};
                assert_int_equal(verdict(shape), number == FRAGMENT ? UNCHECKED : GOOD);
            }
            shape.version = 4;
            for (unsigned length = 4; length <= 40; length += 4) {
                shape.options = harmless(random, length);
                assert_int_equal(verdict(shape), GOOD);
            }
            shape.fragment = 0x4000;
            assert_int_equal(verdict(shape), GOOD);
            for (shape.fragment = 0x2000; shape.fragment != 0; shape.fragment >>= 1)
                assert_int_equal(verdict(shape), UNCHECKED);
            shape.udp_no_checksum = protocol == 17;
            assert_int_equal(verdict(shape), protocol == 17 ? UNCHECKED : GOOD);
        }
    assert_int_equal(bench.counters[WEIR_CNT_RX_CSUM_DROPPED], 0);
}

static void every_bit_that_a_checksum_covers_is_verified(void **)
{
    for (unsigned version : {4u, 6u})
        for (unsigned protocol : {6u, 17u}) {
            Bench bench;
            Random random(protocol);
            bench.set_control(WEIR_RX_ENABLE | WEIR_RX_DROP_BAD_CSUM);
            IpShape shape;
            shape.version = version;
            shape.protocol = protocol;
            shape.payload = 31;
            shape.options = harmless(random, 8);
            Bytes frame = ip_frame(random, STATION, shape);
            size_t first = version == 4 ? 15 : 14 + 8; // IPv6 covers its addresses, lengths and protocol
            for (size_t bit = first * 8; bit < frame.size() * 8; bit++) {
                Bytes broken = frame;
                broken[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_true(bench.check(broken));
            }
            // All but those that make the UDP length wrong.
            assert_int_equal(bench.counters[WEIR_CNT_RX_CSUM_DROPPED],
                             (frame.size() - first) * 8 - (protocol == 17 ? 16 : 0));
            assert_int_equal(bench.committed.size(), bench.counters[WEIR_CNT_RX_FRAMES]);
        }
}

static void a_frame_with_a_wrong_checksum_goes_up_marked_or_not_at_all_as_the_host_chose(void **)
{
    for (unsigned version : {4u, 6u})
        for (bool drop : {false, true}) {
            Bench bench;
            Random random(80);
            bench.set_control(WEIR_RX_ENABLE | (drop ? WEIR_RX_DROP_BAD_CSUM : 0));
            IpShape shape;
            shape.version = version;
            shape.payload = 100;
            for (unsigned i = 0; i < 10; i++) {
                Bytes frame = ip_frame(random, STATION, shape);
                bench.send(frame);
                frame.back() ^= 1;
                bench.send(frame);
            }
            assert_int_equal(bench.counters[WEIR_CNT_RX_CSUM_GOOD], 10);
            assert_int_equal(bench.counters[WEIR_CNT_RX_CSUM_BAD], 10);
            assert_int_equal(bench.counters[WEIR_CNT_RX_CSUM_DROPPED], drop ? 10 : 0);
            assert_int_equal(bench.committed.size(), drop ? 10 : 20);
            for (size_t i = 0; i < bench.committed.size(); i++)
                assert_int_equal(bench.committed[i].flags,
                                 drop || i % 2 == 0 ? WEIR_F_DATA_VALID : WEIR_F_CSUM_BAD);
        }
}

// What other cards' filters let slip: the frame behind one that was for us, and the one behind one that was
// not.
static void what_a_frame_was_says_nothing_about_the_next_one(void **)
{
    Bench bench;
    Random random(81);
    const Bytes foreign = {0x02, 0x57, 0x45, 0x49, 0x52, 0x02}; // the last byte alone is another
    bench.set_control(WEIR_RX_ENABLE);
    for (unsigned i = 0; i < 400; i++) {
        IpShape shape;
        shape.version = i & 1 ? 4 : 6;
        shape.payload = 30;
        shape.protocol = i & 2 ? 6 : i & 16 ? 17 : 1;
        Bytes frame = ip_frame(random, i & 4 ? STATION : foreign, shape);
        if (i & 8)
            frame.back() ^= 0x40;
        assert_true(bench.check(padded(frame), random.one_in(3), false, false, 6));
    }
    assert_true(bench.counters[WEIR_CNT_RX_FRAMES] > 100);
    assert_int_equal(bench.committed.size(), bench.counters[WEIR_CNT_RX_FRAMES]);
}

static Bytes pool_address(Random &random)
{
    static const Bytes pool[] = {STATION,
                                 BROADCAST,
                                 {0x01, 0, 0x5E, 0, 0, 1},
                                 {0x02, 0x57, 0x45, 0x49, 0x52, 0x02},
                                 {0x01, 0, 0x5E, 0, 0, 2},
                                 {0x02, 0x57, 0x45, 0x49, 0x53, 0x01}};
    return pool[random.below(6)];
}

static Bytes random_arp(Random &random)
{
    static const uint32_t pool[] = {0x0A000001, 0x0A000002, 0x0A000003, 0x0A000004,
                                    0x0A010001, 0,          0x0A000101};
    Bytes frame = padded(arp_packet(pool_address(random), random.bytes(6), random.one_in(4) ? 2 : 1,
                                    pool_address(random), pool[random.below(7)], random.bytes(6),
                                    pool[random.below(7)]));
    if (random.one_in(3))
        frame[12 + random.below(30)] ^= (uint8_t)(1u << random.below(8));
    return frame;
}

static void random_traffic_under_random_settings_ends_as_the_model_says(void **)
{
    unsigned seen[16] = {};
    for (unsigned seed = 1; seed <= 200; seed++) {
        Random random(seed + 100000);
        Bench bench;
        bench.configure(WEIR_TABLE_ARP_RATE, 0, 0);
        bench.set_control((random.below(16) ? WEIR_RX_ENABLE : 0) | (random.below(32) & 0x1E));
        for (unsigned i = 0; i < 3; i++)
            bench.set_arp(i, 0x0A000001 + i);
        bench.set_address(1 + random.below(19), {0x01, 0, 0x5E, 0, 0, 1});
        for (int i = 0; i < 60; i++) {
            Bytes frame =
                random.one_in(2) ? random_arp(random) : padded(random_ip(random, pool_address(random)));
            bench.dut.wr_free = random.one_in(4) ? random.below(200) : 1 << 14;
            bench.dut.wr_ready = !random.one_in(8);
            if (!bench.check(frame, random.one_in(10), random.one_in(20), random.one_in(30),
                             6 + random.below(20))) {
                print_error("seed %u, frame %d\n", seed, i);
                print_frame(frame);
                fail();
            }
        }
        bench.send(Bytes(60, 0));
        assert_true(bench.replies == bench.expected_replies);
        for (unsigned i = 0; i < 16; i++)
            seen[i] += bench.counters[i];
    }
    for (unsigned i = 0; i < WEIR_CNT_ARP_RATE_LIMITED; i++)
        assert_true(seen[i] > 50);
}

static void every_frame_ends_in_one_counter_even_in_a_storm_of_fragments(void **)
{
    Bench bench;
    Random random(77);
    bench.set_control(WEIR_RX_ENABLE);
    unsigned sent = 0;
    for (int i = 0; i < 5000; i++, sent++) {
        if (random.one_in(5))
            bench.send(padded(random_ip(random, STATION)), false, false, false, 1);
        else
            bench.send(random.bytes(1 + random.below(3)), true, false, true, 1 + random.below(2));
    }
    bench.send(Bytes(60, 0));
    sent++;
    unsigned counted = 0;
    for (unsigned i = 0; i < 10; i++)
        counted += ALL_OUTCOMES >> i & 1 ? bench.counters[i] : 0;
    assert_int_equal(counted, sent);
    assert_int_equal(bench.committed.size(), bench.counters[WEIR_CNT_RX_FRAMES]);
}

static void a_flood_of_foreign_and_broken_frames_commits_nothing(void **)
{
    Bench bench;
    Random random(78);
    bench.set_control(WEIR_RX_ENABLE);
    for (int i = 0; i < 2000; i++)
        bench.send(joined({{0x02, 0, 0, 0, 0, (uint8_t)i}, random.bytes(54)}));
    for (int i = 0; i < 2000; i++)
        bench.send(joined({STATION, random.bytes(54)}), true);
    assert_int_equal(bench.committed.size(), 0);
    assert_int_equal(bench.counters[WEIR_CNT_RX_FILTERED], 2000);
    assert_int_equal(bench.counters[WEIR_CNT_RX_FCS_ERROR], 2000);
}

static void a_frame_that_just_fits_arrives_and_one_byte_more_is_an_overflow(void **)
{
    Bench bench;
    Random random(79);
    bench.set_control(WEIR_RX_ENABLE);
    for (unsigned length : {60u, 61u, 1514u, 9018u}) {
        Bytes frame = joined({STATION, random.bytes(length - 6)});
        bench.dut.wr_free = length;
        assert_true(bench.check(frame));
        bench.dut.wr_free = length - 1;
        assert_true(bench.check(frame));
    }
    assert_int_equal(bench.counters[WEIR_CNT_RX_FRAMES], 4);
    assert_int_equal(bench.counters[WEIR_CNT_RX_OVERFLOW], 4);
}

static void the_card_is_deaf_after_reset(void **)
{
    Bench bench;
    assert_true(bench.check(padded(BROADCAST)));
    assert_int_equal(bench.counters[WEIR_CNT_RX_DISABLED], 1);
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_random_ip_frames_get_the_models_verdict),
        cmocka_unit_test(each_reason_not_to_verify_is_respected_alone),
        cmocka_unit_test(every_bit_that_a_checksum_covers_is_verified),
        cmocka_unit_test(a_frame_with_a_wrong_checksum_goes_up_marked_or_not_at_all_as_the_host_chose),
        cmocka_unit_test(what_a_frame_was_says_nothing_about_the_next_one),
        cmocka_unit_test(random_traffic_under_random_settings_ends_as_the_model_says),
        cmocka_unit_test(every_frame_ends_in_one_counter_even_in_a_storm_of_fragments),
        cmocka_unit_test(a_flood_of_foreign_and_broken_frames_commits_nothing),
        cmocka_unit_test(a_frame_that_just_fits_arrives_and_one_byte_more_is_an_overflow),
        cmocka_unit_test(the_card_is_deaf_after_reset),
    };
    return RUN_WIRE_TESTS(tests);
}
