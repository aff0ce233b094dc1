// SPDX-License-Identifier: BSD-2-Clause
//
// The whole card without the clocks of its wire: where there is no Ethernet PHY, before there is one, and
// after one has stopped.
#include "cmocka_test.h"

#include <stdbool.h>
#include <string.h>

#include "cable_bench.h"

static void usb_answers_where_the_wire_has_no_clock(struct weir_sim_config config)
{
    config.wire_clocks_stopped = true;
    struct bench *b = cable_plug_in_deaf(config);
    uint8_t data[WEIR_CAPS_SIZE];

    assert_true(weir_sim_attached(b->sim));
    weir_sim_set_link(b->sim, false);
    assert_int_equal(card_control(b->sim, 0xC0, WEIR_REQ_GET_CAPS, 0, 0, data, WEIR_CAPS_SIZE), WEIR_USB_OK);
    assert_int_equal(data[WEIR_CAPS_MAJOR], WEIR_VERSION_MAJOR);
    assert_int_equal(card_control(b->sim, 0xC0, WEIR_REQ_READ_REG, 0, WEIR_REG_LINK, data, 4), WEIR_USB_OK);
    assert_int_equal(data[0] & 1, 0);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(card_counter(b->sim, i), 0);

    // What is sent is dropped, more of it than any memory holds.
    for (unsigned n = 0; n < 10; n++) {
        b->sent_count = 0;
        for (unsigned i = 0; i < 12; i++)
            cable_add_random_frame(b, 1514);
        cable_send(b, 0);
    }
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_SUPERFRAMES), 120);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_FRAMES), 0);
    assert_int_equal(
        card_counter(b->sim, WEIR_CNT_TX_BAD_RECORD) + card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER), 0);

    // A bus reset is as good as ever.
    assert_true(weir_sim_bus_reset(b->sim));
    assert_int_equal(card_control(b->sim, 0x00, 9, 0, 0, NULL, 0), WEIR_USB_OK);
    cable_unplug(b);
}

static void usb_works_for_ever_without_a_clock_of_the_wire(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        usb_answers_where_the_wire_has_no_clock((struct weir_sim_config){.seed = seed});
    usb_answers_where_the_wire_has_no_clock((struct weir_sim_config){.seed = 5, .full_speed = true});
}

// One clock before the other, at any moment of what the host sends.
static void the_wire_comes_up_clean_however_late_its_clocks_start(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        struct bench *b = cable_plug_in_as((struct weir_sim_config){
            .seed = seed, .wire_clocks_stopped = true, .rx_phase = 977 * (unsigned)seed % 8000});
        b->random = seed;
        for (unsigned i = 0; i < 20; i++)
            cable_add_random_frame(b, 60 + card_random(&b->random) % 1400);
        struct weir_usb_transfer out = {
            .endpoint = WEIR_EP_OUT, .buffer = b->out_data, .length = b->out_length};
        bool done = false;
        out.complete = card_done;
        out.context = &done;
        weir_sim_submit(b->sim, &out);
        weir_sim_run(b->sim, weir_sim_now(b->sim) + card_random(&b->random) % 300000);
        weir_sim_run_wire_clocks(b->sim, seed % 3 != 0, seed % 3 == 0);
        weir_sim_run(b->sim, weir_sim_now(b->sim) + card_random(&b->random) % 10000);
        weir_sim_run_wire_clocks(b->sim, true, true);
        while (!done)
            weir_sim_run(b->sim, weir_sim_now(b->sim) + MS);
        while (!weir_sim_run(b->sim, weir_sim_now(b->sim) + MS))
            ;

        // Of those frames the last ones came back, whole; and from now on all do.
        assert_true(b->got_count <= b->sent_count);
        for (size_t i = 0; i < b->got_count; i++) {
            const struct frame *sent = &b->sent[b->sent_count - b->got_count + i];
            assert_int_equal(b->got[i].length, sent->length);
            assert_memory_equal(b->got[i].data, sent->data, sent->length);
        }
        assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_FRAMES), b->got_count);
        assert_int_equal(card_counter(b->sim, WEIR_CNT_RX_FRAMES), b->got_count);
        b->out_length = 0;
        cable_random_frames_come_back(b, 1);
        cable_unplug(b);
    }
}

