// SPDX-License-Identifier: BSD-2-Clause
//
// The references of ButterStick's adjustable supplies: a pulse width each, smoothed by 68 kilohms and 100 nF.
//
// A supply is a converter that holds its feedback node at 0.6 V, with 53.6 kilohms to its output, 13 to ground and 68 to the
// smoothed pulses: so with a control voltage c its output is v = 0.6 + 53.6 * (0.6 / 13 - (c - 0.6) / 68) volts, and for v the pulses
// must be high for c / 3.3 V of the time. More pulse is less voltage: with none it would be 3.5 V. The smoothing needs 170 ms
// to be within 1 % and the supplies must not be on before that. (butterstick-hardware r1.0; the values as in amaranth-boards' butterstick.py.)
`default_nettype none

module butterstick_rails #(
    parameter MILLIVOLTS_0 = 1800, // VIO0: SYZYGY 0, unused here
    parameter MILLIVOLTS_1 = 1800, // VIO1: SYZYGY 1, unused here
    parameter MILLIVOLTS_2 = 1800  // VIO2: the USB PHY's pins, and ours to it; 1800 to 3300
) (
    input  wire       clk,         // 30 MHz
    output reg  [2:0] pulse
);
    localparam [31:0] LEVEL_0 = (4500 - MILLIVOLTS_0 * 12687 / 10000) * 1024 / 3300;
    localparam [31:0] LEVEL_1 = (4500 - MILLIVOLTS_1 * 12687 / 10000) * 1024 / 3300;
    localparam [31:0] LEVEL_2 = (4500 - MILLIVOLTS_2 * 12687 / 10000) * 1024 / 3300;

    reg [9:0] count;

    initial begin
        count = 10'd0;
        pulse = 3'b111;
    end

    always @(posedge clk) begin
        count <= count + 1'b1;
        pulse <= {count < LEVEL_2[9:0], count < LEVEL_1[9:0], count < LEVEL_0[9:0]};
    end
endmodule

`default_nettype wire
