// SPDX-License-Identifier: BSD-2-Clause
//
// The peer is this machine's kernel, in a network namespace that lives as long as this process and that
// nothing outside sees.
#include "cmocka_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcs.h"
#include "wire_tap.h"

#define PEER "10.9.0.1" // the kernel's address
#define CARD "10.9.0.2"
enum { ARP_FRAME = 42, UDP_AT = 34 };

static const uint8_t card_mac[6] = {2, 0, 0, 0, 0, 2}, peer_mac[6] = {2, 0, 0, 0, 0, 1};

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

// An interface for the kernel, with address and a neighbour entry for the card, and nothing that talks by
// itself.
static void set_up(const char *interface)
{
    char command[400];

    snprintf(
        command, sizeof command,
        "echo 1 > /proc/sys/net/ipv6/conf/%s/disable_ipv6 && ip link set %s address 02:00:00:00:00:01 && "
        "ip address add " PEER "/24 dev %s && ip link set %s up && "
        "ip neighbour replace " CARD " lladdr 02:00:00:00:00:02 dev %s",
        interface, interface, interface, interface, interface);
    run(command);
}

static struct wire *open_tap(void)
{
    char error[200] = "";

    run("ip tuntap add tap-weir mode tap");
    struct wire *wire = wire_tap_open("tap-weir", error, sizeof error);

    if (!wire)
        fail_msg("%s", error);
    return wire;
}

static struct wire *open_veth(void)
{
    char error[200] = "";

    run("ip link add veth-card type veth peer name veth-peer && "
        "echo 1 > /proc/sys/net/ipv6/conf/veth-card/disable_ipv6 && ip link set veth-card up");
    set_up("veth-peer");
    // The end opened first begins to send only when the kernel gets round to it; `set up` waits for that to
    // be finished.
    run("until ip -o link show veth-card | grep -q 'state UP'; do :; done; ip link set veth-card up");
    struct wire *wire = wire_veth_open("veth-card", error, sizeof error);
    if (!wire)
        fail_msg("%s", error);
    return wire;
}

// The kernel sends `length` bytes by UDP to the card; `segment` 0, or the size into which the network card is
// to cut them.
static void kernel_sends(size_t length, int segment)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
    static uint8_t data[4000] = "payload";
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    inet_pton(AF_INET, CARD, &to.sin_addr);
    if (segment)
        assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    assert_int_equal(sendto(fd, data, length, 0, (struct sockaddr *)&to, sizeof to), (ssize_t)length);
    close(fd);
}

static ssize_t next_frame(struct wire *wire, uint8_t *frame)
{
    struct pollfd ready = {.fd = wire->poll_fd, .events = POLLIN};

    if (wire_wake_at(wire) == UINT64_MAX)
        assert_int_equal(poll(&ready, 1, -1), 1); // what is waited for here is sure to come
    return wire->ops->to_card(wire, 0, frame);
}

static size_t make_arp_request(uint8_t *frame, uint8_t last_of_sender)
{
    static const uint8_t head[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 0, 0, 0, 0,
                                   2,    8,    6,    0,    1,    8,    0, 6, 4, 0, 1};

    memset(frame, 0, 60);
    memcpy(frame, head, sizeof head);
    memcpy(frame + 22, card_mac, 6);
    memcpy(frame + 28, (uint8_t[]){10, 9, 0, last_of_sender}, 4);
    memcpy(frame + 38, (uint8_t[]){10, 9, 0, 1}, 4);
    return fcs_append(frame, 60);
}

