// SPDX-License-Identifier: BSD-2-Clause
//
// The interface and what the kernel tells of it, with a real kernel in a network namespace of the test's own.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge_frame.h"
#include "bridge_netlink.h"
#include "bridge_tap.h"
#include "weir_link.h"

struct bench {
    struct weir_tap tap;
    struct weir_netlink netlink;
    struct weir_wants wants;
};

static const uint8_t mac[6] = {0x02, 0x57, 0x45, 1, 2, 3};

static int open_tap(struct weir_tap *tap, const char *name)
{
    struct weir_tap_config config = {.name = name, .mtu = 1400, .queue_length = 100};
    char error[300];

    memcpy(config.mac, mac, sizeof mac);
    return weir_tap_open(tap, &config, error, sizeof error);
}

static int setup(void **state)
{
    static struct bench bench;

    assert_int_equal(unshare(CLONE_NEWNET), 0); // needs root
    assert_int_equal(open_tap(&bench.tap, "weir%d"), 0);
    assert_int_equal(weir_netlink_open(&bench.netlink, bench.tap.index), 0);
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    weir_netlink_close(&bench->netlink);
    weir_tap_close(&bench->tap);
    return 0;
}

static const struct weir_wants *ask(struct bench *bench)
{
    assert_int_equal(weir_netlink_ask(&bench->netlink, &bench->wants), 0);
    return &bench->wants;
}

static bool hears(const struct weir_wants *wants, const uint8_t address[6])
{
    for (size_t i = 0; i < wants->hw_count && i < WEIR_WANTS_HW; i++)
        if (memcmp(wants->hw[i], address, 6) == 0)
            return true;
    return false;
}

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

// Whether the kernel had something to say.
static bool has_said(struct bench *bench)
{
    struct pollfd events = {.fd = bench->netlink.events, .events = POLLIN};
    bool said = poll(&events, 1, 0) > 0;

    weir_netlink_drain(&bench->netlink);
    return said;
}

static void the_interface_is_as_it_was_asked_for(void **state)
{
    struct bench *bench = *state;

    assert_string_equal(bench->tap.name, "weir0");
    run("ip -d link show weir0 | grep -q 'mtu 1400 .*state DOWN .* qlen 100'");
    assert_memory_equal(ask(bench)->mac, mac, 6);
    assert_false(bench->wants.up);
}

static void a_second_one_gets_the_next_name_and_a_name_twice_is_refused(void **state)
{
    struct weir_tap second, third;

    (void)state;
    assert_int_equal(open_tap(&second, "weir%d"), 0);
    assert_string_equal(second.name, "weir1");
    assert_int_equal(open_tap(&third, "weir1"), -EBUSY);
    assert_int_equal(open_tap(&third, "a-name-that-is-too-long"), -EINVAL);
    weir_tap_close(&second);
    assert_int_equal(if_nametoindex("weir1"), 0);
}

static void offloads_are_those_that_the_card_has(void **state)
{
    struct bench *bench = *state;
    const uint32_t tso = WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4 | WEIR_CAP_TSO6;

    assert_int_equal(weir_tap_set_offloads(&bench->tap, tso), tso);
    run("ethtool -k weir0 | grep -q 'tx-tcp6-segmentation: on' && ethtool -k weir0 | grep -q "
        "'tx-udp-segmentation: off'");
    assert_int_equal(weir_tap_set_offloads(&bench->tap, WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4),
                     WEIR_CAP_TX_CSUM | WEIR_CAP_TSO4);
    run("ethtool -k weir0 | grep -q 'tx-tcp-segmentation: on' && ethtool -k weir0 | grep -q "
        "'tx-tcp6-segmentation: off'");
    assert_int_equal(weir_tap_set_offloads(&bench->tap, WEIR_CAP_TSO4), 0); // none without checksums
    run("ethtool -k weir0 | grep -q 'tx-tcp-segmentation: off' && ethtool -k weir0 | grep -q "
        "'^tx-checksumming: off'");
}

static void the_carrier_is_what_it_was_set_to(void **state)
{
    struct bench *bench = *state;

    run("ip link set weir0 up && ip link show weir0 | grep -q NO-CARRIER");
    assert_int_equal(weir_tap_set_carrier(&bench->tap, true), 0);
    run("ip link show weir0 | grep -q LOWER_UP");
    assert_int_equal(weir_tap_set_carrier(&bench->tap, false), 0);
    run("ip link show weir0 | grep -q NO-CARRIER");
}

static void addresses_are_told_when_they_come_and_go(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(weir_tap_bring_up(&bench->tap, 0x0A4D0002, 24), 0);
    assert_true(has_said(bench));
    run("ip addr add 10.77.0.3/24 dev weir0 && ip addr add 192.0.2.1 peer 192.0.2.2 dev weir0");
    assert_true(has_said(bench));
    assert_true(ask(bench)->up);
    assert_int_equal(bench->wants.ipv4_count, 3);
    assert_int_equal(bench->wants.ipv4[0], 0x0A4D0002);
    assert_int_equal(bench->wants.ipv4[1], 0xC0000201); // our end, by the kernel's order
    run("ip addr del 10.77.0.3/24 dev weir0");
    assert_true(has_said(bench));
    assert_int_equal(ask(bench)->ipv4_count, 2);
    run("ip link set weir0 address 02:57:45:09:09:09");
    assert_int_equal(ask(bench)->mac[3], 9);
}

