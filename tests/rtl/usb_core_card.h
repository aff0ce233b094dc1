// SPDX-License-Identifier: BSD-2-Clause
//
// The device core on the pins of the USB host model, and stand-ins for what is behind the core: a reader of
// bulk OUT, a writer of bulk IN, a responder of vendor requests. One step is one clock of 60 MHz.
#ifndef USB_CORE_CARD_H
#define USB_CORE_CARD_H

#include "Vusb_core.h"
#include "usb_host_internal.h"
#include "weir_link.h"
#include <deque>
#include <memory>
#include <string>
#include <vector>

static const uint64_t MAC_ADDRESS = 0x0250C0FFEE19;
static const unsigned MICROFRAME = 7500; // clocks

using Bytes = std::vector<uint8_t>;

class Card
{
  public:
    // The host's reset is 2 ms instead of 10: time for the chirps, and quick.
    explicit Card(const weir_usb_faults &faults = {}, uint64_t seed = 1, uint64_t reset_ms = 2)
        : context(new VerilatedContext), core(new Vusb_core(context.get())),
          host(usb_host_create(&faults, seed, 0), usb_host_destroy)
    {
        core->mac_address = MAC_ADDRESS;
        host->times.reset = reset_ms * 1000 * USB_CLOCKS_PER_US;
        core->m_out_ready = 1;
        for (int i = 0; i < 8; i++) {
            core->rst = i < 4;
            step();
        }
    }

    // Runs until `done`; false if that takes longer than `clocks`.
    template <typename Done> bool run(uint64_t clocks, Done done)
    {
        while (!done()) {
            if (clocks-- == 0)
                return false;
            step();
        }
        return true;
    }

    void run(uint64_t clocks)
    {
        while (clocks-- > 0)
            step();
    }

    bool enumerate()
    {
        return run(6000000, [&] { return usb_host_state(host.get()) >= USB_HOST_CONFIGURED; }) &&
               usb_host_state(host.get()) == USB_HOST_CONFIGURED;
    }

    // What a host does that has lost patience: everything under way ends, and reset begins.
    void reset()
    {
        host->times.reset = 10000 * USB_CLOCKS_PER_US; // from high speed the device needs 3 ms more to see it
        usb_host_reset(host.get());
        usb_host_want_configuration(host.get(), 1);
    }

    // The bus falls silent until the PHY sleeps; false if it does not. And until resume is over, of which the host's times
    // are shorter than 20 ms and 10 ms.
    bool suspend()
    {
        host->times.resume = 4000 * USB_CLOCKS_PER_US;
        host->times.resume_recovery = 100 * USB_CLOCKS_PER_US;
        return usb_host_suspend(host.get()) &&
               run(400000, [&] { return host->phy.state == USB_PHY_LOW_POWER; });
    }
    bool awake()
    {
        return run(1000000, [&] { return !usb_host_suspended(host.get()); });
    }

    // One transfer from submission to completion.
    weir_usb_status transfer(uint8_t endpoint, Bytes &data, const uint8_t *setup = nullptr,
                             uint64_t clocks = 6000000)
    {
        bool done = false;
        weir_usb_transfer t = {};
        t.endpoint = endpoint;
        if (setup)
            memcpy(t.setup, setup, 8);
        t.buffer = data.data();
        t.length = data.size();
        t.context = &done;
        t.complete = [](weir_usb_transfer *transfer) { *static_cast<bool *>(transfer->context) = true; };
        usb_host_submit(host.get(), &t);
        if (!run(clocks, [&] { return done; }))
            usb_host_cancel(host.get(), &t);
        if (endpoint & 0x80 || (setup && setup[0] & 0x80))
            data.resize(t.actual);
        return t.status;
    }

