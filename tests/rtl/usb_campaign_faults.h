// SPDX-License-Identifier: BSD-2-Clause
//
// The faults of usb_campaign_test: which packet is hurt, and how. Each is one that USB 2.0 asks a device to
// notice: single bits anywhere, bursts no longer than the CRC that covers them (section 8.3.5), lost, cut
// and overlong packets, RxError, packets for others or for nobody.
#ifndef USB_CAMPAIGN_FAULTS_H
#define USB_CAMPAIGN_FAULTS_H

#include "usb_host_internal.h"
#include <cstdio>
#include <cstring>
#include <string>

class Random
{
  public:
    explicit Random(uint64_t seed) : state(seed * 2 + 1)
    {
        for (int i = 0; i < 16; i++)
            (*this)(2);
    }

    unsigned operator()(unsigned below)
    {
        return unsigned(usb_random(&state) % below);
    }

  private:
    uint64_t state;
};

enum Victim { TOKEN, FRAME, DATA_OUT, HANDSHAKE_OUT, DATA_IN, HANDSHAKE_IN, VICTIMS };
enum Effect { BIT, BURST, LOST, CUT, BABBLE, OVERLONG, RX_ERROR, EFFECTS };
enum Stray {
    FOREIGN_OUT, // another device is written to
    FOREIGN_IN,  // another device is read: of that the card sees token and ACK
    NO_ENDPOINT, // our address, but an endpoint that is not there
    OUT_ALONE,   // our OUT token, and no data
    DATA_ALONE,  // data that nobody announced
    ACK_ALONE,   // an ACK for nothing
    OTHER_PID,   // SPLIT, PRE, DATA2, MDATA, and the reserved one
    NOISE,       // random bytes
    STRAYS
};
static const char *const victim_names[] = {"token",         "SOF",     "data out",
                                           "handshake out", "data in", "handshake in"};
static const char *const effect_names[] = {"bit", "burst", "lost", "cut", "babble", "overlong", "RxError"};
static const char *const stray_names[] = {"foreign OUT", "foreign IN", "no endpoint", "OUT alone",
                                          "data alone",  "ACK alone",  "other PID",   "noise"};

inline Victim victim_of(bool to_device, const uint8_t *packet, size_t length)
{
    if (length == 1)
        return to_device ? HANDSHAKE_OUT : HANDSHAKE_IN;
    if (packet[0] == USB_PID_DATA0 || packet[0] == USB_PID_DATA1)
        return to_device ? DATA_OUT : DATA_IN;
    return packet[0] == USB_PID_SOF ? FRAME : TOKEN;
}

// Hurts a packet; returns its new length, 0 for a lost one. `text` gets what was done.
class Hurt
{
  public:
    explicit Hurt(Random &random) : random(random) {}

    size_t operator()(Effect effect, bool is_data, uint8_t *packet, size_t length, std::string &text)
    {
        const size_t before = length;
        uint8_t old[USB_PACKET_MAX];
        memcpy(old, packet, length);
        do {
            memcpy(packet, old, before);
            length = once(effect, is_data, packet, before, text);
        } while (is_data && usb_data_packet_valid(packet, length) && effect != OVERLONG);
        return length;
    }

  private:
    size_t once(Effect effect, bool is_data, uint8_t *packet, size_t length, std::string &text)
    {
        switch (effect) {
        case BIT:
            return flip(packet, length, random(unsigned(length) * 8), 1, text);
        case BURST: {
            const unsigned size = 2 + random(is_data ? 15 : 4), bits = unsigned(length - 1) * 8;
            return flip(packet, length, 8 + random(bits - size + 1), size, text);
        }
        case CUT:
            text = " to " + std::to_string(length = random(unsigned(length)));
            return length;
        case BABBLE: {
            const size_t end = length + 1 + random(length > 3 ? unsigned(USB_PACKET_MAX - length) : 40);
            for (size_t i = length; i < end; i++)
                packet[i] = uint8_t(random(256));
            text = " to " + std::to_string(end);
            return end;
        }
        case OVERLONG: {
            uint8_t bytes[1024];
            const size_t size = 513 + random(512);
            for (auto &byte : bytes)
                byte = uint8_t(random(256));
            text = " of " + std::to_string(size);
            return usb_data_packet(packet, packet[0] == USB_PID_DATA1, bytes, size);
        }
        default:
            return 0;
        }
    }

    // A burst's first and last bits are wrong, those between as it happens.
    size_t flip(uint8_t *packet, size_t length, unsigned first, unsigned size, std::string &text)
    {
        for (unsigned i = 0; i < size; i++)
            if (i == 0 || i == size - 1 || random(2))
                packet[(first + i) / 8] ^= uint8_t(1 << (first + i) % 8);
        text = " " + std::to_string(first) + " of " + std::to_string(length) + " bytes";
        return length;
    }

    Random &random;
};

// The packets of a stray, to be sent one after the other.
inline unsigned stray_packets(Stray kind, Random &random, uint8_t ours, uint8_t packets[2][USB_PACKET_MAX],
                              size_t lengths[2])
{
    static const uint8_t others[] = {0x78, 0x3C, 0x87, 0x0F, 0xF0};
    const uint8_t other = uint8_t((ours + 1 + random(127)) % 128);
    uint8_t bytes[512];
    const size_t size = random(513);
    for (auto &byte : bytes)
        byte = uint8_t(random(256));
    const auto token = [&](unsigned i, usb_pid pid, uint8_t address, unsigned endpoint) {
        lengths[i] = usb_token(packets[i], pid, address, uint8_t(endpoint));
    };
    const auto data = [&](unsigned i) { lengths[i] = usb_data_packet(packets[i], random(2), bytes, size); };
    const auto single = [&](unsigned i, uint8_t byte) { packets[i][0] = byte, lengths[i] = 1; };
    switch (kind) {
    case FOREIGN_OUT:
        token(0, random(2) ? USB_PID_OUT : USB_PID_SETUP, other, random(3));
        data(1);
        return 2;
    case FOREIGN_IN:
        token(0, USB_PID_IN, other, random(3));
        single(1, USB_PID_ACK);
        return 2;
    case NO_ENDPOINT: {
        static const usb_pid pids[] = {USB_PID_IN, USB_PID_OUT, USB_PID_PING, USB_PID_SETUP};
        const usb_pid pid = pids[random(4)];
        token(0, pid, ours, 3 + random(13));
        data(1);
        return pid == USB_PID_OUT || pid == USB_PID_SETUP ? 2 : 1;
    }
    case OUT_ALONE:
        token(0, USB_PID_OUT, ours, random(3));
        return 1;
    case DATA_ALONE:
        data(0);
        return 1;
    case ACK_ALONE:
        single(0, USB_PID_ACK);
        return 1;
    case OTHER_PID:
        data(0);
        packets[0][0] = others[random(5)];
        return 1;
    default:
        lengths[0] = 1 + random(unsigned(sizeof bytes));
        memcpy(packets[0], bytes, lengths[0]);
        if (usb_pid_valid(packets[0][0])) // by chance it might be a good token
            packets[0][0] ^= 0x10;
        return 1;
    }
}

#endif
