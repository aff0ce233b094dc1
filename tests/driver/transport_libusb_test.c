// SPDX-License-Identifier: BSD-2-Clause
//
// Which card the transport takes, what it says when it takes none, and how it gets the card from the kernel.
#include "transport_libusb_bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Which card ----

static void refused(struct bench *bench, const char *options, int number, const char *wanted)
{
    assert_null(open_transport(bench, options));
    assert_int_equal(errno, number);
    if (!strstr(bench->error, wanted))
        fail_msg("\"%s\" does not say \"%s\"", bench->error, wanted);
}

static void without_a_card_it_says_so(void **state)
{
    struct bench *bench = *state;

    fake_usb_unplug(&bench->device);
    refused(bench, "", ENODEV, "no card found: plug one in");
    refused(bench, "serial=12", ENODEV, "no card found: usb:serial=12 is not plugged in");
    fake_usb.no_usb = true;
    refused(bench, "", ENODEV, "this system has no USB");
}

static void the_only_card_needs_no_name(void **state)
{
    struct bench *bench = *state;

    assert_true(open_card(bench));
    weir_card_close(bench->card);
}

static void of_several_cards_one_must_be_named(void **state)
{
    struct bench *bench = *state;

    plug(bench, &bench->other, 4, "0257656972AB");
    refused(bench, "", EMLINK, "usb:serial=025765697201, usb:serial=0257656972AB");
    refused(bench, "serial=77", ENODEV, "there is usb:serial=025765697201, usb:serial=0257656972AB");
    refused(bench, "1-1.9", ENODEV, "there is usb:serial=");
    const char *names[] = {"serial=0257656972ab", "0257656972ab", "1-1.4"};
    for (int i = 0; i < 2; i++) {
        struct weir_transport *transport = open_transport(bench, names[i]);
        assert_non_null(transport);
        assert_true(bench->other.claimed);
        assert_false(bench->device.claimed);
        transport->ops->close(transport);
    }
}

