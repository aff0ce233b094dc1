// SPDX-License-Identifier: BSD-2-Clause
//
// Full-speed bits out of D+ and D- (12 Mb/s, four samples a bit): line state, NRZI bits, the SE0 of an end of packet.
//
// Between two edges lie n bits of four samples each. Jitter and both ends' clock error move an edge by 20.0 ns at most (USB 2.0
// section 7.1.15.1: 18.5 ns on the wire and 1.5 ns of our own), which is less than a sample; so the samples counted from edge
// to edge are 4n - 1 to 4n + 1. Counting anew at each edge and taking the bit at the third sample (4n - 2, 4n + 2) is right
// for all of them, and tolerates what section 7.1 allows without margin to spare or to need.
//
// The two lines cross one after the other, and for up to 14 ns (TFST) look like SE0 or SE1. So a level holds until the other
// one is seen whole: both edges of a bit are then late by the same time. Of SE0, two samples in a row silence the bit that
// is due, and three (41 to 83 ns) are an end of packet: shorter than the 82 ns that must be accepted, longer than a crossing.
`default_nettype none

module fullspeed_rx_bits (
    input  wire       clk,              // 48 MHz
    input  wire       rst,

    input  wire       dp_i,             // of no clock
    input  wire       dn_i,

    output reg  [1:0] line_state,       // bit 0 D+, bit 1 D-, every sample as it was
    output reg        bit_valid,        // pulse, about every four clocks: a bit time has passed
    output reg        bit_data,         // with bit_valid: 1 when the level stayed, 0 when it changed (NRZI)
    output reg        se0               // SE0 too long for a crossing
);
    wire [1:0] line;                    // {D-, D+}
    sync_bits #(.WIDTH(2)) sync (.clk(clk), .d({dn_i, dp_i}), .q(line));

    reg  level_before;
    wire level = line[1] == line[0] ? level_before : line[0];
    wire is_se0 = line == 2'b00;
    reg  level_taken;                   // of the bit before
    reg  [1:0] phase;                   // samples since the edge, modulo 4
    reg  [1:0] se0_before;              // the last two samples were SE0, latest in bit 0

    wire       edge_now = level != level_before;
    wire [1:0] phase_now = edge_now ? 2'd0 : phase + 1'b1;
    wire       take = phase_now == 2'd2 & !(is_se0 & se0_before[0]);

    always @(posedge clk) begin
        line_state <= line;
        level_before <= level;
        phase <= phase_now;
        se0_before <= {se0_before[0], is_se0};
        se0 <= is_se0 & se0_before == 2'b11;

        bit_valid <= take;
        bit_data <= level == level_taken;
        if (take) level_taken <= level;

        if (rst) begin
            line_state <= 2'b01;
            level_before <= 1'b1;
            level_taken <= 1'b1;
            se0_before <= 2'b00;
            se0 <= 1'b0;
            bit_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
