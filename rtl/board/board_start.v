// SPDX-License-Identifier: BSD-2-Clause
//
// What a board does before the card runs, on a clock that is there from the start:
//
//     configured, PLLs locked ── RAILS_MS ──> rails_on ── 5 ms ──> phy_rst off ── 20 ms ──> rst off
//
// phy_rst is for a ULPI PHY that makes usb_clk: its reset cannot wait for usb_clk. The Ethernet PHY has mac/phy_reset, behind rst.
//
// The registers begin as the FPGA's configuration sets them, with no reset before it.
`default_nettype none

module board_start #(
    parameter CLOCK_KHZ = 30000,
    parameter RAILS_MS  = 15     // before rails_on: time for a supply's reference, or for the supplies to be there
) (
    input  wire clk,
    input  wire locked,          // of any clock; when it falls, all begins anew
    output reg  rails_on,
    output reg  phy_rst,
    output reg  rst
);
    localparam [31:0] LAST = CLOCK_KHZ - 1, RAILS = RAILS_MS, PHY = RAILS_MS + 5, CARD = RAILS_MS + 25;

    reg [16:0] clocks; // of this ms
    reg [8:0]  ms;
    wire       held;

    initial begin
        clocks   = 17'd0;
        ms       = 9'd0;
        rails_on = 1'b0;
        phy_rst  = 1'b1;
        rst      = 1'b1;
    end

    reset_sync lock (.clk(clk), .request(!locked), .rst(held));

    always @(posedge clk) begin
        if (rst) clocks <= clocks == LAST[16:0] ? 17'd0 : clocks + 1'b1;
        if (rst && clocks == LAST[16:0]) begin
            ms <= ms + 1'b1;
            if (ms == RAILS[8:0]) rails_on <= 1'b1;
            if (ms == PHY[8:0])   phy_rst  <= 1'b0;
            if (ms == CARD[8:0])  rst      <= 1'b0;
        end
        if (held) begin
            clocks   <= 17'd0;
            ms       <= 9'd0;
            rails_on <= 1'b0;
            phy_rst  <= 1'b1;
            rst      <= 1'b1;
        end
    end
endmodule

`default_nettype wire
