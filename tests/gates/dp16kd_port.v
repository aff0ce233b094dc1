// SPDX-License-Identifier: BSD-2-Clause
//
// One port of DP16KD.v: which bits of a row of 36 it means, and what comes out of it.
//
// The output is a latch, which loads at each edge with CE and the chip's select, and behind it with REGMODE OUTREG a register, which loads
// with OCE. A reset clears both whatever CE says; a synchronous one also keeps the port from writing.
`default_nettype none
/* verilator lint_off WIDTH */       // strings of different lengths are compared

module dp16kd_port #(
    parameter        WIDTH     = 18,       // 1, 2, 4, 9, 18, 36
    parameter        REGMODE   = "NOREG",
    parameter        RESETMODE = "SYNC",
    parameter [39:0] CSDECODE  = "0b000",  // the value of CS2 to CS0 at which the port works
    parameter        WRITEMODE = "NORMAL",
    parameter        INVERT    = 0         // works at falling edges
) (
    input  wire        clk_pin,
    input  wire        ce, oce, we, rst,
    input  wire [2:0]  cs,
    input  wire [13:0] ad,
    input  wire [35:0] di,
    output wire        clk,
    output wire        writes,
    output wire [8:0]  row,
    output wire [35:0] mask,  // bits of the row that it writes
    output wire [35:0] put,   // and with what
    input  wire [35:0] held,  // what the row is before the edge
    input  wire [35:0] clash, // bits of the row that the other port writes at this edge
    output wire [35:0] q
);
    localparam [35:0] BITS  = 36'hFFFFFFFFF >> (36 - WIDTH);
    wire [5:0] byte_at = {4'd0, ad[4:3]} * 6'd9;
    wire [5:0] shift   = WIDTH == 36 ? 6'd0 :
                         WIDTH == 18 ? (ad[4] ? 6'd18 : 6'd0) :
                         WIDTH == 9  ? byte_at :
                         WIDTH == 4  ? byte_at + {3'd0, ad[2], 2'd0} :
                         WIDTH == 2  ? byte_at + {3'd0, ad[2:1], 1'd0} : byte_at + {3'd0, ad[2:0]};
    wire [35:0] bytes  = WIDTH == 36 ? {{9{ad[3]}}, {9{ad[2]}}, {9{ad[1]}}, {9{ad[0]}}} :
                         WIDTH == 18 ? {18'd0, {9{ad[1]}}, {9{ad[0]}}} : BITS;

    wire selected = ce && cs == {CSDECODE[16], CSDECODE[8], CSDECODE[0]};
    assign clk    = INVERT ? !clk_pin : clk_pin;
    assign row    = ad[13:5];
    assign writes = selected && we && !(RESETMODE == "SYNC" && rst);
    assign mask   = bytes << shift;
    assign put    = (di & BITS) << shift;

    wire [35:0] seen    = held ^ clash;
    wire [35:0] through = writes && WRITEMODE == "WRITETHROUGH" ? (seen & ~mask) | (put & mask) : seen;
    wire        loads   = selected && !(we && WRITEMODE == "NORMAL");
    reg  [35:0] latched, registered;
    assign q = REGMODE == "OUTREG" ? registered : latched;

    generate
        if (RESETMODE == "ASYNC") begin : asynchronous
            always @(posedge clk or posedge rst)
                if (rst)        latched <= 36'd0;
                else if (loads) latched <= (through >> shift) & BITS;
            always @(posedge clk or posedge rst)
                if (rst)        registered <= 36'd0;
                else if (oce)   registered <= latched;
        end else begin : synchronous
            always @(posedge clk)
                if (rst)        latched <= 36'd0;
                else if (loads) latched <= (through >> shift) & BITS;
            always @(posedge clk)
                if (rst)        registered <= 36'd0;
                else if (oce)   registered <= latched;
        end
    endgenerate

    initial
        if ((WIDTH != 1 && WIDTH != 2 && WIDTH != 4 && WIDTH != 9 && WIDTH != 18 && WIDTH != 36) ||
            (REGMODE != "NOREG" && REGMODE != "OUTREG") || (RESETMODE != "SYNC" && RESETMODE != "ASYNC") ||
            (WRITEMODE != "NORMAL" && WRITEMODE != "WRITETHROUGH" && WRITEMODE != "READBEFOREWRITE")) begin
            $display("%m: tests/gates/dp16kd_port.v has no model of width %0d, %s, reset %s, %s", WIDTH, REGMODE, RESETMODE, WRITEMODE);
            $stop;
        end
endmodule

`default_nettype wire
