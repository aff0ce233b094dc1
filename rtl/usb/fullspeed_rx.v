// SPDX-License-Identifier: BSD-2-Clause
//
// Packets out of full-speed bits: finds SYNC, takes stuffed bits out, makes bytes (USB 2.0 sections 7.1.9, 7.1.10 and 7.1.13.2).
//
// Hubs may swallow the first bits of SYNC, so three changes and a bit without are enough. They may also add a bit before
// EOP ("dribble"): one bit too many is no error, more are. A seventh one is a stuffing error; nothing behind it is believed until
// SE0 or seven further ones, which no packet holds, so that data is never mistaken for a SYNC.
//
//     HUNT ── 0001 ──> PACKET ── SE0 ──> HUNT
//       ^                └── seven ones ──> LOST ── SE0, or seven ones ──> HUNT
`default_nettype none

module fullspeed_rx (
    input  wire       clk,
    input  wire       rst,              // also while we transmit

    input  wire       bit_valid,        // from fullspeed_rx_bits
    input  wire       bit_data,
    input  wire       se0,

    output reg        rx_active,        // from SYNC to EOP
    output reg        rx_valid,         // pulse: a byte
    output wire [7:0] rx_data,
    output wire       rx_error          // level: the packet is broken; at the latest in the last clock of rx_active
);
    localparam [1:0] HUNT = 2'd0, PACKET = 2'd1, LOST = 2'd2;
    localparam [7:0] IDLE_LINE = 8'hFF;

    reg [1:0] state;
    reg [7:0] bits;                     // first in bit 0; while hunting all bits, in a packet without stuffed ones
    reg [2:0] count;                    // bits of a byte so far
    reg [2:0] ones;                     // in a row, at most 6

    wire stuffed = ones == 3'd6;
    wire seven_ones = stuffed & bit_data;
    wire is_sync = bit_data & bits[7:5] == 3'b000;

    reg  stuff_error;
    wire is_cut = state == PACKET & se0 & count[2:1] != 2'd0;

    assign rx_data = bits;
    assign rx_error = stuff_error | is_cut;

    always @(posedge clk) begin
        rx_valid <= 1'b0;
        if (bit_valid) begin
            ones <= bit_data & !stuffed ? ones + 1'b1 : 3'd0;
            if (state != PACKET | !stuffed) bits <= {bit_data, bits[7:1]};
        end

        case (state)
        HUNT: begin
            count <= 3'd0;
            stuff_error <= 1'b0;
            if (bit_valid & is_sync) begin
                rx_active <= 1'b1;
                state <= PACKET;
            end
        end
        PACKET:
            if (se0) begin
                rx_active <= 1'b0;
                state <= HUNT;
            end else if (bit_valid) begin
                if (seven_ones) begin
                    stuff_error <= 1'b1;
                    state <= LOST;
                end else if (!stuffed) begin
                    count <= count + 1'b1;
                    rx_valid <= count == 3'd7;
                end
            end
        default: // LOST
            if (se0 | (bit_valid & seven_ones)) begin
                rx_active <= 1'b0;
                state <= HUNT;
            end
        endcase
        if (se0) bits <= IDLE_LINE;

        if (rst) begin
            state <= HUNT;
            bits <= IDLE_LINE;
            ones <= 3'd0;
            stuff_error <= 1'b0;
            rx_active <= 1'b0;
            rx_valid <= 1'b0;
        end
    end
endmodule

`default_nettype wire
