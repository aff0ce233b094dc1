// SPDX-License-Identifier: BSD-2-Clause
//
// weir list: the cards that are plugged in, and what --card takes.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"
#include "weir_transport.h"
#include "weir_usb.h"

#define CARDS_MAX 32

// The serial number is the MAC address in hexadecimal.
static void print_mac(const char *serial)
{
    size_t digits = 0;

    while (isxdigit((unsigned char)serial[digits]))
        digits++;
    if (digits != 12 || serial[12] != '\0')
        return;
    printf("  MAC ");
    for (size_t i = 0; i < digits; i++)
        printf("%s%c", i > 0 && i % 2 == 0 ? ":" : "", tolower((unsigned char)serial[i]));
}

static void print_card(const struct weir_usb_card *card)
{
    char name[sizeof card->serial + 16];

    snprintf(name, sizeof name, card->serial[0] ? "usb:serial=%s" : "usb:%s",
             card->serial[0] ? card->serial : card->path);
    printf("%-24s  port %-8s  link version %u.%u", name, card->path, card->version_major,
           card->version_minor);
    print_mac(card->serial);
    printf("%s\n", card->permitted ? "" : "  no permission");
}

int cmd_list(const struct options *options, int argc, char **argv)
{
    struct weir_usb_card cards[CARDS_MAX];
    char error[200];
    bool permitted = true;

    (void)options;
    if (argc > 1)
        return misuse("list takes no \"%s\"", argv[1]);
    int count = weir_usb_list(cards, CARDS_MAX, error, sizeof error);
    for (int i = 0; i < count; i++) {
        print_card(&cards[i]);
        permitted = permitted && cards[i].permitted;
    }
    if (count < 0)
        printf("no cards at USB: %s\n", error);
    if (count == 0)
        printf("no card is plugged in at USB\n");
    if (!permitted)
        printf("\n" WEIR_PERMISSION_HINT "\n");
    printf("\n--card and WEIR_CARD take one of\n%s", weir_transport_forms);
    return EXIT_FINE;
}
