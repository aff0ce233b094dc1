// SPDX-License-Identifier: BSD-2-Clause
//
// ECPIX-5: ECP5-85F (or 45F), USB3300 by ULPI that makes the clock, an Ethernet PHY by RGMII. constraints/ecpix5.lpf has the pins.
`default_nettype none

module ecpix5 #(
    parameter [47:0] MAC_ADDRESS = 48'h02_57_45_49_52_01, // give each card its own: make bitstream MAC=...
    parameter NCM       = 1,
    parameter TIMESTAMP = 1,
    parameter COALESCE  = 1,
    parameter LOOPBACK  = 1,
    parameter MDIO      = 1,
    parameter TXC_DELAY = 80,  // ecp5_rgmii_pins; no source says whether the PHY delays TXC, others for this board delay it
    parameter RX_DELAY  = 0
) (
    input  wire       clk100,

    input  wire       ulpi_clk,
    output wire       ulpi_rst,
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

    output wire [2:0] led0_n, // red, green, blue
    output wire [2:0] led1_n,
    output wire [2:0] led2_n,
    output wire [2:0] led3_n
);
    (* keep *) wire wire_tx_clk; // keep: the name that constraints know it by
    wire wire_locked, unused_second;
    ecp5_pll #(.INPUT_DIV(4), .FEEDBACK_DIV(5), .OUTPUT_DIV(5), .SECOND_DIV(5)) wire_pll (
        .clk_in(clk100), .clk_out(wire_tx_clk), .clk_second(unused_second), .locked(wire_locked)
    );

    wire [3:0] led;
    wire       unused_rails, unused_ulpi_rst; // the PHY makes usb_clk, so it cannot wait for it
    ecp5_card #(
        .CLOCK_OUT(0), .CLOCK_MHZ(100), .MAC_ADDRESS(MAC_ADDRESS), .NCM(NCM), .TIMESTAMP(TIMESTAMP), .COALESCE(COALESCE), .LOOPBACK(LOOPBACK), .MDIO(MDIO),
        .TXC_DELAY(TXC_DELAY), .RX_DELAY(RX_DELAY)
    ) card (
        .clk(clk100), .locked(wire_locked), .rails_on(unused_rails), .phy_rst(ulpi_rst),
        .usb_clk(ulpi_clk), .ulpi_rst(unused_ulpi_rst), .ulpi_data(ulpi_data), .ulpi_dir(ulpi_dir),
        .ulpi_nxt(ulpi_nxt), .ulpi_stp(ulpi_stp),
        .wire_tx_clk(wire_tx_clk), .rgmii_txc(rgmii_txc), .rgmii_txd(rgmii_txd), .rgmii_tx_ctl(rgmii_tx_ctl),
        .rgmii_rxc(rgmii_rxc), .rgmii_rxd(rgmii_rxd), .rgmii_rx_ctl(rgmii_rx_ctl),
        .rgmii_mdc(rgmii_mdc), .rgmii_mdio(rgmii_mdio), .rgmii_rst_n(rgmii_rst_n), .led(led)
    );

    // Link, activity and configured in green, error in red.
    assign led0_n = {1'b1, !led[0], 1'b1};
    assign led1_n = {1'b1, !led[1], 1'b1};
    assign led2_n = {1'b1, !led[2], 1'b1};
    assign led3_n = {2'b11, !led[3]};
endmodule

`default_nettype wire
