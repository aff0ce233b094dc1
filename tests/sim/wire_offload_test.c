// SPDX-License-Identifier: BSD-2-Clause
//
// Superframes in, frames out; what the kernel itself makes of veth's is in wire_tap_test.c.
#include "cmocka_test.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "wire_offload.h"

enum { FRAME_MAX = 2000, TCP_V4 = 54, TCP_V6 = 74, UDP_V4 = 42 };

static struct wire_offload offload;
static uint8_t frame[FRAME_MAX];

static uint32_t get16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t ones_sum(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

// Everything behind the headers is its own offset; flags FIN, PSH, ACK, CWR; sequence number FFFFFF00h.
static void make(uint8_t type, size_t headers, size_t payload, uint16_t size)
{
    const bool v6 = headers == TCP_V6, tcp = headers != UDP_V4;
    uint8_t *packet = offload.packet, *l4 = packet + (v6 ? 54 : 34);

    memset(packet, 0, headers);
    memcpy(packet + 12, v6 ? "\x86\xDD\x60" : "\x08\x00\x45", 3);
    memcpy(packet + 14 + (v6 ? 8 : 12), v6 ? "\xFE\x80 some address" : "\x0A\x00\x00\x01", v6 ? 16 : 4);
    packet[v6 ? 20 : 23] = tcp ? 6 : 17;
    memcpy(packet + 18, "\xFF\xFF", v6 ? 0 : 2); // identification
    if (tcp)
        memcpy(l4 + 4, "\xFF\xFF\xFF\x00\0\0\0\0\x50\x99", 10);
    for (size_t i = 0; i < payload; i++)
        packet[headers + i] = (uint8_t)i;
    offload.header = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                             .gso_type = type,
                                             .gso_size = size,
                                             .csum_start = (uint16_t)(l4 - packet),
                                             .csum_offset = tcp ? 16 : 6};
}

// The next frame has `payload` bytes from `offset` on, right lengths and right checksums.
static void assert_segment(size_t headers, size_t offset, size_t payload)
{
    const bool v6 = headers == TCP_V6, tcp = headers != UDP_V4;
    const size_t l4 = v6 ? 54 : 34;

    assert_int_equal(wire_offload_next(&offload, frame), headers + payload);
    assert_int_equal(get16(frame + (v6 ? 18 : 16)), headers + payload - (v6 ? 54 : 14));
    if (!v6)
        assert_int_equal(ones_sum(frame + 14, 20, 0), 0xFFFF);
    if (!tcp)
        assert_int_equal(get16(frame + l4 + 4), 8 + payload);
    uint32_t pseudo = (uint32_t)(headers + payload - l4) + (tcp ? 6 : 17);
    pseudo = ones_sum(frame + (v6 ? 22 : 26), v6 ? 32 : 8, pseudo);
    assert_int_equal(ones_sum(frame + l4, headers + payload - l4, pseudo), 0xFFFF);
    for (size_t i = 0; i < payload; i++)
        assert_int_equal(frame[headers + i], (uint8_t)(offset + i));
}

static void assert_tcp(size_t l4, uint32_t seq, uint8_t flags)
{
    assert_int_equal(get16(frame + l4 + 4) << 16 | get16(frame + l4 + 6), seq);
    assert_int_equal(frame[l4 + 13], flags);
}

