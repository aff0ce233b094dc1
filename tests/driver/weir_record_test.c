// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir_link.h"
#include "weir_record.h"

static uint64_t seed = 0x57656972;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void put_record(uint8_t *out, const struct weir_record *record, uint8_t fill)
{
    weir_record_emit_header(out, record);
    memset(out + WEIR_RECORD_HEADER, fill, record->length);
    memset(out + WEIR_RECORD_HEADER + record->length, 0,
           weir_record_size(record->length) - WEIR_RECORD_HEADER - record->length);
}

static struct weir_record random_record(void)
{
    return (struct weir_record){
        .flags = (uint8_t)(random64() & 0x3f),
        .gso_type = (uint8_t)(random64() & 15),
        .gso_size = (uint16_t)random64(),
        .hdr_len = (uint8_t)random64(),
        .csum_start = (uint16_t)random64(),
        .csum_offset = (uint16_t)random64(),
        .length = (uint32_t)(random64() % 3000),
    };
}

static void assert_same(const struct weir_record *got, const struct weir_record *wanted)
{
    assert_int_equal(got->flags, wanted->flags);
    assert_int_equal(got->gso_type, wanted->gso_type);
    assert_int_equal(got->gso_size, wanted->gso_size);
    assert_int_equal(got->hdr_len, wanted->hdr_len);
    assert_int_equal(got->csum_start, wanted->csum_start);
    assert_int_equal(got->csum_offset, wanted->csum_offset);
    assert_int_equal(got->length, wanted->length);
}

static void header_bytes_stand_where_the_link_says(void **state)
{
    (void)state;
    const uint8_t wanted[WEIR_RECORD_HEADER] = {0xE1, 0x01, 0x22, 0x01, 0x10, 0x00,
                                                0xB4, 0x05, 0x36, 0x45, 0x23, 0x11};
    uint8_t bytes[WEIR_RECORD_HEADER];

    weir_record_emit_header(bytes, &(struct weir_record){.flags = WEIR_F_NEEDS_CSUM,
                                                         .csum_start = 0x122,
                                                         .csum_offset = 16,
                                                         .gso_size = 1460,
                                                         .hdr_len = 54,
                                                         .gso_type = WEIR_GSO_TCPV4,
                                                         .length = 0x12345});
    assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void records_come_back_as_they_were_emitted(void **state)
{
    (void)state;
    static uint8_t transfer[40000];

    for (int round = 0; round < 500; round++) {
        struct weir_record sent[12];
        size_t length = 0;
        for (size_t i = 0; i < 12; i++) {
            sent[i] = random_record();
            put_record(transfer + length, &sent[i], (uint8_t)i);
            length += weir_record_size(sent[i].length);
            assert_int_equal(length % 4, 0);
        }
        struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
        struct weir_record got;
        for (size_t i = 0; i < 12; i++) {
            assert_true(weir_record_read(&reader, &got));
            assert_same(&got, &sent[i]);
            for (size_t j = 0; j < got.length; j++)
                assert_int_equal(got.data[j], i);
        }
        assert_false(weir_record_read(&reader, &got));
        assert_false(reader.bad);
    }
}

static void padding_of_any_length_is_skipped(void **state)
{
    (void)state;
    uint8_t transfer[200] = {0};
    struct weir_record pad = {.flags = WEIR_F_PAD, .length = 21}, frame = {.length = 14}, got;

    weir_record_emit_pad(transfer);
    put_record(transfer + 12, &pad, 0xE1);
    put_record(transfer + 12 + 36, &frame, 7);
    weir_record_emit_pad(transfer + 12 + 36 + 28);
    struct weir_record_reader reader = {.next = transfer, .end = transfer + 12 + 36 + 28 + 12};
    assert_true(weir_record_read(&reader, &got));
    assert_int_equal(got.length, 14);
    assert_ptr_equal(got.data, transfer + 12 + 36 + 12);
    assert_false(weir_record_read(&reader, &got));
    assert_false(reader.bad);
}

static void time_stamp_stands_between_header_and_frame(void **state)
{
    (void)state;
    static const uint8_t time[8] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11};
    struct weir_record frame = {.flags = WEIR_F_TIMESTAMP, .length = 61}, got;
    uint8_t transfer[12 + 8 + 64 + 12];

    weir_record_emit_header(transfer, &frame);
    memcpy(transfer + 12, time, sizeof time);
    memset(transfer + 20, 7, 64);
    frame = (struct weir_record){.flags = WEIR_F_PURE_ACK};
    weir_record_emit_header(transfer + 84, &frame);
    for (size_t length = 1; length <= 84; length++) {
        struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
        assert_int_equal(weir_record_read(&reader, &got), length >= 12 + 8 + 61);
        assert_int_equal(reader.bad, length < 12 + 8 + 61);
    }
    struct weir_record_reader reader = {.next = transfer, .end = transfer + sizeof transfer};
    assert_true(weir_record_read(&reader, &got));
    assert_true(weir_record_has_timestamp(&got));
    assert_int_equal(got.timestamp, 0x1122334455667788);
    assert_int_equal(got.length, 61);
    assert_ptr_equal(got.data, transfer + 20);
    assert_true(weir_record_read(&reader, &got));
    assert_false(weir_record_has_timestamp(&got));
    assert_int_equal(got.flags, WEIR_F_PURE_ACK);
    assert_false(weir_record_read(&reader, &got));
    assert_false(reader.bad);
}

