// SPDX-License-Identifier: BSD-2-Clause
//
// The whole card (rtl/weir_card_ulpi.v, and rtl/weir_card_fs.v) with a cable that leads back into it: what is
// sent as link records comes back as link records.
#include "cmocka_test.h"

#include <stdbool.h>
#include <string.h>

#include "cable_bench.h"

static void frames_of_all_lengths_come_back_as_they_were(void **state)
{
    (void)state;
    struct bench *b = cable_plug_in((struct weir_usb_faults){0});
    cable_random_frames_come_back(b, 12);
    for (size_t length = 490; length < 506; length++) { // records around a packet's end, alone
        b->got_count = b->sent_count = 0;
        cable_add_random_frame(b, length);
        cable_send(b, 1);
        assert_int_equal(b->got[0].length, length);
        assert_memory_equal(b->got[0].data, b->sent[0].data, length);
    }
    b->got_count = b->sent_count = 0;
    cable_add_random_frame(b, FRAME_MAX);
    cable_send(b, 1);
    assert_memory_equal(b->got[0].data, b->sent[0].data, FRAME_MAX);
    assert_int_equal(
        card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER) + card_counter(b->sim, WEIR_CNT_TX_BAD_RECORD), 0);
    cable_unplug(b);
}

static void frames_come_back_once_over_a_usb_that_breaks_packets(void **state)
{
    (void)state;
    struct bench *b = cable_plug_in(
        (struct weir_usb_faults){.out_corrupt = 10000, .in_corrupt = 10000, .handshake_lost = 10000});
    cable_random_frames_come_back(b, 20);
    assert_int_not_equal(card_counter(b->sim, WEIR_CNT_USB_CRC_ERROR), 0);
    assert_int_not_equal(card_counter(b->sim, WEIR_CNT_USB_OUT_DUPLICATE), 0);
    cable_unplug(b);
}

// `seed` gives registers and memories what they hold at power-up: the very first frame must not depend on it.
static void superframe_after_power_up(uint64_t seed)
{
    enum { HEADER = 54, MSS = 1460, PAYLOAD = 20000, SEGMENTS = (PAYLOAD + MSS - 1) / MSS };
    static const uint8_t header[HEADER] = {
        2, 0, 0, 0,  0, 9, 2, 0,    0, 0, 0,  8, 8, 0, 0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10,
        0, 0, 8, 10, 0, 0, 9, 0x80, 1, 0, 80, 0, 0, 0, 7,    0, 0, 0, 1,    0x50, 0x18, 1, 0,  0, 0, 0, 0};
    struct bench *b = cable_plug_in_as((struct weir_sim_config){.seed = seed});
    uint8_t *frame = cable_add_record(b, HEADER + PAYLOAD), *record = frame - WEIR_RECORD_HEADER;
    memcpy(frame, header, HEADER);
    for (size_t i = 0; i < PAYLOAD; i++)
        frame[HEADER + i] = (uint8_t)card_random(&b->random);
    record[WEIR_REC_FLAGS] = WEIR_F_NEEDS_CSUM;
    record[WEIR_REC_CSUM_START] = 34;
    record[WEIR_REC_CSUM_OFFSET] = 16;
    record[WEIR_REC_GSO_SIZE] = MSS & 0xFF, record[WEIR_REC_GSO_SIZE + 1] = MSS >> 8;
    record[WEIR_REC_HDR_LEN] = HEADER;
    record[WEIR_REC_LENGTH + 2] |= WEIR_GSO_TCPV4 << 4;
    uint32_t sum = 0x0A00 + 8 + 0x0A00 + 9 + 6; // the seed: the pseudo header without the length
    frame[50] = (uint8_t)(sum >> 8), frame[51] = (uint8_t)sum;

    cable_send(b, SEGMENTS);
    size_t at = 0;
    for (size_t i = 0; i < SEGMENTS; i++) {
        size_t payload = PAYLOAD - at < MSS ? PAYLOAD - at : MSS;
        assert_int_equal(b->got[i].flags, WEIR_F_DATA_VALID);
        assert_int_equal(b->got[i].length, HEADER + payload);
        assert_memory_equal(b->got[i].data + HEADER, frame + HEADER + at, payload);
        at += payload;
    }
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_SUPERFRAMES), 1);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_SEGMENTS), SEGMENTS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_CSUM_INSERTED), SEGMENTS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_TX_FRAMES), SEGMENTS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_RX_FRAMES), SEGMENTS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_RX_CSUM_GOOD), SEGMENTS);
    assert_int_equal(card_counter(b->sim, WEIR_CNT_RX_RECORDS), SEGMENTS);
    cable_unplug(b);
}

static void a_superframe_comes_back_as_segments_with_right_checksums(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        superframe_after_power_up(seed);
}

