// SPDX-License-Identifier: BSD-2-Clause
//
// The pins of RGMII (2.0) on an ECP5: double data rate cells and delays, between mac/rgmii's nibbles and the PHY.
//
// Clock and data both leave at the clock's edge, and the PHY wants them 1 to 2.6 ns apart (RGMII 2.0 table 7-1, TskewR): TXC_DELAY
// makes that, for a PHY that does not. Of what the PHY sends the clock is late enough if the PHY delays it; if it does not, the
// clock's way to the registers is some 2 ns longer than the data's, and RX_DELAY sets the data back.
`default_nettype none

module ecp5_rgmii_pins #(
    parameter TXC_DELAY = 80,          // steps of 25 ps, 0 to 127: how much later TXC leaves than data
    parameter RX_DELAY  = 0            // steps of 25 ps: how much later RXD and RX_CTL arrive
) (
    input  wire       wire_tx_clk,
    input  wire       txc_rise,        // TXC's level in each half of a period
    input  wire       txc_fall,
    input  wire [3:0] txd_rise,
    input  wire [3:0] txd_fall,
    input  wire       tx_ctl_rise,
    input  wire       tx_ctl_fall,
    output wire       rgmii_txc,       // pins
    output wire [3:0] rgmii_txd,
    output wire       rgmii_tx_ctl,

    input  wire       wire_rx_clk,
    input  wire [3:0] rgmii_rxd,       // pins
    input  wire       rgmii_rx_ctl,
    output wire [3:0] rxd_rise,
    output wire [3:0] rxd_fall,
    output wire       rx_ctl_rise,
    output wire       rx_ctl_fall
);
    wire txc;
    ODDRX1F txc_ddr (.SCLK(wire_tx_clk), .RST(1'b0), .D0(txc_rise), .D1(txc_fall), .Q(txc));
    DELAYG #(.DEL_MODE("USER_DEFINED"), .DEL_VALUE(TXC_DELAY)) txc_delay (.A(txc), .Z(rgmii_txc));
    ODDRX1F tx_ctl_ddr (.SCLK(wire_tx_clk), .RST(1'b0), .D0(tx_ctl_rise), .D1(tx_ctl_fall), .Q(rgmii_tx_ctl));

    wire rx_ctl;
    DELAYG #(.DEL_MODE("USER_DEFINED"), .DEL_VALUE(RX_DELAY)) rx_ctl_delay (.A(rgmii_rx_ctl), .Z(rx_ctl));
    IDDRX1F rx_ctl_ddr (.SCLK(wire_rx_clk), .RST(1'b0), .D(rx_ctl), .Q0(rx_ctl_rise), .Q1(rx_ctl_fall));

    genvar i;
    generate
        for (i = 0; i < 4; i = i + 1) begin : lane
            wire rxd;
            ODDRX1F txd_ddr (.SCLK(wire_tx_clk), .RST(1'b0), .D0(txd_rise[i]), .D1(txd_fall[i]), .Q(rgmii_txd[i]));
            DELAYG #(.DEL_MODE("USER_DEFINED"), .DEL_VALUE(RX_DELAY)) rxd_delay (.A(rgmii_rxd[i]), .Z(rxd));
            IDDRX1F rxd_ddr (.SCLK(wire_rx_clk), .RST(1'b0), .D(rxd), .Q0(rxd_rise[i]), .Q1(rxd_fall[i]));
        end
    endgenerate
endmodule

`default_nettype wire
