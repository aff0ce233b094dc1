// SPDX-License-Identifier: BSD-2-Clause
//
// The Verilated card in either of its two forms, with the same pins but for USB's: those have the host model
// on them.
#ifndef WEIR_SIM_CARD_H
#define WEIR_SIM_CARD_H

#include <cstdint>
#include <memory>

#include <verilated.h>
#include <verilated_fst_c.h>

#include "usb_host.h"

struct card_model {
    CData &usb_clk, &usb_rst;
    CData &wire_rx_clk, &wire_rx_rst, &gmii_rxd, &gmii_rx_dv, &gmii_rx_er;
    CData &wire_tx_clk, &wire_tx_rst, &gmii_txd, &gmii_tx_en, &gmii_tx_er;
    CData &phy_clk, &phy_rst, &mdio_valid, &mdio_done, &link_status;
    IData &mdio_request, &mdio_answer;
    QData &mac_address;

    virtual ~card_model() = default;
    virtual void eval() = 0;
    virtual void final() = 0;
    virtual void trace(VerilatedFstC *file) = 0;

    // Inside rtl/arp/rate_limit.v: the tokens it holds, and the units of 1,024 wire clocks between two.
    virtual CData &arp_tokens() = 0;
    virtual uint64_t arp_interval() = 0;
    // Inside rtl/lib/device_time.v: ns.
    virtual QData &device_time() = 0;
    // Inside rtl/link/record_builder.v: an IN transfer has begun and not ended.
    virtual bool transfer_open() = 0;
    // Inside rtl/usb/usb_ep_notify.v: a message waits for the host to ask, which takes it up to 8 ms.
    virtual bool message_waits() = 0;

    // A period of usb_clk, in thirds of a ps.
    virtual uint64_t usb_period() const = 0;
    // The host model that fits the pins.
    virtual usb_host *make_host(const weir_sim_config *config) const = 0;
    // Just before and just after a rising edge of usb_clk, which is at `time`, in thirds of a ps that count
    // only while the clock runs. Without a host the PHY is in reset along with the card.
    virtual void before_usb_edge(usb_host *host, uint64_t time) = 0;
    virtual void after_usb_edge() = 0;

  protected:
    template <typename Top>
    explicit card_model(Top &top)
        : usb_clk(top.usb_clk), usb_rst(top.usb_rst), wire_rx_clk(top.wire_rx_clk),
          wire_rx_rst(top.wire_rx_rst), gmii_rxd(top.gmii_rxd), gmii_rx_dv(top.gmii_rx_dv),
          gmii_rx_er(top.gmii_rx_er), wire_tx_clk(top.wire_tx_clk), wire_tx_rst(top.wire_tx_rst),
          gmii_txd(top.gmii_txd), gmii_tx_en(top.gmii_tx_en), gmii_tx_er(top.gmii_tx_er),
          phy_clk(top.phy_clk), phy_rst(top.phy_rst), mdio_valid(top.mdio_valid), mdio_done(top.mdio_done),
          link_status(top.link_status), mdio_request(top.mdio_request), mdio_answer(top.mdio_answer),
          mac_address(top.mac_address)
    {
    }
};

// USB at the pins of a ULPI PHY, 60 MHz; and at D+ and D-, 48 MHz.
std::unique_ptr<card_model> make_card_ulpi(VerilatedContext *context);
std::unique_ptr<card_model> make_card_fs(VerilatedContext *context);

#endif
