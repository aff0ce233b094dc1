// SPDX-License-Identifier: BSD-2-Clause
#include "weir_sim_card.h"

#include "Vweir_card_fs.h"
#include "Vweir_card_fs___024root.h"
#include "Vweir_card_ulpi.h"
#include "Vweir_card_ulpi___024root.h"

namespace
{

constexpr uint64_t PER_PS = 3; // thirds

// The base comes first because card_model refers to its ports.
template <typename Top> struct owner {
    std::unique_ptr<Top> top;
    explicit owner(VerilatedContext *context) : top(new Top(context, "")) {}
};

template <typename Top> struct model : protected owner<Top>, card_model {
    explicit model(VerilatedContext *context) : owner<Top>(context), card_model(*this->top) {}
    void eval() override
    {
        this->top->eval();
    }
    void final() override
    {
        this->top->final();
    }
    void trace(VerilatedFstC *file) override
    {
        this->top->trace(file, 99);
    }
};

struct card_ulpi : model<Vweir_card_ulpi> {
    using model::model;
    ulpi_pins pins = {};

    CData &arp_tokens() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__tokens;
    }
    uint64_t arp_interval() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__interval;
    }
    QData &device_time() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__time_stamps__DOT__present__DOT__clock__DOT__now_ns;
    }
    bool transfer_open() override
    {
        return top->rootp->weir_card_ulpi__DOT__card__DOT__link_in__DOT__records__DOT__held_valid;
    }

    uint64_t usb_period() const override
    {
        return 50000;
    }
    usb_host *make_host(const weir_sim_config *config) const override
    {
        return usb_host_create(&config->faults, config->seed, config->packets_per_microframe);
    }

    // The host model sees the pins as they were before the edge; what it answers stands on them after the
    // edge.
    void before_usb_edge(usb_host *host, uint64_t time) override
    {
        if (!host)
            return;
        pins.data_from_link = top->ulpi_data_oe ? top->ulpi_data_o : 0;
        pins.stp = top->ulpi_stp;
        usb_host_tick(host, &pins, time / PER_PS / 1000);
    }
    void after_usb_edge() override
    {
        top->ulpi_data_i = pins.data_to_link;
        top->ulpi_dir = pins.dir;
        top->ulpi_nxt = pins.nxt;
    }
};

struct card_fs : model<Vweir_card_fs> {
    using model::model;

    CData &arp_tokens() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__tokens;
    }
    uint64_t arp_interval() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__rx_parser__DOT__arp__DOT__rate__DOT__interval;
    }
    QData &device_time() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__time_stamps__DOT__present__DOT__clock__DOT__now_ns;
    }
    bool transfer_open() override
    {
        return top->rootp->weir_card_fs__DOT__card__DOT__link_in__DOT__records__DOT__held_valid;
    }

    uint64_t usb_period() const override
    {
        return 62500;
    }
    usb_host *make_host(const weir_sim_config *config) const override
    {
        return usb_host_create_pins(&config->faults, config->seed, config->packets_per_microframe,
                                    &config->usb_signal);
    }

    // D+ and D- belong to no clock: what stands there at the edge is what the card samples.
    void before_usb_edge(usb_host *host, uint64_t time) override
    {
        usb_pin_levels levels = {top->oe != 0,      top->dp_o != 0, top->dn_o != 0,
                                 top->pull_up != 0, false,          false};

        if (host)
            usb_host_pins(host, &levels, time / PER_PS);
        top->dp_i = levels.dp_i;
        top->dn_i = levels.dn_i;
    }
    void after_usb_edge() override {}
};

} // namespace

std::unique_ptr<card_model> make_card_ulpi(VerilatedContext *context)
{
    return std::make_unique<card_ulpi>(context);
}

std::unique_ptr<card_model> make_card_fs(VerilatedContext *context)
{
    return std::make_unique<card_fs>(context);
}
