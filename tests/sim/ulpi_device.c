// SPDX-License-Identifier: BSD-2-Clause
//
// The test device above the link: packets in, answers out. The pins are in ulpi_device_link.c.
#include "ulpi_device.h"

#include <string.h>

static const uint8_t default_device[18] = {18, 1, 0, 2, 0, 0, 0, 64, 9, 0x12, 1, 0, 0, 1, 0, 0, 0, 1};
static const uint8_t default_config[39] = {
    9,    2,    39,
    0,    1,    1,
    0,    0x80, 50, // configuration 1
    9,    4,    0,
    0,    3,    0xFF,
    0x57, 1,    0, // interface 0
    7,    5,    ULPI_DEVICE_OUT,
    2,    0,    2,
    0, // bulk 512
    7,    5,    ULPI_DEVICE_IN,
    2,    0,    2,
    0, // bulk 512
    7,    5,    ULPI_DEVICE_NOTIFY,
    3,    8,    0,
    4, // interrupt 8, each 8 microframes
};

void ulpi_device_init(struct ulpi_device *device)
{
    *device = (struct ulpi_device){
        .chirp_after = 10 * USB_CLOCKS_PER_US,
        .chirp_length = 1100 * USB_CLOCKS_PER_US,
        .answer_delay = 4,
        .device_descriptor = default_device,
        .config_descriptor = default_config,
        .config_length = sizeof default_config,
        .dir_before = true,
        .shortest_hub_chirp = UINT64_MAX,
        .line = 0xFF,
        .answer_at = UINT64_MAX,
    };
}

static void answer(struct ulpi_device *device, uint8_t pid)
{
    device->tx[0] = pid;
    device->tx_length = pid ? 1 : 0;
    device->answer_at = pid ? device->clock + device->answer_delay : UINT64_MAX;
}

static void answer_data(struct ulpi_device *device, bool toggle, const uint8_t *data, size_t length)
{
    uint16_t crc = usb_crc16(data, length);
    answer(device, toggle ? USB_PID_DATA1 : USB_PID_DATA0);
    if (length)
        memcpy(device->tx + 1, data, length);
    device->tx[length + 1] = (uint8_t)crc;
    device->tx[length + 2] = (uint8_t)(crc >> 8);
    device->tx_length = length + 3;
}

static void begin_control(struct ulpi_device *device)
{
    const uint8_t *setup = device->setup;
    size_t asked = (size_t)(setup[6] | setup[7] << 8), have = 0;
    device->control_toggle = true;
    device->control_stalled = false;
    device->control_data = NULL;
    if (setup[1] == 6 && setup[3] == 1) {
        device->control_data = device->device_descriptor;
        have = device->device_descriptor[0];
    } else if (setup[1] == 6 && setup[3] == 2) {
        device->control_data = device->config_descriptor;
        have = device->config_length;
    } else if (setup[0] == 0xC0) {
        device->control_data = device->request;
        have = sizeof device->request;
    } else if (setup[1] == 5) {
        device->new_address = setup[2];
    } else if (setup[1] == 9) {
        device->configured = true;
        device->out_toggle = device->in_toggle[1] = device->in_toggle[2] = false;
    } else if (setup[1] == 1 && setup[0] == 2) {
        if (setup[4] & 0x80)
            device->in_toggle[setup[4] & 3] = false;
        else
            device->out_toggle = false;
    } else if (setup[0] != 0x40) {
        device->control_stalled = true;
    }
    device->control_left = have < asked ? have : asked;
}

static void in_token(struct ulpi_device *device)
{
    uint8_t data[1500];
    size_t length = 0;
    device->in_tokens++;
    device->last_token = device->clock;
    if (device->endpoint == 0) {
        length = device->control_left < 64 ? device->control_left : 64;
        if (device->control_stalled)
            answer(device, USB_PID_STALL);
        else
            answer_data(device, device->control_toggle, device->control_data,
                        device->control_data ? length : 0);
        return;
    }
    uint8_t pid = device->in ? device->in(device, device->endpoint, data, &length) : USB_PID_NAK;
    if (pid == USB_PID_DATA0 || pid == USB_PID_DATA1)
        answer_data(device, device->in_toggle[device->endpoint], data, length);
    else
        answer(device, pid);
}

