// SPDX-License-Identifier: BSD-2-Clause
//
// The least that has a clock and pins: what bitstream_test.sh builds where a build has to fail.
`default_nettype none

module tiny #(
    parameter WIDTH = 8
) (
    input  wire clk,
    output reg  led
);
    reg [WIDTH-1:0] count;
    always @(posedge clk) {led, count} <= {led, count} + 1'b1;
endmodule

`default_nettype wire