// RFC 1071 over the UDP datagram and its pseudo header: FFFFh when the checksum is right.
static uint32_t udp_sum(const uint8_t *frame)
{
    const uint8_t *udp = frame + UDP_AT;
    size_t length = (size_t)udp[4] << 8 | udp[5];
    uint32_t sum = 17 + (uint32_t)length;

    for (size_t i = 26; i < 34; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? udp[i] : (uint32_t)udp[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static void assert_udp_frame(const uint8_t *frame, ssize_t length, size_t payload)
{
    size_t unpadded = UDP_AT + 8 + payload;

    assert_int_equal(length, (unpadded < 60 ? 60 : unpadded) + 4);
    assert_true(fcs_ok(frame, (size_t)length));
    assert_memory_equal(frame, card_mac, 6);
    assert_memory_equal(frame + 6, peer_mac, 6);
    assert_memory_equal(frame + UDP_AT + 8, "payload", payload < 7 ? payload : 7);
    assert_int_equal(udp_sum(frame), 0xFFFF);
}

static void frames_of_the_kernel_come_padded_with_fcs_and_checksums(struct wire *wire)
{
    static const size_t payloads[] = {1, 17, 18, 19, 100, 1471, 1472};
    uint8_t frame[WIRE_FRAME_MAX];
    struct wire_tap_stats stats;

    assert_int_equal(wire->ops->to_card(wire, 0, frame), 0);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        kernel_sends(payloads[i], 0);
        assert_udp_frame(frame, next_frame(wire, frame), payloads[i]);
    }
    assert_int_equal(wire->ops->to_card(wire, 0, frame), 0);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.to_card, 7);
}

// Two requests, the first with a broken FCS: only the second is answered, and nothing of ours comes back to
// us.
static void only_whole_frames_reach_the_kernel(struct wire *wire)
{
    uint8_t frame[WIRE_FRAME_MAX];
    struct wire_tap_stats stats;
    size_t length = make_arp_request(frame, 3);

    frame[length - 1] ^= 0x10;
    assert_int_equal(wire->ops->from_card(wire, 0, frame, length), 0);
    assert_int_equal(wire->ops->from_card(wire, 0, frame, 3), 0);
    length = make_arp_request(frame, 4);
    assert_int_equal(wire->ops->from_card(wire, 0, frame, length), 0);

    assert_int_equal(next_frame(wire, frame), 64);
    assert_int_equal(frame[21], 2); // an ARP reply
    assert_memory_equal(frame + 22, peer_mac, 6);
    assert_memory_equal(frame + 38, ((uint8_t[]){10, 9, 0, 4}), 4);
    assert_int_equal(wire->ops->to_card(wire, 0, frame), 0);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.bad_fcs, 2);
    assert_int_equal(stats.from_card, 1);
}

static void tap_frames_of_the_kernel_come_padded_with_fcs_and_checksums(void **state)
{
    struct wire *wire = open_tap();

    (void)state;
    set_up("tap-weir");
    frames_of_the_kernel_come_padded_with_fcs_and_checksums(wire);
    wire_close(wire);
}

static void tap_only_whole_frames_reach_the_kernel(void **state)
{
    struct wire *wire = open_tap();

    (void)state;
    set_up("tap-weir");
    only_whole_frames_reach_the_kernel(wire);
    wire_close(wire);
}

static void tap_frames_to_an_interface_that_is_down_are_counted_and_lost(void **state)
{
    struct wire *wire = open_tap();
    uint8_t frame[WIRE_FRAME_MAX];
    struct wire_tap_stats stats;

    (void)state;
    assert_int_equal(wire->ops->from_card(wire, 0, frame, make_arp_request(frame, 3)), 0);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.refused, 1);
    wire_close(wire);
}

static void tap_stays_when_the_wire_is_closed(void **state)
{
    (void)state;
    wire_close(open_tap());
    assert_true(if_nametoindex("tap-weir") != 0);
}

static void tap_gone_while_in_use_is_an_error_with_a_reason(void **state)
{
    struct wire *wire = open_tap();
    uint8_t frame[WIRE_FRAME_MAX];

    (void)state;
    run("ip link delete tap-weir");
    assert_true(next_frame(wire, frame) < 0);
    assert_non_null(strstr(wire->error, "tap-weir"));
    wire_close(wire);
}

static void veth_frames_of_the_kernel_come_padded_with_fcs_and_checksums(void **state)
{
    struct wire *wire = open_veth();
    struct wire_tap_stats stats;

    (void)state;
    frames_of_the_kernel_come_padded_with_fcs_and_checksums(wire);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.checksums_completed, 7); // the kernel had left all of them to the hardware
    wire_close(wire);
}

static void veth_only_whole_frames_reach_the_kernel(void **state)
{
    struct wire *wire = open_veth();

    (void)state;
    only_whole_frames_reach_the_kernel(wire);
    wire_close(wire);
}

static void veth_down_is_no_error_and_gone_is_one_with_a_reason(void **state)
{
    struct wire *wire = open_veth();
    uint8_t frame[WIRE_FRAME_MAX];

    (void)state;
    run("ip link set veth-card down");
    assert_int_equal(next_frame(wire, frame), 0);
    run("ip link set veth-card up && ip link delete veth-card");
    assert_true(next_frame(wire, frame) < 0);
    assert_non_null(strstr(wire->error, "veth-card: No such device"));
    wire_close(wire);
}

// Linux before 6.2 does not tell what superframes of UDP are; they are dropped, then.
static void skip_dropped(struct wire *wire)
{
    struct wire_tap_stats stats;

    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.superframes_dropped, 1);
    wire_close(wire);
    skip();
}

