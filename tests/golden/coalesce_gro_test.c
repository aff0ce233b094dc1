// SPDX-License-Identifier: BSD-2-Clause
//
// Are the rules of receive coalescing as strict as Linux's? Random traffic by the plain C model of the card's
// rules and the driver, and the same frames through the kernel's own GRO: what is glued here must be glued
// there.
//
//     coalesce_gro_test [--seed S] [--count N]
//
//     frames ─┬─ coalesce_model ─ weir_glue ─→ large frames ─┐ each two segments that are one frame here
//             └─ TAP with NAPI: GRO ─ packet socket ─────────┴ are one there
//
// Linux gives out what it holds once its clock has ticked, so a tick among a transfer's frames parts
// segments that belong together; a transfer with segments that Linux did not glue is tried again.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coalesce_model.h"
#include "coalesce_traffic.h"
#include "golden.h"
#include "weir_glue.h"

enum {
    ETHERNET_ANY = 0x0003,
    FRAMES = 512, // of a transfer, at most
    STREAMS = 4,  // the card's flows, so that none is forgotten for another
    FIRST_PORT = 5000,
    ATTEMPTS = 40,
    PATIENCE = 20000, // markers
    VNET_HEADER = 10,
    MARKER_SIZE = 60,
};

// Two segments in one large frame.
struct joint {
    uint16_t port;
    uint32_t first, second; // sequence numbers
    bool found;
};

// A large frame of Linux's.
struct run {
    uint16_t port;
    uint32_t first, behind;
};

struct test {
    struct traffic traffic;
    struct coalesce_model model;
    struct weir_glue glue;
    struct weir_card_stats stats;
    uint64_t random;
    int tap, capture;
    uint8_t frame[FRAMES][TRAFFIC_ROOM]; // of this transfer
    size_t length[FRAMES];
    unsigned frames;
    struct joint joint[FRAMES];
    unsigned joints;
    struct run run[FRAMES];
    unsigned runs;
    uint64_t linux_joints; // in all runs so far
};

static uint32_t be(const uint8_t *bytes, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

// ---- Linux ----

static const uint8_t marker[MARKER_SIZE] = {0x02, 1, 1, 1, 1, 1, 0x06, 1, 1, 1, 1, 1, 0x88, 0xB5};

static bool open_tap(struct test *test)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_NAPI};

    memcpy(request.ifr_name, "weir0", sizeof "weir0");
    test->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    return test->tap >= 0 && ioctl(test->tap, TUNSETIFF, &request) == 0;
}

static bool open_capture(struct test *test)
{
    int size = 64 << 20, on = 1;
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_protocol = htons(ETHERNET_ANY),
                                  .sll_ifindex = (int)if_nametoindex("weir0")};

    test->capture = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETHERNET_ANY));
    return test->capture >= 0 &&
           setsockopt(test->capture, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) == 0 &&
           setsockopt(test->capture, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0 &&
           bind(test->capture, (struct sockaddr *)&address, sizeof address) == 0;
}

// A TAP whose GRO holds frames over a write, in a network namespace of our own, and with its own /sys.
static bool open_linux(struct test *test)
{
    static const char *const setup[] = {
        "mount --make-rprivate / && mount -t sysfs sysfs /sys",
        "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
        "echo 1000000000 > /sys/class/net/weir0/gro_flush_timeout",
        "echo 1000 > /sys/class/net/weir0/napi_defer_hard_irqs",
        "ip link set weir0 up",
    };

    if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || !open_tap(test)) {
        printf("# no TAP in a namespace of our own (%s); run as root, with /dev/net/tun\n", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof setup / sizeof setup[0]; i++)
        if (system(setup[i]) != 0) {
            printf("# this failed: %s\n", setup[i]);
            return false;
        }
    if (open_capture(test))
        return true;
    printf("# no packet socket (%s)\n", strerror(errno));
    return false;
}

// Takes what has come, and waits a little for the first. How many frames of the wire it stands for.
static unsigned receive(struct test *test)
{
    static uint8_t bytes[VNET_HEADER + 65536 + 256];
    struct virtio_net_hdr header;
    struct pollfd wait = {.fd = test->capture, .events = POLLIN};
    unsigned segments = 0;

    for (int patience = 1; poll(&wait, 1, patience) == 1; patience = 0) {
        ssize_t length = recv(test->capture, bytes, sizeof bytes, 0);
        const uint8_t *frame = bytes + VNET_HEADER;
        if (length < VNET_HEADER + 14 ||
            (length == VNET_HEADER + MARKER_SIZE && memcmp(frame, marker, MARKER_SIZE) == 0))
            continue;
        memcpy(&header, bytes, VNET_HEADER);
        if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE || test->runs == FRAMES) {
            segments++;
            continue;
        }
        size_t tcp = 14 + (be(frame + 12, 2) == 0x86DD ? 40 : 20);
        size_t payload = (size_t)length - VNET_HEADER - tcp - (size_t)(frame[tcp + 12] >> 4) * 4;
        unsigned count = (unsigned)((payload + header.gso_size - 1) / header.gso_size);
        uint32_t seq = be(frame + tcp + 4, 4);
        test->run[test->runs++] = (struct run){(uint16_t)be(frame + tcp, 2), seq, seq + (uint32_t)payload};
        test->linux_joints += count - 1;
        segments += count;
    }
    return segments;
}