static void a_tcp_superframe_is_cut(void **state)
{
    (void)state;
    make(VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN, TCP_V4, 2501, 1000);
    assert_true(wire_offload_start(&offload, TCP_V4 + 2501, FRAME_MAX));
    assert_segment(TCP_V4, 0, 1000);
    assert_tcp(34, 0xFFFFFF00, 0x90); // CWR, and not yet PSH and FIN
    assert_int_equal(get16(frame + 18), 0xFFFF);
    assert_segment(TCP_V4, 1000, 1000);
    assert_tcp(34, 0xFFFFFF00 + 1000, 0x10);
    assert_int_equal(get16(frame + 18), 0); // the identification wraps
    assert_true(wire_offload_pending(&offload));
    assert_segment(TCP_V4, 2000, 501);
    assert_tcp(34, 0xFFFFFF00 + 2000, 0x19);
    assert_false(wire_offload_pending(&offload));
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void a_tcp_superframe_over_ipv6_is_cut(void **state)
{
    (void)state;
    make(VIRTIO_NET_HDR_GSO_TCPV6, TCP_V6, 2000, 1000);
    assert_true(wire_offload_start(&offload, TCP_V6 + 2000, FRAME_MAX));
    assert_segment(TCP_V6, 0, 1000);
    assert_segment(TCP_V6, 1000, 1000);
    assert_tcp(54, 0xFFFFFF00 + 1000, 0x19);
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void a_udp_superframe_is_cut(void **state)
{
    (void)state;
    make(5, UDP_V4, 70, 30); // VIRTIO_NET_HDR_GSO_UDP_L4
    assert_true(wire_offload_start(&offload, UDP_V4 + 70, FRAME_MAX));
    assert_segment(UDP_V4, 0, 30);
    assert_segment(UDP_V4, 30, 30);
    assert_segment(UDP_V4, 60, 10);
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void the_longest_packet_is_cut(void **state)
{
    (void)state;
    make(VIRTIO_NET_HDR_GSO_TCPV4, TCP_V4, WIRE_OFFLOAD_MAX - TCP_V4, 1460);
    assert_true(wire_offload_start(&offload, WIRE_OFFLOAD_MAX, FRAME_MAX));
    for (size_t at = 0; at < WIRE_OFFLOAD_MAX - TCP_V4; at += 1460)
        assert_segment(TCP_V4, at,
                       at + 1460 < WIRE_OFFLOAD_MAX - TCP_V4 ? 1460 : WIRE_OFFLOAD_MAX - TCP_V4 - at);
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void a_frame_without_anything_to_do_passes_as_it_is(void **state)
{
    (void)state;
    make(VIRTIO_NET_HDR_GSO_NONE, TCP_V4, 10, 0);
    offload.header.flags = 0;
    assert_true(wire_offload_start(&offload, TCP_V4 + 10, FRAME_MAX));
    assert_int_equal(wire_offload_next(&offload, frame), TCP_V4 + 10);
    assert_memory_equal(frame, offload.packet, TCP_V4 + 10);
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void assert_refused(size_t length)
{
    assert_false(wire_offload_start(&offload, length, FRAME_MAX));
    assert_false(wire_offload_pending(&offload));
    assert_int_equal(wire_offload_next(&offload, frame), 0);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    make(VIRTIO_NET_HDR_GSO_TCPV4, TCP_V4, 3000, 1000);
    assert_refused(TCP_V4); // nothing to cut
    assert_refused(TCP_V4 - 1);
    assert_refused(0);
    offload.header.gso_size = 0;
    assert_refused(TCP_V4 + 3000);
    offload.header.gso_size = FRAME_MAX;
    assert_refused(TCP_V4 + 3000);
    make(VIRTIO_NET_HDR_GSO_TCPV4, TCP_V4, 3000, 1000);
    offload.packet[46] = 0x10; // a TCP header of 4 bytes
    assert_refused(TCP_V4 + 3000);
    make(VIRTIO_NET_HDR_GSO_TCPV4, TCP_V4, 3000, 1000);
    offload.packet[12] = 0x81; // a VLAN tag that nobody took out
    assert_refused(TCP_V4 + 3000);
    make(VIRTIO_NET_HDR_GSO_UDP, UDP_V4, 3000, 1000); // fragments of IP
    assert_refused(UDP_V4 + 3000);
    make(VIRTIO_NET_HDR_GSO_NONE, TCP_V4, 3000, 0);
    assert_refused(FRAME_MAX + 1);
    offload.header.csum_start = 70;
    assert_refused(70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tcp_superframe_is_cut),
        cmocka_unit_test(a_tcp_superframe_over_ipv6_is_cut),
        cmocka_unit_test(a_udp_superframe_is_cut),
        cmocka_unit_test(the_longest_packet_is_cut),
        cmocka_unit_test(a_frame_without_anything_to_do_passes_as_it_is),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
