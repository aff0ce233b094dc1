// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim_options.h"
#include "weir_transport.h"

static void every_key_reaches_its_field(void **state)
{
    (void)state;
    struct sim_options options;
    char error[200];

    assert_true(
        sim_options_parse("tap=t0,pcap=a b.pcapng,trace=/x/y.fst,seed=0x10,loss=1,reorder=0.5,duplicate=100,"
                          "corrupt=0,usb-corrupt=1.5,usb-lost=0.0001",
                          &options, error, sizeof error));
    assert_string_equal(options.tap, "t0");
    assert_string_equal(options.veth, "");
    assert_string_equal(options.pcap, "a b.pcapng");
    assert_string_equal(options.trace, "/x/y.fst");
    assert_int_equal(options.seed, 16);
    assert_int_equal(options.loss, 10000);
    assert_int_equal(options.reorder, 5000);
    assert_int_equal(options.duplicate, 1000000);
    assert_int_equal(options.corrupt, 0);
    assert_int_equal(options.usb_corrupt, 15000);
    assert_int_equal(options.usb_lost, 1);
    assert_true(sim_options_parse("veth=v0", &options, error, sizeof error));
    assert_string_equal(options.veth, "v0");
    assert_true(sim_options_parse("peer=unix:/x/cable", &options, error, sizeof error));
    assert_string_equal(options.peer, "unix:/x/cable");
    assert_int_equal(options.loss, 0);
    assert_true(sim_options_parse("", &options, error, sizeof error));
    assert_false(options.full_speed || options.full_speed_port);
    assert_true(sim_options_parse("port=full", &options, error, sizeof error));
    struct weir_sim_config config = {0};
    sim_options_config(&options, &config);
    assert_true(config.full_speed_port && !config.full_speed);
    assert_int_equal(config.phy, WEIR_SIM_PHY_SOUND);
    assert_true(sim_options_parse("phy=none", &options, error, sizeof error));
    sim_options_config(&options, &config);
    assert_int_equal(config.phy, WEIR_SIM_PHY_NONE);
    assert_true(sim_options_parse("phy=noisy", &options, error, sizeof error));
    assert_int_equal(options.phy, WEIR_SIM_PHY_NOISY);
}

static void what_makes_no_sense_is_refused_with_advice(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"tab=t0", "knows no \"tab\"; it knows tap, veth"},
        {"=3", "knows no \"\""},
        {"tap", "tap needs a value"},
        {"tap=", "needs a value"},
        {"loss=x", "0 to 100"},
        {"loss=101", "0 to 100"},
        {"loss=-1", "0 to 100"},
        {"loss=nan", "0 to 100"},
        {"loss=1%", "0 to 100"},
        {"seed=-1", "whole number"},
        {"seed=99999999999999999999", "whole number"},
        {"tap=a,veth=b", "one cable"},
        {"peer=c,veth=b", "one cable"},
        {"speed=full,port=full", "one of them"},
        {"port=low", "high or full speed"},
        {"phy=deaf", "sound, noisy or none"},
        {"mac=03:00:00:00:00:01", "address of one card"},
        {"mac=02:00:00:00:00", "address of one card"},
        {"tap=0123456789012345678901234567890123456789012345678901234567890123456789", "too long"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_options options;
        char error[300] = "";
        assert_false(sim_options_parse(cases[i][0], &options, error, sizeof error));
        if (!strstr(error, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], error);
    }
}

static void unknown_kind_of_card_is_refused_with_advice(void **state)
{
    (void)state;
    char error[1000] = "";

    assert_null(weir_transport_open("simm:tap=t0", error, sizeof error));
    assert_non_null(strstr(error, "sim:tap=NAME"));
    assert_null(weir_transport_open("", error, sizeof error));
}

static void mac_of(const char *text, uint8_t mac[6])
{
    struct sim_options options;
    struct weir_sim_config config = {0};
    char error[200];

    assert_true(sim_options_parse(text, &options, error, sizeof error));
    sim_options_config(&options, &config);
    memcpy(mac, config.mac, 6);
}

static void each_interface_and_seed_gives_its_card_another_address(void **state)
{
    (void)state;
    static const char *const cards[] = {"tap=weir0", "tap=weir1", "veth=weir2", "tap=weir0,seed=1"};
    uint8_t mac[4][6], again[6];

    for (size_t i = 0; i < 4; i++) {
        mac_of(cards[i], mac[i]);
        assert_int_equal(mac[i][0] & 3, 2); // one station's, locally administered
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(mac[i], mac[j], 6);
    }
    mac_of("tap=weir0", again);
    assert_memory_equal(again, mac[0], 6);
    mac_of("tap=weir0,mac=02:00:00:00:00:2a", again);
    assert_memory_equal(again, ((uint8_t[]){2, 0, 0, 0, 0, 0x2A}), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_reaches_its_field),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_advice),
        cmocka_unit_test(each_interface_and_seed_gives_its_card_another_address),
        cmocka_unit_test(unknown_kind_of_card_is_refused_with_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
