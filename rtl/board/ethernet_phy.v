// SPDX-License-Identifier: BSD-2-Clause
//
// What every board does with its Ethernet PHY apart from frames: its reset, and its link, which is asked for by MDIO, since not every
// PHY tells it unasked.
`default_nettype none

module ethernet_phy #(
    parameter CLOCK_MHZ = 30,      // of clk, 10 to 255
    parameter GIGABIT   = 1,       // 0: the way to the PHY has 10 and 100 Mb/s only
    parameter MDIO      = 1        // 0: the host has no access to the PHY's registers
) (
    input  wire       clk,
    input  wire       rst,
    output wire [3:0] link_status, // bits of WEIR_REG_LINK
    input  wire       mdio_valid,  // phy_link's s_ ports
    input  wire [22:0] mdio_request,
    output wire       mdio_done,
    output wire [16:0] mdio_answer,

    output wire       phy_rst_n,   // pins
    output wire       mdc,
    output wire       mdio_o,
    output wire       mdio_oe,
    input  wire       mdio_i
);
    wire        ready, unused_strap, unused_found;
    wire [4:0]  unused_address;
    wire [31:0] unused_id;

    phy_reset #(.CLOCK_MHZ(CLOCK_MHZ)) phy_reset (
        .clk(clk), .rst(rst), .phy_rst_n(phy_rst_n), .strap(unused_strap), .ready(ready)
    );
    phy_link #(.HALF_CLOCKS((CLOCK_MHZ + 4) / 5), .GIGABIT(GIGABIT), .HOST_ACCESS(MDIO)) phy_link (
        .clk(clk), .rst(rst), .enable(ready), .link_status(link_status), .found(unused_found), .address(unused_address),
        .id(unused_id), .s_valid(mdio_valid), .s_request(mdio_request), .s_done(mdio_done), .s_answer(mdio_answer),
        .mdc(mdc), .mdio_o(mdio_o), .mdio_oe(mdio_oe), .mdio_i(mdio_i)
    );
endmodule

`default_nettype wire
