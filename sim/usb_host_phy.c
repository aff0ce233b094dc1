// SPDX-License-Identifier: BSD-2-Clause
//
// A ULPI 1.1 PHY: the link's end at the pins, the hub's end as packets and line states.
//
// The delays are those of a PHY of the better sort and within ULPI 1.1 table 7: dir rises 3 clocks after SYNC
// begins, bytes follow the bus by 3 clocks. Where the standard leaves a PHY free, a generator chooses, so
// that a link that relies on one PHY's habits is found out: nxt pauses, how a packet's end is told, how soon
// a register command is taken.
#include "usb_host_pins.h"

#include <string.h>

#define RX_START_CLOCKS 3u
#define RX_DATA_CLOCKS (USB_SYNC_CLOCKS + 3u)
#define TX_START_CLOCKS 1u
#define TX_END_CLOCKS 2u

// Link commands, ULPI 1.1 table 4: two bits of code, six of register address or PID.
#define COMMAND_CODE 0xC0
#define COMMAND_TRANSMIT 0x40
#define COMMAND_WRITE 0x80
#define COMMAND_READ 0xC0
#define ADDRESS_EXTENDED 0x2F
#define ABORT 0xFF // beside stp: the packet is to be broken

// RX CMD, ULPI 1.1 table 8: VBUS valid, ID floating.
#define RX_CMD_BASE 0x4C
#define RX_CMD_ACTIVE 0x10
#define RX_CMD_ERROR 0x30

void usb_phy_init(struct usb_phy *phy, uint64_t seed)
{
    *phy = (struct usb_phy){
        .state = USB_PHY_HELD,
        .dir = true,
        .held_until = USB_PHY_HELD_CLOCKS,
        .start_clocks = 1000 * USB_CLOCKS_PER_US,
        .random = seed | 1,
        .function_control = USB_SUSPEND_M | 1,
        .otg_control = 0x06,
        .interrupt_rising = 0x1F,
        .interrupt_falling = 0x1F,
        .hub = USB_LINE_FREE,
        .device = USB_LINE_FREE,
        .line_reported = USB_LINE_UNKNOWN,
        .rx_at = USB_NEVER,
        .line_at = USB_NEVER,
    };
}

bool usb_phy_pulled_up(const struct usb_phy *phy)
{
    if (phy->pins)
        return phy->pins->pull_up;
    return (phy->function_control & USB_TERM_SELECT) &&
           (phy->function_control & USB_OP_MODE) != USB_OP_MODE_NON_DRIVING;
}

bool usb_phy_high_speed(const struct usb_phy *phy)
{
    return (phy->function_control & (USB_XCVR_SELECT | USB_TERM_SELECT | USB_OP_MODE | USB_SUSPEND_M)) ==
           USB_SUSPEND_M;
}

bool usb_phy_transmitting(const struct usb_phy *phy, uint64_t clock)
{
    return phy->state == USB_PHY_TRANSMIT || clock < phy->tx_end;
}

bool usb_phy_idle(const struct usb_phy *phy)
{
    return phy->state == USB_PHY_IDLE && phy->line == phy->line_reported && phy->rx_at == USB_NEVER &&
           phy->line_at == USB_NEVER && !phy->tx_ready;
}

// What the line state bits show, ULPI 1.1 table 9: with high-speed termination only whether there is a
// signal.
void usb_phy_update_line(struct usb_phy *phy)
{
    enum usb_line bus = phy->device != USB_LINE_FREE ? phy->device : phy->hub;
    if (bus == USB_LINE_FREE)
        bus = usb_phy_pulled_up(phy) ? USB_LINE_J : USB_LINE_SE0;
    bool terminated = (phy->function_control & (USB_XCVR_SELECT | USB_TERM_SELECT)) == USB_XCVR_HIGH_SPEED;
    phy->line = terminated && bus != USB_LINE_SE0 ? USB_LINE_J : (uint8_t)bus;
}

void usb_phy_drive(struct usb_phy *phy, enum usb_line hub)
{
    phy->hub = hub;
    if (phy->pins)
        usb_pins_drive(phy->pins, hub);
    else
        usb_phy_update_line(phy);
}

