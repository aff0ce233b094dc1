// SPDX-License-Identifier: BSD-2-Clause
//
// The card as a straightforward model in C, from USB packets to frames on the wire: what the Verilog must do,
// written the simplest way, without its timing. Tests of the driver and of the tool run against it, and it is
// a golden model to compare with.
#ifndef WEIR_FAKE_CARD_H
#define WEIR_FAKE_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../golden/coalesce_model.h"
#include "weir_link.h"

struct fake_card {
    // The model's to change before its first use.
    uint8_t version_major;
    uint16_t counter_count;
    uint32_t features;   // WEIR_CAP_ bits
    bool no_phy;         // with WEIR_CAP_MDIO: nobody answers
    unsigned mdio_looks; // at WEIR_REG_MDIO until an access is done
    size_t packet;       // bytes of a full bulk packet: 512, or 64 at full speed
    uint32_t link;       // WEIR_REG_LINK
    bool refuses;        // table writes, as a small card does while its wire has no clock; at any time
    void (*wire_out)(void *context, const uint8_t *frame, size_t length); // without FCS; may be NULL
    void *wire_context;

    // The model's state.
    uint16_t phy[32]; // registers of the Ethernet PHY
    uint32_t mdio;    // WEIR_REG_MDIO
    unsigned looks_left;
    unsigned mdio_writes;
    uint32_t counters[WEIR_COUNTERS];
    uint32_t scratch, in_timeout, rx_mode, ack_hold, time_high;
    uint64_t time;                  // ns; each frame from the wire is stamped with it
    struct coalesce_model coalesce; // of the IN transfer at hand
    uint32_t rx_control;
    uint8_t address[6];
    uint64_t mac[8], arp[8];
    uint8_t out[1 << 18]; // the OUT transfer so far, from the first record that is not complete
    size_t out_length;
    bool out_dropping;   // the rest of this transfer makes no sense
    uint8_t in[1 << 20]; // records for the host
    size_t in_length;
};

extern const uint8_t fake_card_mac[6];

void fake_card_init(struct fake_card *card);
// Its own MAC address, instead of fake_card_mac; before its first use.
void fake_card_set_address(struct fake_card *card, const uint8_t mac[6]);
// A control transfer on endpoint 0; bytes moved, or -EPIPE.
int fake_card_control(struct fake_card *card, uint8_t type, uint8_t request, uint16_t index, uint8_t *data,
                      uint16_t length);
// A packet of bulk OUT that the card takes; one shorter than 512 bytes ends a transfer.
void fake_card_out_packet(struct fake_card *card, const uint8_t *data, size_t length);
// Moves waiting records into `transfer` (of WEIR_IN_TRANSFER_MAX bytes), made to end short. 0 when none
// waits.
size_t fake_card_in_transfer(struct fake_card *card, uint8_t *transfer);
// A frame from the wire, without FCS.
void fake_card_wire_in(struct fake_card *card, const uint8_t *frame, size_t length);

#endif
