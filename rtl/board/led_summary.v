// SPDX-License-Identifier: BSD-2-Clause
//
// One LED that says what four would: off, the host has not configured the card; lit, it has and there is a link; blinking
// once a second, there is none; dark for a moment, frames or errors.
`default_nettype none

module led_summary #(
    parameter BLINK_LOG2 = 24   // clocks of a whole blink; 1.05 s at 16 MHz
) (
    input  wire clk,
    input  wire link,           // of any clock, all of them
    input  wire active,
    input  wire configured,
    input  wire failed,
    output reg  led
);
    reg [BLINK_LOG2-1:0] count;
    wire [3:0] seen;

    sync_bits #(.WIDTH(4)) here (.clk(clk), .d({failed, configured, active, link}), .q(seen));

    always @(posedge clk) begin
        count <= count + 1'b1;
        led   <= seen[2] & (seen[0] ? !seen[1] & !seen[3] : count[BLINK_LOG2-1]);
    end
endmodule

`default_nettype wire
