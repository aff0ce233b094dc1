// SPDX-License-Identifier: BSD-2-Clause
//
// Starts a ULPI PHY that takes its clock from the FPGA.
//
// A PHY that makes the clock needs none of this: until it is ready there is no usb_clk, and nothing runs that could be wrong
// about its pins; its reset pin must then not hang on usb_clk, which would never come. A PHY that is given the clock holds
// nothing back: it wants a reset pulse once the clock is there, and then time for its PLL, in which its pins mean nothing.
// In low power it may keep its clock: ulpi_phy and usb_port work with it going on as with it standing still.
//
// Its pins are also timed otherwise (ULPI 1.1 table 5), which is for a board's constraints: as seen from the clock's edge at the PHY,
// its outputs come within 6.0 ns instead of 9.0, and want 3.0 ns of set-up instead of 6.0.
`default_nettype none

module ulpi_start #(
    parameter CLOCK_OUT    = 1,     // 0: the PHY makes the clock, and all this is wires
    parameter RESET_CLOCKS = 120,   // reset pulse: 1 us for the PHYs we know, twice that here
    parameter START_CLOCKS = 90000  // then 1.5 ms until it is ready: ULPI PHYs want up to 1.1 ms
) (
    input  wire usb_clk,            // 60 MHz
    input  wire usb_rst,            // until the clock is there
    output wire ulpi_rst,           // the PHY's reset pin, active high; a board inverts it where need be
    output wire front_rst           // reset of ulpi_phy and the card
);
    generate
        if (CLOCK_OUT != 0) begin : counted
            reg [17:0] clocks;
            reg        in_reset, starting;

            always @(posedge usb_clk) begin
                if (starting) clocks <= clocks + 1'b1;
                if (clocks == RESET_CLOCKS) in_reset <= 1'b0;
                if (clocks == RESET_CLOCKS + START_CLOCKS) starting <= 1'b0;
                if (usb_rst) begin
                    clocks <= 18'd0;
                    in_reset <= 1'b1;
                    starting <= 1'b1;
                end
            end
            assign ulpi_rst = in_reset;
            assign front_rst = starting;
        end else begin : wires
            wire unused = &{1'b0, usb_clk};
            assign ulpi_rst = usb_rst;
            assign front_rst = usb_rst;
        end
    endgenerate
endmodule

`default_nettype wire
