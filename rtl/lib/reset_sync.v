// SPDX-License-Identifier: BSD-2-Clause
//
// Makes the synchronous reset of one clock domain from an asynchronous request: it starts at once, even while the clock
// stands still, and ends four clocks after the request.
//
// The modules on both sides of a clock crossing must be in reset together: lib/reset_group.v.
`default_nettype none

module reset_sync (
    input  wire clk,
    input  wire request, // asynchronous, free of glitches
    output wire rst
);
    (* keep *) reg [3:0] chain;
    initial chain = 4'hF; // from power-on, also where the request was there first and the clock comes late

    always @(posedge clk or posedge request)
        if (request) chain <= 4'hF;
        else         chain <= {chain[2:0], 1'b0};
    assign rst = chain[3];
endmodule

`default_nettype wire
