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
#include "usb_campaign_faults.h"
#include "usb_core_card.h"
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

class Campaign
{
  public:
    explicit Campaign(uint64_t seed) : card({}, seed), random(seed), hurt(random)
    {
        usb_host *host = card.host.get();
        usb_times &times = host->times;
        times.reset = 15000;
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
        begin_streams();
    }

    // The next fault, until all streams have moved on after it. False: `failure` says what went wrong.
    bool next()
    {
        draw();
        const bool soon = random(8) == 0; // the next fault comes before all is well again
        const uint64_t limit = card.clock + 400000;
        unsigned out = 0, in = 0, control = 0;
        while (failure.empty()) {
            const bool before = fault.done;
            step();
            if (fault.done && !before)
                out = out_moved, in = in_moved, control = controls;
            if (card.clock > limit)
                failure = !fault.done ? "the fault found no packet" : stuck(out, in, control);
            const bool moved = out_moved != out && in_moved != in && controls > control + 1;
            if (fault.done && !resetting && (soon || moved))
                return failure.empty();
        }
        return false;
    }

    Fault fault = {};
    std::string failure;
    Card card;
    unsigned long bytes = 0; // that came back
    unsigned controls = 0, notified = 0, given_up = 0, resets = 0;
    bool lose_a_byte = false; // between OUT and IN, once: the campaign must find it

  private:
    // ---- Faults ----

    void draw()
    {
        fault = {};
        const unsigned kind = random(100);
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
        host->state = USB_HOST_RESETTING;
        host->phase = USB_PHASE_READY;
        host->phy.tx_ready = false;
        host->port = USB_PORT_RESET;
        host->port_since = host->reset_begin = host->clock;
        host->event = host->clock + 1;
        host->address = 0;
        memset(host->endpoints, 0, sizeof host->endpoints);
        host->enumeration.step = host->enumeration.tries = 0;
        usb_phy_drive(&host->phy, USB_LINE_SE0);
    }

