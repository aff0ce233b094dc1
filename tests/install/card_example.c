// SPDX-License-Identifier: BSD-2-Clause
//
// What weir_card.h's first comment shows, as a program against the installed libraries: a card, here a
// simulated one, is opened, set up, used for a moment, and closed; and the cards at USB are listed.
#include <stdio.h>

#include <weir_card.h>
#include <weir_link.h>
#include <weir_usb.h>

static void on_frame(void *context, const struct weir_card_rx *rx)
{
    (void)context, (void)rx;
}

int main(void)
{
    struct weir_card_receiver receiver = {.frame = on_frame};
    struct weir_usb_card cards[8];
    uint32_t id = 0;
    char error[1200];

    printf("%d cards at USB\n", weir_usb_list(cards, 8, error, sizeof error));
    struct weir_transport *transport = weir_transport_open("sim:", error, sizeof error);
    struct weir_card *card = transport ? weir_card_open(transport, &receiver, error, sizeof error) : NULL;
    if (!card) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    weir_card_set_arp(card, 0, 0x0a000002);
    weir_card_set_rx_control(card, WEIR_RX_ENABLE | WEIR_RX_ARP_REPLY);
    weir_card_poll(card, weir_card_now(card) + 1000000);
    int failed = weir_card_read_reg(card, WEIR_REG_ID, &id);
    weir_card_close(card);
    printf("register ID %08x\n", (unsigned)id);
    return failed || id != 0x52494557;
}
