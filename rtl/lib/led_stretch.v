// SPDX-License-Identifier: BSD-2-Clause
//
// Makes events last long enough to be seen: an LED stays on for one to two periods of the divider after its last one.
`default_nettype none

module led_stretch #(
    parameter LEDS         = 1,
    parameter DIVIDER_LOG2 = 21      // clocks of a period; 35 ms at 60 MHz
) (
    input  wire            clk,
    input  wire            rst,
    input  wire [LEDS-1:0] event_in, // one-clock pulses
    output reg  [LEDS-1:0] led
);
    reg [DIVIDER_LOG2-1:0] divider;
    reg                    tick;     // a period begins
    reg [LEDS-1:0]         fresh;    // there was an event in this one

    always @(posedge clk) begin
        {tick, divider} <= {1'b0, divider} + 1'b1;
        led   <= event_in | (tick ? fresh : led);
        fresh <= event_in | (tick ? {LEDS{1'b0}} : fresh);
        if (rst) begin
            {tick, divider} <= 0;
            {led, fresh}    <= 0;
        end
    end
endmodule

`default_nettype wire