static void clocks_that_stop_and_go_on_cost_nothing_but_time(void **state)
{
    (void)state;
    struct bench *b = cable_plug_in((struct weir_usb_faults){0});
    for (unsigned n = 0; n < 6; n++) {
        b->got_count = b->sent_count = 0;
        b->out_length = 0;
        for (unsigned i = 0; i < 20; i++)
            cable_add_random_frame(b, 60 + card_random(&b->random) % 1400);
        struct weir_usb_transfer out = {
            .endpoint = WEIR_EP_OUT, .buffer = b->out_data, .length = b->out_length};
        bool done = false;
        out.complete = card_done;
        out.context = &done;
        weir_sim_submit(b->sim, &out);
        while (b->got_count < b->sent_count) {
            weir_sim_run(b->sim, weir_sim_now(b->sim) + card_random(&b->random) % 40000);
            weir_sim_run_wire_clocks(b->sim, card_random(&b->random) % 2, card_random(&b->random) % 2);
            assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_BAD_RECORD), 0); // and the host is answered
            weir_sim_run(b->sim, weir_sim_now(b->sim) + card_random(&b->random) % 40000);
            weir_sim_run_wire_clocks(b->sim, true, true);
        }
        assert_true(done);
        for (size_t i = 0; i < b->sent_count; i++) {
            assert_int_equal(b->got[i].length, b->sent[i].length);
            assert_memory_equal(b->got[i].data, b->sent[i].data, b->sent[i].length);
        }
    }
    cable_unplug(b);
}

// The station's and the other addresses, and those answered for, all in the queue when the clock starts.
static void whatever_is_written_before_the_wire_has_a_clock_is_in_its_tables_afterwards(void **state)
{
    (void)state;
    enum { MACS = 20, IPS = 4 };
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct bench *b = cable_plug_in_deaf((struct weir_sim_config){
            .seed = seed, .wire_clocks_stopped = true, .rx_phase = 1977 * (unsigned)seed % 8000});
        for (unsigned i = 0; i < MACS; i++)
            card_write_table(b->sim, WEIR_TABLE_MAC, (uint8_t)i,
                             1ull << 63 | 0x020A00000000 | i * 0x010101ull);
        for (unsigned i = 0; i < IPS; i++)
            card_write_table(b->sim, WEIR_TABLE_ARP, (uint8_t)i, 1ull << 63 | 0x0A000000 | i * 0x0101u);
        card_write_table(b->sim, WEIR_TABLE_RX_CONTROL, 0, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
        weir_sim_run_wire_clocks(b->sim, true, true);
        weir_sim_run(b->sim, weir_sim_now(b->sim) + MS / 10);

        // Each address and two that differ from it in a bit of either half.
        b->random = seed;
        for (unsigned i = 0; i < 3 * MACS; i++) {
            uint8_t *data = b->sent[0].data;
            b->sent_count = 0;
            cable_add_random_frame(b, 60);
            const uint8_t n = (uint8_t)(i / 3);
            const uint8_t address[6] = {0x02, i % 3 == 1 ? 0x4A : 0x0A, 0, n, n, i % 3 == 2 ? n ^ 0x80 : n};
            memcpy(data, address, 6);
            memcpy(b->out_data + b->out_length - 60, address, 6);
            b->got_count = 0;
            cable_send(b, i % 3 == 0);
        }

        for (unsigned i = 0; i < 2 * IPS; i++) {
            static const uint8_t head[22] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02, 0, 0, 0, 9,
                                             9,    8,    6,    0,    1,    8,    0,    6, 4, 0, 1};
            const uint8_t n = (uint8_t)(i / 2), address[4] = {10, 0, n, i % 2 ? n ^ 0x40 : n};
            uint8_t *frame = cable_add_record(b, 60);
            memcpy(frame, head, sizeof head);
            memcpy(frame + 22, head + 6, 6);
            frame[28] = 10, frame[29] = 1;
            memcpy(frame + 38, address, 4);
            b->got_count = 0;
            cable_send(b, 0);
            uint32_t answered = 0, filtered = 0;
            for (unsigned tries = 0; answered + filtered <= i && tries < 100; tries++) {
                answered = card_counter(b->sim, WEIR_CNT_RX_ARP_ANSWERED);
                filtered = card_counter(b->sim, WEIR_CNT_RX_ARP_FILTERED);
            }
            assert_int_equal(answered, n + 1);
            assert_int_equal(filtered, i - n);
        }
        cable_unplug(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usb_works_for_ever_without_a_clock_of_the_wire),
        cmocka_unit_test(the_wire_comes_up_clean_however_late_its_clocks_start),
        cmocka_unit_test(whatever_is_written_before_the_wire_has_a_clock_is_in_its_tables_afterwards),
        cmocka_unit_test(clocks_that_stop_and_go_on_cost_nothing_but_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
