// SPDX-License-Identifier: BSD-2-Clause
//
// For proofs with several clocks (yosys techmap): a flip-flop's clock becomes its enable in a finest time of all. A clock ticks in those
// steps in which its signal is 1, and a step in which two tick is their ticking together.
(* techmap_celltype = "$dff" *)
module _clock_as_tick (CLK, D, Q);
    parameter WIDTH = 1;
    parameter CLK_POLARITY = 1'b1;
    input CLK;
    input [WIDTH-1:0] D;
    output [WIDTH-1:0] Q;
    wire _TECHMAP_FAIL_ = !CLK_POLARITY;
    \$ff #(.WIDTH(WIDTH)) ff (.D(CLK ? D : Q), .Q(Q));
endmodule
