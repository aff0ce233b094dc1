// SPDX-License-Identifier: BSD-2-Clause
//
// The test device's link: ULPI pins, reset detection and chirp. Its outputs are registered, as an FPGA's are.
#include "ulpi_device.h"

#define FUNCTION_CONTROL 0x04
#define FULL_SPEED 0x45 // pull-up on D+
#define CHIRP 0x54
#define HIGH_SPEED 0x40
#define TX_CMD 0x40
#define RX_CMD_ACTIVE 0x10

void ulpi_device_write_register(struct ulpi_device *device, uint8_t address, uint8_t value)
{
    device->command = 0x80 | address;
    device->write_value = value;
    device->write_wanted = true;
}

void ulpi_device_read_register(struct ulpi_device *device, uint8_t address)
{
    device->command = 0xC0 | address;
    device->read_wanted = true;
    device->register_ready = false;
}

// ---- reset and chirp ----

static void hub_chirp_ended(struct ulpi_device *device, uint64_t lasted)
{
    if (lasted < device->shortest_hub_chirp)
        device->shortest_hub_chirp = lasted;
    if (lasted > device->longest_hub_chirp)
        device->longest_hub_chirp = lasted;
}

static void line_changed(struct ulpi_device *device, uint8_t line)
{
    bool was_chirp = device->line == USB_LINE_J || device->line == USB_LINE_K;
    bool is_chirp = line == USB_LINE_J || line == USB_LINE_K;
    if (device->stage == STAGE_LISTEN && is_chirp && device->hub_chirp_bits++ == 0)
        device->hub_chirp_begun = device->clock;
    if (device->stage == STAGE_LISTEN && was_chirp && device->hub_chirp_begun &&
        device->hub_chirp_begun < device->clock) {
        if (is_chirp)
            hub_chirp_ended(device, device->clock - device->line_since);
        else
            device->hub_chirp_ended = device->clock;
    }
    device->line_since = device->clock;
    device->line = line;
}

static void enter(struct ulpi_device *device, enum ulpi_stage stage, uint8_t function_control)
{
    ulpi_device_write_register(device, FUNCTION_CONTROL, function_control);
    device->stage = stage;
}

static void reset_and_chirp(struct ulpi_device *device)
{
    uint64_t lasted = device->clock - device->line_since;
    if (device->write_wanted || device->read_wanted)
        return;
    switch (device->stage) {
    case STAGE_START:
        enter(device, STAGE_ATTACHED, FULL_SPEED);
        break;
    case STAGE_ATTACHED: // SE0 after J
        if (device->chirp_length > 0 && device->line == USB_LINE_SE0 && device->was_attached &&
            lasted >= device->chirp_after) {
            device->reset_seen = device->line_since;
            enter(device, STAGE_ENTER_CHIRP, CHIRP);
        }
        device->was_attached |= device->line == USB_LINE_J;
        break;
    case STAGE_ENTER_CHIRP:
        device->chirp_wanted = true;
        device->stage = STAGE_CHIRP;
        break;
    case STAGE_CHIRP:
        if (!device->chirp_wanted)
            device->stage = STAGE_LISTEN;
        break;
    case STAGE_LISTEN: // until the last chirp, to measure them all
        if (device->hub_chirp_ended && !device->deaf_to_hub_chirp)
            enter(device, STAGE_HIGH_SPEED, HIGH_SPEED);
        break;
    case STAGE_HIGH_SPEED:
        break;
    }
}

// ---- pins ----

static void receive(struct ulpi_device *device, const struct ulpi_pins *pins)
{
    bool active = device->rx_active;
    if (!device->dir_before) { // turn-around
        active = pins->nxt;
        if (device->link == LINK_READ && pins->nxt)
            device->link = LINK_FREE; // the packet came first: read again
    } else if (device->link == LINK_READ) {
        device->register_read = pins->data_to_link;
        device->register_ready = true;
        device->read_wanted = false;
        device->link = LINK_FREE;
    } else if (pins->nxt) {
        device->rx[device->rx_length++ % sizeof device->rx] = pins->data_to_link;
    } else {
        active = (pins->data_to_link & RX_CMD_ACTIVE) != 0;
        if ((pins->data_to_link & 3) != device->line)
            line_changed(device, pins->data_to_link & 3);
    }
    if (active && !device->rx_active) {
        device->rx_length = 0;
        device->rx_begun = device->clock;
    }
    if (!active && device->rx_active)
        ulpi_device_packet(device);
    device->rx_active = active;
}

static void begin_command(struct ulpi_device *device)
{
    if (device->clock >= device->answer_at) {
        device->job = JOB_PACKET;
        device->data = (uint8_t)(TX_CMD | (device->tx[0] & 15));
        device->tx_next = 1;
    } else if (device->chirp_wanted) {
        device->job = JOB_CHIRP;
        device->data = TX_CMD;
        device->chirp_begun = device->clock;
    } else if (device->write_wanted || device->read_wanted) {
        device->job = device->write_wanted ? JOB_WRITE : JOB_READ;
        device->data = device->command;
    } else {
        return;
    }
    device->link = LINK_COMMAND;
}

static void send(struct ulpi_device *device, uint8_t data, enum ulpi_link link)
{
    device->data = data;
    device->link = link;
    device->stp = link == LINK_STOP;
}

// nxt has taken what stands on the bus.
static void advance(struct ulpi_device *device)
{
    bool command = device->link == LINK_COMMAND;
    switch (device->job) {
    case JOB_PACKET:
        if (device->tx_next < device->tx_length) {
            send(device, device->tx[device->tx_next++], LINK_DATA);
            break;
        }
        device->answer_at = USB_NEVER;
        send(device, device->aborts > 0 ? 0xFF : 0, LINK_STOP);
        device->aborts -= device->aborts > 0;
        break;
    case JOB_CHIRP:
        device->chirp_wanted = device->clock - device->chirp_begun < device->chirp_length;
        device->chirp_ended = device->clock;
        send(device, 0, device->chirp_wanted ? LINK_DATA : LINK_STOP);
        break;
    case JOB_WRITE:
        device->write_wanted = command;
        send(device, command ? device->write_value : 0, command ? LINK_DATA : LINK_STOP);
        break;
    case JOB_READ:
        send(device, 0, LINK_READ);
        break;
    }
}

void ulpi_device_tick(struct ulpi_device *device, const struct ulpi_pins *pins)
{
    bool turn = pins->dir != device->dir_before;
    device->clock++;
    device->stp = false;
    if (pins->dir) {
        if (device->link == LINK_COMMAND || device->link == LINK_DATA) {
            device->interrupted_commands++;
            device->link = LINK_FREE;
        } else if (device->link == LINK_STOP) {
            device->link = LINK_FREE;
        }
        device->data = 0;
        receive(device, pins);
    } else if (turn) {
        if (device->rx_active)
            ulpi_device_packet(device);
        device->rx_active = false;
    } else if (device->link == LINK_STOP) {
        send(device, 0, LINK_FREE);
    } else if (device->link == LINK_FREE) {
        begin_command(device);
    } else if (device->link != LINK_READ && pins->nxt) {
        advance(device);
    }
    device->dir_before = pins->dir;
    if (device->link == LINK_FREE)
        reset_and_chirp(device);
}
