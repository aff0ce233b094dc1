// SPDX-License-Identifier: BSD-2-Clause
//
// What counters has to do, whether the wire has one clock or two.
#pragma once
#include "Vcounters.h"
#include "usb_bench.h"

struct Counters {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    std::unique_ptr<Vcounters> dut{new Vcounters(context.get())};

    Counters()
    {
        dut->usb_clk = dut->wire_rx_clk = dut->wire_tx_clk = 0;
        dut->usb_hold = 0;
        events(0, 0);
        dut->usb_rst = dut->wire_rx_rst = dut->wire_tx_rst = 1;
        clock(10);
        dut->usb_rst = dut->wire_rx_rst = dut->wire_tx_rst = 0;
        clock(100);
    }
    void clock(unsigned count)
    {
        while (count-- > 0) {
            dut->usb_clk = dut->wire_rx_clk = dut->wire_tx_clk = 1;
            dut->eval();
            dut->usb_clk = dut->wire_rx_clk = dut->wire_tx_clk = 0;
            dut->eval();
        }
    }
    void events(unsigned bank, uint16_t bits)
    {
        dut->wire_rx_events = bank == 0 ? bits : 0;
        dut->wire_tx_events = uint8_t(bank == 1 ? bits & 3 : 0);
        dut->usb_events = bank == 2 ? bits : 0;
        dut->flow_events = uint8_t(bank == 3 ? bits & 15 : 0);
        dut->eval();
    }
    uint32_t read(unsigned index)
    {
        dut->usb_hold = 1;
        dut->usb_index = uint8_t(2 * index + 1);
        clock(8);
        const uint32_t upper = dut->usb_value;
        dut->usb_index = uint8_t(2 * index);
        clock(1);
        const uint32_t value = upper << 16 | dut->usb_value;
        dut->usb_hold = 0;
        clock(200);
        return value;
    }
};

static void each_event_counts_in_its_place_and_nowhere_else(void **)
{
    Counters c;
    for (unsigned i = 0; i < 64; i++)
        for (unsigned n = 0; n < 1 + i % 5; n++) {
            c.events(i / 16, uint16_t(1u << i % 16));
            c.clock(1);
            c.events(0, 0);
            c.clock(25);
        }
    c.clock(200);
    for (unsigned i = 0; i < 64; i++) {
        const bool there = i < 18 || (i >= 32 && i < 52);
        assert_int_equal(c.read(i), there ? 1 + i % 5 : 0);
    }
}

static void they_are_held_as_they_stood_while_events_go_on(void **)
{
    Counters c;
    for (unsigned bank = 0; bank < 4; bank++) {
        const uint32_t before = c.read(16 * bank);
        c.dut->usb_hold = 1;
        c.dut->usb_index = uint8_t(32 * bank);
        c.clock(8);
        c.events(bank, 1);
        c.clock(1);
        c.events(0, 0);
        c.clock(200);
        assert_int_equal(c.dut->usb_value, before);
        c.dut->usb_hold = 0;
        c.clock(200);
        assert_int_equal(c.read(16 * bank), before + 1);
    }
}
