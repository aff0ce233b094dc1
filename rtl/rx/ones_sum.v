// SPDX-License-Identifier: BSD-2-Clause
//
// The Internet checksum's sum (RFC 1071) over bytes in the order they arrive, one adder of 8 bits wide.
//
// The two halves of a ones' complement sum feed each other: the low half's carry goes into the high half, and the high
// half's carry comes around into the low half. Bytes alternate between the halves in just that order, so each addition
// takes the carry of the one before, and nothing is left to fold but the last carry.
`default_nettype none

module ones_sum (
    input  wire       clk,
    input  wire       clear,
    input  wire       en,
    input  wire [7:0] data,
    output wire       right // the sum is FFFFh, as over data with its checksum in it
);
    reg [7:0] turn;  // the half that the next byte is added to
    reg [7:0] other; // the half that was added to last
    reg       carry;

    always @(posedge clk) begin
        if (clear) begin
            turn  <= 8'd0;
            other <= 8'd0;
            carry <= 1'b0;
        end else if (en) begin
            turn           <= other;
            {carry, other} <= {1'b0, turn} + {1'b0, data} + {8'd0, carry};
        end
    end

    assign right = other == 8'hFF && turn == {7'h7F, ~carry};
endmodule

`default_nettype wire