static void assert_cut_into_three(struct wire *wire)
{
    uint8_t frame[WIRE_FRAME_MAX];
    struct wire_tap_stats stats;

    kernel_sends(2500, 1000);
    ssize_t length = next_frame(wire, frame);
    if (length == 0)
        skip_dropped(wire);
    assert_udp_frame(frame, length, 1000);
    assert_int_equal(next_frame(wire, frame), 1000 + 46);
    assert_int_equal(udp_sum(frame), 0xFFFF);
    assert_int_equal(next_frame(wire, frame), 500 + 46);
    assert_int_equal(udp_sum(frame), 0xFFFF);
    assert_int_equal(wire->ops->to_card(wire, 0, frame), 0);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.to_card, 3);
}

static void veth_superframes_are_cut_as_hardware_would(void **state)
{
    struct wire *wire = open_veth();
    struct wire_tap_stats stats;

    (void)state;
    assert_cut_into_three(wire);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.superframes_cut, 1);
    assert_int_equal(stats.superframes_dropped, 0);
    wire_close(wire);
}

static void veth_with_offload_off_superframes_come_cut(void **state)
{
    struct wire *wire = open_veth();
    struct wire_tap_stats stats;

    (void)state;
    run("ethtool -K veth-peer tso off gso off tx-udp-segmentation off");
    assert_cut_into_three(wire);
    wire_tap_stats(wire, &stats);
    assert_int_equal(stats.superframes_cut, 0);
    wire_close(wire);
}

static void veth_what_is_left_of_a_superframe_wants_to_be_fetched(void **state)
{
    struct wire *wire = open_veth();
    uint8_t frame[WIRE_FRAME_MAX];

    (void)state;
    kernel_sends(2000, 1000);
    if (next_frame(wire, frame) == 0)
        skip_dropped(wire);
    assert_int_equal(wire_wake_at(wire), 0);
    assert_true(wire->ops->to_card(wire, 0, frame) > 0);
    assert_true(wire_wake_at(wire) == UINT64_MAX);
    wire_close(wire);
}

static void names_that_cannot_be_opened_are_told_with_advice(void **state)
{
    char error[200];

    (void)state;
    assert_null(wire_veth_open("veth-none", error, sizeof error));
    assert_non_null(strstr(error, "ip link add"));
    assert_null(wire_tap_open("tap-none", error, sizeof error));
    assert_non_null(strstr(error, "ip tuntap add"));
    assert_true(if_nametoindex("tap-none") == 0); // none is made
    assert_null(wire_tap_open("a-name-too-long-by-far", error, sizeof error));
    assert_non_null(strstr(error, "1 to 15 characters"));
    run("ip link add veth-card type veth peer name veth-peer");
    assert_null(wire_tap_open("veth-card", error, sizeof error));
    assert_non_null(strstr(error, "is no TAP"));

    struct wire *wire = open_tap();
    assert_null(wire_tap_open("tap-weir", error, sizeof error));
    assert_non_null(strstr(error, "another program"));
    wire_close(wire);
}

static int fresh_namespace(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNET) == 0)
        return 0;
    printf("# cannot make a network namespace: %s; run as root\n", strerror(errno));
    return -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tap_frames_of_the_kernel_come_padded_with_fcs_and_checksums, fresh_namespace),
        cmocka_unit_test_setup(tap_only_whole_frames_reach_the_kernel, fresh_namespace),
        cmocka_unit_test_setup(tap_frames_to_an_interface_that_is_down_are_counted_and_lost, fresh_namespace),
        cmocka_unit_test_setup(tap_stays_when_the_wire_is_closed, fresh_namespace),
        cmocka_unit_test_setup(tap_gone_while_in_use_is_an_error_with_a_reason, fresh_namespace),
        cmocka_unit_test_setup(veth_frames_of_the_kernel_come_padded_with_fcs_and_checksums, fresh_namespace),
        cmocka_unit_test_setup(veth_only_whole_frames_reach_the_kernel, fresh_namespace),
        cmocka_unit_test_setup(veth_down_is_no_error_and_gone_is_one_with_a_reason, fresh_namespace),
        cmocka_unit_test_setup(veth_superframes_are_cut_as_hardware_would, fresh_namespace),
        cmocka_unit_test_setup(veth_what_is_left_of_a_superframe_wants_to_be_fetched, fresh_namespace),
        cmocka_unit_test_setup(veth_with_offload_off_superframes_come_cut, fresh_namespace),
        cmocka_unit_test_setup(names_that_cannot_be_opened_are_told_with_advice, fresh_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
