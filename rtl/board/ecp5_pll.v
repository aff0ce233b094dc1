// SPDX-License-Identifier: BSD-2-Clause
//
// One clock out of another, by a PLL of an ECP5 (Lattice FPGA-TN-02200): out = in * FEEDBACK_DIV / INPUT_DIV.
//
// Of what the PLL wants, a board keeps: in / INPUT_DIV is 10 MHz or more; out * OUTPUT_DIV, the VCO, is 400 to 800 MHz.
`default_nettype none

module ecp5_pll #(
    parameter INPUT_DIV    = 1,
    parameter FEEDBACK_DIV = 2,
    parameter OUTPUT_DIV   = 10, // VCO to clk_out
    parameter SECOND_DIV   = 10  // VCO to clk_second
) (
    input  wire clk_in,
    output wire clk_out,         // also what is fed back
    output wire clk_second,
    output wire locked
);
    (* ICP_CURRENT="12" *) (* LPF_RESISTOR="8" *) (* MFG_ENABLE_FILTEROPAMP="1" *) (* MFG_GMCREF_SEL="2" *)
    EHXPLLL #(
        .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
        .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
        .CLKI_DIV(INPUT_DIV), .CLKFB_DIV(FEEDBACK_DIV), .FEEDBK_PATH("CLKOP"),
        .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(OUTPUT_DIV), .CLKOP_CPHASE(OUTPUT_DIV - 1), .CLKOP_FPHASE(0),
        .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(SECOND_DIV), .CLKOS_CPHASE(SECOND_DIV - 1), .CLKOS_FPHASE(0)
    ) pll (
        .CLKI(clk_in), .CLKFB(clk_out), .CLKOP(clk_out), .CLKOS(clk_second), .LOCK(locked),
        .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1),
        .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0), .ENCLKOS(1'b0)
    );
endmodule

`default_nettype wire
