// SPDX-License-Identifier: BSD-2-Clause
//
// The short forms of a record, and acknowledgements that wait for more.
#include "record_builder_bench.h"

namespace
{

using namespace records;

void short_forms_have_their_notes_in_the_header(void **)
{
    for (bool mode : {false, true}) {
        Bench b;
        b.m.timestamps = b.stamped = mode;
        b.ready = 60;
        std::vector<Frame> sent;
        for (unsigned i = 0; i < 400; i++) {
            if (b.random.percent(50)) {
                sent.push_back(b.add_ack(b.random.percent(80)));
            } else {
                Frame f = b.add(1 + b.random.below(300));
                f.flow = static_cast<uint8_t>(b.random.below(WEIR_FLOWS + 1));
                if (f.flow && b.random.percent(50)) {
                    f.flags |= WEIR_F_CONTINUES;
                    f.notes = {1, 0, 2, 3, 0, 0, 0};
                }
                b.waiting.back() = f;
                sent.push_back(f);
            }
            b.clock(b.random.below(150));
        }
        b.finish();
        check(b, sent);
        assert_int_equal(b.begun, sent.size());
        assert_int_equal(b.ended, b.transfers.size());
    }
}

// The coalescer has begun to leave bytes out when the record begins: after a flush the frame cannot go any
// more.
void a_short_record_that_is_flushed_in_its_header_is_dropped(void **)
{
    for (unsigned moment = 1; moment < 60; moment++) {
        Bench b;
        b.add_ack(true);
        Frame kept = b.add(70);
        b.packet_clocks = 0;
        b.clock(moment);
        bool begun = b.begun != 0, next = b.waiting.size() == 1 && b.begun == 2;
        b.m.link_flush = 1;
        b.clock();
        b.m.link_flush = 0;
        if (next && b.position != 0)
            break;
        b.open.bytes.clear();
        b.transfers.clear();
        b.packets = b.filled = b.until_taken = 0;
        b.packet_clocks = 500;
        b.records = 0;
        std::vector<Frame> sent = {kept};
        if (!begun)
            sent.insert(sent.begin(), b.waiting.front());
        b.finish();
        check(b, sent);
    }
}

// Acknowledgements each 20 us, while OUT is busy or not; the first transfer's end in us after the first of
// them.
struct Hold {
    Bench b;
    std::vector<Frame> sent;
    explicit Hold(bool high_speed = true) : b(high_speed)
    {
        b.m.ack_hold = 1500;
        b.out_clocks = 600;
        b.packet_clocks = 100;
        b.clock(1000);
    }
    uint64_t first_end(unsigned acks = 200, uint64_t every = 1200)
    {
        uint64_t before = b.now;
        for (unsigned i = 0; i < acks && b.transfers.empty(); i++) {
            sent.push_back(b.add_ack(i != 0));
            b.clock(every);
        }
        for (unsigned i = 0; i < 300000 && b.transfers.empty(); i++)
            b.clock();
        assert_false(b.transfers.empty());
        return (b.transfers.front().end - before) / 60;
    }
    ~Hold()
    {
        b.finish();
        check(b, sent);
    }
};

void acknowledgements_wait_for_more_while_out_is_busy(void **)
{
    Hold h;
    assert_in_range(h.first_end(), 1500, 1505);
    assert_in_range(h.b.transfers.front().bytes.size(), 74 * 12, 80 + 76 * 12);
    assert_int_equal(h.b.held, 1);
    assert_true(h.b.transfers.front().bytes.size() > 512); // its first packet did not wait
    Hold one;                                              // even one alone
    assert_in_range(one.first_end(1), 1500, 1505);
    assert_int_equal(one.b.transfers.front().bytes.size(), 80);
}

void the_hold_is_as_long_as_its_register_says(void **)
{
    for (unsigned hold : {0u, 50u, 150u, 3000u}) {
        Hold h;
        h.b.m.ack_hold = static_cast<uint16_t>(hold);
        assert_in_range(h.first_end(1), hold, hold + 5);
        assert_int_equal(h.b.held, hold != 0);
    }
}

void without_out_packets_acknowledgements_go_at_once(void **)
{
    Hold h;
    h.b.out_clocks = 0;
    h.b.clock(10000);
    assert_in_range(h.first_end(), 1, 5);
    assert_int_equal(h.b.held, 0);
}

void the_hold_ends_when_out_goes_quiet(void **)
{
    for (bool high_speed : {true, false}) {
        Hold h(high_speed);
        h.b.m.ack_hold = 60000;
        h.sent.push_back(h.b.add_ack(false));
        h.b.clock(6000); // 100 us
        assert_true(h.b.transfers.empty());
        h.b.out_clocks = 0;
        uint64_t before = h.b.now;
        while (h.b.transfers.empty() && h.b.now < before + 200000)
            h.b.clock();
        uint64_t us = (h.b.now - before) / 60;
        assert_in_range(us, 55, 70); // the last was up to 10 us ago
    }
}

void any_other_record_lifts_the_hold(void **)
{
    for (bool first : {true, false}) {
        Hold h;
        if (first)
            h.sent.push_back(h.b.add(100));
        h.sent.push_back(h.b.add_ack(false));
        h.sent.push_back(h.b.add_ack(true));
        if (!first) {
            h.b.clock(20000);
            assert_true(h.b.transfers.empty());
            h.sent.push_back(h.b.add(100));
        }
        h.b.clock(500);
        assert_int_equal(h.b.transfers.size(), 1);
        // And the next transfer of acknowledgements alone waits again.
        h.sent.push_back(h.b.add_ack(true));
        h.b.clock(20000);
        assert_int_equal(h.b.transfers.size(), 1);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(short_forms_have_their_notes_in_the_header),
        cmocka_unit_test(a_short_record_that_is_flushed_in_its_header_is_dropped),
        cmocka_unit_test(acknowledgements_wait_for_more_while_out_is_busy),
        cmocka_unit_test(the_hold_is_as_long_as_its_register_says),
        cmocka_unit_test(without_out_packets_acknowledgements_go_at_once),
        cmocka_unit_test(the_hold_ends_when_out_goes_quiet),
        cmocka_unit_test(any_other_record_lifts_the_hold),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