static void a_name_that_makes_no_sense_is_answered_with_the_forms(void **state)
{
    const char *names[] = {"x", "serial=", "1", "1-", "-1", "1-2x", "1.2-3", "Serial=1"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        refused(*state, names[i], EINVAL, "usb, usb:serial=NUMBER or usb:BUS-PORT");
}

static void a_device_with_our_numbers_only_is_not_a_card(void **state)
{
    struct bench *bench = *state;

    bench->device.stranger = true;
    refused(bench, "", ENODEV, "no card found");
}

static void no_permission_names_the_rule(void **state)
{
    struct bench *bench = *state;

    bench->device.denied = true;
    refused(bench, "", EACCES, "60-weir.rules");
    assert_non_null(strstr(bench->error, "/etc/udev/rules.d"));
}

static void a_card_in_use_is_told(void **state)
{
    struct bench *bench = *state;

    bench->device.busy = true;
    refused(bench, "", EBUSY, "another program uses the card at USB port 1-1.3");
    assert_non_null(strstr(bench->error, "fuser -v /dev/bus/usb/001/003"));
}

static void another_link_version_says_which_side_to_update(void **state)
{
    struct bench *bench = *state;

    bench->device.protocol = WEIR_VERSION_MAJOR + 1;
    assert_false(open_card(bench));
    assert_non_null(strstr(bench->error, "update this program"));
    bench->device.protocol = WEIR_VERSION_MAJOR - 1;
    assert_false(open_card(bench));
    assert_non_null(strstr(bench->error, "update the card's bitstream"));
}

static void every_card_is_listed_also_without_permission(void **state)
{
    struct bench *bench = *state;
    struct weir_usb_card cards[8];

    plug(bench, &bench->other, 4, "0257656972AB");
    bench->other.denied = true;
    bench->device.busy = true;
    assert_int_equal(weir_usb_list(cards, 8, bench->error, sizeof bench->error), 2);
    assert_string_equal(cards[0].serial, "025765697201");
    assert_string_equal(cards[0].path, "1-1.3");
    assert_true(cards[0].permitted);
    assert_int_equal(cards[0].version_major, WEIR_VERSION_MAJOR);
    assert_string_equal(cards[1].path, "1-1.4");
    assert_false(cards[1].permitted);
    assert_int_equal(weir_usb_list(cards, 1, bench->error, sizeof bench->error), 1);
    fake_usb.no_usb = true;
    assert_int_equal(weir_usb_list(cards, 8, bench->error, sizeof bench->error), -1);
}

// ---- Making it ours ----

static void a_card_in_the_kernels_hands_is_taken_and_given_back(void **state)
{
    struct bench *bench = *state;

    bench->device.configuration = 2;
    bench->device.kernel = true;
    assert_true(open_card(bench));
    assert_int_equal(bench->device.configuration, 1);
    assert_int_equal(bench->device.detached, 1);
    exchanges_everything(bench);
    weir_card_close(bench->card);
    assert_int_equal(bench->device.configuration, 2);
    assert_true(bench->device.kernel);
}

static void is_the_kernels(struct bench *bench, int configuration, unsigned attached)
{
    assert_int_equal(bench->device.detached, 1);
    assert_int_equal(bench->device.attached, attached);
    assert_int_equal(bench->device.configuration, configuration);
    assert_true(bench->device.kernel);
    assert_false(bench->device.claimed);
}

static void at_the_kernel(struct bench *bench, int configuration)
{
    plug(bench, &bench->device, 3, "025765697201");
    bench->device.configuration = configuration;
    bench->device.kernel = true;
}

static void a_card_that_cannot_be_taken_stays_the_kernels(void **state)
{
    struct bench *bench = *state;

    at_the_kernel(bench, 2);
    bench->device.busy = true; // the configuration cannot be set
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 2, 1);
    at_the_kernel(bench, 2);
    bench->device.busy_at_claim = true;
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 2, 0);
    at_the_kernel(bench, 2);
    bench->device.unconfigurable = true;
    refused(bench, "", EIO, "plug it in anew");
    is_the_kernels(bench, 2, 0);
    at_the_kernel(bench, 2);
    bench->device.card.packet = 0; // its descriptors make no sense
    refused(bench, "", EIO, "plug it in anew");
    is_the_kernels(bench, 2, 0);
}

static void a_driver_that_had_our_own_configuration_gets_it_back(void **state)
{
    struct bench *bench = *state;

    at_the_kernel(bench, 1);
    assert_true(open_card(bench));
    assert_false(bench->device.kernel);
    weir_card_close(bench->card);
    is_the_kernels(bench, 1, 1);
    at_the_kernel(bench, 1);
    bench->device.busy_at_claim = true;
    refused(bench, "", EBUSY, "another program uses the card");
    is_the_kernels(bench, 1, 1);
}

static void what_a_killed_program_left_in_the_card_is_dropped(void **state)
{
    struct bench *bench = *state;
    uint8_t rest[512] = {WEIR_RECORD_MAGIC, [WEIR_REC_LENGTH + 1] = 8};

    fake_card_out_packet(&bench->device.card, rest, sizeof rest); // of a frame of 2,048 bytes
    memset(bench->device.card.in, 0x55, 700);
    bench->device.card.in_length = 700;
    assert_true(open_card(bench));
    exchanges_everything(bench);
    assert_int_equal(weir_card_stats(bench->card)->rx_bad_transfers, 0);
    weir_card_close(bench->card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_card_it_says_so),
        TEST(the_only_card_needs_no_name),
        TEST(of_several_cards_one_must_be_named),
        TEST(a_name_that_makes_no_sense_is_answered_with_the_forms),
        TEST(a_device_with_our_numbers_only_is_not_a_card),
        TEST(no_permission_names_the_rule),
        TEST(a_card_in_use_is_told),
        TEST(another_link_version_says_which_side_to_update),
        TEST(every_card_is_listed_also_without_permission),
        TEST(a_card_in_the_kernels_hands_is_taken_and_given_back),
        TEST(a_card_that_cannot_be_taken_stays_the_kernels),
        TEST(a_driver_that_had_our_own_configuration_gets_it_back),
        TEST(what_a_killed_program_left_in_the_card_is_dropped),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
