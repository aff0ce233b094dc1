// SPDX-License-Identifier: BSD-2-Clause
//
// ECP5's block RAM, which yosys' simulation cells have as a black box: 18,432 bits, two ports.
//
// As in Lattice's ECP5 and ECP5-5G Memory Usage Guide (FPGA-TN-02204), with the pins as yosys (techlibs/lattice/brams_map_16kd.v)
// and nextpnr connect them. A word of 18 bits has two bytes of 9; widths 1, 2 and 4 leave the ninth bit of each byte out.
//
//   DATA_WIDTH   address      byte enables     data
//   1, 2, 4, 9   AD13 ..      none             from bit 0 on
//   18           AD13 .. 4    AD1, AD0
//   36           AD13 .. 5    AD3 .. AD0       pseudo dual port: A writes {DIB, DIA}, B reads into {DOB, DOA}
//
// What the hardware leaves open comes out wrong here, so that nobody depends on it: a bit that is read through one port at the
// edge at which the other writes it is read inverted. An edge is the same one when the other port's clock is high, so
// clocks have to fall before another rises. At power-up, outputs are anything. Parameters and pins that are not
// here (WID, CSA2MUX and the like) do not elaborate; what has no model ends the simulation.
`default_nettype none
/* verilator lint_off WIDTH */       // strings of different lengths are compared

module DP16KD #(
    parameter DATA_WIDTH_A        = 18,
    parameter DATA_WIDTH_B        = 18,
    parameter REGMODE_A           = "NOREG",
    parameter REGMODE_B           = "NOREG",
    parameter RESETMODE           = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A          = "0b000",
    parameter CSDECODE_B          = "0b000",
    parameter WRITEMODE_A         = "NORMAL",
    parameter WRITEMODE_B         = "NORMAL",
    parameter CLKAMUX             = "CLKA",
    parameter CLKBMUX             = "CLKB",
    parameter GSR                 = "ENABLED", // the global reset, which no card uses
    parameter [319:0] INITVAL_00 = 320'd0, INITVAL_01 = 320'd0, INITVAL_02 = 320'd0, INITVAL_03 = 320'd0,
    parameter [319:0] INITVAL_04 = 320'd0, INITVAL_05 = 320'd0, INITVAL_06 = 320'd0, INITVAL_07 = 320'd0,
    parameter [319:0] INITVAL_08 = 320'd0, INITVAL_09 = 320'd0, INITVAL_0A = 320'd0, INITVAL_0B = 320'd0,
    parameter [319:0] INITVAL_0C = 320'd0, INITVAL_0D = 320'd0, INITVAL_0E = 320'd0, INITVAL_0F = 320'd0,
    parameter [319:0] INITVAL_10 = 320'd0, INITVAL_11 = 320'd0, INITVAL_12 = 320'd0, INITVAL_13 = 320'd0,
    parameter [319:0] INITVAL_14 = 320'd0, INITVAL_15 = 320'd0, INITVAL_16 = 320'd0, INITVAL_17 = 320'd0,
    parameter [319:0] INITVAL_18 = 320'd0, INITVAL_19 = 320'd0, INITVAL_1A = 320'd0, INITVAL_1B = 320'd0,
    parameter [319:0] INITVAL_1C = 320'd0, INITVAL_1D = 320'd0, INITVAL_1E = 320'd0, INITVAL_1F = 320'd0,
    parameter [319:0] INITVAL_20 = 320'd0, INITVAL_21 = 320'd0, INITVAL_22 = 320'd0, INITVAL_23 = 320'd0,
    parameter [319:0] INITVAL_24 = 320'd0, INITVAL_25 = 320'd0, INITVAL_26 = 320'd0, INITVAL_27 = 320'd0,
    parameter [319:0] INITVAL_28 = 320'd0, INITVAL_29 = 320'd0, INITVAL_2A = 320'd0, INITVAL_2B = 320'd0,
    parameter [319:0] INITVAL_2C = 320'd0, INITVAL_2D = 320'd0, INITVAL_2E = 320'd0, INITVAL_2F = 320'd0,
    parameter [319:0] INITVAL_30 = 320'd0, INITVAL_31 = 320'd0, INITVAL_32 = 320'd0, INITVAL_33 = 320'd0,
    parameter [319:0] INITVAL_34 = 320'd0, INITVAL_35 = 320'd0, INITVAL_36 = 320'd0, INITVAL_37 = 320'd0,
    parameter [319:0] INITVAL_38 = 320'd0, INITVAL_39 = 320'd0, INITVAL_3A = 320'd0, INITVAL_3B = 320'd0,
    parameter [319:0] INITVAL_3C = 320'd0, INITVAL_3D = 320'd0, INITVAL_3E = 320'd0, INITVAL_3F = 320'd0
) (
    input  wire CLKA, CEA, OCEA, WEA, RSTA, CSA2, CSA1, CSA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input  wire CLKB, CEB, OCEB, WEB, RSTB, CSB2, CSB1, CSB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    localparam PSEUDO = DATA_WIDTH_A == 36 || DATA_WIDTH_B == 36;

    // Rows of four bytes, as wide as the widest port.
    /* verilator lint_off MULTIDRIVEN */ // by both ports
    reg [35:0] memory[0:511];
    /* verilator lint_on MULTIDRIVEN */
    wire [20479:0] INITIAL = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };
    integer k;
    initial for (k = 0; k < 512; k = k + 1) memory[k] = {INITIAL[40*k+20 +: 18], INITIAL[40*k +: 18]};

    wire [17:0] di_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] di_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
    wire [13:0] ad_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] ad_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};

    wire        clk_a, clk_b, writes_a, writes_b;
    wire [8:0]  row_a, row_b;
    wire [35:0] mask_a, mask_b, put_a, put_b, q_b;
    /* verilator lint_off UNUSEDSIGNAL */
    wire [35:0] q_a; // port A reads 18 bits at most
    /* verilator lint_on UNUSEDSIGNAL */
    wire [35:0] held_a = memory[row_a], held_b = memory[row_b];
    wire        same = clk_a && clk_b && row_a == row_b; // one row, at one edge
    wire [35:0] by_a = same && writes_a ? mask_a : 36'd0;
    wire [35:0] by_b = same && writes_b ? mask_b : 36'd0;

    dp16kd_port #(
        .WIDTH(DATA_WIDTH_A), .REGMODE(REGMODE_A), .RESETMODE(RESETMODE), .CSDECODE(CSDECODE_A), .WRITEMODE(WRITEMODE_A),
        .INVERT(CLKAMUX == "INV")
    ) a (
        .clk_pin(CLKA), .ce(CEA), .oce(OCEA), .we(WEA), .rst(RSTA), .cs({CSA2, CSA1, CSA0}), .ad(ad_a),
        .di(PSEUDO ? {di_b, di_a} : {18'd0, di_a}), .clk(clk_a), .writes(writes_a), .row(row_a), .mask(mask_a), .put(put_a),
        .held(held_a), .clash(by_b), .q(q_a)
    );
    dp16kd_port #(
        .WIDTH(DATA_WIDTH_B), .REGMODE(REGMODE_B), .RESETMODE(RESETMODE), .CSDECODE(CSDECODE_B), .WRITEMODE(WRITEMODE_B),
        .INVERT(CLKBMUX == "INV")
    ) b (
        .clk_pin(CLKB), .ce(CEB), .oce(OCEB), .we(WEB), .rst(RSTB), .cs({CSB2, CSB1, CSB0}), .ad(ad_b),
        .di({18'd0, di_b}), .clk(clk_b), .writes(writes_b), .row(row_b), .mask(mask_b), .put(put_b),
        .held(held_b), .clash(by_a), .q(q_b)
    );

    // When both write one row, each writes for both: it is the same row then, whichever comes first.
    always @(posedge clk_a)
        if (writes_a) memory[row_a] <= (held_a & ~mask_a & ~by_b) | (put_b & by_b & ~mask_a) | (put_a & mask_a);
    always @(posedge clk_b)
        if (writes_b) memory[row_b] <= (held_b & ~mask_b & ~by_a) | (put_a & by_a) | (put_b & mask_b & ~by_a);

    wire [35:0] pair = DATA_WIDTH_B == 36 ? q_b : {q_b[17:0], q_a[17:0]};
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = pair[35:18];
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = pair[17:0];

    initial
        if ((RESETMODE == "ASYNC" && ASYNC_RESET_RELEASE == "SYNC") || (PSEUDO && REGMODE_A == "OUTREG")) begin
            $display("%m: tests/gates/DP16KD.v has no model of this reset's release, or of this pseudo dual port: GSR %s", GSR);
            $stop;
        end
endmodule

`default_nettype wire
