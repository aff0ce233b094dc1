// SPDX-License-Identifier: BSD-2-Clause
//
// The traffic of usb_campaign_test, and what must be true of it: bulk OUT looped to bulk IN behind the device
// core, with bytes that never repeat, control transfers and notifications beside it. Every byte, transfer
// end, control write and notification arrives exactly once; a bus reset begins all streams anew. What is
// wrong is told in `failure`.
#ifndef USB_CAMPAIGN_STREAMS_H
#define USB_CAMPAIGN_STREAMS_H

#include "usb_campaign_faults.h"
#include "usb_core_card.h"

class Streams
{
  public:
    explicit Streams(uint64_t seed) : card({}, seed), random(seed)
    {
        begin_streams();
    }

    // One clock.
    void step()
    {
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

    std::string stuck(unsigned out, unsigned in, unsigned control) const
    {
        return out_moved == out         ? "bulk OUT is stuck"
               : in_moved == in         ? "bulk IN is stuck"
               : controls < control + 2 ? "endpoint 0 is stuck"
                                        : "nothing";
    }

    Card card;
    std::string failure;
    unsigned long bytes = 0; // that came back
    unsigned controls = 0, notified = 0, given_up = 0;
    unsigned out_moved = 0, in_moved = 0; // packets
    bool lose_a_byte = false;             // between OUT and IN, once: the campaign must find it

  protected:
    Random random;
    bool resetting = true;
    bool overlong = false; // the device's packets may have been made longer than the host takes

  private:
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
        const bool overflow = t.status == WEIR_USB_OVERFLOW && overlong;
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

    uint64_t epoch = 0, control_from = 0;
    unsigned pace = 1; // the reader behind bulk OUT takes a byte in so many clocks
    uint64_t out_begin = 0, in_position = 0, early_end = UINT64_MAX;
    size_t out_left = 0;
    std::deque<uint64_t> ends; // of transfers that the host has sent
    Bytes loop_held;
    uint64_t notification = 0, expected_notification = 0;
    uint16_t request = 0;
    Job transfers[4];
};

#endif
