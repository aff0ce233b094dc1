// SPDX-License-Identifier: BSD-2-Clause
//
// USB 2.0 packets as bytes: PIDs, CRCs (section 8.3.5), and how long they take on the bus with bit stuffing
// (7.1.9).
#include "usb_host_internal.h"

#include <string.h>

uint8_t usb_crc5(uint16_t value)
{
    unsigned crc = 0x1F;
    for (unsigned bit = 0; bit < 11; bit++) {
        unsigned different = (crc ^ (unsigned)value >> bit) & 1;
        crc = (crc >> 1) ^ (different ? 0x14u : 0); // x^5 + x^2 + 1, reflected
    }
    return (uint8_t)(crc ^ 0x1F);
}

// Four bits at a time; x^16 + x^15 + x^2 + 1, reflected.
uint16_t usb_crc16(const uint8_t *data, size_t length)
{
    static const uint16_t table[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
                                       0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400};
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc = (crc >> 4) ^ table[(crc ^ data[i]) & 15];
        crc = (crc >> 4) ^ table[(crc ^ (unsigned)data[i] >> 4) & 15];
    }
    return (uint16_t)(crc ^ 0xFFFF);
}

static size_t token_of(uint8_t packet[USB_TOKEN_SIZE], enum usb_pid pid, uint16_t value)
{
    unsigned field = value | (unsigned)usb_crc5(value) << 11;
    packet[0] = (uint8_t)pid;
    packet[1] = (uint8_t)field;
    packet[2] = (uint8_t)(field >> 8);
    return USB_TOKEN_SIZE;
}

size_t usb_token(uint8_t packet[USB_TOKEN_SIZE], enum usb_pid pid, uint8_t address, uint8_t endpoint)
{
    return token_of(packet, pid, (uint16_t)((address & 0x7F) | (endpoint & 0x0F) << 7));
}

size_t usb_start_of_frame(uint8_t packet[USB_TOKEN_SIZE], uint16_t frame)
{
    return token_of(packet, USB_PID_SOF, frame & 0x7FF);
}

size_t usb_data_packet(uint8_t packet[USB_PACKET_MAX], bool toggle, const uint8_t *data, size_t length)
{
    uint16_t crc = usb_crc16(data, length);
    packet[0] = toggle ? USB_PID_DATA1 : USB_PID_DATA0;
    if (length > 0)
        memcpy(packet + 1, data, length);
    packet[length + 1] = (uint8_t)crc;
    packet[length + 2] = (uint8_t)(crc >> 8);
    return length + USB_DATA_OVERHEAD;
}

bool usb_pid_valid(uint8_t pid)
{
    return ((pid ^ (pid >> 4)) & 15) == 15;
}

bool usb_data_packet_valid(const uint8_t *packet, size_t length)
{
    if (length < USB_DATA_OVERHEAD || !usb_pid_valid(packet[0]))
        return false;
    size_t payload = length - USB_DATA_OVERHEAD;
    return usb_crc16(packet + 1, payload) == (packet[length - 2] | packet[length - 1] << 8);
}

unsigned usb_stuffed_bits(unsigned *run, uint8_t byte)
{
    unsigned ones = *run, stuffed = 0;
    for (unsigned bits = byte, i = 0; i < 8; i++, bits >>= 1) {
        ones = bits & 1 ? ones + 1 : 0;
        if (ones == 6) {
            stuffed++;
            ones = 0;
        }
    }
    *run = ones;
    return stuffed;
}

uint64_t usb_packet_clocks(const uint8_t *packet, size_t length)
{
    unsigned run = 1, stuffed = 0;
    for (size_t i = 0; i < length; i++)
        stuffed += usb_stuffed_bits(&run, packet[i]);
    unsigned eop = packet[0] == USB_PID_SOF ? USB_SOF_EOP_CLOCKS : USB_EOP_CLOCKS;
    return USB_SYNC_CLOCKS + length + (stuffed + 7) / 8 + eop;
}

uint64_t usb_full_speed_packet_clocks(const uint8_t *packet, size_t length)
{
    unsigned run = 1, bits = 8 + 8 * (unsigned)length + 2;
    for (size_t i = 0; i < length; i++)
        bits += usb_stuffed_bits(&run, packet[i]);
    return (uint64_t)bits * USB_FULL_SPEED_BIT;
}

uint64_t usb_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du >> 32;
}