    // The hub lets go of the bus.
    void release()
    {
        usb_host *host = card.host.get();
        resetting = true;
        usb_host_fail_all(host);
        host->state = USB_HOST_RESETTING;
        host->phase = USB_PHASE_READY;
        host->phy.tx_ready = false;
        host->port = USB_PORT_OFF;
        host->event = USB_NEVER;
        usb_phy_drive(&host->phy, USB_LINE_FREE);
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

    // ---- Streams ----

    uint8_t byte_at(uint64_t position) const
    {
        uint64_t x = (position + epoch) * 0x9E3779B97F4A7C15u;
        x ^= x >> 29;
        x *= 0xBF58476D1CE4E5B9u;
        return uint8_t(x >> 56);
    }

    void begin_streams()
    {
        epoch += 1u << 30;
        out_begin = in_position = 0;
        early_end = UINT64_MAX;
        ends.clear();
        loop_held.clear();
        card.in_queue.clear();
        card.core->s_in_valid = 0;
        card.received.clear();
        card.transfers.clear();
        card.commits.clear();
        notification += 1000;
        expected_notification = notification;
        card.core->s_notify_data = notification;
        card.core->s_notify_valid = 1;
        for (auto &t : transfers)
            t.state = Job::NONE;
    }

    void step()
    {
        if (!fault.done && card.clock >= fault_from && !resetting && fault.kind == STRAY_FAULT)
            send_stray();
        if (!fault.done && fault.kind == RESET_FAULT)
            reset_step();
        card.core->m_out_ready = card.in_queue.size() < 3000 && (pace == 1 || card.clock % pace == 0);
        if (card.clock % 65536 == 0)
            pace = random(3) ? 1 : 2 + random(12);
        const unsigned flushes = card.flushes;
        card.step();
        usb_host *host = card.host.get();
        if (usb_host_state(host) == USB_HOST_FAILED)
            failure = std::string("the host gave the device up: ") + usb_host_error(host);
        else if (card.flushes != flushes)
            begin_streams();
        else if (usb_host_state(host) == USB_HOST_CONFIGURED)
            go_on();
        if (host->unsolicited > 0)
            failure = "the device spoke though nobody had asked";
        if (host->late_answers > 0)
            failure = "an answer came late";
    }

    void go_on()
    {
        resetting = false;
        loop_back();
        for (unsigned i = 0; i < 4; i++) {
            Job &job = transfers[i];
            if (job.state == Job::DONE) {
                finish(i, job);
                job.state = Job::NONE;
            }
            if (job.state == Job::NONE && (i != CONTROL || card.clock >= control_from))
                submit(i, job);
        }
        count_moves();
        if (!card.core->s_notify_valid) {
            card.core->s_notify_data = ++notification;
            card.core->s_notify_valid = 1;
        }
    }

    // What came out of bulk OUT goes into bulk IN. The last byte waits until it is known whether it ends a
    // transfer.
    void loop_back()
    {
        if (!card.received.empty())
            pass(card.received, false);
        for (const Bytes &rest : card.transfers)
            pass(rest, true);
        card.received.clear();
        card.transfers.clear();
    }

    void pass(const Bytes &more, bool end)
    {
        loop_held.insert(loop_held.end(), more.begin(), more.end());
        if (lose_a_byte && loop_held.size() > 1) {
            loop_held.erase(loop_held.begin());
            lose_a_byte = false;
        }
        if (end && loop_held.empty())
            failure = "a transfer ended twice";
        const size_t keep = end ? 0 : 1;
        for (size_t i = 0; i + keep < loop_held.size(); i++)
            card.in_queue.push_back({loop_held[i], end && i + 1 == loop_held.size()});
        if (loop_held.size() > keep)
            loop_held.erase(loop_held.begin(), loop_held.end() - long(keep));
    }

    // ---- The host's side ----

    enum { BULK_OUT, BULK_IN, NOTIFY, CONTROL };

    struct Job {
        enum { NONE, QUEUED, DONE } state = NONE;
        weir_usb_transfer transfer = {};
        Bytes data;
        size_t counted = 0;
    };

    void submit(unsigned i, Job &job)
    {
        static const uint8_t endpoints[4] = {WEIR_EP_OUT, WEIR_EP_IN, WEIR_EP_NOTIFY, 0};
        job.transfer = {};
        job.transfer.endpoint = endpoints[i];
        job.counted = 0;
        if (i == BULK_OUT) {
            if (out_left == 0 || out_begin == 0)
                out_left = random(5) ? 1 + random(2000) : 512 * (1 + random(3));
            job.data.resize(out_left);
            for (size_t n = 0; n < out_left; n++)
                job.data[n] = byte_at(out_begin + n);
        } else if (i == CONTROL) {
            fill_request(job);
        } else {
            job.data.assign(i == NOTIFY ? 8 : 65536, 0);
        }
        job.transfer.buffer = job.data.data();
        job.transfer.length = job.data.size();
        job.transfer.context = &job;
        job.transfer.complete = [](weir_usb_transfer *t) {
            static_cast<Job *>(t->context)->state = Job::DONE;
        };
        job.state = Job::QUEUED;
        usb_host_submit(card.host.get(), &job.transfer);
    }

    void fill_request(Job &job)
    {
        const bool write = random(2);
        const unsigned length = random(3) ? random(200) : 64 * random(4);
        const uint8_t setup[8] = {uint8_t(write ? 0x40 : 0xC0),
                                  uint8_t(write ? 2 : 1),
                                  uint8_t(++request),
                                  uint8_t(request >> 8),
                                  uint8_t(random(256)),
                                  0,
                                  uint8_t(length),
                                  0};
        memcpy(job.transfer.setup, setup, 8);
        job.data.resize(length);
        for (size_t n = 0; n < length; n++)
            job.data[n] = write ? byte_at(request * 1000 + n) : 0;
    }

    void count_moves()
    {
        out_moved += transfers[BULK_OUT].transfer.actual > transfers[BULK_OUT].counted;
        transfers[BULK_OUT].counted = transfers[BULK_OUT].transfer.actual;
        Job &in = transfers[BULK_IN];
        if (in.transfer.actual > in.counted)
            check_in(in);
    }

    void check_in(Job &in)
    {
        for (; in.counted < in.transfer.actual; in.counted++, in_position++, bytes++)
            if (in.data[in.counted] != byte_at(in_position)) {
                failure = "byte " + std::to_string(in_position) + " of the stream is wrong, lost or doubled";
                return;
            }
        in_moved++;
    }

    void finish(unsigned i, Job &job)
    {
        const weir_usb_transfer &t = job.transfer;
        const bool overflow = t.status == WEIR_USB_OVERFLOW && !fault.kind && fault.victim == DATA_IN;
        if (t.status != WEIR_USB_OK && t.status != WEIR_USB_ERROR && t.status != WEIR_USB_NO_DEVICE &&
            !overflow)
            failure = "a transfer to endpoint " + std::to_string(t.endpoint) + " ended with status " +
                      std::to_string(t.status);
        given_up += t.status == WEIR_USB_ERROR;
        if (i == BULK_OUT)
            finish_out(t);
        else if (i == BULK_IN)
            finish_in(job);
        else if (i == NOTIFY && t.status == WEIR_USB_OK)
            finish_notify(job);
        else if (i == CONTROL)
            finish_control(job);
    }

    void finish_out(const weir_usb_transfer &t)
    {
        out_moved += t.actual > 0;
        out_begin += t.actual;
        out_left -= t.actual;
        if (t.status == WEIR_USB_OK && t.actual % 512 != 0 && out_begin != early_end)
            ends.push_back(out_begin);
    }

    void finish_in(Job &in)
    {
        if (in.transfer.actual > in.counted)
            check_in(in);
        if (in.transfer.status != WEIR_USB_OK || in.transfer.actual == in.data.size())
            return;
        if (!ends.empty() && ends.front() == in_position)
            ends.pop_front();
        else if (!(out_ends_here(in_position)))
            failure = "a transfer ended at byte " + std::to_string(in_position) + ", where none does";
    }

    // The card has the whole transfer and the host's side does not know it yet: the handshake was lost.
    bool out_ends_here(uint64_t position)
    {
        if (!ends.empty() || position != out_begin + out_left || early_end == position)
            return false;
        early_end = position;
        return true;
    }

    void finish_notify(const Job &job)
    {
        uint64_t got = 0;
        for (unsigned n = 0; n < 8; n++)
            got |= uint64_t(job.data[n]) << 8 * n;
        if (job.transfer.actual != 8 || got != expected_notification)
            failure = "notification " + std::to_string(expected_notification) + " is lost, doubled or wrong";
        expected_notification++;
        notified++;
    }

    void finish_control(const Job &job)
    {
        const weir_usb_transfer &t = job.transfer;
        const bool write = !(t.setup[0] & 0x80), good = t.status == WEIR_USB_OK;
        const size_t commits = write ? card.commits.size() : 0;
        if (commits > 1 || (write && good && commits == 0))
            failure = "control write " + std::to_string(request) + " took effect " + std::to_string(commits) +
                      " times";
        if (commits == 1 &&
            (card.commits[0].data != job.data || memcmp(&card.commits[0].setup, t.setup, 8) != 0))
            failure = "control write " + std::to_string(request) + " took effect with other bytes";
        if (!write && good && !right_answer(job))
            failure = "control read " + std::to_string(request) + " brought other bytes";
        card.commits.clear();
        controls += good;
        control_from = card.clock + random(1500);
    }

    // wIndex bytes, but no more than were asked for.
    static bool right_answer(const Job &job)
    {
        for (size_t n = 0; n < job.transfer.actual; n++)
            if (job.data[n] != (uint8_t(n) ^ 0x5A))
                return false;
        return job.transfer.actual == std::min<size_t>(job.transfer.setup[4], job.data.size());
    }

    std::string stuck(unsigned out, unsigned in, unsigned control) const
    {
        return out_moved == out         ? "bulk OUT is stuck"
               : in_moved == in         ? "bulk IN is stuck"
               : controls < control + 2 ? "endpoint 0 is stuck"
                                        : "nothing";
    }

    Random random;
    Hurt hurt;
    uint64_t fault_from = 0, noise_until = 0, stray_at = 0, stray_end = 0, epoch = 0, control_from = 0;
    unsigned stray_left = 0, stray_count = 0, reset_stage = 0, pace = 1;
    uint8_t packets[2][USB_PACKET_MAX];
    size_t lengths[2];
    bool resetting = true;
    unsigned out_moved = 0, in_moved = 0;
    uint64_t out_begin = 0, in_position = 0, early_end = UINT64_MAX;
    size_t out_left = 0;
    std::deque<uint64_t> ends; // of transfers that the host has sent
    Bytes loop_held;
    uint64_t notification = 0, expected_notification = 0;
    uint16_t request = 0;
    Job transfers[4];
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
