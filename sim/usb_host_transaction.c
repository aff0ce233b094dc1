// SPDX-License-Identifier: BSD-2-Clause
//
// One transaction at a time: token, data, handshake (USB 2.0 section 8.5), with the gaps and time-outs of
// section 7.1.18 and 8.7.2. Faults are injected here, where packets meet the cable.
#include "usb_host_internal.h"

#include <string.h>

static bool draw(struct usb_host *host, uint32_t per_million)
{
    if (per_million == 0 || usb_random(&host->random) % 1000000 >= per_million)
        return false;
    host->stats.faults_injected++;
    return true;
}

static void flip_a_bit(struct usb_host *host, uint8_t *packet, size_t length)
{
    uint64_t bit = usb_random(&host->random) % (length * 8);
    packet[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static uint64_t packet_clocks(const struct usb_host *host, const uint8_t *packet, size_t length)
{
    return host->full_speed ? usb_full_speed_packet_clocks(packet, length)
                            : usb_packet_clocks(packet, length);
}

uint64_t usb_transmit(struct usb_host *host, uint8_t *packet, size_t length)
{
    uint64_t end = host->clock + packet_clocks(host, packet, length);
    uint8_t changed[USB_PACKET_MAX];
    if (host->tamper) {
        memcpy(changed, packet, length);
        length = host->tamper(host->tamper_context, true, changed, length);
        if (length == 0)
            return end;
        packet = changed;
        end = host->clock + packet_clocks(host, packet, length);
    }
    if (length == 1 && draw(host, host->faults.handshake_lost))
        return end;
    if (draw(host, host->faults.out_corrupt))
        flip_a_bit(host, packet, length);
    usb_phy_send(&host->phy, packet, length, host->clock);
    return end;
}

// Of so many bytes, with a bit stuffed after every six.
static uint64_t longest_packet(const struct usb_host *host, size_t bytes)
{
    if (host->full_speed)
        return (8 + 8 * bytes + 8 * bytes / 6 + 2) * USB_FULL_SPEED_BIT;
    return USB_SYNC_CLOCKS + bytes + bytes / 6 + 1 + USB_EOP_CLOCKS;
}

uint64_t usb_transaction_prepare(struct usb_host *host, struct usb_endpoint *endpoint)
{
    const struct usb_times *times = &host->times;
    struct usb_transaction *now = &host->now;
    now->endpoint = endpoint;
    now->cancelled = now->finished = false;
    now->token = usb_next_token(endpoint);
    now->length = 0;
    uint64_t clocks = longest_packet(host, USB_TOKEN_SIZE) + times->answer_latest;
    if (now->token == USB_PID_IN)
        return clocks + longest_packet(host, endpoint->max_packet + USB_DATA_OVERHEAD);
    clocks += longest_packet(host, 1); // the handshake
    if (now->token == USB_PID_PING)
        return clocks;
    now->length = usb_next_packet(endpoint, now->packet);
    return clocks + times->same_gap + packet_clocks(host, now->packet, now->length);
}

static void await_answer(struct usb_host *host, uint64_t end)
{
    host->phase = USB_PHASE_ANSWER;
    host->now.asked = end;
    host->event = end + host->times.answer_timeout;
}

static void end_transaction(struct usb_host *host, uint64_t bus_free)
{
    host->phase = USB_PHASE_READY;
    host->event = host->bus_free = bus_free;
}

// A data packet of `length` bytes with PID and CRC, or what is left of them.
static void count_bulk_packet(struct usb_host *host, size_t length)
{
    if (host->now.endpoint->type != USB_BULK)
        return;
    host->bulk_packets++;
    host->bulk_bytes += host->full_speed ? USB_FULL_SPEED_BULK_OVERHEAD : USB_BULK_OVERHEAD;
    host->bulk_bytes += (length > USB_DATA_OVERHEAD ? length - USB_DATA_OVERHEAD : 0);
}

void usb_transaction_begin(struct usb_host *host)
{
    struct usb_transaction *now = &host->now;
    uint8_t token[USB_TOKEN_SIZE];
    size_t length = usb_token(token, now->token, host->address, now->endpoint->address);
    uint64_t end = usb_transmit(host, token, length);
    if (now->length == 0) {
        await_answer(host, end);
        return;
    }
    count_bulk_packet(host, now->length);
    host->phase = USB_PHASE_TOKEN;
    host->event = end + host->times.same_gap;
}

static void answered(struct usb_host *host)
{
    struct usb_phy *phy = &host->phy;
    struct usb_transaction *now = &host->now;
    size_t length = phy->tx_collided ? 0 : phy->tx_length;
    if (host->tamper && length > 0 && length <= USB_PACKET_MAX)
        length = host->tamper(host->tamper_context, false, phy->tx, length);
    if (phy->tx_begin > now->asked + host->times.answer_latest)
        host->late_answers++;
    end_transaction(host, phy->tx_end + host->times.turn_gap);
    if (length == 0 || (length == 1 && draw(host, host->faults.handshake_lost))) {
        host->event = host->bus_free = now->asked + host->times.answer_timeout;
        usb_no_answer(host);
        return;
    }
    if (length <= USB_PACKET_MAX && draw(host, host->faults.in_corrupt))
        flip_a_bit(host, phy->tx, length);
    if (length == 1) {
        usb_handshake(host, phy->tx[0]);
        return;
    }
    count_bulk_packet(host, length);
    if (usb_data_in(host, phy->tx, length))
        host->phase = USB_PHASE_ACK;
}

// `event` has come while the host waits. A device that talks until the next SOF is cut off.
static void timed_out(struct usb_host *host)
{
    if (usb_phy_transmitting(&host->phy, host->clock) && host->clock < host->next_sof) {
        host->event = host->next_sof;
        return;
    }
    end_transaction(host, host->clock);
    usb_no_answer(host);
}

void usb_transaction_step(struct usb_host *host)
{
    struct usb_transaction *now = &host->now;
    if (host->phy.tx_ready && host->clock >= host->phy.tx_end) {
        host->phy.tx_ready = false;
        if (host->phase == USB_PHASE_ANSWER)
            answered(host);
        else
            host->unsolicited++;
    } else if (host->clock < host->event) {
        return;
    } else if (host->phase == USB_PHASE_TOKEN && now->cancelled) {
        end_transaction(host, host->clock);
    } else if (host->phase == USB_PHASE_TOKEN) {
        await_answer(host, usb_transmit(host, now->packet, now->length));
    } else if (host->phase == USB_PHASE_ANSWER) {
        timed_out(host);
    } else if (host->phase == USB_PHASE_ACK) {
        uint8_t ack = USB_PID_ACK;
        end_transaction(host, usb_transmit(host, &ack, 1) + host->times.same_gap);
        usb_acknowledged(host);
    }
}