    weir_usb_status control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, Bytes &data)
    {
        const uint8_t setup[8] = {type,
                                  request,
                                  uint8_t(value),
                                  uint8_t(value >> 8),
                                  uint8_t(index),
                                  uint8_t(index >> 8),
                                  uint8_t(data.size()),
                                  uint8_t(data.size() >> 8)};
        return transfer(0, data, setup);
    }

    weir_usb_status control(uint8_t type, uint8_t request, uint16_t value, uint16_t index,
                            uint16_t length = 0)
    {
        Bytes data(length);
        return control(type, request, value, index, data);
    }

    // Queues a transfer for the host to read.
    void write_in(const Bytes &data)
    {
        for (size_t i = 0; i < data.size(); i++)
            in_queue.push_back({data[i], i + 1 == data.size()});
    }

    void step()
    {
        ulpi_pins pins = {uint8_t(core->ulpi_data_oe ? core->ulpi_data_o : 0), bool(core->ulpi_stp), 0, false,
                          false};
        const bool took_in = core->s_in_valid && core->s_in_ready;
        const bool took_notify = core->s_notify_valid && core->s_notify_ready;
        if (core->m_out_valid && core->m_out_ready && !core->rst) {
            if (core->m_out_eot)
                transfers.push_back(std::exchange(received, {}));
            else
                received.push_back(core->m_out_data);
        }
        if (core->link_flush) {
            flushes++;
            received.clear();
        }
        observe_control();
        count_events();
        const uint8_t ctl_in_data = uint8_t(core->ctl_in_address) ^ 0x5A;
        core->clk = 1;
        core->eval();
        usb_host_tick(host.get(), &pins, 0);
        core->ulpi_dir = pins.dir;
        core->ulpi_nxt = pins.nxt;
        core->ulpi_data_i = pins.data_to_link;
        core->ctl_in_data = ctl_in_data;
        if (took_in)
            in_queue.pop_front();
        core->s_in_valid = !in_queue.empty();
        if (!in_queue.empty()) {
            core->s_in_data = in_queue.front().first;
            core->s_in_last = in_queue.front().second;
        }
        if (took_notify)
            core->s_notify_valid = 0;
        if (slow_reader)
            core->m_out_ready = clock % slow_reader == 0;
        core->eval();
        core->clk = 0;
        core->eval();
        clock++;
    }

    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vusb_core> core;
    std::unique_ptr<usb_host, void (*)(usb_host *)> host;
    uint64_t clock = 0;

    Bytes received;               // of the OUT transfer under way
    std::vector<Bytes> transfers; // OUT transfers that have ended
    std::deque<std::pair<uint8_t, bool>> in_queue;
    unsigned slow_reader = 0; // the reader takes a byte in so many clocks; 0 and 1: each clock
    unsigned flushes = 0;

    // Vendor requests: 1 reads wIndex bytes i ^ 5Ah, 2 writes; others are not accepted.
    Bytes written; // of the request under way
    struct Write {
        uint64_t setup;
        Bytes data;
    };
    std::vector<Write> commits;

    struct Events {
        unsigned out_packet, in_packet, out_transfer, in_transfer, crc_error, out_nak, out_nyet, in_retry,
            out_duplicate;
    } events = {};

  private:
    void observe_control()
    {
        if (core->ctl_start) {
            const uint8_t request = uint8_t(core->ctl_setup >> 8);
            const bool vendor = (core->ctl_setup >> 5 & 3) == 2; // class requests come here, too
            core->ctl_accept = vendor && (request == 1 || request == 2);
            core->ctl_in_length = uint16_t(core->ctl_setup >> 32);
            written.assign(core->ctl_setup >> 48, 0xEE); // where no byte comes, the data is wrong
        }
        // Bytes of a broken packet are written over by those that come again, but for what it had too much.
        if (core->ctl_out_valid && core->ctl_out_address < written.size())
            written[core->ctl_out_address] = core->ctl_out_data;
        if (core->ctl_commit)
            commits.push_back({core->ctl_setup, (core->ctl_setup & 0x80) != 0 ? Bytes() : written});
    }

    void count_events()
    {
        events.out_packet += core->ev_out_packet;
        events.in_packet += core->ev_in_packet;
        events.out_transfer += core->ev_out_transfer;
        events.in_transfer += core->ev_in_transfer;
        events.crc_error += core->ev_crc_error;
        events.out_nak += core->ev_out_nak;
        events.out_nyet += core->ev_out_nyet;
        events.in_retry += core->ev_in_retry;
        events.out_duplicate += core->ev_out_duplicate;
    }
};

#endif