static void data_packet(struct ulpi_device *device)
{
    size_t length = device->rx_length - 3;
    bool toggle = device->rx[0] == USB_PID_DATA1;
    if (!usb_data_packet_valid(device->rx, device->rx_length)) {
        device->bad_packets++;
    } else if (device->token == USB_PID_SETUP) {
        memcpy(device->setup, device->rx + 1, 8);
        begin_control(device);
        answer(device, USB_PID_ACK);
    } else if (device->endpoint == 0) {
        if (length > 0 && length <= sizeof device->request)
            memcpy(device->request, device->rx + 1, length);
        answer(device, device->control_stalled ? USB_PID_STALL : USB_PID_ACK);
    } else if (toggle != device->out_toggle) {
        device->bulk_packets++;
        answer(device, USB_PID_ACK); // seen before
    } else {
        device->bulk_packets++;
        uint8_t pid = device->out ? device->out(device, device->rx + 1, length) : USB_PID_ACK;
        device->out_toggle ^= pid == USB_PID_ACK || pid == USB_PID_NYET;
        answer(device, pid);
    }
}

static void acknowledged(struct ulpi_device *device)
{
    if (device->endpoint != 0) {
        device->in_toggle[device->endpoint] ^= true;
        if (device->in_acknowledged)
            device->in_acknowledged(device, device->endpoint);
        return;
    }
    size_t sent = device->tx_length - 3;
    if (sent && device->control_data) {
        device->control_data += sent;
        device->control_left -= sent;
    }
    device->control_toggle ^= true;
    if (device->new_address)
        device->address = device->new_address;
    device->new_address = 0;
}

static void start_of_frame(struct ulpi_device *device)
{
    uint16_t number = (uint16_t)((device->rx[1] | device->rx[2] << 8) & 0x7FF);
    if (device->frames > 0) {
        device->wrong_frame_gaps += device->rx_begun - device->last_frame != 125 * USB_CLOCKS_PER_US;
        device->frame_repeats = number == device->frame_number ? device->frame_repeats + 1 : 0;
        bool next = number == ((device->frame_number + 1) & 0x7FF);
        device->wrong_frame_numbers += device->frame_repeats > 7 || (number != device->frame_number && !next);
    }
    if (device->first_frame == 0)
        device->first_frame = device->rx_begun;
    device->frame_number = number;
    device->frames++;
    device->last_frame = device->rx_begun;
    if (device->bulk_packets > device->most_bulk_packets)
        device->most_bulk_packets = device->bulk_packets;
    device->bulk_packets = 0;
}

void ulpi_device_packet(struct ulpi_device *device)
{
    const uint8_t *rx = device->rx;
    unsigned field = (unsigned)(rx[1] | rx[2] << 8);
    if (device->clock < device->silent_until)
        return;
    if (!usb_pid_valid(rx[0])) {
        device->bad_packets++;
        return;
    }
    uint8_t token = device->token;
    switch (rx[0]) {
    case USB_PID_DATA0:
    case USB_PID_DATA1:
        if (token == USB_PID_OUT || token == USB_PID_SETUP)
            data_packet(device);
        device->token = 0;
        return;
    case USB_PID_ACK:
        if (token == USB_PID_IN)
            acknowledged(device);
        device->token = 0;
        return;
    default:
        break;
    }
    if (device->rx_length != 3 || usb_crc5(field & 0x7FF) != field >> 11) {
        device->bad_packets++;
        return;
    }
    if (rx[0] == USB_PID_SOF) {
        start_of_frame(device);
        return;
    }
    device->token = 0;
    if ((field & 0x7F) != device->address)
        return;
    device->token = rx[0];
    device->endpoint = (uint8_t)(field >> 7 & 15);
    if (rx[0] == USB_PID_IN) {
        in_token(device);
    } else if (rx[0] == USB_PID_PING) {
        device->pings++;
        device->last_token = device->clock;
        answer(device, device->endpoint && device->ping ? device->ping(device) : USB_PID_ACK);
    }
}
