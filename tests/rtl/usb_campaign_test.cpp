// SPDX-License-Identifier: BSD-2-Clause
//
// A campaign of faults on the USB cable. Bulk OUT is looped to bulk IN behind the device core; bytes that
// never repeat go round, while control transfers and notifications pass. One fault after the other is put on
// the cable. After each, every stream must move on (a host that gave a transfer up after three errors takes
// it up where it stopped), and every byte, transfer end, control write and notification must arrive exactly
// once. A bus reset begins all streams anew.
//
// Other faults: USB_CAMPAIGN_SEED=7 USB_CAMPAIGN_FAULTS=100000 build/tests/rtl/usb_campaign_test
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
extern "C" {
#include <cmocka.h>
}
#include "usb_campaign_streams.h"
#include <cstdlib>

enum Kind { PACKET_FAULT, STRAY_FAULT, RESET_FAULT };

struct Fault {
    Kind kind;
    Victim victim;
    Effect effect;
    Stray stray;
    unsigned skip;  // packets of this sort that pass before
    unsigned delay; // clocks until it may happen
    unsigned span;  // clocks after the first in which every packet is hurt: a host gives transfers up
    unsigned where; // RESET_FAULT: 0 straight away, 1 out of suspend, 2 in the middle of the reset before
    bool done;
    std::string text;
};

class Campaign : public Streams
{
  public:
    explicit Campaign(uint64_t seed) : Streams(seed), hurt(random)
    {
        usb_host *host = card.host.get();
        usb_times &times = host->times;
        times.reset = 15000;
        host->phy.start_clocks = 300;
        times.chirp_latest = 20000;
        times.chirp_shortest = 500;
        times.chirp_end = 30000;
        times.hub_chirp_wait = 100;
        times.hub_chirp_bit = times.hub_chirp_end = 200;
        times.in_retry_alone = times.in_retry_shared = times.out_retry_alone = times.out_retry_shared = 100;
        host->tamper_context = this;
        host->tamper = [](void *context, bool to_device, uint8_t *packet, size_t length) {
            return static_cast<Campaign *>(context)->tamper(to_device, packet, length);
        };
    }

    // The next fault, until all streams have moved on after it. False: `failure` says what went wrong.
    bool next()
    {
        draw();
        // Or the next fault comes before all is well again; after a reset, while the host enumerates.
        const bool soon = random(fault.kind == RESET_FAULT ? 2 : 8) == 0;
        const uint64_t limit = card.clock + 400000;
        const unsigned broken = card.events.crc_error;
        unsigned out = 0, in = 0, control = 0;
        while (failure.empty()) {
            const bool before = fault.done;
            fault_step();
            step();
            if (fault.done && !before)
                out = out_moved, in = in_moved, control = controls;
            if (card.clock > limit)
                failure = !fault.done ? "the fault found no packet" : stuck(out, in, control);
            const bool moved = out_moved != out && in_moved != in && controls > control + 1;
            if (!fault.done || !(soon || (moved && !resetting)))
                continue;
            if (!soon && fault.kind == PACKET_FAULT && fault.effect == RX_ERROR &&
                card.events.crc_error == broken)
                failure = "a packet with RxError was taken";
            return failure.empty();
        }
        return false;
    }

    Fault fault = {};
    unsigned resets = 0;

  private:
    void draw()
    {
        fault = {};
        const unsigned kind = resetting ? 100 : random(100);
        fault.kind = kind < 3 ? RESET_FAULT : kind < 18 ? STRAY_FAULT : PACKET_FAULT;
        fault.delay = random(fault.kind == RESET_FAULT ? 4000 : 300);
        fault.where = random(4);
        fault.skip = random(6);
        fault.span = random(20) ? 0 : random(4000);
        fault.stray = Stray(random(STRAYS));
        fault.victim = Victim(random(VICTIMS));
        const bool data = fault.victim == DATA_OUT || fault.victim == DATA_IN;
        const bool handshake = fault.victim == HANDSHAKE_OUT || fault.victim == HANDSHAKE_IN;
        do
            fault.effect = Effect(random(EFFECTS));
        while ((fault.effect == OVERLONG && !data) || (fault.effect == BURST && handshake) ||
               (fault.effect == RX_ERROR && fault.victim >= DATA_IN));
        static const char *const wheres[] = {"bus reset", "reset out of suspend", "reset in a reset",
                                             "bus reset"};
        fault.text = fault.kind == RESET_FAULT ? wheres[fault.where]
                     : fault.kind == STRAY_FAULT
                         ? std::string("stray ") + stray_names[fault.stray]
                         : std::string(victim_names[fault.victim]) + ": " + effect_names[fault.effect];
        fault_from = card.clock + fault.delay;
        overlong = fault.kind == PACKET_FAULT && fault.victim == DATA_IN;
    }

    void fault_step()
    {
        if (!fault.done && fault.kind == STRAY_FAULT && card.clock >= fault_from)
            send_stray();
        if (!fault.done && fault.kind == RESET_FAULT)
            reset_step();
    }

