// SPDX-License-Identifier: BSD-2-Clause
//
// The reset of what stands in one clock domain alone, and is to work while the clocks of reset_group's others stand still.
//
// It ends four clocks after the domain's own request, whatever the group does. When the group, having once worked, is reset again,
// it starts over with it, since what it had from the crossings is gone; but only for those four clocks.
`default_nettype none

module reset_core (
    input  wire clk,
    input  wire request, // the domain's own: asynchronous, free of glitches
    input  wire group,   // the domain's reset of reset_group
    output wire rst
);
    reg started; // the group has worked since the last reset

    reset_sync again (.clk(clk), .request(request | (group & started)), .rst(rst));

    always @(posedge clk) started <= (started || !group) && !rst;
endmodule

`default_nettype wire