// A lone small frame must not wait for the timeout of 100 us anywhere on its way.
static void a_lone_frame_is_back_within_30_us(void **state)
{
    (void)state;
    struct bench *b = cable_plug_in((struct weir_usb_faults){0});
    cable_add_random_frame(b, 60);
    struct weir_usb_transfer out = {.endpoint = WEIR_EP_OUT, .buffer = b->out_data, .length = b->out_length};
    assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
    uint64_t sent = weir_sim_now(b->sim);
    while (b->got_count == 0 && weir_sim_now(b->sim) < sent + MS)
        weir_sim_run(b->sim, weir_sim_now(b->sim) + 1000);
    assert_int_equal(b->got_count, 1);
    assert_in_range(weir_sim_now(b->sim) - sent, 0, 30000);
    cable_unplug(b);
}

// The card's inside may still be at work when USB and wire are quiet: looks again a few times.
static uint32_t counter_reaching(struct bench *b, unsigned index, uint32_t value)
{
    for (int i = 0; i < 50 && card_counter(b->sim, index) < value; i++)
        ;
    return card_counter(b->sim, index);
}

// A counter is a bit that a scan picks up, so what is counted must not come faster than the scan.
static void each_refused_record_and_each_bad_transfer_is_counted(void **state)
{
    struct bench *b = cable_plug_in((struct weir_usb_faults){0});
    uint8_t nonsense = 0;

    (void)state;
    for (size_t length = 1; length <= 8; length++) {
        uint32_t before = card_counter(b->sim, WEIR_CNT_TX_BAD_RECORD);
        for (int i = 0; i < 1000; i++)
            cable_add_record(b, length)[WEIR_REC_FLAGS - WEIR_RECORD_HEADER] =
                WEIR_F_NEEDS_CSUM; // and no such field
        cable_send(b, 0);
        assert_int_equal(counter_reaching(b, WEIR_CNT_TX_BAD_RECORD, before + 1000), before + 1000);
    }
    uint32_t before = card_counter(b->sim, WEIR_CNT_TX_BAD_TRANSFER);
    struct weir_usb_transfer out[200];
    bool done = false;
    for (int i = 0; i < 200; i++) {
        out[i] = (struct weir_usb_transfer){.endpoint = WEIR_EP_OUT,
                                            .buffer = &nonsense,
                                            .length = 1,
                                            .complete = card_done,
                                            .context = &done};
        weir_sim_submit(b->sim, &out[i]);
    }
    while (out[199].actual == 0)
        weir_sim_run(b->sim, weir_sim_now(b->sim) + MS);
    assert_int_equal(counter_reaching(b, WEIR_CNT_TX_BAD_TRANSFER, before + 200), before + 200);
    cable_unplug(b);
}

// ---- The card without a USB PHY ----

// Host clock and edges as far off as USB 2.0 section 7.1 allows.
static struct bench *plug_in_full_speed(uint64_t seed, int32_t ppm)
{
    struct bench *b = cable_plug_in_as((struct weir_sim_config){
        .full_speed = true, .seed = seed, .usb_signal = {ppm, 18500, 9000, 14000, 83000}});
    assert_false(weir_sim_high_speed(b->sim));
    return b;
}

static void frames_come_back_at_full_speed_at_the_limits_of_the_line(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct bench *b = plug_in_full_speed(seed, seed & 1 ? 2500 : -2500);
        cable_random_frames_come_back(b, 2);
        for (size_t length = 48; length < 70; length++) { // records around a packet's end, alone
            b->got_count = b->sent_count = 0;
            cable_add_random_frame(b, length < 60 ? length + 64 : length);
            cable_send(b, 1);
            assert_memory_equal(b->got[0].data, b->sent[0].data, b->sent[0].length);
        }
        assert_int_equal(card_counter(b->sim, WEIR_CNT_USB_CRC_ERROR), 0);
        struct weir_sim_usb_stats stats;
        weir_sim_usb_stats(b->sim, &stats);
        assert_int_equal(stats.retries, 0);
        cable_unplug(b);
    }
}

// USB 2.0 section 5.8.4: 19 packets of 64 bytes a frame. A frame that goes out is not waited for.
static void full_speed_carries_19_packets_a_frame(void **state)
{
    (void)state;
    enum { LENGTH = 9000, FRAMES = 7 };
    struct bench *b = plug_in_full_speed(1, 0);
    for (int i = 0; i < FRAMES; i++)
        cable_add_random_frame(b, LENGTH);
    struct weir_usb_transfer out = {.endpoint = WEIR_EP_OUT, .buffer = b->out_data, .length = b->out_length};
    struct weir_sim_usb_stats before, after;
    for (int i = 0; i < CARD_IN_TRANSFERS; i++)
        weir_sim_cancel(b->sim, &b->in.transfer[i]);
    weir_sim_usb_stats(b->sim, &before);
    assert_int_equal(card_transfer(b->sim, &out), WEIR_USB_OK);
    weir_sim_usb_stats(b->sim, &after);
    uint64_t packets = after.out_packets - before.out_packets,
             frames = after.microframes - before.microframes;
    assert_int_equal(packets, (b->out_length + 63) / 64);
    assert_in_range(frames, packets / 19 - 1, packets / 19 + 2);
    cable_unplug(b);
}

