// SPDX-License-Identifier: BSD-2-Clause
//
// TinyFPGA BX: USB at full speed on the board's own socket, and a module with a LAN8720 by RMII on its headers, which makes the
// wire's clock. constraints/tinyfpga_bx.pcf has the pins.
//
// The board has one LED: led_summary.v says what it tells.
`default_nettype none

module tinyfpga_bx #(
    parameter [47:0] MAC_ADDRESS = 48'h02_57_45_49_52_05, // give each card its own: make bitstream MAC=...
    parameter TX_ADDR_WIDTH  = 11,  // weir_card: a frame on its way out, and the next one behind it
    parameter RX_ADDR_WIDTH  = 12,  // two and a half of 1,514 bytes
    parameter OUT_ADDR_WIDTH = 10,
    parameter IN_SLOTS_LOG2  = 1,
    parameter MAX_FRAME      = 1518 // a frame of 1,500 bytes with a VLAN tag
) (
    input  wire       clk16,

    inout  wire       usb_dp,
    inout  wire       usb_dn,
    inout  wire       usb_pull_up,

    input  wire       rmii_ref_clk,
    output wire [1:0] rmii_txd,
    output wire       rmii_tx_en,
    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    output wire       rmii_mdc,
    inout  wire       rmii_mdio,
    output wire       rmii_rst_n,

    output wire       led
);
    // 16 MHz * (47 + 1) / 2^4 = 48 MHz; the VCO runs at 768 (Lattice FPGA-TN-02052: 533 to 1066).
    (* keep *) wire usb_clk, wire_clk; // keep: the names that constraints know them by
    wire locked;
    SB_PLL40_CORE #(
        .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(7'd47), .DIVQ(3'd4), .FILTER_RANGE(3'd1)
    ) usb_pll (
        .REFERENCECLK(clk16), .PLLOUTGLOBAL(usb_clk), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0)
    );

    wire rst, usb_rst, wire_rst;
    wire unused_rails, unused_phy_rst;
    board_start #(.CLOCK_KHZ(16000)) start (
        .clk(clk16), .locked(locked), .rails_on(unused_rails), .phy_rst(unused_phy_rst), .rst(rst)
    );
    reset_sync usb_reset (.clk(usb_clk), .request(rst), .rst(usb_rst));

    wire [7:0] gmii_txd, gmii_rxd;
    wire       gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er, gmii_tx_ce, gmii_rx_ce;
    wire [3:0] link_status;
    ice40_rmii #(.CLOCK_MHZ(16)) ethernet (
        .clk(clk16), .rst(rst), .rmii_ref_clk(rmii_ref_clk), .rmii_txd(rmii_txd), .rmii_tx_en(rmii_tx_en), .rmii_rxd(rmii_rxd),
        .rmii_crs_dv(rmii_crs_dv), .rmii_mdc(rmii_mdc), .rmii_mdio(rmii_mdio), .rmii_rst_n(rmii_rst_n),
        .wire_clk(wire_clk), .wire_rst(wire_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_tx_ce(gmii_tx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .gmii_rx_ce(gmii_rx_ce), .link_status(link_status)
    );

    // D+ and D- go through the pins' registers, so that they change, and are looked at, together.
    wire dp_i, dn_i, dp_o, dn_o, oe, pull_up;
    SB_IO #(.PIN_TYPE(6'b110100)) dp_pin (
        .PACKAGE_PIN(usb_dp), .INPUT_CLK(usb_clk), .OUTPUT_CLK(usb_clk), .OUTPUT_ENABLE(oe), .D_OUT_0(dp_o), .D_IN_0(dp_i)
    );
    SB_IO #(.PIN_TYPE(6'b110100)) dn_pin (
        .PACKAGE_PIN(usb_dn), .INPUT_CLK(usb_clk), .OUTPUT_CLK(usb_clk), .OUTPUT_ENABLE(oe), .D_OUT_0(dn_o), .D_IN_0(dn_i)
    );
    SB_IO #(.PIN_TYPE(6'b101001)) pull_up_pin (.PACKAGE_PIN(usb_pull_up), .OUTPUT_ENABLE(pull_up), .D_OUT_0(1'b1));

    wire [3:0] card_led; // link, activity, configured, error
    wire        unused_valid;
    wire [22:0] unused_request;
    weir_card_fs #(
        .TX_ADDR_WIDTH(TX_ADDR_WIDTH), .RX_ADDR_WIDTH(RX_ADDR_WIDTH), .OUT_ADDR_WIDTH(OUT_ADDR_WIDTH),
        .IN_SLOTS_LOG2(IN_SLOTS_LOG2), .MAX_FRAME(MAX_FRAME), .NCM(0), .TIMESTAMP(0), .COALESCE(0), .MDIO(0), .WIRE_CLOCKS(1), .WIRE_CE(1)
    ) card (
        .usb_clk(usb_clk), .usb_rst(usb_rst), .dp_i(dp_i), .dn_i(dn_i), .dp_o(dp_o), .dn_o(dn_o), .oe(oe), .pull_up(pull_up),
        .wire_rx_clk(wire_clk), .wire_rx_rst(wire_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce),
        .wire_tx_clk(wire_clk), .wire_tx_rst(wire_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce),
        .phy_clk(1'b0), .phy_rst(1'b1), .mdio_valid(unused_valid), .mdio_request(unused_request), .mdio_done(1'b0), .mdio_answer(17'd0),
        .link_status(link_status), .mac_address(MAC_ADDRESS), .led(card_led)
    );

    led_summary summary (
        .clk(clk16), .link(card_led[0]), .active(card_led[1]), .configured(card_led[2]), .failed(card_led[3]), .led(led)
    );
endmodule

`default_nettype wire
