// SPDX-License-Identifier: BSD-2-Clause
//
// Makes events last long enough to be seen: the LED stays on for one to two periods of the divider after the last one.
`default_nettype none

module led_stretch #(
    parameter DIVIDER_LOG2 = 21 // clocks of a period; 35 ms at 60 MHz
) (
    input  wire clk,
    input  wire rst,
    input  wire event_in, // one-clock pulse
    output wire led
);
    reg [DIVIDER_LOG2-1:0] divider;
    reg [1:0]              on;

    assign led = on[1];

    always @(posedge clk) begin
        divider <= divider + 1'b1;
        if (event_in) on <= 2'b11;
        else if (divider == 0) on <= {on[0], 1'b0};
        if (rst) begin
            divider <= 0;
            on      <= 2'b00;
        end
    end
endmodule

`default_nettype wire
