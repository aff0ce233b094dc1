// SPDX-License-Identifier: BSD-2-Clause
//
// The wire's side of a board with RMII: the PHY with its reset and link, its pins, and the GMII that the card has. No vendor cells.
//
// The 50 MHz come from the PHY or its module, and are both of the card's wire clocks.
`default_nettype none

module rmii_port #(
    parameter CLOCK_MHZ = 25,      // of clk, 10 to 255
    parameter MDIO      = 1        // 0: the host has no access to the PHY's registers
) (
    input  wire       clk,         // the board's, for what has time
    input  wire       rst,         // of clk
    output wire [3:0] link_status, // bits of WEIR_REG_LINK
    input  wire       mdio_valid,  // phy_link's s_ ports
    input  wire [22:0] mdio_request,
    output wire       mdio_done,
    output wire [16:0] mdio_answer,

    input  wire       ref_clk,     // 50 MHz: the pin
    output wire       wire_rst,    // of ref_clk
    output wire [1:0] rmii_txd,
    output wire       rmii_tx_en,
    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    output wire       phy_rst_n,
    output wire       mdc,
    output wire       mdio_o,
    output wire       mdio_oe,
    input  wire       mdio_i,

    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire       gmii_tx_ce,
    output wire [7:0] gmii_rxd,
    output wire       gmii_rx_dv,
    output wire       gmii_rx_er,
    output wire       gmii_rx_ce
);
    reset_sync wire_reset (.clk(ref_clk), .request(rst), .rst(wire_rst));

    ethernet_phy #(.CLOCK_MHZ(CLOCK_MHZ), .GIGABIT(0), .MDIO(MDIO)) phy (
        .clk(clk), .rst(rst), .link_status(link_status), .phy_rst_n(phy_rst_n), .mdc(mdc), .mdio_o(mdio_o), .mdio_oe(mdio_oe),
        .mdio_i(mdio_i), .mdio_valid(mdio_valid), .mdio_request(mdio_request), .mdio_done(mdio_done), .mdio_answer(mdio_answer)
    );
    rmii rmii (
        .clk(ref_clk), .rst(wire_rst), .speed_100(link_status[1]), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce), .rmii_txd(rmii_txd), .rmii_tx_en(rmii_tx_en),
        .rmii_rxd(rmii_rxd), .rmii_crs_dv(rmii_crs_dv), .rmii_rx_er(1'b0), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce)
    );
endmodule

`default_nettype wire