void usb_phy_send(struct usb_phy *phy, const uint8_t *packet, size_t length, uint64_t clock)
{
    if (usb_phy_transmitting(phy, clock)) {
        phy->tx_collided = true;
        return;
    }
    if (phy->pins) {
        usb_pins_send(phy->pins, packet, length);
        return;
    }
    if ((!usb_phy_high_speed(phy) && !usb_phy_full_speed(phy)) || phy->state == USB_PHY_HELD)
        return;
    memcpy(phy->rx, packet, length);
    phy->rx_length = length;
    phy->rx_next = 0;
    phy->rx_ending = phy->rx_inactive = false;
    if (usb_phy_full_speed(phy)) {
        usb_phy_send_full(phy, clock);
        return;
    }
    phy->rx_at = clock + RX_START_CLOCKS;
    phy->rx_data_at = clock + RX_DATA_CLOCKS;
    phy->rx_run = 1;
    phy->rx_stuffed = 0;
}

// ---- from the bus to the link ----

void usb_phy_rx_cmd(struct usb_phy *phy, bool active, uint8_t line)
{
    phy->data = (uint8_t)(RX_CMD_BASE | (active ? RX_CMD_ACTIVE : 0) | line);
    phy->nxt = false;
}

static void report_line(struct usb_phy *phy)
{
    usb_phy_rx_cmd(phy, false, phy->line);
    phy->line_reported = phy->line;
    phy->state = USB_PHY_RELEASE;
}

// dir rising together with nxt tells the link that a packet comes. Whatever the link was about to say is
// void.
static void begin_receive(struct usb_phy *phy)
{
    phy->dir = phy->nxt = true;
    phy->data = 0;
    phy->rx_at = USB_NEVER;
    phy->state = USB_PHY_RECEIVE;
}

static void receive(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock)
{
    if (pins->stp || phy->rx_ending) { // the link wants the bus, or all is said
        phy->dir = phy->nxt = false;
        phy->state = USB_PHY_TURN;
    } else if (usb_phy_full_speed(phy)) {
        phy->rx_ending = !usb_phy_receive_full(phy);
    } else if (clock < phy->rx_data_at) {
        usb_phy_rx_cmd(phy, true, USB_LINE_J);
    } else if (phy->rx_stuffed >= 8) { // stuffed bits add up to a byte time without a byte
        phy->rx_stuffed -= 8;
        usb_phy_rx_cmd(phy, true, USB_LINE_J);
    } else if (phy->rx_error_at > 0 && phy->rx_next >= phy->rx_error_at) {
        phy->data = (uint8_t)(RX_CMD_BASE | RX_CMD_ERROR | USB_LINE_J);
        phy->nxt = false;
        phy->rx_error_at = 0;
    } else if (phy->rx_next < phy->rx_length) {
        phy->data = phy->rx[phy->rx_next++];
        phy->nxt = true;
        phy->rx_stuffed += usb_stuffed_bits(&phy->rx_run, phy->data);
    } else { // either RX CMD or dir tells that RxActive fell
        usb_phy_rx_cmd(phy, usb_random(&phy->random) & 1, phy->line);
        phy->line_reported = phy->line;
        phy->rx_ending = true;
    }
}

// ---- from the link to the bus ----

static void begin_transmit(struct usb_phy *phy, uint64_t clock)
{
    phy->tx_length = 0;
    phy->tx_begin = clock + TX_START_CLOCKS;
    phy->tx_run = 1;
    phy->tx_stuffed = 0;
    phy->tx_slack = USB_SYNC_CLOCKS - 1; // what the PHY may delay without starving the bus
    phy->tx_command = phy->tx_collided = false;
    phy->nxt = true;
    phy->state = USB_PHY_TRANSMIT;
}

static void take_byte(struct usb_phy *phy, uint8_t byte)
{
    bool raw = (phy->function_control & USB_OP_MODE) == USB_OP_MODE_RAW;
    if (!phy->tx_command) {
        phy->tx_command = true;
        if (byte == COMMAND_TRANSMIT) // NOPID
            return;
        byte = (uint8_t)((byte & 15) | (~byte & 15) << 4);
    } else if (raw) {
        phy->device = byte ? USB_LINE_J : USB_LINE_K;
        usb_phy_update_line(phy);
    }
    if (phy->tx_length < sizeof phy->tx)
        phy->tx[phy->tx_length] = byte;
    phy->tx_length++;
    if (!raw)
        phy->tx_stuffed += usb_stuffed_bits(&phy->tx_run, byte);
}

static void end_transmit(struct usb_phy *phy, uint8_t data, uint64_t clock)
{
    phy->nxt = false;
    phy->state = USB_PHY_IDLE;
    phy->tx_collided |= data == ABORT;
    if (phy->device != USB_LINE_FREE) { // end of chirp
        phy->device = USB_LINE_FREE;
        usb_phy_update_line(phy);
        return;
    }
    if (usb_phy_full_speed(phy)) {
        phy->tx_end = usb_phy_end_transmit_full(phy);
        phy->tx_ready = true;
        return;
    }
    uint64_t end =
        phy->tx_begin + USB_SYNC_CLOCKS + phy->tx_length + (phy->tx_stuffed + 7) / 8 + USB_EOP_CLOCKS;
    phy->tx_end = end > clock + TX_END_CLOCKS ? end : clock + TX_END_CLOCKS;
    phy->tx_ready = usb_phy_high_speed(phy);
}

