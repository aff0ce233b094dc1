// SPDX-License-Identifier: BSD-2-Clause
//
// The pins of an RMII on an iCE40, with rmii_port behind them: the same on every board that has a module with a LAN8720.
//
// The module makes REF_CLK, which comes in by a pin with a way of its own to the clock network (SB_GB_IO), so that it is early
// at the pins' registers. Data go through those registers both ways, so no placement changes their times. RMII (1.2,
// section 7.4) wants 4 ns of set-up and 2 of hold from either side, at the PHY's end of the same clock.
`default_nettype none

module ice40_rmii #(
    parameter CLOCK_MHZ = 12           // of clk, 10 to 255
) (
    input  wire       clk,             // the board's, for what has time
    input  wire       rst,             // of clk; the PHY's reset begins with it

    input  wire       rmii_ref_clk,    // pins
    output wire [1:0] rmii_txd,
    output wire       rmii_tx_en,
    input  wire [1:0] rmii_rxd,
    input  wire       rmii_crs_dv,
    output wire       rmii_mdc,
    inout  wire       rmii_mdio,
    output wire       rmii_rst_n,

    output wire       wire_clk,        // 50 MHz, for either direction
    output wire       wire_rst,
    input  wire [7:0] gmii_txd,
    input  wire       gmii_tx_en,
    input  wire       gmii_tx_er,
    output wire       gmii_tx_ce,
    output wire [7:0] gmii_rxd,
    output wire       gmii_rx_dv,
    output wire       gmii_rx_er,
    output wire       gmii_rx_ce,
    output wire [3:0] link_status      // bits of WEIR_REG_LINK, of clk
);
    // PIN_TYPE (Lattice FPGA-TN-02022): output register, input register; enabled output and plain input.
    localparam [5:0] OUT = 6'b010100, IN = 6'b000000, INOUT = 6'b101001;

    SB_GB_IO #(.PIN_TYPE(6'b000001)) clock_pin (.PACKAGE_PIN(rmii_ref_clk), .GLOBAL_BUFFER_OUTPUT(wire_clk));

    wire [1:0] txd, rxd;
    wire       tx_en, crs_dv;
    SB_IO #(.PIN_TYPE(OUT)) tx_en_pin (.PACKAGE_PIN(rmii_tx_en), .OUTPUT_CLK(wire_clk), .D_OUT_0(tx_en));
    SB_IO #(.PIN_TYPE(IN)) crs_dv_pin (.PACKAGE_PIN(rmii_crs_dv), .INPUT_CLK(wire_clk), .D_IN_0(crs_dv));
    genvar i;
    generate
        for (i = 0; i < 2; i = i + 1) begin : lane
            SB_IO #(.PIN_TYPE(OUT)) txd_pin (.PACKAGE_PIN(rmii_txd[i]), .OUTPUT_CLK(wire_clk), .D_OUT_0(txd[i]));
            SB_IO #(.PIN_TYPE(IN)) rxd_pin (.PACKAGE_PIN(rmii_rxd[i]), .INPUT_CLK(wire_clk), .D_IN_0(rxd[i]));
        end
    endgenerate

    wire mdio_i, mdio_o, mdio_oe;
    wire unused_done;
    wire [16:0] unused_answer;
    rmii_port #(.CLOCK_MHZ(CLOCK_MHZ), .MDIO(0)) port (
        .clk(clk), .rst(rst), .link_status(link_status), .ref_clk(wire_clk), .wire_rst(wire_rst), .rmii_txd(txd),
        .rmii_tx_en(tx_en), .rmii_rxd(rxd), .rmii_crs_dv(crs_dv), .phy_rst_n(rmii_rst_n), .mdc(rmii_mdc),
        .mdio_o(mdio_o), .mdio_oe(mdio_oe), .mdio_i(mdio_i), .gmii_txd(gmii_txd), .gmii_tx_en(gmii_tx_en),
        .gmii_tx_er(gmii_tx_er), .gmii_tx_ce(gmii_tx_ce), .gmii_rxd(gmii_rxd), .gmii_rx_dv(gmii_rx_dv),
        .gmii_rx_er(gmii_rx_er), .gmii_rx_ce(gmii_rx_ce), .mdio_valid(1'b0), .mdio_request(23'd0),
        .mdio_done(unused_done), .mdio_answer(unused_answer)
    );
    SB_IO #(.PIN_TYPE(INOUT), .PULLUP(1'b1)) mdio_pin (
        .PACKAGE_PIN(rmii_mdio), .OUTPUT_ENABLE(mdio_oe), .D_OUT_0(mdio_o), .D_IN_0(mdio_i)
    );
endmodule

`default_nettype wire
