// SPDX-License-Identifier: BSD-2-Clause
//
// Brings bits from another clock, or from none, into `clk`: two flip-flops in a row.
//
// Bits of one bundle may arrive a clock apart, so a bundle must be Gray coded, or be compared with itself over time.
// There is no reset: after two clocks `q` follows whatever the other side's reset made of `d`.
`default_nettype none

module sync_bits #(
    parameter WIDTH = 1
) (
    input  wire             clk,
    input  wire [WIDTH-1:0] d,
    output wire [WIDTH-1:0] q
);
    (* keep *) reg [WIDTH-1:0] meta;
    (* keep *) reg [WIDTH-1:0] stable;

    always @(posedge clk) begin
        meta   <= d;
        stable <= meta;
    end
    assign q = stable;
endmodule

`default_nettype wire