static void nonsense_costs_the_rest_of_the_transfer_only(void **state)
{
    (void)state;
    struct weir_record frame = {.length = 60}, got;
    uint8_t good[3 * 72];
    struct {
        size_t at;
        uint8_t value;
    } damage[] = {{WEIR_REC_MAGIC, 0xE0},
                  {WEIR_REC_LENGTH + 2, 0x04},
                  {WEIR_REC_LENGTH + 2, 0x08},
                  {WEIR_REC_LENGTH + 1, 1}};

    for (size_t i = 0; i < 3; i++)
        put_record(good + 72 * i, &frame, 1);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        uint8_t transfer[sizeof good];
        memcpy(transfer, good, sizeof good);
        transfer[72 + damage[i].at] = damage[i].value;
        struct weir_record_reader reader = {.next = transfer, .end = transfer + sizeof transfer};
        assert_true(weir_record_read(&reader, &got));
        assert_false(weir_record_read(&reader, &got));
        assert_true(reader.bad);
        assert_false(weir_record_read(&reader, &got));
    }
}

static void record_that_runs_past_the_end_is_not_given_out(void **state)
{
    (void)state;
    struct weir_record frame = {.length = 61}, got;
    uint8_t transfer[76];

    put_record(transfer, &frame, 1);
    for (size_t length = 1; length <= sizeof transfer; length++) {
        struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
        assert_int_equal(weir_record_read(&reader, &got),
                         length >= 12 + 61); // the zeros behind it may be missing
        assert_int_equal(reader.bad, length < 12 + 61);
    }
}

// Any bytes: the reader stays inside the transfer and comes to an end. The transfer is an allocation of its
// exact size, so that a sanitizer sees every byte too far.
static void any_bytes_are_read_within_bounds(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint64_t started = seed;
        size_t length = (size_t)(random64() % 300), taken = 0;
        uint8_t *transfer = malloc(length + !length);
        assert_non_null(transfer);
        for (size_t i = 0; i < length; i++)
            transfer[i] = (uint8_t)random64();
        // Often enough a header that looks right.
        for (size_t at = 0; at + WEIR_RECORD_HEADER <= length && random64() % 8;
             at += 12 + (size_t)(random64() % 60 & ~3u)) {
            transfer[at] = WEIR_RECORD_MAGIC;
            transfer[at + WEIR_REC_LENGTH] = (uint8_t)(random64() % 64);
            transfer[at + WEIR_REC_LENGTH + 1] = transfer[at + WEIR_REC_LENGTH + 2] = 0;
        }
        struct weir_record_reader reader = {.next = transfer, .end = transfer + length};
        struct weir_record record;
        uint32_t sum = 0;
        while (weir_record_read(&reader, &record)) {
            taken += WEIR_RECORD_HEADER + record.length;
            taken += weir_record_has_timestamp(&record) ? WEIR_TIMESTAMP_SIZE : 0;
            for (size_t i = 0; i < record.length; i++)
                sum += record.data[i];
            if (record.data < transfer || record.data + record.length > transfer + length || taken > length)
                fail_msg("out of bounds with seed %llu, sum %u", (unsigned long long)started, sum);
        }
        assert_ptr_equal(reader.next, reader.end);
        free(transfer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_bytes_stand_where_the_link_says),
        cmocka_unit_test(records_come_back_as_they_were_emitted),
        cmocka_unit_test(padding_of_any_length_is_skipped),
        cmocka_unit_test(time_stamp_stands_between_header_and_frame),
        cmocka_unit_test(nonsense_costs_the_rest_of_the_transfer_only),
        cmocka_unit_test(record_that_runs_past_the_end_is_not_given_out),
        cmocka_unit_test(any_bytes_are_read_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
