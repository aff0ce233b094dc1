// SPDX-License-Identifier: BSD-2-Clause
//
// The bridge between a card's model and a kernel that wants what the tests say: bridge_tap.h's and
// bridge_netlink.h's functions are here.
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "bridge.h"
#include "bridge_netlink.h"
#include "fake_transport.h"

#define IN_USE (UINT64_C(1) << 63)

// ---- The kernel ----

static struct weir_wants wants;
static int events = -1;

uint32_t weir_tap_set_offloads(struct weir_tap *tap, uint32_t features)
{
    (void)tap;
    return features;
}

int weir_tap_set_carrier(struct weir_tap *tap, bool up)
{
    (void)tap, (void)up;
    return 0;
}

ssize_t weir_tap_read(struct weir_tap *tap, struct weir_vnet *vnet, uint8_t *frame)
{
    (void)tap, (void)vnet, (void)frame;
    return -EAGAIN;
}

int weir_tap_write(struct weir_tap *tap, const struct weir_vnet *vnet, const uint8_t *frame, size_t length)
{
    (void)tap, (void)vnet, (void)frame, (void)length;
    return 0;
}

int weir_netlink_open(struct weir_netlink *netlink, unsigned index)
{
    (void)index;
    netlink->events = events = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return 0;
}

void weir_netlink_close(struct weir_netlink *netlink)
{
    if (netlink->events >= 0)
        close(netlink->events);
}

void weir_netlink_drain(struct weir_netlink *netlink)
{
    (void)!read(netlink->events, &(uint64_t){0}, sizeof(uint64_t));
}

int weir_netlink_ask(struct weir_netlink *netlink, struct weir_wants *answer)
{
    (void)netlink;
    *answer = wants;
    return 0;
}

// ---- A bridge ----

struct bench {
    struct fake_transport *fake;
    struct weir_card *card;
    struct weir_bridge *bridge;
    struct weir_bridge_stats stats;
    struct weir_tap tap;
};

static void attach(struct bench *b, bool refuses)
{
    static const struct weir_bridge_options options = {
        .tso = true, .csum = true, .coalesce = true, .arp = true};
    char error[200];

    *b = (struct bench){.fake = fake_transport_create(), .bridge = weir_bridge_create(&b->stats)};
    b->tap.fd = -1;
    struct weir_card_receiver receiver = weir_bridge_receiver(b->bridge);
    b->fake->card.refuses = refuses;
    b->fake->card.arp[3] = IN_USE | 0x0A000063; // left there by another program
    b->card = weir_card_open(&b->fake->base, &receiver, error, sizeof error);
    if (!b->card)
        fail_msg("%s", error);
    wants = (struct weir_wants){
        .up = true, .mac = {2, 0, 0, 0, 0, 9}, .ipv4 = {0x0A000001, 0x0A000002}, .ipv4_count = 2};
    assert_int_equal(weir_bridge_attach(b->bridge, b->card, &b->tap, &options), 0);
}

static void detach(struct bench *b)
{
    weir_card_close(b->card);
    weir_bridge_destroy(b->bridge);
}

// Steps until the bridge has looked at what the kernel wants, as it does each second. What the last step
// said.
static int look(struct bench *b)
{
    struct pollfd told = {.fd = events, .events = POLLIN};
    int error = 0;

    assert_int_equal(write(events, &(uint64_t){1}, sizeof(uint64_t)), sizeof(uint64_t));
    while (!error && poll(&told, 1, 0) == 1)
        error = weir_bridge_step(b->bridge, -1);
    return error;
}

static void assert_programmed(const struct bench *b)
{
    assert_true(b->fake->card.mac[0] == (IN_USE | UINT64_C(0x020000000009)));
    for (size_t i = 0; i < 4; i++)
        assert_true(b->fake->card.arp[i] == (i < wants.ipv4_count ? IN_USE | wants.ipv4[i] : 0));
    assert_int_equal(b->fake->card.rx_control & 0xFF, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
}

static void a_card_that_takes_no_addresses_at_first_gets_them_when_it_does(void **state)
{
    struct bench b;

    (void)state;
    attach(&b, true);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(look(&b), 0);
        assert_int_equal(b.fake->card.rx_control & 0xFF, 0);
    }
    b.fake->card.refuses = false;
    assert_int_equal(look(&b), 0);
    assert_programmed(&b);
    uint64_t writes = b.stats.filter_writes;
    assert_int_equal(look(&b), 0);
    assert_int_equal(b.stats.filter_writes, writes); // all is there
    detach(&b);
}

static void an_address_that_comes_while_the_card_takes_none_is_not_forgotten(void **state)
{
    struct bench b;

    (void)state;
    attach(&b, false);
    assert_programmed(&b);
    b.fake->card.refuses = true;
    wants.ipv4[wants.ipv4_count++] = 0x0A000003;
    assert_int_equal(look(&b), 0);
    assert_true(b.fake->card.arp[2] == 0);
    assert_int_equal(look(&b), 0);
    b.fake->card.refuses = false;
    assert_int_equal(look(&b), 0);
    assert_programmed(&b);
    detach(&b);
}

static void a_card_that_fails_otherwise_ends_the_bridge(void **state)
{
    struct bench b;

    (void)state;
    attach(&b, false);
    wants.ipv4_count = 1;
    b.fake->control_errors = 1000;
    assert_int_equal(look(&b), -EIO);
    b.fake->control_errors = 0;
    detach(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_that_takes_no_addresses_at_first_gets_them_when_it_does),
        cmocka_unit_test(an_address_that_comes_while_the_card_takes_none_is_not_forgotten),
        cmocka_unit_test(a_card_that_fails_otherwise_ends_the_bridge),
    };
    return cmocka_run_group_tests_name("bridge", tests, NULL, NULL);
}