// The transfer's frames, and then markers until Linux has given out all of them.
static bool pass_linux(struct test *test)
{
    unsigned back = 0;

    test->runs = 0;
    for (unsigned i = 0; i < test->frames; i++)
        if (write(test->tap, test->frame[i], test->length[i]) != (ssize_t)test->length[i])
            return false;
    for (unsigned markers = 0; back < test->frames && markers < PATIENCE; markers++) {
        if (write(test->tap, marker, sizeof marker) != sizeof marker)
            return false;
        back += receive(test);
    }
    return back == test->frames;
}

// ---- The card's rules ----

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    struct test *test = context;
    const uint8_t *tcp = rx->frame + rx->csum_start;

    for (unsigned i = 1; rx->gso_type != WEIR_GSO_NONE && i < rx->segments; i++)
        test->joint[test->joints++] = (struct joint){.port = (uint16_t)be(tcp, 2),
                                                     .first = be(tcp + 4, 4) + (i - 1) * rx->gso_size,
                                                     .second = be(tcp + 4, 4) + i * rx->gso_size};
}

// Without VLAN tags, which Linux takes out before GRO, or has no GRO for.
static void keep(struct test *test, const struct traffic_frame *frame)
{
    uint8_t *out = test->frame[test->frames];
    size_t tags = 0;

    while (be(frame->bytes + 12 + tags, 2) == 0x8100 || be(frame->bytes + 12 + tags, 2) == 0x88A8)
        tags += 4;
    memcpy(out, frame->bytes, 12);
    memcpy(out + 12, frame->bytes + 12 + tags, frame->length - 12 - tags);
    test->length[test->frames++] = frame->length - tags;
}

// One of the streams that count, or no TCP of any.
static bool counts(const struct test *test, const struct traffic_frame *frame)
{
    for (unsigned i = STREAMS; i < TRAFFIC_STREAMS; i++)
        for (const struct traffic_frame *f = test->traffic.expected[i].first; f != NULL; f = f->next)
            if (f == frame)
                return false;
    return true;
}

static void pass_card(struct test *test)
{
    static uint8_t transfer[WEIR_IN_TRANSFER_MAX + COALESCE_RECORD_ROOM];
    size_t length = 0, wanted = 1000 + golden_random(&test->random) % (WEIR_IN_TRANSFER_MAX - 3000);

    coalesce_begin_transfer(&test->model);
    test->frames = test->joints = 0;
    while (length < wanted && test->frames < FRAMES) {
        const struct traffic_frame *frame = traffic_next(&test->traffic);
        if (!counts(test, frame))
            continue;
        keep(test, frame);
        length +=
            coalesce_frame(&test->model, frame->bytes, frame->length, frame->flags, NULL, transfer + length);
    }
    weir_glue_transfer(&test->glue, transfer, length);
}

// How many of the card's joints Linux has not made yet.
static unsigned compare(struct test *test)
{
    unsigned missing = 0;

    for (unsigned i = 0; i < test->joints; i++) {
        struct joint *joint = &test->joint[i];
        for (unsigned r = 0; r < test->runs && !joint->found; r++) {
            const struct run *run = &test->run[r];
            joint->found = run->port == joint->port && joint->first - run->first < run->behind - run->first &&
                           joint->second - run->first < run->behind - run->first;
        }
        missing += !joint->found;
    }
    return missing;
}

// `count` joints. NULL, or what is wrong.
static const char *run(struct test *test, uint64_t seed, uint64_t count)
{
    static char wrong[120];
    struct weir_card_receiver receiver = {.frame = on_frame, .context = test};
    uint64_t joints = 0, transfers = 0, attempts = 0;

    test->glue = (struct weir_glue){.receiver = &receiver, .stats = &test->stats, .whole = true};
    test->random = ~seed;
    for (; joints < count; seed++, joints += test->joints, transfers++) {
        unsigned missing = 1;
        traffic_start(&test->traffic, seed);
        pass_card(test);
        traffic_end(&test->traffic);
        if (test->stats.rx_bad_transfers > 0)
            return "the driver takes a transfer for a bad one";
        for (int attempt = 0; missing > 0 && attempt < ATTEMPTS; attempt++, attempts++) {
            if (!pass_linux(test))
                return "Linux does not give the frames out again";
            missing = compare(test);
        }
        for (unsigned i = 0; i < test->joints && missing > 0; i++)
            if (!test->joint[i].found) {
                snprintf(wrong, sizeof wrong, "seed %" PRIu64 ": stream %d, segments %08X and %08X", seed,
                         test->joint[i].port - FIRST_PORT, (unsigned)test->joint[i].first,
                         (unsigned)test->joint[i].second);
                return wrong;
            }
    }
    printf("# %" PRIu64 " pairs of segments glued in %" PRIu64 " transfers; Linux glued %" PRIu64
           " in %" PRIu64 " passes\n",
           joints, transfers, test->linux_joints, attempts);
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'}, {"count", 1, NULL, 'c'}, {NULL, 0, NULL, 0}};
    static struct test test;
    uint64_t seed = 1, count = 2000;

    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (option == 'c')
            count = strtoull(optarg, NULL, 0);
        else
            return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); // system() between the lines
    printf("1..1\n");
    const char *wrong = open_linux(&test) ? run(&test, seed, count) : "there is no Linux to compare with";
    if (wrong != NULL)
        printf("# %s\n", wrong);
    printf("%s 1 - what the card's rules glue, Linux's GRO glues too\n", wrong == NULL ? "ok" : "not ok");
    return wrong != NULL;
}
