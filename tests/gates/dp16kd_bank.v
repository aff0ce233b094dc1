// SPDX-License-Identifier: BSD-2-Clause
//
// DP16KD in each of its ways, for dp16kd_test: all on the same pins, each with outputs of its own, {DOB, DOA}.
`default_nettype none

module dp16kd_bank (
    input  wire        clk_a, ce_a, oce_a, we_a, rst_a, clk_b, ce_b, oce_b, we_b, rst_b,
    input  wire [2:0]  cs_a, cs_b,
    input  wire [13:0] ad_a, ad_b,
    input  wire [17:0] di_a, di_b,
    output wire [35:0] w18_9, w9_4, w4_2, w1_18, w2_1, w36_36, w36_9, w9_36,
    output wire [35:0] normal, through, earlier, outreg, asynchronous, chosen, falling
);
    // Verilog-2005 has no other way to give so many scalar pins to each.
    `define PINS(Q) \
        .CLKA(clk_a), .CEA(ce_a), .OCEA(oce_a), .WEA(we_a), .RSTA(rst_a), .CSA2(cs_a[2]), .CSA1(cs_a[1]), .CSA0(cs_a[0]), \
        .CLKB(clk_b), .CEB(ce_b), .OCEB(oce_b), .WEB(we_b), .RSTB(rst_b), .CSB2(cs_b[2]), .CSB1(cs_b[1]), .CSB0(cs_b[0]), \
        .ADA0(ad_a[0]), .ADA1(ad_a[1]), .ADA2(ad_a[2]), .ADA3(ad_a[3]), .ADA4(ad_a[4]), .ADA5(ad_a[5]), \
        .ADA6(ad_a[6]), .ADA7(ad_a[7]), .ADA8(ad_a[8]), .ADA9(ad_a[9]), .ADA10(ad_a[10]), .ADA11(ad_a[11]), \
        .ADA12(ad_a[12]), .ADA13(ad_a[13]), \
        .DIA0(di_a[0]), .DIA1(di_a[1]), .DIA2(di_a[2]), .DIA3(di_a[3]), .DIA4(di_a[4]), .DIA5(di_a[5]), \
        .DIA6(di_a[6]), .DIA7(di_a[7]), .DIA8(di_a[8]), .DIA9(di_a[9]), .DIA10(di_a[10]), .DIA11(di_a[11]), \
        .DIA12(di_a[12]), .DIA13(di_a[13]), .DIA14(di_a[14]), .DIA15(di_a[15]), .DIA16(di_a[16]), .DIA17(di_a[17]), \
        .DOA0(Q[0]), .DOA1(Q[1]), .DOA2(Q[2]), .DOA3(Q[3]), .DOA4(Q[4]), .DOA5(Q[5]), \
        .DOA6(Q[6]), .DOA7(Q[7]), .DOA8(Q[8]), .DOA9(Q[9]), .DOA10(Q[10]), .DOA11(Q[11]), \
        .DOA12(Q[12]), .DOA13(Q[13]), .DOA14(Q[14]), .DOA15(Q[15]), .DOA16(Q[16]), .DOA17(Q[17]), \
        .ADB0(ad_b[0]), .ADB1(ad_b[1]), .ADB2(ad_b[2]), .ADB3(ad_b[3]), .ADB4(ad_b[4]), .ADB5(ad_b[5]), \
        .ADB6(ad_b[6]), .ADB7(ad_b[7]), .ADB8(ad_b[8]), .ADB9(ad_b[9]), .ADB10(ad_b[10]), .ADB11(ad_b[11]), \
        .ADB12(ad_b[12]), .ADB13(ad_b[13]), \
        .DIB0(di_b[0]), .DIB1(di_b[1]), .DIB2(di_b[2]), .DIB3(di_b[3]), .DIB4(di_b[4]), .DIB5(di_b[5]), \
        .DIB6(di_b[6]), .DIB7(di_b[7]), .DIB8(di_b[8]), .DIB9(di_b[9]), .DIB10(di_b[10]), .DIB11(di_b[11]), \
        .DIB12(di_b[12]), .DIB13(di_b[13]), .DIB14(di_b[14]), .DIB15(di_b[15]), .DIB16(di_b[16]), .DIB17(di_b[17]), \
        .DOB0(Q[18]), .DOB1(Q[19]), .DOB2(Q[20]), .DOB3(Q[21]), .DOB4(Q[22]), .DOB5(Q[23]), \
        .DOB6(Q[24]), .DOB7(Q[25]), .DOB8(Q[26]), .DOB9(Q[27]), .DOB10(Q[28]), .DOB11(Q[29]), \
        .DOB12(Q[30]), .DOB13(Q[31]), .DOB14(Q[32]), .DOB15(Q[33]), .DOB16(Q[34]), .DOB17(Q[35])

    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(9)) as_w18_9 (`PINS(w18_9));
    DP16KD #(.DATA_WIDTH_A(9), .DATA_WIDTH_B(4)) as_w9_4 (`PINS(w9_4));
    DP16KD #(.DATA_WIDTH_A(4), .DATA_WIDTH_B(2)) as_w4_2 (`PINS(w4_2));
    DP16KD #(.DATA_WIDTH_A(1), .DATA_WIDTH_B(18)) as_w1_18 (`PINS(w1_18));
    DP16KD #(.DATA_WIDTH_A(2), .DATA_WIDTH_B(1)) as_w2_1 (`PINS(w2_1));
    DP16KD #(.DATA_WIDTH_A(36), .DATA_WIDTH_B(36)) as_w36_36 (`PINS(w36_36));
    DP16KD #(.DATA_WIDTH_A(36), .DATA_WIDTH_B(9)) as_w36_9 (`PINS(w36_9));
    DP16KD #(.DATA_WIDTH_A(9), .DATA_WIDTH_B(36)) as_w9_36 (`PINS(w9_36));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .INITVAL_01(320'h00000_3ABCD), .INITVAL_3F({20'h31234, 300'd0})) as_normal (`PINS(normal));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .WRITEMODE_A("WRITETHROUGH"), .WRITEMODE_B("WRITETHROUGH")) as_through (`PINS(through));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .WRITEMODE_A("READBEFOREWRITE"), .WRITEMODE_B("READBEFOREWRITE")) as_earlier (`PINS(earlier));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .REGMODE_A("OUTREG"), .REGMODE_B("OUTREG")) as_outreg (`PINS(outreg));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .RESETMODE("ASYNC"), .ASYNC_RESET_RELEASE("ASYNC")) as_asynchronous (`PINS(asynchronous));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .CSDECODE_A("0b101"), .CSDECODE_B("0b010")) as_chosen (`PINS(chosen));
    DP16KD #(.DATA_WIDTH_A(18), .DATA_WIDTH_B(18), .CLKAMUX("INV"), .CLKBMUX("INV")) as_falling (`PINS(falling));
endmodule

`default_nettype wire