    size_t tamper(bool to_device, uint8_t *packet, size_t length)
    {
        const Victim victim = victim_of(to_device, packet, length);
        const bool data = victim == DATA_OUT || victim == DATA_IN;
        std::string text;
        if (fault.done && card.clock < noise_until && random(8))
            return hurt(length > 1 && random(2) ? BURST : random(2) ? BIT : LOST, data, packet, length, text);
        if (fault.done || fault.kind != PACKET_FAULT || victim != fault.victim || card.clock < fault_from)
            return length;
        // A host that gets too much while it enumerates gives the device up; that is the host's affair.
        if (victim == DATA_IN && fault.effect >= BABBLE &&
            usb_host_state(card.host.get()) != USB_HOST_CONFIGURED)
            return length;
        if (fault.skip > 0) {
            fault.skip--;
            return length;
        }
        fault.done = true;
        noise_until = card.clock + fault.span;
        if (fault.effect == RX_ERROR) {
            card.host->phy.rx_error_at = 1 + random(unsigned(length));
            return length;
        }
        length = hurt(fault.effect, data, packet, length, text);
        fault.text += text + (fault.span ? ", noise for " + std::to_string(fault.span) + " clocks" : "");
        return length;
    }

    // Strays go where the host's schedule leaves room, and never where a device could take them for what it
    // waits for.
    void send_stray()
    {
        usb_host *host = card.host.get();
        if (host->port != USB_PORT_ENABLED || host->phase != USB_PHASE_READY)
            return;
        if (stray_left == 0) {
            const uint64_t at =
                std::max({host->bus_free, host->clock, host->phy.tx_end + 150, stray_end + 150});
            if (host->next_sof < at + 2500)
                return;
            reserve(at);
            stray_left = stray_count = stray_packets(fault.stray, random, host->address, packets, lengths);
        } else if (host->clock >= stray_at) {
            const unsigned i = stray_count - stray_left--;
            usb_phy_send(&host->phy, packets[i], lengths[i], host->clock);
            stray_end = host->clock + usb_packet_clocks(packets[i], lengths[i]);
            reserve(stray_end + host->times.same_gap);
            fault.done = stray_left == 0;
        }
    }

    // Until the clock after that the host begins nothing.
    void reserve(uint64_t clock)
    {
        stray_at = clock;
        card.host->event = card.host->bus_free = clock + 1;
    }

    void begin_reset()
    {
        usb_host *host = card.host.get();
        resets++;
        resetting = true;
        usb_host_fail_all(host);
        usb_host_reset(host);
    }

    // The hub lets go of the bus.
    void release()
    {
        usb_host *host = card.host.get();
        resetting = true;
        usb_host_unplug(host);
        host->state = USB_HOST_RESETTING;
    }

    void reset_step()
    {
        if (card.clock < fault_from)
            return;
        usb_host *host = card.host.get();
        const bool broken_off = fault.where == 2;
        switch (reset_stage) {
        case 0:
            if (broken_off)
                begin_reset();
            else if (fault.where == 1)
                release();
            fault_from = card.clock + (broken_off ? random(30000) : 0);
            reset_stage = broken_off ? 1 : fault.where == 1 ? 2 : 3;
            break;
        case 1: // chirping, enumerating, or already at work
            if (host->port == USB_PORT_ENABLED) {
                reset_stage = 3;
            } else { // the hub tries again when the device is sure to be at rest
                release();
                fault_from = card.clock + 13000;
                reset_stage = 3;
            }
            break;
        case 2:
            if (host->phy.state != USB_PHY_LOW_POWER)
                return;
            fault_from = card.clock + random(1000);
            reset_stage = 3;
            break;
        default:
            begin_reset();
            reset_stage = 0;
            fault.done = true;
        }
    }

    Hurt hurt;
    uint64_t fault_from = 0, noise_until = 0, stray_at = 0, stray_end = 0;
    unsigned stray_left = 0, stray_count = 0, reset_stage = 0;
    uint8_t packets[2][USB_PACKET_MAX];
    size_t lengths[2];
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, nullptr, 0) : otherwise;
}

static void one_more(Campaign &campaign, uint64_t seed, uint64_t number)
{
    if (!campaign.next())
        fail_msg("seed %u, fault %u (%s): %s", unsigned(seed), unsigned(number), campaign.fault.text.c_str(),
                 campaign.failure.c_str());
}

static void after_each_of_10000_faults_the_device_works_and_every_byte_arrives_once(void **)
{
    const uint64_t seed = setting("USB_CAMPAIGN_SEED", 1), faults = setting("USB_CAMPAIGN_FAULTS", 10000);
    Campaign campaign(seed);
    for (uint64_t i = 1; i <= faults; i++)
        one_more(campaign, seed, i);
    print_message(
        "# %u faults, %u of them resets: %lu bytes, %u control transfers and %u notifications right, "
        "%u transfers given up and taken up, %lu clocks\n",
        unsigned(faults), campaign.resets, campaign.bytes, campaign.controls, campaign.notified,
        campaign.given_up, (unsigned long)campaign.card.clock);
    const Card::Events &events = campaign.card.events;
    assert_true(campaign.resets > faults / 100 && campaign.given_up > 0 && campaign.notified > 0);
    assert_true(events.crc_error > faults / 4 && events.in_retry > faults / 20);
    assert_true(events.out_duplicate > faults / 50 && events.out_nak > 0 && events.out_nyet > 0);
}

static void a_byte_lost_behind_the_core_is_found(void **)
{
    Campaign campaign(2);
    for (unsigned i = 1; i <= 20; i++)
        one_more(campaign, 2, i);
    campaign.lose_a_byte = true;
    unsigned more = 0;
    while (campaign.next())
        assert_true(++more < 20);
    assert_non_null(strstr(campaign.failure.c_str(), "is wrong, lost or doubled"));
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(after_each_of_10000_faults_the_device_works_and_every_byte_arrives_once),
        cmocka_unit_test(a_byte_lost_behind_the_core_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
