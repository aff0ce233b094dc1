// SPDX-License-Identifier: BSD-2-Clause
//
// A Verilated top as a card_model (weir_sim_card.h), by its pins alone: with those of a ULPI PHY, or with D+
// and D-. What the simulation reaches inside the card is left to who derives from it, for that depends on
// what was Verilated.
#ifndef WEIR_SIM_MODEL_H
#define WEIR_SIM_MODEL_H

#include "weir_sim_card.h"

constexpr uint64_t WEIR_SIM_PER_PS = 3; // thirds

// The base comes first because card_model refers to its ports.
template <typename Top> struct card_owner {
    std::unique_ptr<Top> top;
    explicit card_owner(VerilatedContext *context) : top(new Top(context, "")) {}
};

template <typename Top> struct card_top : protected card_owner<Top>, card_model {
    explicit card_top(VerilatedContext *context) : card_owner<Top>(context), card_model(*this->top) {}
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

template <typename Top> struct card_with_ulpi : card_top<Top> {
    using card_top<Top>::card_top;
    ulpi_pins pins = {};

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
        pins.data_from_link = this->top->ulpi_data_oe ? this->top->ulpi_data_o : 0;
        pins.stp = this->top->ulpi_stp;
        usb_host_tick(host, &pins, time / WEIR_SIM_PER_PS / 1000);
    }
    void after_usb_edge() override
    {
        this->top->ulpi_data_i = pins.data_to_link;
        this->top->ulpi_dir = pins.dir;
        this->top->ulpi_nxt = pins.nxt;
    }
};

template <typename Top> struct card_with_lines : card_top<Top> {
    using card_top<Top>::card_top;

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
        usb_pin_levels levels = {this->top->oe != 0,
                                 this->top->dp_o != 0,
                                 this->top->dn_o != 0,
                                 this->top->pull_up != 0,
                                 false,
                                 false};

        if (host)
            usb_host_pins(host, &levels, time / WEIR_SIM_PER_PS);
        this->top->dp_i = levels.dp_i;
        this->top->dn_i = levels.dn_i;
    }
    void after_usb_edge() override {}
};

#endif
