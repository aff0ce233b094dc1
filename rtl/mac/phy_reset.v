// SPDX-License-Identifier: BSD-2-Clause
//
// The Ethernet PHY's reset at power-on: how long, when its strap pins are driven, and when it may be spoken to.
//
//     rst ──┐ ASSERT_US      │ HOLD_US        │ START_US       │
//     phy_rst_n ______________/‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾
//     strap     ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\_______________________
//     ready     _______________________________________________/‾‾‾‾‾
//
// A PHY reads its straps (address, mode, delays) from pins that it drives itself later. Where resistors on the board are
// not what is wanted, the board's top drives the values while `strap` is high, and lets go in time. The counting begins anew
// with rst, and so must the clock be there: the board's own, not the PHY's.
`default_nettype none

module phy_reset #(
    parameter CLOCK_MHZ = 125,
    parameter ASSERT_US = 11000, // KSZ9031: 10 ms from power good; LAN8720: 100 us
    parameter HOLD_US   = 1,     // straps stay behind the reset's end: tens of ns
    parameter START_US  = 1000   // to the first MDIO frame: KSZ9031 100 us; LAN8720 none
) (
    input  wire clk,
    input  wire rst,
    output reg  phy_rst_n,
    output reg  strap,
    output reg  ready
);
    localparam [31:0] ASSERT_END = ASSERT_US, HOLD_END = ASSERT_US + HOLD_US, START_END = ASSERT_US + HOLD_US + START_US;
    localparam [31:0] LAST_32 = CLOCK_MHZ - 1;

    reg  [7:0]  divider;
    reg         microsecond; // pulse
    reg  [19:0] passed;      // microseconds

    always @(posedge clk) begin
        microsecond <= divider == LAST_32[7:0];
        divider     <= divider == LAST_32[7:0] ? 8'd0 : divider + 8'd1;
        if (microsecond && !ready) passed <= passed + 20'd1;
        if (passed == ASSERT_END[19:0]) phy_rst_n <= 1'b1;
        if (passed == HOLD_END[19:0])   strap     <= 1'b0;
        if (passed == START_END[19:0])  ready     <= 1'b1;
        if (rst) begin
            divider     <= 8'd0;
            microsecond <= 1'b0;
            passed      <= 20'd0;
            phy_rst_n   <= 1'b0;
            strap       <= 1'b1;
            ready       <= 1'b0;
        end
    end
endmodule

`default_nettype wire
