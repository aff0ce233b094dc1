// SPDX-License-Identifier: BSD-2-Clause
//
// The iCE40's cells as the boards' tops use them, for simulation (Lattice FPGA-TN-02022 and SBTICETechnologyLibrary). A PLL passes its
// reference on: a bench gives the board's oscillator the frequency that the PLL would make. An SB_IO has no net for its pin, since Verilator
// has none that come in by a port of a board's top and are driven here; a bench looks into it: `pad`, `level`, `drives`.
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSED */
/* verilator lint_off UNDRIVEN */
`default_nettype none

module SB_IO #(
    parameter [5:0] PIN_TYPE = 6'b000000,
    parameter PULLUP = 1'b0
) (
    inout  wire PACKAGE_PIN,
    input  wire INPUT_CLK,
    input  wire OUTPUT_CLK,
    input  wire OUTPUT_ENABLE,
    input  wire D_OUT_0,
    output wire D_IN_0
);
    // Bits 5..4: 00 none, 01 always, 10 by OUTPUT_ENABLE, 11 by its register; 3..2: 01 register, 10 none. Bit 0: no register in.
    reg in, out, enable;
    reg pad /*verilator public_flat_rw*/; // what comes from outside
    always @(posedge INPUT_CLK) in <= pad;
    always @(posedge OUTPUT_CLK) {out, enable} <= {D_OUT_0, OUTPUT_ENABLE};

    wire drives /*verilator public_flat_rd*/ = PIN_TYPE[5:4] == 2'b01 || (PIN_TYPE[5] && (PIN_TYPE[4] ? enable : OUTPUT_ENABLE));
    wire level  /*verilator public_flat_rd*/ = PIN_TYPE[3:2] == 2'b01 ? out : D_OUT_0;
    assign D_IN_0 = PIN_TYPE[0] ? pad : in;
endmodule

module SB_GB_IO #(
    parameter [5:0] PIN_TYPE = 6'b000001
) (
    input  wire PACKAGE_PIN,
    output wire GLOBAL_BUFFER_OUTPUT
);
    assign GLOBAL_BUFFER_OUTPUT = PACKAGE_PIN;
endmodule

module SB_PLL40_CORE #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter [3:0] DIVR = 0,
    parameter [6:0] DIVF = 0,
    parameter [2:0] DIVQ = 0,
    parameter [2:0] FILTER_RANGE = 0
) (
    input  wire REFERENCECLK,
    input  wire RESETB,
    input  wire BYPASS,
    output wire PLLOUTGLOBAL,
    output wire LOCK
);
    assign PLLOUTGLOBAL = REFERENCECLK;
    assign LOCK         = RESETB;
endmodule

`default_nettype wire
