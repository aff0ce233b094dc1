// SPDX-License-Identifier: BSD-2-Clause
//
// The card's time: nanoseconds since reset, in usb_clk.
//
// A clock is no whole number of ns long (16 2/3 at 60 MHz, 20 5/6 at 48), so the rest is kept, exactly: after each
// CLOCK_MHZ clocks 1,000 ns have passed. It drifts as the clock does, and stands still where the clock stands still, as it may
// while USB sleeps.
//
// A stamp of its low bits (lib/cdc_time_capture) is widened again by `epoch` and `epoch_late`: the bits above, and the same but
// changing half a round of the low bits later. A stamp in a round's second half is followed by `epoch_late`, one in its
// first half by `epoch`: neither changes, and both are right, from the clock after the stamp's until half a round after it
// (2^39 ns are 9 minutes). So nothing need be subtracted, nor held while the bytes go out.
`default_nettype none

module device_time #(
    parameter CLOCK_MHZ   = 60, // of clk
    parameter STAMP_WIDTH = 40  // low bits, under 64
) (
    input  wire                    clk,
    input  wire                    rst,
    output wire [63:0]             now,        // ns
    input  wire [STAMP_WIDTH-1:0]  stamp,      // ns, a clock to half a round ago
    output wire [63:0]             stamp_wide
);
    localparam [31:0] WHOLE = 1000 / CLOCK_MHZ, REST = 1000 % CLOCK_MHZ, UNIT = CLOCK_MHZ;
    localparam E = 64 - STAMP_WIDTH;

    reg  [63:0] now_ns;
    reg  [7:0]  rest;              // CLOCK_MHZ-ths of a ns, below CLOCK_MHZ
    wire        one_more = {24'd0, rest} >= UNIT - REST;

    always @(posedge clk) begin
        rest   <= one_more ? rest - (UNIT[7:0] - REST[7:0]) : rest + REST[7:0];
        now_ns <= now_ns + {32'd0, one_more ? WHOLE + 32'd1 : WHOLE};
        if (rst) begin
            rest   <= 8'd0;
            now_ns <= 64'd0;
        end
    end

    assign now = now_ns;

    wire [E-1:0] epoch = now[63:STAMP_WIDTH];
    reg  [E-1:0] epoch_late;

    always @(posedge clk)
        if (now[STAMP_WIDTH-1]) epoch_late <= epoch;

    assign stamp_wide = {stamp[STAMP_WIDTH-1] ? epoch_late : epoch, stamp};
endmodule

`default_nettype wire
