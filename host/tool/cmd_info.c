// SPDX-License-Identifier: BSD-2-Clause
//
// weir info: what the card is, can do, and has counted.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "runner.h"
#include "tool.h"

static void print_features(uint32_t features)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } names[] = {
        {WEIR_CAP_TX_CSUM, "checksum insertion"},
        {WEIR_CAP_RX_CSUM, "checksum verification"},
        {WEIR_CAP_TSO4, "TCP segmentation over IPv4"},
        {WEIR_CAP_TSO6, "TCP segmentation over IPv6"},
        {WEIR_CAP_USO, "UDP segmentation"},
        {WEIR_CAP_ARP, "ARP replies"},
        {WEIR_CAP_JUMBO, "jumbo frames"},
        {WEIR_CAP_COALESCE, "receive coalescing"},
        {WEIR_CAP_TIMESTAMP, "time stamps"},
        {WEIR_CAP_LOOPBACK, "loopback"},
        {WEIR_CAP_MDIO, "access to the Ethernet PHY"},
    };
    const char *before = "";

    printf("does            ");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (features & names[i].bit) {
            printf("%s%s", before, names[i].text);
            before = ", ";
        }
    }
    printf("%s\n", *before ? "" : "no offloads");
}

static void print_caps(const struct weir_card_caps *caps)
{
    const uint8_t *mac = caps->mac;

    printf("link version    %u.%u\n", caps->version_major, caps->version_minor);
    printf("MAC address     %02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    print_features(caps->features);
    printf("longest frame   %u bytes, superframe %" PRIu32 " bytes\n", caps->max_frame, caps->max_superframe);
    printf("tables          %u station addresses, %u ARP addresses\n", caps->mac_entries, caps->arp_entries);
    printf("frame memory    %" PRIu32 " bytes to send, %" PRIu32 " bytes received\n", caps->tx_memory,
           caps->rx_memory);
}

static void print_link(uint32_t link)
{
    static const int speeds[] = {10, 100, 1000, 0};

    if (link & 1)
        printf("wire            up, %d Mb/s, %s duplex\n", speeds[link >> 1 & 3], link & 8 ? "full" : "half");
    else
        printf("wire            down\n");
}

// A card of an older minor version does not know this register; one without a PHY has 0 in it.
static void print_phy(struct weir_card *card)
{
    uint32_t phy;

    if (weir_card_read_reg(card, WEIR_REG_PHY, &phy) == 0 && phy != 0)
        printf("USB PHY         vendor %04" PRIx32 ", product %04" PRIx32 "\n", phy & 0xFFFF, phy >> 16);
}

// Registers 2 and 3 (IEEE 802.3 clause 22.2.4.3.1).
static void print_ethernet_phy(struct weir_card *card)
{
    uint16_t high, low;
    int error = weir_card_mdio_read(card, 2, &high);

    if (!error)
        error = weir_card_mdio_read(card, 3, &low);
    if (!error)
        printf("Ethernet PHY    %04x %04x (registers 2 and 3)\n", high, low);
    else if (error != -EOPNOTSUPP)
        printf("Ethernet PHY    %s: measure its supply, its reset (high), MDC and MDIO\n",
               error == -ENXIO ? "none answers" : strerror(-error));
}

int cmd_info(const struct options *options, int argc, char **argv)
{
    struct runner runner;
    uint32_t link, counters[WEIR_COUNTERS];

    if (argc > 1)
        return misuse("info takes no \"%s\"", argv[1]);
    int error = runner_open(&runner, options, RUNNER_CARD);
    if (error)
        return error;
    error = weir_card_read_reg(runner.card, WEIR_REG_LINK, &link);
    if (!error)
        error = weir_card_counters(runner.card, counters);
    if (error)
        return runner_close(&runner,
                            fail("the card does not answer (%s): plug it in anew", strerror(-error)));

    printf("card            %s\n", options->card);
    print_caps(weir_card_caps(runner.card));
    print_link(link);
    print_phy(runner.card);
    print_ethernet_phy(runner.card);
    printf("counters\n");
    for (size_t i = 0; i < counter_names_count; i++)
        printf("%14" PRIu32 "  %-18s %s\n", counters[counter_names[i].index], counter_names[i].name,
               counter_names[i].text);
    return runner_close(&runner, EXIT_FINE);
}
