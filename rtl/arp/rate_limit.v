// SPDX-License-Identifier: BSD-2-Clause
//
// A bucket of tokens: one more every `interval` times 1,024 byte times, WEIR_ARP_BURST at most. interval 0 means no limit.
`default_nettype none
`include "weir_link.vh"

module rate_limit (
    input  wire        clk,
    input  wire        rst,
    input  wire        byte_time, // a byte time of the wire begins: each clock at 1000 Mb/s

    input  wire        restart,  // after reset, and with a new `interval`: fills the bucket and begins the interval
    input  wire [15:0] interval,

    output reg         allowed,
    input  wire        take      // only with allowed, and not in the clock after another
);
    localparam [4:0] FULL = `WEIR_ARP_BURST;

    reg [9:0]  divider;
    reg        tick;     // once in 1,024 byte times
    reg [15:0] left;     // ticks to the next token
    wire       due = left == 16'd1;
    reg        refill;
    reg [4:0]  tokens;

    always @(posedge clk) begin
        {tick, divider} <= {1'b0, divider} + {10'd0, byte_time};
        refill          <= tick && due;
        if (tick || restart) left <= due || restart ? interval : left - 16'd1;

        if (take && !refill && tokens != 5'd0)   tokens <= tokens - 5'd1;
        if (refill && !take && tokens != FULL)   tokens <= tokens + 5'd1;
        allowed <= tokens != 5'd0 || interval == 16'd0;

        if (rst || restart) begin
            divider <= 10'd0;
            tick    <= 1'b0;
            refill  <= 1'b0;
            tokens  <= FULL;
        end
    end
endmodule

`default_nettype wire
