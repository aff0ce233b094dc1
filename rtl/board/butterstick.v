// SPDX-License-Identifier: BSD-2-Clause
//
// ButterStick r1.0: ECP5-85F, USB3343 by ULPI whose clock the FPGA makes, KSZ9031 by RGMII. constraints/butterstick.lpf has the pins.
//
// The FPGA's bank of the ULPI pins and the PHY's own have no power until the FPGA has set it (butterstick_rails).
`default_nettype none

module butterstick #(
    parameter [47:0] MAC_ADDRESS = 48'h02_57_45_49_52_01, // give each card its own: make bitstream MAC=...
    parameter NCM       = 1,
    parameter TIMESTAMP = 1,
    parameter COALESCE  = 1,
    parameter LOOPBACK  = 1,
    parameter MDIO      = 1,
    parameter TXC_DELAY = 80,  // ecp5_rgmii_pins; the KSZ9031 does not delay TXC (DS00002117 section 7.1)
    parameter RX_DELAY  = 0    // and delays RXC by 1.2 ns itself
) (
    input  wire       clk30,

    output wire [2:0] vio_pulse,
    output wire       vio_enable,

    output wire       ulpi_clk,
    output wire       ulpi_rst_n,
    inout  wire [7:0] ulpi_data,
    input  wire       ulpi_dir,
    input  wire       ulpi_nxt,
    output wire       ulpi_stp,

    output wire       rgmii_txc,
    output wire [3:0] rgmii_txd,
    output wire       rgmii_tx_ctl,
    input  wire       rgmii_rxc,
    input  wire [3:0] rgmii_rxd,
    input  wire       rgmii_rx_ctl,
    output wire       rgmii_mdc,
    inout  wire       rgmii_mdio,
    output wire       rgmii_rst_n,

    output wire [6:0] led_anode,
    output wire [2:0] led_colour
);
    // ---- Clocks: 60 and 125 MHz have no common multiple that a PLL could run at ----
    (* keep *) wire usb_clk, wire_tx_clk; // keep: the names that constraints know them by
    wire usb_locked, wire_locked;
    wire unused_usb, unused_150;
    ecp5_pll #(.INPUT_DIV(1), .FEEDBACK_DIV(2), .OUTPUT_DIV(10), .SECOND_DIV(10)) usb_pll (
        .clk_in(clk30), .clk_out(usb_clk), .clk_second(unused_usb), .locked(usb_locked)
    );
    ecp5_pll #(.INPUT_DIV(1), .FEEDBACK_DIV(5), .OUTPUT_DIV(5), .SECOND_DIV(6)) wire_pll (
        .clk_in(clk30), .clk_out(unused_150), .clk_second(wire_tx_clk), .locked(wire_locked)
    );

    wire ulpi_rst, unused_phy_rst;
    butterstick_rails rails (.clk(clk30), .pulse(vio_pulse));
    assign ulpi_rst_n  = !ulpi_rst;
    ODDRX1F ulpi_clk_ddr (.SCLK(usb_clk), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(ulpi_clk));

    wire [3:0] led;
    ecp5_card #(
        .CLOCK_OUT(1), .CLOCK_MHZ(30), .MAC_ADDRESS(MAC_ADDRESS), .NCM(NCM), .TIMESTAMP(TIMESTAMP), .COALESCE(COALESCE), .LOOPBACK(LOOPBACK), .MDIO(MDIO),
        .TXC_DELAY(TXC_DELAY), .RX_DELAY(RX_DELAY), .RAILS_MS(180)
    ) card (
        .clk(clk30), .locked(usb_locked && wire_locked), .rails_on(vio_enable), .phy_rst(unused_phy_rst), .usb_clk(usb_clk), .ulpi_rst(ulpi_rst), .ulpi_data(ulpi_data), .ulpi_dir(ulpi_dir), .ulpi_nxt(ulpi_nxt),
        .ulpi_stp(ulpi_stp),
        .wire_tx_clk(wire_tx_clk), .rgmii_txc(rgmii_txc), .rgmii_txd(rgmii_txd), .rgmii_tx_ctl(rgmii_tx_ctl),
        .rgmii_rxc(rgmii_rxc), .rgmii_rxd(rgmii_rxd), .rgmii_rx_ctl(rgmii_rx_ctl),
        .rgmii_mdc(rgmii_mdc), .rgmii_mdio(rgmii_mdio), .rgmii_rst_n(rgmii_rst_n), .led(led)
    );

    // One colour of three; which one U1 is, sources do not agree on.
    assign led_anode  = {3'b000, led};
    assign led_colour = 3'b010;
endmodule

`default_nettype wire