static void groups_are_those_that_programs_have_joined(void **state)
{
    struct bench *bench = *state;
    static const uint8_t all_hosts[] = {0x01, 0, 0x5E, 0, 0, 1}, group[] = {0x01, 0, 0x5E, 1, 2, 3};
    struct ip_mreqn join = {.imr_ifindex = (int)bench->tap.index};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, "239.1.2.3", &join.imr_multiaddr);
    run("ip link set weir0 up");
    assert_true(hears(ask(bench), all_hosts));
    assert_false(hears(&bench->wants, group));
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), 0);
    assert_true(hears(ask(bench), group));
    assert_int_equal(bench->wants.hw_unicast, 0);
    close(fd);
    assert_false(hears(ask(bench), group));
}

static void a_join_is_seen_in_the_frames_that_go_out(void **state)
{
    struct bench *bench = *state;
    static uint8_t frame[WEIR_TAP_FRAME_MAX];
    struct ip_mreqn join = {.imr_ifindex = (int)bench->tap.index};
    struct pollfd tap = {.fd = bench->tap.fd, .events = POLLIN};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct weir_vnet vnet;
    bool seen = false;

    inet_pton(AF_INET, "239.1.2.4", &join.imr_multiaddr);
    assert_int_equal(weir_tap_set_carrier(&bench->tap, true), 0);
    assert_int_equal(weir_tap_bring_up(&bench->tap, 0x0A4D0002, 24), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), 0);
    while (!seen && poll(&tap, 1, 10000) > 0) {
        ssize_t length = weir_tap_read(&bench->tap, &vnet, frame);
        seen = length > 0 && frame[0] == 0x01 && weir_bridge_tells_groups(frame, (size_t)length);
    }
    assert_true(seen);
    close(fd);
}

static void who_listens_and_what_stands_on_top_is_told(void **state)
{
    struct bench *bench = *state;

    run("ip link set weir0 up");
    assert_false(ask(bench)->promiscuous || bench->wants.all_multicast || bench->wants.proxy_arp);
    run("ip link set weir0 promisc on");
    assert_true(has_said(bench));
    assert_true(ask(bench)->promiscuous);
    run("ip link set weir0 promisc off && ip link set weir0 allmulticast on arp off");
    assert_true(ask(bench)->all_multicast && bench->wants.no_arp && !bench->wants.promiscuous);
    run("ip link add link weir0 name mv0 type macvlan mode bridge && ip link set mv0 up");
    assert_int_equal(ask(bench)->hw_unicast, 1);
    run("ip link del mv0 && ip link add br0 type bridge && ip link set weir0 master br0");
    assert_true(ask(bench)->promiscuous);
    assert_int_equal(bench->wants.hw_unicast, 0);
}

static void an_interface_that_was_taken_away_is_told(void **state)
{
    struct bench *bench = *state;
    static uint8_t frame[WEIR_TAP_FRAME_MAX];
    struct weir_vnet vnet;

    assert_int_equal(weir_tap_read(&bench->tap, &vnet, frame), -EAGAIN);
    run("ip link del weir0");
    assert_int_equal(weir_netlink_ask(&bench->netlink, &bench->wants), -ENODEV);
    assert_int_not_equal(weir_tap_read(&bench->tap, &vnet, frame), -EAGAIN);
}

static void ethtool_shows_the_link(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(weir_tap_set_link(&bench->tap, 1 | 2 << 1 | 8), 0);
    run("ethtool weir0 | grep -q 'Speed: 1000Mb/s' && ethtool weir0 | grep -q 'Duplex: Full'");
    assert_int_equal(weir_tap_set_link(&bench->tap, 1 | 1 << 1), 0);
    run("ethtool weir0 | grep -q 'Speed: 100Mb/s' && ethtool weir0 | grep -q 'Duplex: Half'");
    assert_int_equal(weir_tap_set_link(&bench->tap, 2 << 1 | 8), 0);
    run("ethtool weir0 | grep -q 'Speed: Unknown' && ethtool weir0 | grep -q 'Duplex: Unknown'");
}

static void an_mtu_over_the_limit_is_set_back_by_whatever_name(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(weir_tap_limit_mtu(&bench->tap, 1400), 0); // it is just that
    run("ip link set weir0 mtu 9000 && ip link set weir0 name other");
    assert_int_equal(weir_tap_limit_mtu(&bench->tap, 4000), 9000);
    run("ip link show other | grep -q 'mtu 4000 '");
    assert_string_equal(bench->tap.name, "other");
    run("ip link del other");
    assert_int_equal(weir_tap_limit_mtu(&bench->tap, 1400), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_interface_is_as_it_was_asked_for),
        TEST(a_second_one_gets_the_next_name_and_a_name_twice_is_refused),
        TEST(offloads_are_those_that_the_card_has),
        TEST(the_carrier_is_what_it_was_set_to),
        TEST(addresses_are_told_when_they_come_and_go),
        TEST(groups_are_those_that_programs_have_joined),
        TEST(a_join_is_seen_in_the_frames_that_go_out),
        TEST(who_listens_and_what_stands_on_top_is_told),
        TEST(an_interface_that_was_taken_away_is_told),
        TEST(ethtool_shows_the_link),
        TEST(an_mtu_over_the_limit_is_set_back_by_whatever_name),
    };
    return cmocka_run_group_tests_name("bridge_tap", tests, NULL, NULL);
}