// ---- The card with its ULPI PHY, at a port that leaves its chirp unanswered ----

static void a_port_of_full_speed_gets_full_speed_of_the_ulpi_card(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct bench *b = cable_plug_in_as((struct weir_sim_config){.full_speed_port = true, .seed = seed});
        struct weir_sim_usb_stats before, after;
        assert_true(weir_sim_attached(b->sim) && !weir_sim_high_speed(b->sim));
        weir_sim_usb_stats(b->sim, &before);
        const uint64_t began = weir_sim_now(b->sim);
        cable_random_frames_come_back(b, 2);
        for (size_t length = 60; length < 70; length++) { // records around a packet's end, alone
            b->got_count = b->sent_count = 0;
            cable_add_random_frame(b, length);
            cable_send(b, 1);
            assert_memory_equal(b->got[0].data, b->sent[0].data, b->sent[0].length);
        }
        weir_sim_usb_stats(b->sim, &after);
        assert_in_range((after.microframes - before.microframes) * MS, weir_sim_now(b->sim) - began - MS,
                        weir_sim_now(b->sim) - began + MS);
        assert_int_equal(after.retries, before.retries);
        cable_unplug(b);
    }
}

// Device qualifier, and the two configuration descriptors: each says what the other speed would be.
static void descriptors_tell_the_speed_that_the_port_allowed(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct bench *b = cable_plug_in_as((struct weir_sim_config){.full_speed_port = full});
        for (uint8_t type = 2; type <= 7; type += 5) { // configuration; other speed
            uint8_t bytes[256];
            struct weir_usb_transfer read = {.setup = {0x80, 6, 0, type, 0, 0, sizeof bytes - 1, 0},
                                             .buffer = bytes,
                                             .length = sizeof bytes - 1};
            assert_int_equal(card_transfer(b->sim, &read), WEIR_USB_OK);
            assert_int_equal(bytes[1], type);
            unsigned bulk = 0;
            for (size_t at = 0; at < read.actual; at += bytes[at])
                if (bytes[at + 1] == 5 && bytes[at + 3] == 2) {
                    assert_int_equal(bytes[at + 4] | bytes[at + 5] << 8, full == (type == 2) ? 64 : 512);
                    bulk++;
                }
            assert_int_equal(bulk, 2);
        }
        uint8_t qualifier[10];
        struct weir_usb_transfer read = {.setup = {0x80, 6, 0, 6, 0, 0, sizeof qualifier, 0},
                                         .buffer = qualifier,
                                         .length = sizeof qualifier};
        assert_int_equal(card_transfer(b->sim, &read), WEIR_USB_OK);
        assert_int_equal(read.actual, 10);
        cable_unplug(b);
    }
}

static uint32_t read_register(struct bench *b, uint16_t index)
{
    uint8_t data[4];
    assert_int_equal(card_control(b->sim, 0xC0, WEIR_REQ_READ_REG, 0, index, data, sizeof data), WEIR_USB_OK);
    return card_get32(data);
}

static void the_host_reads_which_phy_the_card_has(void **state)
{
    (void)state;
    struct bench *ulpi = cable_plug_in_as((struct weir_sim_config){0});
    assert_int_equal(read_register(ulpi, WEIR_REG_PHY), 0x00070424); // as in usb_host_phy_registers.c
    cable_unplug(ulpi);
    struct bench *pins = cable_plug_in_as((struct weir_sim_config){.full_speed = true});
    assert_int_equal(read_register(pins, WEIR_REG_PHY), 0);
    cable_unplug(pins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_reads_which_phy_the_card_has),
        cmocka_unit_test(frames_of_all_lengths_come_back_as_they_were),
        cmocka_unit_test(frames_come_back_once_over_a_usb_that_breaks_packets),
        cmocka_unit_test(a_superframe_comes_back_as_segments_with_right_checksums),
        cmocka_unit_test(a_lone_frame_is_back_within_30_us),
        cmocka_unit_test(each_refused_record_and_each_bad_transfer_is_counted),
        cmocka_unit_test(frames_come_back_at_full_speed_at_the_limits_of_the_line),
        cmocka_unit_test(full_speed_carries_19_packets_a_frame),
        cmocka_unit_test(a_port_of_full_speed_gets_full_speed_of_the_ulpi_card),
        cmocka_unit_test(descriptors_tell_the_speed_that_the_port_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
