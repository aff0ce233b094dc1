// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir_glue.h"
#include "weir_record.h"

enum { HEADER = 54, MSS = 100, FIN = 1, PSH = 8, ACK = 16, FRAMES = 64 };
#define FIRST_SEQ 0xFFFFFFC0

// What the driver gave out.
struct got {
    struct weir_card_rx rx;
    bool in_place;
    uint8_t bytes[2000];
};

static struct got got[FRAMES];
static unsigned got_count;
static struct weir_card_stats stats;
static struct weir_glue glue;
static uint8_t transfer[WEIR_IN_TRANSFER_MAX];
static size_t length;

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context;
    assert_true(got_count < FRAMES && rx->length <= sizeof got->bytes);
    got[got_count] = (struct got){.rx = *rx};
    got[got_count].in_place = rx->frame >= transfer && rx->frame + rx->length <= transfer + length;
    memcpy(got[got_count++].bytes, rx->frame, rx->length);
}

static int setup(void **state)
{
    static const struct weir_card_receiver receiver = {.frame = on_frame};
    (void)state;
    memset(&glue, 0, sizeof glue);
    memset(&stats, 0, sizeof stats);
    glue.receiver = &receiver;
    glue.stats = &stats;
    glue.whole = true;
    got_count = 0;
    length = 0;
    return 0;
}

// ---- Frames and records by hand ----

static uint16_t sum(const uint8_t *bytes, size_t count, uint32_t start)
{
    for (size_t i = 0; i < count; i++)
        start += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    while (start >> 16 != 0)
        start = (start & 0xFFFF) + (start >> 16);
    return (uint16_t)start;
}

