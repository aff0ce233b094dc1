// SPDX-License-Identifier: BSD-2-Clause
//
// The resets of three clock domains from one request, so that no domain's ends before every domain has been reset.
//
// Why not a reset_sync each: of a short request the one with the fast clock would be over before a slow clock, or one that
// stands still, has ticked once. Its side of a crossing would then begin anew with the other's old pointers: words
// that nobody wrote would come out, and what counts bytes would be out of step for good. So a request is first seen by each clock
// for four ticks, while all are in reset, and only then each counts to four again. A clock that stands still keeps all in reset.
`default_nettype none

module reset_group (
    input  wire       request, // asynchronous, free of glitches, as short as a flip-flop can take
    input  wire [2:0] clk,
    output wire [2:0] rst      // bit n belongs to clk[n]
);
    wire [2:0] waits; // for its own clock's four ticks
    wire       again = waits != 3'd0; // each falls once, so their OR has no glitch

    genvar i;
    generate
        for (i = 0; i < 3; i = i + 1) begin : domain
            reset_sync seen (.clk(clk[i]), .request(request), .rst(waits[i]));
            reset_sync last (.clk(clk[i]), .request(again), .rst(rst[i]));
        end
    endgenerate
endmodule

`default_nettype wire
