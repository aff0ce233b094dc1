// SPDX-License-Identifier: BSD-2-Clause
//
// The Internet checksum's ones' complement sum (RFC 1071) of a byte stream, the first byte being the upper one of its word.
//
// Why one 8-bit adder is enough: the carry out of the upper byte belongs into the lower and, end-around, that of the lower
// into the upper. So each byte is added to the half whose turn it is, with the carry of the one before, and the halves
// change places. After an even number of bytes `sum` stands the right way round; two more bytes of zero settle the last carry
// (three would take turn = other = FFh with a carry, and that comes only from itself).
`default_nettype none

module tx_checksum (
    input  wire        clk,
    input  wire        clear,
    input  wire        add,
    input  wire [7:0]  data,
    output wire [15:0] sum
);
    reg [7:0] turn, other;
    reg       carry;

    assign sum = {turn, other};

    always @(posedge clk)
        if (clear) begin
            {carry, turn, other} <= 0;
        end else if (add) begin
            {carry, other} <= {1'b0, turn} + {1'b0, data} + {8'd0, carry};
            turn <= other;
        end
endmodule
`default_nettype wire