static void put16(uint8_t *bytes, size_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void fill(uint8_t *bytes, unsigned port, uint32_t seq, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((seq + i) * 11 + port);
}

// A segment of a connection, as it is on the wire; the port tells connections apart. Acknowledgements are
// padded to 60 bytes.
static size_t make(uint8_t *frame, unsigned port, uint32_t seq, uint16_t id, uint8_t flags, size_t payload)
{
    static const uint8_t start[] = {2, 0, 0, 0,    0, 1,  2, 0, 0, 0,  0, 2, 8, 0,  0x45, 0, 0,
                                    0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0,    0, 2};
    uint8_t *ip = frame + 14, *tcp = ip + 20;

    memset(frame, 0, 60);
    memcpy(frame, start, sizeof start);
    put16(ip + 2, 40 + payload);
    put16(ip + 4, id);
    put16(ip + 10, (uint16_t)~sum(ip, 20, 0));
    put16(tcp, port);
    put16(tcp + 2, 80);
    put16(tcp + 4, seq >> 16);
    put16(tcp + 6, seq & 0xFFFF);
    put16(tcp + 8, 0x1234);
    tcp[12] = 0x50;
    tcp[13] = flags;
    put16(tcp + 14, 500);
    fill(tcp + 20, port, seq, payload);
    put16(tcp + 16, (uint16_t)~sum(tcp, 20 + payload, sum(ip + 12, 8, (uint32_t)(26 + payload))));
    return payload > 6 ? HEADER + payload : 60;
}

// Appends a record; its header, for the test to write into.
static uint8_t *add_record(uint8_t flags, uint8_t flow, const uint8_t *bytes, size_t count)
{
    uint8_t *out = transfer + length;
    struct weir_record record = {.flags = flags, .gso_type = flow, .length = (uint32_t)count};

    assert_true(length + weir_record_size(count) <= sizeof transfer);
    weir_record_emit_header(out, &record);
    memset(out + WEIR_RECORD_HEADER, 0, weir_record_size(count) - WEIR_RECORD_HEADER);
    memcpy(out + WEIR_RECORD_HEADER, bytes, count);
    length += weir_record_size(count);
    return out;
}

static void whole(uint8_t flow, unsigned port, uint32_t seq, uint16_t id, uint8_t flags, size_t payload)
{
    uint8_t frame[2000];
    add_record(WEIR_F_DATA_VALID, flow, frame, make(frame, port, seq, id, flags, payload));
}

static uint8_t *continued(uint8_t flow, unsigned port, uint32_t seq, uint16_t id, uint8_t flags,
                          size_t payload)
{
    uint8_t bytes[2000];
    fill(bytes, port, seq, payload);
    uint8_t *header = add_record(WEIR_F_DATA_VALID | WEIR_F_CONTINUES, flow, bytes, payload);
    header[WEIR_REC_TCP_FLAGS] = flags;
    header[WEIR_REC_IP_ID] = (uint8_t)id;
    header[WEIR_REC_IP_ID + 1] = (uint8_t)(id >> 8);
    return header;
}

static uint8_t *pure_ack(uint8_t flow)
{
    static const uint8_t numbers[] = {0x22, 0x11, 0x44, 0x33, 0x09, 0, 0};
    uint8_t *header = add_record(WEIR_F_DATA_VALID | WEIR_F_PURE_ACK, flow, numbers, 0);
    memcpy(header + WEIR_REC_ACK_LOW, numbers, sizeof numbers);
    return header;
}

static void pass(void)
{
    weir_glue_transfer(&glue, transfer, length);
}

// Frame `i` that came is this segment, byte for byte.
static void assert_original(unsigned i, unsigned port, uint32_t seq, uint16_t id, uint8_t flags,
                            size_t payload)
{
    uint8_t frame[2000];
    size_t wanted = make(frame, port, seq, id, flags, payload);

    assert_true(i < got_count);
    assert_int_equal(got[i].rx.length, wanted);
    assert_memory_equal(got[i].bytes, frame, wanted);
    assert_int_equal(got[i].rx.gso_type, WEIR_GSO_NONE);
    assert_int_equal(got[i].rx.flags, WEIR_F_DATA_VALID);
    assert_int_equal(got[i].rx.segments, 1);
}

// Frame `i` stands for so many segments of a connection.
static void assert_glued(unsigned i, unsigned port, uint32_t seq, uint16_t id, uint8_t flags, size_t payload)
{
    const struct weir_card_rx *rx = &got[i].rx;
    uint8_t frame[2000];
    size_t wanted = make(frame, port, seq, id, flags, payload);

    assert_true(i < got_count);
    assert_int_equal(rx->length, wanted);
    put16(frame + 34 + 16, sum(frame + 26, 8, (uint32_t)(26 + payload))); // as virtio wants it
    assert_memory_equal(got[i].bytes, frame, wanted);
    assert_int_equal(rx->flags, WEIR_F_DATA_VALID | WEIR_F_NEEDS_CSUM);
    assert_int_equal(rx->gso_type, WEIR_GSO_TCPV4);
    assert_int_equal(rx->gso_size, MSS);
    assert_int_equal(rx->segments, (payload + MSS - 1) / MSS);
    assert_int_equal(rx->hdr_len, HEADER);
    assert_int_equal(rx->csum_start, 34);
    assert_int_equal(rx->csum_offset, 16);
}

// ---- Runs ----

static void a_run_becomes_one_large_frame_where_it_lies(void **state)
{
    (void)state;
    whole(1, 7, FIRST_SEQ, 0xFFFF, ACK, MSS);
    continued(1, 7, FIRST_SEQ + 100, 0, ACK, MSS);
    continued(1, 7, FIRST_SEQ + 200, 1, ACK, MSS);
    continued(1, 7, FIRST_SEQ + 300, 2, ACK | PSH, 7);
    pass();
    assert_int_equal(got_count, 1);
    assert_glued(0, 7, FIRST_SEQ, 0xFFFF, ACK | PSH, 307);
    assert_true(got[0].in_place);
    assert_false(got[0].rx.ip_id_fixed);
    assert_int_equal(stats.rx_frames, 4);
    assert_int_equal(stats.rx_continued, 3);
    assert_int_equal(stats.rx_glued, 1);
}

static void runs_that_interleave_are_gathered(void **state)
{
    (void)state;
    whole(1, 7, 1000, 5, ACK, MSS);
    whole(2, 8, 2000, 5, ACK, MSS);
    continued(1, 7, 1100, 6, ACK, MSS);
    continued(2, 8, 2100, 6, ACK, MSS);
    continued(1, 7, 1200, 7, ACK | FIN, MSS);
    continued(2, 8, 2200, 7, ACK, MSS);
    pass();
    assert_int_equal(got_count, 2);
    assert_glued(0, 7, 1000, 5, ACK | FIN, 300);
    assert_glued(1, 8, 2000, 5, ACK, 300); // with the transfer's end
    assert_false(got[0].in_place);
    assert_true(got[1].in_place); // nothing is in its way any more
}

static void segments_are_rebuilt_one_by_one_where_that_is_asked(void **state)
{
    (void)state;
    glue.whole = false;
    whole(1, 7, FIRST_SEQ, 0xFFFF, ACK, MSS);
    whole(2, 8, 2000, 5, ACK, MSS);
    continued(1, 7, FIRST_SEQ + 100, 0, ACK, MSS);
    continued(2, 8, 2100, 6, ACK | PSH, 9);
    continued(1, 7, FIRST_SEQ + 200, 1, ACK | FIN, 30);
    pass();
    assert_int_equal(got_count, 5);
    assert_original(0, 7, FIRST_SEQ, 0xFFFF, ACK, MSS);
    assert_original(1, 8, 2000, 5, ACK, MSS);
    assert_original(2, 7, FIRST_SEQ + 100, 0, ACK, MSS);
    assert_original(3, 8, 2100, 6, ACK | PSH, 9);
    assert_original(4, 7, FIRST_SEQ + 200, 1, ACK | FIN, 30);
    for (unsigned i = 0; i < got_count; i++)
        assert_true(got[i].in_place); // its header in front of its payload, nothing copied
    assert_int_equal(stats.rx_glued, 0);
}

static void a_run_of_one_segment_comes_as_it_was(void **state)
{
    (void)state;
    whole(1, 7, 1000, 5, ACK, MSS);
    add_record(0, 0, (const uint8_t *)"a frame of another kind", 23);
    continued(1, 7, 1100, 6, ACK | PSH, MSS);
    pass();
    assert_int_equal(got_count, 3);
    assert_original(0, 7, 1000, 5, ACK, MSS); // before what may be of its connection
    assert_int_equal(got[1].rx.length, 23);
    assert_original(2, 7, 1100, 6, ACK | PSH, MSS);
}

static void what_comes_of_the_same_connection_otherwise_comes_behind(void **state)
{
    (void)state;
    whole(1, 7, 1000, 5, ACK, MSS);
    continued(1, 7, 1100, 6, ACK, MSS);
    whole(3, 9, 5000, 5, ACK, MSS);
    whole(0, 7, 1300, 8, ACK | PSH, MSS); // outside the flows
    continued(1, 7, 1200, 7, ACK, MSS);
    whole(2, 7, 1400, 9, ACK, MSS); // under another number
    pass();
    assert_int_equal(got_count, 5);
    assert_glued(0, 7, 1000, 5, ACK, 200);
    assert_original(1, 7, 1300, 8, ACK | PSH, MSS);
    assert_original(2, 7, 1200, 7, ACK, MSS);
    assert_original(3, 7, 1400, 9, ACK, MSS);
    assert_original(4, 9, 5000, 5, ACK, MSS); // another connection does not mind
}

static void identifications_that_linux_would_not_count_end_a_run(void **state)
{
    (void)state;
    whole(1, 7, 1000, 5, ACK, MSS);
    continued(1, 7, 1100, 5, ACK, MSS);
    continued(1, 7, 1200, 5, ACK, MSS);
    continued(1, 7, 1300, 6, ACK, MSS);
    continued(1, 7, 1400, 7, ACK, MSS);
    continued(1, 7, 1500, 9, ACK, MSS);
    pass();
    assert_int_equal(got_count, 3);
    assert_glued(0, 7, 1000, 5, ACK, 300);
    assert_true(got[0].rx.ip_id_fixed);
    assert_glued(1, 7, 1300, 6, ACK, 200);
    assert_false(got[1].rx.ip_id_fixed);
    assert_original(2, 7, 1500, 9, ACK, MSS);
}

static void time_stamps_are_those_of_the_first_segment(void **state)
{
    (void)state;
    uint8_t frame[2000], stamped[2008] = {0x10, 0, 0, 0, 1};
    size_t count = make(frame, 7, 1000, 5, ACK, MSS);
    memcpy(stamped + 8, frame, count);
    uint8_t *header = add_record(WEIR_F_DATA_VALID | WEIR_F_TIMESTAMP, 1, stamped, count + 8);
    header[WEIR_REC_LENGTH] = (uint8_t)count;
    memset(stamped, 0xEE, 8);
    fill(stamped + 8, 7, 1100, MSS);
    header = add_record(WEIR_F_DATA_VALID | WEIR_F_CONTINUES | WEIR_F_TIMESTAMP, 1, stamped, MSS + 8);
    header[WEIR_REC_LENGTH] = MSS;
    header[WEIR_REC_TCP_FLAGS] = ACK;
    header[WEIR_REC_IP_ID] = 6;
    pass();
    assert_int_equal(got_count, 1);
    assert_glued(0, 7, 1000, 5, ACK, 200);
    assert_true(got[0].rx.has_timestamp);
    assert_int_equal(got[0].rx.timestamp, 0x100000010);
}

static void pure_acknowledgements_become_frames(void **state)
{
    (void)state;
    uint8_t wanted[2000];
    whole(4, 7, 1000, 0x0105, ACK, 0);
    pure_ack(4);
    pass();
    assert_int_equal(got_count, 2);
    assert_original(0, 7, 1000, 0x0105, ACK, 0);
    make(wanted, 7, 1000, 0x0109, ACK, 0);
    put16(wanted + 44, 0x1122);
    put16(wanted + 48, 0x3344);
    put16(wanted + 50, 0);
    put16(wanted + 50, (uint16_t)~sum(wanted + 34, 20, sum(wanted + 26, 8, 26)));
    assert_int_equal(got[1].rx.length, 60);
    assert_memory_equal(got[1].bytes, wanted, 60);
    assert_int_equal(get16(got[1].bytes + 18), 0x0109);
    assert_int_equal(stats.rx_pure_acks, 1);
}

// ---- What makes no sense ----

// The transfer so far is fine: one frame. The record behind it costs the rest, and is counted.
static void assert_refused(const char *what)
{
    whole(0, 9, 1, 1, ACK, MSS);
    pass();
    if (stats.rx_bad_transfers != 1 || got_count != 1)
        fail_msg("%s: %u frames, %u bad transfers", what, got_count, (unsigned)stats.rx_bad_transfers);
    length = 0;
    whole(1, 7, 1000, 5, ACK, MSS);
    continued(1, 7, 1100, 6, ACK, MSS);
    pass();
    assert_int_equal(stats.rx_bad_transfers, 1);
    assert_int_equal(got_count, 2);
    setup(NULL);
}

static void nonsense_costs_the_rest_of_its_transfer_and_is_counted(void **state)
{
    (void)state;
#define AFTER_DATA setup(NULL), whole(1, 7, 1000, 5, ACK, MSS)
#define AFTER_ACK setup(NULL), whole(1, 7, 1000, 5, ACK, 0)
    AFTER_DATA, continued(2, 8, 1, 1, ACK, MSS), assert_refused("a flow without a head");
    AFTER_DATA, pure_ack(2), assert_refused("an acknowledgement without a head");
    AFTER_DATA, continued(0, 8, 1, 1, ACK, MSS), assert_refused("a continuation of no flow");
    AFTER_DATA, pure_ack(0), assert_refused("an acknowledgement of no flow");
    AFTER_DATA, continued(1, 7, 1100, 6, ACK, 0), assert_refused("a continuation without payload");
    AFTER_DATA, continued(1, 7, 1100, 6, ACK, MSS + 1), assert_refused("more payload than the head has");
    AFTER_DATA, continued(1, 7, 1100, 6, ACK | 2, MSS), assert_refused("a SYN continues");
    AFTER_DATA, continued(1, 7, 1100, 6, 0, MSS), assert_refused("no ACK continues");
    AFTER_DATA, pure_ack(1), assert_refused("an acknowledgement like data");
    AFTER_ACK, continued(1, 7, 1000, 6, ACK, 1), assert_refused("data continues an acknowledgement");
    AFTER_ACK, pure_ack(1)[WEIR_REC_LENGTH] = 1, assert_refused("an acknowledgement with a byte");
    AFTER_DATA, continued(1, 7, 1100, 6, ACK, MSS)[WEIR_REC_FLAGS] |= WEIR_F_PURE_ACK,
        assert_refused("both forms at once");
    AFTER_DATA, continued(1, 7, 1100, 6, ACK, MSS)[WEIR_REC_FLAGS] &= (uint8_t)~WEIR_F_DATA_VALID,
        assert_refused("a continuation that was not verified");
    AFTER_DATA, whole(2, 8, 1, 1, ACK, MSS), transfer[length - 154 - 2 + 23] = 17, // UDP
        assert_refused("a head that is no TCP");
    for (uint8_t flow = WEIR_FLOWS + 1; flow < 16; flow++)
        AFTER_DATA, whole(flow, 8, 1, 1, ACK, MSS), assert_refused("a flow out of range");
    AFTER_DATA, add_record(WEIR_F_DATA_VALID, 0, transfer, 13),
        assert_refused("less than an Ethernet header");
}

static void a_head_ends_with_its_transfer(void **state)
{
    (void)state;
    whole(1, 7, 1000, 5, ACK, MSS);
    pass();
    length = 0;
    continued(1, 7, 1100, 6, ACK, MSS);
    pass();
    assert_int_equal(got_count, 1);
    assert_int_equal(stats.rx_bad_transfers, 1);
}

static void a_transfer_full_of_the_shortest_records_is_taken(void **state)
{
    (void)state;
    uint8_t frame[2000];
    make(frame, 7, 1000, 5, ACK, 7);
    frame[17] = 41; // of it one byte is payload, and no padding
    unsigned count = 1;
    add_record(WEIR_F_DATA_VALID, 1, frame, HEADER + 1);
    for (; length + 16 <= sizeof transfer; count++)
        continued(1, 7, 1000 + count, (uint16_t)(5 + count), ACK, 1);
    pass();
    assert_int_equal(got_count, 1);
    assert_int_equal(got[0].rx.segments, count);
    assert_int_equal(got[0].rx.length, HEADER + count);
    assert_int_equal(stats.rx_bad_transfers, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_becomes_one_large_frame_where_it_lies),
        TEST(runs_that_interleave_are_gathered),
        TEST(segments_are_rebuilt_one_by_one_where_that_is_asked),
        TEST(a_run_of_one_segment_comes_as_it_was),
        TEST(what_comes_of_the_same_connection_otherwise_comes_behind),
        TEST(identifications_that_linux_would_not_count_end_a_run),
        TEST(time_stamps_are_those_of_the_first_segment),
        TEST(pure_acknowledgements_become_frames),
        TEST(nonsense_costs_the_rest_of_its_transfer_and_is_counted),
        TEST(a_head_ends_with_its_transfer),
        TEST(a_transfer_full_of_the_shortest_records_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
