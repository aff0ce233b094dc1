// SPDX-License-Identifier: BSD-2-Clause
//
// Gray code to binary: each bit is the parity of the Gray bits from it upwards. Combinational.
`default_nettype none

module gray_decode #(
    parameter WIDTH = 4
) (
    input  wire [WIDTH-1:0] gray,
    output wire [WIDTH-1:0] binary
);
    genvar i;
    generate
        for (i = 0; i < WIDTH; i = i + 1) begin : bits
            assign binary[i] = ^gray[WIDTH-1:i];
        end
    endgenerate
endmodule

`default_nettype wire
