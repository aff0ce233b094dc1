// SPDX-License-Identifier: BSD-2-Clause
//
// iCE40-HX8K-B-EVN with two modules on its headers: a USB3300 by ULPI, which makes the USB clock, and a LAN8720 by RMII, which makes
// the wire's. constraints/hx8k.pcf has the pins. No PLL: the board's 12 MHz serve what has time.
`default_nettype none

module hx8k #(
    parameter [47:0] MAC_ADDRESS = 48'h02_57_45_49_52_04, // give each card its own: make bitstream MAC=...
    parameter TX_ADDR_WIDTH  = 11,  // weir_card: a frame on its way out, and the next one behind it
    parameter RX_ADDR_WIDTH  = 12,  // two and a half of 1,514 bytes
    parameter OUT_ADDR_WIDTH = 10,
    parameter IN_SLOTS_LOG2  = 1,
    parameter MAX_FRAME      = 1518 // a frame of 1,500 bytes with a VLAN tag
) (
    input  wire       clk12,

    input  wire       ulpi_clk,
    output wire       ulpi_rst,
    inout  wire [7:0] ulpi_data,
    input  wire       ulpi_dir,
    input  wire       ulpi_nxt,
    output wire       ulpi_stp,

    input  wire       rmii_ref_clk,
    output wire [1:0] rmii_txd,
    output wire       rmii_tx_en,
    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    output wire       rmii_mdc,
    inout  wire       rmii_mdio,
    output wire       rmii_rst_n,

    output wire [3:0] led           // link, activity, configured, error
);
    (* keep *) wire clk, usb_clk, wire_clk; // keep: the names that constraints know them by
    SB_GB_IO #(.PIN_TYPE(6'b000001)) clk_pin (.PACKAGE_PIN(clk12), .GLOBAL_BUFFER_OUTPUT(clk));
    SB_GB_IO #(.PIN_TYPE(6'b000001)) usb_clk_pin (.PACKAGE_PIN(ulpi_clk), .GLOBAL_BUFFER_OUTPUT(usb_clk));

    wire rst, usb_rst, wire_rst;
    wire unused_rails, unused_ulpi_rst;
    board_start #(.CLOCK_KHZ(12000)) start (
        .clk(clk), .locked(1'b1), .rails_on(unused_rails), .phy_rst(ulpi_rst), .rst(rst)
    );
    reset_sync usb_reset (.clk(usb_clk), .request(rst), .rst(usb_rst));

    wire [7:0] gmii_txd, gmii_rxd;
    wire       gmii_tx_en, gmii_tx_er, gmii_rx_dv, gmii_rx_er, gmii_tx_ce, gmii_rx_ce;
    wire [3:0] link_status;
    ice40_rmii #(.CLOCK_MHZ(12)) ethernet (
        .clk(clk), .rst(rst), .rmii_ref_clk(rmii_ref_clk), .rmii_txd(rmii_txd), .rmii_tx_en(rmii_tx_en), .rmii_rxd(rmii_rxd),
        .rmii_crs_dv(rmii_crs_dv), .rmii_mdc(rmii_mdc), .rmii_mdio(rmii_mdio), .rmii_rst_n(rmii_rst_n),
        .wire_clk(wire_clk), .wire_rst(wire_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en), .gmii_tx_er(gmii_tx_er),
        .gmii_tx_ce(gmii_tx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv), .gmii_rx_er(gmii_rx_er),
        .gmii_rx_ce(gmii_rx_ce), .link_status(link_status)
    );

    // No registers in the pins here: ULPI has the link answer nxt and dir in the clock after, and let go of the bus within
    // the one in which dir rises. constraints/README.md has the times.
    wire [7:0] ulpi_data_i, ulpi_data_o;
    wire       ulpi_data_oe;
    genvar i;
    generate
        for (i = 0; i < 8; i = i + 1) begin : ulpi_pin
            SB_IO #(.PIN_TYPE(6'b101001)) pin (
                .PACKAGE_PIN(ulpi_data[i]), .OUTPUT_ENABLE(ulpi_data_oe), .D_OUT_0(ulpi_data_o[i]), .D_IN_0(ulpi_data_i[i])
            );
        end
    endgenerate

    wire        unused_valid;
    wire [22:0] unused_request;
    weir_card_ulpi #(
        .TX_ADDR_WIDTH(TX_ADDR_WIDTH), .RX_ADDR_WIDTH(RX_ADDR_WIDTH), .OUT_ADDR_WIDTH(OUT_ADDR_WIDTH),
        .IN_SLOTS_LOG2(IN_SLOTS_LOG2), .MAX_FRAME(MAX_FRAME), .NCM(0), .TIMESTAMP(0), .COALESCE(0), .MDIO(0), .WIRE_CLOCKS(1), .WIRE_CE(1)
    ) card (
        .usb_clk(usb_clk), .usb_rst(usb_rst), .ulpi_rst(unused_ulpi_rst), .ulpi_data_i(ulpi_data_i), .ulpi_data_o(ulpi_data_o),
        .ulpi_data_oe(ulpi_data_oe), .ulpi_dir(ulpi_dir), .ulpi_nxt(ulpi_nxt), .ulpi_stp(ulpi_stp),
        .wire_rx_clk(wire_clk), .wire_rx_rst(wire_rst), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce),
        .wire_tx_clk(wire_clk), .wire_tx_rst(wire_rst), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce),
        .phy_clk(1'b0), .phy_rst(1'b1), .mdio_valid(unused_valid), .mdio_request(unused_request), .mdio_done(1'b0), .mdio_answer(17'd0),
        .link_status(link_status), .mac_address(MAC_ADDRESS), .led(led)
    );
endmodule

`default_nettype wire
