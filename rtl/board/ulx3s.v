// SPDX-License-Identifier: BSD-2-Clause
//
// ULX3S v2 and v3: ECP5-12F to 85F, USB of full speed on pins (connector US2), a LAN8720 module on J1 by RMII. constraints/ulx3s.lpf
// has the pins.
//
// The data lines come in twice: each by itself, which SE0 is told by, and as a pair, whose sign says J or K at the crossing
// itself, as USB 2.0 section 7.1.4.1 has it.
`default_nettype none

module ulx3s #(
    parameter [47:0] MAC_ADDRESS = 48'h02_57_45_49_52_01, // give each card its own: make bitstream MAC=...
    parameter NCM           = 1,
    parameter TIMESTAMP     = 1,
    parameter COALESCE      = 1,
    parameter LOOPBACK      = 1,
    parameter MDIO          = 1,
    parameter TX_ADDR_WIDTH = 15,
    parameter RX_ADDR_WIDTH = 16, // boards.mk has 15 for the 12F and 25F, with their 56 block RAMs
    parameter DIFFERENTIAL  = 1   // 0: does without the pair's input
) (
    input  wire       clk25,

    inout  wire       usb_dp,
    inout  wire       usb_dn,
    input  wire       usb_pair,      // D+ and D- together, D+ by name
    output wire       usb_pull_dp,
    output wire       usb_pull_dn,

    input  wire       rmii_ref_clk,
    output wire [1:0] rmii_txd,
    output wire       rmii_tx_en,
    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    output wire       rmii_mdc,
    inout  wire       rmii_mdio,

    output wire       wifi_en,
    output wire [3:0] led
);
    // ---- Clocks: 48 MHz of 25 takes two PLLs, 60 MHz between them ----
    (* keep *) wire usb_clk; // keep: the name that constraints know it by
    wire clk60, first_locked, usb_locked, unused_50, unused_48;
    ecp5_pll #(.INPUT_DIV(1), .FEEDBACK_DIV(2), .OUTPUT_DIV(12), .SECOND_DIV(10)) first_pll (
        .clk_in(clk25), .clk_out(unused_50), .clk_second(clk60), .locked(first_locked)
    );
    ecp5_pll #(.INPUT_DIV(5), .FEEDBACK_DIV(4), .OUTPUT_DIV(10), .SECOND_DIV(10)) usb_pll (
        .clk_in(clk60), .clk_out(usb_clk), .clk_second(unused_48), .locked(usb_locked)
    );

    wire rst, usb_rst, unused_rails, unused_phy_rst;
    board_start #(.CLOCK_KHZ(25000)) start (
        .clk(clk25), .locked(first_locked && usb_locked), .rails_on(unused_rails), .phy_rst(unused_phy_rst), .rst(rst)
    );
    reset_sync usb_reset (.clk(usb_clk), .request(rst), .rst(usb_rst));

    // ---- USB pins ----
    wire dp_i, dn_i, dp_o, dn_o, oe, pull_up;
    wire se0    = !dp_i && !dn_i;
    wire minus  = DIFFERENTIAL != 0 ? !usb_pair && !se0 : dn_i;
    wire plus   = DIFFERENTIAL != 0 ? usb_pair && !se0 : dp_i;
    BB  dp_pin (.I(dp_o), .T(!oe), .O(dp_i), .B(usb_dp));
    BB  dn_pin (.I(dn_o), .T(!oe), .O(dn_i), .B(usb_dn));
    OBZ pull_dp_pin (.I(1'b1), .T(!pull_up), .O(usb_pull_dp));
    OBZ pull_dn_pin (.I(1'b0), .T(1'b1), .O(usb_pull_dn)); // never: that would be low speed

    // The ESP32 hangs on some of the Ethernet module's pins; without it they are ours.
    assign wifi_en = 1'b0;

    // ---- The wire, and the card ----
    wire [3:0] link_status;
    wire [7:0] gmii_txd, gmii_rxd;
    wire       wire_rst, gmii_tx_en, gmii_tx_er, gmii_tx_ce, gmii_rx_dv, gmii_rx_er, gmii_rx_ce;
    wire       mdio_i, mdio_o, mdio_oe, unused_phy_rst_n;
    BB mdio_pin (.I(mdio_o), .T(!mdio_oe), .O(mdio_i), .B(rmii_mdio));

    wire        mdio_valid, mdio_done;
    wire [22:0] mdio_request;
    wire [16:0] mdio_answer;
    rmii_port #(.CLOCK_MHZ(25), .MDIO(MDIO)) port (
        .clk(clk25), .rst(rst), .link_status(link_status), .ref_clk(rmii_ref_clk), .wire_rst(wire_rst), .rmii_txd(rmii_txd),
        .rmii_tx_en(rmii_tx_en), .rmii_rxd(rmii_rxd), .rmii_crs_dv(rmii_crs_dv), .phy_rst_n(unused_phy_rst_n), .mdc(rmii_mdc),
        .mdio_o(mdio_o), .mdio_oe(mdio_oe), .mdio_i(mdio_i), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer),
        .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce)
    );
    weir_card_fs #(
        .WIRE_CE(1), .WIRE_CLOCKS(1), .NCM(NCM), .TIMESTAMP(TIMESTAMP), .COALESCE(COALESCE), .LOOPBACK(LOOPBACK), .MDIO(MDIO),
        .TX_ADDR_WIDTH(TX_ADDR_WIDTH), .RX_ADDR_WIDTH(RX_ADDR_WIDTH)
    ) card (
        .usb_clk(usb_clk), .usb_rst(usb_rst), .dp_i(plus), .dn_i(minus), .dp_o(dp_o), .dn_o(dn_o), .oe(oe), .pull_up(pull_up),
        .wire_rx_clk(rmii_ref_clk), .wire_rx_rst(wire_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce),
        .wire_tx_clk(rmii_ref_clk), .wire_tx_rst(wire_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce),
        .phy_clk(clk25), .phy_rst(rst), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer),
        .link_status(link_status), .mac_address(MAC_ADDRESS), .led(led)
    );
endmodule

`default_nettype wire
