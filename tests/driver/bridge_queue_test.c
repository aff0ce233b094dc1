// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_queue.h"

#define HEADERS 54

// A TCP frame over IPv4 of connection `port`, `number` in its last two bytes.
static void put(struct weir_queue *queue, unsigned port, unsigned number, size_t length)
{
    struct weir_queue_frame *frame = weir_queue_new(queue);

    assert_non_null(frame);
    memset(frame->bytes, 0, length);
    frame->bytes[12] = 0x08;
    frame->bytes[14] = 0x45;
    frame->bytes[23] = 6;
    frame->bytes[29] = 1; // 0.0.0.1 to 0.0.0.0
    frame->bytes[34] = (uint8_t)(port >> 8);
    frame->bytes[35] = (uint8_t)port;
    frame->bytes[length - 2] = (uint8_t)(number >> 8);
    frame->bytes[length - 1] = (uint8_t)number;
    frame->length = length;
    weir_queue_put(queue, frame);
}

struct taken {
    unsigned port, number;
    size_t length; // 0: none waited
};

static struct taken take(struct weir_queue *queue)
{
    struct weir_queue_frame *frame = weir_queue_take(queue);
    struct taken taken = {0};

    if (!frame)
        return taken;
    const uint8_t *end = frame->bytes + frame->length;
    taken = (struct taken){.port = (unsigned)frame->bytes[34] << 8 | frame->bytes[35],
                           .number = (unsigned)end[-2] << 8 | end[-1],
                           .length = frame->length};
    weir_queue_free(queue, frame);
    return taken;
}

static void one_flow_comes_out_in_order(void **state)
{
    struct weir_queue *queue = weir_queue_create(1 << 20);

    (void)state;
    for (unsigned i = 0; i < 300; i++)
        put(queue, 80, i, HEADERS + 2 + i * 9 % 1400);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(take(queue).number, i);
    assert_int_equal(take(queue).length, 0);
    weir_queue_destroy(queue);
}

static void a_flow_that_had_nothing_waiting_goes_first(void **state)
{
    struct weir_queue *queue = weir_queue_create(1 << 21);

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        put(queue, 80, i, 60000);
    assert_int_equal(take(queue).port, 80);
    put(queue, 22, 0, 100);
    assert_int_equal(take(queue).port, 22);
    assert_int_equal(take(queue).port, 80);
    weir_queue_destroy(queue);

    // Also in the middle of another one's turn.
    queue = weir_queue_create(1 << 21);
    for (unsigned i = 0; i < 20; i++)
        put(queue, 80, i, 1000);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(take(queue).port, 80);
    put(queue, 22, 0, 100);
    assert_int_equal(take(queue).port, 22);
    assert_int_equal(take(queue).port, 80);
    weir_queue_destroy(queue);
}

static void flows_get_the_same_share_whatever_their_frames_sizes(void **state)
{
    struct weir_queue *queue = weir_queue_create(1 << 22);
    size_t bytes[2] = {0};

    (void)state;
    for (unsigned i = 0; i < 30; i++)
        put(queue, 1000, i, 60000);
    for (unsigned i = 0; i < 400; i++)
        put(queue, 2001, i, 1500);
    while (bytes[0] + bytes[1] < 900000) {
        struct taken taken = take(queue);
        bytes[taken.port == 2001] += taken.length;
    }
    assert_in_range(bytes[0], 350000, 550000);
    weir_queue_destroy(queue);
}

static void what_is_too_much_is_dropped_from_the_longest_flow(void **state)
{
    struct weir_queue *queue = weir_queue_create(300000);
    unsigned small = 0;
    struct taken taken;

    (void)state;
    put(queue, 22, 7, 100);
    for (unsigned i = 0; i < 100; i++)
        put(queue, 80, i, 10000);
    assert_int_equal(weir_queue_dropped(queue), 71);
    for (unsigned next = 71; (taken = take(queue)).length > 0;) {
        small += taken.port == 22;
        if (taken.port == 80)
            assert_int_equal(taken.number, next++); // the oldest went
    }
    assert_int_equal(small, 1);
    weir_queue_set_limit(queue, 1);
    put(queue, 80, 0, 100);
    assert_int_equal(weir_queue_dropped(queue), 72);
    weir_queue_destroy(queue);
}

static void more_frames_than_there_is_room_for_cost_the_oldest(void **state)
{
    struct weir_queue *queue = weir_queue_create(1 << 24);

    (void)state;
    for (unsigned i = 0; i < WEIR_QUEUE_FRAMES + 10; i++)
        put(queue, 80, i, 60);
    assert_int_equal(weir_queue_dropped(queue), 10);
    assert_int_equal(take(queue).number, 10);
    weir_queue_destroy(queue);
}

static void any_frame_goes_through(void **state)
{
    struct weir_queue *queue = weir_queue_create(1 << 24);
    uint32_t random = 1;
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        struct weir_queue_frame *frame = weir_queue_new(queue);
        frame->length = i % 120;
        for (size_t at = 0; at < frame->length; at++)
            frame->bytes[at] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
        if (frame->length > 15) {
            frame->bytes[12] = i & 1 ? 0x86 : 0x08;
            frame->bytes[13] = i & 1 ? 0xDD : 0x00;
            frame->bytes[14] = i & 1 ? 0x60 : 0x45;
        }
        weir_queue_put(queue, frame);
    }
    for (struct weir_queue_frame *frame; (frame = weir_queue_take(queue)) != NULL; taken++)
        weir_queue_free(queue, frame);
    assert_int_equal(taken, 400);
    weir_queue_destroy(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_flow_comes_out_in_order),
        cmocka_unit_test(a_flow_that_had_nothing_waiting_goes_first),
        cmocka_unit_test(flows_get_the_same_share_whatever_their_frames_sizes),
        cmocka_unit_test(what_is_too_much_is_dropped_from_the_longest_flow),
        cmocka_unit_test(more_frames_than_there_is_room_for_cost_the_oldest),
        cmocka_unit_test(any_frame_goes_through),
    };
    return cmocka_run_group_tests_name("bridge_queue", tests, NULL, NULL);
}