static void transmit(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock)
{
    if (pins->stp) {
        end_transmit(phy, pins->data_from_link, clock);
        return;
    }
    unsigned before = phy->tx_stuffed / 8;
    if (phy->nxt)
        take_byte(phy, pins->data_from_link);
    if (usb_phy_full_speed(phy)) {
        usb_phy_transmit_full(phy, clock);
        return;
    }
    phy->nxt = phy->tx_stuffed / 8 == before;
    if (phy->nxt && phy->tx_slack > 0 && (usb_random(&phy->random) & 7) == 0) {
        phy->tx_slack--;
        phy->nxt = false;
    }
}

// ---- commands ----

static void begin_command(struct usb_phy *phy, uint8_t byte, uint64_t clock)
{
    if ((byte & COMMAND_CODE) == 0 || (usb_random(&phy->random) & 15) == 0)
        return;
    if ((byte & COMMAND_CODE) == COMMAND_TRANSMIT) {
        if (clock >= phy->tx_end && !phy->tx_ready)
            begin_transmit(phy, clock);
        return;
    }
    phy->command = 0;
    phy->nxt = true;
    phy->state = USB_PHY_COMMAND;
}

static void take_command(struct usb_phy *phy, uint8_t byte)
{
    bool extended = phy->command != 0; // this is the second byte
    if (!extended)
        phy->command = byte;
    phy->address = extended ? byte : byte & 0x3F;
    if (!extended && phy->address == ADDRESS_EXTENDED)
        return;
    bool write = (phy->command & COMMAND_CODE) == COMMAND_WRITE;
    phy->nxt = write;
    phy->dir = !write;
    phy->state = write ? USB_PHY_WRITE_DATA : USB_PHY_READ_TURN;
}

static void idle(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock)
{
    if (phy->line != phy->line_reported) {
        phy->dir = true;
        phy->state = USB_PHY_RX_CMD;
    } else {
        begin_command(phy, pins->data_from_link, clock);
    }
}

// Once the value of a write is being taken, the write is finished first: it would be unclear whether it
// happened.
static bool interruptible(enum usb_phy_state state)
{
    return state == USB_PHY_IDLE || state == USB_PHY_COMMAND;
}

void usb_phy_tick(struct usb_phy *phy, const struct ulpi_pins *pins, uint64_t clock)
{
    if (clock >= phy->line_at)
        usb_phy_line_full(phy);
    if (clock >= phy->rx_at && interruptible(phy->state)) {
        begin_receive(phy);
        return;
    }
    switch (phy->state) {
    case USB_PHY_HELD:
        if (clock < phy->held_until)
            break;
        usb_phy_update_line(phy);
        phy->line_reported = USB_LINE_UNKNOWN;
        phy->dir = false;
        phy->state = USB_PHY_TURN;
        break;
    case USB_PHY_IDLE:
        idle(phy, pins, clock);
        break;
    case USB_PHY_RX_CMD:
        report_line(phy);
        break;
    case USB_PHY_RELEASE:
        phy->dir = false;
        phy->state = USB_PHY_TURN;
        break;
    case USB_PHY_TURN:
        phy->state = USB_PHY_IDLE;
        break;
    case USB_PHY_RECEIVE:
        receive(phy, pins, clock);
        break;
    case USB_PHY_TRANSMIT:
        transmit(phy, pins, clock);
        break;
    case USB_PHY_COMMAND:
        take_command(phy, pins->data_from_link);
        break;
    case USB_PHY_WRITE_DATA:
        phy->value = pins->data_from_link;
        phy->nxt = false;
        phy->state = USB_PHY_WRITE_STOP;
        break;
    case USB_PHY_WRITE_STOP:
        if (!pins->stp)
            break;
        phy->state = USB_PHY_IDLE;
        usb_phy_written(phy, clock);
        break;
    case USB_PHY_READ_TURN:
        phy->data = usb_phy_read(phy, phy->address);
        phy->state = USB_PHY_RELEASE;
        break;
    case USB_PHY_LOW_POWER:
        usb_phy_low_power(phy, pins, clock);
        break;
    case USB_PHY_STARTING:
        usb_phy_start(phy, clock);
        break;
    }
}
